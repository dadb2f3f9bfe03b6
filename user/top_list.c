// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Every item gets what it is sorted by as one 128-bit number (descending columns turned over), so
 * that comparing does not go back to the rows but for ties, which the keys decide: the same flows
 * give the same page whatever the order of the rows.
 *
 * Only the page has to be in order, so two selections (Hoare's FIND) put the right items in its
 * place, and only these are sorted: linear in the number of flows.
 */
#include "top_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "key.h"

#define SCATTER 0x9e3779b97f4a7c15ULL

void top_list_clear(struct top_list *l)
{
	free(l->items);
	free(l->sums);
	index_clear(&l->index);
	*l = (struct top_list){ 0 };
}

bool top_column_fits(enum top_column column, enum top_group group)
{
	switch (column) {
	case TOP_PROTOCOL:
	case TOP_SOURCE:
	case TOP_DESTINATION:
	case TOP_AGE:
	case TOP_CLASS:
		return group == TOP_BY_FLOW;
	case TOP_LABEL:
	case TOP_FLOWS:
	case TOP_ANOMALIES:
		return group != TOP_BY_FLOW;
	default:
		return column < TOP_N_COLUMNS;
	}
}

/* Numbers in the order of doubles: largest first. */
static uint64_t descending(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits >> 63 ? bits : ~(bits | 1ULL << 63);
}

static void by_bytes(struct top_item *item, const void *bytes, size_t n)
{
	uint8_t b[16] = { 0 };
	uint64_t half[2];

	memcpy(b, bytes, n < 16 ? n : 16);
	memcpy(half, b, 16);
	item->high = __builtin_bswap64(half[0]);
	item->low = __builtin_bswap64(half[1]);
}

/* Text from the front; what has none comes last. */
static void by_text(struct top_item *item, const char *text)
{
	if (text && *text)
		by_bytes(item, text, strlen(text));
	else
		item->high = item->low = UINT64_MAX;
}

static void by_score(struct top_item *item, bool there, float score)
{
	item->high = there ? 0 : UINT64_MAX;
	item->low = there ? ~descending(score) : UINT64_MAX;
}

static void key_row(struct top_item *item, const struct top_model *m, const struct top_row *row,
                    enum top_column column)
{
	item->high = item->low = 0;
	switch (column) {
	case TOP_PROTOCOL:
		by_text(item, addr_protocol_name(row->key.protocol));
		break;
	case TOP_SOURCE:
		by_bytes(item, row->key.src, 16);
		break;
	case TOP_DESTINATION:
		by_bytes(item, row->key.dst, 16);
		break;
	case TOP_PACKETS:
		item->low = ~(row->packets[0] + row->packets[1]);
		break;
	case TOP_BYTES:
		item->low = ~(row->bytes[0] + row->bytes[1]);
		break;
	case TOP_PACKETS_RATE:
		item->low = descending(top_row_packets_rate(m, row));
		break;
	case TOP_AGE:
		item->low = ~(row->end_ns - row->start_ns);
		break;
	case TOP_CLASS:
		by_text(item, m->class_name[row->class]);
		break;
	case TOP_SCORE:
		by_score(item, row->marks & TOP_SCORED, row->score);
		break;
	default:
		item->low = descending(top_row_bytes_rate(m, row));
		break;
	}
}

static void key_label(struct top_item *item, const struct top_model *m, const struct top_sum *s,
                      enum top_group group)
{
	switch (group) {
	case TOP_BY_HOST:
		by_bytes(item, s->address, 16);
		break;
	case TOP_BY_PORT:
		item->low = s->port;
		break;
	case TOP_BY_CLASS:
		by_text(item, m->class_name[s->class]);
		break;
	default:
		by_text(item, addr_protocol_name(s->protocol));
		break;
	}
}

static void key_sum(struct top_item *item, const struct top_model *m, const struct top_sum *s,
                    const struct top_query *q)
{
	item->high = item->low = 0;
	switch (q->sort) {
	case TOP_LABEL:
		key_label(item, m, s, q->group);
		break;
	case TOP_FLOWS:
		item->low = ~(uint64_t)s->flows;
		break;
	case TOP_ANOMALIES:
		item->low = ~(uint64_t)s->anomalies;
		break;
	case TOP_PACKETS:
		item->low = ~s->packets;
		break;
	case TOP_BYTES:
		item->low = ~s->bytes;
		break;
	case TOP_PACKETS_RATE:
		item->low = descending(s->packets_rate);
		break;
	case TOP_SCORE:
		by_score(item, s->has_score, s->worst);
		break;
	default:
		item->low = descending(s->bytes_rate);
		break;
	}
}

static int add_item(struct top_list *l, uint32_t at)
{
	uint32_t max = l->max_items ? l->max_items * 2 : 1024;
	struct top_item *items;

	if (l->n == l->max_items) {
		items = realloc(l->items, max * sizeof(*items));
		if (!items)
			return -ENOMEM;
		l->items = items;
		l->max_items = max;
	}
	l->items[l->n++].at = at;
	return 0;
}

/* What of a sum is its key. */
static bool is_same_sum(const struct top_sum *a, const struct top_sum *b)
{
	return a->port == b->port && a->protocol == b->protocol && a->class == b->class &&
	       a->version == b->version && !memcmp(a->address, b->address, 16);
}

static uint32_t hash_sum(const struct top_sum *s, uint64_t seed)
{
	struct flow_key key = { .src_port = s->port,
		                .protocol = s->protocol,
		                .vlan = { s->class } };

	memcpy(key.src, s->address, 16);
	return key_hash(&key, seed);
}

/* The sum with this key, made if it is new; NULL: no memory. */
static struct top_sum *find_sum(struct top_list *l, uint64_t seed, const struct top_sum *key)
{
	uint32_t hash = hash_sum(key, seed), i, max;
	struct top_sum *sums;

	for (i = index_home(&l->index, hash); l->index.slots[i].number;
	     i = index_next(&l->index, i))
		if (l->index.slots[i].hash == hash &&
		    is_same_sum(&l->sums[l->index.slots[i].number - 1], key))
			return &l->sums[l->index.slots[i].number - 1];
	if (l->n_sums == l->max_sums) {
		max = l->max_sums ? l->max_sums * 2 : 256;
		sums = realloc(l->sums, max * sizeof(*sums));
		if (!sums)
			return NULL;
		l->sums = sums;
		l->max_sums = max;
	}
	if (index_add(&l->index, hash, l->n_sums))
		return NULL;
	l->sums[l->n_sums] = *key;
	return &l->sums[l->n_sums++];
}

static int add_to_sum(struct top_list *l, const struct top_model *m, const struct top_row *row,
                      const struct top_sum *key)
{
	struct top_sum *s = find_sum(l, m->config.seed, key);

	if (!s)
		return -ENOMEM;
	s->flows++;
	s->anomalies += !!(row->marks & TOP_ANOMALY);
	s->bytes += row->bytes[0] + row->bytes[1];
	s->packets += row->packets[0] + row->packets[1];
	s->start_ns = s->start_ns && s->start_ns < row->start_ns ? s->start_ns : row->start_ns;
	s->end_ns = s->end_ns > row->end_ns ? s->end_ns : row->end_ns;
	s->bytes_rate += m->config.live ? top_row_bytes_rate(m, row) : 0;
	s->packets_rate += m->config.live ? top_row_packets_rate(m, row) : 0;
	if (row->marks & TOP_SCORED && (!s->has_score || row->score < s->worst)) {
		s->worst = row->score;
		s->has_score = true;
	}
	return 0;
}

static int add_to_host(struct top_list *l, const struct top_model *m, const struct top_row *row,
                       const uint8_t address[16])
{
	struct top_sum key = { .version = row->key.ip_version };

	memcpy(key.address, address, 16);
	return add_to_sum(l, m, row, &key);
}

static int add_to_group(struct top_list *l, const struct top_model *m, const struct top_row *row)
{
	const struct flow_key *k = &row->key;
	struct top_sum key = { 0 };

	switch (l->group) {
	case TOP_BY_HOST:
		if (add_to_host(l, m, row, k->src))
			return -ENOMEM;
		return memcmp(k->src, k->dst, 16) ? add_to_host(l, m, row, k->dst) : 0;
	case TOP_BY_PORT:
		key.port = k->dst_port;
		key.protocol = k->protocol;
		break;
	case TOP_BY_CLASS:
		key.class = row->class;
		break;
	default:
		key.protocol = k->protocol;
		break;
	}
	return add_to_sum(l, m, row, &key);
}

static int compare_keys(const struct flow_key *a, const struct flow_key *b)
{
	int order = memcmp(a->src, b->src, 16);

	order = order ? order : a->src_port - b->src_port;
	order = order ? order : memcmp(a->dst, b->dst, 16);
	order = order ? order : a->dst_port - b->dst_port;
	return order ? order : memcmp(a, b, sizeof(*a));
}

static int compare_sums(const struct top_sum *a, const struct top_sum *b)
{
	int order = memcmp(a->address, b->address, 16);

	order = order ? order : a->port - b->port;
	order = order ? order : a->protocol - b->protocol;
	return order ? order : a->class - b->class;
}

struct order {
	const struct top_list *list;
	const struct top_model *model;
};

static bool is_before(const struct order *o, const struct top_item *a, const struct top_item *b)
{
	int order;

	if (a->high != b->high)
		return a->high < b->high;
	if (a->low != b->low)
		return a->low < b->low;
	if (o->list->group == TOP_BY_FLOW)
		order = compare_keys(&o->model->rows[a->at].key, &o->model->rows[b->at].key);
	else
		order = compare_sums(&o->list->sums[a->at], &o->list->sums[b->at]);
	return order ? order < 0 : a->at < b->at;
}

static void swap(struct top_item *a, struct top_item *b)
{
	struct top_item t = *a;

	*a = *b;
	*b = t;
}

/* Of [from, to]: where the pivot went; what is before it lies before it. */
static uint32_t split(const struct order *o, struct top_item *x, uint32_t from, uint32_t to)
{
	uint32_t i, place = from;

	/* anywhere but at the ends: pages come out of the last selection half sorted */
	swap(&x[from + (uint32_t)((to - from) * SCATTER >> 7) % (to - from + 1)], &x[to]);
	for (i = from; i < to; i++)
		if (is_before(o, &x[i], &x[to]))
			swap(&x[i], &x[place++]);
	swap(&x[place], &x[to]);
	return place;
}

/* Put the kth in its place; n items, of which those from .. n are of interest. */
static void select_item(const struct order *o, struct top_item *x, uint32_t from, uint32_t n,
                        uint32_t k)
{
	uint32_t to = n - 1, place;

	while (from < to) {
		place = split(o, x, from, to);
		if (place == k)
			return;
		if (place < k)
			from = place + 1;
		else
			to = place - 1;
	}
}

/* A page is short. */
static void sort_items(const struct order *o, struct top_item *x, uint32_t from, uint32_t to)
{
	uint32_t i, k;

	for (i = from + 1; i < to; i++)
		for (k = i; k > from && is_before(o, &x[k], &x[k - 1]); k--)
			swap(&x[k], &x[k - 1]);
}

/* Records are not at the same time, so their rates do not add up. */
static void set_mean_rates(struct top_list *l)
{
	struct top_sum *s;
	uint64_t ns;

	for (s = l->sums; s < l->sums + l->n_sums; s++) {
		ns = s->end_ns - s->start_ns;
		s->bytes_rate = ns ? s->bytes * 1e9 / ns : 0;
		s->packets_rate = ns ? s->packets * 1e9 / ns : 0;
	}
}

static int collect(struct top_list *l, const struct top_model *m, const struct top_query *q)
{
	uint32_t i;

	for (i = 0; i < m->n; i++) {
		if (q->filter && q->filter->n && !top_filter_passes(q->filter, m, &m->rows[i]))
			continue;
		l->flows++;
		l->anomalies += !!(m->rows[i].marks & TOP_ANOMALY);
		if (q->group != TOP_BY_FLOW ? add_to_group(l, m, &m->rows[i]) : add_item(l, i))
			return -ENOMEM;
	}
	if (!m->config.live)
		set_mean_rates(l);
	for (i = 0; i < l->n_sums; i++)
		if (add_item(l, i))
			return -ENOMEM;
	return 0;
}

int top_list_make(struct top_list *l, const struct top_model *m, const struct top_query *q)
{
	struct top_item *item;

	l->group = q->group;
	l->n = l->n_sums = l->flows = l->anomalies = 0;
	index_clear(&l->index);
	if (index_init(&l->index) || collect(l, m, q)) {
		l->n = l->n_sums = 0;
		return -ENOMEM;
	}
	for (item = l->items; item < l->items + l->n; item++) {
		if (q->group == TOP_BY_FLOW)
			key_row(item, m, &m->rows[item->at], q->sort);
		else
			key_sum(item, m, &l->sums[item->at], q);
		if (q->reverse && ~(item->high & item->low)) { /* what has none stays last */
			item->high = ~item->high;
			item->low = ~item->low;
		}
	}
	return 0;
}

void top_list_order(struct top_list *l, const struct top_model *m, uint32_t first, uint32_t count)
{
	const struct order o = { l, m };
	uint32_t end;

	if (first >= l->n)
		return;
	end = count < l->n - first ? first + count : l->n;
	if (first)
		select_item(&o, l->items, 0, l->n, first);
	if (end < l->n)
		select_item(&o, l->items, first, l->n, end);
	sort_items(&o, l->items, first, end);
}
