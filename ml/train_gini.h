/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One classification tree: best splits by Gini impurity, as scikit-learn's DecisionTreeClassifier.
 */
#ifndef WEIR_TRAIN_GINI_H
#define WEIR_TRAIN_GINI_H

#include <stdint.h>

#include "rng.h"
#include "train_data.h"
#include "train_draw.h"
#include "train_tree.h"

struct gini_limits {
	uint32_t max_depth; /* UINT32_MAX: none */
	uint32_t min_samples_split, min_samples_leaf, max_features;
};

/* A row that is in the tree. */
struct gini_sample {
	uint32_t row, label;
	double weight;
};

/* Scratch memory for trees of one forest, one after another. */
struct gini {
	const struct train_data *data;
	const struct train_column *columns;
	const struct gini_limits *limits;
	struct rng rng;
	struct train_draw draw;
	struct gini_sample *samples; /* [n_samples], parted as the tree grows */
	struct gini_sample *parted;  /* [n_rows] */
	uint64_t *keys, *scratch;    /* [n_rows] */
	double *total, *left;        /* [n_classes] */
	struct gini_node *stack;
	uint32_t n_stack, stack_capacity;
};

/* 0 or -ENOMEM; clear it in both cases. */
int gini_init(struct gini *g, const struct train_data *data, const struct train_column *columns,
              const struct gini_limits *limits);
void gini_clear(struct gini *g);

/* Grow a tree of the first n of g->samples, which the caller has filled, by g->rng. */
int gini_grow(struct gini *g, uint32_t n, struct train_tree *tree);

/* Bytes for n_rows. */
uint64_t gini_memory(uint64_t n_rows);

#endif
