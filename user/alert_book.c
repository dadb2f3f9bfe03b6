// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An alert is a rule and the values of its group. Its life: raised in an interval, it opens at the
 * interval's end, unless the rule's limit or the hold of an earlier one keeps it quiet; it stays
 * open while it is raised, resolves when it was not for a whole window (hold, for rules without
 * one), and is remembered for the hold, in which it does not open again.
 */
#include "alert_book.h"

#include <stdlib.h>
#include <string.h>

#include "index.h"
#include "pool.h"

#define ALERTS_MAX 4096 /* at once, of all rules */

enum state {
	FREE,
	QUIET, /* not open (yet) */
	OPEN,
	HELD, /* resolved a moment ago */
};

struct alert {
	struct flow_key group; /* the other fields zero */
	uint32_t hash;
	uint32_t rule;  /* its number now, ... */
	uint64_t print; /* ... and what stays when rules are read again */
	enum state state;
	bool is_suppressed; /* and counted */
	uint32_t raised;    /* in this interval */
	uint64_t raised_ns, resolved_ns;
	struct alert_note note; /* of the largest value in the interval, then of what was opened */
};

/* Of each rule: how many opened since. */
struct quota {
	uint64_t since_ns;
	uint32_t opened;
};

struct book {
	const struct alert_seed *seed;
	book_emit emit;
	void *arg;
	struct pool pool;
	struct index index;
	struct quota quota[RULE_MAX];
	struct book_counts counts;
};

struct book *book_new(const struct alert_seed *seed, book_emit emit, void *arg)
{
	struct book *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->seed = seed;
	b->emit = emit;
	b->arg = arg;
	pool_init(&b->pool, sizeof(struct alert));
	if (index_init(&b->index)) {
		free(b);
		return NULL;
	}
	return b;
}

void book_free(struct book *b)
{
	if (!b)
		return;
	pool_clear(&b->pool);
	index_clear(&b->index);
	free(b);
}

static void mask_key(struct flow_key *to, const struct flow_key *from, uint32_t bits)
{
	memset(to, 0, sizeof(*to));
	if (bits & RULE_SRC_IP)
		memcpy(to->src, from->src, sizeof(to->src));
	if (bits & RULE_DST_IP)
		memcpy(to->dst, from->dst, sizeof(to->dst));
	to->src_port = bits & RULE_SRC_PORT ? from->src_port : 0;
	to->dst_port = bits & RULE_DST_PORT ? from->dst_port : 0;
	to->protocol = bits & RULE_PROTOCOL ? from->protocol : 0;
	to->ifindex = bits & RULE_INTERFACE ? from->ifindex : 0;
	to->vlan[0] = bits & RULE_VLAN ? from->vlan[0] : 0;
}

static struct alert *make(struct book *b, uint32_t rule, uint64_t print, uint32_t hash)
{
	struct alert *a;
	uint32_t number;

	if (b->pool.used >= ALERTS_MAX || pool_take(&b->pool, &number))
		return NULL;
	if (index_add(&b->index, hash, number)) {
		pool_release(&b->pool, number);
		return NULL;
	}
	a = pool_at(&b->pool, number);
	memset(a, 0, sizeof(*a));
	a->state = QUIET;
	a->rule = rule;
	a->print = print;
	a->hash = hash;
	return a;
}

static struct alert *find(struct book *b, uint32_t rule, uint64_t print,
                          const struct flow_key *group)
{
	uint32_t hash = (uint32_t)alert_mix(alert_hash(b->seed, group, sizeof(*group)), print), i;
	struct alert *a;

	for (i = index_home(&b->index, hash); b->index.slots[i].number;
	     i = index_next(&b->index, i)) {
		a = pool_at(&b->pool, b->index.slots[i].number - 1);
		if (b->index.slots[i].hash == hash && a->print == print &&
		    !memcmp(&a->group, group, sizeof(*group)))
			return a;
	}
	a = make(b, rule, print, hash);
	if (a)
		a->group = *group;
	return a;
}

void book_raise(struct book *b, uint32_t rule, const struct alert_cause *cause,
                struct book_time now)
{
	double value = cause->rule->n_conditions ? cause->values[0] : 0;
	struct flow_key group;
	struct alert *a;

