// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fitting. Rows are scaled as the guide does it (StandardScaler), which trees do not need but which
 * costs little and keeps float32 thresholds exact for features of any size.
 */
#include "dataset_fit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scaler.h"

#define BLOCK 1024 /* rows asked at a time */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void dataset_fit_sort(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
}

double dataset_fit_quantile(const double *sorted, size_t n, double part)
{
	double at = n ? part * (n - 1) : 0;
	size_t i = (size_t)at;

	if (!n)
		return 0;
	if (i + 1 >= n)
		return sorted[n - 1];
	return sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]);
}

/* 5 %, 50 % and 95 % of each column. */
static int note_usual(struct fitted *f, const struct matrix *m)
{
	static const double parts[3] = { 0.05, 0.5, 0.95 };
	double *column = calloc(m->n_rows, sizeof(*column));
	size_t c, i;

	if (!column)
		return -ENOMEM;
	for (c = 0; c < m->n_columns; c++) {
		for (i = 0; i < m->n_rows; i++)
			column[i] = matrix_row(m, i)[c];
		dataset_fit_sort(column, m->n_rows);
		for (i = 0; i < 3; i++)
			f->usual[3 * c + i] = dataset_fit_quantile(column, m->n_rows, parts[i]);
	}
	free(column);
	return 0;
}

static struct matrix *copy_all(const struct matrix *m)
{
	size_t *rows = calloc(m->n_rows, sizeof(*rows)), i;
	struct matrix *copy = NULL;

	for (i = 0; rows && i < m->n_rows; i++)
		rows[i] = i;
	if (rows)
		copy = matrix_take(m, rows, m->n_rows);
	free(rows);
	return copy;
}

static struct forest *fit_scaled(const struct fitted *f, const struct dataset_fit_settings *s,
                                 const struct matrix *m, char *error, size_t size)
{
	struct matrix *scaled = copy_all(m);
	struct forest *forest = NULL;

	if (!scaled) {
		snprintf(error, size, "no memory for a copy of %zu rows, %.1f GB", m->n_rows,
		         matrix_memory(m) / 1e9);
		return NULL;
	}
	scaler_transform(scaled, f->mean, f->scale);
	if (s->kind == MODEL_FOREST_CLASSIFIER)
		forest = train_forest_fit(&s->forest, scaled, error, size);
	else if (s->kind == MODEL_BOOST_CLASSIFIER)
		forest = train_boost_fit(&s->boost, scaled, error, size);
	else
		forest = train_isolation_fit(&s->isolation, scaled, error, size);
	matrix_free(scaled);
	return forest;
}

static void fill_model(struct fitted *f, const struct dataset_fit_settings *s,
                       const struct matrix *m)
{
	struct model *model = &f->model;

	model->kind = s->kind;
	model->schema = s->schema;
	model->n_features = m->n_columns;
	model->n_classes = s->kind == MODEL_ANOMALY ? 0 : m->n_classes;
	model->feature_names = (const char **)m->column_names;
	model->class_names = model->n_classes ? (const char **)m->class_names : NULL;
	model->mean = f->mean;
	model->scale = f->scale;
	model->usual = f->usual;
	model->about = "{}";
	model->forest = *f->forest;
}

int dataset_fit(struct fitted *f, const struct dataset_fit_settings *s, const struct matrix *m,
                char *error, size_t size)
{
	memset(f, 0, sizeof(*f));
	if (!m->n_rows) {
		snprintf(error, size, "there is no row to learn from");
		return -EINVAL;
	}
	f->mean = calloc(m->n_columns, sizeof(double));
	f->scale = calloc(m->n_columns, sizeof(double));
	f->usual = calloc(3 * m->n_columns, sizeof(double));
	if (!f->mean || !f->scale || !f->usual || note_usual(f, m))
		goto no_memory;
	scaler_fit(f->mean, f->scale, m);
	f->forest = fit_scaled(f, s, m, error, size);
	if (!f->forest) {
		dataset_fit_clear(f);
		return -EINVAL;
	}
	fill_model(f, s, m);
	if (!dataset_fit_note_quantiles(f, m))
		return 0;
no_memory:
	snprintf(error, size, "no memory");
	dataset_fit_clear(f);
	return -ENOMEM;
}

int dataset_fit_predict(const struct model *model, const struct matrix *m, int32_t *predicted,
                        double *confidence)
{
	size_t classes = model->n_classes, i, k, n;
	double *p = calloc(BLOCK * classes, sizeof(*p));
	uint32_t c, best;

	if (!p)
		return -ENOMEM;
	for (i = 0; i < m->n_rows; i += n) {
		n = m->n_rows - i < BLOCK ? m->n_rows - i : BLOCK;
		model_predict_proba(model, p, matrix_row(m, i), n);
		for (k = 0; k < n; k++) {
			for (best = 0, c = 1; c < classes; c++)
				if (p[k * classes + c] > p[k * classes + best])
					best = c;
			predicted[i + k] = best;
			confidence[i + k] = p[k * classes + best];
		}
	}
	free(p);
	return 0;
}

int dataset_fit_note_quantiles(struct fitted *f, const struct matrix *m)
{
	double *answer = calloc(m->n_rows, sizeof(*answer));
	int32_t *predicted = calloc(m->n_rows, sizeof(*predicted));
	int failed = answer && predicted ? 0 : -ENOMEM;
	size_t i;

	if (!failed && f->model.kind == MODEL_ANOMALY)
		model_score_samples(&f->model, answer, m->values, m->n_rows);
	else if (!failed)
		failed = dataset_fit_predict(&f->model, m, predicted, answer);
	if (!failed) {
		dataset_fit_sort(answer, m->n_rows);
		for (i = 0; i < MODEL_QUANTILES; i++)
			f->model.quantile[i] = dataset_fit_quantile(
			        answer, m->n_rows, (double)i / (MODEL_QUANTILES - 1));
	}
	free(answer);
	free(predicted);
	return failed;
}

void dataset_fit_clear(struct fitted *f)
{
	forest_free(f->forest);
	free(f->mean);
	free(f->scale);
	free(f->usual);
	memset(f, 0, sizeof(*f));
}
