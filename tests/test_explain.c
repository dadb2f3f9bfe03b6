// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reasons: credits add up to what they explain, what was planted is found, importance falls on what
 * the labels depend on.
 */
#include <stdbool.h>

#include "explain.h"
#include "train_math.h"
#include "train_rows.h"

#define N_COLUMNS 12

/* A model in memory of this forest; its class names are those of the rows. */
static struct model model_of(struct forest *f, enum model_kind kind, const struct matrix *m)
{
	assert_non_null(f);
	return (struct model){
		.kind = kind,
		.n_features = f->n_features,
		.n_classes = kind == MODEL_ANOMALY ? 0 : (uint32_t)m->n_classes,
		.class_names = (const char **)m->class_names,
		.forest = *f,
	};
}

static struct forest *fit(enum model_kind kind, const struct matrix *m)
{
	struct train_boost boost = train_boost_defaults;
	char error[200];

	boost.max_iter = 20;
	if (kind == MODEL_ANOMALY)
		return train_isolation_fit(&train_isolation_defaults, m, error, sizeof(error));
	if (kind == MODEL_BOOST_CLASSIFIER)
		return train_boost_fit(&boost, m, error, sizeof(error));
	return train_forest_fit(&train_forest_defaults, m, error, sizeof(error));
}

static double sum(const double *x, size_t n)
{
	double all = 0;

	for (size_t i = 0; i < n; i++)
		all += x[i];
	return all;
}

static double normal(struct rng *r)
{
	return (rng_real(r) + rng_real(r) + rng_real(r) + rng_real(r) - 2) * 1.7320508;
}

static struct matrix *make_normal_rows(size_t n, struct rng *r)
{
	struct matrix *m = rows_new(N_COLUMNS);
	double row[N_COLUMNS];

	rng_seed(r, 1, 0);
	while (n--) {
		for (int c = 0; c < N_COLUMNS; c++)
			row[c] = normal(r);
		rows_add(m, row, NULL, 1);
	}
	return m;
}

/* The other features are ordinary: an extreme one among them would be a reason as well. */
static void an_anomaly_planted_in_one_feature_names_it_first(void **state)
{
	double row[N_COLUMNS], credit[N_COLUMNS];
	struct rng r;
	struct matrix *rows = make_normal_rows(2000, &r);
	struct forest *f = fit(MODEL_ANOMALY, rows);
	struct model m = model_of(f, MODEL_ANOMALY, rows);
	int found = 0;

	for (int i = 0; i < 240; i++) {
		uint32_t planted = (uint32_t)i % N_COLUMNS, first;

		for (int c = 0; c < N_COLUMNS; c++)
			row[c] = normal(&r) / 2;
		row[planted] = i % 2 ? 6 : -6;
		explain_anomaly(&m, credit, row);
		explain_top(&first, 1, credit, N_COLUMNS);
		found += first == planted;
	}
	assert_in_range(found, 235, 240);
	forest_free(f);
	matrix_free(rows);
}

/* Also when the model scales its rows, and when it does not know how many rows came by. */
static void an_anomalys_credits_add_up_to_the_shorter_path(void **state)
{
	double mean[N_COLUMNS], scale[N_COLUMNS], credit[N_COLUMNS], path;
	struct rng r;
	struct matrix *rows = make_normal_rows(300, &r);
	struct forest *f = fit(MODEL_ANOMALY, rows);
	struct model m = model_of(f, MODEL_ANOMALY, rows);

	for (int c = 0; c < N_COLUMNS; c++) {
		mean[c] = 5;
		scale[c] = 2;
	}
	m.mean = mean;
	m.scale = scale;
	for (int known = 1; known >= 0; known--) {
		m.forest.cover = known ? f->cover : NULL;
		for (size_t i = 0; i < rows->n_rows; i++) {
			double row[N_COLUMNS];

			rows_ask(f, rows, i, &path);
			for (int c = 0; c < N_COLUMNS; c++)
				row[c] = (float)matrix_row(rows, i)[c] * 2.0 + 5;
			explain_anomaly(&m, credit, row);
			assert_true(fabs(sum(credit, N_COLUMNS) - (math_path_length(256) - path)) <
			            1e-9);
		}
	}
	forest_free(f);
	matrix_free(rows);
}

/* What explain_class() explains: the answer for class k of a row. */
static double answer(const struct forest *f, const struct matrix *rows, size_t i, uint32_t k)
{
	double out[3];

	rows_ask(f, rows, i, out);
	return f->n_outputs > 1 ? out[k] : k ? out[0] : -out[0];
}

static void check_sums(enum model_kind kind, const struct matrix *rows)
{
	struct forest *f = fit(kind, rows);
	struct model m = model_of(f, kind, rows);
	double credit[COLUMNS_MAX];

	for (uint32_t k = 0; k < m.n_classes; k++) {
		double *means = explain_means(&m, k), bias;

		assert_non_null(means);
		bias = explain_bias(&m, means, k);
		for (size_t i = 0; i < rows->n_rows; i += 7) {
			assert_int_equal(explain_class(&m, credit, matrix_row(rows, i), k), 0);
			assert_true(fabs(bias + sum(credit, m.n_features) - answer(f, rows, i, k)) <
			            1e-9);
		}
		free(means);
	}
	forest_free(f);
}

