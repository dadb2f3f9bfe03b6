/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One self-contained HTML page about flow records. */
#ifndef WEIR_REPORT_H
#define WEIR_REPORT_H

#include <stddef.h>

#include "buf.h"
#include "plot_data.h"

/* What is told beside the records. All zero at first. */
struct report {
	const char *title; /* NULL: the names of the files */
	char *const *files;
	size_t n_files;
	struct buf stats;  /* JSON objects, a comma between: {"file":,"books":} */
	struct buf models; /* and so these */
};

void report_clear(struct report *r);

/* Take the last line of the books that -o stats:FILE wrote. 0, or negative with one line in error.
 */
int report_add_stats(struct report *r, const char *path, char *error, size_t size);

/* Tell about a model file. 0, or negative with one line in error. */
int report_add_model(struct report *r, const char *path, char *error, size_t size);

/*
 * All that the page shows, as JSON that may stand in a script element: '<', '>' and '&' are written
 * as escapes.
 */
void report_json(struct buf *b, struct plot_data *d, const struct report *r);

/* Were charts built in (Debian's d3)? Without, the page has still pictures. */
bool report_has_charts(void);

/*
 * The whole page. Without built-in charts the pictures are gnuplot's; where that fails, the page
 * has none, says so, and note tells why (else it is ""). 0, or -ENOMEM.
 */
int report_page(struct buf *b, struct plot_data *d, const struct report *r, char *note,
                size_t size);

#endif
