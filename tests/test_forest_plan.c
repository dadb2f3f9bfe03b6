// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Blocks of rows by a plan against walks of the same forest, bit for bit, and who gets a plan. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forest.h"
#include "forest_plan.h"
#include "model_file.h"
#include "rng.h"

#define BRANCHES_MAX 1023
#define ROWS         (2 * PLAN_ROWS + 3)

static struct rng dice;
static struct forest_branch branches[BRANCHES_MAX];
static double values[BRANCHES_MAX];

struct shape {
	enum forest_kind kind;
	uint32_t n_features, n_outputs, n_trees, n_leaves, n_cuts; /* n_cuts of a feature */
};

/* Random splits of random leaves until there are enough. */
static uint32_t grow(const struct shape *s, uint32_t n_leaves)
{
	uint32_t leaf[BRANCHES_MAX], n = 1, at;

	for (at = 0; at < n_leaves * 2 - 1; at++) {
		values[at] = rng_real(&dice) - 0.5;
		branches[at] = (struct forest_branch){ -1, 0, 0, 0, 1, &values[at] };
	}
	for (leaf[0] = 0; n < n_leaves * 2 - 1; n += 2) {
		at = (uint32_t)rng_below(&dice, (n + 1) / 2);
		branches[leaf[at]] = (struct forest_branch){
			.feature = (int32_t)rng_below(&dice, s->n_features),
			.threshold = (float)rng_below(&dice, s->n_cuts) / 8 - 3,
			.left = n,
			.right = n + 1,
			.cover = 1,
		};
		leaf[at] = n;
		leaf[(n + 1) / 2] = n + 1;
	}
	return n;
}

/* Trees of up to n_leaves, the first of exactly so many, the second of one. */
static struct forest *make(const struct shape *s)
{
	struct forest *f = forest_new(s->kind, s->n_features, s->n_outputs);
	char error[200];
	uint32_t t, n;

	assert_non_null(f);
	f->max_samples = 256;
	for (t = 0; t < s->n_trees; t++) {
		n = t == 0 ? s->n_leaves : t == 1 ? 1 : 1 + rng_below(&dice, s->n_leaves);
		assert_int_equal(forest_add_tree(f, branches, grow(s, n)), 0);
	}
	for (t = 0; s->kind == FOREST_SUM && t < s->n_outputs; t++)
		f->baseline[t] = 0.1 * t - 0.7;
	assert_int_equal(forest_check(f, error, sizeof(error)), 0);
	return f;
}

/* Values at, between and beyond thresholds, and those that are none. */
static float draw(const struct shape *s)
{
	static const float odd[] = { INFINITY, -INFINITY, NAN, -0.0f, 3e38f, -3e38f };
	float cut = (float)rng_below(&dice, s->n_cuts) / 8 - 3;

	switch (rng_below(&dice, 8)) {
	case 0:
		return odd[rng_below(&dice, sizeof(odd) / sizeof(*odd))];
	case 1:
		return nextafterf(cut, INFINITY);
	case 2:
		return nextafterf(cut, -INFINITY);
	default:
		return cut;
	}
}

static void check_bits(struct forest *f, const struct shape *s, bool is_wide)
{
	size_t width = s->n_outputs, i;
	float *rows = calloc(ROWS * (size_t)s->n_features, sizeof(*rows));
	double *walked = calloc(ROWS * width, sizeof(*walked));
	double *planned = calloc(ROWS * width + 1, sizeof(*planned));
	struct forest_plan *plan = forest_plan_new(f);

	assert_non_null(plan);
	for (i = 0; i < ROWS * (size_t)s->n_features; i++)
		rows[i] = draw(s);
	for (i = 0; i < ROWS; i++)
		forest_apply(f, walked + i * width, rows + i * s->n_features, 1);
	plan->is_wide = is_wide;
	f->plan = plan;
	planned[ROWS * width] = 42;
	forest_apply(f, planned, rows, ROWS);
	f->plan = NULL;
	assert_memory_equal(planned, walked, ROWS * width * sizeof(*walked));
	assert_true(planned[ROWS * width] == 42);
	forest_plan_free(plan);
	free(rows);
	free(walked);
	free(planned);
}

