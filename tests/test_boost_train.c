// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Gradient boosting: raw outputs against scikit-learn's HistGradientBoostingClassifier on golden
 * rows (it leaves nothing to chance there), then what may not change them and what is refused.
 */
#include <stdbool.h>

#include "train_rows.h"

#define RARE_CLASSES 40

static struct forest *fit(const struct train_boost *p, const struct matrix *m)
{
	char error[200] = "";
	struct forest *f = train_boost_fit(p, m, error, sizeof(error));

	assert_string_equal(error, "");
	rows_assert_sound(f);
	return f;
}

/* scikit-learn keeps derivatives in float32, so the last digits differ. */
static void check_boost(FILE *in, struct matrix *m)
{
	struct train_boost p = train_boost_defaults;
	double out[3], expected;
	int balanced, weighted;
	float kept[1000];
	struct forest *f;

	assert_int_equal(fscanf(in, "%lf %u %u %u %u %lf %u %d %d", &p.learning_rate, &p.max_iter,
	                        &p.max_leaf_nodes, &p.max_depth, &p.min_samples_leaf,
	                        &p.l2_regularization, &p.max_bins, &balanced, &weighted),
	                 9);
	p.max_features = 1;
	p.class_weight = balanced ? TRAIN_WEIGHT_BALANCED : TRAIN_WEIGHT_NONE;
	memcpy(kept, m->weight, m->n_rows * sizeof(*kept));
	for (size_t i = 0; !weighted && i < m->n_rows; i++)
		m->weight[i] = 1;
	f = fit(&p, m);
	memcpy(m->weight, kept, m->n_rows * sizeof(*kept));
	for (size_t i = 0; i < m->n_rows; i++) {
		rows_ask(f, m, i, out);
		for (uint32_t k = 0; k < f->n_outputs; k++) {
			assert_int_equal(fscanf(in, "%lf", &expected), 1);
			assert_true(fabs(out[k] - expected) < 1e-6);
		}
	}
	forest_free(f);
}

static void raw_outputs_are_scikit_learns(void **state)
{
	rows_each("boost", check_boost, 6);
}

static void new_rows_are_known(void **state)
{
	struct matrix *seen = rows_make(600, 8, 1), *unseen = rows_make(300, 8, 2);
	struct forest *f = fit(&train_boost_defaults, seen);
	int right = 0;

	assert_int_equal(f->n_outputs, 3);
	assert_int_equal(f->n_trees, 300);
	for (size_t i = 0; i < unseen->n_rows; i++) {
		double out[3];
		int best;

		rows_ask(f, unseen, i, out);
		best = out[1] > out[0];
		best = out[2] > out[best] ? 2 : best;
		right += best == unseen->label[i];
	}
	assert_true(right > 290);
	forest_free(f);
	matrix_free(seen);
	matrix_free(unseen);
}

static void threads_change_nothing(void **state)
{
	struct matrix *three = rows_make(300, 10, 3), *two = rows_make(300, 10, 3);
	struct train_boost p = train_boost_defaults;

	for (size_t i = 0; i < two->n_rows; i++)
		two->label[i] = two->label[i] == 2 ? 1 : two->label[i];
	free(two->class_names[2]);
	two->n_classes = 2;
	p.max_iter = 10;
	for (int k = 0; k < 2; k++) {
		struct matrix *m = k ? two : three;
		struct forest *one, *many;

		p.common.n_jobs = 1;
		one = fit(&p, m);
		p.common.n_jobs = 4;
		many = fit(&p, m);
		assert_int_equal(one->n_outputs, k ? 1 : 3);
		rows_assert_same_forest(one, many);
		forest_free(one);
		forest_free(many);
	}
	matrix_free(three);
	matrix_free(two);
}

