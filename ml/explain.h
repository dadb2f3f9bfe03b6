/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why a model said what it said.
 *
 * For anomalies, each split on the row's paths is credited by how much it shortened the path
 * against what an even split would have done (local DIFFI, Carletti et al. 2019/2023). For classes,
 * the change of the class's value at each split on the path is credited to its feature (Saabas
 * 2014); bias plus contributions is the answer.
 */
#ifndef WEIR_EXPLAIN_H
#define WEIR_EXPLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "matrix.h"
#include "model.h"

/* credit[n_features] for the row (unscaled): larger moved the anomaly score more. */
void explain_anomaly(const struct model *m, double *credit, const double *row);

/* credit[n_features] towards class `output` (of predict_proba for forests, raw for boosting). */
void explain_class(const struct model *m, double *credit, const double *row, uint32_t output);

/* The k features of largest (signed) credit into order[k], largest first. */
void explain_top(uint32_t *order, size_t k, const double *credit, size_t n_features);

/*
 * Permutation importance: loss of accuracy, mean over n_repeats shuffles of each column, into
 * mean[n_columns] and deviation[n_columns]. 0 or -ENOMEM.
 */
int explain_permutation(const struct model *m, double *mean, double *deviation,
                        const struct matrix *rows, uint32_t n_repeats, uint64_t random_state);

#endif
