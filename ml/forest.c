// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A forest as arrays: growing it tree by tree, and checking one that came from outside.
 *
 * A tree is laid out breadth first: the children of its first branch, then those of its second, and
 * so on. So the top of a tree, which every row visits, lies in few cache lines, and one pass with
 * two counters proves that an array is a tree: the i-th branch must name the i-th pair after the
 * root, hence nothing is shared, unreachable or in a circle.
 *
 * Leaves of FOREST_MEAN that know one class alone are most leaves of a deep tree. They share
 * 2 n - 1 values, 0 ... 0 1 0 ... 0, and class k is the window that starts at n - 1 - k.
 */
#include "forest.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_MIN 16

/* Room for more elements than *array's n: lengths are doubled, so n tells the capacity. */
static bool reserve(void *array, uint32_t n, uint64_t more, size_t size)
{
	uint64_t capacity = LENGTH_MIN, wanted = n + more;
	void *old, *grown;

	memcpy(&old, array, sizeof(old));
	while (capacity < n)
		capacity *= 2;
	if (old && wanted <= capacity)
		return true;
	while (capacity < wanted)
		capacity *= 2;
	if (wanted > UINT32_MAX || capacity > SIZE_MAX / size)
		return false;
	grown = realloc(old, (size_t)capacity * size);
	if (grown)
		memcpy(array, &grown, sizeof(grown));
	return grown;
}

static uint32_t leaf_width(const struct forest *f)
{
	return f->kind == FOREST_MEAN ? f->n_outputs : 1;
}

static bool add_window(struct forest *f)
{
	uint32_t n = f->n_outputs;

	if (!reserve(&f->values, 0, 2 * (uint64_t)n - 1, sizeof(*f->values)))
		return false;
	memset(f->values, 0, (2 * (size_t)n - 1) * sizeof(*f->values));
	f->values[n - 1] = 1;
	f->n_values = 2 * n - 1;
	return true;
}

double forest_average_path(double n)
{
	static const double euler = 0.57721566490153286061;

	if (n <= 1)
		return 0;
	if (n == 2)
		return 1;
	return 2 * (log(n - 1) + euler) - 2 * (n - 1) / n;
}

struct forest *forest_new(enum forest_kind kind, uint32_t n_features, uint32_t n_outputs)
{
	struct forest *f = calloc(1, sizeof(*f));
	bool ok = f;

	if (ok) {
		f->kind = kind;
		f->n_features = n_features;
		f->n_outputs = n_outputs;
	}
	if (ok && kind == FOREST_MEAN)
		ok = add_window(f);
	if (ok && kind == FOREST_SUM) {
		f->baseline = calloc(n_outputs, sizeof(*f->baseline));
		ok = f->baseline;
	}
	if (ok)
		return f;
	forest_free(f);
	errno = ENOMEM;
	return NULL;
}

void forest_free(struct forest *f)
{
	if (!f)
		return;
	free(f->root);
	free(f->depth);
	free(f->nodes);
	free(f->cover);
	free(f->values);
	free(f->baseline);
	free(f);
}

/* The class that has all of this leaf, or n_outputs. */
static uint32_t pure_class(const struct forest *f, const double *value)
{
	uint32_t i, class = f->n_outputs;

	if (f->kind != FOREST_MEAN)
		return f->n_outputs;
	for (i = 0; i < f->n_outputs; i++) {
		if (value[i] == 0 && !signbit(value[i]))
			continue;
		if (value[i] != 1 || class < f->n_outputs)
			return f->n_outputs;
		class = i;
	}
	return class;
}

static int add_leaf(struct forest *f, struct forest_node *node, const double *value)
{
	uint32_t width = leaf_width(f), class = pure_class(f, value);

	node->threshold = INFINITY;
	node->feature = 0;
	node->left = (uint32_t)(node - f->nodes);
	if (class < f->n_outputs) {
		node->value = f->n_outputs - 1 - class;
		return 0;
	}
	if (!reserve(&f->values, f->n_values, width, sizeof(*f->values)))
		return -ENOMEM;
	node->value = f->n_values;
	memcpy(f->values + f->n_values, value, width * sizeof(*value));
	f->n_values += width;
	return 0;
}

/* A node that was given a place; it waits in a queue of the tree's nodes in their final order. */
struct placed {
	uint32_t branch, depth;
	bool taken; /* of the branch of this number, not of the node at this place */
};

static bool take(struct placed *queue, uint32_t n, uint32_t branch)
{
	if (branch >= n || queue[branch].taken)
		return false;
	queue[branch].taken = true;
	return true;
}

static void put(struct placed *queue, uint32_t at, uint32_t branch, uint32_t depth)
{
	queue[at].branch = branch;
	queue[at].depth = depth;
}

