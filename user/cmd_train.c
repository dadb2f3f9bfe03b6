// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * weir train classifier|anomaly INPUT... -o MODEL: options, reading, and what both kinds share. The
 * metadata hold no time and no name of this machine, so that the same input and seed give the same
 * bytes.
 */
#include "cmd_train.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_learn.h"
#include "field.h"
#include "log.h"
#include "out.h"
#include "split.h"

#define O(member) offsetof(struct train_options, member)

/* clang-format off */
static const struct opt options[] = {
	{ "output", 'o', "FILE", OPT_TEXT, O(output), 0, 0, NULL, "where the model goes" },
	{ "features", 0, "LIST", OPT_TEXT, O(features), 0, 0, NULL,
	  "blocks or names of features: flow, ports, first8, guide6, guide3, host" },
	DATASET_LABEL_OPTIONS(struct train_options, data),
	DATASET_FLOW_OPTIONS(struct train_options, data),
	{ "unit", 0, "UNIT", OPT_CHOICE, O(unit), 0, 0, "flow|host",
	  "anomaly: what is judged, a flow or a host in a window" },
	{ "algorithm", 0, "NAME", OPT_CHOICE, O(algorithm), 0, 0, "boosting|forest", "classifier" },
	{ "split", 0, "HOW", OPT_CHOICE, O(split), 0, 0, "auto|by-file|by-time|random",
	  "how rows are held back to judge" },
	{ "test-size", 0, "PART", OPT_TEXT, O(test_size), 0, 0, NULL, "part that is held back" },
	{ "cv", 0, "K", OPT_NUMBER, O(cv), 0, 100, NULL,
	  "judge by K-fold cross-validation instead; 0: no" },
	{ "class-weight", 0, "HOW", OPT_CHOICE, O(class_weight), 0, 0, "none|balanced",
	  "weigh classes" },
	{ "file-weight", 0, "HOW", OPT_CHOICE, O(file_weight), 0, 0, "none|root",
	  "classifier: n flows of a class from one file count as n, or as root n" },
	{ "n-estimators", 0, "N", OPT_NUMBER, O(n_estimators), 1, 100000, NULL, "trees of a forest" },
	{ "max-depth", 0, "N", OPT_NUMBER, O(max_depth), 0, 64, NULL, "of a tree; 0: no limit" },
	{ "max-features", 0, "HOW", OPT_TEXT, O(max_features), 0, 0, NULL,
	  "columns: of a split in a forest sqrt, log2, all, N or 0.5; of a tree elsewhere all, 0.5" },
	{ "max-samples", 0, "N", OPT_TEXT, O(max_samples), 0, 0, NULL,
	  "rows a tree draws: part of all (forest) or number (anomaly, 256)" },
	{ "bootstrap", 0, NULL, OPT_FLAG, O(bootstrap), 0, 0, NULL, "a forest draws with replacement" },
	{ "min-samples-split", 0, "N", OPT_NUMBER, O(min_samples_split), 2, 1000000000, NULL,
	  "rows a node of a forest needs to be split" },
	{ "min-samples-leaf", 0, "N", OPT_NUMBER, O(min_samples_leaf), 0, 1000000000, NULL,
	  "rows of a leaf; 0: 1 in a forest, 20 in boosting" },
	{ "max-iter", 0, "N", OPT_NUMBER, O(max_iter), 1, 100000, NULL, "rounds of boosting" },
	{ "learning-rate", 0, "X", OPT_TEXT, O(learning_rate), 0, 0, NULL, "of boosting" },
	{ "max-leaf-nodes", 0, "N", OPT_NUMBER, O(max_leaf_nodes), 2, 65536, NULL,
	  "leaves of a tree in boosting" },
	{ "l2-regularization", 0, "X", OPT_TEXT, O(l2_regularization), 0, 0, NULL, "of boosting" },
	{ "max-bins", 0, "N", OPT_NUMBER, O(max_bins), 2, 255, NULL, "of a feature in boosting" },
	{ "contamination", 0, "PART", OPT_TEXT, O(contamination), 0, 0, NULL,
	  "anomaly: part of the training rows that would alarm" },
	{ "false-positive-rate", 0, "PART", OPT_TEXT, O(false_positive_rate), 0, 0, NULL,
	  "anomaly: part of the rows held back that may alarm" },
	{ "normal", 0, "LIST", OPT_TEXT, O(normal), 0, 0, NULL,
	  "classes that are no attack; anomaly models learn from no other" },
	{ "n-jobs", 0, "N", OPT_NUMBER, O(n_jobs), 0, 1024, NULL, "threads; 0: all processors" },
	{ "dump", 0, "FILE", OPT_TEXT, O(dump), 0, 0, NULL,
	  "also write the features as CSV, with class, file and weight" },
};
/* clang-format on */

