// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Flows and their sums, from a shot. The sums are made once a shot, however many look at them.
 * Names and units are those of flow records; rates are those of the last interval.
 */
#include "page_json.h"

#include <inttypes.h>

#include "addr.h"
#include "field.h"

#define BARS     10 /* of a list of sums, the largest by each measure */
#define MEASURES 3

void page_reader_clear(struct page_reader *r)
{
	top_list_clear(&r->list);
	buf_clear(&r->groups);
	r->groups_of = 0;
}

/* Six digits are enough for the eye. */
static void put_six(struct buf *b, double value)
{
	buf_format(b, "%.6g", value);
}

static void put_verdict(struct buf *b, const struct page_shot *shot, uint32_t at)
{
	const struct top_row *row = &shot->model.rows[at];

	if (row->class) {
		field_put_json_text(b, shot->model.class_name[row->class]);
		buf_char(b, ',');
		put_six(b, row->probability);
	} else {
		buf_text(b, "null,null");
	}
	buf_char(b, ',');
	if (row->marks & TOP_SCORED)
		put_six(b, row->score);
	else
		buf_text(b, "null");
	buf_text(b, row->marks & TOP_ANOMALY ? ",true," : ",false,");
	field_put_json_text(b, row->marks & TOP_ANOMALY ? page_shot_why(shot, at) : "");
}

static void put_row(struct buf *b, const struct page_shot *shot, uint32_t at)
{
	const struct top_row *row = &shot->model.rows[at];
	char from[ADDR_TEXT], to[ADDR_TEXT], protocol[24];

	addr_format(row->key.src, row->key.ip_version, from);
	addr_format(row->key.dst, row->key.ip_version, to);
	top_protocol(protocol, sizeof(protocol), row->key.protocol);
	buf_format(b,
	           "[\"%s\",\"%s\",%u,%u,\"%s\",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
	           ",%.3f,",
	           from, to, row->key.src_port, row->key.dst_port, protocol,
	           row->packets[0] + row->packets[1], row->bytes[0] + row->bytes[1], row->bytes[0],
	           row->bytes[1], row->start_ns / 1e9);
	put_six(b, (row->end_ns - row->start_ns) / 1e9);
	buf_char(b, ',');
	put_six(b, top_row_bytes_rate(&shot->model, row));
	buf_char(b, ',');
	put_six(b, top_row_packets_rate(&shot->model, row));
	buf_char(b, ',');
	put_verdict(b, shot, at);
	buf_text(b, row->marks & TOP_ENDED ? ",true]" : ",false]");
}

/* Leave in the list only what moved in the last interval. */
static void keep_moved(struct top_list *l, const struct top_model *m)
{
	uint32_t n = 0, i;

	for (i = 0; i < l->n; i++)
		if (m->rows[l->items[i].at].tick + 1 == m->tick)
			l->items[n++] = l->items[i];
	l->n = n;
}

static const char columns[] =
        "\"columns\":[\"src_ip\",\"dst_ip\",\"src_port\",\"dst_port\",\"protocol\",\"packets\","
        "\"bytes\",\"fwd_bytes\",\"rev_bytes\",\"start_time\",\"duration\",\"bytes_per_second\","
        "\"packets_per_second\",\"class\",\"class_probability\",\"anomaly_score\",\"is_anomaly\","
        "\"anomaly_reasons\",\"ended\"]";

void page_json_flows(struct buf *b, struct page_reader *r, const struct page_shot *shot,
                     const struct page_query *q)
{
	const struct top_query list = page_query_of_list(q);
	uint32_t n, i;

	if (top_list_make(&r->list, &shot->model, &list)) {
		b->error = -1;
		return;
	}
	if (q->moved)
		keep_moved(&r->list, &shot->model);
	n = r->list.n < q->limit ? r->list.n : q->limit;
	top_list_order(&r->list, &shot->model, 0, n);
	buf_text(b, "{\"time\":");
	buf_seconds(b, shot->model.now_ns);
	buf_format(b,
	           ",\"flows\":%u,\"passing\":%u,\"anomalies\":%u,\"left_out\":%" PRIu64
	           ",\"judged\":%s,\"classified\":%s,",
	           shot->model.n, q->moved ? r->list.n : r->list.flows, r->list.anomalies,
	           shot->model.left_out, shot->model.has_score ? "true" : "false",
	           shot->model.has_class ? "true" : "false");
	buf_text(b, columns);
	buf_text(b, ",\"rows\":[");
	for (i = 0; i < n; i++) {
		buf_text(b, i ? ",\n" : "\n");
		put_row(b, shot, r->list.items[i].at);
	}
	buf_text(b, "]}");
}

