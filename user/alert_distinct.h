/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many different values were seen in a sliding window. Up to 64 exactly, as a list of hashes
 * with the slot in which each was last seen. Beyond, cells instead of values: a cell keeps the slot
 * in which any of its values was last seen, and the number of values follows from how many cells
 * are occupied (linear counting, Whang et al. 1990): within 3 % at a number like that of the cells,
 * good up to five times as many.
 */
#ifndef WEIR_ALERT_DISTINCT_H
#define WEIR_ALERT_DISTINCT_H

#include <stdbool.h>
#include <stdint.h>

#define DISTINCT_EXACT 64

struct distinct_value {
	uint32_t hash;
	uint32_t slot;
};

/* All zero is empty. */
struct distinct {
	struct distinct_value *value; /* or cells, when capacity is more than DISTINCT_EXACT */
	uint32_t capacity, used;
};

/* Slots are numbered upwards from 1; those at or below oldest are forgotten. */
struct distinct_window {
	uint32_t slot, oldest;
	uint32_t cells;   /* a power of two */
	uint32_t n_large; /* sets that have cells, and how many may */
	uint32_t most_large;
};

void distinct_clear(struct distinct *d, struct distinct_window *w);

/* False: there was no room, and the value is not counted. */
bool distinct_add(struct distinct *d, struct distinct_window *w, uint64_t hash);

double distinct_count(const struct distinct *d, const struct distinct_window *w);

/* Cells that are enough to tell numbers up to most. */
uint32_t distinct_cells(double most);

#endif
