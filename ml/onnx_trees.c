// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * From ONNX's columns to trees of ours. Nodes are named by (tree, node) and may come in any order,
 * so both nodes and weights are sorted; a tree is then a run of each. The root is the node that is
 * nobody's child. A leaf may have weights for several outputs:
 *
 *     FOREST_MEAN   all of them are the leaf's shares, times the number of trees
 *     FOREST_SUM    the tree is added once for each output it has weights for; for two classes
 *                   there is one sum, and what speaks for the first class counts against it
 *     FOREST_PATH   the one weight is the path length
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model_draft.h"
#include "onnx_ensemble.h"

#define VALUES_MAX (1U << 24) /* doubles of one tree's leaves */

/* What a node or a weight belongs to, and where it is in its columns. */
struct place {
	int64_t tree, node;
	uint32_t at;
};

struct trees {
	struct model_draft *d;
	const struct onnx_ensemble *e;
	struct place *nodes, *weights; /* sorted */
	uint32_t n_trees;
	uint32_t *node_from, *weight_from; /* [n_trees + 1], runs */
	/* of one tree */
	struct forest_branch *branches;
	uint32_t *leaf; /* which of its leaves a branch is */
	double *values;
	size_t n_values;
	bool one_sided; /* two classes: all weights are for the second, whichever they name */
	double factor;  /* from weights to values */
};

static int compare(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	if (p->tree != q->tree)
		return p->tree < q->tree ? -1 : 1;
	if (p->node != q->node)
		return p->node < q->node ? -1 : 1;
	return p->at < q->at ? -1 : p->at > q->at;
}

static struct place *sort(const int64_t *tree, const int64_t *node, size_t n)
{
	struct place *places = calloc(n + 1, sizeof(*places));
	uint32_t i;

	for (i = 0; places && i < n; i++)
		places[i] = (struct place){ tree[i], node[i], i };
	if (places)
		qsort(places, n, sizeof(*places), compare);
	return places;
}

/* Number of this node in its tree, a run of n places; n: it is not there. */
static uint32_t find(const struct place *run, uint32_t n, int64_t node)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (run[middle].node < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && run[low].node == node ? low : n;
}

/* Where each tree's nodes and weights begin. */
static int find_runs(struct trees *t)
{
	const struct onnx_ensemble *e = t->e;
	uint32_t i, w = 0;

	for (i = 0; i < e->n_nodes; i++) {
		const struct place *p = &t->nodes[i];

		if (i && p->tree == p[-1].tree) {
			if (p->node == p[-1].node)
				return draft_fail(t->d, "two nodes have one number (tree %lld)",
				                  (long long)p->tree);
			continue;
		}
		/* Weights of no tree stay in the run before, or the first, and are found there. */
		while (i && w < e->n_weights && t->weights[w].tree < p->tree)
			w++;
		t->node_from[t->n_trees] = i;
		t->weight_from[t->n_trees] = w;
		t->n_trees++;
	}
	t->node_from[t->n_trees] = (uint32_t)e->n_nodes;
	t->weight_from[t->n_trees] = (uint32_t)e->n_weights;
	return t->n_trees ? 0 : draft_fail(t->d, "it has no trees");
}

/* The greatest float32 below t. */
static float below(double t)
{
	float rounded = draft_threshold(t);

	return rounded == t ? nextafterf(rounded, -INFINITY) : rounded;
}

/* Both children and the threshold, so that <= goes left. */
static int take_split(struct trees *t, struct forest_branch *b, uint32_t at, uint32_t yes,
                      uint32_t no)
{
	const char *mode = t->e->mode[at];
	bool greater = !strncmp(mode, "BRANCH_GT", 9), less = !strncmp(mode, "BRANCH_L", 8);
	bool strict = !strcmp(mode, "BRANCH_LT") || !strcmp(mode, "BRANCH_GTE");

	if (!greater && !less)
		return draft_fail(t->d, "nodes of mode %.20s are not supported", mode);
	if (t->e->feature[at] < 0 || t->e->feature[at] > INT32_MAX)
		return draft_fail(t->d, "a feature's number is out of range");
	b->feature = (int32_t)t->e->feature[at];
	b->threshold = strict ? below(t->e->threshold[at]) : draft_threshold(t->e->threshold[at]);
	b->left = greater ? no : yes;
	b->right = greater ? yes : no;
	return 0;
}

