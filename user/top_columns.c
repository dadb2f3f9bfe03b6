// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The list: which columns fit into the window, and what is in their cells. The first columns are
 * always there; the others come as room permits, those that models fill first; what room is left
 * goes to the addresses, up to the longest that was seen.
 */
#include <stdio.h>
#include <string.h>

#include "top_view.h"
#include "units.h"

#define MARK_WIDTH    2 /* "! " */
#define IPV4_WIDTH    21
#define LEAST_WIDTH   9  /* of an address that is cut in the middle */
#define NARROW        60 /* below, the protocol is left out */
#define LAST_PRIORITY 6

struct place {
	enum top_column column;
	int width;
	bool right; /* aligned */
};

struct layout {
	int n;
	struct place place[TOP_N_COLUMNS];
};

/* In the order of the screen; priority is the order in which they get room, 0: always. */
struct spec {
	enum top_column column;
	int width;
	bool right;
	int priority;
};

static const struct spec flow_specs[] = {
	{ TOP_PROTOCOL, 5, false, 0 },
	{ TOP_SOURCE, IPV4_WIDTH, false, 0 },
	{ TOP_DESTINATION, IPV4_WIDTH, false, 0 },
	{ TOP_BYTES_RATE, 9, true, 0 },
	{ TOP_PACKETS_RATE, 9, true, 5 },
	{ TOP_BYTES, 7, true, 3 },
	{ TOP_PACKETS, 7, true, 4 },
	{ TOP_AGE, 6, true, 6 },
	{ TOP_SCORE, 6, true, 1 },
	{ TOP_CLASS, 12, false, 2 },
};

static const struct spec group_specs[] = {
	{ TOP_LABEL, 16, false, 0 },      { TOP_FLOWS, 7, true, 0 }, { TOP_BYTES_RATE, 9, true, 0 },
	{ TOP_PACKETS_RATE, 9, true, 5 }, { TOP_BYTES, 7, true, 3 }, { TOP_PACKETS, 7, true, 4 },
	{ TOP_ANOMALIES, 8, true, 1 },    { TOP_SCORE, 6, true, 2 },
};

static bool is_filled(const struct top_model *m, enum top_column column)
{
	if (column == TOP_SCORE || column == TOP_ANOMALIES)
		return m->has_score;
	return column != TOP_CLASS || m->has_class;
}

/* Which of the specs fit into width, as bits. What is sorted by should be seen. */
static unsigned int choose(const struct spec *specs, size_t n, const struct top_model *m,
                           enum top_column sort, int width)
{
	unsigned int chosen = 0;
	int used = MARK_WIDTH - 1, round, priority;
	size_t i;

	for (round = 0; round <= LAST_PRIORITY; round++)
		for (i = 0; i < n; i++) {
			priority = specs[i].column == sort ? 0 : specs[i].priority;
			if (priority != round || !is_filled(m, specs[i].column))
				continue;
			if (priority && used + specs[i].width + 1 > width)
				continue;
			if (specs[i].column == TOP_PROTOCOL && width < NARROW)
				continue;
			chosen |= 1U << i;
			used += specs[i].width + 1;
		}
	return chosen;
}

static bool is_elastic(enum top_column column)
{
	return column == TOP_SOURCE || column == TOP_DESTINATION || column == TOP_LABEL;
}

/* Give what is left to the columns of addresses, up to most; or take from them what is lacking. */
static void stretch(struct layout *y, int width, int most)
{
	int used = MARK_WIDTH - 1, n = 0, limit, each, i;

	for (i = 0; i < y->n; i++) {
		used += y->place[i].width + 1;
		n += is_elastic(y->place[i].column);
	}
	each = width - used;
	if (each < 0)
		each -= n - 1; /* division truncates towards zero */
	each = n ? each / n : 0;
	for (i = 0; i < y->n; i++) {
		struct place *p = &y->place[i];

		if (!is_elastic(p->column))
			continue;
		limit = most > p->width ? most : p->width;
		p->width = p->width + each < limit ? p->width + each : limit;
		p->width = p->width < LEAST_WIDTH ? LEAST_WIDTH : p->width;
	}
	if (width >= 100 && y->place[0].column == TOP_PROTOCOL)
		y->place[0].width = 9;
}

