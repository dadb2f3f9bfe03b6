// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rows lie dense in one array, so that sorting and summing walk memory in order; what only details
 * need lies in a second one beside it. A live flow is found again through the index by its key; it
 * leaves with its record, or when it has been silent for too long (the table makes no record of a
 * flow that the active timeout cut and that never spoke again). One that ended in this interval
 * stays until the next, or short flows would never be seen, and the sums of groups would lack them.
 *
 * When all rows are taken, the half that moved least makes room; what is left out is counted.
 */
#include "top_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"

#define FIRST_ROWS 1024

struct top_model *top_model_new(const struct top_config *config)
{
	struct top_model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->config = *config;
	m->n_classes = 1;
	m->tick = 1;
	if (index_init(&m->index)) {
		top_model_free(m);
		return NULL;
	}
	return m;
}

void top_model_free(struct top_model *m)
{
	if (!m)
		return;
	free(m->rows);
	free(m->sides);
	index_clear(&m->index);
	free(m);
}

struct top_model *top_model_copy(const struct top_model *m)
{
	struct top_model *copy = malloc(sizeof(*copy));
	size_t n = m->n ? m->n : 1;

	if (!copy)
		return NULL;
	*copy = *m;
	copy->index = (struct index){ 0 };
	copy->rows = malloc(n * sizeof(*copy->rows));
	copy->sides = malloc(n * sizeof(*copy->sides));
	copy->capacity = n;
	if (!copy->rows || !copy->sides) {
		top_model_free(copy);
		return NULL;
	}
	if (m->n) {
		memcpy(copy->rows, m->rows, m->n * sizeof(*m->rows));
		memcpy(copy->sides, m->sides, m->n * sizeof(*m->sides));
	}
	return copy;
}

/* Are they keys of one flow? In biflows, who the initiator is may be learned late. */
static bool is_same(const struct top_model *m, const struct flow_key *a, const struct flow_key *b)
{
	if (a->ifindex != b->ifindex || a->protocol != b->protocol || a->vlan[0] != b->vlan[0] ||
	    a->vlan[1] != b->vlan[1] || a->ip_version != b->ip_version)
		return false;
	if (a->src_port == b->src_port && a->dst_port == b->dst_port &&
	    !memcmp(a->src, b->src, 16) && !memcmp(a->dst, b->dst, 16))
		return true;
	return !m->config.uniflow && a->src_port == b->dst_port && a->dst_port == b->src_port &&
	       !memcmp(a->src, b->dst, 16) && !memcmp(a->dst, b->src, 16);
}

int64_t top_model_find(const struct top_model *m, const struct flow_key *key)
{
	const struct index *x = &m->index;
	uint32_t hash = key_hash(key, m->config.seed), i;

	if (!x->slots || !m->config.live) { /* a copy, or records of which a flow may have many */
		for (i = 0; i < m->n; i++)
			if (m->rows[i].hash == hash && is_same(m, &m->rows[i].key, key))
				return i;
		return -1;
	}
	for (i = index_home(x, hash); x->slots[i].number; i = index_next(x, i))
		if (x->slots[i].hash == hash &&
		    is_same(m, &m->rows[x->slots[i].number - 1].key, key))
			return x->slots[i].number - 1;
	return -1;
}

/* The place in the index of row n. */
static uint32_t place_of(const struct top_model *m, uint32_t n)
{
	uint32_t i = index_home(&m->index, m->rows[n].hash);

	while (m->index.slots[i].number != n + 1)
		i = index_next(&m->index, i);
	return i;
}

/* The last row takes the place of the one that leaves. */
static void remove_row(struct top_model *m, uint32_t n)
{
	uint32_t last = m->n - 1;

	if (m->config.live) {
		index_remove(&m->index, place_of(m, n));
		if (n != last)
			m->index.slots[place_of(m, last)].number = n + 1;
	}
	if (n != last) {
		m->rows[n] = m->rows[last];
		m->sides[n] = m->sides[last];
	}
	m->n--;
}

/* By what a row earns its place. */
static uint64_t worth(const struct top_model *m, const struct top_row *row)
{
	if (!m->config.live)
		return row->bytes[0] + row->bytes[1];
	return row->tick == m->tick ? row->moved_bytes[0] + row->moved_bytes[1] + 1 : 0;
}

static int compare_worth(const void *one, const void *other)
{
	const uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return a < b ? -1 : a > b;
}

