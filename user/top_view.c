// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * From top to bottom: what is watched and how much moves, its curve over time, the list (or
 * details, or help), the books, and a line for the filter, messages and keys. Small windows lose
 * the curve first, then the books.
 */
#include "top_view.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "units.h"

static const struct {
	const char *keys, *what;
} help_lines[] = {
	{ "up down PgUp PgDn Home End", "move; also k and j" },
	{ "Enter", "details of a flow; the flows of a group" },
	{ "Esc", "back; clear the filter" },
	{ "< > left right", "sort by the column beside" },
	{ "P S D R B", "sort by PROTO, SOURCE, DESTINATION, RATE, BYTES," },
	{ "N K T C A", "PACKETS, PPS, AGE, CLASS, SCORE; again: turned" },
	{ "L F U", "of groups: by name, FLOWS, UNUSUAL (anomalous)" },
	{ "r", "turn the order" },
	{ "g", "group by host, port, protocol, class, not" },
	{ "/", "filter: conditions that all have to hold, as" },
	{ "", "  host 10.0.0.0/8  port 443  dport 53  proto udp" },
	{ "", "  class web  anomalous  not port 22  any \"text\"" },
	{ "space", "pause: the picture stands, counting goes on" },
	{ "q", "quit and sum up" },
	{ "!", "anomalous, by the model's threshold" },
	{ "x", "ended in the last interval" },
	{ "by host", "a flow counts for both its ends" },
	{ "by port", "the responder's, by protocol" },
};

#define HELP_LINES (int)(sizeof(help_lines) / sizeof(help_lines[0]))

void top_help_draw(struct top_canvas *c, int y, int count, struct top_state *s)
{
	int i, x = c->width < 70 ? 12 : 28, at;

	s->page = count;
	s->scroll_max = HELP_LINES > count ? HELP_LINES - count : 0;
	s->scroll = s->scroll > s->scroll_max ? s->scroll_max : s->scroll;
	for (i = 0; i < count && i + (int)s->scroll < HELP_LINES; i++) {
		at = i + (int)s->scroll;
		top_canvas_put(c, y + i, 0, x - 1, TOP_BOLD, help_lines[at].keys);
		top_canvas_put(c, y + i, x, -1, TOP_PLAIN, help_lines[at].what);
	}
}

static void put_title(struct top_canvas *c, const struct top_state *s, const struct top_model *m)
{
	const char *name = strrchr(m->source, '/'); /* of a file */
	time_t now = m->now_ns / 1000000000;
	char clock[16];
	struct tm tm;
	int x;

	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	x = top_canvas_put(c, 0, 0, -1, TOP_BOLD, "weir top  ");
	top_canvas_put(c, 0, x, c->width - x - 20, TOP_BOLD,
	               name && name[1] ? name + 1 : m->source);
	if (m->now_ns && m->config.live)
		top_canvas_put(c, 0, c->width - 8, 8, TOP_PLAIN, clock);
	if (s->paused)
		top_canvas_put(c, 0, c->width - 17, 8, TOP_SELECTED, " PAUSED ");
}

static void put_totals(struct top_canvas *c, int y, const struct top_model *m,
                       const struct top_list *l)
{
	char packets[UNITS_TEXT], bytes[UNITS_TEXT], flows[UNITS_TEXT + 8], ended[UNITS_TEXT + 8];
	double seconds = m->interval_ns / 1e9;
	int x = 0;

	units_grouped(ended, m->records);
	if (!m->config.live) {
		x = top_canvas_format(c, y, 0, TOP_PLAIN, "%s records", ended);
	} else {
		units_count(packets, seconds > 0 ? m->moved.packets / seconds : 0, "pps");
		units_bytes(bytes, seconds > 0 ? m->moved.bytes / seconds : 0);
		units_grouped(flows, m->live_flows);
		x = top_canvas_format(c, y, 0, TOP_PLAIN, "%s  %s/s  %s flow%s live, %s ended",
		                      packets, bytes, flows, units_s(m->live_flows), ended);
	}
	if (m->left_out)
		x = top_canvas_format(c, y, x, TOP_WARN, "  %s small ones left out",
		                      units_grouped(flows, m->left_out));
	if (m->has_score)
		top_canvas_format(c, y, x, l->anomalies ? TOP_WARN : TOP_PLAIN, "  %s anomalous",
		                  units_grouped(flows, l->anomalies));
}

