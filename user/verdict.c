// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Judging records: features by each model's own set, then the forest, batch by batch. Where the
 * classifier has all features that the other model wants, they are made once. Reasons cost more
 * than the score and are made for anomalies alone.
 */
#include "verdict.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "feature.h"
#include "model.h"
#include "record.h"

#define BATCH 64

/* A model with the features it wants and room for a batch. */
struct judge {
	struct model *model;
	struct feature_set set;
	double *rows;   /* [BATCH][n_features] */
	double *answer; /* [BATCH][n_classes], or [BATCH] */
	double *credit; /* [n_features] */
};

struct verdicts {
	struct judge classifier, anomaly;
	bool hosts;                 /* are welcome */
	bool lends;                 /* the classifier has all features of the other, */
	int16_t place[FEATURE_MAX]; /* these, in its rows */
};

static void judge_clear(struct judge *j)
{
	model_close(j->model);
	free(j->rows);
	free(j->answer);
	free(j->credit);
	memset(j, 0, sizeof(*j));
}

struct verdicts *verdicts_new(void)
{
	return calloc(1, sizeof(struct verdicts));
}

void verdicts_free(struct verdicts *v)
{
	if (!v)
		return;
	judge_clear(&v->classifier);
	judge_clear(&v->anomaly);
	free(v);
}

static int judge_init(struct judge *j, struct model *m, bool hosts, const char *name, char *error,
                      size_t size)
{
	char why[256];
	size_t n = m->n_features;

	memset(j, 0, sizeof(*j));
	if (feature_set_from_names(&j->set, m->feature_names, n, why, sizeof(why))) {
		snprintf(error, size, "%s: %s; train it with this weir", name, why);
		return -EINVAL;
	}
	if (j->set.is_host && !hosts) {
		snprintf(error, size,
		         "%s: judges hosts in windows of time, not flows; use 'weir apply', or "
		         "train with --unit flow",
		         name);
		return -EINVAL;
	}
	j->rows = calloc(BATCH * n, sizeof(double));
	j->answer = calloc(BATCH * (m->n_classes ? m->n_classes : 1), sizeof(double));
	j->credit = calloc(n, sizeof(double));
	if (j->rows && j->answer && j->credit)
		return 0;
	judge_clear(j);
	snprintf(error, size, "%s: no memory", name);
	return -ENOMEM;
}

/* The feature's place in a set, or -1. */
static int find_feature(const struct feature_set *set, const struct feature *f)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->feature[i] == f)
			return (int)i;
	return -1;
}

static void find_lending(struct verdicts *v)
{
	const struct feature_set *wanted = &v->anomaly.set;

	v->lends = v->classifier.model && v->anomaly.model;
	for (size_t i = 0; v->lends && i < wanted->n; i++) {
		v->place[i] = (int16_t)find_feature(&v->classifier.set, wanted->feature[i]);
		v->lends = v->place[i] >= 0;
	}
}

int verdicts_take(struct verdicts *v, struct model *m, const char *name, char *error, size_t size)
{
	struct judge fresh, *j = m->kind == MODEL_ANOMALY ? &v->anomaly : &v->classifier;
	int failed = judge_init(&fresh, m, v->hosts, name, error, size);

	if (failed)
		return failed;
	judge_clear(j);
	*j = fresh;
	j->model = m;
	find_lending(v);
	return 0;
}

int verdicts_load(struct verdicts *v, const char *path, char *error, size_t size)
{
	struct model *m = model_open(path, error, size);
	int failed = m ? verdicts_take(v, m, path, error, size) : -EINVAL;

	if (failed)
		model_close(m);
	return failed;
}

bool verdicts_can_judge(const struct verdicts *v)
{
	return v->classifier.model || v->anomaly.model;
}

const struct model *verdicts_anomaly(const struct verdicts *v)
{
	return v->anomaly.model;
}

static void classify(struct judge *j, struct verdict *out, size_t n)
{
	const uint32_t classes = j->model->n_classes;
	size_t i, k, best;

	model_predict_proba(j->model, j->answer, j->rows, n);
	for (i = 0; i < n; i++) {
		const double *p = j->answer + i * classes;

		for (best = 0, k = 1; k < classes; k++)
			if (p[k] > p[best])
				best = k;
		out[i].has_class = true;
		out[i].class_name = j->model->class_names[best];
		out[i].class_probability = p[best];
	}
}

static bool is_logarithm(const struct feature *f)
{
	size_t length = strlen(f->name);

	return length > 4 && !strcmp(f->name + length - 4, "_log");
}

