/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one tree engine: an ensemble of binary trees in flat arrays, for means of class shares
 * (random forest), sums of leaf values (boosting) and path lengths (isolation forest).
 *
 * A row goes left when row[feature] <= threshold (float32, as scikit-learn casts its rows), and the
 * children of a node are neighbours: next = left + (row[feature] > threshold). A leaf is its own
 * left child with threshold +infinity, so that a walk of depth steps ends there without a branch.
 * Rows hold no NaN.
 */
#ifndef WEIR_FOREST_H
#define WEIR_FOREST_H

#include <stddef.h>
#include <stdint.h>

enum forest_kind {
	FOREST_MEAN, /* n_outputs doubles a leaf, averaged over the trees in their order */
	FOREST_SUM,  /* one double a leaf, tree t adds to output t % n_outputs, from baseline[] */
	FOREST_PATH, /* one double a leaf: depth + c(samples), Liu et al. 2008 */
};

struct forest_node {
	float threshold;
	uint32_t feature;
	uint32_t left;  /* the right child is left + 1; a leaf's is itself */
	uint32_t value; /* leaf: first of its n_outputs (or one) in values[], maybe shared */
};

struct forest {
	enum forest_kind kind;
	uint32_t n_features;
	uint32_t n_outputs; /* classes; FOREST_SUM of two classes: 1 (log-odds of the second) */
	uint32_t n_trees;
	uint32_t n_nodes;
	uint32_t n_values;
	uint32_t max_samples;      /* FOREST_PATH: rows each tree was made from */
	uint32_t *root;            /* [n_trees], nodes of a tree are together, breadth first */
	uint32_t *depth;           /* [n_trees], steps from the root to its deepest leaf */
	struct forest_node *nodes; /* [n_nodes] */
	float *cover;     /* [n_nodes], (weighted) training rows that came by; for reasons */
	double *values;   /* [n_values] */
	double *baseline; /* [n_outputs], FOREST_SUM; else NULL */
	struct forest_plan *plan; /* for blocks of rows (forest_plan.h); or NULL */
};

/* Accepts NULL. Frees it and all its arrays; for a forest that was built in memory, not one in a
 * model file.
 */
void forest_free(struct forest *f);

/*
 * Check all indices, that children come after parents (so there is no cycle), thresholds that are
 * not NaN, values finite, depths right. 0, or -EINVAL with one line in error.
 */
int forest_check(const struct forest *f, char *error, size_t size);

/*
 * Apply to rows[n][n_features] (already scaled, float32) into out[n][n_outputs]:
 * FOREST_MEAN class shares; FOREST_SUM raw sums; FOREST_PATH the mean path length (out[n]).
 * Trees are summed in order, so results equal scikit-learn's to the bit.
 */
void forest_apply(const struct forest *f, double *out, const float *rows, size_t n);

/*
 * Grows a forest: trees one after another. tree_nodes are in any order with explicit children;
 * forest_add_tree() lays them out. feature < 0 marks a leaf, whose values are value[].
 */
struct forest_branch {
	int32_t feature;
	float threshold;
	uint32_t left, right; /* index in the given array */
	float cover;
	const double *value; /* leaf: n_outputs doubles (FOREST_MEAN) or one */
};

/* c(n): the mean path length of a tree of n samples, 0 up to one of them (Liu et al. 2008). */
double forest_average_path(double n_samples);

struct forest *forest_new(enum forest_kind kind, uint32_t n_features, uint32_t n_outputs);

/* branches[0] is the root. 0, -ENOMEM, or -EINVAL when it is no tree. */
int forest_add_tree(struct forest *f, const struct forest_branch *branches, uint32_t n);

#endif
