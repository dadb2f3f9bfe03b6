/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One isolation tree. */
#ifndef WEIR_TRAIN_ISOLATE_H
#define WEIR_TRAIN_ISOLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "matrix.h"
#include "rng.h"
#include "train_draw.h"
#include "train_tree.h"

#define ISOLATE_LEVELS 32 /* at most */

/* What all trees of a forest have in common. */
struct isolate_limits {
	const struct matrix *m;
	uint32_t *usable;    /* [n_rows] of the matrix that may be drawn */
	double *path_length; /* c(n), [max_samples + 1] */
	uint32_t n_rows, n_features, max_samples, max_depth;
	bool bootstrap;
};

struct isolate_node {
	uint32_t start, end, depth, n_constant, branch;
};

/* Scratch memory for trees, one after another. */
struct isolate {
	const struct isolate_limits *limits;
	struct rng rng;
	struct train_draw draw;
	uint64_t *is_drawn;      /* bits [n_rows] */
	uint32_t *rows, *chosen; /* [max_samples] of the matrix; [n_features] of its columns */
	float *values;           /* [n_features][max_samples] */
	uint32_t *samples;       /* [max_samples], places in values, parted as the tree grows */
	struct isolate_node stack[ISOLATE_LEVELS + 2];
	uint32_t n_stack;
};

/* 0 or -ENOMEM; clear it in both cases. */
int isolate_init(struct isolate *w, const struct isolate_limits *limits);
void isolate_clear(struct isolate *w);

/* Draw rows and columns by w->rng and grow a tree of them. 0 or -ENOMEM. */
int isolate_grow(struct isolate *w, struct train_tree *tree);

#endif
