// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * weir plot KIND FLOWS.csv...: a picture of flow records as PNG, SVG or PDF, or the numbers in it.
 *
 * A file that is broken in the middle is an error and there is no picture: half a picture looks
 * like a whole one.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "log.h"
#include "out.h"
#include "plot.h"
#include "plot_gnuplot.h"

struct plot_options {
	const char *output;
	uint64_t width;
	uint64_t top;
	bool table;
};

static const struct opt options[] = {
	{ "output", 'o', "FILE", OPT_TEXT, offsetof(struct plot_options, output), 0, 0, NULL,
	  "the picture: FILE.png, FILE.svg or FILE.pdf" },
	{ "width", 'w', "N", OPT_NUMBER, offsetof(struct plot_options, width), 400, 4000, NULL,
	  "pixels; of PDF, 96 an inch" },
	{ "top", 'n', "N", OPT_NUMBER, offsetof(struct plot_options, top), 1, 40, NULL,
	  "bars drawn at most" },
	{ "table", 0, NULL, OPT_FLAG, offsetof(struct plot_options, table), 0, 0, NULL,
	  "print the numbers drawn as CSV; without --output nothing is drawn" },
};

static int refuse_kind(const char *name)
{
	char known[256] = "";
	size_t i, used = 0;

	for (i = 0; i < plot_n_kinds && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
		                         used ? ", " : "", plot_kinds[i].name);
	if (name)
		log_error("plot: %s: no such picture; there are %s", name, known);
	else
		log_error("plot: which picture of which records? weir plot KIND FLOWS.csv... -o "
		          "FILE.png; there are %s",
		          known);
	return CMD_USAGE;
}

/* By the end of the file's name. False, and a message, when it is none of the three. */
static bool find_format(const char *path, enum plot_format *format)
{
	static const char *const ends[] = {
		[PLOT_PNG] = ".png",
		[PLOT_SVG] = ".svg",
		[PLOT_PDF] = ".pdf",
	};
	size_t n = strlen(path), i;

	for (i = 0; i < CMD_COUNT(ends); i++)
		if (n > 4 && !strcmp(path + n - 4, ends[i])) {
			*format = (enum plot_format)i;
			return true;
		}
	log_error("plot: %s: cannot tell what to write; end its name in .png, .svg or .pdf", path);
	return false;
}

static int write_out(const char *path, const struct buf *text)
{
	struct out out;
	int failed = out_open(&out, path);

	if (!failed) {
		buf_put(&out.text, text->data, text->length);
		failed = out_close(&out);
	}
	if (failed)
		log_error("%s: cannot write: %s", path, strerror(-failed));
	return failed ? CMD_FAILED : CMD_DONE;
}

static int draw(const struct plot_kind *kind, struct plot_data *data, const struct plot_page *page,
                const char *path)
{
	struct buf script = { 0 }, image = { 0 };
	int result = CMD_FAILED;
	char error[512];

	plot_script(&script, kind, data, page);
	if (plot_gnuplot_run(&script, &image, error, sizeof(error)))
		log_error("%s", error);
	else
		result = write_out(path, &image);
	buf_clear(&script);
	buf_clear(&image);
	return result;
}

static int print_table(const struct plot_kind *kind, struct plot_data *data,
                       const struct plot_page *page)
{
	struct buf text = { 0 };
	int result;

	kind->table(&text, data, page);
	result = write_out("-", &text);
	buf_clear(&text);
	return result;
}

/* Read all the files; true: there is something to draw. */
static bool read_files(struct plot_data *data, const struct plot_kind *kind, int n, char **paths)
{
	char error[512];
	int i;

	for (i = 0; i < n; i++)
		if (plot_data_read(data, paths[i], error, sizeof(error))) {
			log_error("%s", error);
			return false;
		}
	plot_data_finish(data);
	if (!plot_check(kind, data, error, sizeof(error)))
		return true;
	log_error("%s: %s", paths[0], error);
	return false;
}

static int make(const struct plot_options *o, const struct plot_kind *kind, struct plot_page *page,
                int n, char **paths)
{
	struct plot_data *data = plot_data_new();
	char source[64];
	int result = CMD_FAILED;

	if (!data) {
		log_error("plot: no memory");
		return CMD_FAILED;
	}
	snprintf(source, sizeof(source), "%d files", n);
	page->source = n > 1                    ? source
	               : strrchr(paths[0], '/') ? strrchr(paths[0], '/') + 1
	                                        : paths[0];
	if (read_files(data, kind, n, paths)) {
		result = o->output ? draw(kind, data, page, o->output) : CMD_DONE;
		if (o->table && print_table(kind, data, page) != CMD_DONE)
			result = CMD_FAILED;
	}
	plot_data_free(data);
	return result;
}

static int run(const struct opt_command *self, int argc, char **argv)
{
	struct plot_options o = { .width = 1000, .top = 20 };
	struct plot_page page = { .format = PLOT_PNG };
	const struct plot_kind *kind;

	switch (opt_parse(self, &o, &argc, argv)) {
	case OPT_HELP:
		return CMD_DONE;
	case OPT_WRONG:
		return CMD_USAGE;
	default:
		break;
	}
	kind = argc ? plot_kind_find(argv[0]) : NULL;
	if (!kind)
		return refuse_kind(argc ? argv[0] : NULL);
	if (argc < 2) {
		log_error("plot: of which records? weir plot %s FLOWS.csv... ('-' is stdin)",
		          kind->name);
		return CMD_USAGE;
	}
	if (!o.output && !o.table) {
		log_error("plot: into which file? add -o FILE.png, or --table for the numbers");
		return CMD_USAGE;
	}
	if (o.output && !find_format(o.output, &page.format))
		return CMD_USAGE;
	page.width = (unsigned int)o.width;
	page.top = o.top;
	return make(&o, kind, &page, argc - 1, argv + 1);
}

const struct opt_command cmd_plot = {
	.name = "plot",
	.arguments = "KIND FLOWS.csv...",
	.summary = "a picture of flow records (PNG, SVG, PDF), by gnuplot",
	.details =
	        "KIND is volume (over time), protocols, anomalies (bytes/s against packets/s, by\n"
	        "anomaly score), anomalies-3d (with average packet size), talkers, ports, classes\n"
	        "or timeline (the largest flows as bars).\n",
	.options = options,
	.n_options = CMD_COUNT(options),
	.run = run,
};
