// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Growing a tree leaf by leaf, the leaf of greatest gain first, from histograms of the loss's
 * derivatives (as LightGBM and scikit-learn's HistGradientBoosting). Of two siblings the one of
 * fewer rows is counted, the other is what is left of the parent.
 *
 * With G and H the sums of first and second derivatives, a node's best value is -G / (H + l2) and
 * takes G^2 / (H + l2) off the loss; a split's gain is what its sides take more than the node. The
 * root's own value is taken for 0, as scikit-learn has it.
 *
 * That value trusts a parabola, which is far off where H is tiny: where 3 of 20 rows are of a class
 * to which each is given a chance of 0.001, it is 150, and 5 would be best. Among dozens of rare
 * classes each such step makes the next one worse, until the loss is in the thousands and nothing
 * is learned (so it goes in scikit-learn, too). leaf_step() bounds it by the shape of the loss.
 */
#include "train_newton.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train_math.h"

#define HESSIAN_LEAST 1e-3  /* in each leaf */
#define HESSIAN_ADDED 1e-15 /* so that no division is by 0 */

struct split {
	double gain;
	uint32_t column, bin, n_left;
	newton_pair left;
};

struct newton_node {
	uint32_t start, end, depth, branch;
	newton_pair sum;
	double value;
	struct histogram *histogram; /* NULL: not to be split any more */
	struct split split;
	bool is_leaf;
};

static void give_back(struct newton *w, struct newton_node *node)
{
	histogram_give_back(&w->pool, node->histogram);
	node->histogram = NULL;
}

int newton_init(struct newton *w, const struct train_bins *bins, const struct newton_limits *limits,
                uint32_t n_threads)
{
	size_t n = bins->n_rows, leaves = limits->max_leaf_nodes;

	*w = (struct newton){ .bins = bins, .limits = limits };
	w->pairs = malloc(n * sizeof(*w->pairs));
	w->ordered = malloc(n * sizeof(*w->ordered));
	w->rows = malloc(n * sizeof(*w->rows));
	w->parted = malloc(n * sizeof(*w->parted));
	w->nodes = calloc(2 * leaves, sizeof(*w->nodes));
	if (!w->pairs || !w->ordered || !w->rows || !w->parted || !w->nodes)
		return -ENOMEM;
	return histogram_pool_init(&w->pool, bins, limits->max_leaf_nodes + 2, n_threads);
}

void newton_clear(struct newton *w)
{
	for (uint32_t i = 0; i < w->n_nodes; i++)
		give_back(w, &w->nodes[i]);
	histogram_pool_clear(&w->pool);
	free(w->pairs);
	free(w->ordered);
	free(w->rows);
	free(w->parted);
	free(w->nodes);
}

static void count_node(struct newton *w, struct newton_node *node)
{
	const uint32_t *rows = w->rows + node->start;
	uint32_t n = node->end - node->start;

	for (uint32_t i = 0; i < n; i++)
		w->ordered[i] = w->pairs[rows[i]];
	histogram_count(&w->pool, node->histogram, rows, w->ordered, n);
}

static double node_value(newton_pair sum, double l2)
{
	return -sum[0] / (sum[1] + l2 + HESSIAN_ADDED);
}

/* The best place in one of the tree's columns. */
static void try_column(const struct newton *w, const struct newton_node *node, uint32_t which,
                       double own, struct split *best)
{
	const newton_pair *sum = node->histogram->sum + w->pool.first_bin[which];
	const uint32_t *count = node->histogram->count + w->pool.first_bin[which];
	uint32_t column = w->pool.columns[which];
	uint32_t n = node->end - node->start, n_left = 0, least = w->limits->min_samples_leaf;
	double added = w->limits->l2_regularization + HESSIAN_ADDED;
	newton_pair left = { 0, 0 };

	for (uint32_t b = 0; b + 1 < w->bins->n_bins[column]; b++) {
		newton_pair right, taken;

		if (!count[b])
			continue;
		n_left += count[b];
		left += sum[b];
		right = node->sum - left;
		if (n_left < least || left[1] < HESSIAN_LEAST)
			continue;
		if (n - n_left < least || right[1] < HESSIAN_LEAST)
			break;
		taken = (newton_pair){ left[0] * left[0], right[0] * right[0] } /
		        ((newton_pair){ left[1], right[1] } + added);
		if (taken[0] + taken[1] - own > best->gain)
			*best = (struct split){ taken[0] + taken[1] - own, column, b, n_left,
				                left };
	}
}

static void find_split(const struct newton *w, struct newton_node *node)
{
	double own = -node->value * node->sum[0];

	node->split.gain = 0;
	for (uint32_t i = 0; i < w->pool.n_columns; i++)
		try_column(w, node, i, own, &node->split);
}

static bool may_split(const struct newton *w, const struct newton_node *node)
{
	return (node->end - node->start) / 2 >= w->limits->min_samples_leaf &&
	       node->depth < w->limits->max_depth;
}

/* Rows of low bins first; both sides stay in their order. */
static void part(struct newton *w, const struct newton_node *node)
{
	const struct split *s = &node->split;
	const uint8_t *bin = w->bins->bin + (size_t)s->column * w->bins->n_rows;
	uint32_t *rows = w->rows + node->start, n = node->end - node->start;
	uint32_t n_left = 0, n_right = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t row = rows[i];
		bool right = bin[row] > s->bin;

		rows[n_left] = row;
		w->parted[n_right] = row;
		n_left += !right;
		n_right += right;
	}
	memcpy(rows + n_left, w->parted, n_right * sizeof(*rows));
}