static struct layout lay_out(const struct top_model *m, enum top_group group, enum top_column sort,
                             int width, int most)
{
	const struct spec *specs = group ? group_specs : flow_specs;
	size_t n = group ? sizeof(group_specs) / sizeof(*specs)
	                 : sizeof(flow_specs) / sizeof(*specs),
	       i;
	struct layout y = { 0 };
	int room = width >= 100 && !group ? width - 4 : width; /* for IPv6-ICMP */
	unsigned int chosen = choose(specs, n, m, sort, room);

	for (i = 0; i < n; i++)
		if (chosen & 1U << i)
			y.place[y.n++] = (struct place){ specs[i].column, specs[i].width,
				                         specs[i].right };
	stretch(&y, room, most);
	return y;
}

static const char *title_of(enum top_column column, bool live)
{
	int i = 0;

	if (!live && column == TOP_BYTES_RATE)
		return "MEAN/S";
	if (!live && column == TOP_AGE)
		return "TIME";
	while (top_column_keys[i].column != column)
		i++;
	return top_column_keys[i].title;
}

static void put_cell(struct top_canvas *c, int y, int *x, const struct place *p,
                     enum top_style style, const char *text)
{
	int length = top_canvas_width(c, text);
	int indent = p->right && length < p->width ? p->width - length : 0;

	top_canvas_put(c, y, *x + indent, p->width - indent, style, text);
	*x += p->width + 1;
}

static void put_heads(struct top_canvas *c, int y, const struct layout *layout,
                      const struct top_state *s, bool live)
{
	const char *sign = c->unicode ? (s->query.reverse ? "\xe2\x96\xb2" : "\xe2\x96\xbc")
	                              : (s->query.reverse ? "^" : "v");
	int i, x = MARK_WIDTH;
	char text[64];

	for (i = 0; i < layout->n; i++) {
		const struct place *p = &layout->place[i];
		bool sorted = p->column == s->query.sort;
		const char *title = title_of(p->column, live);

		/* at the right the sign takes the place of the blank behind, if it must */
		snprintf(text, sizeof(text), "%s%s", title, sorted ? sign : "");
		put_cell(c, y, &x, p, TOP_HEAD, text);
	}
	top_canvas_paint(c, y, TOP_HEAD);
}

/* In the middle shortened to width, for the ends of addresses tell most. */
static void shorten(char *text, int width)
{
	int length = strlen(text), tail = width - width / 2;

	if (length <= width)
		return;
	text[width / 2 - 1] = '~';
	memmove(text + width / 2, text + length - tail, tail + 1);
}

static void put_rate(char *text, size_t size, double rate)
{
	char number[UNITS_TEXT];

	snprintf(text, size, "%s/s", units_bytes(number, rate));
}

static void put_score(char *text, size_t size, bool there, double score)
{
	snprintf(text, size, there ? "%.2f" : "-", score);
}

static void row_text(char *text, size_t size, const struct place *p, const struct top_model *m,
                     const struct top_row *row)
{
	const struct flow_key *k = &row->key;

	switch (p->column) {
	case TOP_PROTOCOL:
		top_protocol(text, size, k->protocol);
		break;
	case TOP_SOURCE:
		top_endpoint(text, size, k->src, k->ip_version, k->src_port);
		shorten(text, p->width);
		break;
	case TOP_DESTINATION:
		top_endpoint(text, size, k->dst, k->ip_version, k->dst_port);
		shorten(text, p->width);
		break;
	case TOP_BYTES_RATE:
		put_rate(text, size, top_row_bytes_rate(m, row));
		break;
	case TOP_PACKETS_RATE:
		units_count(text, top_row_packets_rate(m, row), "pps");
		break;
	case TOP_BYTES:
		units_bytes(text, row->bytes[0] + row->bytes[1]);
		break;
	case TOP_PACKETS:
		units_count(text, row->packets[0] + row->packets[1], "");
		break;
	case TOP_AGE:
		units_duration(text, row->end_ns - row->start_ns);
		break;
	case TOP_SCORE:
		put_score(text, size, row->marks & TOP_SCORED, row->score);
		break;
	default:
		snprintf(text, size, "%s", m->class_name[row->class]);
		break;
	}
}

