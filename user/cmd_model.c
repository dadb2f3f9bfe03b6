// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * weir model show|import|export|diff: look at models, and exchange them with other programs. Which
 * library wrote a file that is imported is seen from the file.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "log.h"
#include "model_import.h"
#include "model_show.h"
#include "onnx.h"
#include "out.h"

#define LENGTH_MAX ((size_t)1 << 30)
#define READ_STEP  65536

struct model_options {
	bool json;
	const char *output, *features, *classes;
};

static const struct opt options[] = {
	{ "json", 'j', NULL, OPT_FLAG, offsetof(struct model_options, json), 0, 0, NULL,
	  "show: as a JSON object" },
	{ "output", 'o', "FILE", OPT_TEXT, offsetof(struct model_options, output), 0, 0, NULL,
	  "import, export: the file to write" },
	{ "features", 0, "NAMES", OPT_TEXT, offsetof(struct model_options, features), 0, 0, NULL,
	  "import: names of the features, in their order, comma between them" },
	{ "classes", 0, "NAMES", OPT_TEXT, offsetof(struct model_options, classes), 0, 0, NULL,
	  "import: names of the classes" },
};

static int put_out(struct buf *b)
{
	int code = CMD_DONE;

	if (b->error || fwrite(b->data, 1, b->length, stdout) != b->length || fflush(stdout)) {
		log_error("standard output: cannot write: %s",
		          strerror(b->error ? -b->error : errno));
		code = CMD_FAILED;
	}
	buf_clear(b);
	return code;
}

static struct model *open_model(const char *path)
{
	char error[512];
	struct model *m = model_open(path, error, sizeof(error));

	if (!m)
		log_error("%s", error);
	return m;
}

static int show(const struct model_options *o, char **path)
{
	struct model *m = open_model(path[0]);
	struct buf b = { 0 };

	if (!m)
		return CMD_FAILED;
	(o->json ? model_show_json : model_show_text)(&b, m, path[0]);
	model_close(m);
	return put_out(&b);
}

static int diff(const struct model_options *o, char **path)
{
	struct model *old = open_model(path[0]), *new = old ? open_model(path[1]) : NULL;
	struct buf b = { 0 };
	int code = CMD_FAILED;

	if (new) {
		bool differ = model_show_difference(&b, old, new);

		code = put_out(&b);
		code = differ ? CMD_FAILED : code;
	}
	model_close(old);
	model_close(new);
	return code;
}

/* A file as text with a NUL behind it; NULL: errno tells. */
static char *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "re");
	size_t room = READ_STEP, n = 0;
	char *text = file ? malloc(room + 1) : NULL, *grown = text;

	while (grown && (n += fread(text + n, 1, room - n, file)) == room) {
		grown = room < LENGTH_MAX ? realloc(text, room * 2 + 1) : NULL;
		errno = grown ? 0 : room < LENGTH_MAX ? ENOMEM : EFBIG;
		text = grown ? grown : text;
		room *= 2;
	}
	if (file && (ferror(file) || !grown)) {
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	if (text)
		text[n] = '\0';
	*length = n;
	return text;
}

static struct model *read_foreign(const char *path)
{
	char error[400];
	struct model *m;
	size_t length;
	char *text = read_file(path, &length);

	if (!text) {
		log_error("%s: cannot read the model: %s", path, strerror(errno));
		return NULL;
	}
	m = text[strspn(text, " \t\r\n")] == '{'
	            ? model_import_json(text, length, error, sizeof(error))
	            : onnx_import(text, length, error, sizeof(error));
	free(text);
	if (!m)
		log_error("%s: cannot import: %s; weir takes what tools/export_sklearn.py writes, "
		          "JSON of XGBoost, and ONNX tree ensembles",
		          path, error);
	return m;
}

/* Split list in place into n names; NULL, and told, when there are more or fewer. */
static const char **split_names(const char *what, char *list, uint32_t n)
{
	const char **names = calloc((size_t)n + 1, sizeof(*names));
	uint32_t i = 0;

	for (; names && list && i <= n; i++)
		names[i < n ? i : n] = strsep(&list, ",");
	if (names && i == n)
		return names;
	log_error("--%s: the model has %u, and other names are given", what, n);
	free(names);
	return NULL;
}

