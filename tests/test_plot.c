// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Summing up flows for pictures: bins of time, sums by name, picked flows, words for gnuplot. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plot_bins.h"
#include "plot_pick.h"
#include "plot_text.h"
#include "plot_top.h"
#include "rng.h"

#define S 1000000000ULL

static struct plot_bins bins;

static void assert_sums(uint64_t bytes, uint64_t packets)
{
	struct plot_bin sum = { 0 };
	size_t i;

	for (i = 0; i < PLOT_BINS; i++) {
		if (i >= bins.used) {
			assert_int_equal(bins.bin[i].bytes | bins.bin[i].packets, 0);
			continue;
		}
		sum.bytes += bins.bin[i].bytes;
		sum.packets += bins.bin[i].packets;
	}
	assert_int_equal(sum.bytes, bytes);
	assert_int_equal(sum.packets, packets);
}

static void a_flow_is_spread_evenly_over_its_duration(void **state)
{
	size_t i;

	plot_bins_init(&bins);
	plot_bins_add(&bins, 6000 * S, 4080 * S, 4080, 408);
	plot_bins_coarsen(&bins, 100);
	assert_int_equal(plot_bins_width(&bins), 60 * S);
	assert_int_equal(bins.first * plot_bins_width(&bins), 6000 * S);
	for (i = 0; i < 68; i++) {
		assert_int_equal(bins.bin[i].bytes, 60);
		assert_int_equal(bins.bin[i].packets, 6);
	}
	assert_sums(4080, 408);
}

static void whatever_the_flows_the_bins_add_up_to_them(void **state)
{
	uint64_t bytes = 0, packets = 0, start, length, n;
	struct rng rng;
	int i;

	rng_seed(&rng, 7, 0);
	plot_bins_init(&bins);
	for (i = 0; i < 20000; i++) {
		/* now and then far away, before as well as behind */
		start = 5000000 * S + rng_below(&rng, i % 1000 == 500 ? 4000000 * S : 600 * S) -
		        (i % 3000 == 2500 ? 3000000 * S : 0);
		length = rng_below(&rng, 2) ? rng_below(&rng, 90 * S) : rng_below(&rng, 5);
		n = 1 + rng_below(&rng, 1 << 20);
		plot_bins_add(&bins, start, length, n, n / 100 + 1);
		bytes += n;
		packets += n / 100 + 1;
	}
	assert_sums(bytes, packets);
	plot_bins_coarsen(&bins, 400);
	assert_in_range(bins.used, 40, 400);
	assert_sums(bytes, packets);
}

static void the_longest_times_have_their_bins(void **state)
{
	plot_bins_init(&bins);
	plot_bins_add(&bins, 0, 0, 1, 1);
	plot_bins_add(&bins, 9000000000ULL * S, 9000000000ULL * S, 1000, 10);
	assert_sums(1001, 11);
	plot_bins_coarsen(&bins, 3);
	assert_in_range(bins.used, 1, 3);
	assert_sums(1001, 11);
}

static void bins_are_of_round_widths(void **state)
{
	static const struct {
		uint64_t length, width;
	} cases[] = {
		{ S / 1000, 5000 },           { S, 5000000 },       { 10 * S, 50000000 },
		{ 60 * S, 200000000 },        { 3600 * S, 10 * S }, { 86400 * S, 300 * S },
		{ 30 * 86400 * S, 7200 * S },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plot_bins_init(&bins);
		plot_bins_add(&bins, 1700000000 * S, cases[i].length, 1000000, 1000);
		plot_bins_coarsen(&bins, 400);
		assert_int_equal(plot_bins_width(&bins), cases[i].width);
		assert_sums(1000000, 1000);
	}
}

static struct flows_text text(const char *words)
{
	return (struct flows_text){ words, strlen(words) };
}

static void sums_by_name_are_exact_while_all_names_are_kept(void **state)
{
	struct plot_top *t = plot_top_new(4);
	struct plot_top_entry top[8];

	plot_top_add(t, text("b"), 5, true);
	plot_top_add(t, text("a"), 3, false);
	plot_top_add(t, text("b"), 2, false);
	plot_top_add(t, text(""), 7, false);
	plot_top_add(t, text("bb"), 1, false);
	assert_int_equal(plot_top_list(t, top, 8), 4);
	assert_string_equal(top[0].name, ""); /* as heavy as b, and before it by name */
	assert_string_equal(top[1].name, "b");
	assert_int_equal(top[1].weight, 7);
	assert_int_equal(top[1].first, 5);
	assert_int_equal(top[1].flows, 2);
	assert_string_equal(top[2].name, "a");
	assert_string_equal(top[3].name, "bb");
	plot_top_add(t, text("a"), 100, false); /* after the list was asked for, as before */
	assert_int_equal(plot_top_list(t, top, 1), 1);
	assert_string_equal(top[0].name, "a");
	assert_int_equal(top[0].weight, 103);
	assert_int_equal(plot_top_error(t), 0);
	plot_top_free(t);
}

