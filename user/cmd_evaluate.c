// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * weir evaluate MODEL INPUT...: how well a model does on data it has not seen.
 *
 * The classes of the data and those of the model are put together: a class that only the data have
 * can never be answered and counts against the model, which is what its user would meet.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_learn.h"
#include "dataset_fit.h"
#include "evaluate.h"
#include "evaluate_ports.h"
#include "explain.h"
#include "field.h"
#include "json.h"
#include "log.h"

#define REPEATS 5 /* shuffles of a column for its importance, as scikit-learn's default */

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_CSV,
};

struct evaluate_options {
	struct dataset_options data;
	const char *output, *normal;
	int format;
	bool importance;
};

#define O(member) offsetof(struct evaluate_options, member)

/* clang-format off */
static const struct opt options[] = {
	{ "output", 'o', "FILE", OPT_TEXT, O(output), 0, 0, NULL, "where the report goes; -: stdout" },
	{ "format", 'f', "HOW", OPT_CHOICE, O(format), 0, 0, "text|json|csv", "of the report" },
	{ "importance", 0, NULL, OPT_FLAG, O(importance), 0, 0, NULL,
	  "also how much accuracy is lost when a feature's values are shuffled" },
	{ "normal", 0, "LIST", OPT_TEXT, O(normal), 0, 0, NULL, "classes that are no attack" },
	DATASET_LABEL_OPTIONS(struct evaluate_options, data),
	DATASET_FLOW_OPTIONS(struct evaluate_options, data),
};
/* clang-format on */

/* The classes of model and data together, and where each of either is among them. */
struct classes {
	const char **name;
	size_t n;
	int32_t *of_model, *of_data;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int32_t class_index(const struct classes *c, const char *name)
{
	const char **found = bsearch(&name, c->name, c->n, sizeof(*c->name), by_name);

	return found ? (int32_t)(found - c->name) : -1;
}

static int classes_init(struct classes *c, const struct model *model, const struct matrix *m)
{
	size_t all = model->n_classes + m->n_classes, i;

	c->name = calloc(all + 1, sizeof(*c->name));
	c->of_model = calloc(model->n_classes + 1, sizeof(*c->of_model));
	c->of_data = calloc(m->n_classes + 1, sizeof(*c->of_data));
	if (!c->name || !c->of_model || !c->of_data)
		return -ENOMEM;
	for (i = 0; i < all; i++)
		c->name[i] = i < model->n_classes ? model->class_names[i]
		                                  : m->class_names[i - model->n_classes];
	qsort(c->name, all, sizeof(*c->name), by_name);
	for (i = 0; i < all; i++)
		if (!c->n || strcmp(c->name[c->n - 1], c->name[i]))
			c->name[c->n++] = c->name[i];
	for (i = 0; i < model->n_classes; i++)
		c->of_model[i] = class_index(c, model->class_names[i]);
	for (i = 0; i < m->n_classes; i++)
		c->of_data[i] = class_index(c, m->class_names[i]);
	return 0;
}

static void classes_clear(struct classes *c)
{
	free(c->name);
	free(c->of_model);
	free(c->of_data);
}

/* The baseline that training left in the model's metadata; NULL: none. */
static struct ports *ports_of(const struct model *model)
{
	size_t length = strlen(model->about);
	char *copy = strdup(model->about), error[128];
	struct ports *ports = NULL;
	const char *text;
	struct json j;

	if (copy && !json_parse(&j, copy, length, error, sizeof(error))) {
		text = json_text(&j, json_member(&j, 0, "ports"));
		if (text && json_member(&j, 0, "ports"))
			ports = ports_parse(text, model->n_classes);
		json_clear(&j);
	}
	free(copy);
	return ports;
}

/* Answers side by side with the truth, as indices of the common classes. */
struct answers {
	int32_t *truth, *predicted, *ports;
	double *confidence;
	int32_t majority;
};

static int answer(struct answers *a, const struct model *model, const struct dataset *d,
                  const struct classes *c, const struct ports *ports)
{
	size_t n = d->m->n_rows, i;
	int32_t said;

	a->truth = calloc(n, sizeof(int32_t));
	a->predicted = calloc(n, sizeof(int32_t));
	a->ports = ports ? calloc(n, sizeof(int32_t)) : NULL;
	a->confidence = calloc(n, sizeof(double));
	if (!a->truth || !a->predicted || (ports && !a->ports) || !a->confidence ||
	    dataset_fit_predict(model, d->m, a->predicted, a->confidence))
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		a->truth[i] = c->of_data[d->m->label[i]];
		a->predicted[i] = c->of_model[a->predicted[i]];
		if (!ports)
			continue;
		said = ports_ask(ports, d->tag[i].protocol, d->tag[i].dst_port);
		a->ports[i] = said < 0 ? 0 : c->of_model[said];
	}
	a->majority = ports ? ports_majority(ports) : -1;
	a->majority = a->majority < 0 ? -1 : c->of_model[a->majority];
	return 0;
}

static void answers_clear(struct answers *a)
{
	free(a->truth);
	free(a->predicted);
	free(a->ports);
	free(a->confidence);
}

