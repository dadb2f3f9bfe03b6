// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One flow: what it is and what the models say, then every row of the field table, in as many
 * columns as fit. Fields that both directions have stand beside each other.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "field.h"
#include "top_view.h"
#include "units.h"

#define ENTRY_WIDTH 40 /* a name and a value, or two; and a blank */
#define NAME_WIDTH  14
#define VALUE_WIDTH 12
#define SECOND      1000000000ULL

static const char *const forth = "fwd_", *const back = "rev_";

static bool begins(const struct field *f, const char *prefix)
{
	return !strncmp(f->name, prefix, strlen(prefix));
}

static void put_clock(char *text, size_t size, uint64_t ns)
{
	time_t s = ns / SECOND;
	struct tm tm;
	size_t n;

	if (!ns) {
		snprintf(text, size, "-");
		return;
	}
	localtime_r(&s, &tm);
	n = strftime(text, size, "%H:%M:%S", &tm);
	snprintf(text + n, size - n, ".%03u", (unsigned int)(ns % SECOND / 1000000));
}

static void put_count(char *text, size_t size, uint64_t n)
{
	char grouped[UNITS_TEXT + 8], scaled[UNITS_TEXT];

	units_grouped(grouped, n);
	snprintf(text, size, "%s",
	         strlen(grouped) <= VALUE_WIDTH ? grouped : units_count(scaled, n, ""));
}

/* Slow flows are slower than one packet a second. */
static void put_packets_rate(char *text, size_t size, double rate)
{
	char amount[UNITS_TEXT];

	if (rate > 0 && rate < 9.5)
		snprintf(text, size, "%.2g pps", rate);
	else
		snprintf(text, size, "%s", units_count(amount, rate, "pps"));
}

static void put_real(char *text, size_t size, const struct field *f, double value)
{
	char amount[UNITS_TEXT];

	if (isnan(value))
		snprintf(text, size, "-");
	else if (!strcmp(f->unit, "s"))
		snprintf(text, size, "%s", units_duration(amount, value * SECOND));
	else if (!strcmp(f->unit, "bytes/s"))
		snprintf(text, size, "%s/s", units_bytes(amount, value));
	else if (!strcmp(f->unit, "packets/s"))
		put_packets_rate(text, size, value);
	else
		snprintf(text, size, "%.4g", value);
}

static void put_value(char *text, size_t size, const struct field *f, const struct flow_record *r)
{
	size_t length = strlen(f->name);
	union field_value v;

	f->get(r, f, &v);
	switch (f->type) {
	case FIELD_ADDRESS:
		top_endpoint(text, size, v.ip.address, v.ip.version, 0);
		break;
	case FIELD_TEXT:
		snprintf(text, size, "%s", v.text ? v.text : "-");
		break;
	case FIELD_FLAG:
		snprintf(text, size, "%s", v.count == FIELD_ABSENT ? "-" : v.count ? "yes" : "no");
		break;
	case FIELD_REAL:
		put_real(text, size, f, v.real);
		break;
	case FIELD_SECONDS:
		if (length > 5 && !strcmp(f->name + length - 5, "_time"))
			put_clock(text, size, v.count);
		else
			units_duration(text, v.count);
		break;
	default:
		if (strstr(f->name, "port") || strstr(f->name, "vlan"))
			snprintf(text, size, "%u", (unsigned int)v.count);
		else
			put_count(text, size, v.count);
		break;
	}
}

static const struct field *way_back(const struct field *f)
{
	size_t i;

	for (i = 0; i < n_fields; i++)
		if (begins(&fields[i], back) && !strcmp(fields[i].name + 4, f->name + 4))
			return &fields[i];
	return f;
}

/* Right-aligned in width columns that end before x. */
static void put_right(struct top_canvas *c, int y, int x, int width, const char *text)
{
	int length = top_canvas_width(c, text);

	length = length < width ? length : width;
	top_canvas_put(c, y, x - length, length, TOP_PLAIN, text);
}

static void put_field(struct top_canvas *c, int y, int x, const struct field *f,
                      const struct flow_record *r)
{
	char text[256];
	int room = ENTRY_WIDTH - 2 - (int)strlen(f->name);

	if (begins(f, forth)) {
		top_canvas_put(c, y, x, NAME_WIDTH, TOP_DIM, f->name + strlen(forth));
		put_value(text, sizeof(text), f, r);
		put_right(c, y, x + NAME_WIDTH + VALUE_WIDTH, VALUE_WIDTH, text);
		put_value(text, sizeof(text), way_back(f), r);
		put_right(c, y, x + NAME_WIDTH + 2 * VALUE_WIDTH + 1, VALUE_WIDTH, text);
	} else {
		top_canvas_put(c, y, x, -1, TOP_DIM, f->name);
		put_value(text, sizeof(text), f, r);
		put_right(c, y, x + ENTRY_WIDTH - 1, room, text);
	}
}

static void put_sides_head(struct top_canvas *c, int y, int x)
{
	top_canvas_put(c, y, x, NAME_WIDTH, TOP_BOLD, "DIRECTION");
	put_right(c, y, x + NAME_WIDTH + VALUE_WIDTH, VALUE_WIDTH, "FORTH");
	put_right(c, y, x + NAME_WIDTH + 2 * VALUE_WIDTH + 1, VALUE_WIDTH, "BACK");
}