/* What people know: bytes, not the logarithm of bytes. */
static double natural(const struct feature *f, double value)
{
	if (f->rule == FEATURE_LOG)
		return expm1(value) / f->n;
	if (f->rule == FEATURE_HOSTS && is_logarithm(f))
		return expm1(value);
	return f->rule == FEATURE_REST ? expm1(value) : value;
}

/* "fwd_bytes 1.2e+06 (usual 60..4500); ...": the value is no logarithm, so its name has none. */
static void write_reasons(struct verdict *v)
{
	int n = 0, k;

	for (k = 0; k < v->n_reasons && n < (int)sizeof(v->why); k++) {
		const struct verdict_reason *r = &v->reason[k];
		size_t length = strlen(r->feature);

		if (length > 4 && !strcmp(r->feature + length - 4, "_log"))
			length -= 4;
		n += snprintf(v->why + n, sizeof(v->why) - n, "%s%.*s %.4g (usual %.4g..%.4g)",
		              k ? "; " : "", (int)length, r->feature, r->value, r->low, r->high);
	}
}

static void explain(struct judge *j, struct verdict *out, const double *row)
{
	const struct model *m = j->model;
	uint32_t top[VERDICT_REASONS], k;
	uint32_t most = m->n_features < VERDICT_REASONS ? m->n_features : VERDICT_REASONS;

	explain_anomaly(m, j->credit, row);
	explain_top(top, most, j->credit, m->n_features);
	for (k = 0; k < most && j->credit[top[k]] > 0; k++) {
		const struct feature *f = j->set.feature[top[k]];
		const double *usual = m->usual ? m->usual + 3 * top[k] : NULL;

		out->reason[k] = (struct verdict_reason){
			.feature = f->name,
			.value = natural(f, row[top[k]]),
			.low = usual ? natural(f, usual[0]) : NAN,
			.high = usual ? natural(f, usual[2]) : NAN,
		};
	}
	out->n_reasons = k;
	write_reasons(out);
}

static void score(struct judge *j, struct verdict *out, size_t n)
{
	size_t i;

	model_score_samples(j->model, j->answer, j->rows, n);
	for (i = 0; i < n; i++) {
		out[i].has_score = true;
		out[i].anomaly_score = j->answer[i];
		out[i].is_anomaly = j->answer[i] < j->model->threshold;
		if (out[i].is_anomaly)
			explain(j, &out[i], j->rows + i * j->model->n_features);
	}
}

static void judge_rows(struct judge *j, struct verdict *out, size_t n)
{
	if (j->model->kind == MODEL_ANOMALY)
		score(j, out, n);
	else
		classify(j, out, n);
}

static void make_rows(struct judge *j, const struct flow_record *const *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		feature_from_record(&j->set, j->rows + i * j->set.n, records[i]);
}

static void lend_rows(struct verdicts *v, size_t n)
{
	const struct judge *from = &v->classifier, *to = &v->anomaly;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < to->set.n; k++)
			to->rows[i * to->set.n + k] = from->rows[i * from->set.n + v->place[k]];
}

static void judge_batch(struct verdicts *v, struct verdict *out,
                        const struct flow_record *const *records, size_t n)
{
	if (v->classifier.model) {
		make_rows(&v->classifier, records, n);
		judge_rows(&v->classifier, out, n);
	}
	if (v->anomaly.model) {
		if (v->lends)
			lend_rows(v, n);
		else
			make_rows(&v->anomaly, records, n);
		judge_rows(&v->anomaly, out, n);
	}
}

void verdicts_allow_hosts(struct verdicts *v)
{
	v->hosts = true;
}

const struct feature_set *verdicts_set(const struct verdicts *v, bool anomaly)
{
	const struct judge *j = anomaly ? &v->anomaly : &v->classifier;

	return j->model ? &j->set : NULL;
}

void verdicts_judge_vectors(struct verdicts *v, bool anomaly, struct verdict *out,
                            const double *rows, size_t n)
{
	struct judge *j = anomaly ? &v->anomaly : &v->classifier;
	size_t at, part;

	for (at = 0; at < n; at += part) {
		part = n - at < BATCH ? n - at : BATCH;
		memcpy(j->rows, rows + at * j->set.n, part * j->set.n * sizeof(*rows));
		judge_rows(j, out + at, part);
	}
}

void verdicts_judge(struct verdicts *v, struct verdict *out,
                    const struct flow_record *const *records, size_t n)
{
	size_t at, part;

	memset(out, 0, n * sizeof(*out));
	for (at = 0; at < n; at += part) {
		part = n - at < BATCH ? n - at : BATCH;
		judge_batch(v, out + at, records + at, part);
	}
}
