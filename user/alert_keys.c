// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The keys of a window in bounded memory. When there is no room a hand walks on: the first idle key
 * it meets leaves, or after a few, of those the one with the fewest looks. So a flood of keys that
 * come once pushes out itself.
 */
#include <string.h>

#include "alert_keys.h"

#define SAMPLES    8   /* keys of which the least is pushed out */
#define HAND_STEPS 256 /* at each interval, beside a part of all */

static bool is_idle(const struct window *w, const struct entry *e)
{
	return e->touched <= w->different.oldest && !(e->flags & ENTRY_FAMILIAR);
}

/* Is a to leave before b? */
static bool is_less(const struct entry *a, const struct entry *b)
{
	uint32_t keep_a = a->flags & (ENTRY_HOLDS | ENTRY_FAMILIAR);
	uint32_t keep_b = b->flags & (ENTRY_HOLDS | ENTRY_FAMILIAR);

	if (!keep_a != !keep_b)
		return !keep_a;
	return a->weight < b->weight;
}

static void release(struct window *w, uint32_t number)
{
	struct entry *e = entry_at(w, number);
	uint32_t i = index_home(&w->index, e->hash);
	int k;

	while (w->index.slots[i].number != number + 1)
		i = index_next(&w->index, i);
	index_remove(&w->index, i);
	for (k = 0; k < RULE_DISTINCT; k++)
		distinct_clear(&tail_of(w, e)->set[k], &w->different);
	e->flags &= ENTRY_LISTED;
	pool_release(&w->pool, number);
}

static uint32_t step_hand(struct window *w)
{
	if (w->hand >= w->pool.top)
		w->hand = 0;
	return w->hand++;
}

/* Make room for one key: an idle one leaves, or the least of a few. */
static void push_out(struct window *w)
{
	uint32_t number, victim = UINT32_MAX;
	int i;

	for (i = 0; i < SAMPLES || victim == UINT32_MAX; i++) {
		number = step_hand(w);
		if (!(entry_at(w, number)->flags & ENTRY_USED))
			continue;
		if (is_idle(w, entry_at(w, number))) {
			release(w, number);
			return;
		}
		if (victim == UINT32_MAX || is_less(entry_at(w, number), entry_at(w, victim)))
			victim = number;
	}
	w->counts.pushed_out++;
	release(w, victim);
}

static struct entry *insert(struct window *w, struct alert_look *look, uint32_t hash,
                            uint32_t *number)
{
	uint32_t flags;
	struct entry *e;

	if (w->pool.used >= w->config.max_keys)
		push_out(w);
	if (pool_take(&w->pool, number))
		return NULL;
	if (index_add(&w->index, hash, *number)) {
		pool_release(&w->pool, *number);
		return NULL;
	}
	e = entry_at(w, *number);
	flags = e->flags & ENTRY_LISTED;
	memset(e, 0, w->pool.size);
	e->flags = flags | ENTRY_USED;
	e->hash = hash;
	e->key = look->flow->key;
	return e;
}

struct entry *keys_find(struct window *w, struct alert_look *look, uint32_t *number)
{
	uint32_t key = w->config.rule->key;
	uint32_t hash = (uint32_t)(alert_key_hash(look, key) >> 32), i;
	struct entry *e;

	for (i = index_home(&w->index, hash); w->index.slots[i].number;
	     i = index_next(&w->index, i)) {
		if (w->index.slots[i].hash != hash)
			continue;
		*number = w->index.slots[i].number - 1;
		e = entry_at(w, *number);
		if (alert_key_equal(&e->key, &look->flow->key, key))
			return e;
	}
	return insert(w, look, hash, number);
}

void keys_sweep(struct window *w)
{
	uint32_t steps = w->pool.top / (4 * w->n_slots) + HAND_STEPS, number;

	if (steps > w->pool.top)
		steps = w->pool.top;
	while (steps--) {
		number = step_hand(w);
		if (entry_at(w, number)->flags & ENTRY_USED && is_idle(w, entry_at(w, number)))
			release(w, number);
	}
}
