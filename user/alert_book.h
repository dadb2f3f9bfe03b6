/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The alerts that are open, were, or were kept from opening: what holds in one interval comes in,
 * what changed comes out as notes.
 */
#ifndef WEIR_ALERT_BOOK_H
#define WEIR_ALERT_BOOK_H

#include "alert_hash.h"
#include "alert_note.h"

struct book;

typedef void (*book_emit)(void *arg, const struct alert_note *note);

/* NULL: no memory. The seed is borrowed. */
struct book *book_new(const struct alert_seed *seed, book_emit emit, void *arg);

/* Accepts NULL. */
void book_free(struct book *b);

/* A time by a clock that never goes back, and the same since 1970. */
struct book_time {
	uint64_t steady_ns, wall_ns;
};

/* The cause's rule holds of its key in this interval. */
void book_raise(struct book *b, uint32_t rule, const struct alert_cause *cause,
                struct book_time now);

/* The interval is over: open what was raised, resolve what was not for a window. */
void book_settle(struct book *b, const struct rules *rules, struct book_time now);

/*
 * Rules were read again: rule i of before is rule moved[i] now, or UINT32_MAX: gone, or changed.
 * Its alerts resolve.
 */
void book_renumber(struct book *b, const uint32_t moved[RULE_MAX], struct book_time now);

/* Emit all that is open, as reminders. */
void book_remind(struct book *b, uint64_t wall_ns);

struct book_counts {
	uint64_t opened, resolved, suppressed;
	uint32_t open;
};

void book_count(const struct book *b, struct book_counts *counts);

#endif
