// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Growing a tree depth first. At each node some features are drawn; of each the node's rows are
 * sorted by their rank in that column, and every place between two different values is tried. The
 * best is the one with the greatest sum over both sides of (sum of squared class weights) / weight,
 * which is the smallest weighted Gini impurity; the first of equals, as they were drawn.
 *
 * scikit-learn adds up all classes at each place. Here the sums of squares follow from the row that
 * changes sides: with l the left and T the total weight of its class and w its own,
 *     sum of l^2 grows by w (2 l + w),   sum of (T - l)^2 = sum T^2 - 2 sum T l + sum l^2.
 * Weights that are whole numbers (no class or row weights) make these sums exact.
 *
 * As scikit-learn: values closer than 1e-7 (in float32, to their neighbour) count as equal, the
 * threshold is the midpoint in float64. It is then rounded down to float32, which no row notices.
 */
#include "train_gini.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "train_sort.h"

#define VALUE_STEP 1e-7f

struct gini_node {
	uint32_t start, end, depth, n_constant, branch;
};

struct split {
	double gain;
	uint32_t feature, rank, n_left; /* rows of rank or lower go left */
	float threshold;
};

/* The sums along one feature, over all rows of the node or those on the left. */
struct sums {
	double weight, squares;
};

int gini_init(struct gini *g, const struct train_data *data, const struct train_column *columns,
              const struct gini_limits *limits)
{
	size_t n = data->n_rows, classes = data->n_classes, features = data->n_columns;

	*g = (struct gini){ .data = data, .columns = columns, .limits = limits };
	g->samples = malloc(n * sizeof(*g->samples));
	g->parted = malloc(n * sizeof(*g->parted));
	g->keys = malloc(n * sizeof(*g->keys));
	g->scratch = malloc(n * sizeof(*g->scratch));
	g->total = malloc(classes * sizeof(*g->total));
	g->left = malloc(classes * sizeof(*g->left));
	g->draw.n = data->n_columns;
	g->draw.features = malloc(features * sizeof(*g->draw.features));
	g->draw.constants = malloc(features * sizeof(*g->draw.constants));
	if (!g->samples || !g->parted || !g->keys || !g->scratch || !g->total || !g->left ||
	    !g->draw.features || !g->draw.constants)
		return -ENOMEM;
	return 0;
}

void gini_clear(struct gini *g)
{
	free(g->samples);
	free(g->parted);
	free(g->keys);
	free(g->scratch);
	free(g->total);
	free(g->left);
	free(g->draw.features);
	free(g->draw.constants);
	free(g->stack);
}

uint64_t gini_memory(uint64_t n_rows)
{
	return n_rows * (2 * sizeof(struct gini_sample) + 2 * sizeof(uint64_t));
}

static int push(struct gini *g, struct gini_node node)
{
	uint32_t capacity = g->stack_capacity ? 2 * g->stack_capacity : 64;
	struct gini_node *grown;

	if (g->n_stack == g->stack_capacity) {
		grown = realloc(g->stack, (size_t)capacity * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		g->stack = grown;
		g->stack_capacity = capacity;
	}
	g->stack[g->n_stack++] = node;
	return 0;
}

/* Weights of the node's classes into total[]. */
static struct sums add_up(struct gini *g, const struct gini_node *node)
{
	struct sums all = { 0 };

	memset(g->total, 0, g->data->n_classes * sizeof(*g->total));
	for (uint32_t i = node->start; i < node->end; i++)
		g->total[g->samples[i].label] += g->samples[i].weight;
	for (uint32_t c = 0; c < g->data->n_classes; c++) {
		all.weight += g->total[c];
		all.squares += g->total[c] * g->total[c];
	}
	return all;
}

static bool is_pure(const struct gini *g, const struct gini_node *node)
{
	uint32_t label = g->samples[node->start].label;

	for (uint32_t i = node->start + 1; i < node->end; i++)
		if (g->samples[i].label != label)
			return false;
	return true;
}

/*
 * The node's ranks in this column, less the lowest, each with its row's place in the node, into
 * keys[]. The highest of them; 0 if all values count as equal.
 */
static uint32_t gather(struct gini *g, const struct gini_node *node,
                       const struct train_column *column, uint32_t *base)
{
	const struct gini_sample *samples = g->samples + node->start;
	uint32_t n = node->end - node->start, lowest = UINT32_MAX, highest = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t rank = column->rank[samples[i].row];

		g->keys[i] = (uint64_t)rank << 32 | i;
		lowest = rank < lowest ? rank : lowest;
		highest = rank > highest ? rank : highest;
	}
	if (column->value[highest] <= column->value[lowest] + VALUE_STEP)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		g->keys[i] -= (uint64_t)lowest << 32;
	*base = lowest;
	return highest - lowest;
}

