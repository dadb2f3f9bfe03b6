// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Isolation forests: the structure of the trees, scores against scikit-learn's on golden rows (both
 * of 10,000 trees, so that chance averages out), the trainers' own exp and log, and refusals.
 */
#include <float.h>
#include <stdbool.h>

#include "metrics.h"
#include "train_math.h"
#include "train_rows.h"

static struct forest *fit(const struct train_isolation *p, const struct matrix *m)
{
	char error[200] = "";
	struct forest *f = train_isolation_fit(p, m, error, sizeof(error));

	assert_string_equal(error, "");
	rows_assert_sound(f);
	return f;
}

static double path_length(double n)
{
	return n < 2 ? 0 : n == 2 ? 1 : 2 * (log(n - 1) + 0.57721566490153286) - 2 * (n - 1) / n;
}

static double score(const struct forest *f, const struct matrix *m, size_t i)
{
	double path;

	rows_ask(f, m, i, &path);
	return -exp2(-path / path_length(f->max_samples));
}

static void check_scores(FILE *in, struct matrix *m)
{
	struct train_isolation p = train_isolation_defaults;
	double expected, off = 0;
	struct forest *f;

	assert_int_equal(fscanf(in, "%u", &p.n_estimators), 1);
	f = fit(&p, m);
	for (size_t i = 0; i < m->n_rows; i++) {
		assert_int_equal(fscanf(in, "%lf", &expected), 1);
		assert_true(fabs(score(f, m, i) - expected) < 0.008);
		off += (score(f, m, i) - expected) / (double)m->n_rows;
	}
	assert_true(fabs(off) < 0.003);
	forest_free(f);
}

static void scores_are_scikit_learns_but_for_chance(void **state)
{
	rows_each("isolation", check_scores, 1);
}

/* A leaf's value is its depth and c(rows in it); rows add up; no tree is deeper than 8. */
static void check_subtree(const struct forest *f, uint32_t i, uint32_t depth)
{
	const struct forest_node *node = &f->nodes[i];

	assert_in_range(depth, 0, 8);
	if (node->left == i) {
		assert_true(depth == 8 || f->cover[i] == 1);
		assert_true(fabs(f->values[node->value] - depth - path_length(f->cover[i])) <
		            1e-14);
		return;
	}
	assert_true(f->cover[node->left] >= 1 && f->cover[node->left + 1] >= 1);
	assert_true(f->cover[i] == f->cover[node->left] + f->cover[node->left + 1]);
	check_subtree(f, node->left, depth + 1);
	check_subtree(f, node->left + 1, depth + 1);
}

static void trees_isolate_256_rows_in_8_steps(void **state)
{
	struct matrix *m = rows_make(3000, 5, 1);
	struct forest *f = fit(&train_isolation_defaults, m);

	assert_int_equal(f->n_trees, 100);
	assert_int_equal(f->max_samples, 256);
	for (uint32_t t = 0; t < f->n_trees; t++) {
		assert_true(f->cover[f->root[t]] == 256);
		check_subtree(f, f->root[t], 0);
	}
	forest_free(f);
	matrix_free(m);
}

static void planted_outliers_score_lowest(void **state)
{
	struct matrix *m = rows_make(1000, 5, 2);
	double scores[1020];
	uint8_t strange[1020];
	struct forest *f;

	for (int i = 0; i < 20; i++) {
		double row[] = { 1, 1, 0.5, i % 2 ? 3 : -3, 4 };

		rows_add(m, row, NULL, 1);
	}
	f = fit(&train_isolation_defaults, m);
	for (size_t i = 0; i < m->n_rows; i++) {
		scores[i] = -score(f, m, i);
		strange[i] = i >= 1000;
	}
	assert_true(metrics_roc_auc(strange, scores, m->n_rows) > 0.999);
	forest_free(f);
	matrix_free(m);
}

static void threads_change_nothing_and_the_seed_does(void **state)
{
	struct train_isolation p = train_isolation_defaults;
	struct matrix *m = rows_make(500, 5, 3);
	struct forest *one, *three, *other;

	p.common.n_jobs = 1;
	one = fit(&p, m);
	p.common.n_jobs = 3;
	three = fit(&p, m);
	p.common.random_state = 1;
	other = fit(&p, m);
	rows_assert_same_forest(one, three);
	assert_true(one->n_nodes != other->n_nodes ||
	            memcmp(one->nodes, other->nodes, one->n_nodes * sizeof(*one->nodes)));
	forest_free(one);
	forest_free(three);
	forest_free(other);
	matrix_free(m);
}