/* Large enough that the columns of one tree are counted by several threads. */
static void threads_within_a_tree_change_nothing(void **state)
{
	struct train_boost p = train_boost_defaults;
	struct matrix *m = rows_new(COLUMNS_MAX);
	struct forest *one, *many;
	double row[COLUMNS_MAX];
	struct rng r;

	rng_seed(&r, 9, 9);
	for (size_t i = 0; i < 130000; i++) {
		for (size_t c = 0; c < COLUMNS_MAX; c++)
			row[c] = rng_real(&r);
		rows_add(m, row, row[0] + row[1] > 1 ? "above" : "below", 1);
	}
	p.max_iter = 2;
	p.common.n_jobs = 1;
	one = fit(&p, m);
	p.common.n_jobs = 3;
	many = fit(&p, m);
	rows_assert_same_forest(one, many);
	forest_free(one);
	forest_free(many);
	matrix_free(m);
}

static void limits_of_a_tree_hold(void **state)
{
	struct matrix *m = rows_make(500, 6, 4);
	struct train_boost p = train_boost_defaults;
	struct forest *f;

	p.max_iter = 5;
	p.max_leaf_nodes = 7;
	p.max_depth = 4;
	p.min_samples_leaf = 30;
	f = fit(&p, m);
	for (uint32_t t = 0; t < f->n_trees; t++) {
		uint32_t end = t + 1 < f->n_trees ? f->root[t + 1] : f->n_nodes, n_leaves = 0;

		for (uint32_t i = f->root[t]; i < end; i++) {
			if (f->nodes[i].left != i)
				continue;
			n_leaves++;
			assert_true(f->cover[i] >= 30);
		}
		assert_true(f->cover[f->root[t]] == 500);
		assert_in_range(n_leaves, 2, 7);
		assert_in_range(f->depth[t], 1, 4);
	}
	forest_free(f);
	matrix_free(m);
}

/* Half of 16 columns a tree, all columns over many trees; other seeds draw others. */
static void a_tree_uses_a_share_of_the_columns(void **state)
{
	struct train_boost p = train_boost_defaults;
	struct matrix *m = rows_make(400, COLUMNS_MAX, 10);
	struct forest *f = fit(&p, m), *other;
	uint32_t all = 0;

	for (uint32_t t = 0; t < f->n_trees; t++) {
		uint32_t end = t + 1 < f->n_trees ? f->root[t + 1] : f->n_nodes, used = 0;

		for (uint32_t i = f->root[t]; i < end; i++)
			if (f->nodes[i].left != i)
				used |= 1u << f->nodes[i].feature;
		assert_in_range(__builtin_popcount(used), 0, 8);
		all |= used;
	}
	assert_int_equal(all, 0xffff);
	p.common.random_state = 1;
	other = fit(&p, m);
	assert_true(f->n_nodes != other->n_nodes ||
	            memcmp(f->nodes, other->nodes, f->n_nodes * sizeof(*f->nodes)));
	forest_free(f);
	forest_free(other);
	matrix_free(m);
}

/* Fewer than two leaves' rows: no split, the answer is the prior. */
static void few_rows_give_the_prior(void **state)
{
	static const char *const labels[] = { "a", "b", "c" };
	double share[] = { 20 / 39.0, 10 / 39.0, 9 / 39.0 }, out[3], mean = 0;
	struct matrix *m = rows_new(1);
	struct forest *f;

	for (int i = 0; i < 39; i++) {
		double x = i;

		rows_add(m, &x, labels[i < 20 ? 0 : i < 30 ? 1 : 2], 1);
	}
	f = fit(&train_boost_defaults, m);
	rows_ask(f, m, 0, out);
	for (int k = 0; k < 3; k++)
		mean += log(share[k]) / 3;
	for (int k = 0; k < 3; k++)
		assert_true(fabs(out[k] - (log(share[k]) - mean)) < 1e-14);
	forest_free(f);
	matrix_free(m);
}

static void a_class_without_rows_is_never_the_answer(void **state)
{
	struct matrix *m = rows_make(300, 4, 5);
	struct forest *f;
	double out[3];

	for (size_t i = 0; i < m->n_rows; i++)
		m->label[i] = m->label[i] == 1 ? -1 : m->label[i];
	f = fit(&train_boost_defaults, m);
	for (size_t i = 0; i < m->n_rows; i++) {
		rows_ask(f, m, i, out);
		assert_true(out[1] < out[0] - 20 || out[1] < out[2] - 20);
	}
	forest_free(f);
	matrix_free(m);
}

