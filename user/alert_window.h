/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The keys of one rule, and what each added up over the rule's window. The window is made of up to
 * eight slots, whole intervals each, of which the oldest is dropped when a new one begins: it is
 * never longer than said, rounded up to slots, and at most one slot shorter.
 *
 * Memory is bounded: beyond max_keys a key that has been idle, else the least of a few, is pushed
 * out and counted.
 */
#ifndef WEIR_ALERT_WINDOW_H
#define WEIR_ALERT_WINDOW_H

#include "alert.h"
#include "alert_look.h"

struct window;

struct window_config {
	const struct rule *rule; /* borrowed */
	uint64_t interval_ns;
	uint64_t now_ns; /* by a clock that never goes back */
	uint32_t max_keys;
	alerts_usual usual;
	void *usual_arg;
};

/* NULL: no memory. */
struct window *window_new(const struct window_config *config);

/* Accepts NULL. */
void window_free(struct window *w);

/* The rule, read again. */
void window_set_rule(struct window *w, const struct rule *rule);

/* Is there anything in this look for the rule? To be asked before its tests are. */
bool window_cares(const struct window *w, const struct alert_look *look);

/* Count a look that passed the tests. learning: its key becomes familiar. */
void window_add(struct window *w, struct alert_look *look, bool learning);

/* The key, by a flow that has it, holds the rule's conditions, which measure values[]. */
typedef void (*window_holds)(void *arg, const struct flow_key *key, const double *values);

struct window_mode {
	bool is_learning; /* remember the largest values; nothing holds */
	bool has_learnt;  /* something is familiar */
};

/* Call holds for each key of which the conditions hold. */
void window_evaluate(struct window *w, struct window_mode mode, window_holds holds, void *arg);

/* The clock has moved. */
void window_move(struct window *w, uint64_t now_ns);

struct window_counts {
	uint32_t keys;
	uint64_t pushed_out;  /* keys that had to leave */
	uint64_t uncounted;   /* different values that found no room */
	bool missed_baseline; /* a zscore had nothing to compare with */
};

void window_count(const struct window *w, struct window_counts *counts);

#endif
