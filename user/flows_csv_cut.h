/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows out of CSV bytes, of which only the wanted cells are cut out. */
#ifndef WEIR_FLOWS_CSV_CUT_H
#define WEIR_FLOWS_CSV_CUT_H

#include "flows_csv.h"

#define FLOWS_CUT_WANTED  16 /* cells, at most */
#define FLOWS_CUT_ROW_MAX ((size_t)1 << 20)

struct source;

/* All zero at first. */
struct flows_cut {
	size_t n_columns; /* of the header */
	size_t n_wanted;
	uint16_t column[FLOWS_CUT_WANTED];        /* the caller's wishes, ascending */
	struct flows_text cell[FLOWS_CUT_WANTED]; /* what was cut, in the same order */
	struct flows_text *all; /* [n_columns]: the header; later all cells of a row with quotes */
	char *copy;             /* of that row */
	size_t capacity;
};

/*
 * Take the first row, the header, and cut it into all. How many columns it has; 0: the source is
 * empty; negative, and *why tells.
 */
int flows_cut_header(struct flows_cut *cut, struct source *source, uint64_t *lines,
                     const char **why);

/*
 * Take the next row that is not empty and cut the wanted cells; lines grows by the line ends
 * passed. 1; 0: the source is at its end; negative, and *why tells.
 */
int flows_cut_next(struct flows_cut *cut, struct source *source, uint64_t *lines, const char **why);

void flows_cut_clear(struct flows_cut *cut);

#endif
