// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The tree engine: layout, check, and every way of applying against a plain walk, bit for bit. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forest.h"

#define BRANCHES_MAX 4096
#define OUTPUTS_MAX  20

static uint64_t dice_state;

static uint32_t dice(uint32_t n)
{
	dice_state = dice_state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)((dice_state >> 33) % n);
}

static struct forest_branch branches[BRANCHES_MAX];
static double leaf_values[BRANCHES_MAX][OUTPUTS_MAX];
static uint32_t n_branches;

/* A random tree below branch i: some leaves of one class, some of several. */
static void grow(uint32_t i, uint32_t depth, const struct forest *f)
{
	struct forest_branch *b = &branches[i];
	uint32_t k;

	*b = (struct forest_branch){ .feature = -1, .cover = 1, .value = leaf_values[i] };
	if (!depth || dice(6) == 0) {
		for (k = 0; k < f->n_outputs; k++)
			leaf_values[i][k] = dice(2) ? 0 : dice(1000) / 1000.0;
		if (dice(2)) {
			memset(leaf_values[i], 0, sizeof(leaf_values[i]));
			leaf_values[i][dice(f->n_outputs)] = 1;
		}
		return;
	}
	b->feature = (int32_t)dice(f->n_features);
	b->threshold = (float)dice(10);
	b->right = n_branches++;
	b->left = n_branches++;
	grow(b->left, depth - 1, f);
	grow(b->right, depth - 1, f);
}

static struct forest *random_forest(enum forest_kind kind, uint32_t n_features, uint32_t n_outputs,
                                    uint32_t n_trees, uint32_t depth)
{
	struct forest *f = forest_new(kind, n_features, n_outputs);
	char error[200];
	uint32_t t;

	assert_non_null(f);
	f->max_samples = 256;
	for (t = 0; t < n_trees; t++) {
		n_branches = 1;
		grow(0, dice(depth + 1), f);
		assert_int_equal(forest_add_tree(f, branches, n_branches), 0);
	}
	for (t = 0; kind == FOREST_SUM && t < n_outputs; t++)
		f->baseline[t] = 0.1 * t - 0.7;
	assert_int_equal(forest_check(f, error, sizeof(error)), 0);
	return f;
}

/* The definition: one row, tree after tree, branch by branch. */
static void apply_plainly(const struct forest *f, double *out, const float *row)
{
	uint32_t t, i;

	for (i = 0; i < f->n_outputs; i++)
		out[i] = f->kind == FOREST_SUM ? f->baseline[i] : 0;
	for (t = 0; t < f->n_trees; t++) {
		const struct forest_node *node = &f->nodes[f->root[t]];

		while (node->left != node - f->nodes)
			node = &f->nodes[row[node->feature] <= node->threshold ? node->left
			                                                       : node->left + 1];
		for (i = 0; i < (f->kind == FOREST_MEAN ? f->n_outputs : 1); i++)
			out[f->kind == FOREST_SUM ? t % f->n_outputs : i] +=
			        f->values[node->value + i];
	}
	for (i = 0; f->kind != FOREST_SUM && i < f->n_outputs; i++)
		out[i] /= f->n_trees;
}

static void check_rows(const struct forest *f, size_t n)
{
	float *rows = malloc((n * f->n_features + 1) * sizeof(*rows));
	double *out = malloc((n * f->n_outputs + 1) * sizeof(*out)), plain[OUTPUTS_MAX];
	size_t i;

	for (i = 0; i < n * f->n_features; i++)
		rows[i] = (float)dice(20) / 2;
	out[n * f->n_outputs] = 42;
	forest_apply(f, out, rows, n);
	for (i = 0; i < n; i++) {
		apply_plainly(f, plain, rows + i * f->n_features);
		assert_memory_equal(out + i * f->n_outputs, plain, f->n_outputs * sizeof(*plain));
	}
	assert_true(out[n * f->n_outputs] == 42);
	free(rows);
	free(out);
}