/* Classes of 1 to 30 rows each around points at random, of few values: some rows are alike. */
static struct matrix *make_rare_classes(uint32_t n_classes)
{
	struct matrix *m = rows_new(6);
	double at[6], row[6];
	struct rng r;
	char name[8];

	rng_seed(&r, 11, 0);
	for (uint32_t k = 0; k < n_classes; k++) {
		uint64_t n = 1 + rng_below(&r, 30);

		snprintf(name, sizeof(name), "%02u", k);
		for (int c = 0; c < 6; c++)
			at[c] = rng_real(&r);
		while (n--) {
			for (int c = 0; c < 6; c++)
				row[c] = floor(2 * at[c] + 2 * rng_real(&r));
			rows_add(m, row, name, 1);
		}
	}
	return m;
}

/* The mean log loss of softmax; right: how many rows get their class. */
static double log_loss(const struct forest *f, const struct matrix *m, size_t *right)
{
	double out[RARE_CLASSES], loss = 0;

	*right = 0;
	for (size_t i = 0; i < m->n_rows; i++) {
		double largest = -INFINITY, sum = 0;

		rows_ask(f, m, i, out);
		for (uint32_t k = 0; k < f->n_outputs; k++)
			largest = fmax(largest, out[k]);
		for (uint32_t k = 0; k < f->n_outputs; k++)
			sum += exp(out[k] - largest);
		loss += log(sum) + largest - out[m->label[i]];
		*right += out[m->label[i]] == largest;
	}
	return loss / (double)m->n_rows;
}

/* Newton's steps as they are end at a loss of 700 and more in each of these settings. */
static void the_loss_of_rare_classes_never_grows(void **state)
{
	static const struct {
		double learning_rate;
		uint32_t min_samples_leaf;
	} cases[] = { { 0.1, 1 }, { 0.5, 5 }, { 1, 20 } };
	struct matrix *m = make_rare_classes(RARE_CLASSES);
	struct train_boost p = train_boost_defaults;

	p.max_iter = 30;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		double loss = INFINITY, before;
		struct forest *f;
		size_t right;

		p.learning_rate = cases[i].learning_rate;
		p.min_samples_leaf = cases[i].min_samples_leaf;
		f = fit(&p, m);
		assert_int_equal(f->n_outputs, RARE_CLASSES);
		for (uint32_t k = 0; k <= p.max_iter; k++) {
			f->n_trees = k * RARE_CLASSES;
			before = loss;
			loss = log_loss(f, m, &right);
			assert_true(loss <= before);
		}
		assert_true(loss < 0.3);
		assert_true(right > m->n_rows * 4 / 5);
		forest_free(f);
	}
	matrix_free(m);
}

/* A weight of 2 is the row twice, where no limit counts rows. */
static void a_weight_is_worth_that_many_rows(void **state)
{
	struct matrix *heavy = rows_make(90, 3, 6), *twice = rows_make(90, 3, 6);
	struct train_boost p = train_boost_defaults;
	struct forest *a, *b;

	p.max_iter = 5;
	p.min_samples_leaf = 1;
	p.max_leaf_nodes = 4;
	p.max_features = 1;
	for (size_t i = 0; i < 90; i++)
		if (i % 4 == 0) {
			heavy->weight[i] = 2;
			rows_add(twice, matrix_row(heavy, i), heavy->class_names[heavy->label[i]],
			         1);
		}
	a = fit(&p, heavy);
	b = fit(&p, twice);
	for (size_t i = 0; i < 90; i++) {
		double x[3], y[3];

		rows_ask(a, heavy, i, x);
		rows_ask(b, heavy, i, y);
		for (int k = 0; k < 3; k++)
			assert_true(fabs(x[k] - y[k]) < 1e-9);
	}
	forest_free(a);
	forest_free(b);
	matrix_free(heavy);
	matrix_free(twice);
}

