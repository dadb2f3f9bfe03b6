/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a matrix to a model in memory: scale, fit, and note what is usual. */
#ifndef WEIR_DATASET_FIT_H
#define WEIR_DATASET_FIT_H

#include <stddef.h>
#include <stdint.h>

#include "matrix.h"
#include "model.h"
#include "train.h"

struct dataset_fit_settings {
	enum model_kind kind;
	struct train_forest forest;       /* MODEL_FOREST_CLASSIFIER */
	struct train_boost boost;         /* MODEL_BOOST_CLASSIFIER */
	struct train_isolation isolation; /* MODEL_ANOMALY */
	uint64_t schema;
};

/* A model that was just made. Names are those of the matrix, which must outlive it. */
struct fitted {
	struct model model;
	struct forest *forest;
	double *mean, *scale, *usual;
};

/* 0, or negative with one line in error. */
int dataset_fit(struct fitted *out, const struct dataset_fit_settings *s, const struct matrix *m,
                char *error, size_t size);

/* Note the quantiles of its answers to these rows: scores, or the largest probability. */
int dataset_fit_note_quantiles(struct fitted *f, const struct matrix *m);

/* The likeliest class and its probability: predicted[n_rows], confidence[n_rows]. 0 or -ENOMEM. */
int dataset_fit_predict(const struct model *model, const struct matrix *m, int32_t *predicted,
                        double *confidence);

/* Ascending. */
void dataset_fit_sort(double *values, size_t n);

/* The value that `part` (0..1) of the n lie below, between neighbours as numpy's percentile. */
double dataset_fit_quantile(const double *sorted, size_t n, double part);

/* Accepts one that is all zero. */
void dataset_fit_clear(struct fitted *f);

#endif
