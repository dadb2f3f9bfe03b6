// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Different values in a sliding window: a short list, then linear counting over dated cells. */
#include "alert_distinct.h"

#include <math.h>
#include <stdlib.h>

#define CELLS_MIN 1024

static bool is_large(const struct distinct *d)
{
	return d->capacity > DISTINCT_EXACT;
}

void distinct_clear(struct distinct *d, struct distinct_window *w)
{
	if (is_large(d))
		w->n_large--;
	free(d->value);
	*d = (struct distinct){ 0 };
}

uint32_t distinct_cells(double most)
{
	uint32_t cells = CELLS_MIN;

	while (cells < 2 * most)
		cells *= 2;
	return cells;
}

static uint32_t *cells_of(const struct distinct *d)
{
	return (uint32_t *)d->value;
}

/* Forget what is too old. */
static void compact(struct distinct *d, const struct distinct_window *w)
{
	uint32_t i, kept = 0;

	for (i = 0; i < d->used; i++)
		if (d->value[i].slot > w->oldest)
			d->value[kept++] = d->value[i];
	d->used = kept;
}

static bool enlarge(struct distinct *d)
{
	uint32_t capacity = d->capacity ? 2 * d->capacity : 4;
	struct distinct_value *larger = realloc(d->value, capacity * sizeof(*larger));

	if (!larger)
		return false;
	d->value = larger;
	d->capacity = capacity;
	return true;
}

static void mark(uint32_t *cell, uint32_t n_cells, uint32_t hash, uint32_t slot)
{
	cell += hash & (n_cells - 1);
	if (*cell < slot)
		*cell = slot;
}

static bool make_large(struct distinct *d, struct distinct_window *w)
{
	uint32_t *cell, i;

	if (w->n_large >= w->most_large)
		return false;
	cell = calloc(w->cells, sizeof(*cell));
	if (!cell)
		return false;
	for (i = 0; i < d->used; i++)
		mark(cell, w->cells, d->value[i].hash, d->value[i].slot);
	free(d->value);
	d->value = (struct distinct_value *)cell;
	d->capacity = w->cells;
	w->n_large++;
	return true;
}

/* Room for a value, as a list or as cells. */
static bool make_room(struct distinct *d, struct distinct_window *w)
{
	if (d->used < d->capacity)
		return true;
	compact(d, w);
	if (d->used < d->capacity)
		return true;
	return d->capacity < DISTINCT_EXACT ? enlarge(d) : make_large(d, w);
}

bool distinct_add(struct distinct *d, struct distinct_window *w, uint64_t hash)
{
	uint32_t short_hash = (uint32_t)(hash >> 32), i;

	for (i = 0; !is_large(d) && i < d->used; i++)
		if (d->value[i].hash == short_hash) {
			d->value[i].slot = w->slot;
			return true;
		}
	if (!is_large(d) && !make_room(d, w))
		return false;
	if (is_large(d))
		mark(cells_of(d), d->capacity, short_hash, w->slot);
	else
		d->value[d->used++] = (struct distinct_value){ short_hash, w->slot };
	return true;
}

double distinct_count(const struct distinct *d, const struct distinct_window *w)
{
	uint32_t i, n = 0;

	if (!is_large(d)) {
		for (i = 0; i < d->used; i++)
			n += d->value[i].slot > w->oldest;
		return n;
	}
	for (i = 0; i < d->capacity; i++)
		n += cells_of(d)[i] > w->oldest;
	if (n == d->capacity)
		n--; /* all occupied: at least as many as tell the last cell */
	return -(double)d->capacity * log(1 - (double)n / d->capacity);
}