	mask_key(&group, cause->key, cause->rule->group);
	a = find(b, rule, cause->rule->print, &group);
	if (!a) {
		b->counts.suppressed++;
		return;
	}
	a->raised_ns = now.steady_ns;
	if (a->state == OPEN) {
		if (value > a->note.value)
			a->note.value = value;
	} else if (!a->raised || value > a->note.value) {
		note_make(&a->note, cause, now.wall_ns);
	}
	a->raised++;
}

/* May one more of this rule open? Then it is counted. */
static bool take_quota(struct book *b, const struct rule *r, uint32_t rule, uint64_t now_ns)
{
	struct quota *q = &b->quota[rule];

	if (now_ns - q->since_ns >= r->limit_ns || !q->opened)
		*q = (struct quota){ .since_ns = now_ns };
	if (q->opened >= r->limit)
		return false;
	q->opened++;
	return true;
}

static void try_open(struct book *b, struct alert *a, const struct rule *r, struct book_time now)
{
	bool held = a->resolved_ns && now.steady_ns - a->resolved_ns < r->hold_ns;

	if (held || !take_quota(b, r, a->rule, now.steady_ns)) {
		b->counts.suppressed += !a->is_suppressed;
		a->is_suppressed = true;
		return;
	}
	a->state = OPEN;
	a->is_suppressed = false;
	a->note.opened_ns = a->note.changed_ns = now.wall_ns;
	a->note.count = a->raised;
	b->counts.opened++;
	b->counts.open++;
	b->emit(b->arg, &a->note);
}

static void resolve(struct book *b, struct alert *a, struct book_time now)
{
	a->state = HELD;
	a->resolved_ns = now.steady_ns;
	a->note.is_open = false;
	a->note.changed_ns = now.wall_ns > a->note.opened_ns ? now.wall_ns : a->note.opened_ns;
	b->counts.resolved++;
	b->counts.open--;
	b->emit(b->arg, &a->note);
}

static void forget(struct book *b, struct alert *a, uint32_t number)
{
	uint32_t i = index_home(&b->index, a->hash);

	while (b->index.slots[i].number != number + 1)
		i = index_next(&b->index, i);
	index_remove(&b->index, i);
	a->state = FREE;
	pool_release(&b->pool, number);
}

static void settle_one(struct book *b, struct alert *a, const struct rule *r, struct book_time now)
{
	uint64_t quiet_ns = r->n_conditions ? r->window_ns : r->hold_ns;

	if (a->raised && a->state != OPEN)
		try_open(b, a, r, now);
	else if (!a->raised && a->state == OPEN && now.steady_ns - a->raised_ns >= quiet_ns)
		resolve(b, a, now);
	if (!a->raised)
		a->is_suppressed = false; /* the next time counts again */
	a->raised = 0;
}

void book_settle(struct book *b, const struct rules *rules, struct book_time now)
{
	const struct rule *r;
	struct alert *a;
	uint32_t i;

	for (i = 0; i < b->pool.top; i++) {
		a = pool_at(&b->pool, i);
		if (a->state == FREE)
			continue;
		r = &rules->rule[a->rule];
		settle_one(b, a, r, now);
		if (a->state != OPEN && a->raised_ns != now.steady_ns &&
		    (!a->resolved_ns || now.steady_ns - a->resolved_ns >= r->hold_ns))
			forget(b, a, i);
	}
}

void book_renumber(struct book *b, const uint32_t moved[RULE_MAX], struct book_time now)
{
	struct quota quota[RULE_MAX] = { 0 };
	struct alert *a;
	uint32_t i;

	for (i = 0; i < RULE_MAX; i++)
		if (moved[i] != UINT32_MAX)
			quota[moved[i]] = b->quota[i];
	memcpy(b->quota, quota, sizeof(quota));
	for (i = 0; i < b->pool.top; i++) {
		a = pool_at(&b->pool, i);
		if (a->state == FREE)
			continue;
		if (moved[a->rule] == UINT32_MAX) {
			if (a->state == OPEN)
				resolve(b, a, now);
			forget(b, a, i);
		} else {
			a->rule = moved[a->rule];
		}
	}
}

void book_remind(struct book *b, uint64_t wall_ns)
{
	struct alert_note note;
	const struct alert *a;
	uint32_t i;

	for (i = 0; i < b->pool.top; i++) {
		a = pool_at(&b->pool, i);
		if (a->state != OPEN)
			continue;
		note = a->note;
		note.is_reminder = true;
		note.changed_ns = wall_ns;
		b->emit(b->arg, &note);
	}
}

void book_count(const struct book *b, struct book_counts *counts)
{
	*counts = b->counts;
}
