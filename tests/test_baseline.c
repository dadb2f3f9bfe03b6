// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The baseline: rates by protocol and hour, their quantiles, the sample of flows, and the model. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "baseline.h"
#include "rng.h"

#define CASE(test) cmocka_unit_test(test)
#define SECOND     1000000000ULL
#define HOUR       (3600 * SECOND)

static struct baseline *start(uint32_t sample)
{
	struct baseline *b = baseline_new(sample, 1);

	assert_non_null(b);
	return b;
}

/* What moved in an interval, all of it in one new flow of this protocol. */
static void move(struct baseline *b, uint8_t protocol, uint64_t packets, uint64_t bytes)
{
	static const struct flow_side none;
	struct flow_record r = { .key.protocol = protocol,
		                 .fwd = &none,
		                 .rev = &none,
		                 .moved_packets = { packets, 0 },
		                 .moved_bytes = { bytes / 2, bytes - bytes / 2 },
		                 .is_new = true };

	baseline_add(b, &r);
}

static int leave(struct baseline *b, uint64_t packets, uint64_t bytes)
{
	struct flow_side fwd = { .packets = packets, .bytes = bytes }, rev = { 0 };
	struct flow_record r = { .key.protocol = 17,
		                 .fwd = &fwd,
		                 .rev = &rev,
		                 .start_ns = SECOND,
		                 .end_ns = 3 * SECOND };

	return baseline_sample(b, &r);
}

static void assert_near(double got, double wanted)
{
	if (fabs(got - wanted) > 1e-9 * (1 + fabs(wanted)))
		fail_msg("got %.12g, wanted %.12g", got, wanted);
}

static void rates_are_a_second_and_by_protocol(void **state)
{
	struct baseline *b = start(10);
	struct baseline_rate rate;
	double mean, deviation;

	move(b, 6, 10, 1000);
	move(b, 17, 2, 200);
	move(b, 47, 1, 50);
	assert_int_equal(baseline_tick(b, 5 * SECOND, 0), 0);
	assert_false(baseline_rate(b, BASELINE_ALL, BASELINE_BYTES, &rate)); /* of one interval */
	assert_int_equal(baseline_tick(b, 10 * SECOND, 5 * SECOND), 0);      /* nothing moved */
	assert_true(baseline_rate(b, BASELINE_ALL, BASELINE_BYTES, &rate));
	assert_near(rate.mean, 125); /* of 250 and 0 */
	assert_near(rate.deviation, 250 / sqrt(2));
	assert_true(baseline_rate(b, BASELINE_TCP, BASELINE_PACKETS, &rate));
	assert_near(rate.mean, 1);
	assert_true(baseline_rate(b, BASELINE_OTHER, BASELINE_FLOWS, &rate));
	assert_near(rate.mean, 0.1);
	assert_true(baseline_by_name(b, "udp.bytes_per_second", -1, &mean, &deviation));
	assert_near(mean, 20);
	assert_true(baseline_by_name(b, "icmp.flows_per_second", -1, &mean, &deviation));
	assert_near(mean, 0);
	assert_false(baseline_by_name(b, "tcp.answers_per_second", -1, &mean, &deviation));
	assert_int_equal(baseline_intervals(b), 2);
	baseline_free(b);
}

static void quantiles_are_between_neighbours_as_numpy_has_them(void **state)
{
	struct baseline *b = start(10);
	struct baseline_rate rate;
	int i;

	for (i = 100; i >= 0; i--) { /* 0 .. 100, in no order that matters */
		move(b, 1, i, 0);
		assert_int_equal(baseline_tick(b, SECOND, 0), 0);
	}
	assert_true(baseline_rate(b, BASELINE_ICMP, BASELINE_PACKETS, &rate));
	assert_near(rate.low, 5);
	assert_near(rate.median, 50);
	assert_near(rate.high, 95);
	assert_near(rate.mean, 50);
	assert_near(rate.deviation, 29.300170647967224);
	baseline_free(b);
}

static void an_interval_without_length_tells_nothing(void **state)
{
	struct baseline *b = start(10);

	move(b, 6, 10, 1000);
	assert_int_equal(baseline_tick(b, 0, 0), 0);
	assert_int_equal(baseline_intervals(b), 0);
	baseline_free(b);
}

