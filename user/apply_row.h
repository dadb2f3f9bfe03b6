/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows of `weir apply` as CSV: what the input says of a flow, then what models say. */
#ifndef WEIR_APPLY_ROW_H
#define WEIR_APPLY_ROW_H

#include "buf.h"
#include "dataset_flows.h"
#include "verdict.h"

/* The columns of the input but those that models fill, without an end of line. */
void apply_put_header(struct buf *b, const struct flows_view *view);
void apply_put_row(struct buf *b, const struct flows_view *view);

/* The columns that models fill, with the comma before them and the end of line. */
void apply_put_verdict_header(struct buf *b);
void apply_put_verdict(struct buf *b, const struct verdict *verdict);

/* A cell of text. */
void apply_put_text(struct buf *b, const char *text);

#endif