static int put_state(struct top_canvas *c, int y, const struct top_state *s,
                     const struct top_list *l)
{
	static const char *const groups[] = { "", "by host", "by port", "by protocol", "by class" };
	char shown[UNITS_TEXT + 8];
	int x = 0;

	if (*s->filter_text)
		x = top_canvas_format(c, y, 0, TOP_BOLD, "%s: %s flow%s  ", s->filter_text,
		                      units_grouped(shown, l->flows), units_s(l->flows));
	if (s->query.group)
		x = top_canvas_format(c, y, x, TOP_BOLD, "%s  ", groups[s->query.group]);
	return x;
}

/* The last line: what was typed, said, or can be done. */
static void put_foot(struct top_canvas *c, int y, const struct top_state *s,
                     const struct top_list *l)
{
	int x = 0;

	if (s->mode == TOP_PROMPT) {
		x = top_canvas_format(c, y, 0, TOP_BOLD, "filter: %s", s->typed);
		top_canvas_char(c, y, x, TOP_SELECTED, L' ');
		if (*s->notice)
			top_canvas_format(c, y, x + 2, TOP_WARN, "%s", s->notice);
		return;
	}
	if (*s->notice || *s->message) {
		top_canvas_put(c, y, 0, -1, TOP_WARN, *s->notice ? s->notice : s->message);
		return;
	}
	if (s->mode == TOP_LIST)
		x = put_state(c, y, s, l);
	top_canvas_put(c, y, x, -1, TOP_DIM,
	               s->mode == TOP_LIST
	                       ? "? help  q quit  / filter  g group  < > sort  Enter details"
	                       : "Esc back  q quit  up down PgUp PgDn scroll");
}

/* Bring the cursor into the list, and the page to the cursor. */
static void follow_cursor(struct top_state *s, uint32_t n, int page)
{
	s->n = n;
	s->page = page > 0 ? page : 0;
	if (s->selected >= n)
		s->selected = n ? n - 1 : 0;
	if (s->selected < s->first)
		s->first = s->selected;
	if (s->page && s->selected >= s->first + s->page)
		s->first = s->selected - s->page + 1;
	if (s->first && s->first + s->page > n)
		s->first = n > s->page ? n - s->page : 0;
}

/* The flow whose details are open goes on, or has ended. */
static void refresh_detail(struct top_state *s, const struct top_model *m)
{
	int64_t at;

	if (!m->config.live || s->detail.gone)
		return;
	at = top_model_find(m, &s->detail.row.key);
	s->detail.gone = at < 0;
	if (at < 0)
		return;
	s->detail.row = m->rows[at];
	s->detail.side = m->sides[at];
}

static void put_list(struct top_canvas *c, int y, int count, struct top_state *s,
                     struct top_list *l, const struct top_model *m)
{
	follow_cursor(s, l->n, count - 1);
	top_list_order(l, m, s->first, s->page);
	top_columns_draw(c, y, count - 1, s, l, m);
	if (!l->n && count > 2)
		top_canvas_put(c, y + 2, 2, -1, TOP_DIM,
		               !m->tick || !m->now_ns ? "waiting for the first interval"
		               : *s->filter_text      ? "no flow passes the filter"
		                                      : "no flows");
}

void top_view_draw(struct top_canvas *c, struct top_state *s, struct top_list *l,
                   const struct top_model *m)
{
	bool reading = s->mode == TOP_DETAIL || s->mode == TOP_HELP; /* that takes room */
	int curve = c->height >= 40 ? 4 : reading ? 0 : c->height >= 20 ? 2 : c->height >= 12;
	int books = *m->books && c->height >= (reading ? 40 : 16), y = 2 + curve;
	int count = c->height - 1 - books - y;

	if (top_list_make(l, m, &s->query))
		snprintf(s->notice, sizeof(s->notice), "no memory to sort the flows");
	if (c->height < 4 || c->width < 20) {
		top_canvas_put(c, 0, 0, -1, TOP_PLAIN, "window too small");
		return;
	}
	put_title(c, s, m);
	put_totals(c, 1, m, l);
	top_curve_draw(c, 2, curve, m);
	if (s->mode == TOP_DETAIL) {
		refresh_detail(s, m);
		top_detail_draw(c, y, count, s, m);
	} else if (s->mode == TOP_HELP) {
		top_help_draw(c, y, count, s);
	} else {
		put_list(c, y, count, s, l, m);
	}
	if (books)
		top_canvas_put(c, c->height - 2, 0, -1, TOP_DIM, m->books);
	put_foot(c, c->height - 1, s, l);
}
