// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Numbers as text: exact where they can be, short, and read back as what they were. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"

#define ROUNDS 200000

static const char *text_of(struct buf *b)
{
	buf_char(b, '\0');
	assert_int_equal(b->error, 0);
	return b->data;
}

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void integers_of_every_length_are_written_as_printf_does(void **state)
{
	uint64_t x = 88172645463325252ULL, value;
	struct buf b = { 0 };
	char expected[32];
	int i;

	for (i = 0; i < ROUNDS; i++) {
		value = i == 0 ? UINT64_MAX : next(&x) >> i % 64;
		snprintf(expected, sizeof(expected), "%" PRIu64, value);
		b.length = 0;
		buf_u64(&b, value);
		assert_string_equal(text_of(&b), expected);
	}
	buf_clear(&b);
}

static void integers_grow_a_digit_where_they_should(void **state)
{
	struct buf b = { 0 };
	char expected[32];
	uint64_t power, value;

	for (power = 1; power; power = power <= UINT64_MAX / 10 ? power * 10 : 0)
		for (value = power - 1; value - power + 1 < 3; value++) {
			snprintf(expected, sizeof(expected), "%" PRIu64, value);
			b.length = 0;
			buf_u64(&b, value);
			assert_string_equal(text_of(&b), expected);
		}
	buf_clear(&b);
}

static void seconds_are_exact_to_the_nanosecond(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 1, "0.000000001" },
		{ 500000000, "0.5" },
		{ 15000000000, "15" },
		{ 1000000001, "1.000000001" },
		{ 1700000009999750000, "1700000009.99975" },
		{ UINT64_MAX, "18446744073.709551615" },
	};
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		b.length = 0;
		buf_seconds(&b, cases[i].ns);
		assert_string_equal(text_of(&b), cases[i].text);
	}
	buf_clear(&b);
}

static void reals_are_as_short_as_they_can_be(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ -1, "-1" },
		{ 0.5, "0.5" },
		{ 1.0 / 3, "0.333333333333333" },
		{ 2.0 / 3, "0.666666666666667" },
		{ 1e14, "100000000000000" },
		{ 999999999999999.5, "1000000000000000" },
		{ 123456.789, "123456.789" },
		{ 1.024e-6, "0.000001024" },
		{ 1e-7, "0.0000001" },
		{ 1e15, "1e+15" },
		{ 9.9e-8, "9.9e-08" },
		{ INFINITY, "inf" },
	};
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		b.length = 0;
		buf_real(&b, cases[i].value);
		assert_string_equal(text_of(&b), cases[i].text);
	}
	buf_clear(&b);
}

/* Every power of two in range, and random values between. */
static void reals_are_read_back_within_one_part_in_1e14(void **state)
{
	uint64_t x = 88172645463325252ULL;
	struct buf b = { 0 };
	double value, back;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		value = ldexp(i % 3 ? 1 + (double)(next(&x) >> 12) / (1ULL << 52) : 1, i % 72 - 23);
		b.length = 0;
		buf_real(&b, value);
		back = strtod(text_of(&b), NULL);
		assert_true(fabs(back - value) <= 1e-14 * value);
		assert_true(strchr(b.data, 'e') == NULL || value >= 1e15);
	}
	buf_clear(&b);
}

static void text_from_outside_shows_its_control_characters(void **state)
{
	struct buf b = { 0 };

	buf_escaped(&b, "a\x1b[31m\xc3\x9f\n");
	assert_string_equal(text_of(&b), "a\\x1b[31m\\xc3\\x9f\\x0a");
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_of_every_length_are_written_as_printf_does),
		cmocka_unit_test(integers_grow_a_digit_where_they_should),
		cmocka_unit_test(seconds_are_exact_to_the_nanosecond),
		cmocka_unit_test(reals_are_as_short_as_they_can_be),
		cmocka_unit_test(reals_are_read_back_within_one_part_in_1e14),
		cmocka_unit_test(text_from_outside_shows_its_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
