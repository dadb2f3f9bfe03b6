/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What weir top looks like: state and model in, a canvas of any size out. Pure. */
#ifndef WEIR_TOP_VIEW_H
#define WEIR_TOP_VIEW_H

#include "top_canvas.h"
#include "top_state.h"

/*
 * Draw all on a canvas that was reset to the window's size. The list is made anew from the model;
 * the state's cursor and scrolling are brought into what there is.
 */
void top_view_draw(struct top_canvas *c, struct top_state *s, struct top_list *l,
                   const struct top_model *m);

/* Its parts. */

/* Columns' heads on line y and the list below, count lines. */
void top_columns_draw(struct top_canvas *c, int y, int count, struct top_state *s,
                      const struct top_list *l, const struct top_model *m);

/* All fields of one flow, or the help, from line y on, count lines. */
void top_detail_draw(struct top_canvas *c, int y, int count, struct top_state *s,
                     const struct top_model *m);
void top_help_draw(struct top_canvas *c, int y, int count, struct top_state *s);

/* The volume over time in the lines y .. y + count; nothing where nothing is known yet. */
void top_curve_draw(struct top_canvas *c, int y, int count, const struct top_model *m);

#endif