/* Rows of the model's classes alone, labelled by its numbers. NULL: no memory. */
static struct matrix *rows_of_model(const struct matrix *m, const struct model *model)
{
	size_t *rows = calloc(m->n_rows + 1, sizeof(*rows)), n = 0, i;
	int32_t *number = calloc(m->n_classes + 1, sizeof(*number));
	struct matrix *taken = NULL;
	uint32_t k;

	for (i = 0; number && i < m->n_classes; i++)
		for (number[i] = -1, k = 0; k < model->n_classes; k++)
			if (!strcmp(m->class_names[i], model->class_names[k]))
				number[i] = k;
	for (i = 0; rows && number && i < m->n_rows; i++)
		if (m->label[i] >= 0 && number[m->label[i]] >= 0)
			rows[n++] = i;
	if (rows && number)
		taken = matrix_take(m, rows, n);
	for (i = 0; taken && i < n; i++)
		taken->label[i] = number[taken->label[i]];
	free(rows);
	free(number);
	return taken;
}

struct importance {
	double mean, deviation;
	const char *name;
};

static int by_importance(const void *a, const void *b)
{
	const struct importance *x = a, *y = b;

	return x->mean > y->mean ? -1 : x->mean < y->mean ? 1 : strcmp(x->name, y->name);
}

static void put_importance(struct buf *b, const struct importance *list, size_t n, int format)
{
	size_t i;

	buf_text(b, format == FORMAT_TEXT  ? "\naccuracy lost when a feature is shuffled:\n"
	            : format == FORMAT_CSV ? "\nfeature,importance,deviation\n"
	                                   : "{\"importance\":[");
	for (i = 0; i < n; i++) {
		if (format == FORMAT_CSV)
			buf_format(b, "%s,%.6g,%.6g\n", list[i].name, list[i].mean,
			           list[i].deviation);
		else if (format == FORMAT_JSON)
			buf_format(b, "%s{\"feature\":\"%s\",\"mean\":%.6g,\"deviation\":%.6g}",
			           i ? "," : "", list[i].name, list[i].mean, list[i].deviation);
		else if (list[i].mean > 0)
			buf_format(b, "  %-24s %6.4f +- %.4f\n", list[i].name, list[i].mean,
			           list[i].deviation);
	}
	if (format == FORMAT_JSON)
		buf_text(b, "]}\n");
}

static int rate_features(struct buf *b, const struct model *model, const struct dataset *d,
                         const struct evaluate_options *o)
{
	size_t n = model->n_features, i;
	struct matrix *rows = rows_of_model(d->m, model);
	double *mean = calloc(n, sizeof(double)), *deviation = calloc(n, sizeof(double));
	struct importance *list = calloc(n, sizeof(*list));
	int failed = -ENOMEM;

	if (rows && mean && deviation && list)
		failed = explain_permutation(model, mean, deviation, rows, REPEATS,
		                             o->data.random_state);
	for (i = 0; !failed && i < n; i++)
		list[i] = (struct importance){ mean[i], deviation[i], model->feature_names[i] };
	if (!failed) {
		qsort(list, n, sizeof(*list), by_importance);
		put_importance(b, list, n, o->format);
	}
	matrix_free(rows);
	free(mean);
	free(deviation);
	free(list);
	return failed;
}

static int put_classes(struct buf *b, const struct evaluate_options *o, const struct dataset *d,
                       const struct classes *c, const struct answers *a)
{
	struct evaluate_rows rows = {
		.n = d->m->n_rows,
		.truth = a->truth,
		.predicted = a->predicted,
		.ports = a->ports,
		.majority = a->majority,
		.confidence = a->confidence,
		.group = d->m->group,
		.n_groups = d->m->n_groups,
		.class_names = c->name,
		.n_classes = c->n,
	};
	struct evaluate_result r;

	if (evaluate_classes(&r, &rows, o->data.random_state))
		return -ENOMEM;
	return (o->format == FORMAT_JSON  ? evaluate_put_json
	        : o->format == FORMAT_CSV ? evaluate_put_csv
	                                  : evaluate_put_text)(b, &rows, &r);
}

static int evaluate_classifier(struct buf *b, const struct evaluate_options *o,
                               const struct model *model, const struct dataset *d)
{
	struct ports *ports = ports_of(model);
	struct classes c = { 0 };
	struct answers a = { 0 };
	int failed = classes_init(&c, model, d->m);

	if (!failed)
		failed = answer(&a, model, d, &c, ports);
	if (!failed)
		failed = put_classes(b, o, d, &c, &a);
	if (!failed && o->importance)
		failed = rate_features(b, model, d, o);
	answers_clear(&a);
	classes_clear(&c);
	ports_free(ports);
	return failed;
}