/* Try the places between sorted rows; base is what was taken off the ranks. */
static void scan(struct gini *g, const struct gini_sample *samples, const uint64_t *keys,
                 uint32_t n, uint32_t feature, uint32_t base, const struct sums *all,
                 struct split *best)
{
	const float *value = g->columns[feature].value + base;
	double weight = 0, squares = 0, cross = 0;
	uint32_t least = g->limits->min_samples_leaf;

	memset(g->left, 0, g->data->n_classes * sizeof(*g->left));
	for (uint32_t i = 0; i + least < n; i++) {
		const struct gini_sample *s = &samples[(uint32_t)keys[i]];
		uint32_t rank = (uint32_t)(keys[i] >> 32), next = (uint32_t)(keys[i + 1] >> 32);
		double left = g->left[s->label], rest, gain;

		g->left[s->label] = left + s->weight;
		weight += s->weight;
		squares += s->weight * (2 * left + s->weight);
		cross += s->weight * g->total[s->label];
		rest = all->weight - weight;
		if (rank == next || i + 1 < least || value[next] <= value[rank] + VALUE_STEP ||
		    !(rest > 0))
			continue;
		gain = squares / weight + (all->squares - 2 * cross + squares) / rest;
		if (gain > best->gain)
			*best = (struct split){ gain, feature, rank + base, i + 1,
				                train_round_down(value[rank] / 2.0 +
				                                 value[next] / 2.0) };
	}
}

static bool find_split(struct gini *g, struct gini_node *node, const struct sums *all,
                       struct split *best)
{
	uint32_t n = node->end - node->start, feature, base, highest;
	struct train_draw *draw = &g->draw;
	const uint64_t *sorted;

	best->n_left = 0;
	best->gain = -1;
	draw_begin(draw, node->n_constant);
	while (draw_next(draw, g->limits->max_features, &g->rng)) {
		feature = draw->features[draw->at];
		highest = gather(g, node, &g->columns[feature], &base);
		if (!highest) {
			draw_is_constant(draw);
			continue;
		}
		draw_is_tried(draw);
		sorted = train_sort(g->keys, g->scratch, n, 32 - __builtin_clz(highest));
		scan(g, g->samples + node->start, sorted, n, feature, base, all, best);
	}
	node->n_constant = draw_end(draw);
	return best->n_left;
}

/* Rows that go left first; both sides stay in their order. */
static void part(struct gini *g, const struct gini_node *node, const struct split *split)
{
	const uint32_t *rank = g->columns[split->feature].rank;
	struct gini_sample *samples = g->samples + node->start;
	uint32_t n = node->end - node->start, n_left = 0, n_right = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct gini_sample s = samples[i];
		bool right = rank[s.row] > split->rank;

		samples[n_left] = s;
		g->parted[n_right] = s;
		n_left += !right;
		n_right += right;
	}
	memcpy(samples + n_left, g->parted, n_right * sizeof(*samples));
}

static int make_leaf(struct gini *g, const struct gini_node *node, const struct sums *all,
                     struct train_tree *tree)
{
	double *value = train_tree_leaf(tree, node->branch, all->weight);

	if (!value)
		return -ENOMEM;
	for (uint32_t c = 0; c < g->data->n_classes; c++)
		value[c] = g->total[c] / all->weight;
	return 0;
}

static int grow_node(struct gini *g, struct gini_node node, struct train_tree *tree)
{
	const struct gini_limits *l = g->limits;
	uint32_t n = node.end - node.start, left;
	struct sums all = add_up(g, &node);
	struct split split;
	int rc;

	if (node.depth >= l->max_depth || n < l->min_samples_split || n / 2 < l->min_samples_leaf ||
	    is_pure(g, &node) || !find_split(g, &node, &all, &split))
		return make_leaf(g, &node, &all, tree);
	left = train_tree_add(tree, 2);
	if (left == UINT32_MAX)
		return -ENOMEM;
	train_tree_split(tree, node.branch, split.feature, split.threshold, left, all.weight);
	part(g, &node, &split);
	node.depth++;
	node.branch = left + 1;
	node.start += split.n_left;
	rc = push(g, node);
	node.branch = left;
	node.end = node.start;
	node.start -= split.n_left;
	return rc ? rc : push(g, node);
}

int gini_grow(struct gini *g, uint32_t n, struct train_tree *tree)
{
	int rc;

	train_tree_reset(tree, g->data->n_classes);
	for (uint32_t c = 0; c < g->data->n_columns; c++)
		g->draw.features[c] = c;
	g->n_stack = 0;
	if (train_tree_add(tree, 1) == UINT32_MAX)
		return -ENOMEM;
	rc = push(g, (struct gini_node){ .end = n });
	while (!rc && g->n_stack)
		rc = grow_node(g, g->stack[--g->n_stack], tree);
	return rc;
}
