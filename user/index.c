// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Open addressing with linear probing, at most half full; removal closes the gap it leaves. */
#include "index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 1024

int index_init(struct index *x)
{
	x->n_slots = SLOTS_MIN;
	x->used = 0;
	x->slots = calloc(x->n_slots, sizeof(*x->slots));
	return x->slots ? 0 : -ENOMEM;
}

void index_clear(struct index *x)
{
	free(x->slots);
	x->slots = NULL;
}

static void place(struct index *x, struct index_slot slot)
{
	uint32_t i = index_home(x, slot.hash);

	while (x->slots[i].number)
		i = index_next(x, i);
	x->slots[i] = slot;
}

static int grow(struct index *x)
{
	struct index old = *x;
	uint32_t i;

	x->slots = calloc((size_t)old.n_slots * 2, sizeof(*x->slots));
	if (!x->slots) {
		x->slots = old.slots;
		return -ENOMEM;
	}
	x->n_slots = old.n_slots * 2;
	for (i = 0; i < old.n_slots; i++)
		if (old.slots[i].number)
			place(x, old.slots[i]);
	free(old.slots);
	return 0;
}

int index_add(struct index *x, uint32_t hash, uint32_t number)
{
	/* Without memory to grow it fills further, but never wholly: a search ends at a free slot.
	 */
	if (x->used >= x->n_slots / 2 && grow(x) && x->used + 1 >= x->n_slots)
		return -ENOMEM;
	place(x, (struct index_slot){ .hash = hash, .number = number + 1 });
	x->used++;
	return 0;
}

/* Knuth, The Art of Computer Programming, vol. 3, 6.4, algorithm R. */
void index_remove(struct index *x, uint32_t i)
{
	uint32_t mask = x->n_slots - 1, next = i, home;

	x->used--;
	for (;;) {
		x->slots[i].number = 0;
		do {
			next = index_next(x, next);
			if (!x->slots[next].number)
				return;
			home = index_home(x, x->slots[next].hash);
		} while (((next - home) & mask) < ((next - i) & mask));
		x->slots[i] = x->slots[next];
		i = next;
	}
}

void index_empty(struct index *x)
{
	memset(x->slots, 0, (size_t)x->n_slots * sizeof(*x->slots));
	x->used = 0;
}
