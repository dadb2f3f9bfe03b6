/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A hash index: from a 32-bit hash to the numbers of things, which lie elsewhere and know their
 * keys. Look for one by walking its places:
 *
 *	for (i = index_home(x, hash); x->slots[i].number; i = index_next(x, i))
 *		if (x->slots[i].hash == hash && it is the one)
 */
#ifndef WEIR_INDEX_H
#define WEIR_INDEX_H

#include <stdint.h>

struct index_slot {
	uint32_t hash;
	uint32_t number; /* + 1; 0: free */
};

struct index {
	struct index_slot *slots;
	uint32_t n_slots; /* a power of two, at least twice used */
	uint32_t used;
};

/* 0, or -ENOMEM. */
int index_init(struct index *x);
void index_clear(struct index *x);

/* Add a number that is not there yet. 0, or -ENOMEM when it has no room. */
int index_add(struct index *x, uint32_t hash, uint32_t number);

/* Take out what lies at place i, or everything. */
void index_remove(struct index *x, uint32_t i);
void index_empty(struct index *x);

static inline uint32_t index_home(const struct index *x, uint32_t hash)
{
	return hash & (x->n_slots - 1);
}

static inline uint32_t index_next(const struct index *x, uint32_t i)
{
	return (i + 1) & (x->n_slots - 1);
}

#endif
