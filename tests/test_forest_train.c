// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Random forests: single trees equal scikit-learn's node by node (golden/train.txt), what chance
 * may and may not change, and what is refused.
 */
#include <stdbool.h>

#include "train_rows.h"

/* One tree of all rows and features: nothing left to chance but ties. */
static struct train_forest single_tree(void)
{
	struct train_forest p = train_forest_defaults;

	p.n_estimators = 1;
	p.bootstrap = false;
	p.max_features = TRAIN_ALL;
	return p;
}

static float floor_to_float(double x)
{
	float f = (float)x;

	return f > x ? nextafterf(f, -INFINITY) : f;
}

/* The golden nodes come depth first, ours are laid out otherwise: both are walked. */
static void compare_subtree(FILE *in, const struct forest *f, uint32_t i, int *n_nodes)
{
	const struct forest_node *node = &f->nodes[i];
	double number;
	int feature;

	assert_int_equal(fscanf(in, "%d", &feature), 1);
	--*n_nodes;
	if (feature < 0) {
		assert_int_equal(node->left, i);
		for (uint32_t k = 0; k < f->n_outputs; k++) {
			assert_int_equal(fscanf(in, "%lf", &number), 1);
			assert_true(fabs(f->values[node->value + k] - number) < 1e-14);
		}
		return;
	}
	assert_int_equal(fscanf(in, "%lf", &number), 1);
	assert_int_equal(node->feature, feature);
	assert_true(node->threshold == floor_to_float(number));
	compare_subtree(in, f, node->left, n_nodes);
	compare_subtree(in, f, node->left + 1, n_nodes);
}

static void set_weights(struct matrix *m, bool weighted, float *kept)
{
	for (size_t i = 0; i < m->n_rows; i++) {
		kept[i] = m->weight[i];
		if (!weighted)
			m->weight[i] = 1;
	}
}

static void check_tree(FILE *in, struct matrix *m)
{
	struct train_forest p = single_tree();
	int balanced, weighted, n_nodes;
	char error[200];
	struct forest *f;
	float kept[1000];

	assert_int_equal(fscanf(in, "%u %u %u %d %d %d", &p.max_depth, &p.min_samples_split,
	                        &p.min_samples_leaf, &balanced, &weighted, &n_nodes),
	                 6);
	p.class_weight = balanced ? TRAIN_WEIGHT_BALANCED : TRAIN_WEIGHT_NONE;
	set_weights(m, weighted, kept);
	f = train_forest_fit(&p, m, error, sizeof(error));
	memcpy(m->weight, kept, m->n_rows * sizeof(*kept));
	rows_assert_sound(f);
	compare_subtree(in, f, f->root[0], &n_nodes);
	assert_int_equal(n_nodes, 0);
	forest_free(f);
}

static void a_tree_is_scikit_learns_node_by_node(void **state)
{
	rows_each("tree", check_tree, 6);
}