/* The queue as it fills is the layout: what is taken at i lies at root + i. */
static int lay_out(struct forest *f, struct placed *queue, const struct forest_branch *branches,
                   uint32_t n)
{
	uint32_t root = f->n_nodes, filled = 1, i;
	int status;

	take(queue, n, 0);
	put(queue, 0, 0, 0);
	for (i = 0; i < filled; i++) {
		const struct forest_branch *b = &branches[queue[i].branch];
		struct forest_node *node = &f->nodes[root + i];

		f->cover[root + i] = b->cover;
		f->depth[f->n_trees] = queue[i].depth;
		if (b->feature < 0) {
			status = add_leaf(f, node, b->value);
			if (status)
				return status;
			continue;
		}
		if ((uint32_t)b->feature >= f->n_features || isnan(b->threshold) ||
		    !take(queue, n, b->left) || !take(queue, n, b->right))
			return -EINVAL;
		*node = (struct forest_node){ b->threshold, (uint32_t)b->feature, root + filled,
			                      0 };
		put(queue, filled++, b->left, queue[i].depth + 1);
		put(queue, filled++, b->right, queue[i].depth + 1);
	}
	f->root[f->n_trees++] = root;
	f->n_nodes += filled;
	return 0;
}

int forest_add_tree(struct forest *f, const struct forest_branch *branches, uint32_t n)
{
	uint32_t n_values = f->n_values;
	struct placed *queue;
	int status;

	if (!n)
		return -EINVAL;
	queue = calloc(n, sizeof(*queue));
	if (!queue || !reserve(&f->root, f->n_trees, 1, sizeof(*f->root)) ||
	    !reserve(&f->depth, f->n_trees, 1, sizeof(*f->depth)) ||
	    !reserve(&f->nodes, f->n_nodes, n, sizeof(*f->nodes)) ||
	    !reserve(&f->cover, f->n_nodes, n, sizeof(*f->cover)))
		status = -ENOMEM;
	else
		status = lay_out(f, queue, branches, n);
	if (status)
		f->n_values = n_values;
	free(queue);
	return status;
}

static int refuse(char *error, size_t size, const char *what, uint64_t where)
{
	snprintf(error, size, "%s (at %llu)", what, (unsigned long long)where);
	return -EINVAL;
}

/* One node; *pair is where the next branch must have its children. */
static const char *check_node(const struct forest *f, uint32_t i, uint32_t end, uint32_t *pair)
{
	const struct forest_node *node = &f->nodes[i];

	if (isnan(node->threshold))
		return "a threshold is not a number";
	if (!(f->cover[i] >= 0) || isinf(f->cover[i]))
		return "a node's cover is no finite number";
	if (node->feature >= f->n_features)
		return "a node asks for a feature that is not there";
	if (node->left == i) {
		if (node->threshold != INFINITY)
			return "a leaf has a threshold";
		if (node->value >= f->n_values || f->n_values - node->value < leaf_width(f))
			return "a leaf's value is out of range";
		return NULL;
	}
	if (node->left != *pair || end - *pair < 2)
		return "a node's children are not where they belong";
	*pair += 2;
	return NULL;
}

static int check_tree(const struct forest *f, uint32_t t, char *error, size_t size)
{
	uint32_t end = t + 1 < f->n_trees ? f->root[t + 1] : f->n_nodes, i = f->root[t];
	uint32_t pair = i + 1, level_end = i + 1, depth = 0;

	for (; i < end; i++) {
		const char *wrong;

		if (i == level_end) {
			level_end = pair;
			depth++;
		}
		wrong = check_node(f, i, end, &pair);
		if (wrong)
			return refuse(error, size, wrong, i);
	}
	if (pair != end)
		return refuse(error, size, "a tree has nodes that nothing leads to", t);
	if (depth != f->depth[t])
		return refuse(error, size, "a tree's depth is told wrong", t);
	return 0;
}

static bool is_finite(const double *values, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += values[i] * 0; /* stays 0, or turns NaN */
	return sum == 0;
}

int forest_check(const struct forest *f, char *error, size_t size)
{
	uint32_t t;
	int status = 0;

	if (!f->n_trees || !f->n_features || !f->n_outputs)
		return refuse(error, size, "the forest has no tree, feature or output", 0);
	if (f->kind == FOREST_PATH && (f->n_outputs != 1 || !f->max_samples))
		return refuse(error, size, "a path length needs one output and max_samples", 0);
	if (f->root[0])
		return refuse(error, size, "the first tree does not begin at the first node", 0);
	for (t = 0; t < f->n_trees; t++)
		if (f->root[t] >= (t + 1 < f->n_trees ? f->root[t + 1] : f->n_nodes))
			return refuse(error, size, "trees are out of order", t);
	for (t = 0; t < f->n_trees && !status; t++)
		status = check_tree(f, t, error, size);
	if (status)
		return status;
	if (!is_finite(f->values, f->n_values) ||
	    (f->baseline && !is_finite(f->baseline, f->n_outputs)))
		return refuse(error, size, "a leaf's value is infinite or not a number", 0);
	return 0;
}
