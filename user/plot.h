/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pictures of `weir plot`: scripts for gnuplot, and the numbers they show. */
#ifndef WEIR_PLOT_H
#define WEIR_PLOT_H

#include <stddef.h>

#include "buf.h"
#include "plot_data.h"

enum plot_format {
	PLOT_PNG,
	PLOT_SVG,
	PLOT_PDF,
};

/* How a picture is to look. */
struct plot_page {
	enum plot_format format;
	unsigned int width; /* pixels, 400..4000; of PDF, 1/96 inch */
	size_t top;         /* bars drawn at most, 1..40 */
	const char *source; /* the file or files, for the subtitle */
};

struct plot_kind {
	const char *name;  /* "volume" */
	const char *title; /* "Traffic volume over time" */
	const char *needs; /* the column without which there is no such picture; NULL: none */
	/* What gnuplot is to do, after the page was set up. */
	void (*script)(struct buf *b, struct plot_data *d, const struct plot_page *page);
	/* The numbers drawn, as CSV with a header. */
	void (*table)(struct buf *b, struct plot_data *d, const struct plot_page *page);
	double height; /* of the picture, in widths */
};

extern const struct plot_kind plot_kinds[];
extern const size_t plot_n_kinds;

/* NULL: no such kind. */
const struct plot_kind *plot_kind_find(const char *name);

/* Can it be drawn of these records? 0, or negative with the reason in error. */
int plot_check(const struct plot_kind *kind, const struct plot_data *d, char *error, size_t size);

/* The whole script of a picture. */
void plot_script(struct buf *b, const struct plot_kind *kind, struct plot_data *d,
                 const struct plot_page *page);

/* Colours as "#rrggbb", told apart by all kinds of sight: of the Okabe-Ito set. */
extern const char plot_blue[], plot_orange[], plot_green[], plot_red[], plot_grey[];

/* From the most unusual score to the most usual: dark violet to yellow, ever lighter. */
#define PLOT_PALETTE 7
extern const char *const plot_palette[PLOT_PALETTE];

/* A size of letters in points, as this format wants it. */
unsigned int plot_letters(const struct plot_page *page, unsigned int points);

#endif