/* The less worthy half leaves; so this costs little for each row that comes. */
static void make_room(struct top_model *m)
{
	uint64_t *worths = malloc(m->n * sizeof(*worths)), least;
	uint32_t leave = m->n / 2 + 1, i;

	if (!worths) {
		m->left_out += m->n;
		while (m->n)
			remove_row(m, m->n - 1);
		return;
	}
	for (i = 0; i < m->n; i++)
		worths[i] = worth(m, &m->rows[i]);
	qsort(worths, m->n, sizeof(*worths), compare_worth);
	least = worths[leave - 1];
	free(worths);
	for (i = m->n; i-- && leave;)
		if (worth(m, &m->rows[i]) <= least) {
			remove_row(m, i);
			m->left_out++;
			leave--;
		}
}

static int grow(struct top_model *m)
{
	uint32_t capacity = m->capacity ? m->capacity * 2 : FIRST_ROWS;
	struct top_row *rows;
	struct top_side *sides;

	if (capacity > m->config.max_rows)
		capacity = m->config.max_rows;
	rows = realloc(m->rows, capacity * sizeof(*rows));
	if (rows)
		m->rows = rows;
	sides = realloc(m->sides, capacity * sizeof(*sides));
	if (sides)
		m->sides = sides;
	if (!rows || !sides)
		return -1;
	m->capacity = capacity;
	return 0;
}

/* A row that is all new, or NULL. */
static struct top_row *add_row(struct top_model *m, const struct flow_key *key)
{
	struct top_row *row;

	if (m->n == m->config.max_rows && m->n)
		make_room(m);
	if (m->n == m->capacity && grow(m)) {
		m->left_out++;
		return NULL;
	}
	row = &m->rows[m->n];
	*row = (struct top_row){ .key = *key, .hash = key_hash(key, m->config.seed) };
	if (m->config.live && index_add(&m->index, row->hash, m->n)) {
		m->left_out++;
		return NULL;
	}
	m->sides[m->n].why[0] = '\0';
	m->n++;
	return row;
}

/* Number of a class name; those past the last are 0, like none. */
static uint8_t class_number(struct top_model *m, const char *name)
{
	static const char none[] = "";
	int i;

	if (!name)
		name = none;
	for (i = 0; i < m->n_classes; i++)
		if (!strncmp(m->class_name[i], name, TOP_NAME - 1))
			return i;
	if (m->n_classes == TOP_CLASSES)
		return 0;
	snprintf(m->class_name[m->n_classes], TOP_NAME, "%s", name);
	return m->n_classes++;
}

static void take_verdict(struct top_model *m, struct top_row *row, struct top_side *side,
                         const struct verdict *v)
{
	if (!v)
		return;
	row->marks &= ~(TOP_CLASSIFIED | TOP_SCORED | TOP_ANOMALY);
	side->why[0] = '\0';
	if (v->has_class) {
		row->marks |= TOP_CLASSIFIED;
		row->class = class_number(m, v->class_name);
		row->probability = v->class_probability;
		m->has_class = true;
	}
	if (v->has_score) {
		row->marks |= TOP_SCORED;
		row->score = v->anomaly_score;
		m->has_score = true;
	}
	if (v->is_anomaly) {
		row->marks |= TOP_ANOMALY;
		memcpy(side->why, v->why, sizeof(side->why));
	}
}

static void swap(uint64_t pair[2])
{
	uint64_t first = pair[0];

	pair[0] = pair[1];
	pair[1] = first;
}

/* Counts of a record are those since its last cut, the row's those since the flow began. */
static void take_counts(struct top_row *row, const struct flow_record *r, bool cut)
{
	const struct flow_side *side[2] = { r->fwd, r->rev };
	int i;

	if (row->key.src_port != r->key.src_port || memcmp(row->key.src, r->key.src, 16)) {
		swap(row->before_bytes); /* the initiator turned out to be the other */
		swap(row->before_packets);
	}
	row->key = r->key;
	for (i = 0; i < 2; i++) {
		row->bytes[i] = row->before_bytes[i] + side[i]->bytes;
		row->packets[i] = row->before_packets[i] + side[i]->packets;
		if (cut) {
			row->before_bytes[i] = row->bytes[i];
			row->before_packets[i] = row->packets[i];
		}
	}
	if (!row->start_ns)
		row->start_ns = r->start_ns + r->wall_ns;
	row->end_ns = r->end_ns + r->wall_ns;
}

/* In one interval a flow may end and another begin with its key; both have moved. */
static void take_moved(struct top_model *m, struct top_row *row, const struct flow_record *r)
{
	int i;

	if (!(row->marks & TOP_ENDED) || row->tick != m->tick) {
		memset(row->moved_bytes, 0, sizeof(row->moved_bytes));
		memset(row->moved_packets, 0, sizeof(row->moved_packets));
	}
	for (i = 0; i < 2; i++) {
		row->moved_bytes[i] += r->moved_bytes[i];
		row->moved_packets[i] += r->moved_packets[i];
	}
	row->tick = m->tick;
}

