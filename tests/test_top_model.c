// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The rows of weir top: when they come, what they count, when they leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "top_flows.h"

static const struct books books;

static struct top_model *live(uint32_t max_rows)
{
	const struct top_config config = {
		.live = true,
		.idle_ns = 15 * SECOND,
		.max_rows = max_rows,
		.seed = 42,
	};
	struct top_model *m = top_model_new(&config);

	assert_non_null(m);
	return m;
}

static uint64_t bytes_of(const struct top_model *m, const struct flow_key *key)
{
	int64_t at = top_model_find(m, key);

	return at < 0 ? 0 : m->rows[at].bytes[0] + m->rows[at].bytes[1];
}

static void a_flow_is_one_row_however_often_it_is_looked_at(void **state)
{
	struct top_model *m = live(10);
	struct made_flow f;

	top_model_look(m, make_flow(&f, 1, 1000, 2));
	end_interval(m, 2, 1000, &books);
	top_model_look(m, make_flow(&f, 1, 3000, 4));
	f.record.moved_bytes[0] = 2000;
	end_interval(m, 4, 2000, &books);
	assert_int_equal(m->n, 1);
	assert_int_equal(bytes_of(m, &f.record.key), 3000);
	assert_true(m->rows[0].start_ns == NOON + SECOND);
	top_model_free(m);
}

static void a_rate_is_what_moved_in_the_last_interval(void **state)
{
	struct top_model *m = live(10);
	struct made_flow f;

	top_model_look(m, make_flow(&f, 1, 1000, 2));
	end_interval(m, 2, 1000, &books);
	assert_true(top_row_bytes_rate(m, &m->rows[0]) == 500);
	assert_true(top_row_packets_rate(m, &m->rows[0]) == 2);
	end_interval(m, 4, 0, &books);
	assert_true(top_row_bytes_rate(m, &m->rows[0]) == 0);
	top_model_free(m);
}

static void a_flow_whose_initiator_is_learned_late_stays_one_row(void **state)
{
	struct top_model *m = live(10);
	struct made_flow f;
	struct flow_key turned;

	top_model_look(m, make_flow(&f, 1, 1000, 2));
	turned = f.record.key;
	memcpy(turned.src, f.record.key.dst, 16);
	memcpy(turned.dst, f.record.key.src, 16);
	turned.src_port = f.record.key.dst_port;
	turned.dst_port = f.record.key.src_port;
	f.record.key = turned;
	top_model_look(m, &f.record);
	assert_int_equal(m->n, 1);
	assert_int_equal(m->rows[0].key.src_port, 443);
	top_model_free(m);
}

static void uniflows_of_both_ways_are_two_rows(void **state)
{
	struct top_model *m = live(10);
	struct made_flow f;
	struct flow_key key;

	m->config.uniflow = true;
	top_model_look(m, make_flow(&f, 1, 1000, 2));
	key = f.record.key;
	memcpy(f.record.key.src, key.dst, 16);
	memcpy(f.record.key.dst, key.src, 16);
	f.record.key.src_port = key.dst_port;
	f.record.key.dst_port = key.src_port;
	top_model_look(m, &f.record);
	assert_int_equal(m->n, 2);
	top_model_free(m);
}

static void an_active_timeout_does_not_set_the_counts_back(void **state)
{
	struct top_model *m = live(10);
	struct made_flow f;

	top_model_look(m, make_flow(&f, 1, 1000, 2));
	make_flow(&f, 1, 1200, 3);
	f.record.end = RECORD_ACTIVE;
	top_model_record(m, &f.record);
	assert_int_equal(bytes_of(m, &f.record.key), 1200);
	top_model_look(m, make_flow(&f, 1, 400, 4));
	assert_int_equal(m->n, 1);
	assert_int_equal(bytes_of(m, &f.record.key), 1600);
	assert_int_equal(m->rows[0].packets[0], 6);
	top_model_free(m);
}

static void what_ended_is_shown_for_one_interval(void **state)
{
	struct top_model *m = live(10);
	struct made_flow f;

	make_flow(&f, 1, 1000, 2);
	f.record.end = RECORD_END_OF_FLOW;
	top_model_record(m, &f.record);
	end_interval(m, 2, 1000, &books);
	assert_int_equal(m->n, 1);
	assert_true(m->rows[0].marks & TOP_ENDED);
	assert_true(top_row_bytes_rate(m, &m->rows[0]) == 500);
	end_interval(m, 4, 0, &books);
	assert_int_equal(m->n, 0);
	top_model_free(m);
}

static void an_idle_flow_vanishes_with_its_record(void **state)
{
	struct top_model *m = live(10);
	struct made_flow f;

	top_model_look(m, make_flow(&f, 1, 1000, 2));
	end_interval(m, 2, 1000, &books);
	f.record.end = RECORD_IDLE;
	memset(f.record.moved_packets, 0, sizeof(f.record.moved_packets));
	top_model_record(m, &f.record);
	assert_int_equal(m->n, 0);
	top_model_free(m);
}

static void a_cut_flow_that_never_speaks_again_vanishes_too(void **state)
{
	struct top_model *m = live(10);
	struct made_flow f;

	make_flow(&f, 1, 1000, 2);
	f.record.end = RECORD_ACTIVE;
	top_model_record(m, &f.record);
	end_interval(m, 2, 1000, &books);
	end_interval(m, 20, 0, &books);
	assert_int_equal(m->n, 1);
	end_interval(m, 22, 0, &books);
	assert_int_equal(m->n, 0);
	top_model_free(m);
}