/* The root must be the first. */
static void swap_root(struct forest_branch *b, uint32_t n, uint32_t root)
{
	struct forest_branch first = b[0];
	uint32_t i;

	b[0] = b[root];
	b[root] = first;
	for (i = 0; i < n && root; i++) {
		if (b[i].feature < 0)
			continue;
		b[i].left = b[i].left == 0 ? root : b[i].left;
		b[i].right = b[i].right == 0 ? root : b[i].right;
	}
}

/* Branches of tree k, leaves without values; *root is the number of what nobody leads to. */
static int take_branches(struct trees *t, uint32_t k, uint32_t *root)
{
	const struct place *run = t->nodes + t->node_from[k];
	uint32_t n = t->node_from[k + 1] - t->node_from[k], i, yes, no;
	uint64_t missing = (uint64_t)n * (n - 1) / 2;
	int status;

	for (i = 0; i < n; i++) {
		struct forest_branch *b = &t->branches[i];
		uint32_t at = run[i].at;

		*b = (struct forest_branch){ .feature = -1 };
		b->cover = t->e->cover && t->e->cover[at] >= 0 ? (float)t->e->cover[at] : 0;
		if (!strcmp(t->e->mode[at], "LEAF"))
			continue;
		yes = find(run, n, t->e->yes[at]);
		no = find(run, n, t->e->no[at]);
		if (yes == n || no == n)
			return draft_fail(t->d, "a node's child is not there");
		status = take_split(t, b, at, yes, no);
		if (status)
			return status;
		missing -= (uint64_t)yes + no;
	}
	*root = (uint32_t)missing;
	return missing < n ? 0 : draft_fail(t->d, "its nodes make no tree");
}

/* Number the leaves of a tree of n branches and give each width values, all 0. */
static int begin_leaves(struct trees *t, uint32_t n, uint32_t width)
{
	size_t leaves = 0, wanted;
	uint32_t i;

	for (i = 0; i < n; i++)
		if (t->branches[i].feature < 0)
			t->leaf[i] = (uint32_t)leaves++;
	wanted = leaves * width;
	if (wanted > VALUES_MAX)
		return draft_fail(t->d, "a tree is too large");
	if (wanted > t->n_values) {
		free(t->values);
		t->values = malloc(wanted * sizeof(*t->values));
		t->n_values = t->values ? wanted : 0;
		if (!t->values)
			return draft_fail(t->d, "no memory");
	}
	memset(t->values, 0, wanted * sizeof(*t->values));
	for (i = 0; i < n; i++)
		if (t->branches[i].feature < 0)
			t->branches[i].value = t->values + (size_t)t->leaf[i] * width;
	return 0;
}

/* What a weight for output `own` adds to the sum of `output`, which has one leaf value. */
static double share_of(const struct trees *t, double weight, int64_t own, uint32_t output)
{
	if (t->d->forest->n_outputs > 1)
		return own == output ? weight : 0;
	if (t->e->n_outputs == 2 && !t->one_sided && own == 0)
		return -weight;
	return weight;
}

/* The weights of tree k into its leaves' values; output counts for FOREST_SUM. */
static int add_weights(struct trees *t, uint32_t k, uint32_t output, uint32_t width)
{
	const struct place *run = t->nodes + t->node_from[k];
	uint32_t n = t->node_from[k + 1] - t->node_from[k], i;

	for (i = t->weight_from[k]; i < t->weight_from[k + 1]; i++) {
		uint32_t at = t->weights[i].at, to = find(run, n, t->weights[i].node);
		double weight = t->e->weight[at] * t->factor;
		int64_t own = t->e->weight_output[at];
		double *value;

		if (to == n || t->weights[i].tree != run->tree || t->branches[to].feature >= 0)
			return draft_fail(t->d, "a weight belongs to no leaf");
		value = t->values + (size_t)t->leaf[to] * width;
		if (t->d->forest->kind != FOREST_MEAN)
			*value += share_of(t, weight, own, output);
		else if (t->one_sided)
			value[1] += weight;
		else
			value[own] += weight;
	}
	return 0;
}

/* Tree k, for this output where there are several sums. */
static int take_tree(struct trees *t, uint32_t k, uint32_t output)
{
	uint32_t n = t->node_from[k + 1] - t->node_from[k], root = 0, i;
	uint32_t width = t->d->forest->kind == FOREST_MEAN ? t->d->forest->n_outputs : 1;
	uint32_t before = t->d->forest->n_nodes;
	int status = take_branches(t, k, &root);

	if (!status)
		status = begin_leaves(t, n, width);
	if (!status)
		status = add_weights(t, k, output, width);
	if (status)
		return status;
	for (i = 0; t->one_sided && width == 2 && i < n; i++)
		if (t->branches[i].feature < 0)
			t->values[t->leaf[i] * 2] = 1 - t->values[t->leaf[i] * 2 + 1];
	swap_root(t->branches, n, root);
	status = forest_add_tree(t->d->forest, t->branches, n);
	if (status == -EINVAL || (!status && t->d->forest->n_nodes - before != n))
		return draft_fail(t->d, "its nodes make no tree");
	return status ? draft_fail(t->d, "no memory") : 0;
}