static const struct train_options defaults = {
	.normal = "normal,benign",
	.test_size = "0.2",
	.learning_rate = "0.1",
	.l2_regularization = "0",
	.false_positive_rate = "0.01",
	.n_estimators = 100,
	.min_samples_split = 2,
	.max_iter = 100,
	.max_leaf_nodes = 31,
	.max_bins = 255,
	.bootstrap = true,
};

static void dump_header(struct buf *b, const struct matrix *m)
{
	size_t i;

	buf_text(b, "file,label,weight,flow,packets,is_end");
	for (i = 0; i < m->n_columns; i++)
		buf_format(b, ",%s", m->column_names[i]);
	buf_char(b, '\n');
}

static void dump_text(struct buf *b, const char *text)
{
	static const struct field f = { .type = FIELD_TEXT };
	union field_value v = { .text = text };

	field_put_csv(b, &f, &v);
}

static int dump(const char *path, const struct dataset *d)
{
	const struct matrix *m = d->m;
	struct out out;
	int failed = out_open(&out, path);
	size_t i, k;

	if (!failed)
		dump_header(&out.text, m);
	for (i = 0; i < m->n_rows && !failed; i++) {
		dump_text(&out.text, m->group_names[m->group[i]]);
		buf_char(&out.text, ',');
		dump_text(&out.text, m->label[i] < 0 ? NULL : m->class_names[m->label[i]]);
		buf_format(&out.text, ",%.9g,%" PRIx64 ",%" PRIu64 ",%d", m->weight[i],
		           d->tag[i].flow, d->tag[i].packets, d->tag[i].is_end);
		for (k = 0; k < m->n_columns; k++)
			buf_format(&out.text, ",%.17g", matrix_row(m, i)[k]);
		buf_char(&out.text, '\n');
		failed = out_flush_if_full(&out);
	}
	if (!failed)
		failed = out_close(&out);
	if (failed)
		log_error("--dump %s: cannot write: %s", path, strerror(-failed));
	return failed;
}

const char *train_split(const struct train_options *o, const struct dataset *d, int32_t *fold,
                        size_t n_folds)
{
	static const char *const names[] = { "by file", "by time", "at random" };
	enum split_kind kind = o->split == TRAIN_SPLIT_BY_TIME  ? SPLIT_BY_TIME
	                       : o->split == TRAIN_SPLIT_RANDOM ? SPLIT_RANDOM
	                                                        : SPLIT_BY_FILE;
	int failed;

	for (;;) {
		failed = n_folds ? split_folds(fold, d, kind, n_folds, o->data.random_state)
		                 : split_part(fold, d, kind, o->test_part, o->data.random_state);
		if (failed != -EINVAL || o->split != TRAIN_SPLIT_AUTO || kind == SPLIT_RANDOM)
			break;
		kind++;
	}
	if (!failed)
		return names[kind];
	if (failed == -EINVAL)
		log_error("train: cannot hold rows back %s: there are too few of them; give more "
		          "input, or try --split random%s",
		          names[kind], n_folds ? " or a smaller --cv" : "");
	else
		log_error("train: cannot split: %s", strerror(-failed));
	return NULL;
}

struct matrix *train_take(const struct matrix *m, const int32_t *fold, int32_t f, bool in)
{
	size_t *rows = calloc(m->n_rows + 1, sizeof(*rows)), n = 0, i;
	struct matrix *taken = NULL;

