// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Random numbers: known answers of the algorithms, fairness, streams that have nothing in common.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rng.h"

static void the_sequence_is_that_of_xoshiro256_star_star(void **state)
{
	static const uint64_t known[] = { 11520, 0, 1509978240, 1215971899390074240 };
	struct rng r = { { 1, 2, 3, 4 } };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		assert_true(rng_next(&r) == known[i]);
}

static void a_seed_and_stream_always_give_the_same_numbers(void **state)
{
	struct rng a, b;

	rng_seed(&a, 42, 7);
	rng_seed(&b, 42, 7);
	for (int i = 0; i < 100; i++)
		assert_true(rng_next(&a) == rng_next(&b));
	rng_seed(&a, 42, 7);
	assert_true(rng_next(&a) == 0x4150452ab869a892);
}

static void streams_and_seeds_share_no_number(void **state)
{
	uint64_t seen[64 * 64];
	size_t n = 0;

	for (uint64_t seed = 0; seed < 8; seed++)
		for (uint64_t stream = 0; stream < 8; stream++) {
			struct rng r;

			rng_seed(&r, seed, stream);
			for (int i = 0; i < 64; i++)
				seen[n++] = rng_next(&r);
		}
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			assert_true(seen[i] != seen[k]);
}

static void every_number_below_n_is_as_likely(void **state)
{
	static const uint64_t limits[] = { 1, 2, 3, 10, 1000 };

	for (size_t l = 0; l < sizeof(limits) / sizeof(*limits); l++) {
		uint64_t n = limits[l], draws = 1000 * n, count[1000] = { 0 };
		double off = 0;
		struct rng r;

		rng_seed(&r, 1, l);
		for (uint64_t i = 0; i < draws; i++) {
			uint64_t x = rng_below(&r, n);

			assert_true(x < n);
			count[x]++;
		}
		for (uint64_t i = 0; i < n; i++)
			off += (count[i] - 1000.0) * (count[i] - 1000.0) / 1000;
		assert_true(off < n + 50); /* chi square of n - 1 degrees */
	}
}

/* Of 3/4 of 2^64 a plain multiplication would hit the first third twice as often. */
static void a_huge_n_is_fair_too(void **state)
{
	uint64_t n = UINT64_C(3) << 62, low = 0;
	struct rng r;

	rng_seed(&r, 3, 0);
	for (int i = 0; i < 30000; i++) {
		uint64_t x = rng_below(&r, n);

		assert_true(x < n);
		low += x < n / 3;
	}
	assert_in_range(low, 9700, 10300);
}

static void reals_fill_the_unit_interval(void **state)
{
	double sum = 0, square = 0, least = 1, most = 0;
	struct rng r;

	rng_seed(&r, 5, 0);
	for (int i = 0; i < 100000; i++) {
		double x = rng_real(&r);

		assert_true(x >= 0 && x < 1);
		sum += x;
		square += x * x;
		least = x < least ? x : least;
		most = x > most ? x : most;
	}
	assert_true(sum / 100000 > 0.495 && sum / 100000 < 0.505);
	assert_true(square / 100000 > 0.328 && square / 100000 < 0.338);
	assert_true(least < 0.0002 && most > 0.9998);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sequence_is_that_of_xoshiro256_star_star),
		cmocka_unit_test(a_seed_and_stream_always_give_the_same_numbers),
		cmocka_unit_test(streams_and_seeds_share_no_number),
		cmocka_unit_test(every_number_below_n_is_as_likely),
		cmocka_unit_test(a_huge_n_is_fair_too),
		cmocka_unit_test(reals_fill_the_unit_interval),
	};

	return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
