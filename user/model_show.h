/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a model is, and how two differ, as text. */
#ifndef WEIR_MODEL_SHOW_H
#define WEIR_MODEL_SHOW_H

#include <stdbool.h>

#include "buf.h"
#include "model.h"

/* For people: a line a fact, then a line a feature. */
void model_show_text(struct buf *b, const struct model *m, const char *path);

/* What the text tells of the metadata, a JSON object: a line each, long lists cut. */
void model_show_about(struct buf *b, const char *about);

/* One JSON object. */
void model_show_json(struct buf *b, const struct model *m, const char *path);

/* A line a difference from old to new. Are there any? */
bool model_show_difference(struct buf *b, const struct model *old, const struct model *new);

#endif
