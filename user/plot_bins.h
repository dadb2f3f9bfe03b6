/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Volume over time: what flows carried, spread over their durations, in bins that grow as needed.
 */
#ifndef WEIR_PLOT_BINS_H
#define WEIR_PLOT_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLOT_BINS 4096

struct plot_bin {
	uint64_t bytes, packets;
};

struct plot_bins {
	size_t width;   /* in the table of widths */
	uint64_t group; /* of those widths that make a bin: 1 until plot_bins_coarsen() */
	uint64_t first,
	        used; /* bin[i] begins at (first + i) * plot_bins_width(); used of them count */
	struct plot_bin bin[PLOT_BINS];
};

void plot_bins_init(struct plot_bins *b);

/*
 * Spread what a flow carried evenly over start_ns..start_ns + duration_ns: whole numbers that add
 * up to exactly bytes and packets.
 */
void plot_bins_add(struct plot_bins *b, uint64_t start_ns, uint64_t duration_ns, uint64_t bytes,
                   uint64_t packets);

/*
 * Put neighbours together until at most max (>= 3) bins are used, their width a round one. Nothing
 * can be added afterwards.
 */
void plot_bins_coarsen(struct plot_bins *b, size_t max);

/* Of each bin, in ns: a round number of seconds, minutes, hours or days, or parts of a second. */
uint64_t plot_bins_width(const struct plot_bins *b);

#endif
