/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who carried most: sums by name in bounded memory, exact until there are too many names. */
#ifndef WEIR_PLOT_TOP_H
#define WEIR_PLOT_TOP_H

#include <stddef.h>
#include <stdint.h>

#include "flows_csv.h"

#define PLOT_TOP_NAME 63 /* bytes of a name that count; UTF-8 is not cut within a character */

struct plot_top_entry {
	char name[PLOT_TOP_NAME + 1];
	uint64_t weight; /* what the order is by, such as bytes; at least this */
	uint64_t first;  /* the part of it the caller calls so, such as bytes as initiator */
	uint64_t flows;  /* since it is kept without interruption */
};

struct plot_top;

/* Keep the sums of at least capacity names. NULL: no memory. */
struct plot_top *plot_top_new(size_t capacity);

void plot_top_add(struct plot_top *t, struct flows_text name, uint64_t weight, bool first);

/*
 * The heaviest first, at most n of them into out; how many there are comes back. Each weight is at
 * most plot_top_error() too low.
 */
size_t plot_top_list(struct plot_top *t, struct plot_top_entry *out, size_t n);

/* 0: all sums are exact. */
uint64_t plot_top_error(const struct plot_top *t);

/* How many names there were; when not all were kept, those that came back count again. */
uint64_t plot_top_names(const struct plot_top *t);

/* Accepts NULL. */
void plot_top_free(struct plot_top *t);

#endif
