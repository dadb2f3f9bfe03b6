/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A model in the making, from parts that come one by one: for the importers. */
#ifndef WEIR_MODEL_DRAFT_H
#define WEIR_MODEL_DRAFT_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

/* All zero is an empty draft. What is not set stays as zero says: not known. */
struct model_draft {
	struct model m; /* names are borrowed; the rest is the draft's */
	struct forest *forest;
	double *mean, *scale;
	char *names; /* made up, for those that are not set */
	char *about;
	char *error; /* where the reason goes */
	size_t size;
};

/* One line into error; -EINVAL. */
int draft_fail(struct model_draft *d, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Room for names, which are f0, f1 ... and 0, 1 ... until others are set. 0 or negative. */
int draft_begin(struct model_draft *d, enum model_kind kind, uint64_t n_features,
                uint64_t n_classes);

/* Call class i by a number. */
void draft_number_class(struct model_draft *d, uint32_t i, int64_t number);

/*
 * Trees for a FOREST_SUM, of which the i-th adds to output[i], in an order in which the t-th adds
 * to output t % n_outputs, with DRAFT_NONE where a tree of no effect must go. *n is their number
 * before and after. Allocated; NULL with the reason in error.
 */
#define DRAFT_NONE UINT32_MAX
uint32_t *draft_order(struct model_draft *d, const uint32_t *class, uint32_t *n);

/* A tree of no effect. 0 or negative. */
int draft_add_nothing(struct model_draft *d);

/* Room for d->mean and d->scale. 0 or negative. */
int draft_scaler(struct model_draft *d);

/* The whole, checked, with all it needs; NULL with the reason in error. */
struct model *draft_finish(struct model_draft *d);

void draft_clear(struct model_draft *d);

/* The largest float32 that is not above t: x <= t stays what it was for every float32 x. */
float draft_threshold(double t);

#endif