static void label_text(char *text, size_t size, const struct top_model *m,
                       const struct top_sum *sum, enum top_group group)
{
	char name[24];

	top_protocol(name, sizeof(name), sum->protocol);
	switch (group) {
	case TOP_BY_HOST:
		top_endpoint(text, size, sum->address, sum->version, 0);
		break;
	case TOP_BY_PORT:
		if (sum->port)
			snprintf(text, size, "%s %u", name, sum->port);
		else
			snprintf(text, size, "%s", name);
		break;
	case TOP_BY_CLASS:
		snprintf(text, size, "%s",
		         sum->class ? m->class_name[sum->class] : "(not classified)");
		break;
	default:
		snprintf(text, size, "%s", name);
		break;
	}
}

static void sum_text(char *text, size_t size, const struct place *p, const struct top_model *m,
                     const struct top_sum *sum, enum top_group group)
{
	switch (p->column) {
	case TOP_LABEL:
		label_text(text, size, m, sum, group);
		break;
	case TOP_FLOWS:
		units_grouped(text, sum->flows);
		break;
	case TOP_ANOMALIES:
		units_grouped(text, sum->anomalies);
		break;
	case TOP_BYTES_RATE:
		put_rate(text, size, sum->bytes_rate);
		break;
	case TOP_PACKETS_RATE:
		units_count(text, sum->packets_rate, "pps");
		break;
	case TOP_BYTES:
		units_bytes(text, sum->bytes);
		break;
	case TOP_PACKETS:
		units_count(text, sum->packets, "");
		break;
	default:
		put_score(text, size, sum->has_score, sum->worst);
		break;
	}
}

static enum top_style style_of(bool anomalous, bool ended, bool selected)
{
	if (selected)
		return anomalous ? TOP_WARN_SELECTED : TOP_SELECTED;
	return anomalous ? TOP_WARN : ended ? TOP_DIM : TOP_PLAIN;
}

static void put_item(struct top_canvas *c, int y, const struct layout *layout, uint32_t at,
                     bool selected, const struct top_list *l, const struct top_model *m)
{
	const struct top_row *row = l->group ? NULL : &m->rows[l->items[at].at];
	const struct top_sum *sum = l->group ? &l->sums[l->items[at].at] : NULL;
	bool anomalous = row ? row->marks & TOP_ANOMALY : sum->anomalies > 0;
	bool ended = row && row->marks & TOP_ENDED;
	enum top_style style = style_of(anomalous, ended, selected);
	int i, x = MARK_WIDTH;
	char text[128];

	top_canvas_put(c, y, 0, 1, style, anomalous ? "!" : ended ? "x" : " ");
	for (i = 0; i < layout->n; i++) {
		if (row)
			row_text(text, sizeof(text), &layout->place[i], m, row);
		else
			sum_text(text, sizeof(text), &layout->place[i], m, sum, l->group);
		put_cell(c, y, &x, &layout->place[i], style, text);
	}
	top_canvas_paint(c, y, style);
}

/* The longest address on the page widens its column for good: columns should not dance. */
static void measure(struct top_state *s, const struct top_list *l, const struct top_model *m,
                    uint32_t end)
{
	char text[64];
	uint32_t i;
	int length;

	for (i = s->first; i < end && !l->group; i++) {
		const struct flow_key *k = &m->rows[l->items[i].at].key;

		length = top_endpoint(text, sizeof(text), k->src, k->ip_version, k->src_port);
		s->endpoint_width = length > s->endpoint_width ? length : s->endpoint_width;
		length = top_endpoint(text, sizeof(text), k->dst, k->ip_version, k->dst_port);
		s->endpoint_width = length > s->endpoint_width ? length : s->endpoint_width;
	}
}

void top_columns_draw(struct top_canvas *c, int y, int count, struct top_state *s,
                      const struct top_list *l, const struct top_model *m)
{
	uint32_t end = s->first + count < l->n ? s->first + count : l->n, i;
	struct layout layout;

	measure(s, l, m, end);
	layout = lay_out(m, l->group, s->query.sort, c->width, l->group ? 47 : s->endpoint_width);
	put_heads(c, y, &layout, s, m->config.live);
	for (i = s->first; i < end; i++)
		put_item(c, y + 1 + (int)(i - s->first), &layout, i, i == s->selected, l, m);
}