static void a_key_used_again_at_once_is_a_new_flow(void **state)
{
	struct top_model *m = live(10);
	struct made_flow f;

	make_flow(&f, 1, 1000, 2);
	f.record.end = RECORD_END_OF_FLOW;
	top_model_record(m, &f.record);
	top_model_look(m, make_flow(&f, 1, 600, 2));
	end_interval(m, 2, 1600, &books);
	assert_int_equal(m->n, 1);
	assert_int_equal(bytes_of(m, &f.record.key), 600);
	assert_false(m->rows[0].marks & TOP_ENDED);
	assert_true(top_row_bytes_rate(m, &m->rows[0]) == 800); /* both moved */
	top_model_free(m);
}

static void a_full_model_keeps_what_moved_most_and_counts_the_rest(void **state)
{
	struct top_model *m = live(100);
	struct made_flow f;
	uint32_t i;

	for (i = 0; i < 150; i++)
		top_model_look(m, make_flow(&f, i, 1000 + i, 2));
	assert_in_range(m->n, 50, 100);
	assert_int_equal(m->n + m->left_out, 150);
	make_flow(&f, 149, 0, 2);
	assert_int_equal(bytes_of(m, &f.record.key), 1149);
	make_flow(&f, 0, 0, 2);
	assert_int_equal(bytes_of(m, &f.record.key), 0);
	top_model_free(m);
}

static void rows_are_found_again_after_many_have_left(void **state)
{
	struct top_model *m = live(5000);
	struct made_flow f;
	uint32_t i;

	for (i = 0; i < 3000; i++)
		top_model_look(m, make_flow(&f, i, 1000 + i, 2));
	for (i = 0; i < 3000; i += 3) {
		make_flow(&f, i, 1000 + i, 2);
		f.record.end = RECORD_IDLE;
		memset(f.record.moved_packets, 0, sizeof(f.record.moved_packets));
		top_model_record(m, &f.record);
	}
	assert_int_equal(m->n, 2000);
	for (i = 0; i < 3000; i++) {
		make_flow(&f, i, 0, 2);
		assert_int_equal(bytes_of(m, &f.record.key), i % 3 ? 1000 + i : 0);
	}
	top_model_free(m);
}

static void a_copy_stays_while_the_model_goes_on(void **state)
{
	struct top_model *m = live(10), *copy;
	struct made_flow f;

	top_model_look(m, make_flow(&f, 1, 1000, 2));
	end_interval(m, 2, 1000, &books);
	copy = top_model_copy(m);
	assert_non_null(copy);
	top_model_look(m, make_flow(&f, 1, 5000, 4));
	top_model_look(m, make_flow(&f, 2, 5000, 4));
	make_flow(&f, 1, 0, 0);
	assert_int_equal(bytes_of(copy, &f.record.key), 1000);
	assert_int_equal(copy->n, 1);
	assert_int_equal(bytes_of(m, &f.record.key), 5000);
	top_model_free(copy);
	top_model_free(m);
}

static void a_verdict_is_kept_with_its_reasons(void **state)
{
	struct top_model *m = live(10);
	struct flow_record r;
	struct made_flow f;
	struct verdict v;
	char name[] = "web";

	make_flow(&f, 1, 1000, 2);
	judge_flow(&f, name, -0.8);
	top_model_look(m, &f.record);
	name[0] = 'x'; /* models come and go */
	r = top_row_record(m, &m->rows[0], &m->sides[0], &v);
	assert_string_equal(r.verdict->class_name, "web");
	assert_string_equal(r.verdict->why, "fwd_syn 900 (usual 1..2)");
	assert_true(m->rows[0].marks & TOP_ANOMALY);
	make_flow(&f, 1, 1100, 3);
	judge_flow(&f, "dns", -0.4);
	top_model_look(m, &f.record);
	assert_false(m->rows[0].marks & TOP_ANOMALY);
	assert_string_equal(m->sides[0].why, "");
	assert_string_equal(m->class_name[m->rows[0].class], "dns");
	top_model_free(m);
}

static void records_of_files_are_a_row_each_and_make_the_history(void **state)
{
	const struct top_config config = { .max_rows = 10, .seed = 1 };
	struct top_model *m = top_model_new(&config);
	double sum = 0;
	struct made_flow f;
	int i;

	assert_non_null(m);
	top_model_record(m, make_flow(&f, 1, 1000, 2));
	top_model_record(m, make_flow(&f, 1, 3000, 11));
	end_interval(m, 11, 0, &books);
	assert_int_equal(m->n, 2);
	for (i = 0; i < TOP_HISTORY; i++)
		sum += m->history[i] * m->history_ns / 1e9;
	assert_in_range(sum, 3999, 4001);
	assert_true(top_row_bytes_rate(m, &m->rows[0]) == 1000);
	top_model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flow_is_one_row_however_often_it_is_looked_at),
		cmocka_unit_test(a_rate_is_what_moved_in_the_last_interval),
		cmocka_unit_test(a_flow_whose_initiator_is_learned_late_stays_one_row),
		cmocka_unit_test(uniflows_of_both_ways_are_two_rows),
		cmocka_unit_test(an_active_timeout_does_not_set_the_counts_back),
		cmocka_unit_test(what_ended_is_shown_for_one_interval),
		cmocka_unit_test(an_idle_flow_vanishes_with_its_record),
		cmocka_unit_test(a_cut_flow_that_never_speaks_again_vanishes_too),
		cmocka_unit_test(a_key_used_again_at_once_is_a_new_flow),
		cmocka_unit_test(a_full_model_keeps_what_moved_most_and_counts_the_rest),
		cmocka_unit_test(rows_are_found_again_after_many_have_left),
		cmocka_unit_test(a_copy_stays_while_the_model_goes_on),
		cmocka_unit_test(a_verdict_is_kept_with_its_reasons),
		cmocka_unit_test(records_of_files_are_a_row_each_and_make_the_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
