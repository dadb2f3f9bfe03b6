// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Walking rows down the trees.
 *
 * A step is a load of the node, a load of the feature, a comparison and an addition; each waits for
 * the one before, but walks do not wait for each other. So LANES of them are taken a step at a time
 * in turn: LANES rows down one tree, or, for a row that comes alone, one row down LANES trees.
 * There is no branch to guess wrongly: who has come to a leaf stays there.
 *
 * A block of rows is transposed into tiles of LANES rows, so that a lane's value lies at a fixed
 * distance, and taken through one tree after another: the block stays in the second-level cache,
 * the tree in the first, and the sums of a row are made in the order of the trees.
 */
#include "forest.h"

#include <string.h>

#define LANES       16
#define BLOCK_ROWS  256   /* at most, a multiple of LANES */
#define BLOCK_CELLS 32768 /* floats on the stack */

static inline uint32_t step(const struct forest_node *nodes, uint32_t at, float value)
{
	return nodes[at].left + (value > nodes[at].threshold);
}

/* Rows of a tile down one tree; tile[n_features][LANES]. */
static void walk_tile(uint32_t at[LANES], const struct forest_node *nodes, uint32_t root,
                      const float *tile, uint32_t depth)
{
	uint32_t i, lane;

	for (lane = 0; lane < LANES; lane++)
		at[lane] = root;
	for (i = 0; i < depth; i++)
#pragma GCC unroll 16
		for (lane = 0; lane < LANES; lane++)
			at[lane] = step(nodes, at[lane],
			                tile[nodes[at[lane]].feature * LANES + lane]);
}

/* One row down LANES trees. */
static void walk_trees(uint32_t at[LANES], const struct forest_node *nodes, const float *row,
                       uint32_t depth)
{
	uint32_t i, lane;

	for (i = 0; i < depth; i++)
#pragma GCC unroll 16
		for (lane = 0; lane < LANES; lane++)
			at[lane] = step(nodes, at[lane], row[nodes[at[lane]].feature]);
}

/* Add what tree t says at node `at` to a row's out[n_outputs]. */
static inline void add_leaf(const struct forest *f, double *out, uint32_t t, uint32_t at)
{
	const double *value = f->values + f->nodes[at].value;
	uint32_t i;

	if (f->kind == FOREST_MEAN)
		for (i = 0; i < f->n_outputs; i++)
			out[i] += value[i];
	else
		out[f->kind == FOREST_SUM ? t % f->n_outputs : 0] += *value;
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
	uint32_t at[LANES], t, lane;

	begin(f, out);
	for (t = 0; t < f->n_trees; t += LANES) {
		uint32_t n = f->n_trees - t < LANES ? f->n_trees - t : LANES, depth = 0;

		for (lane = 0; lane < LANES; lane++) {
			at[lane] = f->root[t + (lane < n ? lane : 0)];
			if (lane < n && f->depth[t + lane] > depth)
				depth = f->depth[t + lane];
		}
		walk_trees(at, f->nodes, row, depth);
		for (lane = 0; lane < n; lane++)
			add_leaf(f, out, t + lane, at[lane]);
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
	size_t width = (size_t)f->n_features * LANES, i, lane;
	uint32_t at[LANES], t;

	for (i = 0; i < n; i += LANES) {
		fill_tile(tiles + i / LANES * width, rows + i * f->n_features,
		          n - i < LANES ? n - i : LANES, f->n_features);
		for (lane = 0; lane < LANES && i + lane < n; lane++)
			begin(f, out + (i + lane) * f->n_outputs);
	}
	for (t = 0; t < f->n_trees; t++)
		for (i = 0; i < n; i += LANES) {
			walk_tile(at, f->nodes, f->root[t], tiles + i / LANES * width, f->depth[t]);
			for (lane = 0; lane < LANES && i + lane < n; lane++)
				add_leaf(f, out + (i + lane) * f->n_outputs, t, at[lane]);
		}
	for (i = 0; i < n; i++)
		finish(f, out + i * f->n_outputs);
}

void forest_apply(const struct forest *f, double *out, const float *rows, size_t n)
{
	size_t fit = BLOCK_CELLS / LANES / f->n_features * LANES, i, block;

	if (fit > BLOCK_ROWS)
		fit = BLOCK_ROWS;
	for (i = 0; i < n; i += block) {
		block = n - i < fit ? n - i : fit;
		if (block < LANES) {
			block = 1;
			apply_row(f, out + i * f->n_outputs, rows + i * f->n_features);
		} else {
			apply_block(f, out + i * f->n_outputs, rows + i * f->n_features, block);
		}
	}
}
