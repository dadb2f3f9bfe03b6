// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A tree of max_samples rows, split at a random place between the smallest and the largest value of
 * a random feature. Its rows are copied first, column by column, and all further work is done
 * there.
 */
#include "train_isolate.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train_data.h"

#define VALUE_STEP 1e-7f

int isolate_init(struct isolate *w, const struct isolate_limits *limits)
{
	size_t samples = limits->max_samples, features = limits->n_features, cells;

	*w = (struct isolate){ .limits = limits };
	if (__builtin_mul_overflow(samples, features, &cells) ||
	    cells > SIZE_MAX / sizeof(*w->values))
		return -ENOMEM;
	w->is_drawn = malloc((w->limits->n_rows / 64 + 1) * sizeof(*w->is_drawn));
	w->rows = malloc(samples * sizeof(*w->rows));
	w->samples = malloc(samples * sizeof(*w->samples));
	w->chosen = malloc(features * sizeof(*w->chosen));
	w->values = malloc(cells * sizeof(*w->values));
	w->draw.n = w->limits->n_features;
	w->draw.features = malloc(features * sizeof(*w->draw.features));
	w->draw.constants = malloc(features * sizeof(*w->draw.constants));
	return w->is_drawn && w->rows && w->samples && w->chosen && w->values && w->draw.features &&
	                       w->draw.constants
	               ? 0
	               : -ENOMEM;
}

void isolate_clear(struct isolate *w)
{
	free(w->is_drawn);
	free(w->rows);
	free(w->samples);
	free(w->chosen);
	free(w->values);
	free(w->draw.features);
	free(w->draw.constants);
}

static bool is_drawn_now(struct isolate *w, uint32_t row)
{
	uint64_t bit = UINT64_C(1) << row % 64, *word = &w->is_drawn[row / 64];
	bool first = !(*word & bit);

	*word |= bit;
	return first;
}

/* Each set of max_samples rows as likely; of more than half of the rows, those left out are drawn.
 */
static uint32_t draw_rows(struct isolate *w)
{
	uint32_t want = w->limits->max_samples, n = 0, row;
	bool inverse = !w->limits->bootstrap && want > w->limits->n_rows / 2;

	memset(w->is_drawn, 0, (w->limits->n_rows / 64 + 1) * sizeof(*w->is_drawn));
	if (inverse) {
		for (n = w->limits->n_rows; n > want;)
			n -= is_drawn_now(w, (uint32_t)rng_below(&w->rng, w->limits->n_rows));
		for (row = n = 0; row < w->limits->n_rows; row++)
			if (is_drawn_now(w, row))
				w->rows[n++] = w->limits->usable[row];
		return n;
	}
	for (uint32_t drawn = 0; drawn < want;) {
		bool first;

		row = (uint32_t)rng_below(&w->rng, w->limits->n_rows);
		first = is_drawn_now(w, row);
		if (first)
			w->rows[n++] = w->limits->usable[row];
		drawn += first || w->limits->bootstrap;
	}
	return n;
}

/* Which columns this tree may see: the first n_features of a shuffle, then in their order. */
static void draw_columns(struct isolate *w)
{
	uint32_t left = w->limits->n_features, n = 0;

	for (uint32_t c = 0; c < w->limits->m->n_columns; c++) {
		uint64_t rest = w->limits->m->n_columns - c;

		if (left == rest || rng_below(&w->rng, rest) < left) {
			w->chosen[n++] = c;
			left--;
		}
	}
}

static void copy_values(struct isolate *w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t c = 0; c < w->limits->n_features; c++)
			w->values[(size_t)c * w->limits->max_samples + i] = train_value(
			        w->limits->m, w->rows[i], w->chosen[c]);
}

/* A column that differs among the node's rows, and a place to cut it; false: there is none. */
static bool find_split(struct isolate *w, struct isolate_node *node, uint32_t *column,
                       float *threshold)
{
	struct train_draw *draw = &w->draw;
	bool found = false;

	draw_begin(draw, node->n_constant);
	while (!found && draw_next(draw, 1, &w->rng)) {
		const float *value = w->values;
		float lowest = INFINITY, highest = -INFINITY;
		double place;

		*column = draw->features[draw->at];
		value += (size_t)*column * w->limits->max_samples;
		for (uint32_t i = node->start; i < node->end; i++) {
			float x = value[w->samples[i]];

			lowest = x < lowest ? x : lowest;
			highest = x > highest ? x : highest;
		}
		if (highest <= lowest + VALUE_STEP) {
			draw_is_constant(draw);
			continue;
		}
		draw_is_tried(draw);
		place = lowest + ((double)highest - lowest) * rng_real(&w->rng);
		*threshold = place < highest ? train_round_down(place) : lowest;
		found = true;
	}
	node->n_constant = draw_end(draw);
	return found;
}

static uint32_t part(struct isolate *w, const struct isolate_node *node, uint32_t column,
                     float threshold)
{
	const float *value = w->values + (size_t)column * w->limits->max_samples;
	uint32_t left = node->start;

	for (uint32_t i = node->start; i < node->end; i++) {
		uint32_t sample = w->samples[i];

		w->samples[i] = w->samples[left];
		w->samples[left] = sample;
		left += value[sample] <= threshold;
	}
	return left;
}

static int grow_node(struct isolate *w, struct isolate_node node, struct train_tree *tree)
{
	uint32_t n = node.end - node.start, column, left, middle;
	double *value;
	float threshold;

	if (node.depth >= w->limits->max_depth || n < 2 ||
	    !find_split(w, &node, &column, &threshold)) {
		value = train_tree_leaf(tree, node.branch, n);
		if (!value)
			return -ENOMEM;
		*value = node.depth + w->limits->path_length[n];
		return 0;
	}
	left = train_tree_add(tree, 2);
	if (left == UINT32_MAX)
		return -ENOMEM;
	train_tree_split(tree, node.branch, w->chosen[column], threshold, left, n);
	middle = part(w, &node, column, threshold);
	node.depth++;
	w->stack[w->n_stack++] = (struct isolate_node){ middle, node.end, node.depth,
		                                        node.n_constant, left + 1 };
	w->stack[w->n_stack++] = (struct isolate_node){ node.start, middle, node.depth,
		                                        node.n_constant, left };
	return 0;
}

int isolate_grow(struct isolate *w, struct train_tree *tree)
{
	uint32_t n = draw_rows(w);
	int rc = 0;

	draw_columns(w);
	copy_values(w, n);
	for (uint32_t i = 0; i < n; i++)
		w->samples[i] = i;
	for (uint32_t c = 0; c < w->limits->n_features; c++)
		w->draw.features[c] = c;
	train_tree_reset(tree, 1);
	if (train_tree_add(tree, 1) == UINT32_MAX)
		return -ENOMEM;
	w->stack[0] = (struct isolate_node){ .end = n };
	w->n_stack = 1;
	while (!rc && w->n_stack)
		rc = grow_node(w, w->stack[--w->n_stack], tree);
	return rc;
}
