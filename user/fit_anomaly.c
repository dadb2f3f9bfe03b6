// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fitting an anomaly model to live traffic. The threshold comes from a fifth of the rows that the
 * forest has not seen: those it was grown from score a little better, and there would be more false
 * alarms than wanted.
 */
#include "fit_anomaly.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_fit.h"
#include "model_file.h"
#include "rng.h"

#define HELD_BACK 5 /* one row in so many */

/* The rows in random order; the first n / HELD_BACK are held back. */
static size_t *shuffle_rows(size_t n, uint64_t seed)
{
	size_t *order = calloc(n, sizeof(*order)), i, other;
	struct rng dice;

	if (!order)
		return NULL;
	rng_seed(&dice, seed, UINT32_MAX);
	for (i = 0; i < n; i++) {
		other = rng_below(&dice, i + 1);
		order[i] = order[other];
		order[other] = i;
	}
	return order;
}

/* A copy that owns its memory: the bytes of a model file. */
static struct model *keep(const struct model *m, char *error, size_t size)
{
	struct model *kept;
	size_t length;
	void *data;

	if (model_encode(m, &data, &length, error, size))
		return NULL;
	kept = model_from_bytes(data, length, error, size);
	if (!kept) {
		free(data);
	} else {
		kept->map = data;
		kept->map_size = length;
	}
	return kept;
}

/* Quantiles and threshold from the rows held back. */
static int set_threshold(struct fitted *fitted, const struct matrix *held, double rate)
{
	double *score = calloc(held->n_rows, sizeof(*score));

	if (!score || dataset_fit_note_quantiles(fitted, held)) {
		free(score);
		return -ENOMEM;
	}
	model_score_samples(&fitted->model, score, held->values, held->n_rows);
	dataset_fit_sort(score, held->n_rows);
	fitted->model.threshold = dataset_fit_quantile(score, held->n_rows, rate);
	free(score);
	return 0;
}

struct model *fit_anomaly(const struct fit_anomaly *p, const struct matrix *m, char *error,
                          size_t size)
{
	struct dataset_fit_settings settings = { .kind = MODEL_ANOMALY,
		                                 .isolation = train_isolation_defaults,
		                                 .schema = p->schema };
	size_t n_held = m->n_rows / HELD_BACK, *order = shuffle_rows(m->n_rows, p->random_state);
	struct matrix *held = order ? matrix_take(m, order, n_held) : NULL;
	struct matrix *grown = order ? matrix_take(m, order + n_held, m->n_rows - n_held) : NULL;
	struct fitted fitted = { 0 };
	struct model *kept = NULL;

	settings.isolation.common.random_state = p->random_state;
	settings.isolation.common.n_jobs = p->n_jobs;
	if (!held || !grown)
		snprintf(error, size, "no memory for %zu rows", m->n_rows);
	else if (!n_held)
		snprintf(error, size, "%zu flows are too few", m->n_rows);
	else if (!dataset_fit(&fitted, &settings, grown, error, size)) {
		fitted.model.about = p->about;
		if (set_threshold(&fitted, held, p->false_positive_rate))
			snprintf(error, size, "no memory");
		else
			kept = keep(&fitted.model, error, size);
	}
	dataset_fit_clear(&fitted);
	matrix_free(held);
	matrix_free(grown);
	free(order);
	return kept;
}
