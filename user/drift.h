/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Has traffic changed since the baseline? The population stability index of each feature: bins by
 * the deciles of then, and the sum of (now - then) ln(now / then) over their shares. Below 0.1
 * nothing happened, above 0.25 much did (Siddiqi 2006).
 */
#ifndef WEIR_DRIFT_H
#define WEIR_DRIFT_H

#include "matrix.h"

#define DRIFT_MUCH 0.25

struct drift;

/* What the columns of m look like. NULL: no memory, no rows. */
struct drift *drift_new(const struct matrix *m);

/* Accepts NULL. */
void drift_free(struct drift *d);

/* index[n_columns] of m, which has the same columns; the largest one's number comes back. */
size_t drift_measure(const struct drift *d, double *index, const struct matrix *m);

#endif
