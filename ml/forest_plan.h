/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A forest of small trees once more, laid out so that a block of rows goes through a tree at once,
 * each row a byte of a vector; see forest_plan.c. For forest*.c and model*.c.
 */
#ifndef WEIR_FOREST_PLAN_H
#define WEIR_FOREST_PLAN_H

#include <stdbool.h>
#include <stdint.h>

struct forest;

#define PLAN_ROWS    64  /* a block */
#define PLAN_LEAVES  256 /* of a tree at most: their numbers are bytes */
#define PLAN_CUTS    255 /* thresholds of a column at most: so are ranks */
#define PLAN_COLUMNS 512 /* at most: 32 KiB of ranks */

/*
 * A feature and up to 2^k - 1 of its thresholds, ascending, filled up with +infinity. A feature
 * with more of them has several columns.
 */
struct plan_column {
	uint32_t feature;
	uint32_t first, n; /* in cuts[] */
};

/*
 * A branch of a tree: its rows come to the leaf that its left or right child says. Slot k is leaf
 * k, slot PLAN_LEAVES + i what step i of the tree came to.
 */
struct plan_step {
	uint16_t column;
	int8_t rank; /* of its threshold, less 128: a row with a higher rank goes right */
	int8_t unused;
	uint16_t left, right; /* slots */
};

/* Its n_steps steps, the root last, and n_steps + 1 leaves follow those of the tree before. */
struct plan_tree {
	uint32_t output, n_steps;
};

struct forest_plan {
	bool is_wide;         /* by vectors of 32 bytes, which this machine can */
	uint32_t most_leaves; /* of a tree */
	uint32_t n_columns;
	struct plan_column *columns;
	float *cuts;
	struct plan_tree *trees; /* [n_trees], by output, then in their order */
	struct plan_step *steps;
	double *values; /* of the leaves */
};

/*
 * The plan of a forest that forest_check() passed. NULL: it is not made for this (a leaf says more
 * than one number, trees or thresholds are too many) or faster without, or there is no memory.
 */
struct forest_plan *forest_plan_new(const struct forest *f);

/* Accepts NULL. */
void forest_plan_free(struct forest_plan *p);

/*
 * Add what the leaves say that rows[PLAN_ROWS][n_features] come to, to out[PLAN_ROWS][n_outputs],
 * in the order of the trees. NaN goes left.
 */
void forest_plan_apply(const struct forest_plan *p, const struct forest *f, double *out,
                       const float *rows);

/* Can this machine do 32 bytes at once? */
bool forest_plan_can_be_wide(void);

#endif