/* Fewer rows than max_samples, more than half of them, all of them, one, and drawn with repeats. */
static void any_number_of_rows_may_be_drawn(void **state)
{
	static const struct {
		size_t n_rows;
		uint32_t max_samples, drawn;
		bool bootstrap;
	} cases[] = {
		{ 100, 256, 100, false }, { 100, 70, 70, false }, { 100, 100, 100, false },
		{ 100, 1, 1, false },     { 1, 256, 1, false },   { 2, 256, 2, false },
		{ 100, 100, 0, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct train_isolation p = train_isolation_defaults;
		struct matrix *m = rows_make(cases[i].n_rows, 3, 4);
		struct forest *f;

		p.max_samples = cases[i].max_samples;
		p.bootstrap = cases[i].bootstrap;
		f = fit(&p, m);
		for (uint32_t t = 0; t < f->n_trees; t++) {
			float n = f->cover[f->root[t]];

			if (p.bootstrap)
				assert_true(n > 45 && n < 80); /* 1 - 1/e of them */
			else
				assert_true(n == cases[i].drawn);
		}
		forest_free(f);
		matrix_free(m);
	}
}

/* Each row is as likely to be in a tree, whether rows are drawn or left out. */
static void rows_are_drawn_fairly(void **state)
{
	static const uint32_t sizes[] = { 3, 7 };

	for (size_t s = 0; s < 2; s++) {
		struct train_isolation p = train_isolation_defaults;
		struct matrix *m = rows_new(10);
		uint32_t seen[10] = { 0 };
		struct forest *f;

		/* Row i alone has a 1 in column i, so column i splits only where row i was drawn.
		 */
		for (int i = 0; i < 10; i++) {
			double row[10] = { 0 };

			row[i] = 1;
			rows_add(m, row, NULL, 1);
		}
		p.max_samples = sizes[s];
		p.n_estimators = 4000;
		f = fit(&p, m);
		for (uint32_t i = 0; i < f->n_nodes; i++)
			if (f->nodes[i].left != i)
				seen[f->nodes[i].feature]++;
		for (int i = 1; i < 10; i++)
			assert_true(abs((int)seen[i] - (int)seen[0]) < (int)seen[0] / 8);
		forest_free(f);
		matrix_free(m);
	}
}

static void a_tree_may_be_kept_to_a_share_of_the_columns(void **state)
{
	struct train_isolation p = train_isolation_defaults;
	struct matrix *m = rows_make(300, 8, 5);
	struct forest *f;
	uint32_t all = 0;

	p.max_features = 0.25;
	f = fit(&p, m);
	for (uint32_t t = 0; t < f->n_trees; t++) {
		uint32_t end = t + 1 < f->n_trees ? f->root[t + 1] : f->n_nodes, used = 0;

		for (uint32_t i = f->root[t]; i < end; i++)
			if (f->nodes[i].left != i)
				used |= 1u << f->nodes[i].feature;
		assert_int_equal(__builtin_popcount(used), 2);
		all |= used;
	}
	assert_int_equal(all, 0xff);
	forest_free(f);
	matrix_free(m);
}

static void equal_rows_cannot_be_isolated(void **state)
{
	struct matrix *m = rows_new(2);
	double row[] = { 1, 2 };
	struct forest *f;

	for (int i = 0; i < 50; i++)
		rows_add(m, row, NULL, 1);
	f = fit(&train_isolation_defaults, m);
	assert_int_equal(f->n_nodes, 100);
	assert_true(fabs(score(f, m, 0) + 0.5) < 1e-12);
	forest_free(f);
	matrix_free(m);
}

static void exp_and_log_are_those_of_libm(void **state)
{
	struct rng r;

	rng_seed(&r, 1, 0);
	for (int i = 0; i < 100000; i++) {
		double x = (rng_real(&r) - 0.5) * (i % 2 ? 1400 : 4), y = exp(x);

		assert_true(fabs(math_exp(x) - y) <= 4 * DBL_EPSILON * y);
		y = exp(x / 2);
		assert_true(fabs(math_log(y) - log(y)) <=
		            2 * DBL_EPSILON * fmax(fabs(log(y)), 1e-3));
	}
	assert_true(math_exp(0) == 1 && math_log(1) == 0);
	assert_true(math_exp(-INFINITY) == 0 && math_exp(-800) == 0 && math_exp(NAN) == 0);
	assert_true(isfinite(math_exp(1e9)));
	for (uint64_t n = 0; n < 1000; n++)
		assert_true(fabs(math_path_length(n) - path_length((double)n)) < 1e-14);
}

static void what_cannot_be_learned_is_refused(void **state)
{
	struct train_isolation p = train_isolation_defaults;
	struct matrix *m = rows_new(2);
	double row[] = { 1, 2 };
	char error[200];

	assert_null(train_isolation_fit(&p, m, error, sizeof(error)));
	assert_string_equal(error, "training data: no rows to learn from; give some");
	rows_add(m, row, NULL, 0);
	assert_null(train_isolation_fit(&p, m, error, sizeof(error)));
	assert_string_equal(error, "training data: all 1 rows have weight 0; give some");
	m->values[1] = -INFINITY;
	assert_null(train_isolation_fit(&p, m, error, sizeof(error)));
	assert_string_equal(error, "training data: row 1, column b: -inf is not a finite number "
	                           "(float32); replace it or leave the row out");
	p.max_samples = 0;
	assert_null(train_isolation_fit(&p, m, error, sizeof(error)));
	assert_string_equal(error, "max_samples: 0 is out of range; give 1 to 2147483647");
	p = train_isolation_defaults;
	p.max_features = 2;
	assert_null(train_isolation_fit(&p, m, error, sizeof(error)));
	assert_string_equal(error, "max_features: 2 is out of range; give 1e-09 to 1");
	p = train_isolation_defaults;
	p.n_estimators = 0;
	assert_null(train_isolation_fit(&p, m, error, sizeof(error)));
	assert_string_equal(error, "n_estimators: 0 is out of range; give 1 to 1000000");
	matrix_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores_are_scikit_learns_but_for_chance),
		cmocka_unit_test(trees_isolate_256_rows_in_8_steps),
		cmocka_unit_test(planted_outliers_score_lowest),
		cmocka_unit_test(threads_change_nothing_and_the_seed_does),
		cmocka_unit_test(any_number_of_rows_may_be_drawn),
		cmocka_unit_test(rows_are_drawn_fairly),
		cmocka_unit_test(a_tree_may_be_kept_to_a_share_of_the_columns),
		cmocka_unit_test(equal_rows_cannot_be_isolated),
		cmocka_unit_test(exp_and_log_are_those_of_libm),
		cmocka_unit_test(what_cannot_be_learned_is_refused),
	};

	return cmocka_run_group_tests_name("isolation_train", tests, NULL, NULL);
}
