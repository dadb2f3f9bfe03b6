/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which features a node tries: drawn without replacement, and as long as only features that are
 * constant in the node were drawn, one more. A feature found constant is so in the whole subtree
 * and is not looked at again there, yet it is drawn, and counts, as any other (scikit-learn's
 * rule, which shapes the odds).
 *
 * features[] is a permutation: n_drawn known constants that were drawn, the other known constants,
 * constants found here, features not yet drawn, features tried. The known constants of the nodes
 * above are kept aside in constants[] in their order, for siblings yet to come.
 */
#ifndef WEIR_TRAIN_DRAW_H
#define WEIR_TRAIN_DRAW_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "rng.h"

struct train_draw {
	uint32_t *features, *constants; /* [n] */
	uint32_t n;
	uint32_t n_known, n_found, n_drawn, n_visited, end, at;
};

static inline void draw_swap(struct train_draw *d, uint32_t i, uint32_t k)
{
	uint32_t feature = d->features[i];

	d->features[i] = d->features[k];
	d->features[k] = feature;
}

/* At a node below which n_known features are known to be constant. */
static inline void draw_begin(struct train_draw *d, uint32_t n_known)
{
	d->n_known = n_known;
	d->n_found = d->n_drawn = d->n_visited = 0;
	d->end = d->n;
}

/* The next feature to try, at features[at]; false: enough. */
static inline bool draw_next(struct train_draw *d, uint32_t max_features, struct rng *rng)
{
	while (d->end > d->n_known + d->n_found &&
	       (d->n_visited < max_features || d->n_visited <= d->n_found + d->n_drawn)) {
		uint32_t left = d->end - d->n_found - d->n_drawn;

		d->n_visited++;
		d->at = d->n_drawn + (uint32_t)rng_below(rng, left);
		if (d->at >= d->n_known) {
			d->at += d->n_found;
			return true;
		}
		draw_swap(d, d->at, d->n_drawn++);
	}
	return false;
}

/* What was drawn last turned out constant, */
static inline void draw_is_constant(struct train_draw *d)
{
	draw_swap(d, d->at, d->n_known + d->n_found++);
}

/* or is tried now. */
static inline void draw_is_tried(struct train_draw *d)
{
	draw_swap(d, d->at, --d->end);
}

/* How many are known to be constant below. */
static inline uint32_t draw_end(struct train_draw *d)
{
	memcpy(d->features, d->constants, d->n_known * sizeof(*d->features));
	memcpy(d->constants + d->n_known, d->features + d->n_known,
	       d->n_found * sizeof(*d->features));
	return d->n_known + d->n_found;
}

#endif
