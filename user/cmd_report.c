// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* weir report FLOWS.csv...: one HTML page about flow records, which needs no network when opened.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "log.h"
#include "out.h"
#include "report.h"

struct report_options {
	const char *output;
	const char *title;
	struct opt_list stats;
	struct opt_list models;
};

static const struct opt options[] = {
	{ "output", 'o', "FILE", OPT_TEXT, offsetof(struct report_options, output), 0, 0, NULL,
	  "the page; '-' is stdout" },
	{ "title", 0, "TEXT", OPT_TEXT, offsetof(struct report_options, title), 0, 0, NULL,
	  "its title, instead of the files' names" },
	{ "stats", 0, "FILE", OPT_LIST, offsetof(struct report_options, stats), 0, 0, NULL,
	  "the books of the run (-o stats:FILE): loss and completeness; may be given again" },
	{ "model", 0, "FILE", OPT_LIST, offsetof(struct report_options, models), 0, 0, NULL,
	  "a model that judged the records, to tell about; may be given again" },
};

/* Read all that the page tells. */
static bool read_all(struct report *r, struct plot_data *d, const struct report_options *o)
{
	char error[512];
	bool good = true;
	size_t i;

	for (i = 0; good && i < r->n_files; i++)
		good = !plot_data_read(d, r->files[i], error, sizeof(error));
	for (i = 0; good && i < o->stats.count; i++)
		good = !report_add_stats(r, o->stats.item[i], error, sizeof(error));
	for (i = 0; good && i < o->models.count; i++)
		good = !report_add_model(r, o->models.item[i], error, sizeof(error));
	if (!good)
		log_error("%s", error);
	plot_data_finish(d);
	return good;
}

static int write_page(const char *path, struct plot_data *d, const struct report *r)
{
	struct out out;
	char note[512];
	int failed = out_open(&out, path);

	if (!failed) {
		failed = report_page(&out.text, d, r, note, sizeof(note));
		if (!failed && *note)
			log_warn("%s: has no pictures: %s", path, note);
		failed = out_close(&out);
	}
	if (failed)
		log_error("%s: cannot write: %s", path, strerror(-failed));
	return failed ? CMD_FAILED : CMD_DONE;
}

static int make(const struct report_options *o, int n, char **files)
{
	struct report r = { .title = o->title, .files = files, .n_files = (size_t)n };
	struct plot_data *data = plot_data_new();
	int result = CMD_FAILED;

	if (!data)
		log_error("report: no memory");
	else if (read_all(&r, data, o))
		result = write_page(o->output, data, &r);
	plot_data_free(data);
	report_clear(&r);
	return result;
}

static int run(const struct opt_command *self, int argc, char **argv)
{
	struct report_options o = { 0 };

	switch (opt_parse(self, &o, &argc, argv)) {
	case OPT_HELP:
		return CMD_DONE;
	case OPT_WRONG:
		return CMD_USAGE;
	default:
		break;
	}
	if (argc < 1) {
		log_error("report: of which records? weir report FLOWS.csv... -o report.html ('-' "
		          "is stdin)");
		return CMD_USAGE;
	}
	if (!o.output) {
		log_error("report: into which file? add -o report.html");
		return CMD_USAGE;
	}
	return make(&o, argc, argv);
}

const struct opt_command cmd_report = {
	.name = "report",
	.arguments = "FLOWS.csv...",
	.summary = "one HTML page about flow records, with interactive charts",
	.options = options,
	.n_options = CMD_COUNT(options),
	.run = run,
};
