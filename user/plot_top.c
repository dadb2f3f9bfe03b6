// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sums by name.
 *
 * A hash table with room for twice the capacity. When it is full the weight of the heaviest name
 * beyond the capacity is taken from every name, and those left with nothing go: Misra and Gries'
 * counters with weights, by batches ("Finding repeated elements", 1982; Anderson et al., "A
 * high-performance algorithm for identifying frequent items in data streams", IMC 2017). A sum is
 * then too low by at most what was taken, which is at most the total weight over the capacity.
 */
#include "plot_top.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct plot_top {
	size_t capacity;
	size_t used;
	struct plot_top_entry *entry; /* [2 * capacity] */
	uint32_t *slot;               /* [mask + 1]: index of an entry plus one, 0: free */
	uint32_t mask;
	uint64_t taken;
	uint64_t gone; /* names that went */
};

struct plot_top *plot_top_new(size_t capacity)
{
	struct plot_top *t = calloc(1, sizeof(*t));
	size_t slots = 4;

	if (!t)
		return NULL;
	while (slots < capacity * 4)
		slots *= 2;
	t->capacity = capacity;
	t->mask = (uint32_t)slots - 1;
	t->entry = malloc(2 * capacity * sizeof(*t->entry));
	t->slot = calloc(slots, sizeof(*t->slot));
	if (t->entry && t->slot)
		return t;
	plot_top_free(t);
	return NULL;
}

void plot_top_free(struct plot_top *t)
{
	if (!t)
		return;
	free(t->entry);
	free(t->slot);
	free(t);
}

/* FNV-1a, eight bytes a step, and a finish that stirs the high bits down. */
static uint64_t hash(const char *name, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ULL, part;

	for (; n; n -= n < 8 ? n : 8, name += 8) {
		part = 0;
		memcpy(&part, name, n < 8 ? n : 8);
		h = (h ^ part) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return h ^ h >> 32;
}

/* Where the name is, or would be. */
static uint32_t *find(const struct plot_top *t, const char *name, size_t n)
{
	uint32_t at = (uint32_t)hash(name, n) & t->mask;
	const struct plot_top_entry *e;

	for (; t->slot[at]; at = (at + 1) & t->mask) {
		e = &t->entry[t->slot[at] - 1];
		if (!memcmp(e->name, name, n) && !e->name[n])
			break;
	}
	return &t->slot[at];
}

static int by_weight(const void *a, const void *b)
{
	const struct plot_top_entry *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* Make room for capacity names more. */
static void shrink(struct plot_top *t)
{
	uint64_t take;
	size_t i;

	qsort(t->entry, t->used, sizeof(*t->entry), by_weight);
	take = t->entry[t->capacity].weight;
	t->taken += take;
	memset(t->slot, 0, ((size_t)t->mask + 1) * sizeof(*t->slot));
	for (i = 0; i < t->used && t->entry[i].weight > take; i++) {
		t->entry[i].weight -= take;
		if (t->entry[i].first > t->entry[i].weight)
			t->entry[i].first = t->entry[i].weight;
		*find(t, t->entry[i].name, strlen(t->entry[i].name)) = (uint32_t)i + 1;
	}
	t->gone += t->used - i;
	t->used = i;
}

/* Where to cut a name that is too long: not within a character. */
static size_t name_length(struct flows_text name)
{
	size_t n = name.n;

	if (n <= PLOT_TOP_NAME)
		return n;
	for (n = PLOT_TOP_NAME; n && ((unsigned char)name.at[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

void plot_top_add(struct plot_top *t, struct flows_text name, uint64_t weight, bool first)
{
	size_t n = name_length(name);
	struct plot_top_entry *e;
	uint32_t *slot;

	slot = find(t, name.at, n);
	if (!*slot && t->used == 2 * t->capacity) {
		shrink(t);
		slot = find(t, name.at, n);
	}
	if (!*slot) {
		*slot = (uint32_t)++t->used;
		e = &t->entry[*slot - 1];
		memset(e, 0, sizeof(*e));
		memcpy(e->name, name.at, n);
	}
	e = &t->entry[*slot - 1];
	e->weight += weight;
	e->first += first ? weight : 0;
	e->flows++;
}

size_t plot_top_list(struct plot_top *t, struct plot_top_entry *out, size_t n)
{
	size_t i;

	qsort(t->entry, t->used, sizeof(*t->entry), by_weight);
	if (n > t->used)
		n = t->used;
	for (i = 0; i < n; i++)
		out[i] = t->entry[i];
	memset(t->slot, 0, ((size_t)t->mask + 1) * sizeof(*t->slot));
	for (i = 0; i < t->used; i++)
		*find(t, t->entry[i].name, strlen(t->entry[i].name)) = (uint32_t)i + 1;
	return n;
}

uint64_t plot_top_error(const struct plot_top *t)
{
	return t->taken;
}

uint64_t plot_top_names(const struct plot_top *t)
{
	return t->used + t->gone;
}
