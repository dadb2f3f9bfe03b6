/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A tree while it grows. */
#ifndef WEIR_TRAIN_TREE_H
#define WEIR_TRAIN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forest.h"

struct train_tree {
	struct forest_branch *branches;
	uint32_t n, capacity;
	uint32_t width; /* doubles a leaf */
	double *values;
	size_t n_values, values_capacity;
};

/* Empties it, keeping its memory. */
void train_tree_reset(struct train_tree *t, uint32_t width);

void train_tree_clear(struct train_tree *t);

/* Add branches side by side (siblings); the first one's index, or UINT32_MAX without memory. */
uint32_t train_tree_add(struct train_tree *t, uint32_t n_branches);

/* Make branch i a leaf; the width doubles to be filled at once, or NULL without memory. */
double *train_tree_leaf(struct train_tree *t, uint32_t i, double cover);

/* Split branch i; the right child is the one after left. */
void train_tree_split(struct train_tree *t, uint32_t i, uint32_t feature, float threshold,
                      uint32_t left, double cover);

/* Add it to the forest: as forest_add_tree(). */
int train_tree_hand_over(struct train_tree *t, struct forest *f);

/* The largest float32 that is not above x. */
float train_round_down(double x);

#endif
