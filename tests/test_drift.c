// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The stability index on populations whose index is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "drift.h"

static struct matrix *uniform(double from, double to, size_t n)
{
	static const char *const names[] = { "even", "constant" };
	struct matrix *m = matrix_new(2, names);

	matrix_add_group(m, "g");
	for (size_t i = 0; i < n; i++) {
		double row[2] = { from + (to - from) * (i + 0.5) / n, 7 };

		assert_int_equal(matrix_add_row(m, row, NULL, 1, 0), 0);
	}
	return m;
}

static void the_same_traffic_has_not_drifted(void **state)
{
	struct matrix *then = uniform(0, 1, 1000), *now = uniform(0, 1, 700);
	struct drift *d = drift_new(then);
	double index[2];

	drift_measure(d, index, now);
	assert_true(fabs(index[0]) < 0.01);
	assert_true(fabs(index[1]) < 0.001);
	drift_free(d);
	matrix_free(then);
	matrix_free(now);
}

/* All in the upper half: five bins go from 0.1 to 0.2, five to (almost) nothing. */
static void half_the_range_gone_is_much(void **state)
{
	struct matrix *then = uniform(0, 1, 1000), *now = uniform(0.5, 1, 1000);
	struct drift *d = drift_new(then);
	double index[2], least = 0.5 / 1000;
	double known = 5 * (0.2 - 0.1) * log(2) + 5 * (least - 0.1) * log(least / 0.1);

	assert_int_equal(drift_measure(d, index, now), 0);
	assert_true(fabs(index[0] - known) < 0.02);
	assert_true(index[0] > DRIFT_MUCH);
	drift_free(d);
	matrix_free(then);
	matrix_free(now);
}

static void a_constant_that_moves_is_much(void **state)
{
	struct matrix *then = uniform(0, 1, 100), *now = uniform(0, 1, 100);
	struct drift *d = drift_new(then);
	double index[2];

	for (size_t i = 0; i < now->n_rows; i++)
		now->values[2 * i + 1] = 8;
	assert_int_equal(drift_measure(d, index, now), 1);
	assert_true(index[1] > DRIFT_MUCH);
	drift_free(d);
	matrix_free(then);
	matrix_free(now);
}

static void nothing_is_no_baseline(void **state)
{
	static const char *const names[] = { "a" };
	struct matrix *none = matrix_new(1, names);

	assert_null(drift_new(none));
	matrix_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_traffic_has_not_drifted),
		cmocka_unit_test(half_the_range_gone_is_much),
		cmocka_unit_test(a_constant_that_moves_is_much),
		cmocka_unit_test(nothing_is_no_baseline),
	};

	return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
