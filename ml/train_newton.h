/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One regression tree of a boosting step: leaf values are Newton steps down the loss. */
#ifndef WEIR_TRAIN_NEWTON_H
#define WEIR_TRAIN_NEWTON_H

#include <stdint.h>

#include "train_histogram.h"
#include "train_tree.h"

struct newton_limits {
	uint32_t max_leaf_nodes, max_depth, min_samples_leaf, max_features;
	double l2_regularization, learning_rate;
};

/* Scratch memory for trees, one after another. */
struct newton {
	const struct train_bins *bins;
	const struct newton_limits *limits;
	struct rng rng;
	newton_pair *pairs;        /* [n_rows], the caller fills them in */
	newton_pair *ordered;      /* [n_rows], those of a node's rows */
	uint32_t *rows, *parted;   /* [n_rows] */
	struct newton_node *nodes; /* [2 max_leaf_nodes - 1] */
	uint32_t n_nodes;
	struct histogram_pool pool;
};

/* 0 or -ENOMEM; clear it in both cases. */
int newton_init(struct newton *w, const struct train_bins *bins, const struct newton_limits *limits,
                uint32_t n_threads);
void newton_clear(struct newton *w);

/* Grow a tree from w->pairs, of columns drawn by w->rng, and add its answers to raw[n_rows]. 0 or
 * -ENOMEM. */
int newton_grow(struct newton *w, struct train_tree *tree, double *raw);

/* Bytes a thread takes, for n_rows; histograms come on top, 20 bytes a bin and leaf. */
uint64_t newton_memory(uint64_t n_rows);

#endif
