/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A screen in memory: characters and styles, on which text from outside can do no harm. */
#ifndef WEIR_TOP_CANVAS_H
#define WEIR_TOP_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum top_style {
	TOP_PLAIN,
	TOP_BOLD,
	TOP_DIM,
	TOP_HEAD,     /* of columns */
	TOP_SELECTED, /* the row that the cursor is on */
	TOP_WARN,     /* anomalous, or wrong */
	TOP_WARN_SELECTED,
	TOP_CURVE,
	TOP_N_STYLES
};

struct top_cell {
	wchar_t c; /* 0: covered by the wide character before */
	uint8_t style;
};

struct top_canvas {
	int width, height;
	bool unicode;           /* else all is ASCII */
	struct top_cell *cells; /* [height][width] */
};

/* Blank, of this size. 0, or -ENOMEM: then it has no cells and nothing is drawn on it. */
int top_canvas_reset(struct top_canvas *c, int width, int height);
void top_canvas_clear(struct top_canvas *c);

/*
 * Write text from column x of line y on, cut at width columns (negative: at the edge) with a tilde.
 * Control characters become \xNN, what cannot be shown '?'. The column behind it comes back.
 */
int top_canvas_put(struct top_canvas *c, int y, int x, int width, enum top_style style,
                   const char *text);
int top_canvas_format(struct top_canvas *c, int y, int x, enum top_style style, const char *format,
                      ...) __attribute__((format(printf, 5, 6)));

/* One character that is ours. */
void top_canvas_char(struct top_canvas *c, int y, int x, enum top_style style, wchar_t ch);

/* Columns that text takes. */
int top_canvas_width(const struct top_canvas *c, const char *text);

/* A line in one style; what stands there stays. */
void top_canvas_paint(struct top_canvas *c, int y, enum top_style style);

/* Line y as text, blanks at its end left out, for tests. */
void top_canvas_line(const struct top_canvas *c, int y, char *text, size_t size);

#endif
