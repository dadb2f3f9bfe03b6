/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a person is in weir top, and what the keys do to that. Pure. */
#ifndef WEIR_TOP_STATE_H
#define WEIR_TOP_STATE_H

#include "top_list.h"

enum top_mode { TOP_LIST, TOP_PROMPT, TOP_DETAIL, TOP_HELP };

/* Keys that are no characters. */
enum top_key {
	TOP_KEY_UP = 0x110000,
	TOP_KEY_DOWN,
	TOP_KEY_LEFT,
	TOP_KEY_RIGHT,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_ENTER,
	TOP_KEY_ESCAPE,
	TOP_KEY_BACKSPACE,
};

struct top_detail {
	struct top_row row;
	struct top_side side;
	bool gone; /* the flow has ended: this is how it was last seen */
};

struct top_state {
	enum top_mode mode;
	struct top_query query;
	struct top_filter filter;
	char filter_text[TOP_FILTER_TEXT];
	char typed[TOP_FILTER_TEXT];       /* in the prompt */
	char notice[160];                  /* shown until the next key */
	char message[256];                 /* what weir said last, for a while */
	uint32_t first, selected, page, n; /* page: rows shown of n items; set by drawing */
	uint32_t scroll, scroll_max;       /* lines, of details and help */
	int endpoint_width;                /* longest seen so far */
	bool paused;
	bool quit;
	bool is_within; /* a group: Escape leads back to */
	enum top_group within_group;
	char within_text[TOP_FILTER_TEXT];
	struct top_detail detail;
};

void top_state_init(struct top_state *s, bool live);

/* A character or enum top_key was pressed; list and model are what is on the screen. */
void top_state_key(struct top_state *s, int key, const struct top_list *l,
                   const struct top_model *m);

/* Columns that are shown for the group, left to right, with their letters. */
struct top_column_key {
	enum top_column column;
	char letter;
	const char *title;
};
extern const struct top_column_key top_column_keys[TOP_N_COLUMNS];

#endif
