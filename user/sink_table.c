// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table for people. Live, it shows the busiest flows of each interval: on a terminal redrawn in
 * place (the cursor goes up over the last block; nothing is cleared, so that a killed weir leaves
 * the terminal as it was) and cut to the window, elsewhere as blocks one below the other. For
 * files, the largest flows at the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "addr.h"
#include "alert.h"
#include "log.h"
#include "sink.h"
#include "units.h"

#define ALERTS_SHOWN 5
#define PLAIN_WIDTH  120 /* where there is no window */
#define FIXED_WIDTH  33  /* PROTO, PACKETS, RATE and their spaces; the last column is left free */
#define IPV4_WIDTH   21  /* 255.255.255.255:65535 */

/* A record that outlives its flow. */
struct kept {
	struct flow_record record;
	struct flow_side fwd, rev;
};

struct table_state {
	bool terminal;
	int width, height;
	int drawn;         /* lines of the block on the screen */
	struct kept *kept; /* the largest, largest first; for files */
	uint32_t n_kept;
};

static void measure(struct sink *s)
{
	struct table_state *t = s->state;
	struct winsize window;

	t->width = PLAIN_WIDTH;
	t->height = 0;
	if (!t->terminal || ioctl(s->out.fd, TIOCGWINSZ, &window) || !window.ws_col)
		return;
	t->width = window.ws_col;
	t->height = window.ws_row;
}

static void begin(struct sink *s)
{
	struct table_state *t = calloc(1, sizeof(*t));

	s->state = t;
	if (!t) {
		s->out.text.error = -12; /* ENOMEM: told with the first flush */
		return;
	}
	t->terminal = isatty(s->out.fd);
	if (!s->config->live)
		t->kept = calloc(s->config->top, sizeof(*t->kept));
}

static uint64_t bytes_of(const struct flow_record *r)
{
	return r->fwd->bytes + r->rev->bytes;
}

static void record(struct sink *s, const struct flow_record *r)
{
	struct table_state *t = s->state;
	uint32_t i;

	if (!t || !t->kept ||
	    (t->n_kept == s->config->top &&
	     bytes_of(r) <= bytes_of(&t->kept[t->n_kept - 1].record)))
		return;
	i = t->n_kept < s->config->top ? t->n_kept++ : t->n_kept - 1;
	for (; i > 0 && bytes_of(&t->kept[i - 1].record) < bytes_of(r); i--) {
		t->kept[i] = t->kept[i - 1];
		t->kept[i].record.fwd = &t->kept[i].fwd;
		t->kept[i].record.rev = &t->kept[i].rev;
	}
	t->kept[i].record = *r;
	t->kept[i].fwd = *r->fwd;
	t->kept[i].rev = *r->rev;
	t->kept[i].record.fwd = &t->kept[i].fwd;
	t->kept[i].record.rev = &t->kept[i].rev;
}

/* "192.0.2.1:443", "[2001:db8::1]:443", shortened in the middle to width with a tilde. */
static void endpoint(char *text, size_t size, int width, const uint8_t address[16], int version,
                     uint16_t port)
{
	char name[ADDR_TEXT], whole[ADDR_TEXT + 10];
	int length;

	addr_format(address, version, name);
	if (!port)
		length = snprintf(whole, sizeof(whole), "%s", name);
	else if (version == 4)
		length = snprintf(whole, sizeof(whole), "%s:%u", name, port);
	else
		length = snprintf(whole, sizeof(whole), "[%s]:%u", name, port);
	if (length <= width)
		snprintf(text, size, "%s", whole);
	else
		snprintf(text, size, "%.*s~%s", width / 2 - 1, whole,
		         whole + length - (width - width / 2));
}

/* How the width is shared: the columns BYTES and AGE are there only where IPv4 fits beside them. */
struct columns {
	int endpoint;
	bool bytes, age;
};

static struct columns share_width(const struct table_state *t)
{
	struct columns c = { .age = (t->width - FIXED_WIDTH - 20) / 2 >= IPV4_WIDTH,
		             .bytes = (t->width - FIXED_WIDTH - 10) / 2 >= IPV4_WIDTH };
	int width = (t->width - FIXED_WIDTH - 10 * (c.age + c.bytes)) / 2;

	c.endpoint = width < 9 ? 9 : width > 47 ? 47 : width;
	return c;
}

/* End a line: on a terminal cut to its width, and what stood there before wiped. */
static void put_line(struct sink *s, const char *line)
{
	struct table_state *t = s->state;
	int length = strlen(line);

	if (t->terminal && length >= t->width)
		length = t->width - 1;
	buf_put(&s->out.text, line, length);
	buf_text(&s->out.text, t->terminal ? "\x1b[K\n" : "\n");
	t->drawn++;
}

struct row {
	const char *protocol, *from, *to, *packets, *bytes, *rate, *age;
};

static void put_row(struct sink *s, const struct row *r)
{
	struct columns c = share_width(s->state);
	char line[256];
	int n;

	n = snprintf(line, sizeof(line), "%-8s %-*s %-*s %9s", r->protocol, c.endpoint, r->from,
	             c.endpoint, r->to, r->packets);
	if (c.bytes)
		n += snprintf(line + n, sizeof(line) - n, " %9s", r->bytes);
	n += snprintf(line + n, sizeof(line) - n, " %11s", r->rate);
	if (c.age)
		snprintf(line + n, sizeof(line) - n, " %9s", r->age);
	put_line(s, line);
}

static void put_head(struct sink *s, const char *rate)
{
	put_row(s,
	        &(struct row){ "PROTO", "SOURCE", "DESTINATION", "PACKETS", "BYTES", rate, "AGE" });
}

