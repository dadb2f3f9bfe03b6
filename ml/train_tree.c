// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A growing tree: branches and leaf values in two arrays that double. Values move while they grow,
 * so that a leaf holds its place in them (in left and right) until the tree is handed over.
 */
#include "train_tree.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define LENGTH_MIN 64

void train_tree_reset(struct train_tree *t, uint32_t width)
{
	t->n = 0;
	t->n_values = 0;
	t->width = width;
}

void train_tree_clear(struct train_tree *t)
{
	free(t->branches);
	free(t->values);
	*t = (struct train_tree){ 0 };
}

uint32_t train_tree_add(struct train_tree *t, uint32_t n_branches)
{
	uint32_t first = t->n, capacity = t->capacity ? 2 * t->capacity : LENGTH_MIN;
	struct forest_branch *grown;

	if (t->capacity - t->n < n_branches) {
		if (t->capacity > UINT32_MAX / 4)
			return UINT32_MAX;
		grown = realloc(t->branches, (size_t)capacity * sizeof(*grown));
		if (!grown)
			return UINT32_MAX;
		t->branches = grown;
		t->capacity = capacity;
	}
	t->n += n_branches;
	return first;
}

double *train_tree_leaf(struct train_tree *t, uint32_t i, double cover)
{
	size_t capacity = t->values_capacity ? 2 * t->values_capacity : LENGTH_MIN;
	struct forest_branch *b = &t->branches[i];
	double *grown;

	if (t->values_capacity - t->n_values < t->width) {
		if (capacity < t->width)
			capacity = t->width;
		if (capacity > SIZE_MAX / 2 / sizeof(*grown))
			return NULL;
		grown = realloc(t->values, capacity * sizeof(*grown));
		if (!grown)
			return NULL;
		t->values = grown;
		t->values_capacity = capacity;
	}
	b->feature = -1;
	b->threshold = INFINITY;
	b->cover = (float)cover;
	b->left = (uint32_t)t->n_values;
	b->right = (uint32_t)((uint64_t)t->n_values >> 32);
	t->n_values += t->width;
	return t->values + t->n_values - t->width;
}

void train_tree_split(struct train_tree *t, uint32_t i, uint32_t feature, float threshold,
                      uint32_t left, double cover)
{
	t->branches[i] = (struct forest_branch){
		.feature = (int32_t)feature,
		.threshold = threshold,
		.left = left,
		.right = left + 1,
		.cover = (float)cover,
	};
}

int train_tree_hand_over(struct train_tree *t, struct forest *f)
{
	for (uint32_t i = 0; i < t->n; i++) {
		struct forest_branch *b = &t->branches[i];

		if (b->feature < 0)
			b->value = t->values + ((uint64_t)b->right << 32 | b->left);
	}
	return forest_add_tree(f, t->branches, t->n);
}

float train_round_down(double x)
{
	float f = (float)x;

	return (double)f > x ? nextafterf(f, -INFINITY) : f;
}
