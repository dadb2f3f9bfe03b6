/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What metrics.c and metrics_report.c share. */
#ifndef WEIR_METRICS_COUNT_H
#define WEIR_METRICS_COUNT_H

#include "metrics.h"

struct metrics_count {
	uint64_t right, predicted, truly;
};

/* out[n_classes] */
void metrics_count(struct metrics_count *out, const int32_t *truth, const int32_t *predicted,
                   size_t n, size_t n_classes);

struct metrics_class metrics_of_count(const struct metrics_count *c);

/* Added in the order of numpy's pairwise sum. */
double metrics_sum(const double *x, size_t n);

#endif