/* Rows of a matrix, as evaluate_anomalies() wants them. */
static int score_rows(struct buf *b, const struct evaluate_options *o, const struct model *model,
                      const struct matrix *m)
{
	double *score = calloc(m->n_rows + 1, sizeof(*score));
	uint8_t *normal = calloc(m->n_classes + 1, 1);
	struct evaluate_scores s = {
		.n = m->n_rows,
		.score = score,
		.truth = m->label,
		.group = m->group,
		.n_groups = m->n_groups,
		.class_names = (const char *const *)m->class_names,
		.n_classes = m->n_classes,
		.is_normal = normal,
		.threshold = model->threshold,
	};
	struct evaluate_anomaly r = { 0 };
	int failed = score && normal ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !failed && i < m->n_classes; i++)
		normal[i] = learn_is_normal(o->normal, m->class_names[i]);
	if (!failed) {
		model_score_samples(model, score, m->values, m->n_rows);
		failed = evaluate_anomalies(&r, &s, o->data.random_state);
	}
	if (!failed && o->format == FORMAT_JSON)
		evaluate_anomaly_json(b, &s, &r);
	else if (!failed && o->format == FORMAT_CSV)
		evaluate_anomaly_csv(b, &r);
	else if (!failed)
		evaluate_anomaly_text(b, &s, &r);
	free(r.attack);
	free(score);
	free(normal);
	return failed;
}

/* Rows of hosts as sources (column is 1) or destinations (0). */
static struct matrix *rows_of_role(const struct matrix *m, size_t column, double role)
{
	size_t *rows = calloc(m->n_rows + 1, sizeof(*rows)), n = 0, i;
	struct matrix *taken = NULL;

	for (i = 0; rows && i < m->n_rows; i++)
		if (matrix_row(m, i)[column] == role)
			rows[n++] = i;
	if (rows)
		taken = matrix_take(m, rows, n);
	free(rows);
	return taken;
}

/*
 * Hosts that ask and hosts that are asked look different, and an attack shows at one end, so they
 * are compared with their like.
 */
static int evaluate_scorer(struct buf *b, const struct evaluate_options *o,
                           const struct model *model, const struct dataset *d)
{
	static const char *const titles[] = { "hosts as destinations:", "hosts as sources:" };
	size_t column = 0;
	struct matrix *m;
	int role, failed = 0;

	while (column < d->m->n_columns && strcmp(d->m->column_names[column], "host_is_source"))
		column++;
	if (column == d->m->n_columns)
		return score_rows(b, o, model, d->m);
	for (role = 1; role >= 0 && !failed; role--) {
		m = rows_of_role(d->m, column, role);
		if (o->format == FORMAT_TEXT)
			buf_format(b, "%s%s\n", role ? "" : "\n", titles[role]);
		else if (o->format == FORMAT_CSV)
			buf_format(b, "%srole,%s\n", role ? "" : "\n",
			           role ? "source" : "destination");
		failed = m ? score_rows(b, o, model, m) : -ENOMEM;
		matrix_free(m);
	}
	return failed;
}

/* Without rows of a class there is nothing to compare with. */
static int check_rows(const struct dataset *d)
{
	if (!dataset_has_labels(d)) {
		log_error("evaluate: what is true? give --label-rules, --labels, "
		          "--label-column or --label ndpi");
		return CMD_USAGE;
	}
	if (d->m->n_rows && d->m->n_classes)
		return CMD_DONE;
	log_error("evaluate: %" PRIu64 " flows in %" PRIu64 " files, but none has a class",
	          d->flows, d->files);
	return CMD_FAILED;
}

static int work(const struct evaluate_options *o, const char *path, char **inputs, int n)
{
	struct feature_set set;
	struct model *model = learn_open(path, &set);
	struct dataset_options data = o->data;
	struct dataset *d = NULL;
	struct buf b = { 0 };
	int result = CMD_FAILED, failed;

	if (model) {
		learn_settle_hosts(&data, model);
		d = learn_read(&data, &set, model->kind != MODEL_ANOMALY, inputs, n);
	}
	if (d)
		result = check_rows(d);
	if (d && result == CMD_DONE) {
		failed = (model->kind == MODEL_ANOMALY ? evaluate_scorer
		                                       : evaluate_classifier)(&b, o, model, d);
		if (failed || b.error)
			log_error("evaluate: no memory");
		if (failed || b.error || learn_write(o->output, &b))
			result = CMD_FAILED;
	}
	buf_clear(&b);
	dataset_free(d);
	model_close(model);
	return result;
}

static int run(const struct opt_command *self, int argc, char **argv)
{
	struct evaluate_options o = { .data = dataset_defaults, .normal = "normal,benign" };

	o.data.window_ns = o.data.min_flows = 0;
	switch (opt_parse(self, &o, &argc, argv)) {
	case OPT_HELP:
		return CMD_DONE;
	case OPT_WRONG:
		return CMD_USAGE;
	default:
		break;
	}
	if (argc < 2) {
		log_error("evaluate: which model, on what? weir evaluate MODEL INPUT...");
		return CMD_USAGE;
	}
	return work(&o, argv[0], argv + 1, argc - 1);
}

const struct opt_command cmd_evaluate = {
	.name = "evaluate",
	.arguments = "MODEL INPUT...",
	.summary = "how well a model does on data whose classes are known",
	.options = options,
	.n_options = CMD_COUNT(options),
	.run = run,
};
