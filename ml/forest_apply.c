// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Walking rows down the trees.
 *
 * A step is a load of the node, a load of the feature, a comparison and an addition; each waits for
 * the one before, but walks do not wait for each other. So LANES of them are taken a step at a time
 * in turn: LANES rows down one tree, or, for a row that comes alone, one row down LANES trees.
 * There is no branch to guess wrongly: who has come to a leaf stays there, and every few steps it
 * is asked whether all have. Down one tree, the first two steps are the same questions for all and
 * are put to four lanes at once.
 *
 * A block of rows is transposed into tiles of LANES rows, so that a lane's value lies at a fixed
 * distance, and taken through one tree after another: the block stays in the second-level cache,
 * the tree in the first. What is remembered are the leaves; their values are added up a few trees
 * at a time, in registers, and always in the order of the trees.
 *
 * A forest that has a plan (forest_plan.c) does whole blocks of rows by that.
 */
#include "forest.h"

#include <stdbool.h>
#include <string.h>

#include "forest_plan.h"

#define LANES       16
#define STEPS       8     /* between two questions whether all are at their leaves */
#define TREES       16    /* whose leaves are added at once */
#define BLOCK_ROWS  256   /* at most, a multiple of LANES */
#define BLOCK_CELLS 32768 /* floats on the stack: 128 KiB */

/* The leaves a row came to, as places in values[], tree by tree. */
struct leaves {
	uint32_t value[TREES];
};

static inline void step(uint32_t *at, const struct forest_node *nodes, const float *row,
                        uint32_t stride)
{
	const struct forest_node *node = &nodes[*at];

	*at = node->left + (row[(size_t)node->feature * stride] > node->threshold);
}

static inline bool all_at_leaves(const uint32_t at[LANES], const struct forest_node *nodes)
{
	uint32_t lane, away = 0;

	for (lane = 0; lane < LANES; lane++)
		away |= nodes[at[lane]].left ^ at[lane];
	return !away;
}

/*
 * Take at[] down, at most depth steps. Lane i sees the value of feature k at
 * cells[k * stride + i * offset].
 */
static inline __attribute__((always_inline)) void walk(uint32_t at[LANES],
                                                       const struct forest_node *nodes,
                                                       const float *cells, uint32_t stride,
                                                       uint32_t offset, uint32_t depth)
{
	uint32_t end, lane;

	for (;;) {
		for (end = depth > STEPS ? depth - STEPS : 0; depth > end; depth--)
#pragma GCC unroll 16
			for (lane = 0; lane < LANES; lane++)
				step(&at[lane], nodes, cells + lane * offset, stride);
		if (!depth || all_at_leaves(at, nodes))
			break;
	}
}

typedef float floats __attribute__((vector_size(16)));
typedef uint32_t words __attribute__((vector_size(16)));

static inline words above(const float *cells, float threshold)
{
	floats x;

	memcpy(&x, cells, sizeof(x));
	return (words)(x > threshold); /* all bits, or none */
}

/*
 * The first two steps of LANES rows. All are at the root, then at one of two nodes, so that both
 * questions can be put to all of them at once.
 */
static void walk_top(uint32_t at[LANES], const struct forest_node *nodes, uint32_t root,
                     const float *tile)
{
	const struct forest_node *top = &nodes[root], *left = &nodes[top->left], *right = left + 1;
	const float *ask = tile + (size_t)top->feature * LANES;
	const float *ask_left = tile + (size_t)left->feature * LANES;
	const float *ask_right = tile + (size_t)right->feature * LANES;
	words side, next;
	uint32_t i;

	for (i = 0; i < LANES; i += 4) {
		side = above(ask + i, top->threshold);
		next = (side & (right->left - above(ask_right + i, right->threshold))) |
		       (~side & (left->left - above(ask_left + i, left->threshold)));
		memcpy(at + i, &next, sizeof(next));
	}
}

/* LANES rows, tile[n_features][LANES], down one tree, the leaves into its column of to[LANES]. */
static void walk_tile(struct leaves *to, const struct forest *f, uint32_t t, const float *tile)
{
	uint32_t at[LANES], lane;

	if (f->depth[t] >= 2)
		walk_top(at, f->nodes, f->root[t], tile);
	else
		for (lane = 0; lane < LANES; lane++)
			at[lane] = f->root[t];
	walk(at, f->nodes, tile, LANES, 1, f->depth[t] >= 2 ? f->depth[t] - 2 : f->depth[t]);
	for (lane = 0; lane < LANES; lane++)
		to[lane].value[t % TREES] = f->nodes[at[lane]].value;
}

/* One row down n trees from t on, at most LANES; idle lanes go with the first. */
static void walk_trees(struct leaves *to, const struct forest *f, uint32_t t, uint32_t n,
                       const float *row)
{
	uint32_t at[LANES], lane, depth = 0;

	for (lane = 0; lane < LANES; lane++) {
		uint32_t tree = t + (lane < n ? lane : 0);

		at[lane] = f->root[tree];
		if (f->depth[tree] > depth)
			depth = f->depth[tree];
	}
	walk(at, f->nodes, row, 1, 0, depth);
	for (lane = 0; lane < n; lane++)
		to->value[lane] = f->nodes[at[lane]].value;
}

typedef double pair __attribute__((vector_size(16)));

static inline pair load(const double *from)
{
	pair p;

	memcpy(&p, from, sizeof(p));
	return p;
}

