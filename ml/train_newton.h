/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One regression tree of a boosting step: leaf values are Newton steps down the loss. */
#ifndef WEIR_TRAIN_NEWTON_H
#define WEIR_TRAIN_NEWTON_H

#include <stdint.h>

#include "train_bins.h"
#include "train_tree.h"

struct newton_limits {
	uint32_t max_leaf_nodes, max_depth, min_samples_leaf;
	double l2_regularization, learning_rate;
};

/* First and second derivative of the loss; added together. */
typedef double newton_pair __attribute__((vector_size(16)));

/* Scratch memory for trees, one after another. */
struct newton {
	const struct train_bins *bins;
	const struct newton_limits *limits;
	uint32_t n_threads;        /* for the columns of large nodes */
	newton_pair *pairs;        /* [n_rows], the caller fills them in */
	newton_pair *ordered;      /* [n_rows], those of a node's rows */
	uint32_t *rows, *parted;   /* [n_rows] */
	uint32_t *first_bin;       /* [n_columns], where a column's bins start in a histogram */
	uint32_t n_bins;           /* in all columns */
	struct newton_node *nodes; /* [2 max_leaf_nodes - 1] */
	uint32_t n_nodes;
	struct newton_histogram **spare; /* [max_leaf_nodes + 1] */
	uint32_t n_spare;
};

/* 0 or -ENOMEM; clear it in both cases. */
int newton_init(struct newton *w, const struct train_bins *bins, const struct newton_limits *limits,
                uint32_t n_threads);
void newton_clear(struct newton *w);

/* Grow a tree from w->pairs and add its answers to raw[n_rows]. 0 or -ENOMEM. */
int newton_grow(struct newton *w, struct train_tree *tree, double *raw);

#endif