/* Save m under the names that were given, if any were. */
static int save(const struct model *m, const struct model_options *o)
{
	struct model named = *m;
	char *features = o->features ? strdup(o->features) : NULL, error[512];
	char *classes = o->classes ? strdup(o->classes) : NULL;
	const char **f = features ? split_names("features", features, m->n_features) : NULL;
	const char **c = classes ? split_names("classes", classes, m->n_classes) : NULL;
	int code = CMD_FAILED;

	named.feature_names = f ? f : m->feature_names;
	named.class_names = c ? c : m->class_names;
	if ((o->features && !f) || (o->classes && !c))
		code = CMD_USAGE;
	else if (model_save(&named, o->output, error, sizeof(error)))
		log_error("%s", error);
	else
		code = CMD_DONE;
	free(f);
	free(c);
	free(features);
	free(classes);
	return code;
}

static int import(const struct model_options *o, char **path)
{
	struct model *m = read_foreign(path[0]);
	int code = m ? save(m, o) : CMD_FAILED;

	model_close(m);
	return code;
}

static int write_file(const char *path, const void *data, size_t length)
{
	struct out out;
	int status = out_open(&out, path);

	if (!status) {
		buf_put(&out.text, data, length);
		status = out.text.error;
		out_flush(&out);
		status = out_close(&out) ? out.error : status;
	}
	if (status)
		log_error("%s: cannot write the model: %s", path, strerror(-status));
	return status ? CMD_FAILED : CMD_DONE;
}

static int export(const struct model_options *o, char **path)
{
	struct model *m = open_model(path[0]);
	int code = CMD_FAILED;
	char error[300];
	size_t length;
	void *data;

	if (!m)
		return CMD_FAILED;
	if (onnx_export(m, &data, &length, error, sizeof(error))) {
		log_error("%s: cannot export: %s", path[0], error);
	} else {
		code = write_file(o->output, data, length);
		free(data);
	}
	model_close(m);
	return code;
}

static const struct action {
	const char *name;
	int n_files;
	bool writes;
	int (*run)(const struct model_options *o, char **path);
} actions[] = {
	{ "show", 1, false, show },
	{ "import", 1, true, import },
	{ "export", 1, true, export },
	{ "diff", 2, false, diff },
};

static int run(const struct opt_command *self, int argc, char **argv)
{
	struct model_options o = { 0 };
	const struct action *a = NULL;
	size_t i;

	switch (opt_parse(self, &o, &argc, argv)) {
	case OPT_HELP:
		return CMD_DONE;
	case OPT_WRONG:
		return CMD_USAGE;
	default:
		break;
	}
	for (i = 0; argc && i < CMD_COUNT(actions); i++)
		if (!strcmp(argv[0], actions[i].name))
			a = &actions[i];
	if (!a) {
		log_error("model: what to do? show FILE, import FILE -o MODEL, export MODEL -o "
		          "FILE.onnx or diff MODEL MODEL");
		return CMD_USAGE;
	}
	if (argc - 1 != a->n_files) {
		log_error("model %s: takes %d file%s, was given %d", a->name, a->n_files,
		          a->n_files > 1 ? "s" : "", argc - 1);
		return CMD_USAGE;
	}
	if (a->writes && !o.output) {
		log_error("model %s: where to? name the file with -o", a->name);
		return CMD_USAGE;
	}
	return a->run(&o, argv + 1);
}

const struct opt_command cmd_model = {
	.name = "model",
	.arguments = "ACTION FILE...",
	.summary = "show, import, export and compare models",
	.details =
	        "  show MODEL               what it is: kind, classes, features, scores\n"
	        "  import FILE -o MODEL     from tools/export_sklearn.py, XGBoost's JSON or ONNX\n"
	        "  export MODEL -o FILE     as ONNX, for other programs\n"
	        "  diff OLD NEW             how they differ; exit code 1 if they do\n",
	.options = options,
	.n_options = CMD_COUNT(options),
	.run = run,
};
