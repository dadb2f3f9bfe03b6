// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * From a forest to its plan. Walking (forest_apply.c) asks a row the questions on its way, each
 * after the answer to the one before. Small trees are faster asked all their questions, of many
 * rows at once:
 *
 *     a row's values become ranks, once for all trees: how many of the forest's thresholds of that
 *     feature each is above, a byte, so that value > threshold is rank > the threshold's number;
 *     a branch is a step, rank > number ? right : left, where left and right are the numbers of the
 *     leaves that its children came to: three operations on vectors of bytes, a row each;
 *     steps go from the bottom to the root, whose number is the leaf.
 *
 * That all branches are asked in an order that suits the machine instead of the row is
 * QuickScorer's idea (Lucchese et al., SIGIR 2015), that leaves are kept as bytes, one vector for
 * many rows, RapidScorer's (Ye et al., KDD 2018). They strike leaves from bit vectors, and find the
 * first that is left; a number chosen from the bottom up needs no search, and lets a tree have 256
 * leaves. Boosting by histograms has at most 255 thresholds a feature; a feature with more of them
 * gets several columns of ranks.
 *
 * Trees are in the order of their outputs, and for each in their own, so sums have the same bits as
 * those of walks.
 */
#include "forest_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forest.h"

#define CUTS_MAX (PLAN_CUTS * 8) /* of a feature */

/* What a block of rows costs, in wide steps, as tools/bench_watch.c's models show. */
#define COST_COLUMN 100 /* to find the ranks */
#define COST_NARROW 2   /* a step of 16 bytes at once */
#define COST_WALK   26  /* a level of a tree that is walked */

/* The thresholds of a feature, ascending, while they are collected. */
struct cuts {
	uint32_t n, first_column;
	float at[CUTS_MAX];
};

static bool is_leaf(const struct forest *f, uint32_t node)
{
	return f->nodes[node].left == node;
}

static uint32_t tree_end(const struct forest *f, uint32_t t)
{
	return t + 1 < f->n_trees ? f->root[t + 1] : f->n_nodes;
}

static uint32_t count_steps(const struct forest *f)
{
	return (f->n_nodes - f->n_trees) / 2;
}

/* How many are below cut: a binary search that does not branch on what it finds. */
static uint32_t find_cut(const struct cuts *c, float cut)
{
	uint32_t low = 0, n = c->n, half;

	for (; n > 1; n -= half) {
		half = n / 2;
		low += -(uint32_t)(c->at[low + half - 1] < cut) & half;
	}
	return low + (n && c->at[low] < cut);
}

/* *n_columns grows with every column's first. */
static bool add_cut(struct cuts *c, float cut, uint32_t *n_columns)
{
	uint32_t i = find_cut(c, cut);

	if (i < c->n && c->at[i] == cut)
		return true;
	if (c->n % PLAN_CUTS == 0 && (c->n == CUTS_MAX || ++*n_columns > PLAN_COLUMNS))
		return false;
	memmove(c->at + i + 1, c->at + i, (c->n - i) * sizeof(*c->at));
	c->at[i] = cut;
	c->n++;
	return true;
}

static bool collect_cuts(struct cuts *cuts, uint32_t *n_columns, const struct forest *f)
{
	uint32_t i, next = 0;

	for (i = 0; i < f->n_nodes; i++) {
		const struct forest_node *node = &f->nodes[i];

		if (!is_leaf(f, i) && !add_cut(&cuts[node->feature], node->threshold, n_columns))
			return false;
	}
	for (i = 0; i < f->n_features; i++) {
		cuts[i].first_column = next;
		next += (cuts[i].n + PLAN_CUTS - 1) / PLAN_CUTS;
	}
	return true;
}

static bool fits(const struct forest *f)
{
	uint32_t t;

	for (t = 0; t < f->n_trees; t++)
		if ((tree_end(f, t) - f->root[t]) / 2 >= PLAN_LEAVES)
			return false;
	return f->kind != FOREST_MEAN || f->n_outputs == 1;
}

static bool is_worth_it(const struct forest_plan *p, const struct forest *f)
{
	uint64_t levels = 0, cost = (uint64_t)p->n_columns * COST_COLUMN;
	uint32_t t;

	cost += (uint64_t)count_steps(f) * (p->is_wide ? 1 : COST_NARROW);
	for (t = 0; t < f->n_trees; t++)
		levels += f->depth[t];
	return cost < levels * COST_WALK;
}