static void with_too_many_names_sums_are_too_low_by_no_more_than_is_told(void **state)
{
	static uint64_t sums[5000];
	struct plot_top *t = plot_top_new(64);
	struct plot_top_entry top[64];
	uint64_t total = 0;
	struct rng rng;
	char name[16];
	size_t i, n, number;

	rng_seed(&rng, 3, 0);
	for (i = 0; i < 200000; i++) {
		number = (size_t)(5000 * pow(rng_real(&rng), 6));
		n = 1 + rng_below(&rng, 1000);
		snprintf(name, sizeof(name), "%zu", number);
		plot_top_add(t, text(name), n, false);
		sums[number] += n;
		total += n;
	}
	n = plot_top_list(t, top, 64);
	assert_int_equal(n, 64);
	assert_in_range(plot_top_error(t), 1, total / 64);
	for (i = 0; i < n; i++) {
		number = (size_t)atoi(top[i].name);
		assert_true(top[i].weight <= sums[number]);
		assert_true(top[i].weight + plot_top_error(t) >= sums[number]);
	}
	assert_string_equal(top[0].name, "0");
	plot_top_free(t);
}

static void long_names_are_cut_between_characters(void **state)
{
	struct plot_top *t = plot_top_new(4);
	struct plot_top_entry top[4];
	char name[80];
	int i;

	name[0] = 'x';
	for (i = 1; i < 79; i += 2)
		memcpy(name + i, "\xc3\xa9", 2);
	plot_top_add(t, (struct flows_text){ name, 79 }, 1, false);
	name[78] = 'y'; /* behind what counts */
	plot_top_add(t, (struct flows_text){ name, 79 }, 1, false);
	assert_int_equal(plot_top_list(t, top, 4), 1);
	assert_int_equal(strlen(top[0].name), 63);
	assert_memory_equal(top[0].name, name, 63);
	plot_top_free(t);
}

static void the_highest_ranks_are_picked_and_the_rest_comes_back(void **state)
{
	struct plot_flow flow = { 0 }, out;
	struct plot_pick pick = { 0 };
	bool seen[100] = { 0 };
	size_t i, gone = 0;

	assert_int_equal(plot_pick_init(&pick, 10), 0);
	for (i = 0; i < 100; i++) {
		flow.row = i * 37 % 100;
		flow.rank = (double)flow.row;
		if (plot_pick_wants(&pick, flow.rank)) {
			if (!plot_pick_add(&pick, &flow, &out))
				continue;
		} else {
			out = flow;
		}
		assert_false(seen[out.row]);
		seen[out.row] = true;
		gone++;
	}
	assert_int_equal(gone, 90);
	plot_pick_sort(&pick);
	for (i = 0; i < 10; i++)
		assert_int_equal(pick.flow[i].row, 99 - i);
	plot_pick_clear(&pick);
}

static void a_sample_is_even(void **state)
{
	unsigned int found[10] = { 0 };
	struct plot_sample s;
	struct plot_flow *place;
	size_t i;

	assert_int_equal(plot_sample_init(&s, 2000), 0);
	for (i = 0; i < 100000; i++) {
		place = plot_sample_place(&s);
		if (place)
			place->row = i;
	}
	assert_int_equal(s.used, 2000);
	for (i = 0; i < 2000; i++)
		found[s.flow[i].row / 10000]++;
	for (i = 0; i < 10; i++) /* 200 expected, 5 deviations of 13.4 */
		assert_in_range(found[i], 133, 267);
	plot_sample_clear(&s);
}

static void names_become_strings_in_which_gnuplot_looks_for_nothing(void **state)
{
	static const struct {
		const char *name, *quoted, *tick;
	} cases[] = {
		{ "plain", "'plain'", "'plain'" },
		{ "", "''", "''" },
		{ "it's", "'it''s'", "'it''s'" },
		{ "'; x", "' ''; x'", "' ''; x'" },
		{ "50%s", "'50%s'", "'50%%s'" },
		{ "`x` $(x) @x", "'`x` $(x) @x'", "'`x` $(x) @x'" },
		{ "a\nEND\n\x1b[m\x7f", "'a?END??[m?'", "'a?END??[m?'" },
		{ "\xc3\xa9\xff", "'\xc3\xa9?'", "'\xc3\xa9?'" },
		{ "\xc2\x85x", "'??x'", "'??x'" },
		{ "\xe2\x80\xaex", "'???x'", "'???x'" },
		{ "\xe2\x82 ", "'?? '", "'?? '" },
		{ "0123456789abcdef", "'0123456789ab...'", "'0123456789ab...'" },
	};
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		b.length = 0;
		plot_text_quote(&b, cases[i].name, 12);
		buf_char(&b, '\0');
		assert_string_equal(b.data, cases[i].quoted);
		b.length = 0;
		plot_text_tick(&b, cases[i].name, 12);
		buf_char(&b, '\0');
		assert_string_equal(b.data, cases[i].tick);
	}
	buf_clear(&b);
}