/* Eight columns, kept in four registers: sums wait for each other, columns do not. */
static void add_8(double *out, const double *values, const struct leaves *leaves, uint32_t n)
{
	pair a = load(out), b = load(out + 2), c = load(out + 4), d = load(out + 6);
	uint32_t t;

	for (t = 0; t < n; t++) {
		const double *value = values + leaves->value[t];

		a += load(value);
		b += load(value + 2);
		c += load(value + 4);
		d += load(value + 6);
	}
	memcpy(out, &a, sizeof(a));
	memcpy(out + 2, &b, sizeof(b));
	memcpy(out + 4, &c, sizeof(c));
	memcpy(out + 6, &d, sizeof(d));
}

static void add_2(double *out, const double *values, const struct leaves *leaves, uint32_t n)
{
	pair a = load(out);
	uint32_t t;

	for (t = 0; t < n; t++)
		a += load(values + leaves->value[t]);
	memcpy(out, &a, sizeof(a));
}

static void add_1(double *out, const double *values, const struct leaves *leaves, uint32_t n)
{
	double a = *out;
	uint32_t t;

	for (t = 0; t < n; t++)
		a += values[leaves->value[t]];
	*out = a;
}

/* out[n_outputs] += the shares of n leaves, one after another. */
static void add_shares(double *out, const struct forest *f, const struct leaves *leaves, uint32_t n)
{
	uint32_t width = f->n_outputs, i = 0;

	for (; width - i >= 8; i += 8)
		add_8(out + i, f->values + i, leaves, n);
	for (; width - i >= 2; i += 2)
		add_2(out + i, f->values + i, leaves, n);
	if (width - i)
		add_1(out + i, f->values + i, leaves, n);
}

/* Add what the n trees from t on say of a row. */
static void add_leaves(double *out, const struct forest *f, const struct leaves *leaves, uint32_t t,
                       uint32_t n)
{
	uint32_t i;

	if (f->kind == FOREST_MEAN)
		add_shares(out, f, leaves, n);
	else if (f->n_outputs == 1)
		add_1(out, f->values, leaves, n);
	else
		for (i = 0; i < n; i++)
			out[(t + i) % f->n_outputs] += f->values[leaves->value[i]];
}

static void begin(const struct forest *f, double *out)
{
	if (f->baseline)
		memcpy(out, f->baseline, f->n_outputs * sizeof(*out));
	else
		memset(out, 0, f->n_outputs * sizeof(*out));
}

static void finish(const struct forest *f, double *out)
{
	uint32_t i;

	if (f->kind != FOREST_SUM)
		for (i = 0; i < f->n_outputs; i++)
			out[i] /= f->n_trees;
}

static void apply_row(const struct forest *f, double *out, const float *row)
{
	struct leaves leaves;
	uint32_t t, n;

	begin(f, out);
	for (t = 0; t < f->n_trees; t += n) {
		n = f->n_trees - t < TREES ? f->n_trees - t : TREES;
		walk_trees(&leaves, f, t, n, row);
		add_leaves(out, f, &leaves, t, n);
	}
	finish(f, out);
}

/* n rows, at most LANES, of which the last is repeated to fill the tile. */
static void fill_tile(float *tile, const float *rows, size_t n, uint32_t n_features)
{
	uint32_t lane, i;

	for (lane = 0; lane < LANES; lane++) {
		const float *row = rows + (lane < n ? lane : n - 1) * n_features;

		for (i = 0; i < n_features; i++)
			tile[i * LANES + lane] = row[i];
	}
}

static void apply_block(const struct forest *f, double *out, const float *rows, size_t n)
{
	_Alignas(64) float tiles[BLOCK_CELLS];
	struct leaves leaves[BLOCK_ROWS];
	size_t width = (size_t)f->n_features * LANES, i;
	uint32_t t;

	for (i = 0; i < n; i++)
		begin(f, out + i * f->n_outputs);
	for (i = 0; i < n; i += LANES)
		fill_tile(tiles + i / LANES * width, rows + i * f->n_features,
		          n - i < LANES ? n - i : LANES, f->n_features);
	for (t = 0; t < f->n_trees; t++) {
		for (i = 0; i < n; i += LANES)
			walk_tile(leaves + i, f, t, tiles + i / LANES * width);
		if (t % TREES != TREES - 1 && t + 1 < f->n_trees)
			continue;
		for (i = 0; i < n; i++)
			add_leaves(out + i * f->n_outputs, f, &leaves[i], t - t % TREES,
			           t % TREES + 1);
	}
	for (i = 0; i < n; i++)
		finish(f, out + i * f->n_outputs);
}

static void apply_plan(const struct forest *f, double *out, const float *rows)
{
	uint32_t i;

	for (i = 0; i < PLAN_ROWS; i++)
		begin(f, out + (size_t)i * f->n_outputs);
	forest_plan_apply(f->plan, f, out, rows);
	for (i = 0; i < PLAN_ROWS; i++)
		finish(f, out + (size_t)i * f->n_outputs);
}

void forest_apply(const struct forest *f, double *out, const float *rows, size_t n)
{
	size_t fit = BLOCK_CELLS / LANES / f->n_features * LANES, i, block;

	if (fit > BLOCK_ROWS)
		fit = BLOCK_ROWS;
	for (i = 0; i < n; i += block) {
		block = n - i < fit ? n - i : fit;
		if (f->plan && n - i >= PLAN_ROWS) {
			block = PLAN_ROWS;
			apply_plan(f, out + i * f->n_outputs, rows + i * f->n_features);
		} else if (block < LANES) {
			block = 1;
			apply_row(f, out + i * f->n_outputs, rows + i * f->n_features);
		} else {
			apply_block(f, out + i * f->n_outputs, rows + i * f->n_features, block);
		}
	}
}