static void put_flow(struct sink *s, const struct flow_record *r, double rate)
{
	int width = share_width(s->state).endpoint;
	char from[64], to[64], packets[UNITS_TEXT], bytes[UNITS_TEXT], age[UNITS_TEXT];
	char per_second[UNITS_TEXT + 2], number[8];
	const char *name = addr_protocol_name(r->key.protocol);

	snprintf(number, sizeof(number), "%u", r->key.protocol);
	endpoint(from, sizeof(from), width, r->key.src, r->key.ip_version, r->key.src_port);
	endpoint(to, sizeof(to), width, r->key.dst, r->key.ip_version, r->key.dst_port);
	units_bytes(per_second, rate);
	strcat(per_second, "/s");
	units_count(packets, (double)r->fwd->packets + r->rev->packets, "");
	units_bytes(bytes, bytes_of(r));
	units_duration(age, r->end_ns - r->start_ns);
	put_row(s,
	        &(struct row){ name ? name : number, from, to, packets, bytes, per_second, age });
}

static void put_status(struct sink *s, const struct sink_report *r)
{
	char line[512], clock[16], bytes[UNITS_TEXT], packets[UNITS_TEXT], flows[UNITS_TEXT + 8];
	char records[UNITS_TEXT + 8];
	double seconds = r->interval_ns / 1e9;
	time_t now = r->now_ns / 1000000000;
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	snprintf(line, sizeof(line), "%s  %s  %s  %s/s  %s flow%s live, %s ended", clock, r->source,
	         units_count(packets, seconds > 0 ? r->moved.packets / seconds : 0, "pps"),
	         units_bytes(bytes, seconds > 0 ? r->moved.bytes / seconds : 0),
	         units_grouped(flows, r->live_flows), units_s(r->live_flows),
	         units_grouped(records, r->records));
	put_line(s, line);
}

/* Lines that were made elsewhere; those of one text keep together. */
static void put_lines(struct sink *s, struct buf *b)
{
	char *line = b->data, *end = b->data + b->length, *next;

	for (; line < end; line = next + 1) {
		next = memchr(line, '\n', end - line);
		if (!next)
			break;
		*next = '\0';
		put_line(s, line);
	}
	buf_clear(b);
}

static void put_judged(struct sink *s, const struct sink_report *r)
{
	struct buf b = { 0 };

	if (!r->judged)
		return;
	judged_print(r->judged, &b);
	put_lines(s, &b);
}

/* The alerts that are open, newest first. */
static void put_alerts(struct sink *s, const struct sink_report *r)
{
	struct alert_event events[ALERTS_SHOWN];
	struct alerts_counts counts;
	struct buf b = { 0 };
	size_t n, i;

	if (!r->alerts)
		return;
	alerts_count(r->alerts, &counts);
	buf_format(&b, "Alerts: %u open, %llu opened, %llu resolved", counts.open,
	           (unsigned long long)counts.opened, (unsigned long long)counts.resolved);
	if (counts.undelivered)
		buf_format(&b, ", %llu could not be delivered",
		           (unsigned long long)counts.undelivered);
	buf_char(&b, '\n');
	n = alerts_recent(r->alerts, events, ALERTS_SHOWN);
	for (i = 0; i < n; i++) {
		if (!events[i].is_open)
			continue;
		buf_format(&b, "  %s %s: ", events[i].severity, events[i].rule);
		buf_escaped(&b, events[i].text);
		buf_char(&b, '\n');
	}
	put_lines(s, &b);
}

static void put_completeness(struct sink *s, const struct sink_report *r)
{
	struct buf b = { 0 };

	books_print(r->books, &b);
	put_lines(s, &b);
}

static void report(struct sink *s, const struct sink_report *r)
{
	struct table_state *t = s->state;
	double seconds = r->interval_ns / 1e9;
	uint32_t rows = r->n_top, i;

	if (!t || !s->config->live)
		return;
	measure(s);
	if (t->terminal && t->height > 4 && rows > (uint32_t)t->height - 4)
		rows = t->height - 4;
	if (t->terminal && t->drawn)
		buf_format(&s->out.text, "\r\x1b[%dA",
		           t->drawn < t->height ? t->drawn : t->height - 1);
	t->drawn = 0;
	put_status(s, r);
	put_head(s, "RATE");
	for (i = 0; i < rows; i++)
		put_flow(s, &r->top[i], seconds > 0 ? r->top_bytes[i] / seconds : 0);
	put_judged(s, r);
	put_alerts(s, r);
	put_completeness(s, r);
	buf_text(&s->out.text, t->terminal ? "\x1b[J" : "\n");
}

static void end(struct sink *s)
{
	struct table_state *t = s->state;
	uint32_t i;

	if (!t)
		return;
	if (!s->config->live && !s->failed && t->n_kept) {
		measure(s);
		put_head(s, "MEAN RATE");
		for (i = 0; i < t->n_kept; i++) {
			struct flow_record *r = &t->kept[i].record;
			uint64_t ns = r->end_ns - r->start_ns;

			put_flow(s, r, ns ? bytes_of(r) * 1e9 / ns : 0);
		}
		buf_char(&s->out.text, '\n');
	}
	if (t->terminal && t->drawn && s->config->live)
		buf_char(&s->out.text, '\n'); /* a ^C may stand on the line */
	free(t->kept);
	free(t);
	s->state = NULL;
}

const struct sink_kind sink_table = {
	.name = "table",
	.help = "the busiest flows, for people (the default)",
	.begin = begin,
	.record = record,
	.report = report,
	.end = end,
};