static void put_name(struct buf *b, const struct top_model *m, enum top_group group,
                     const struct top_sum *s)
{
	char protocol[24], address[ADDR_TEXT];

	switch (group) {
	case TOP_BY_HOST:
		addr_format(s->address, s->version, address);
		field_put_json_text(b, address);
		break;
	case TOP_BY_PORT:
		top_protocol(protocol, sizeof(protocol), s->protocol);
		buf_format(b, "\"%s %u\"", protocol, s->port);
		break;
	case TOP_BY_CLASS:
		field_put_json_text(b, m->class_name[s->class]);
		break;
	default:
		top_protocol(protocol, sizeof(protocol), s->protocol);
		field_put_json_text(b, protocol);
		break;
	}
}

static void put_sum(struct buf *b, const struct top_model *m, enum top_group group,
                    const struct top_sum *s)
{
	buf_text(b, "{\"name\":");
	put_name(b, m, group, s);
	buf_format(b,
	           ",\"flows\":%u,\"anomalies\":%u,\"bytes\":%" PRIu64 ",\"packets\":%" PRIu64
	           ",\"bytes_per_second\":",
	           s->flows, s->anomalies, s->bytes, s->packets);
	put_six(b, s->bytes_rate);
	buf_text(b, ",\"packets_per_second\":");
	put_six(b, s->packets_rate);
	buf_char(b, '}');
}

static double measure_of(const struct top_sum *s, int measure)
{
	return measure == 0 ? s->bytes_rate : measure == 1 ? s->packets_rate : s->flows;
}

/* Numbers of the n largest sums by a measure, largest first; how many there are comes back. */
static uint32_t find_largest(const struct top_list *l, int measure, uint32_t largest[BARS])
{
	uint32_t n = 0, i, k;

	for (i = 0; i < l->n_sums; i++) {
		double value = measure_of(&l->sums[i], measure);

		if (n == BARS && value <= measure_of(&l->sums[largest[n - 1]], measure))
			continue;
		k = n < BARS ? n++ : n - 1;
		for (; k && value > measure_of(&l->sums[largest[k - 1]], measure); k--)
			largest[k] = largest[k - 1];
		largest[k] = i;
	}
	return n;
}

/* Those that are largest by any measure, each once. */
static uint32_t find_bars(const struct top_list *l, uint32_t bars[MEASURES * BARS])
{
	uint32_t largest[BARS], n = 0, found, i, k;
	int measure;

	for (measure = 0; measure < MEASURES; measure++) {
		found = find_largest(l, measure, largest);
		for (i = 0; i < found; i++) {
			for (k = 0; k < n && bars[k] != largest[i]; k++)
				;
			if (k == n)
				bars[n++] = largest[i];
		}
	}
	return n;
}

/* names: how many there are in all, of which the largest are listed. */
static void put_group(struct buf *b, struct page_reader *r, const struct page_shot *shot,
                      enum top_group group, const char *name)
{
	const struct top_query q = { .group = group, .sort = TOP_BYTES_RATE };
	uint32_t bars[MEASURES * BARS], n, i;

	if (top_list_make(&r->list, &shot->model, &q)) {
		b->error = -1;
		return;
	}
	n = find_bars(&r->list, bars);
	buf_format(b, ",\"%s\":{\"names\":%u,\"bars\":[", name, r->list.n_sums);
	for (i = 0; i < n; i++) {
		buf_text(b, i ? "," : "");
		put_sum(b, &shot->model, group, &r->list.sums[bars[i]]);
	}
	buf_text(b, "]}");
}

static void make_groups(struct page_reader *r, const struct page_shot *shot)
{
	r->groups.length = 0;
	r->groups.error = 0;
	put_group(&r->groups, r, shot, TOP_BY_PROTOCOL, "protocols");
	put_group(&r->groups, r, shot, TOP_BY_HOST, "talkers");
	put_group(&r->groups, r, shot, TOP_BY_PORT, "ports");
	put_group(&r->groups, r, shot, TOP_BY_CLASS, "classes");
	r->groups_of = r->groups.error ? 0 : shot->number;
}

void page_json_summary(struct buf *b, struct page_reader *r, const struct page_shot *shot,
                       uint64_t now_ns)
{
	uint64_t made_ns = shot->model.now_ns;

	if (r->groups_of != shot->number)
		make_groups(r, shot);
	buf_char(b, '{');
	buf_put(b, shot->head.data, shot->head.length);
	buf_text(b, ",\"age\":");
	buf_seconds(b, now_ns > made_ns ? now_ns - made_ns : 0);
	buf_put(b, r->groups.data, r->groups.length);
	buf_char(b, '}');
	if (r->groups.error)
		b->error = r->groups.error;
}

void page_json_error(struct buf *b, const char *error)
{
	buf_text(b, "{\"error\":");
	field_put_json_text(b, error);
	buf_char(b, '}');
}
