/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* weir top: the model, the state and the screen put together, fed as an output (sink_top.c). */
#ifndef WEIR_TOP_H
#define WEIR_TOP_H

#include "loop.h"
#include "sink.h"
#include "top_model.h"

struct top;

/* NULL: no memory. */
struct top *top_new(const struct top_config *config);

/* Accepts NULL. */
void top_free(struct top *t);

/* As of struct sink_kind. */
void top_look(struct top *t, const struct flow_record *r);
void top_record(struct top *t, const struct flow_record *r);
void top_report(struct top *t, const struct sink_report *r);

/* Take the terminal, and follow keys and the window in the loop. 0, or negative with a line in
 * error. */
int top_open(struct top *t, struct loop *loop, char *error, size_t size);

/* Give the terminal back. May be called twice. */
void top_close(struct top *t);

/* All records of files are there: let a person look at them. 0, or negative with a line in error.
 */
int top_browse(struct top *t, char *error, size_t size);

#endif
