// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the keys of a rule add up, and whether its conditions hold of them. An interval costs work
 * for the keys that were touched in it or held at its beginning, and for a few more that may be
 * idle.
 */
#include "alert_window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alert_keys.h"

#define SLOTS_MAX 8
#define GAPS      (1u << COLUMN_GAPS | 1u << COLUMN_GAP_SUM | 1u << COLUMN_GAP_SQUARES)
#define LARGE_MAX 2048 /* keys of a rule that count many different values */

/* What is kept follows from the conditions. */
static void choose_columns(struct window *w)
{
	const struct rule *r = w->config.rule;
	double most = 0;
	uint8_t i;

	for (i = 0; i < r->n_conditions; i++) {
		w->columns |= rule_measures[r->condition[i].measure].columns;
		if (r->condition[i].measure == MEASURE_DISTINCT && r->condition[i].threshold > most)
			most = r->condition[i].threshold;
	}
	for (i = 0; i < N_COLUMNS; i++)
		if (w->columns >> i & 1)
			w->column[w->n_columns++] = i;
	w->different = (struct distinct_window){ .cells = distinct_cells(most),
		                                 .most_large = LARGE_MAX };
}

/* Slots are whole intervals, and no more than SLOTS_MAX make the window. */
static void choose_slots(struct window *w)
{
	uint64_t interval = w->config.interval_ns ? w->config.interval_ns : 1;
	uint64_t intervals = (w->config.rule->window_ns + interval - 1) / interval;
	uint64_t each = (intervals + SLOTS_MAX - 1) / SLOTS_MAX;

	each = each ? each : 1;
	intervals = intervals ? intervals : 1;
	w->slot_ns = each * interval;
	w->n_slots = (uint32_t)((intervals + each - 1) / each);
	w->slot_size = sizeof(struct slot) + w->n_columns * sizeof(double);
}

struct window *window_new(const struct window_config *config)
{
	struct window *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->config = *config;
	choose_columns(w);
	choose_slots(w);
	pool_init(&w->pool, sizeof(struct entry) + w->n_slots * w->slot_size +
	                            (w->columns & GAPS ? sizeof(struct tail)
	                                               : offsetof(struct tail, n_starts)));
	if (index_init(&w->index)) {
		free(w);
		return NULL;
	}
	window_move(w, config->now_ns);
	return w;
}

void window_free(struct window *w)
{
	uint32_t i;
	int k;

	if (!w)
		return;
	for (i = 0; i < w->pool.top; i++)
		for (k = 0; entry_at(w, i)->flags & ENTRY_USED && k < RULE_DISTINCT; k++)
			distinct_clear(&tail_of(w, entry_at(w, i))->set[k], &w->different);
	pool_clear(&w->pool);
	index_clear(&w->index);
	free(w->listed);
	free(w);
}

void window_set_rule(struct window *w, const struct rule *rule)
{
	w->config.rule = rule;
}

bool window_cares(const struct window *w, const struct alert_look *look)
{
	return look->columns & w->columns;
}

/* To be evaluated when the interval is over. */
static void list(struct window *w, struct entry *e, uint32_t number)
{
	uint32_t room = w->room_listed ? 2 * w->room_listed : 256;
	uint32_t *larger;

	if (e->flags & ENTRY_LISTED)
		return;
	if (w->n_listed == w->room_listed) {
		larger = realloc(w->listed, room * sizeof(*larger));
		if (!larger)
			return; /* its next look may have more luck */
		w->listed = larger;
		w->room_listed = room;
	}
	w->listed[w->n_listed++] = number;
	e->flags |= ENTRY_LISTED;
}

/* The slot of now, empty if its time has only begun. */
static struct slot *current_slot(struct window *w, struct entry *e)
{
	struct slot *s = slot_at(w, e, w->different.slot % w->n_slots);

	if (s->number != w->different.slot) {
		memset(s, 0, w->slot_size);
		s->number = w->different.slot;
	}
	return s;
}

static void add_columns(struct window *w, struct slot *s, const double change[N_COLUMNS])
{
	uint32_t i;

	for (i = 0; i < w->n_columns; i++)
		s->cell[i] += change[w->column[i]];
}

