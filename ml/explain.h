/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why a model said what it said: what each split on the row's paths changed is credited to the
 * split's feature (Saabas 2014), so that credits add up to the answer less the bias.
 *
 * For anomalies a split changes the path length that is still to be expected, c(rows); its credit
 * is how much shorter the path came out than chance has it. For classes it changes the mean answer
 * of the training rows below it.
 */
#ifndef WEIR_EXPLAIN_H
#define WEIR_EXPLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "matrix.h"
#include "model.h"

/*
 * credit[n_features] for the row (unscaled): steps by which the feature shortened the mean path,
 * negative where it lengthened it. They sum to c(max_samples) less the mean path length. Of a model
 * that does not know how many training rows came by, a path's steps all get the same.
 */
void explain_anomaly(const struct model *m, double *credit, const double *row);

/*
 * credit[n_features] towards class `output`: of predict_proba for forests; for boosting of the raw
 * output, with two classes the log odds of that class. 0 or -ENOMEM. For many rows:
 * explain_means() once, then explain_class_by().
 */
int explain_class(const struct model *m, double *credit, const double *row, uint32_t output);

/* The mean answer below each node, [n_nodes], to be freed; NULL without memory. */
double *explain_means(const struct model *m, uint32_t output);
void explain_class_by(const struct model *m, const double *means, double *credit, const double *row,
                      uint32_t output);

/* What the model says before it sees a row: prediction less all credits. */
double explain_bias(const struct model *m, const double *means, uint32_t output);

/* The k features of largest (signed) credit into order[k], largest first; k <= n_features. */
void explain_top(uint32_t *order, size_t k, const double *credit, size_t n_features);

/*
 * Permutation importance: loss of accuracy, mean over n_repeats shuffles of each column, into
 * mean[n_columns] and deviation[n_columns] (of the population). Rows without label are left out; a
 * label that is no class of the model is never right. 0 or -ENOMEM.
 */
int explain_permutation(const struct model *m, double *mean, double *deviation,
                        const struct matrix *rows, uint32_t n_repeats, uint64_t random_state);

#endif