static void begin_again(struct top_row *row)
{
	row->marks &= ~TOP_ENDED;
	row->start_ns = 0;
	memset(row->before_bytes, 0, sizeof(row->before_bytes));
	memset(row->before_packets, 0, sizeof(row->before_packets));
}

static struct top_row *take(struct top_model *m, const struct flow_record *r)
{
	int64_t at = m->config.live ? top_model_find(m, &r->key) : -1;
	struct top_row *row = at < 0 ? add_row(m, &r->key) : &m->rows[at];
	bool empty = !r->fwd->packets && !r->rev->packets; /* just cut: nothing new to tell */
	struct top_side *side;

	if (!row)
		return NULL;
	m->wall_ns = r->wall_ns;
	side = &m->sides[row - m->rows];
	take_moved(m, row, r);
	if (row->marks & TOP_ENDED)
		begin_again(row);
	take_counts(row, r, r->end == RECORD_ACTIVE && m->config.live);
	row->end = r->end;
	if (empty && at >= 0)
		return row;
	side->fwd = *r->fwd;
	side->rev = *r->rev;
	take_verdict(m, row, side, r->verdict);
	return row;
}

void top_model_look(struct top_model *m, const struct flow_record *r)
{
	take(m, r);
}

void top_model_record(struct top_model *m, const struct flow_record *r)
{
	bool moved = r->moved_packets[0] || r->moved_packets[1];
	struct top_row *row;
	int64_t at;

	if (!m->config.live || moved || r->end == RECORD_ACTIVE) {
		row = take(m, r);
		if (row && m->config.live && r->end != RECORD_ACTIVE)
			row->marks |= TOP_ENDED;
		return;
	}
	at = top_model_find(m, &r->key);
	if (at >= 0)
		remove_row(m, at);
}

/* What ended in the interval before, and what has been silent for longer than flows may be. */
static void remove_old(struct top_model *m)
{
	uint64_t limit_ns = m->config.idle_ns + 2 * m->interval_ns;
	struct top_row *row;
	uint32_t i;

	for (i = m->n; i--;) {
		row = &m->rows[i];
		if ((row->marks & TOP_ENDED && row->tick != m->tick) ||
		    (m->config.idle_ns && row->tick != m->tick &&
		     row->end_ns + limit_ns < m->now_ns))
			remove_row(m, i);
	}
}

/* Spread every record's bytes over its time. */
static void make_history(struct top_model *m)
{
	uint64_t first = UINT64_MAX, last = 0, start, end, from, to;
	const struct top_row *row;
	double share;
	uint32_t i, k;

	for (i = 0; i < m->n; i++) {
		first = m->rows[i].start_ns < first ? m->rows[i].start_ns : first;
		last = m->rows[i].end_ns > last ? m->rows[i].end_ns : last;
	}
	if (first > last)
		return;
	m->n_history = TOP_HISTORY;
	m->history_ns = (last - first) / TOP_HISTORY + 1;
	for (i = 0; i < m->n; i++) {
		row = &m->rows[i];
		start = row->start_ns - first;
		end = row->end_ns - first + 1;
		share = (row->bytes[0] + row->bytes[1]) / (double)(end - start);
		for (k = start / m->history_ns; k < TOP_HISTORY && k * m->history_ns < end; k++) {
			from = k * m->history_ns > start ? k * m->history_ns : start;
			to = (k + 1) * m->history_ns < end ? (k + 1) * m->history_ns : end;
			m->history[k] += share * (to - from) * 1e9 / m->history_ns;
		}
	}
}

static void write_books(struct top_model *m, const struct books *books)
{
	struct buf b = { 0 };
	char *end;

	books_print(books, &b);
	buf_char(&b, '\0');
	if (!b.error) {
		snprintf(m->books, sizeof(m->books), "%s", b.data);
		end = strchr(m->books, '\n');
		if (end)
			*end = '\0';
	}
	buf_clear(&b);
}

void top_model_report(struct top_model *m, const struct sink_report *r)
{
	m->now_ns = r->now_ns;
	m->interval_ns = r->interval_ns;
	m->live_flows = r->live_flows;
	m->records = r->records;
	m->moved = r->moved;
	snprintf(m->source, sizeof(m->source), "%s", r->source);
	write_books(m, r->books);
	if (!m->config.live) {
		make_history(m);
		return;
	}
	remove_old(m);
	m->history[m->n_history++ % TOP_HISTORY] = r->interval_ns
	                                                   ? r->moved.bytes * 1e9 / r->interval_ns
	                                                   : 0;
	m->history_ns = r->interval_ns;
	m->tick++;
}