static int compare_times(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The gaps between the beginnings that have gathered, and to the last one before. */
static void take_gaps(struct window *w, struct entry *e)
{
	struct tail *t = tail_of(w, e);
	double gap, change[N_COLUMNS] = { 0 };
	uint64_t i, last, start;

	qsort(t->starts, t->n_starts, sizeof(t->starts[0]), compare_times);
	for (i = 0; i < t->n_starts; i++) {
		last = t->start_ns;
		start = t->starts[i];
		t->start_ns = start > last ? start : last;
		gap = (double)(start > last ? start - last : last - start) / 1e9;
		change[COLUMN_GAPS] = 1;
		change[COLUMN_GAP_SUM] = gap;
		change[COLUMN_GAP_SQUARES] = gap * gap;
		if (last)
			add_columns(w, current_slot(w, e), change);
	}
	t->n_starts = 0;
}

static void add_beginning(struct window *w, struct entry *e, struct alert_look *look)
{
	const struct rule *r = w->config.rule;
	struct tail *t = tail_of(w, e);
	int k = 0;
	uint8_t i;

	for (i = 0; i < r->n_conditions; i++)
		if (r->condition[i].measure == MEASURE_DISTINCT &&
		    !distinct_add(&t->set[k++], &w->different,
		                  alert_value_hash(look, r->condition[i].subject)))
			w->counts.uncounted++;
	if (!(w->columns & GAPS))
		return;
	if (t->n_starts == sizeof(t->starts) / sizeof(t->starts[0]))
		take_gaps(w, e); /* so many that their order no longer matters */
	t->starts[t->n_starts++] = look->flow->start_ns;
}

void window_add(struct window *w, struct alert_look *look, bool learning)
{
	uint32_t number = 0;
	struct entry *e = keys_find(w, look, &number);

	if (!e) { /* no memory */
		w->counts.pushed_out++;
		return;
	}
	e->key = look->flow->key;
	e->touched = w->different.slot;
	e->weight += e->weight < UINT32_MAX;
	if (learning)
		e->flags |= ENTRY_FAMILIAR;
	add_columns(w, current_slot(w, e), look->change);
	if (look->flow->is_new)
		add_beginning(w, e, look);
	list(w, e, number);
}

/* Sums over the slots that are still in the window; late corrections may undo what has left it. */
static void add_up(const struct window *w, struct entry *e, double sum[N_COLUMNS])
{
	const struct slot *s;
	uint32_t i, k;

	memset(sum, 0, N_COLUMNS * sizeof(*sum));
	for (i = 0; i < w->n_slots; i++) {
		s = slot_at(w, e, i);
		for (k = 0; s->number > w->different.oldest && k < w->n_columns; k++)
			sum[w->column[k]] += s->cell[k];
	}
	for (k = 0; k < w->n_columns; k++)
		if (sum[w->column[k]] < 0)
			sum[w->column[k]] = 0;
}

/* How many of its usual deviations a value is from its usual mean; NaN: that is not known. */
static double score(struct window *w, const struct rule_condition *k, double value)
{
	const struct rule_measure_row *m = &rule_measures[k->measure];
	char key[RULE_KEY_NAME];
	double mean, deviation;

	if (m->unit == UNIT_COUNT ||
	    (m->unit == UNIT_BYTES &&
	     !(m->columns &
	       (1u << COLUMN_ENDED | 1u << COLUMN_PACKETS_OUT | 1u << COLUMN_PACKETS_IN))))
		value /= (double)w->slot_ns * w->n_slots / 1e9;
	if (w->config.usual &&
	    w->config.usual(w->config.usual_arg, m->name, rule_key_name(w->config.rule->key, key),
	                    &mean, &deviation) &&
	    deviation > 0)
		return (value - mean) / deviation;
	w->counts.missed_baseline = true;
	return NAN;
}

static double measure(struct window *w, struct entry *e, const struct rule_condition *k,
                      const double sum[N_COLUMNS], bool has_learnt, double first)
{
	bool familiar = e->flags & ENTRY_FAMILIAR;

	if (k->measure == MEASURE_FAMILIAR)
		return familiar;
	if (k->measure == MEASURE_NOVEL)
		return has_learnt && !familiar;
	if (k->measure == MEASURE_GROWTH)
		return has_learnt ? first / fmax(tail_of(w, e)->peak, 1) : NAN;
	if (k->zscore)
		return score(w, k, alert_measure(k->measure, sum));
	return alert_measure(k->measure, sum);
}

/* The values up to the first condition that does not hold. */
static bool conditions_hold(struct window *w, struct entry *e, bool has_learnt, double *values)
{
	const struct rule *r = w->config.rule;
	double sum[N_COLUMNS];
	int set = 0;
	uint8_t i;

	add_up(w, e, sum);
	for (i = 0; i < r->n_conditions; i++) {
		values[i] = r->condition[i].measure == MEASURE_DISTINCT
		                    ? distinct_count(&tail_of(w, e)->set[set++], &w->different)
		                    : measure(w, e, &r->condition[i], sum, has_learnt, values[0]);
		if (!rule_compare(values[i], r->condition[i].op, r->condition[i].threshold))
			return false;
	}
	return true;
}

void window_evaluate(struct window *w, struct window_mode mode, window_holds holds, void *arg)
{
	double values[RULE_CONDITIONS] = { 0 };
	uint32_t i, number, kept = 0;
	struct entry *e;
	bool is_true;

	for (i = 0; i < w->n_listed; i++) {
		number = w->listed[i];
		e = entry_at(w, number);
		e->flags &= ~(uint32_t)(ENTRY_LISTED | ENTRY_HOLDS);
		if (!(e->flags & ENTRY_USED))
			continue;
		if (w->columns & GAPS)
			take_gaps(w, e);
		is_true = conditions_hold(w, e, mode.has_learnt, values);
		if (mode.is_learning)
			tail_of(w, e)->peak = fmax(tail_of(w, e)->peak, values[0]);
		if (mode.is_learning || !is_true)
			continue;
		e->flags |= ENTRY_LISTED | ENTRY_HOLDS; /* look again without being touched */
		w->listed[kept++] = number;
		holds(arg, &e->key, values);
	}
	w->n_listed = kept;
}

void window_move(struct window *w, uint64_t now_ns)
{
	uint32_t slot = (uint32_t)(now_ns / w->slot_ns) + 1;

	if (slot == w->different.slot)
		return;
	w->different.slot = slot;
	w->different.oldest = slot > w->n_slots ? slot - w->n_slots : 0;
	keys_sweep(w);
}

void window_count(const struct window *w, struct window_counts *counts)
{
	*counts = w->counts;
	counts->keys = w->pool.used;
}