	for (i = 0; rows && i < m->n_rows; i++)
		if ((fold[i] == f) == in)
			rows[n++] = i;
	if (rows)
		taken = matrix_take(m, rows, n);
	free(rows);
	return taken;
}

static void put_parameters(struct buf *b, const struct train_options *o)
{
	const struct dataset_fit_settings *s = &o->fit;

	if (s->kind == MODEL_BOOST_CLASSIFIER)
		buf_format(b,
		           "\"algorithm\":\"boosting\",\"max_iter\":%u,\"learning_rate\":%g,"
		           "\"max_leaf_nodes\":%u,\"max_depth\":%u,\"min_samples_leaf\":%u,"
		           "\"l2_regularization\":%g,\"max_bins\":%u,\"max_features\":%g",
		           s->boost.max_iter, s->boost.learning_rate, s->boost.max_leaf_nodes,
		           s->boost.max_depth, s->boost.min_samples_leaf,
		           s->boost.l2_regularization, s->boost.max_bins, s->boost.max_features);
	else if (s->kind == MODEL_FOREST_CLASSIFIER)
		buf_format(b,
		           "\"algorithm\":\"forest\",\"n_estimators\":%u,\"max_depth\":%u,"
		           "\"min_samples_split\":%u,\"min_samples_leaf\":%u,"
		           "\"max_features\":\"%s\",\"bootstrap\":%s",
		           s->forest.n_estimators, s->forest.max_depth, s->forest.min_samples_split,
		           s->forest.min_samples_leaf, o->max_features ? o->max_features : "sqrt",
		           s->forest.bootstrap ? "true" : "false");
	else
		buf_format(b,
		           "\"algorithm\":\"isolation forest\",\"n_estimators\":%u,"
		           "\"max_samples\":%u",
		           s->isolation.n_estimators, s->isolation.max_samples);
	if (s->kind != MODEL_ANOMALY)
		buf_format(b, ",\"class_weight\":\"%s\",\"file_weight\":\"%s\"",
		           o->class_weight ? "balanced" : "none", o->file_weight ? "root" : "none");
}

void train_put_about(struct buf *b, const struct train_options *o, const struct dataset *d,
                     const char *split)
{
	buf_format(b,
	           "{\"weir\":\"%s\",\"files\":%" PRIu64 ",\"flows\":%" PRIu64 ",\"rows\":%zu,"
	           "\"features\":",
	           WEIR_VERSION, d->files, d->flows, d->m->n_rows);
	field_put_json_text(b, o->features);
	buf_format(b, ",\"unit\":\"%s\",", o->unit ? "host" : "flow");
	if (o->unit)
		buf_format(b, "\"window_s\":%g,\"min_flows\":%" PRIu64 ",", o->data.window_ns / 1e9,
		           o->data.min_flows);
	buf_format(b, "\"idle_timeout_s\":%g,\"active_timeout_s\":%g,\"snapshots\":",
	           o->data.idle_ns / 1e9, o->data.active_ns / 1e9);
	field_put_json_text(b, o->data.snapshots ? o->data.snapshots : "all");
	buf_format(b, ",\"random_state\":%" PRIu64 ",\"held_back\":\"%s\",", o->data.random_state,
	           split);
	put_parameters(b, o);
}

int train_save(struct fitted *f, const struct train_options *o, struct buf *about)
{
	char error[512];

	buf_char(about, '\0');
	if (about->error) {
		log_error("train: no memory");
		return CMD_FAILED;
	}
	f->model.about = about->data;
	if (model_save(&f->model, o->output, error, sizeof(error))) {
		log_error("%s", error);
		return CMD_FAILED;
	}
	log_info("%s: written; try: weir model show %s", o->output, o->output);
	return CMD_DONE;
}

