/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inside a window: keys are entries of a pool found by a hash index. An entry has a ring of slots;
 * a slot knows the number of the time it is of, so that old ones need no clearing: they are
 * skipped, and taken over when their turn comes.
 */
#ifndef WEIR_ALERT_KEYS_H
#define WEIR_ALERT_KEYS_H

#include "alert_distinct.h"
#include "alert_window.h"
#include "index.h"
#include "pool.h"

enum entry_flag {
	ENTRY_USED = 1,
	ENTRY_LISTED = 2, /* to be evaluated; belongs to the number, not to the key in it */
	ENTRY_HOLDS = 4,
	ENTRY_FAMILIAR = 8,
};

struct slot {
	uint32_t number; /* of the time; 0: never used */
	uint32_t pad;
	double cell[];
};

/* Behind the header, which is all of most comparisons, lie n_slots slots, then the tail. */
struct entry {
	struct flow_key key; /* of the last flow */
	uint32_t hash;
	uint32_t touched; /* slot number */
	uint32_t weight;  /* looks so far */
	uint32_t flags;
	char slots[] __attribute__((aligned(8)));
};

struct tail {
	struct distinct set[RULE_DISTINCT];
	double peak;       /* of the first condition's measure while learning */
	uint64_t start_ns; /* when the last flow began, of intervals before; 0: none has */
	/* When flows began in this interval: looks at them come in no order. */
	uint64_t n_starts, starts[8]; /* only where gaps count */
};

struct window {
	struct window_config config;
	struct pool pool;
	struct index index;
	uint32_t n_slots, n_columns;
	size_t slot_size;
	uint64_t slot_ns;
	uint32_t columns;          /* bits of those kept */
	uint8_t column[N_COLUMNS]; /* the n_columns of them */
	struct distinct_window different;
	uint32_t hand;
	uint32_t *listed;
	uint32_t n_listed, room_listed;
	struct window_counts counts;
};

static inline struct entry *entry_at(const struct window *w, uint32_t number)
{
	return pool_at(&w->pool, number);
}

static inline struct slot *slot_at(const struct window *w, struct entry *e, uint32_t i)
{
	return (struct slot *)(e->slots + i * w->slot_size);
}

static inline struct tail *tail_of(const struct window *w, struct entry *e)
{
	return (struct tail *)(e->slots + w->n_slots * w->slot_size);
}

/* The entry of the look's key and its number, made if there is none; NULL: no memory. */
struct entry *keys_find(struct window *w, struct alert_look *look, uint32_t *number);

/* Free idle keys, a part of all at a time. */
void keys_sweep(struct window *w);

#endif
