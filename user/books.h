/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The books: every packet and byte the hook saw is in a flow, or under a cause. When the two sides
 * do not agree something is wrong with weir, and it says so.
 */
#ifndef WEIR_BOOKS_H
#define WEIR_BOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "flow.h"

#define BOOKS_OVERFLOW 1024 /* rows kept; what is beyond is in the last, with interface 0 */

struct books_overflow {
	struct flow_overflow key; /* slot 0 */
	struct flow_count count;
};

/* Since the start. */
struct books {
	struct flow_stats stats;     /* as the kernel, or the reader of files, counted */
	struct flow_count added;     /* put into flows */
	struct flow_count no_memory; /* found no memory in the agent */
	struct flow_count emitted;   /* left in records */
	size_t n_overflow;
	struct books_overflow
	        overflow[BOOKS_OVERFLOW]; /* of no flow: the kernel's table was full */
};

void books_add_stats(struct books *b, const struct flow_stats *stats);
void books_add_overflow(struct books *b, const struct flow_overflow *key,
                        const struct flow_count *count);

/* seen minus everything that is accounted for: zero, or an error in weir. */
struct flow_count books_difference(const struct books *b);

/* At the end, when all flows have left: is everything in its place? */
bool books_are_closed(const struct books *b);

/* The line "Complete: seen N packets, B = N in flows + N cause + ...", or "INCOMPLETE: ...". */
void books_print(const struct books *b, struct buf *text);

/* Name in outputs and meaning of a cause. */
const char *books_cause_name(enum flow_cause cause);
const char *books_cause_meaning(enum flow_cause cause);

#endif