/* Histograms and best splits of two children, whose parent gives up its histogram. */
static int look_ahead(struct newton *w, struct newton_node *parent, struct newton_node *left,
                      struct newton_node *right)
{
	bool left_is_less = left->end - left->start < right->end - right->start;
	struct newton_node *less = left_is_less ? left : right, *more = left_is_less ? right : left;

	less->histogram = histogram_take(&w->pool);
	if (!less->histogram)
		return -ENOMEM;
	count_node(w, less);
	more->histogram = parent->histogram;
	parent->histogram = NULL;
	histogram_subtract(&w->pool, more->histogram, less->histogram);
	for (struct newton_node *node = left; node <= right; node++) {
		if (may_split(w, node))
			find_split(w, node);
		if (node->split.gain <= 0)
			give_back(w, node);
	}
	return 0;
}

static struct newton_node child(const struct newton *w, newton_pair sum, uint32_t start,
                                uint32_t end, uint32_t depth, uint32_t branch)
{
	return (struct newton_node){
		.start = start,
		.end = end,
		.depth = depth,
		.branch = branch,
		.sum = sum,
		.value = node_value(sum, w->limits->l2_regularization),
		.is_leaf = true,
	};
}

static int split_node(struct newton *w, struct newton_node *node, struct train_tree *tree,
                      bool is_last)
{
	const struct split *s = &node->split;
	struct newton_node *left = &w->nodes[w->n_nodes], *right = left + 1;
	float threshold = w->bins->threshold[(size_t)s->column * BINS_MAX + s->bin];
	uint32_t branch = train_tree_add(tree, 2), middle = node->start + s->n_left;
	int rc = 0;

	if (branch == UINT32_MAX)
		return -ENOMEM;
	train_tree_split(tree, node->branch, s->column, threshold, branch, node->end - node->start);
	part(w, node);
	node->is_leaf = false;
	*left = child(w, s->left, node->start, middle, node->depth + 1, branch);
	*right = child(w, node->sum - s->left, middle, node->end, node->depth + 1, branch + 1);
	w->n_nodes += 2;
	if (!is_last && (may_split(w, left) || may_split(w, right)))
		rc = look_ahead(w, node, left, right);
	give_back(w, node);
	return rc;
}

/* The leaf of greatest gain, the first of equals; NULL: none is worth a split. */
static struct newton_node *next_to_split(struct newton *w)
{
	struct newton_node *best = NULL;

	for (uint32_t i = 0; i < w->n_nodes; i++)
		if (w->nodes[i].histogram && (!best || w->nodes[i].split.gain > best->split.gain))
			best = &w->nodes[i];
	return best;
}

/*
 * The second derivative of the logistic loss changes no faster than itself (Bach 2010,
 * "Self-concordant analysis for logistic regression"): within a step s it is e^|s| H at most. So
 * the least loss, as far as this class goes, is no nearer than log(1 + |G| / H), and a step up to
 * there never leads beyond it. At a learning rate of 0.1 that binds from |G| = 36 H on.
 */
static double leaf_step(double value, double learning_rate)
{
	double most = math_log(1 + fabs(value));

	return copysign(fmin(fabs(value) * learning_rate, most), value);
}

static int make_leaves(struct newton *w, struct train_tree *tree, double *raw)
{
	for (uint32_t i = 0; i < w->n_nodes; i++) {
		struct newton_node *node = &w->nodes[i];
		double value = leaf_step(node->value, w->limits->learning_rate), *leaf;

		give_back(w, node);
		if (!node->is_leaf)
			continue;
		leaf = train_tree_leaf(tree, node->branch, node->end - node->start);
		if (!leaf)
			return -ENOMEM;
		*leaf = value;
		for (uint32_t k = node->start; k < node->end; k++)
			raw[w->rows[k]] += value;
	}
	return 0;
}

static int start_root(struct newton *w, struct train_tree *tree)
{
	struct newton_node *root = &w->nodes[0];

	*root = (struct newton_node){ .end = w->bins->n_rows, .is_leaf = true };
	for (uint32_t i = 0; i < w->bins->n_rows; i++) {
		w->rows[i] = i;
		root->sum += w->pairs[i];
	}
	w->n_nodes = 1;
	histogram_pool_draw(&w->pool, w->limits->max_features, &w->rng);
	train_tree_reset(tree, 1);
	if (train_tree_add(tree, 1) == UINT32_MAX)
		return -ENOMEM;
	if (!may_split(w, root) || root->sum[1] < HESSIAN_LEAST)
		return 0;
	root->histogram = histogram_take(&w->pool);
	if (!root->histogram)
		return -ENOMEM;
	count_node(w, root);
	find_split(w, root);
	if (root->split.gain <= 0)
		give_back(w, root);
	return 0;
}

int newton_grow(struct newton *w, struct train_tree *tree, double *raw)
{
	struct newton_node *node;
	int rc = start_root(w, tree);

	for (uint32_t n_leaves = 2; !rc && n_leaves <= w->limits->max_leaf_nodes; n_leaves++) {
		node = next_to_split(w);
		if (!node)
			break;
		rc = split_node(w, node, tree, n_leaves == w->limits->max_leaf_nodes);
	}
	return rc ? rc : make_leaves(w, tree, raw);
}

uint64_t newton_memory(uint64_t n_rows)
{
	return n_rows * 2 * (sizeof(newton_pair) + sizeof(uint32_t));
}