static void every_way_of_applying_equals_a_plain_walk_in_every_bit(void **state)
{
	static const struct {
		enum forest_kind kind;
		uint32_t n_features, n_outputs, n_trees, depth;
	} cases[] = {
		{ FOREST_MEAN, 5, 2, 1, 0 },     { FOREST_MEAN, 5, 3, 7, 4 },
		{ FOREST_MEAN, 72, 15, 33, 10 }, { FOREST_MEAN, 1, 20, 16, 8 },
		{ FOREST_MEAN, 3000, 2, 17, 6 }, { FOREST_MEAN, 130, 1, 50, 7 },
		{ FOREST_SUM, 9, 1, 20, 5 },     { FOREST_SUM, 9, 3, 21, 5 },
		{ FOREST_SUM, 9, 7, 100, 5 },    { FOREST_PATH, 10, 1, 100, 8 },
	};
	static const size_t lengths[] = { 0, 1, 2, 15, 16, 17, 100, 255, 256, 257, 300 };
	size_t i, k;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct forest *f;

		dice_state = i;
		f = random_forest(cases[i].kind, cases[i].n_features, cases[i].n_outputs,
		                  cases[i].n_trees, cases[i].depth);
		for (k = 0; k < sizeof(lengths) / sizeof(*lengths); k++)
			check_rows(f, lengths[k]);
		forest_free(f);
	}
}

static void a_row_goes_left_when_it_is_not_above_the_threshold(void **state)
{
	static const double zero = 0, one = 1;
	static const struct forest_branch stump[] = {
		{ 0, 0.5f, 1, 2, 2, NULL },
		{ -1, 0, 0, 0, 1, &zero },
		{ -1, 0, 0, 0, 1, &one },
	};
	static const struct {
		float value;
		double side;
	} cases[] = {
		{ 0.5f, 0 },     { 0.49999997f, 0 }, { 0.50000006f, 1 }, { -INFINITY, 0 },
		{ INFINITY, 1 }, { -0.0f, 0 },       { 3e38f, 1 },
	};
	struct forest *f = forest_new(FOREST_PATH, 1, 1);
	size_t i;

	assert_int_equal(forest_add_tree(f, stump, 3), 0);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		double out;

		forest_apply(f, &out, &cases[i].value, 1);
		assert_true(out == cases[i].side);
	}
	forest_free(f);
}

/* A chain as deep as it has branches: every step counts, in a batch and alone. */
static void a_chain_of_a_thousand_steps_is_walked_to_its_end(void **state)
{
	static double values[2001];
	struct forest *f = forest_new(FOREST_PATH, 1, 1);
	float rows[40];
	double out[40];
	uint32_t i;

	for (i = 0; i < 2001; i++) {
		values[i] = i;
		branches[i] = (struct forest_branch){
			i % 2 || i == 2000 ? -1 : 0, (float)i / 2, i + 1, i + 2, 1, &values[i]
		};
	}
	assert_int_equal(forest_add_tree(f, branches, 2001), 0);
	assert_int_equal(f->depth[0], 1000);
	for (i = 0; i < 40; i++)
		rows[i] = (float)i * 27;
	forest_apply(f, out, rows, 40);
	for (i = 0; i < 40; i++) {
		double alone, leaf = rows[i] >= 1000 ? 2000 : rows[i] * 2 + 1;

		forest_apply(f, &alone, rows + i, 1);
		assert_true(alone == leaf);
		assert_true(out[i] == leaf);
	}
	forest_free(f);
}

