// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * weir train classifier. Every row that is judged was judged by a model that saw nothing of its
 * fold; the model that is kept has seen all rows, so it is at least as good as what is told.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_learn.h"
#include "cmd_train.h"
#include "dataset_flows.h"
#include "evaluate.h"
#include "evaluate_ports.h"
#include "field.h"
#include "log.h"
#include "metrics.h"

/* Answers for the rows that were held back at some time. */
struct answers {
	int32_t *predicted, *ports; /* [n_rows]; -1: not asked */
	double *confidence;
	int32_t *fold;
	size_t n_folds; /* 0: fold 1 is held back */
};

static int answers_init(struct answers *a, size_t n)
{
	size_t i;

	a->predicted = calloc(n, sizeof(int32_t));
	a->ports = calloc(n, sizeof(int32_t));
	a->fold = calloc(n, sizeof(int32_t));
	a->confidence = calloc(n, sizeof(double));
	if (!a->predicted || !a->ports || !a->fold || !a->confidence)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		a->predicted[i] = a->ports[i] = -1;
	return 0;
}

static void answers_clear(struct answers *a)
{
	free(a->predicted);
	free(a->ports);
	free(a->fold);
	free(a->confidence);
}

/* Put the answers for the rows of fold f where they belong. */
static int ask(struct answers *a, const struct model *model, const struct matrix *m,
               const struct matrix *held, int32_t f)
{
	int32_t *predicted = calloc(held->n_rows + 1, sizeof(*predicted));
	double *confidence = calloc(held->n_rows + 1, sizeof(*confidence));
	int failed = predicted && confidence ? 0 : -ENOMEM;
	size_t i, k = 0;

	if (!failed)
		failed = dataset_fit_predict(model, held, predicted, confidence);
	for (i = 0; i < m->n_rows && !failed; i++)
		if (a->fold[i] == f) {
			a->predicted[i] = predicted[k];
			a->confidence[i] = confidence[k++];
		}
	free(predicted);
	free(confidence);
	return failed;
}

static int ask_ports(struct answers *a, const struct dataset *d, int32_t f)
{
	struct ports *ports = ports_learn(d, a->fold, f);
	size_t i;

	if (!ports)
		return -ENOMEM;
	for (i = 0; i < d->m->n_rows; i++)
		if (a->fold[i] == f)
			a->ports[i] = ports_ask(ports, d->tag[i].protocol, d->tag[i].dst_port);
	ports_free(ports);
	return 0;
}

static int run_fold(struct answers *a, const struct train_options *o, const struct dataset *d,
                    int32_t f, char *error, size_t size)
{
	struct matrix *rest = train_take(d->m, a->fold, f, false);
	struct matrix *held = train_take(d->m, a->fold, f, true);
	struct fitted fitted;
	int failed = -ENOMEM;

	snprintf(error, size, "no memory");
	if (rest && held)
		failed = dataset_fit(&fitted, &o->fit, rest, error, size);
	if (!failed) {
		failed = ask(a, &fitted.model, d->m, held, f);
		dataset_fit_clear(&fitted);
	}
	if (!failed)
		failed = ask_ports(a, d, f);
	matrix_free(rest);
	matrix_free(held);
	return failed;
}

static int run_folds(struct answers *a, const struct train_options *o, const struct dataset *d)
{
	size_t f, first = a->n_folds ? 0 : 1, last = a->n_folds ? a->n_folds : 2;
	char error[512], what[64];

	for (f = first; f < last; f++) {
		snprintf(what, sizeof(what), "judging: training on %s",
		         a->n_folds ? "all folds but one" : "what is not held back");
		learn_progress(what, a->n_folds ? (double)f / a->n_folds : -1);
		if (run_fold(a, o, d, f, error, sizeof(error))) {
			learn_progress_end();
			log_error("train: %s", error);
			return -EINVAL;
		}
	}
	learn_progress_end();
	return 0;
}

/*
 * Rows as a judge sees them after k packets: flows that have as many, others at their end. 0: all
 * at their end.
 */
static bool is_seen_at(const struct dataset_tag *t, uint64_t k)
{
	if (!k)
		return t->is_end;
	return t->is_end ? t->packets < k : t->packets == k;
}

/* The answers to some rows, side by side. */
struct chosen {
	int32_t *truth, *predicted, *ports;
	double *confidence;
	uint32_t *group;
	size_t n;
};

static int choose(struct chosen *c, const struct answers *a, const struct dataset *d, uint64_t k)
{
	size_t n = d->m->n_rows, i;

	c->truth = calloc(n, sizeof(int32_t));
	c->predicted = calloc(n, sizeof(int32_t));
	c->ports = calloc(n, sizeof(int32_t));
	c->confidence = calloc(n, sizeof(double));
	c->group = calloc(n, sizeof(uint32_t));
	c->n = 0;
	if (!c->truth || !c->predicted || !c->ports || !c->confidence || !c->group)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (a->predicted[i] < 0 || !is_seen_at(&d->tag[i], k))
			continue;
		c->truth[c->n] = d->m->label[i];
		c->predicted[c->n] = a->predicted[i];
		c->ports[c->n] = a->ports[i];
		c->confidence[c->n] = a->confidence[i];
		c->group[c->n++] = d->m->group[i];
	}
	return 0;
}