static void bias_and_a_classs_credits_add_up_to_the_answer(void **state)
{
	struct matrix *rows = rows_make(300, 5, 2);

	check_sums(MODEL_FOREST_CLASSIFIER, rows);
	check_sums(MODEL_BOOST_CLASSIFIER, rows);
	for (size_t i = 0; i < rows->n_rows; i++)
		rows->label[i] = rows->label[i] > 0;
	free(rows->class_names[--rows->n_classes]);
	check_sums(MODEL_FOREST_CLASSIFIER, rows);
	check_sums(MODEL_BOOST_CLASSIFIER, rows);
	matrix_free(rows);
}

/* Column 3 alone decides; the bias of a forest is the share of the class in what it has drawn. */
static void a_class_is_explained_by_the_column_that_decides(void **state)
{
	static const enum model_kind kinds[] = { MODEL_FOREST_CLASSIFIER, MODEL_BOOST_CLASSIFIER };
	struct rng r;
	struct matrix *rows = make_normal_rows(400, &r);

	assert_int_equal(matrix_add_row(rows, matrix_row(rows, 0), "high", 0, 0), 0);
	assert_int_equal(matrix_add_row(rows, matrix_row(rows, 0), "low", 0, 0), 0);
	for (size_t i = 0; i < 400; i++)
		rows->label[i] = matrix_row(rows, i)[3] < 0.5;
	for (int kind = 0; kind < 2; kind++) {
		struct forest *f = fit(kinds[kind], rows);
		struct model m = model_of(f, kinds[kind], rows);
		double *means = explain_means(&m, 1), credit[N_COLUMNS];
		int found = 0;

		for (size_t i = 0; i < 400; i++) {
			uint32_t first, class = (uint32_t)rows->label[i];

			explain_class(&m, credit, matrix_row(rows, i), class);
			explain_top(&first, 1, credit, N_COLUMNS);
			found += first == 3;
		}
		assert_in_range(found, 390, 400);
		if (!kind)
			assert_true(fabs(explain_bias(&m, means, 1) - 0.69) < 0.06);
		free(means);
		forest_free(f);
	}
	matrix_free(rows);
}

static void the_largest_credits_come_first(void **state)
{
	static const double credit[] = { 0, 3, -9, 3, 7, 0.5 };
	uint32_t order[6];

	explain_top(order, 6, credit, 6);
	for (int i = 0; i < 6; i++)
		assert_int_equal(order[i], ((const int[]){ 4, 1, 3, 5, 0, 2 })[i]);
	explain_top(order, 2, credit, 6);
	assert_int_equal(order[0], 4);
	assert_int_equal(order[1], 1);
	explain_top(order, 0, credit, 6);
}

static void importance_falls_on_what_the_labels_depend_on(void **state)
{
	struct matrix *seen = rows_make(600, 5, 3), *rows = rows_make(300, 5, 4);
	struct forest *f = fit(MODEL_BOOST_CLASSIFIER, seen);
	struct model m = model_of(f, MODEL_BOOST_CLASSIFIER, seen);
	double mean[5], deviation[5], again[5], same[5];

	assert_int_equal(explain_permutation(&m, mean, deviation, rows, 5, 1), 0);
	assert_true(mean[0] > 0.4 && mean[0] < 0.7);
	assert_true(deviation[0] > 0 && deviation[0] < 0.05);
	for (int c = 2; c < 5; c++)
		assert_true(fabs(mean[c]) < 0.02);
	assert_int_equal(explain_permutation(&m, again, same, rows, 5, 1), 0);
	assert_memory_equal(mean, again, sizeof(mean));
	assert_memory_equal(deviation, same, sizeof(deviation));
	forest_free(f);
	matrix_free(seen);
	matrix_free(rows);
}

/* Class numbers differ between rows and model: names count. Unlabelled rows do not. */
static void importance_knows_classes_by_name(void **state)
{
	static const char *const names[] = { "two", "other", "one", "three" };
	struct matrix *rows = rows_make(200, 2, 5), *renamed = rows_new(2);
	struct forest *f = fit(MODEL_FOREST_CLASSIFIER, rows);
	struct model m = model_of(f, MODEL_FOREST_CLASSIFIER, rows);
	double a[2], b[2], deviation[2];

	for (int k = 0; k < 4; k++) /* so the classes are numbered */
		rows_add(renamed, matrix_row(rows, 0), names[k], 1);
	for (int k = 0; k < 4; k++)
		renamed->label[k] = -1;
	for (size_t i = 0; i < rows->n_rows; i++)
		rows_add(renamed, matrix_row(rows, i), rows->class_names[rows->label[i]], 1);
	assert_int_equal(explain_permutation(&m, a, deviation, rows, 10, 1), 0);
	assert_int_equal(explain_permutation(&m, b, deviation, renamed, 10, 1), 0);
	assert_true(a[0] > 0.3 && fabs(a[0] - b[0]) < 0.05 && fabs(a[1] - b[1]) < 0.05);
	for (size_t i = 0; i < renamed->n_rows; i++)
		renamed->label[i] = -1;
	assert_int_equal(explain_permutation(&m, b, deviation, renamed, 10, 1), 0);
	assert_true(b[0] == 0 && b[1] == 0 && deviation[0] == 0);
	forest_free(f);
	matrix_free(rows);
	matrix_free(renamed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_anomaly_planted_in_one_feature_names_it_first),
		cmocka_unit_test(an_anomalys_credits_add_up_to_the_shorter_path),
		cmocka_unit_test(bias_and_a_classs_credits_add_up_to_the_answer),
		cmocka_unit_test(a_class_is_explained_by_the_column_that_decides),
		cmocka_unit_test(the_largest_credits_come_first),
		cmocka_unit_test(importance_falls_on_what_the_labels_depend_on),
		cmocka_unit_test(importance_knows_classes_by_name),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