static void trees_are_laid_out_breadth_first(void **state)
{
	static const double share[][2] = { { 0.25, 0.75 }, { 1, 0 }, { 0, 1 } };
	static const struct forest_branch tree[] = {
		{ 1, 1, 4, 2, 10, NULL },     { -1, 0, 0, 0, 3, share[0] },
		{ -1, 0, 0, 0, 4, share[1] }, { -1, 0, 0, 0, 3, share[2] },
		{ 0, 2, 1, 3, 6, NULL },
	};
	static const float cover[] = { 10, 6, 4, 3, 3 };
	struct forest *f = forest_new(FOREST_MEAN, 2, 2);
	uint32_t i;

	assert_int_equal(forest_add_tree(f, tree, 5), 0);
	assert_int_equal(f->n_nodes, 5);
	assert_int_equal(f->depth[0], 2);
	assert_int_equal(f->nodes[0].left, 1);
	assert_int_equal(f->nodes[1].left, 3);
	for (i = 0; i < 5; i++)
		assert_true(f->cover[i] == cover[i]);
	for (i = 2; i < 5; i++)
		assert_int_equal(f->nodes[i].left, i);
	assert_memory_equal(f->values + f->nodes[2].value, share[1], sizeof(share[1]));
	assert_memory_equal(f->values + f->nodes[3].value, share[0], sizeof(share[0]));
	assert_memory_equal(f->values + f->nodes[4].value, share[2], sizeof(share[2]));
	forest_free(f);
}

static void leaves_of_one_class_share_their_values(void **state)
{
	static const double share[][3] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
	struct forest *f = forest_new(FOREST_MEAN, 1, 3);
	uint32_t i, before = f->n_values;

	for (i = 0; i < 30; i++) {
		struct forest_branch leaf = { -1, 0, 0, 0, 1, share[i % 3] };

		assert_int_equal(forest_add_tree(f, &leaf, 1), 0);
		assert_memory_equal(f->values + f->nodes[i].value, share[i % 3], sizeof(share[0]));
	}
	assert_int_equal(f->n_values, before);
	forest_free(f);
}

static void what_is_no_tree_is_refused_and_changes_nothing(void **state)
{
	static const double one = 1;
#define LEAF                                                                                       \
	{                                                                                          \
		-1, 0, 0, 0, 1, &one                                                               \
	}
#define SPLIT(l, r)                                                                                \
	{                                                                                          \
		0, 0, l, r, 1, NULL                                                                \
	}
	static const struct {
		uint32_t n;
		struct forest_branch branch[4];
	} cases[] = {
		{ 0, { LEAF } },
		{ 1, { SPLIT(0, 0) } },
		{ 3, { SPLIT(1, 3), LEAF, LEAF } },
		{ 3, { SPLIT(1, 1), LEAF, LEAF } },
		{ 3, { SPLIT(1, 0), LEAF, LEAF } },
		{ 3, { { 1, 0, 1, 2, 1, NULL }, LEAF, LEAF } },
		{ 3, { { 0, NAN, 1, 2, 1, NULL }, LEAF, LEAF } },
		{ 4, { SPLIT(1, 2), SPLIT(2, 3), LEAF, LEAF } },
	};
	struct forest *f = forest_new(FOREST_PATH, 1, 1);
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(forest_add_tree(f, cases[i].branch, cases[i].n), -EINVAL);
		assert_int_equal(f->n_trees, 0);
		assert_int_equal(f->n_nodes, 0);
		assert_int_equal(f->n_values, 0);
	}
	forest_free(f);
}

/* Two trees of three nodes each. */
static struct forest *two_stumps(void)
{
	static const double share[][2] = { { 0.25, 0.75 }, { 0.5, 0.5 } };
	static const struct forest_branch stump[] = {
		{ 0, 0.5f, 1, 2, 2, NULL },
		{ -1, 0, 0, 0, 1, share[0] },
		{ -1, 0, 0, 0, 1, share[1] },
	};
	struct forest *f = forest_new(FOREST_MEAN, 1, 2);

	assert_int_equal(forest_add_tree(f, stump, 3), 0);
	assert_int_equal(forest_add_tree(f, stump, 3), 0);
	return f;
}

