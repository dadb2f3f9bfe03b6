// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Lower-case letters act, upper-case letters sort by a column; pressed again they turn the order.
 * Enter goes in (a flow's details, the flows of a group), Escape comes back.
 */
#include "top_state.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"

const struct top_column_key top_column_keys[TOP_N_COLUMNS] = {
	{ TOP_PROTOCOL, 'P', "PROTO" },
	{ TOP_SOURCE, 'S', "SOURCE" },
	{ TOP_DESTINATION, 'D', "DESTINATION" },
	{ TOP_LABEL, 'L', "GROUP" },
	{ TOP_FLOWS, 'F', "FLOWS" },
	{ TOP_BYTES_RATE, 'R', "RATE" },
	{ TOP_PACKETS_RATE, 'K', "PPS" },
	{ TOP_BYTES, 'B', "BYTES" },
	{ TOP_PACKETS, 'N', "PACKETS" },
	{ TOP_AGE, 'T', "AGE" },
	{ TOP_CLASS, 'C', "CLASS" },
	{ TOP_SCORE, 'A', "SCORE" },
	{ TOP_ANOMALIES, 'U', "UNUSUAL" },
};

void top_state_init(struct top_state *s, bool live)
{
	*s = (struct top_state){ .query.sort = live ? TOP_BYTES_RATE : TOP_BYTES };
}

static void show_from_top(struct top_state *s)
{
	s->first = s->selected = 0;
}

static void sort_by(struct top_state *s, enum top_column column)
{
	s->query.reverse = s->query.sort == column && !s->query.reverse;
	s->query.sort = column;
	show_from_top(s);
}

/* The next column that is there, to the right (1) or left (-1). */
static void sort_beside(struct top_state *s, int step)
{
	int at = 0;

	while (top_column_keys[at].column != s->query.sort)
		at++;
	do
		at = (at + step + TOP_N_COLUMNS) % TOP_N_COLUMNS;
	while (!top_column_fits(top_column_keys[at].column, s->query.group));
	s->query.sort = top_column_keys[at].column;
	s->query.reverse = false;
	show_from_top(s);
}

static void group_by(struct top_state *s, enum top_group group)
{
	s->query.group = group;
	if (!top_column_fits(s->query.sort, group)) {
		s->query.sort = TOP_BYTES_RATE;
		s->query.reverse = false;
	}
	show_from_top(s);
}

static bool set_filter(struct top_state *s, const char *text)
{
	char error[128];

	if (top_filter_parse(&s->filter, text, error, sizeof(error))) {
		snprintf(s->notice, sizeof(s->notice), "filter: %s", error);
		return false;
	}
	memmove(s->filter_text, text, strlen(text) + 1);
	s->query.filter = &s->filter;
	show_from_top(s);
	return true;
}

/* The condition that a flow is of this group. */
static void describe_sum(const struct top_model *m, const struct top_sum *sum, enum top_group group,
                         char *text, size_t size)
{
	char name[TOP_NAME + ADDR_TEXT];

	top_protocol(name, sizeof(name), sum->protocol);
	switch (group) {
	case TOP_BY_HOST:
		addr_format(sum->address, sum->version, name);
		snprintf(text, size, "host %s", name);
		break;
	case TOP_BY_PORT:
		snprintf(text, size, "dport %u proto %s", sum->port, name);
		break;
	case TOP_BY_CLASS:
		snprintf(text, size, "class \"%s\"", m->class_name[sum->class]);
		break;
	default:
		snprintf(text, size, "proto %s", name);
		break;
	}
}

static void go_into_group(struct top_state *s, const struct top_model *m, const struct top_sum *sum)
{
	char own[TOP_FILTER_TEXT], text[2 * TOP_FILTER_TEXT];

	describe_sum(m, sum, s->query.group, own, sizeof(own));
	snprintf(text, sizeof(text), "%s%s%s", s->filter_text, *s->filter_text ? " " : "", own);
	snprintf(s->within_text, sizeof(s->within_text), "%s", s->filter_text);
	if (strlen(text) >= TOP_FILTER_TEXT) {
		snprintf(s->notice, sizeof(s->notice), "the filter would be too long");
		return;
	}
	if (!set_filter(s, text))
		return;
	s->is_within = true;
	s->within_group = s->query.group;
	group_by(s, TOP_BY_FLOW);
}

static void go_into(struct top_state *s, const struct top_list *l, const struct top_model *m)
{
	const struct top_item *item = &l->items[s->selected];

	if (s->selected >= l->n)
		return;
	if (l->group != TOP_BY_FLOW) {
		go_into_group(s, m, &l->sums[item->at]);
		return;
	}
	s->detail.row = m->rows[item->at];
	s->detail.side = m->sides[item->at];
	s->detail.gone = false;
	s->scroll = 0;
	s->mode = TOP_DETAIL;
}

static void come_back(struct top_state *s)
{
	if (s->is_within) {
		s->is_within = false;
		set_filter(s, s->within_text);
		group_by(s, s->within_group);
	} else if (*s->filter_text) {
		set_filter(s, "");
	} else if (s->query.group) {
		group_by(s, TOP_BY_FLOW);
	}
}

static void move_to(struct top_state *s, int64_t to)
{
	int64_t last = s->n ? (int64_t)s->n - 1 : 0;

	s->selected = to < 0 ? 0 : to > last ? last : to;
}

/* Moves of the cursor. False: it was no such key. */
static bool move(struct top_state *s, int key)
{
	int64_t at = s->selected, page = s->page ? s->page : 1;

	switch (key) {
	case TOP_KEY_UP:
	case 'k':
		move_to(s, at - 1);
		return true;
	case TOP_KEY_DOWN:
	case 'j':
		move_to(s, at + 1);
		return true;
	case TOP_KEY_PAGE_UP:
		move_to(s, at - page);
		return true;
	case TOP_KEY_PAGE_DOWN:
		move_to(s, at + page);
		return true;
	case TOP_KEY_HOME:
		move_to(s, 0);
		return true;
	case TOP_KEY_END:
		move_to(s, INT64_MAX);
		return true;
	default:
		return false;
	}
}

static void list_letter(struct top_state *s, int key)
{
	size_t i;

	for (i = 0; i < TOP_N_COLUMNS; i++)
		if (top_column_keys[i].letter == key &&
		    top_column_fits(top_column_keys[i].column, s->query.group)) {
			sort_by(s, top_column_keys[i].column);
			return;
		}
	if (key < 0x110000)
		snprintf(s->notice, sizeof(s->notice), "no such key; ? lists them");
}

static void list_key(struct top_state *s, int key, const struct top_list *l,
                     const struct top_model *m)
{
	if (move(s, key))
		return;
	switch (key) {
	case '/':
		s->mode = TOP_PROMPT;
		snprintf(s->typed, sizeof(s->typed), "%s", s->filter_text);
		break;
	case 'g':
		s->is_within = false;
		group_by(s, (s->query.group + 1) % TOP_N_GROUPS);
		break;
	case 'r':
		s->query.reverse = !s->query.reverse;
		show_from_top(s);
		break;
	case '<':
	case TOP_KEY_LEFT:
		sort_beside(s, -1);
		break;
	case '>':
	case TOP_KEY_RIGHT:
		sort_beside(s, 1);
		break;
	case TOP_KEY_ENTER:
		go_into(s, l, m);
		break;
	case TOP_KEY_ESCAPE:
		come_back(s);
		break;
	default:
		list_letter(s, key);
		break;
	}
}

/* Typed text is ASCII: so are all names of addresses, protocols and conditions. */
static void prompt_key(struct top_state *s, int key)
{
	size_t n = strlen(s->typed);

	if (key == TOP_KEY_ESCAPE) {
		s->mode = TOP_LIST;
	} else if (key == TOP_KEY_ENTER) {
		if (set_filter(s, s->typed)) {
			s->is_within = false;
			s->mode = TOP_LIST;
		}
	} else if (key == TOP_KEY_BACKSPACE) {
		if (n)
			s->typed[n - 1] = '\0';
		else
			s->mode = TOP_LIST;
	} else if (key == 0x15) { /* ^U */
		s->typed[0] = '\0';
	} else if (key < 0x7f && isprint(key) && n < sizeof(s->typed) - 1) {
		s->typed[n] = key;
		s->typed[n + 1] = '\0';
	}
}

static void scroll(struct top_state *s, int64_t to)
{
	s->scroll = to < 0 ? 0 : to > s->scroll_max ? s->scroll_max : to;
}

/* Details and help. */
static void reading_key(struct top_state *s, int key)
{
	int64_t at = s->scroll, page = s->page ? s->page : 1;

	switch (key) {
	case TOP_KEY_UP:
	case 'k':
		scroll(s, at - 1);
		break;
	case TOP_KEY_DOWN:
	case 'j':
		scroll(s, at + 1);
		break;
	case TOP_KEY_PAGE_UP:
		scroll(s, at - page);
		break;
	case TOP_KEY_PAGE_DOWN:
		scroll(s, at + page);
		break;
	case TOP_KEY_HOME:
		scroll(s, 0);
		break;
	case TOP_KEY_END:
		scroll(s, INT64_MAX);
		break;
	case TOP_KEY_ESCAPE:
	case TOP_KEY_ENTER:
	case TOP_KEY_BACKSPACE:
	case TOP_KEY_LEFT:
		s->mode = TOP_LIST;
		break;
	default:
		break;
	}
}

void top_state_key(struct top_state *s, int key, const struct top_list *l,
                   const struct top_model *m)
{
	s->notice[0] = '\0';
	if (s->mode == TOP_PROMPT) {
		prompt_key(s, key);
		return;
	}
	if (key == 'q' || key == 'Q') {
		s->quit = true;
	} else if (key == ' ') {
		s->paused = !s->paused;
	} else if (key == '?' || key == 'h') {
		s->scroll = 0;
		s->mode = s->mode == TOP_HELP ? TOP_LIST : TOP_HELP;
	} else if (s->mode == TOP_LIST) {
		list_key(s, key, l, m);
	} else {
		reading_key(s, key);
	}
}
