// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Credits along the paths of one row. */
#include "explain.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"
#include "train_math.h"

static bool is_leaf(const struct forest *f, uint32_t node)
{
	return f->nodes[node].left == node;
}

static uint32_t next(const struct forest *f, uint32_t node, const float *row)
{
	const struct forest_node *n = &f->nodes[node];

	return n->left + (row[n->feature] > n->threshold);
}

/* What this node leads to expect: c(rows), which for a leaf is part of its value. */
static double expected_path(const struct forest *f, uint32_t node)
{
	return math_path_length((uint64_t)f->cover[node]);
}

static void credit_tree(const struct forest *f, uint32_t root, double *credit, const float *row)
{
	double expected = expected_path(f, root);

	for (uint32_t node = root, child; !is_leaf(f, node); node = child) {
		double less;

		child = next(f, node, row);
		less = 1 + expected_path(f, child);
		credit[f->nodes[node].feature] += (expected - less) / f->n_trees;
		expected = less - 1;
	}
}

/* Without the number of rows at each node. */
static void credit_evenly(const struct forest *f, uint32_t root, double *credit, const float *row)
{
	uint32_t node = root, steps = 0;
	double all;

	for (; !is_leaf(f, node); node = next(f, node, row))
		steps++;
	all = math_path_length(f->max_samples) - f->values[f->nodes[node].value];
	for (node = root; !is_leaf(f, node); node = next(f, node, row))
		credit[f->nodes[node].feature] += all / steps / f->n_trees;
}

void explain_anomaly(const struct model *m, double *credit, const double *row)
{
	const struct forest *f = &m->forest;
	float scaled[MODEL_FEATURES_MAX];

	model_scale_row(m, scaled, row);
	memset(credit, 0, m->n_features * sizeof(*credit));
	for (uint32_t t = 0; t < f->n_trees; t++)
		if (f->cover && f->cover[f->root[t]] > 0)
			credit_tree(f, f->root[t], credit, scaled);
		else
			credit_evenly(f, f->root[t], credit, scaled);
}

/* How tree t counts for this output: 0 not at all. */
static double share_of_tree(const struct forest *f, uint32_t t, uint32_t output)
{
	if (f->kind == FOREST_MEAN)
		return 1.0 / f->n_trees;
	if (f->n_outputs == 1) /* the log odds of the second class */
		return output ? 1 : -1;
	return t % f->n_outputs == output;
}

double *explain_means(const struct model *m, uint32_t output)
{
	const struct forest *f = &m->forest;
	double *means = malloc(((size_t)f->n_nodes + 1) * sizeof(*means));
	uint32_t offset = f->kind == FOREST_MEAN ? output : 0;

	for (uint32_t i = f->n_nodes; means && i-- > 0;) { /* children come after their parents */
		const struct forest_node *n = &f->nodes[i];
		double left = 1, right = 1;

		if (is_leaf(f, i)) {
			means[i] = f->values[n->value + offset];
			continue;
		}
		if (f->cover && f->cover[n->left] + f->cover[n->left + 1] > 0) {
			left = f->cover[n->left];
			right = f->cover[n->left + 1];
		}
		means[i] = (left * means[n->left] + right * means[n->left + 1]) / (left + right);
	}
	return means;
}

void explain_class_by(const struct model *m, const double *means, double *credit, const double *row,
                      uint32_t output)
{
	const struct forest *f = &m->forest;
	float scaled[MODEL_FEATURES_MAX];

	model_scale_row(m, scaled, row);
	memset(credit, 0, m->n_features * sizeof(*credit));
	for (uint32_t t = 0; t < f->n_trees; t++) {
		double share = share_of_tree(f, t, output);

		if (share == 0)
			continue;
		for (uint32_t node = f->root[t], child; !is_leaf(f, node); node = child) {
			child = next(f, node, scaled);
			credit[f->nodes[node].feature] += share * (means[child] - means[node]);
		}
	}
}

int explain_class(const struct model *m, double *credit, const double *row, uint32_t output)
{
	double *means = explain_means(m, output);

	if (!means)
		return -ENOMEM;
	explain_class_by(m, means, credit, row, output);
	free(means);
	return 0;
}

double explain_bias(const struct model *m, const double *means, uint32_t output)
{
	const struct forest *f = &m->forest;
	double bias = 0;

	if (f->kind == FOREST_SUM)
		bias = f->n_outputs > 1 ? f->baseline[output]
		                        : share_of_tree(f, 0, output) * f->baseline[0];
	for (uint32_t t = 0; t < f->n_trees; t++)
		bias += share_of_tree(f, t, output) * means[f->root[t]];
	return bias;
}

void explain_top(uint32_t *order, size_t k, const double *credit, size_t n_features)
{
	size_t n = 0;

	for (uint32_t c = 0; c < n_features; c++) {
		size_t place = n;

		while (place && credit[order[place - 1]] < credit[c])
			place--;
		if (place == k)
			continue;
		n += n < k;
		memmove(order + place + 1, order + place, (n - 1 - place) * sizeof(*order));
		order[place] = c;
	}
}
