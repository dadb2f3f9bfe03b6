/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Words, ticks and scales of pictures, in the language of gnuplot. */
#ifndef WEIR_PLOT_TEXT_H
#define WEIR_PLOT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/*
 * Append text as a string of gnuplot in single quotes, within which it looks for neither commands,
 * variables nor escapes. Control characters and what is not UTF-8 become '?'; more than max
 * characters are cut with "...".
 */
void plot_text_quote(struct buf *b, const char *text, size_t max);

/* The same for the label of a tick, in which gnuplot looks for formats: '%' is doubled. */
void plot_text_tick(struct buf *b, const char *text, size_t max);

/* Append text as a cell of CSV, with '?' in place of control characters. */
void plot_text_csv(struct buf *b, const char *text);

/* A scale along an axis. */
struct plot_scale {
	bool logarithmic; /* values span more than two decades */
	double low, high; /* what is drawn */
	double zero;      /* where 0 is drawn on a logarithmic scale; 0: there is none */
};

/* A scale for values of which low is the least above zero (0: none), high the greatest. */
struct plot_scale plot_scale_fit(double low, double high, bool has_zero);

/* Where a value lies on it. */
static inline double plot_scale_place(const struct plot_scale *s, double value)
{
	return value > 0 || !s->logarithmic ? value : s->zero;
}

/* Set axis ("x", "y", "z") to the scale, with about n ticks in a unit ("B/s"): "1.2 MB/s". */
void plot_text_axis(struct buf *b, const char *axis, const struct plot_scale *s, const char *unit,
                    int n);

/* Ticks along x for seconds since from_ns, over span seconds, in UTC; label tells what they mean.
 */
void plot_text_times(struct buf *b, uint64_t from_ns, double span, char *label, size_t size);

/* "2024-10-28 12:30:00 to 12:31:07 UTC". */
void plot_text_range(uint64_t from_ns, uint64_t to_ns, char *text, size_t size);

/* An address that is long, shortened in its middle. */
const char *plot_text_shorten(const char *address, char *text, size_t size);

#endif