/* The fields of the whole flow or of its directions, from a line of the scroll on; lines taken. */
static int put_fields(struct top_canvas *c, int top, int bottom, int y, bool sides,
                      const struct flow_record *r)
{
	int columns = c->width / ENTRY_WIDTH ? c->width / ENTRY_WIDTH : 1, n = 0, lines, k = 0, at;
	size_t i;

	for (i = 0; i < n_fields; i++)
		n += begins(&fields[i], forth) == sides && !begins(&fields[i], back);
	lines = (n + columns - 1) / columns;
	for (i = 0; i < n_fields; i++) {
		if (begins(&fields[i], forth) != sides || begins(&fields[i], back))
			continue;
		at = y + sides + k % lines;
		if (at >= top && at < bottom)
			put_field(c, at, k / lines * ENTRY_WIDTH, &fields[i], r);
		k++;
	}
	for (i = 0; sides && i < (size_t)columns && y >= top && y < bottom; i++)
		put_sides_head(c, y, i * ENTRY_WIDTH);
	return lines + sides;
}

/* What has no room in a column: the reasons, wrapped between words. Lines taken. */
static int put_wrapped(struct top_canvas *c, int y, int limit, enum top_style style,
                       const char *text)
{
	char line[512];
	int lines = 0, room = c->width, length, cut;

	if (room > (int)sizeof(line) - 1)
		room = sizeof(line) - 1;
	for (; *text && lines < limit; lines++) {
		length = strlen(text);
		cut = length;
		if (length > room)
			for (cut = room; cut > room / 2 && text[cut] != ' ';)
				cut--;
		snprintf(line, sizeof(line), "%.*s", cut, text);
		top_canvas_put(c, y + lines, 0, -1, style, line);
		text += cut;
		while (*text == ' ')
			text++;
	}
	return lines;
}

static int put_verdict(struct top_canvas *c, int y, int limit, const struct top_state *s,
                       const struct top_model *m)
{
	const struct top_row *row = &s->detail.row;
	char text[TOP_NAME + sizeof(s->detail.side.why) + 80];
	int n = 0;

	if (row->marks & TOP_CLASSIFIED)
		n += snprintf(text + n, sizeof(text) - n, "class %s, %.0f %% sure.  ",
		              m->class_name[row->class], 100 * row->probability);
	if (row->marks & TOP_SCORED)
		n += snprintf(text + n, sizeof(text) - n, "anomaly score %.2f%s%s", row->score,
		              row->marks & TOP_ANOMALY ? ", ANOMALOUS: " : ", as usual",
		              s->detail.side.why);
	return n ? put_wrapped(c, y, limit, row->marks & TOP_ANOMALY ? TOP_WARN : TOP_PLAIN, text)
	         : 0;
}

static int put_what(struct top_canvas *c, int y, const struct top_state *s,
                    const struct top_model *m)
{
	const struct top_row *row = &s->detail.row;
	const struct flow_key *k = &row->key;
	char protocol[24], from[64], to[64], bytes[UNITS_TEXT], age[UNITS_TEXT], rate[UNITS_TEXT];
	char packets[UNITS_TEXT + 8];
	bool live = m->config.live && !s->detail.gone && !(row->marks & TOP_ENDED);

	top_protocol(protocol, sizeof(protocol), k->protocol);
	top_endpoint(from, sizeof(from), k->src, k->ip_version, k->src_port);
	top_endpoint(to, sizeof(to), k->dst, k->ip_version, k->dst_port);
	top_canvas_format(c, y, 0, TOP_BOLD, "%s  %s > %s", protocol, from, to);
	units_grouped(packets, row->packets[0] + row->packets[1]);
	units_bytes(bytes, row->bytes[0] + row->bytes[1]);
	units_duration(age, row->end_ns - row->start_ns);
	units_bytes(rate, live ? top_row_bytes_rate(m, row) : 0);
	top_canvas_format(c, y + 1, 0, TOP_PLAIN, "%s: %s packets, %s in %s%s%s%s",
	                  !m->config.live ? "record"
	                  : live          ? "live"
	                                  : "ended",
	                  packets, bytes, age, live ? "; now " : "", live ? rate : "",
	                  live ? "/s" : "");
	return 2;
}

void top_detail_draw(struct top_canvas *c, int y, int count, struct top_state *s,
                     const struct top_model *m)
{
	int bottom = y + count, at = y, end;
	struct flow_record r;
	struct verdict v;

	r = top_row_record(m, &s->detail.row, &s->detail.side, &v);
	at += put_what(c, at, s, m);
	at += put_verdict(c, at, 4, s, m);
	if (s->detail.row.before_packets[0] || s->detail.row.before_packets[1])
		top_canvas_put(c, at++, 0, -1, TOP_DIM,
		               "the fields below: since its last record (active timeout)");
	at++;
	end = at - (int)s->scroll;
	end += put_fields(c, at, bottom, end, false, &r) + 1;
	end += put_fields(c, at, bottom, end, true, &r);
	end += s->scroll;
	s->page = bottom > at ? bottom - at : 0;
	s->scroll_max = end > bottom ? end - bottom : 0;
	s->scroll = s->scroll > s->scroll_max ? s->scroll_max : s->scroll;
}
