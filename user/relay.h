/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Work handed on to threads, in order: one hands on slots, some work on them side by side, and what
 * must keep the order is done for one slot after the other.
 */
#ifndef WEIR_RELAY_H
#define WEIR_RELAY_H

#include <stdint.h>

struct relay;

/* What to do with a slot: a number below n_slots, whose contents belong to the caller. */
typedef void (*relay_call)(void *arg, uint32_t slot);

struct relay_config {
	uint32_t n_slots;   /* under way at most, with the one being filled */
	uint32_t n_threads; /* 0: all is done in relay_put() */
	relay_call work;    /* in any thread and order; NULL: nothing */
	relay_call settle;  /* one at a time, in the order of relay_put() */
	void *arg;
};

/*
 * NULL with errno set: ENOMEM. Where threads cannot be started it works with fewer, down to none.
 * They take no signals.
 */
struct relay *relay_new(const struct relay_config *config);

/* The slot to fill next, free of what was before; waits until there is one. */
uint32_t relay_slot(struct relay *r);

/* Hand on the slot that relay_slot() told. */
void relay_put(struct relay *r);

/* Wait until all that was handed on is settled, and free. Accepts NULL. */
void relay_end(struct relay *r);

#endif