static void an_hour_speaks_for_itself_after_two_days(void **state)
{
	struct baseline *b = start(10);
	double mean, deviation;
	uint64_t now;
	int day, i;

	for (day = 0; day < 2; day++)
		for (i = 0; i < 4; i++) {
			now = (24 * day + (i < 2 ? 3 : 14)) * HOUR + i * SECOND;
			move(b, 6, i < 2 ? 10 : 1000, 0);
			assert_int_equal(baseline_tick(b, SECOND, now), 0);
			if (day)
				continue;
			assert_true(!i || baseline_by_name(b, "packets_per_second", 3, &mean,
			                                   &deviation));
			assert_true(!i || i < 2 || mean > 10); /* of all hours, as yet */
		}
	assert_true(baseline_by_name(b, "packets_per_second", 3, &mean, &deviation));
	assert_near(mean, 10);
	assert_near(deviation, 0);
	assert_true(baseline_by_name(b, "tcp.packets_per_second", 14, &mean, &deviation));
	assert_near(mean, 1000);
	assert_true(baseline_by_name(b, "packets_per_second", 5, &mean, &deviation));
	assert_near(mean, 505); /* no day has told of that hour */
	assert_true(baseline_by_name(b, "packets_per_second", -1, &mean, &deviation));
	assert_near(mean, 505);
	baseline_free(b);
}

static void beyond_its_limit_the_sample_is_an_even_one(void **state)
{
	struct baseline *b = start(1000);
	const struct matrix *rows = baseline_rows(b);
	size_t column = 0, i, late = 0;

	while (strcmp(rows->column_names[column], "fwd_packets_log"))
		column++;
	for (i = 0; i < 10000; i++)
		assert_int_equal(leave(b, i < 5000 ? 1 : 1000, 60), 0);
	assert_int_equal(rows->n_rows, 1000);
	assert_int_equal(baseline_flows(b), 10000);
	for (i = 0; i < rows->n_rows; i++)
		late += matrix_row(rows, i)[column] > 5;
	assert_in_range(late, 430, 570); /* of 500; 4.4 standard deviations */
	baseline_free(b);
}

static void flows_are_summed_up_as_the_guide_does(void **state)
{
	struct baseline *b = start(10);
	struct buf text = { 0 };

	leave(b, 4, 400); /* in two seconds */
	leave(b, 8, 1200);
	baseline_print(b, &text);
	buf_char(&text, '\0');
	assert_string_equal(text.data, "Baseline: 0 intervals, 2 flows\n"
	                               "  avg_bytes_per_second 400, std 282.843; "
	                               "avg_packets_per_second 3, std 1.41421 (of flows)\n");
	buf_clear(&text);
	baseline_free(b);
}

static void the_same_flows_give_the_same_json(void **state)
{
	struct baseline *b = start(10);
	static const char begins[] =
	        "{\"made_by\":\"weir monitor --baseline\",\"flows\":0,\"intervals\":2,\"rates\":{"
	        "\"bytes_per_second\":[300,0,300,300,300],\"packets_per_second\":[2,0,2,2,2],"
	        "\"flows_per_second\":[0.5,0,0.5,0.5,0.5],\"tcp.bytes_per_second\":[0,0,0,0,0],";
	struct buf text = { 0 };
	int i;

	for (i = 0; i < 2; i++) {
		move(b, 17, 4, 600);
		baseline_tick(b, 2 * SECOND, 0);
	}
	baseline_put_json(b, &text);
	buf_char(&text, '\0');
	assert_int_equal(strncmp(text.data, begins, strlen(begins)), 0);
	assert_string_equal(text.data + strlen(text.data) - 3, "]}}");
	buf_clear(&text);
	baseline_free(b);
}

static void a_model_of_the_sample_alarms_as_seldom_as_asked(void **state)
{
	struct baseline *b = start(4000), *other = start(1000);
	struct rng dice;
	struct model *m;
	char error[256];
	int i;

	rng_seed(&dice, 1, 0);
	for (i = 0; i < 4000; i++)
		leave(b, 1 + rng_below(&dice, 20), 60 + rng_below(&dice, 9000));
	for (i = 0; i < 200; i++)
		leave(other, 1000000, 1 << 30);
	m = baseline_train(b, 0.2, error, sizeof(error));
	assert_non_null(m);
	assert_int_equal(m->kind, MODEL_ANOMALY);
	assert_non_null(strstr(m->about, "\"made_by\":\"weir monitor --baseline\",\"flows\":4000"));
	assert_true(fabs(baseline_alarms(b, m) - 0.2) < 0.05);
	assert_true(baseline_alarms(other, m) == 1);
	model_close(m);
	baseline_free(b);
	baseline_free(other);
}

static void too_few_flows_are_refused(void **state)
{
	struct baseline *b = start(10);
	char error[256];

	leave(b, 1, 60);
	assert_null(baseline_train(b, 0.01, error, sizeof(error)));
	assert_string_equal(error, "1 flows are too few");
	baseline_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(rates_are_a_second_and_by_protocol),
		CASE(quantiles_are_between_neighbours_as_numpy_has_them),
		CASE(an_interval_without_length_tells_nothing),
		CASE(an_hour_speaks_for_itself_after_two_days),
		CASE(beyond_its_limit_the_sample_is_an_even_one),
		CASE(flows_are_summed_up_as_the_guide_does),
		CASE(the_same_flows_give_the_same_json),
		CASE(a_model_of_the_sample_alarms_as_seldom_as_asked),
		CASE(too_few_flows_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