static void scales_go_by_decades_where_values_span_more_than_two(void **state)
{
	struct plot_scale s = plot_scale_fit(10, 900, true);

	assert_false(s.logarithmic);
	assert_true(s.high > 900);
	s = plot_scale_fit(20, 30000, true);
	assert_true(s.logarithmic);
	assert_float_equal(s.zero, 1, 1e-9);
	assert_true(s.low < s.zero && s.high >= 100000);
	assert_float_equal(plot_scale_place(&s, 0), s.zero, 1e-9);
	assert_float_equal(plot_scale_place(&s, 55), 55, 1e-9);
	s = plot_scale_fit(20, 30000, false);
	assert_float_equal(s.low, 10, 1e-9);
	s = plot_scale_fit(0, 0, true);
	assert_false(s.logarithmic);
	assert_true(s.high > 0);
}

static void ticks_are_in_the_units_of_weir(void **state)
{
	struct plot_scale s = plot_scale_fit(0.4, 2.5e6, true);
	struct buf b = { 0 };

	plot_text_axis(&b, "x", &s, "B/s", 4);
	buf_char(&b, '\0');
	assert_non_null(strstr(b.data, "set logscale x 10\n"));
	assert_non_null(strstr(b.data, "('0 B/s' 0.01, '0.1 B/s' 0.1"));
	assert_non_null(strstr(b.data, "'100 kB/s' 100000"));
	b.length = 0;
	s = plot_scale_fit(0, 2.3e6, true);
	plot_text_axis(&b, "y", &s, "B/s", 6);
	buf_char(&b, '\0');
	assert_non_null(strstr(b.data, "'500 kB/s' 500000, '1 MB/s' 1000000, '1.5 MB/s' 1500000"));
	buf_clear(&b);
}

static void times_are_told_in_utc(void **state)
{
	char label[96], range[96];
	struct buf b = { 0 };

	plot_text_times(&b, 1730118600 * S, 300, label, sizeof(label));
	buf_char(&b, '\0');
	assert_string_equal(label, "time (UTC), 2024-10-28");
	assert_string_equal(b.data, "set xrange [0:300]\nset xtics ('12:30' 0, '12:31' 60, '12:32' "
	                            "120, '12:33' 180, '12:34' 240, '12:35' 300)\n");
	b.length = 0;
	plot_text_times(&b, 1730118600 * S + 250000000, 0.01, label, sizeof(label));
	buf_char(&b, '\0');
	assert_string_equal(label, "time since 2024-10-28 12:30:00.250 UTC");
	assert_non_null(strstr(b.data, "('0' 0, '2 ms' 0.002, '4 ms' 0.004"));
	plot_text_range(1730118600 * S, 1730118661 * S, range, sizeof(range));
	assert_string_equal(range, "2024-10-28 12:30:00 to 12:31:01 UTC");
	plot_text_range(1730118600 * S, 1730205000 * S, range, sizeof(range));
	assert_string_equal(range, "2024-10-28 12:30:00 to 2024-10-29 12:30:00 UTC");
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flow_is_spread_evenly_over_its_duration),
		cmocka_unit_test(whatever_the_flows_the_bins_add_up_to_them),
		cmocka_unit_test(the_longest_times_have_their_bins),
		cmocka_unit_test(bins_are_of_round_widths),
		cmocka_unit_test(sums_by_name_are_exact_while_all_names_are_kept),
		cmocka_unit_test(with_too_many_names_sums_are_too_low_by_no_more_than_is_told),
		cmocka_unit_test(long_names_are_cut_between_characters),
		cmocka_unit_test(the_highest_ranks_are_picked_and_the_rest_comes_back),
		cmocka_unit_test(a_sample_is_even),
		cmocka_unit_test(names_become_strings_in_which_gnuplot_looks_for_nothing),
		cmocka_unit_test(scales_go_by_decades_where_values_span_more_than_two),
		cmocka_unit_test(ticks_are_in_the_units_of_weir),
		cmocka_unit_test(times_are_told_in_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
