// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A block of rows through a plan (forest_plan.c): ranks of all columns, then tree after tree, whose
 * leaves' values are added a few trees at a time, so that a sum stays in its register.
 *
 * Ranks and slots lie in the first-level cache, as do the steps of a tree; which rows they are for
 * makes no difference, so there is no branch to guess wrongly. Vectors are the compiler's: of 16
 * bytes, which every machine has in some form, or of 32 where AVX2 is found at run time.
 */
#include <string.h>

#include "forest.h"
#include "forest_plan.h"

#define TREES 8 /* whose leaves are added at once */

/* Something of each row of a block, a byte each. */
typedef int8_t lanes[PLAN_ROWS];

struct block {
	_Alignas(64) lanes slot[PLAN_LEAVES * 2];
	_Alignas(64) lanes rank[PLAN_COLUMNS]; /* less 128 */
	_Alignas(64) lanes leaf[TREES];        /* that the rows came to */
};

/* A binary search of each row's value, a bit of the rank at a time, without a branch. */
static void rank_column(lanes rank, const struct plan_column *c, const float *cuts,
                        const float *rows, uint32_t n_features)
{
	uint32_t above[PLAN_ROWS] = { 0 }, bit = 32 - (uint32_t)__builtin_clz(c->n), i;
	float x[PLAN_ROWS];

	for (i = 0; i < PLAN_ROWS; i++)
		x[i] = rows[i * n_features + c->feature];
	while (bit--) {
		const float *middle = cuts + c->first + (1U << bit) - 1;

#pragma GCC unroll 8
		for (i = 0; i < PLAN_ROWS; i++)
			above[i] += (uint32_t)(middle[above[i]] < x[i]) << bit;
	}
	for (i = 0; i < PLAN_ROWS; i++)
		rank[i] = (int8_t)((int)above[i] - 128);
}

/* The n steps of a tree, by vectors of so many bytes. */
#define STEPS(name, size, attributes)                                                              \
	attributes static void name(struct block *b, const struct plan_step *s, uint32_t n)        \
	{                                                                                          \
		typedef int8_t bytes __attribute__((vector_size(size)));                           \
		bytes rank, left, right;                                                           \
		uint32_t i, k;                                                                     \
                                                                                                   \
		for (i = 0; i < n; i++, s++)                                                       \
			_Pragma("GCC unroll 4") for (k = 0; k < PLAN_ROWS; k += size)              \
			{                                                                          \
				memcpy(&rank, &b->rank[s->column][k], size);                       \
				memcpy(&left, &b->slot[s->left][k], size);                         \
				memcpy(&right, &b->slot[s->right][k], size);                       \
				left ^= (left ^ right) & (bytes)(rank > s->rank);                  \
				memcpy(&b->slot[PLAN_LEAVES + i][k], &left, size);                 \
			}                                                                          \
	}

STEPS(take_steps, 16, )

#ifdef __x86_64__
STEPS(take_wide_steps, 32, __attribute__((target("avx2"))))

bool forest_plan_can_be_wide(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
#define take_wide_steps take_steps

bool forest_plan_can_be_wide(void)
{
	return false;
}
#endif

static inline __attribute__((always_inline)) void
add_some(double *out, uint32_t stride, const lanes *leaf, const double *const *values, uint32_t n)
{
	uint32_t i, t;

	for (i = 0; i < PLAN_ROWS; i++) {
		double sum = out[(size_t)i * stride];

#pragma GCC unroll 8
		for (t = 0; t < n; t++)
			sum += values[t][(uint8_t)leaf[t][i]];
		out[(size_t)i * stride] = sum;
	}
}

/* out[i * stride] += the values of the n leaves that row i came to, one after another. */
static void add_leaves(double *out, uint32_t stride, const lanes *leaf, const double *const *values,
                       uint32_t n)
{
	if (n == TREES)
		add_some(out, stride, leaf, values, TREES);
	else
		add_some(out, stride, leaf, values, n);
}

static void apply_trees(const struct forest_plan *p, const struct forest *f, double *out,
                        struct block *b)
{
	const struct plan_tree *tree = p->trees, *end = tree + f->n_trees;
	const struct plan_step *steps = p->steps;
	const double *next = p->values, *values[TREES];
	uint32_t n = 0;

	for (; tree < end; tree++) {
		if (p->is_wide)
			take_wide_steps(b, steps, tree->n_steps);
		else
			take_steps(b, steps, tree->n_steps);
		memcpy(b->leaf[n], b->slot[tree->n_steps ? PLAN_LEAVES + tree->n_steps - 1 : 0],
		       sizeof(*b->leaf));
		values[n++] = next;
		steps += tree->n_steps;
		next += tree->n_steps + 1;
		if (n == TREES || tree + 1 == end || tree[1].output != tree->output) {
			add_leaves(out + tree->output, f->n_outputs, (const lanes *)b->leaf, values,
			           n);
			n = 0;
		}
	}
}

void forest_plan_apply(const struct forest_plan *p, const struct forest *f, double *out,
                       const float *rows)
{
	struct block b;
	uint32_t i;

	for (i = 0; i < p->most_leaves; i++)
		memset(b.slot[i], (int)i, sizeof(b.slot[i]));
	for (i = 0; i < p->n_columns; i++)
		rank_column(b.rank[i], &p->columns[i], p->cuts, rows, f->n_features);
	apply_trees(p, f, out, &b);
}