/* Several sums: a tree is added for each output that its weights name. */
static int take_by_output(struct trees *t)
{
	size_t n_weights = t->e->n_weights;
	uint32_t *tree = calloc(n_weights + 1, sizeof(*tree)), *output, *order = NULL;
	uint32_t *seen = calloc(t->e->n_outputs, sizeof(*seen)), n = 0, k, i;
	int status = -ENOMEM;

	output = calloc(n_weights + 1, sizeof(*output));
	if (!tree || !output || !seen)
		draft_fail(t->d, "no memory");
	else
		status = 0;
	for (k = 0; !status && k < t->n_trees; k++)
		for (i = t->weight_from[k]; i < t->weight_from[k + 1]; i++) {
			uint32_t own = (uint32_t)t->e->weight_output[t->weights[i].at];

			if (seen[own] == k + 1)
				continue;
			seen[own] = k + 1;
			tree[n] = k;
			output[n++] = own;
		}
	if (!status) {
		order = draft_order(t->d, output, &n);
		status = order ? 0 : -ENOMEM;
	}
	for (i = 0; !status && i < n; i++)
		status = order[i] == DRAFT_NONE ? draft_add_nothing(t->d)
		                                : take_tree(t, tree[order[i]], output[order[i]]);
	free(order);
	free(tree);
	free(output);
	free(seen);
	return status;
}

/* Weights' outputs in range; are they, of two classes, for one of them only? */
static int check_outputs(struct trees *t)
{
	const int64_t *output = t->e->weight_output;
	size_t i;

	t->one_sided = t->e->n_outputs == 2;
	for (i = 0; i < t->e->n_weights; i++) {
		if (output[i] < 0 || output[i] >= t->e->n_outputs)
			return draft_fail(t->d, "a weight is for class %lld of %u",
			                  (long long)output[i], t->e->n_outputs);
		t->one_sided = t->one_sided && output[i] == output[0];
	}
	return 0;
}

static void take_base(struct trees *t)
{
	const struct onnx_ensemble *e = t->e;
	struct forest *f = t->d->forest;
	size_t i;

	for (i = 0; i < e->n_base; i++)
		if (f->n_outputs > 1)
			f->baseline[i] = e->base[i];
		else if (e->n_base == 2 && !i)
			f->baseline[0] = -e->base[0];
		else
			f->baseline[0] += e->base[i];
}

static int begin(struct trees *t)
{
	const struct onnx_ensemble *e = t->e;
	enum forest_kind kind = t->d->forest->kind;
	int status = check_outputs(t);

	if (status)
		return status;
	t->nodes = sort(e->tree, e->node, e->n_nodes);
	t->weights = sort(e->weight_tree, e->weight_node, e->n_weights);
	t->node_from = calloc(e->n_nodes + 1, sizeof(*t->node_from));
	t->weight_from = calloc(e->n_nodes + 1, sizeof(*t->weight_from));
	t->branches = calloc(e->n_nodes + 1, sizeof(*t->branches));
	t->leaf = calloc(e->n_nodes + 1, sizeof(*t->leaf));
	if (!t->nodes || !t->weights || !t->node_from || !t->weight_from || !t->branches ||
	    !t->leaf)
		return draft_fail(t->d, "no memory");
	status = find_runs(t);
	t->factor = e->average ? 1 : t->n_trees;
	if (kind == FOREST_SUM)
		t->factor = e->average ? 1.0 / t->n_trees : 1;
	return status;
}

int onnx_take_trees(struct model_draft *d, const struct onnx_ensemble *e)
{
	struct trees t = { .d = d, .e = e };
	int status = begin(&t);
	uint32_t k;

	if (!status && d->forest->kind == FOREST_SUM)
		take_base(&t);
	if (!status && d->forest->kind == FOREST_SUM && d->forest->n_outputs > 1)
		status = take_by_output(&t);
	else
		for (k = 0; !status && k < t.n_trees; k++)
			status = take_tree(&t, k, 0);
	free(t.nodes);
	free(t.weights);
	free(t.node_from);
	free(t.weight_from);
	free(t.branches);
	free(t.leaf);
	free(t.values);
	return status;
}