static void a_planned_block_equals_walks_in_every_bit(void **state)
{
	static const struct shape shapes[] = {
		{ FOREST_SUM, 9, 7, 100, 31, 50 },    { FOREST_SUM, 70, 15, 601, 31, 255 },
		{ FOREST_SUM, 3, 1, 49, 3, 1 },       { FOREST_SUM, 4, 3, 300, 16, 256 },
		{ FOREST_SUM, 30, 2, 1000, 31, 600 }, { FOREST_PATH, 20, 1, 100, 90, 200 },
		{ FOREST_PATH, 1, 1, 60, 256, 511 },  { FOREST_MEAN, 8, 1, 50, 20, 255 },
	};
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		struct forest *f;

		rng_seed(&dice, i, 0);
		f = make(&shapes[i]);
		check_bits(f, &shapes[i], false);
		if (forest_plan_can_be_wide())
			check_bits(f, &shapes[i], true);
		forest_free(f);
	}
}

static void a_feature_of_many_thresholds_has_several_columns(void **state)
{
	static const struct {
		uint32_t n_cuts, n_columns, n_last;
	} cases[] = { { 1, 1, 1 }, { 3, 1, 3 }, { 255, 1, 255 }, { 256, 2, 1 }, { 515, 3, 7 } };
	const struct shape s = { FOREST_PATH, 2, 1, 1, 2, 1 };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct forest *f = forest_new(s.kind, s.n_features, s.n_outputs);
		struct forest_plan *p;
		uint32_t k;

		f->max_samples = 2;
		for (k = 0; k < 2000; k++) {
			grow(&s, 2);
			branches[0].feature = 1;
			branches[0].threshold = (float)(k * 7919 % cases[i].n_cuts);
			assert_int_equal(forest_add_tree(f, branches, 3), 0);
		}
		p = forest_plan_new(f);
		assert_non_null(p);
		assert_int_equal(p->n_columns, cases[i].n_columns);
		assert_int_equal(p->columns[p->n_columns - 1].feature, 1);
		assert_int_equal(p->columns[p->n_columns - 1].n, cases[i].n_last);
		forest_plan_free(p);
		forest_free(f);
	}
}

static void what_does_not_fit_or_does_not_pay_has_no_plan(void **state)
{
	static const struct {
		struct shape shape;
		bool has_plan;
	} cases[] = {
		{ { FOREST_SUM, 9, 3, 300, 31, 255 }, true },
		{ { FOREST_MEAN, 9, 3, 300, 31, 255 }, false },          /* three numbers a leaf */
		{ { FOREST_SUM, 9, 3, 300, 257, 255 }, false },          /* a number above a byte */
		{ { FOREST_SUM, 9, 3, 6, 8, 255 }, false },              /* ranks cost more */
		{ { FOREST_PATH, 1, 1, 400, 200, 8 * 255 + 1 }, false }, /* thresholds */
		{ { FOREST_SUM, 600, 1, 3000, 31, 2 }, false },          /* columns */
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct forest *f;
		struct forest_plan *p;

		rng_seed(&dice, 1, 0);
		f = make(&cases[i].shape);
		p = forest_plan_new(f);
		assert_int_equal(p != NULL, cases[i].has_plan);
		forest_plan_free(p);
		forest_free(f);
	}
}

static void an_opened_model_answers_blocks_as_it_answers_single_rows(void **state)
{
	static const struct shape s = { FOREST_SUM, 3, 3, 300, 31, 100 };
	const char *names[] = { "a", "b", "c" };
	double rows[ROWS][3], alone[ROWS][3], together[ROWS][3];
	struct model made = { .kind = MODEL_BOOST_CLASSIFIER, .n_features = 3, .n_classes = 3 }, *m;
	struct forest *f;
	char error[200];
	size_t length, i, k;
	void *data;

	rng_seed(&dice, 2, 0);
	f = make(&s);
	made.forest = *f;
	made.feature_names = made.class_names = names;
	assert_int_equal(model_encode(&made, &data, &length, error, sizeof(error)), 0);
	m = model_from_bytes(data, length, error, sizeof(error));
	assert_non_null(m);
	assert_non_null(m->forest.plan);
	for (i = 0; i < ROWS; i++)
		for (k = 0; k < 3; k++)
			rows[i][k] = (double)rng_below(&dice, 100) / 8 - 3;
	for (i = 0; i < ROWS; i++)
		model_predict_proba(m, alone[i], rows[i], 1);
	model_predict_proba(m, together[0], rows[0], ROWS);
	assert_memory_equal(together, alone, sizeof(alone));
	model_close(m);
	free(data);
	forest_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_planned_block_equals_walks_in_every_bit),
		cmocka_unit_test(a_feature_of_many_thresholds_has_several_columns),
		cmocka_unit_test(what_does_not_fit_or_does_not_pay_has_no_plan),
		cmocka_unit_test(an_opened_model_answers_blocks_as_it_answers_single_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
