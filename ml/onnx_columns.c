// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A forest as ONNX's columns, for rows that are not scaled. The scaler is monotone, so for each
 * threshold there is a greatest float32 that still goes left; it is found by bisection and becomes
 * the threshold. Weights of means are shares divided by the number of trees.
 */
#include <errno.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "onnx_ensemble.h"

/* Floats in their order as integers in theirs, and back. */
static int64_t rank(float x)
{
	int32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits < 0 ? -(int64_t)(bits & INT32_MAX) : bits;
}

static float float_at(int64_t at)
{
	int32_t bits = (int32_t)(at < 0 ? -at : at);
	float x;

	memcpy(&x, &bits, sizeof(x));
	return at < 0 ? -x : x;
}

/* The greatest float32 that goes left where its scaled value is compared with t. */
static float unscale(const struct model *m, uint32_t feature, float t)
{
	int64_t low = rank(-FLT_MAX), high = rank(FLT_MAX);

	if (!m->mean)
		return t;
	while (low < high) {
		int64_t middle = low + (high - low + 1) / 2;
		double x = float_at(middle);

		if ((float)((x - m->mean[feature]) / m->scale[feature]) <= t)
			low = middle;
		else
			high = middle - 1;
	}
	return float_at(low);
}

static bool is_leaf(const struct forest *f, uint32_t i)
{
	return f->nodes[i].left == i;
}

static bool reserve(struct onnx_columns *c, const struct forest *f)
{
	size_t n = f->n_nodes, w = n * (f->kind == FOREST_MEAN ? f->n_outputs : 1);
	int64_t *integers = calloc(6 * n + 3 * w, sizeof(*integers));
	float *floats = calloc(2 * n + w + f->n_outputs, sizeof(*floats));

	c->mode = calloc(n, sizeof(*c->mode));
	c->tree = integers;
	c->threshold = floats;
	if (!integers || !floats || !c->mode)
		return false;
	c->node = integers + n;
	c->feature = integers + 2 * n;
	c->yes = integers + 3 * n;
	c->no = integers + 4 * n;
	c->missing = integers + 5 * n;
	c->weight_tree = integers + 6 * n;
	c->weight_node = c->weight_tree + w;
	c->weight_output = c->weight_node + w;
	c->cover = floats + n;
	c->weight = floats + 2 * n;
	c->base = c->weight + w;
	return true;
}

static void add_weight(struct onnx_columns *c, uint32_t tree, uint32_t node, uint32_t output,
                       double weight)
{
	c->weight_tree[c->n_weights] = tree;
	c->weight_node[c->n_weights] = node;
	c->weight_output[c->n_weights] = output;
	c->weight[c->n_weights++] = (float)weight;
}

static void add_leaf(struct onnx_columns *c, const struct forest *f, uint32_t t, uint32_t i)
{
	const double *value = f->values + f->nodes[i].value;
	uint32_t k;

	c->mode[i] = "LEAF";
	if (f->kind == FOREST_SUM)
		add_weight(c, t, i - f->root[t], t % f->n_outputs, *value);
	else if (f->kind == FOREST_PATH)
		add_weight(c, t, i - f->root[t], 0, *value / f->n_trees);
	else
		for (k = 0; k < f->n_outputs; k++)
			if (value[k] != 0 || k == 0)
				add_weight(c, t, i - f->root[t], k, value[k] / f->n_trees);
}

static void fill(struct onnx_columns *c, const struct model *m)
{
	const struct forest *f = &m->forest;
	uint32_t t = 0, i;

	for (i = 0; i < f->n_nodes; i++) {
		const struct forest_node *node = &f->nodes[i];

		t += t + 1 < f->n_trees && i == f->root[t + 1];
		c->tree[i] = t;
		c->node[i] = i - f->root[t];
		c->cover[i] = f->cover[i];
		if (is_leaf(f, i)) {
			add_leaf(c, f, t, i);
			continue;
		}
		c->mode[i] = "BRANCH_LEQ";
		c->feature[i] = node->feature;
		c->threshold[i] = unscale(m, node->feature, node->threshold);
		c->yes[i] = node->left - f->root[t];
		c->no[i] = node->left + 1 - f->root[t];
	}
	for (i = 0; f->baseline && i < f->n_outputs; i++)
		c->base[i] = (float)f->baseline[i];
	c->n_nodes = f->n_nodes;
}

int onnx_columns_fill(struct onnx_columns *c, const struct model *m)
{
	if (!reserve(c, &m->forest))
		return -ENOMEM;
	fill(c, m);
	return 0;
}

void onnx_columns_clear(struct onnx_columns *c)
{
	free(c->tree);
	free(c->threshold);
	free(c->mode);
}