static void chosen_clear(struct chosen *c)
{
	free(c->truth);
	free(c->predicted);
	free(c->ports);
	free(c->confidence);
	free(c->group);
}

/* How the answers to flows that go on compare. */
static int put_snapshots(struct buf *b, const struct train_options *o, const struct answers *a,
                         const struct dataset *d)
{
	const char *list = o->data.snapshots;
	struct chosen c;
	uint64_t k;
	char *end;

	if (!list)
		return 0;
	buf_text(b, "\nflows after so many packets (those with fewer at their end):\n");
	for (; list; list = *end ? end + 1 : NULL) {
		k = strtoull(list, &end, 10);
		if (!k)
			end = (char *)list + strcspn(list, ",");
		if (choose(&c, a, d, k)) {
			chosen_clear(&c);
			return -ENOMEM;
		}
		buf_format(b, "%8.*s  accuracy %.3f  macro-F1 %.3f  (%zu flows)\n",
		           (int)(end - list), list, metrics_accuracy(c.truth, c.predicted, c.n),
		           metrics_macro_f1(c.truth, c.predicted, c.n, d->m->n_classes), c.n);
		chosen_clear(&c);
	}
	return 0;
}

static int report(struct buf *b, struct evaluate_result *r, const struct train_options *o,
                  const struct answers *a, const struct dataset *d, const struct ports *ports)
{
	struct chosen c;
	int failed = choose(&c, a, d, 0);

	if (!failed && !c.n) {
		chosen_clear(&c);
		failed = choose(&c, a, d, UINT64_MAX); /* no ends were kept: all there is */
	}
	if (!failed) {
		struct evaluate_rows rows = {
			.n = c.n,
			.truth = c.truth,
			.predicted = c.predicted,
			.ports = c.ports,
			.majority = ports_majority(ports),
			.confidence = c.confidence,
			.group = c.group,
			.n_groups = d->m->n_groups,
			.class_names = (const char *const *)d->m->class_names,
			.n_classes = d->m->n_classes,
		};

		failed = evaluate_classes(r, &rows, o->data.random_state);
		if (!failed)
			failed = evaluate_put_text(b, &rows, r);
	}
	chosen_clear(&c);
	return failed ? failed : put_snapshots(b, o, a, d);
}

static void put_head(struct buf *b, const struct train_options *o, const struct dataset *d,
                     const char *split)
{
	buf_format(b,
	           "%" PRIu64 " files, %" PRIu64 " flows: %" PRIu64 " without a class, %" PRIu64
	           " beyond --per-file; %zu rows, %zu features, %zu classes\n",
	           d->files, d->flows, d->unlabelled, d->surplus, d->m->n_rows, d->m->n_columns,
	           d->m->n_classes);
	if (o->cv)
		buf_format(b, "%" PRIu64 "-fold cross-validation, split %s:\n\n", o->cv, split);
	else
		buf_format(b, "%.0f %% held back, split %s:\n\n", 100 * o->test_part, split);
}

/* The model that is kept learns from everything. */
static int keep(const struct train_options *o, const struct dataset *d, const struct ports *ports,
                const struct evaluate_result *r, const char *split)
{
	struct buf about = { 0 };
	struct fitted fitted;
	char error[512];
	int result;

	learn_progress("training on all rows", -1);
	result = dataset_fit(&fitted, &o->fit, d->m, error, sizeof(error));
	learn_progress_end();
	if (result) {
		log_error("train: %s", error);
		return CMD_FAILED;
	}
	train_put_about(&about, o, d, split);
	buf_format(&about, ",\"held_out\":{\"accuracy\":%.6g,\"macro_f1\":%.6g},\"ports\":\"",
	           r->accuracy.value, r->macro_f1.value);
	ports_put(&about, ports);
	buf_text(&about, "\"}");
	result = train_save(&fitted, o, &about);
	buf_clear(&about);
	dataset_fit_clear(&fitted);
	return result;
}

int train_classifier(struct train_options *o, struct dataset *d)
{
	struct answers a = { .n_folds = o->cv };
	struct ports *ports = ports_learn(d, NULL, 0);
	struct evaluate_result r;
	struct buf b = { 0 };
	const char *split = NULL;
	int result = CMD_FAILED;

	if (d->m->n_classes < 2) {
		log_error("train: all %zu rows are of one class, '%s'; a classifier needs two",
		          d->m->n_rows, d->m->class_names[0]);
	} else if (!ports || answers_init(&a, d->m->n_rows)) {
		log_error("train: no memory");
	} else if ((split = train_split(o, d, a.fold, o->cv)) && !run_folds(&a, o, d)) {
		put_head(&b, o, d, split);
		if (report(&b, &r, o, &a, d, ports))
			log_error("train: no memory");
		else if (!learn_write(NULL, &b))
			result = keep(o, d, ports, &r, split);
	}
	buf_clear(&b);
	ports_free(ports);
	answers_clear(&a);
	return result;
}