static void constant_columns_are_never_split(void **state)
{
	struct matrix *m = rows_make(300, 3, 7);
	struct train_boost p = train_boost_defaults;
	struct forest *f;

	p.max_iter = 10;
	for (size_t i = 0; i < m->n_rows; i++)
		m->values[i * 3 + 2] = -1;
	f = fit(&p, m);
	for (uint32_t i = 0; i < f->n_nodes; i++)
		assert_true(f->nodes[i].left == i || f->nodes[i].feature != 2);
	forest_free(f);
	matrix_free(m);
}

/* 10 million rows of 80 columns, 15 classes, 2 threads. */
static void memory_is_told(void **state)
{
	struct train_boost boost = train_boost_defaults;
	struct train_forest forest = train_forest_defaults;

	boost.common.n_jobs = forest.common.n_jobs = 2;
	assert_int_equal(train_boost_memory(&boost, 10000000, 80, 15), 3120000000);
	assert_int_equal(train_boost_memory(&boost, 10000000, 80, 2), 1600000000);
	assert_int_equal(train_forest_memory(&forest, 10000000, 80), 7520000000);
}

static void what_cannot_be_learned_is_refused(void **state)
{
	static const struct {
		size_t offset;
		double value;
		const char *why;
	} cases[] = {
		{ offsetof(struct train_boost, learning_rate), 0,
		  "learning_rate: 0 is out of range; give 1e-09 to 1000" },
		{ offsetof(struct train_boost, learning_rate), NAN,
		  "learning_rate: nan is out of range; give 1e-09 to 1000" },
		{ offsetof(struct train_boost, max_features), 0,
		  "max_features: 0 is out of range; give 1e-09 to 1" },
		{ offsetof(struct train_boost, l2_regularization), -1,
		  "l2_regularization: -1 is out of range; give 0 to 1e+300" },
	};
	struct matrix *m = rows_make(30, 2, 8);
	struct train_boost p;
	char error[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		p = train_boost_defaults;
		memcpy((char *)&p + cases[i].offset, &cases[i].value, sizeof(double));
		assert_null(train_boost_fit(&p, m, error, sizeof(error)));
		assert_string_equal(error, cases[i].why);
	}
	p = train_boost_defaults;
	p.max_bins = 256;
	assert_null(train_boost_fit(&p, m, error, sizeof(error)));
	assert_string_equal(error, "max_bins: 256 is out of range; give 2 to 255");
	p = train_boost_defaults;
	p.max_leaf_nodes = 1;
	assert_null(train_boost_fit(&p, m, error, sizeof(error)));
	assert_string_equal(error, "max_leaf_nodes: 1 is out of range; give 2 to 4096");
	for (size_t i = 0; i < m->n_rows; i++)
		m->label[i] = 1;
	assert_null(train_boost_fit(&train_boost_defaults, m, error, sizeof(error)));
	assert_string_equal(error, "training data: all 30 labelled rows are three; a classifier "
	                           "needs two classes or more");
	matrix_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_outputs_are_scikit_learns),
		cmocka_unit_test(new_rows_are_known),
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(threads_within_a_tree_change_nothing),
		cmocka_unit_test(limits_of_a_tree_hold),
		cmocka_unit_test(a_tree_uses_a_share_of_the_columns),
		cmocka_unit_test(few_rows_give_the_prior),
		cmocka_unit_test(a_class_without_rows_is_never_the_answer),
		cmocka_unit_test(the_loss_of_rare_classes_never_grows),
		cmocka_unit_test(a_weight_is_worth_that_many_rows),
		cmocka_unit_test(constant_columns_are_never_split),
		cmocka_unit_test(memory_is_told),
		cmocka_unit_test(what_cannot_be_learned_is_refused),
	};

	return cmocka_run_group_tests_name("boost_train", tests, NULL, NULL);
}