/* Columns in which all rows are alike teach nothing; a few are usual, all are a mistake. */
static int check_columns(const struct matrix *m)
{
	size_t c, i, n = 0;
	const char *first = NULL;

	for (c = 0; c < m->n_columns; c++) {
		for (i = 1; i < m->n_rows && matrix_row(m, i)[c] == matrix_row(m, 0)[c]; i++)
			;
		if (i < m->n_rows)
			continue;
		first = first ? first : m->column_names[c];
		n++;
	}
	if (n == m->n_columns) {
		log_error("train: all %zu rows are alike in every feature; give other input",
		          m->n_rows);
		return -EINVAL;
	}
	if (n)
		log_info("%zu of %zu features are the same in all rows ('%s'%s): they are no use "
		         "here",
		         n, m->n_columns, first, n > 1 ? ", ..." : "");
	return 0;
}

static int work(struct train_options *o, bool anomaly, char **inputs, int n_inputs)
{
	struct feature_set set;
	struct dataset *d;
	char error[512];
	int result = CMD_FAILED;

	if (feature_set_parse(&set, o->features, error, sizeof(error))) {
		log_error("--features: %s", error);
		return CMD_USAGE;
	}
	if (set.is_host != (o->unit == DATASET_HOST)) {
		log_error(
		        "train: the features of hosts go with --unit host, and those of flows with "
		        "--unit flow");
		return CMD_USAGE;
	}
	o->fit.schema = feature_set_hash(&set);
	d = learn_read(&o->data, &set, !anomaly, inputs, n_inputs);
	if (!d)
		return CMD_FAILED;
	if (!anomaly && !dataset_has_labels(d)) {
		log_error("train: what are the classes? give --label-rules, --labels, "
		          "--label-column or --label ndpi");
		result = CMD_USAGE;
	} else if (!d->m->n_rows) {
		log_error("train: %" PRIu64 " flows in %" PRIu64 " files, but no row to learn "
		          "from%s",
		          d->flows, d->files, d->flows ? ": no flow has a class" : "");
	} else if (o->file_weight && !anomaly && dataset_even_files(d)) {
		log_error("train: no memory for the weights");
	} else if (!check_columns(d->m) && !(o->dump && dump(o->dump, d))) {
		result = !o->output ? CMD_DONE
		         : anomaly  ? train_anomaly(o, d)
		                    : train_classifier(o, d);
	}
	dataset_free(d);
	return result;
}

static int run(const struct opt_command *self, int argc, char **argv)
{
	struct train_options o = defaults;
	bool anomaly;

	o.data = dataset_defaults;
	switch (opt_parse(self, &o, &argc, argv)) {
	case OPT_HELP:
		return CMD_DONE;
	case OPT_WRONG:
		return CMD_USAGE;
	default:
		break;
	}
	anomaly = argc > 0 && !strcmp(argv[0], "anomaly");
	if (argc < 1 || (!anomaly && strcmp(argv[0], "classifier"))) {
		log_error("train: which kind? weir train classifier INPUT... or weir train anomaly "
		          "INPUT...");
		return CMD_USAGE;
	}
	if (argc < 2) {
		log_error("train: from what? give captures, folders of them, or flow CSV");
		return CMD_USAGE;
	}
	if (!o.output && !o.dump) {
		log_error("train: where does the model go? give -o MODEL");
		return CMD_USAGE;
	}
	if (!anomaly && o.unit == DATASET_HOST) {
		log_error("train: --unit host is for anomaly models");
		return CMD_USAGE;
	}
	if (!o.features)
		o.features = o.unit == DATASET_HOST ? "host"
		             : anomaly              ? "flow"
		                                    : "flow,ports,first8";
	if (train_settings(&o, anomaly))
		return CMD_USAGE;
	return work(&o, anomaly, argv + 1, argc - 1);
}

const struct opt_command cmd_train = {
	.name = "train",
	.arguments = "classifier|anomaly INPUT...",
	.summary = "learn from captures or flow CSV, and tell how well that went",
	.details =
	        "Features by default: flow,ports,first8 for a classifier; without ports it holds "
	        "better where\nservices sit at other ports (--features flow,first8). flow for an "
	        "anomaly model.",
	.options = options,
	.n_options = CMD_COUNT(options),
	.run = run,
};
