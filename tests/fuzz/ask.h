/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every fuzz target of models does with one that was taken: ask it, in a batch and alone. */
#ifndef WEIR_FUZZ_ASK_H
#define WEIR_FUZZ_ASK_H

#include <stdlib.h>

#include "model.h"

#define ASK_ROWS 17

static inline void ask(const struct model *m)
{
	uint32_t width = m->n_classes ? m->n_classes : 1, i;
	double *rows = calloc((size_t)ASK_ROWS * m->n_features, sizeof(*rows));
	double *out = calloc((size_t)ASK_ROWS * width, sizeof(*out));
	size_t n;

	for (i = 0; i < ASK_ROWS * m->n_features; i++)
		rows[i] = i % 5 - 1.5;
	for (n = 1; n <= ASK_ROWS; n += ASK_ROWS - 1)
		if (m->kind == MODEL_ANOMALY)
			model_score_samples(m, out, rows, n);
		else
			model_predict_proba(m, out, rows, n);
	free(rows);
	free(out);
}

#endif