static bool allocate(struct forest_plan *p, const struct forest *f)
{
	uint32_t steps = count_steps(f);

	p->columns = calloc(p->n_columns, sizeof(*p->columns));
	p->cuts = calloc(p->n_columns, PLAN_CUTS * sizeof(*p->cuts));
	p->trees = calloc(f->n_trees, sizeof(*p->trees));
	p->steps = calloc(steps, sizeof(*p->steps));
	p->values = calloc((size_t)steps + f->n_trees, sizeof(*p->values));
	return p->columns && p->cuts && p->trees && p->steps && p->values;
}

static void put_columns(struct forest_plan *p, const struct cuts *cuts, uint32_t n_features)
{
	struct plan_column *column = p->columns;
	uint32_t feature, i, k, n, first = 0;

	for (feature = 0; feature < n_features; feature++, cuts++)
		for (i = 0; i < cuts->n; i += n) {
			n = cuts->n - i < PLAN_CUTS ? cuts->n - i : PLAN_CUTS;
			*column = (struct plan_column){ feature, first, 1 };
			while (column->n < n)
				column->n = column->n * 2 + 1;
			for (k = 0; k < column->n; k++)
				p->cuts[first++] = k < n ? cuts->at[i + k] : INFINITY;
			column++;
		}
}

static struct plan_step make_step(const struct forest_node *node, const struct cuts *cuts,
                                  const uint16_t *children)
{
	const struct cuts *c = &cuts[node->feature];
	uint32_t cut = find_cut(c, node->threshold);

	return (struct plan_step){
		.column = (uint16_t)(c->first_column + cut / PLAN_CUTS),
		.rank = (int8_t)((int)(cut % PLAN_CUTS) - 128),
		.left = children[0],
		.right = children[1],
	};
}

/* Its steps and values; how many steps. Parents lie before children, so it goes backwards. */
static uint32_t put_tree(struct plan_step *steps, double *values, const struct forest *f,
                         uint32_t t, const struct cuts *cuts)
{
	uint16_t slot[PLAN_LEAVES * 2], n_leaves = 0, n_steps = 0;
	uint32_t root = f->root[t], i;

	for (i = tree_end(f, t); i-- > root;) {
		const struct forest_node *node = &f->nodes[i];

		if (is_leaf(f, i)) {
			slot[i - root] = n_leaves;
			values[n_leaves++] = f->values[node->value];
		} else {
			slot[i - root] = PLAN_LEAVES + n_steps;
			steps[n_steps++] = make_step(node, cuts, &slot[node->left - root]);
		}
	}
	return n_steps;
}

static void put_trees(struct forest_plan *p, const struct forest *f, const struct cuts *cuts)
{
	uint32_t n_outputs = f->kind == FOREST_SUM ? f->n_outputs : 1, output, t, n;
	struct plan_tree *tree = p->trees;
	struct plan_step *steps = p->steps;
	double *values = p->values;

	for (output = 0; output < n_outputs; output++)
		for (t = output; t < f->n_trees; t += n_outputs) {
			n = put_tree(steps, values, f, t, cuts);
			*tree++ = (struct plan_tree){ output, n };
			steps += n;
			values += n + 1;
			if (n >= p->most_leaves)
				p->most_leaves = n + 1;
		}
}

struct forest_plan *forest_plan_new(const struct forest *f)
{
	struct forest_plan *p = NULL;
	struct cuts *cuts = NULL;
	bool ok = fits(f);

	if (ok) {
		p = calloc(1, sizeof(*p));
		cuts = calloc(f->n_features, sizeof(*cuts));
		ok = p && cuts && collect_cuts(cuts, &p->n_columns, f);
	}
	if (ok) {
		p->is_wide = forest_plan_can_be_wide();
		ok = is_worth_it(p, f) && allocate(p, f);
	}
	if (ok) {
		put_columns(p, cuts, f->n_features);
		put_trees(p, f, cuts);
	} else {
		forest_plan_free(p);
		p = NULL;
	}
	free(cuts);
	return p;
}

void forest_plan_free(struct forest_plan *p)
{
	if (!p)
		return;
	free(p->columns);
	free(p->cuts);
	free(p->trees);
	free(p->steps);
	free(p->values);
	free(p);
}
