// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* StandardScaler: values of scikit-learn 1.2.1, columns that hardly vary, far from zero. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scaler.h"

static struct matrix wrap(double *values, size_t n_rows, size_t n_columns)
{
	return (struct matrix){ .n_rows = n_rows, .n_columns = n_columns, .values = values };
}

static void assert_near(double value, double expected)
{
	assert_true(fabs(value - expected) <= 4 * DBL_EPSILON * fabs(expected));
}

static void mean_and_deviation_are_those_of_the_population(void **state)
{
	double values[] = { 1, 10, 2, 10, 3, 40, 4, 20 }, mean[2], scale[2];
	struct matrix m = wrap(values, 4, 2);

	scaler_fit(mean, scale, &m);
	assert_near(mean[0], 2.5);
	assert_near(mean[1], 20);
	assert_near(scale[0], sqrt(1.25));
	assert_near(scale[1], sqrt(150));
	scaler_transform(&m, mean, scale);
	assert_near(values[0], -1.5 / sqrt(1.25));
	assert_near(values[7], 0);
}

/* The third column is 0.1 ten times and the fourth differs in its last bit: scale_ is 1 there. */
static void a_column_constant_but_for_rounding_is_not_blown_up(void **state)
{
	double values[40], mean[4], scale[4];
	struct matrix m = wrap(values, 10, 4);

	for (int i = 0; i < 10; i++) {
		values[4 * i] = 0;
		values[4 * i + 1] = i;
		values[4 * i + 2] = 0.1;
		values[4 * i + 3] = i ? 1e6 : nextafter(1e6, 0);
	}
	scaler_fit(mean, scale, &m);
	assert_true(scale[0] == 1 && scale[2] == 1 && scale[3] == 1);
	assert_near(scale[1], sqrt(8.25));
}

/* A one-pass sum of squares gives 0 or a negative variance here. */
static void a_large_offset_costs_no_precision(void **state)
{
	double values[1000], mean, scale;
	struct matrix m = wrap(values, 1000, 1);

	for (int i = 0; i < 1000; i++)
		values[i] = 1e9 + i % 2;
	scaler_fit(&mean, &scale, &m);
	assert_near(mean, 1e9 + 0.5);
	assert_near(scale, 0.5);
}

static void more_columns_than_a_block_are_all_fitted(void **state)
{
	double values[3 * 50], mean[50], scale[50];
	struct matrix m = wrap(values, 3, 50);

	for (int i = 0; i < 150; i++)
		values[i] = i / 50 * (1 + i % 50);
	scaler_fit(mean, scale, &m);
	for (int c = 0; c < 50; c++) {
		assert_near(mean[c], 1 + c);
		assert_near(scale[c], (1 + c) * sqrt(2 / 3.0));
	}
}

static void no_rows_scale_by_nothing(void **state)
{
	double mean[2], scale[2];
	struct matrix m = wrap(NULL, 0, 2);

	scaler_fit(mean, scale, &m);
	assert_true(mean[0] == 0 && mean[1] == 0 && scale[0] == 1 && scale[1] == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mean_and_deviation_are_those_of_the_population),
		cmocka_unit_test(a_column_constant_but_for_rounding_is_not_blown_up),
		cmocka_unit_test(a_large_offset_costs_no_precision),
		cmocka_unit_test(more_columns_than_a_block_are_all_fitted),
		cmocka_unit_test(no_rows_scale_by_nothing),
	};

	return cmocka_run_group_tests_name("scaler", tests, NULL, NULL);
}