static void the_threshold_is_the_midpoint_rounded_down(void **state)
{
	static const struct {
		double low, high;
		float threshold;
	} cases[] = {
		{ 1, 2, 1.5f },
		{ -2, -1, -1.5f },
		{ 0, 1e-6, 0x1.0c6f7ap-21f },
		{ 16777216, 16777218, 16777216 }, /* their midpoint is no float32 */
		{ -16777218, -16777216, -16777218 },
		{ -3e38, 3e38, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct train_forest p = single_tree();
		struct matrix *m = rows_new(1);
		char error[200];
		struct forest *f;

		rows_add(m, &cases[i].low, "a", 1);
		rows_add(m, &cases[i].high, "b", 1);
		f = train_forest_fit(&p, m, error, sizeof(error));
		rows_assert_sound(f);
		assert_int_equal(f->n_nodes, 3);
		assert_true(f->nodes[0].threshold == cases[i].threshold);
		forest_free(f);
		matrix_free(m);
	}
}

/* 1e-7 apart or less is equal: then there is nothing to split and one leaf of half and half. */
static void values_too_close_are_not_split(void **state)
{
	static const double pairs[][2] = { { 0, 1e-7 }, { -0.0, 0.0 }, { 1, 1 }, { 5, 5.0000001 } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct train_forest p = single_tree();
		struct matrix *m = rows_new(1);
		char error[200];
		double out[2];
		struct forest *f;

		rows_add(m, &pairs[i][0], "a", 1);
		rows_add(m, &pairs[i][1], "b", 1);
		f = train_forest_fit(&p, m, error, sizeof(error));
		rows_assert_sound(f);
		assert_int_equal(f->n_nodes, 1);
		rows_ask(f, m, 0, out);
		assert_true(out[0] == 0.5 && out[1] == 0.5);
		forest_free(f);
		matrix_free(m);
	}
}

static void a_forest_knows_new_rows(void **state)
{
	struct matrix *seen = rows_make(300, 8, 1), *unseen = rows_make(300, 8, 2);
	struct train_forest p = train_forest_defaults;
	char error[200];
	struct forest *f = train_forest_fit(&p, seen, error, sizeof(error));
	int right = 0;

	rows_assert_sound(f);
	for (size_t i = 0; i < unseen->n_rows; i++) {
		double out[3], sum = 0;

		rows_ask(f, unseen, i, out);
		for (int k = 0; k < 3; k++)
			sum += out[k];
		assert_true(fabs(sum - 1) < 1e-12);
		right += out[unseen->label[i]] > 0.5;
	}
	assert_true(right > 290);
	forest_free(f);
	matrix_free(seen);
	matrix_free(unseen);
}

static struct forest *fit(struct train_forest p, const struct matrix *m, uint64_t seed,
                          uint32_t n_jobs)
{
	char error[200];
	struct forest *f;

	p.common.random_state = seed;
	p.common.n_jobs = n_jobs;
	f = train_forest_fit(&p, m, error, sizeof(error));
	rows_assert_sound(f);
	return f;
}

static void threads_change_nothing_and_the_seed_does(void **state)
{
	struct matrix *m = rows_make(200, 10, 3);
	struct train_forest p = train_forest_defaults;
	struct forest *one = fit(p, m, 5, 1), *three = fit(p, m, 5, 3), *other = fit(p, m, 6, 0);

	rows_assert_same_forest(one, three);
	assert_true(one->n_nodes != other->n_nodes ||
	            memcmp(one->nodes, other->nodes, one->n_nodes * sizeof(*one->nodes)));
	forest_free(one);
	forest_free(three);
	forest_free(other);
	matrix_free(m);
}

/* A tree sees about 1 - 1/e of the rows; its root covers as many draws as there are rows. */
static void a_bootstrap_draws_as_many_rows_as_there_are(void **state)
{
	struct matrix *m = rows_make(300, 4, 4);
	struct train_forest p = train_forest_defaults;
	struct forest *f = fit(p, m, 1, 0);

	for (uint32_t t = 0; t < f->n_trees; t++)
		assert_true(f->cover[f->root[t]] == 300);
	forest_free(f);
	p.max_samples = 0.1;
	f = fit(p, m, 1, 0);
	for (uint32_t t = 0; t < f->n_trees; t++)
		assert_true(f->cover[f->root[t]] == 30);
	forest_free(f);
	matrix_free(m);
}

/* Splits of a one-feature-a-node forest fall on all features alike, not on the constant one. */
static void constant_features_are_passed_over(void **state)
{
	struct train_forest p = train_forest_defaults;
	struct matrix *m = rows_new(3);
	uint32_t used[3] = { 0 };
	struct forest *f;
	struct rng r;

	rng_seed(&r, 1, 1);
	for (int i = 0; i < 200; i++) {
		double row[] = { rng_real(&r), 7, rng_real(&r) };

		rows_add(m, row, rng_below(&r, 2) ? "a" : "b", 1);
	}
	p.max_features = TRAIN_COUNT;
	p.max_features_value = 1;
	f = fit(p, m, 1, 0);
	for (uint32_t i = 0; i < f->n_nodes; i++)
		if (f->nodes[i].left != i)
			used[f->nodes[i].feature]++;
	assert_int_equal(used[1], 0);
	assert_true(used[0] > 1000 && used[2] > 1000);
	assert_true(used[0] < 1.2 * used[2] && used[2] < 1.2 * used[0]);
	forest_free(f);
	matrix_free(m);
}

static void rows_without_label_or_weight_do_not_count(void **state)
{
	struct matrix *m = rows_make(60, 2, 6), *more = rows_make(60, 2, 6);
	double row[] = { 0.5, 0.5 };
	struct forest *a, *b;

	for (int i = 0; i < 20; i++) {
		rows_add(more, row, NULL, 1);
		rows_add(more, row, "three", 0);
	}
	a = fit(single_tree(), m, 1, 1);
	b = fit(single_tree(), more, 1, 1);
	rows_assert_same_forest(a, b);
	forest_free(a);
	forest_free(b);
	matrix_free(m);
	matrix_free(more);
}

static double parts[200];
static size_t n_parts;

static void note(void *arg, double part)
{
	assert_ptr_equal(arg, parts);
	assert_true(n_parts < 200);
	parts[n_parts++] = part;
}

static void progress_rises_to_the_whole(void **state)
{
	struct train_forest p = train_forest_defaults;
	struct matrix *m = rows_make(30, 2, 7);

	p.common.progress = note;
	p.common.arg = parts;
	n_parts = 0;
	forest_free(fit(p, m, 1, 1));
	assert_int_equal(n_parts, 100);
	for (size_t i = 1; i < n_parts; i++)
		assert_true(parts[i] > parts[i - 1]);
	assert_true(parts[99] == 1);
	matrix_free(m);
}

static void assert_refused(const struct train_forest *p, const struct matrix *m, const char *why)
{
	char error[200] = "";

	assert_null(train_forest_fit(p, m, error, sizeof(error)));
	assert_string_equal(error, why);
}

static void parameters_out_of_range_are_refused(void **state)
{
	struct matrix *m = rows_make(30, 2, 8);
	struct train_forest p = train_forest_defaults;

	p.n_estimators = 0;
	assert_refused(&p, m, "n_estimators: 0 is out of range; give 1 to 1000000");
	p = train_forest_defaults;
	p.min_samples_split = 1;
	assert_refused(&p, m, "min_samples_split: 1 is out of range; give 2 to 2147483647");
	p = train_forest_defaults;
	p.min_samples_leaf = 0;
	assert_refused(&p, m, "min_samples_leaf: 0 is out of range; give 1 to 2147483647");
	p = train_forest_defaults;
	p.max_samples = NAN;
	assert_refused(&p, m, "max_samples: nan is out of range; give 1e-09 to 1");
	p = train_forest_defaults;
	p.max_features = TRAIN_FRACTION;
	p.max_features_value = 1.5;
	assert_refused(&p, m, "max_features: 1.5 is out of range; give 1e-09 to 1");
	matrix_free(m);
}

static void rows_nothing_can_be_learned_from_are_refused(void **state)
{
	const struct train_forest *p = &train_forest_defaults;
	struct matrix *m = rows_new(2);
	double row[] = { 1, 2 };

	assert_refused(p, m, "training data: no rows to learn from; give some");
	rows_add(m, row, NULL, 1);
	assert_refused(p, m, "training data: none of 1 rows has a label; give labels");
	rows_add(m, row, "web", 1);
	rows_add(m, row, "web", 1);
	assert_refused(p, m,
	               "training data: all 2 labelled rows are web; a classifier needs two classes "
	               "or more");
	rows_add(m, row, "ssh", -1);
	assert_refused(p, m, "training data: row 4: weight -1; give 0 or more");
	m->weight[3] = 1;
	m->values[5] = NAN;
	assert_refused(p, m,
	               "training data: row 3, column b: nan is not a finite number (float32); "
	               "replace it or leave the row out");
	m->values[5] = 1e39;
	assert_refused(p, m,
	               "training data: row 3, column b: 1e+39 is not a finite number (float32); "
	               "replace it or leave the row out");
	matrix_free(m);
}

static void only_constant_columns_give_the_shares_of_the_classes(void **state)
{
	struct train_forest p = single_tree();
	struct matrix *m = rows_new(2);
	double row[] = { 1, 2 }, out[2];
	struct forest *f;

	for (int i = 0; i < 4; i++)
		rows_add(m, row, i ? "a" : "b", 1);
	assert_int_equal(matrix_sort_classes(m), 0);
	f = fit(p, m, 1, 1);
	rows_ask(f, m, 0, out);
	assert_int_equal(f->n_nodes, 1);
	assert_true(out[0] == 0.75 && out[1] == 0.25);
	forest_free(f);
	matrix_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_is_scikit_learns_node_by_node),
		cmocka_unit_test(the_threshold_is_the_midpoint_rounded_down),
		cmocka_unit_test(values_too_close_are_not_split),
		cmocka_unit_test(a_forest_knows_new_rows),
		cmocka_unit_test(threads_change_nothing_and_the_seed_does),
		cmocka_unit_test(a_bootstrap_draws_as_many_rows_as_there_are),
		cmocka_unit_test(constant_features_are_passed_over),
		cmocka_unit_test(rows_without_label_or_weight_do_not_count),
		cmocka_unit_test(progress_rises_to_the_whole),
		cmocka_unit_test(parameters_out_of_range_are_refused),
		cmocka_unit_test(rows_nothing_can_be_learned_from_are_refused),
		cmocka_unit_test(only_constant_columns_give_the_shares_of_the_classes),
	};

	return cmocka_run_group_tests_name("forest_train", tests, NULL, NULL);
}