static void damage(struct forest *f, int how)
{
	switch (how) {
	case 0:
		f->n_trees = 0;
		break;
	case 1:
		f->nodes[0].threshold = NAN;
		break;
	case 2:
		f->nodes[3].feature = 1;
		break;
	case 3:
		f->nodes[0].left = 2;
		break;
	case 4:
		f->nodes[3].left = 1;
		break;
	case 5:
		f->nodes[0].left = 0;
		break;
	case 6:
		f->nodes[1].threshold = 0;
		break;
	case 7:
		f->nodes[1].value = f->n_values - 1;
		break;
	case 8:
		f->nodes[1].value = UINT32_MAX;
		break;
	case 9:
		f->nodes[1].left = 3;
		break;
	case 10:
		f->depth[1] = 2;
		break;
	case 11:
		f->root[1] = 0;
		break;
	case 12:
		f->root[0] = 1;
		break;
	case 13:
		f->root[1] = 6;
		break;
	case 14:
		f->values[f->n_values - 1] = INFINITY;
		break;
	case 15:
		f->cover[5] = -1;
		break;
	case 16:
		f->cover[5] = NAN;
		break;
	case 17:
		f->kind = FOREST_PATH;
		break;
	case 18:
		f->nodes[0].left = UINT32_MAX;
		break;
	}
}

static void what_is_no_forest_is_told_by_name_and_place(void **state)
{
	static const char *const reasons[] = {
		"the forest has no tree, feature or output (at 0)",
		"a threshold is not a number (at 0)",
		"a node asks for a feature that is not there (at 3)",
		"a node's children are not where they belong (at 0)",
		"a node's children are not where they belong (at 3)",
		"a leaf has a threshold (at 0)",
		"a leaf has a threshold (at 1)",
		"a leaf's value is out of range (at 1)",
		"a leaf's value is out of range (at 1)",
		"a node's children are not where they belong (at 1)",
		"a tree's depth is told wrong (at 1)",
		"trees are out of order (at 0)",
		"the first tree does not begin at the first node (at 0)",
		"trees are out of order (at 1)",
		"a leaf's value is infinite or not a number (at 0)",
		"a node's cover is no finite number (at 5)",
		"a node's cover is no finite number (at 5)",
		"a path length needs one output and max_samples (at 0)",
		"a node's children are not where they belong (at 0)",
	};
	char error[200];
	int i;

	for (i = 0; i < (int)(sizeof(reasons) / sizeof(*reasons)); i++) {
		struct forest *f = two_stumps();

		assert_int_equal(forest_check(f, error, sizeof(error)), 0);
		damage(f, i);
		assert_int_equal(forest_check(f, error, sizeof(error)), -EINVAL);
		assert_string_equal(error, reasons[i]);
		forest_free(f);
	}
}

static void nodes_that_nothing_leads_to_are_refused(void **state)
{
	struct forest *f = two_stumps();
	char error[200];

	f->nodes[0] = f->nodes[1];
	f->nodes[0].left = 0;
	assert_int_equal(forest_check(f, error, sizeof(error)), -EINVAL);
	assert_string_equal(error, "a tree has nodes that nothing leads to (at 0)");
	forest_free(f);
}

static void the_average_path_is_that_of_the_paper(void **state)
{
	static const struct {
		double n, path;
	} cases[] = {
		{ 0, 0 }, { 1, 0 }, { 2, 1 }, { 3, 1.207392357589623 }, { 256, 10.244770920119917 }
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_true(fabs(forest_average_path(cases[i].n) - cases[i].path) < 1e-14);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_of_applying_equals_a_plain_walk_in_every_bit),
		cmocka_unit_test(a_row_goes_left_when_it_is_not_above_the_threshold),
		cmocka_unit_test(a_chain_of_a_thousand_steps_is_walked_to_its_end),
		cmocka_unit_test(trees_are_laid_out_breadth_first),
		cmocka_unit_test(leaves_of_one_class_share_their_values),
		cmocka_unit_test(what_is_no_tree_is_refused_and_changes_nothing),
		cmocka_unit_test(what_is_no_forest_is_told_by_name_and_place),
		cmocka_unit_test(nodes_that_nothing_leads_to_are_refused),
		cmocka_unit_test(the_average_path_is_that_of_the_paper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
