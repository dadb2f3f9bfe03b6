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

/* The hash is kept so that most names that differ are not looked at. */
struct slot {
	uint32_t hash;
	uint32_t entry; /* its index plus one, 0: free */
};

struct plot_top {
	size_t capacity;
	size_t used;
	struct plot_top_entry *entry; /* [2 * capacity] */
	uint64_t *weight;             /* [2 * capacity], to select among */
	struct slot *slot;            /* [mask + 1] */
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
	t->weight = malloc(2 * capacity * sizeof(*t->weight));
	t->slot = calloc(slots, sizeof(*t->slot));
	if (t->entry && t->weight && t->slot)
		return t;
	plot_top_free(t);
	return NULL;
}

void plot_top_free(struct plot_top *t)
{
	if (!t)
		return;
	free(t->entry);
	free(t->weight);
	free(t->slot);
	free(t);
}

/* Multiply and fold, eight bytes a step. */
static uint32_t hash(const char *name, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ULL, part;

	for (; n; n -= n < 8 ? n : 8, name += 8) {
		part = 0;
		memcpy(&part, name, n < 8 ? n : 8);
		h = (h ^ part) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return (uint32_t)(h ^ h >> 32);
}

/* Where the name is, or would be, in which case the slot has its hash already. */
static struct slot *find(const struct plot_top *t, const char *name, size_t n)
{
	uint32_t h = hash(name, n), at = h & t->mask;
	const struct plot_top_entry *e;

	for (; t->slot[at].entry; at = (at + 1) & t->mask) {
		e = &t->entry[t->slot[at].entry - 1];
		if (t->slot[at].hash == h && !memcmp(e->name, name, n) && !e->name[n])
			break;
	}
	t->slot[at].hash = h;
	return &t->slot[at];
}

static void find_all(struct plot_top *t)
{
	size_t i;

	memset(t->slot, 0, ((size_t)t->mask + 1) * sizeof(*t->slot));
	for (i = 0; i < t->used; i++)
		find(t, t->entry[i].name, strlen(t->entry[i].name))->entry = (uint32_t)i + 1;
}

/* The value that would be at place k if w[n] were in descending order (Hoare's quickselect). */
static uint64_t select_place(uint64_t *w, size_t n, size_t k)
{
	ptrdiff_t low = 0, high = (ptrdiff_t)n - 1, i, j;
	uint64_t pivot, x;

	while (low < high) {
		pivot = w[(low + high) / 2];
		for (i = low, j = high; i <= j;) {
			while (w[i] > pivot)
				i++;
			while (w[j] < pivot)
				j--;
			if (i > j)
				break;
			x = w[i];
			w[i++] = w[j];
			w[j--] = x;
		}
		if ((ptrdiff_t)k <= j)
			high = j;
		else if ((ptrdiff_t)k >= i)
			low = i;
		else
			break;
	}
	return w[k];
}

/* Make room for at least capacity names more. */
static void shrink(struct plot_top *t)
{
	struct plot_top_entry *e;
	size_t i, kept = 0;
	uint64_t take;

	for (i = 0; i < t->used; i++)
		t->weight[i] = t->entry[i].weight;
	take = select_place(t->weight, t->used, t->capacity);
	for (i = 0; i < t->used; i++) {
		e = &t->entry[i];
		if (e->weight <= take)
			continue;
		e->weight -= take;
		if (e->first > e->weight)
			e->first = e->weight;
		t->entry[kept++] = *e;
	}
	t->taken += take;
	t->gone += t->used - kept;
	t->used = kept;
	find_all(t);
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
	struct slot *slot;

	slot = find(t, name.at, n);
	if (!slot->entry && t->used == 2 * t->capacity) {
		shrink(t);
		slot = find(t, name.at, n);
	}
	if (!slot->entry) {
		slot->entry = (uint32_t)++t->used;
		e = &t->entry[slot->entry - 1];
		memset(e, 0, sizeof(*e));
		memcpy(e->name, name.at, n);
	}
	e = &t->entry[slot->entry - 1];
	e->weight += weight;
	e->first += first ? weight : 0;
	e->flows++;
}

static int by_weight(const void *a, const void *b)
{
	const struct plot_top_entry *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return strcmp(x->name, y->name);
}

size_t plot_top_list(struct plot_top *t, struct plot_top_entry *out, size_t n)
{
	qsort(t->entry, t->used, sizeof(*t->entry), by_weight);
	find_all(t);
	if (n > t->used)
		n = t->used;
	memcpy(out, t->entry, n * sizeof(*out));
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
