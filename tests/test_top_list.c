// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Filters, groups and order of weir top, compared with the plain way to do them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "top_flows.h"
#include "top_list.h"
#include "top_route.h"

static const struct books books;

/* n flows with bytes that are no order of their numbers, every fourth UDP, every fifth anomalous.
 */
static struct top_model *make_model(uint32_t n)
{
	const struct top_config config = { .live = true, .max_rows = n + 1, .seed = 42 };
	static const char *const names[] = { "web", "dns", "two words" };
	struct top_model *m = top_model_new(&config);
	struct made_flow f;
	uint32_t i;

	assert_non_null(m);
	for (i = 0; i < n; i++) {
		make_flow(&f, i, 1000 + i * 7919 % 1009, 2 + i % 3);
		f.record.key.protocol = i % 4 ? 6 : 17;
		judge_flow(&f, names[i % 3], i % 5 ? -0.5 : -0.75);
		top_model_look(m, &f.record);
	}
	end_interval(m, 2, 1000, &books);
	return m;
}

static uint64_t bytes_at(const struct top_list *l, const struct top_model *m, uint32_t i)
{
	const struct top_row *row = &m->rows[l->items[i].at];

	return row->bytes[0] + row->bytes[1];
}

static void a_page_anywhere_is_what_sorting_all_would_put_there(void **state)
{
	const struct top_query all = { .sort = TOP_BYTES };
	static const uint32_t starts[] = { 0, 1, 17, 500, 2960, 2999 };
	struct top_model *m = make_model(3000);
	struct top_list sorted = { 0 }, page = { 0 };
	uint32_t i, k;

	assert_int_equal(top_list_make(&sorted, m, &all), 0);
	top_list_order(&sorted, m, 0, 3000);
	for (i = 1; i < 3000; i++)
		assert_true(bytes_at(&sorted, m, i - 1) >= bytes_at(&sorted, m, i));
	for (k = 0; k < sizeof(starts) / sizeof(starts[0]); k++) {
		assert_int_equal(top_list_make(&page, m, &all), 0);
		top_list_order(&page, m, starts[k], 40);
		for (i = starts[k]; i < starts[k] + 40 && i < 3000; i++)
			assert_int_equal(page.items[i].at, sorted.items[i].at);
	}
	top_list_clear(&sorted);
	top_list_clear(&page);
	top_model_free(m);
}

static void every_column_sorts_and_turns(void **state)
{
	struct top_model *m = make_model(200);
	struct top_list up = { 0 }, down = { 0 };
	struct top_query q = { 0 };
	int column, group;

	for (group = 0; group < TOP_N_GROUPS; group++)
		for (column = 0; column < TOP_N_COLUMNS; column++) {
			if (!top_column_fits(column, group))
				continue;
			q = (struct top_query){ .group = group, .sort = column };
			assert_int_equal(top_list_make(&up, m, &q), 0);
			top_list_order(&up, m, 0, up.n);
			q.reverse = true;
			assert_int_equal(top_list_make(&down, m, &q), 0);
			top_list_order(&down, m, 0, down.n);
			assert_int_equal(up.n, down.n);
			assert_true(up.items[0].high == ~down.items[down.n - 1].high ||
			            !~up.items[0].high);
			assert_true(up.items[0].low == ~down.items[down.n - 1].low ||
			            !~up.items[0].low);
		}
	top_list_clear(&up);
	top_list_clear(&down);
	top_model_free(m);
}

static void what_has_no_score_is_last_both_ways(void **state)
{
	struct top_query q = { .sort = TOP_SCORE };
	struct top_model *m = make_model(10);
	struct top_list l = { 0 };
	int turn;

	m->rows[3].marks &= ~TOP_SCORED;
	for (turn = 0; turn < 2; turn++) {
		q.reverse = turn;
		assert_int_equal(top_list_make(&l, m, &q), 0);
		top_list_order(&l, m, 0, 10);
		assert_int_equal(l.items[9].at, 3);
	}
	top_list_clear(&l);
	top_model_free(m);
}

static void groups_sum_up_to_all(void **state)
{
	struct top_model *m = make_model(1000);
	struct top_query q = { .sort = TOP_FLOWS };
	uint64_t bytes, all = 0, flows, anomalies;
	struct top_list l = { 0 };
	int group, ends;
	uint32_t i;

	for (i = 0; i < m->n; i++)
		all += m->rows[i].bytes[0] + m->rows[i].bytes[1];
	for (group = TOP_BY_HOST; group < TOP_N_GROUPS; group++) {
		q.group = group;
		ends = group == TOP_BY_HOST ? 2 : 1;
		assert_int_equal(top_list_make(&l, m, &q), 0);
		for (bytes = flows = anomalies = i = 0; i < l.n_sums; i++) {
			bytes += l.sums[i].bytes;
			flows += l.sums[i].flows;
			anomalies += l.sums[i].anomalies;
		}
		assert_int_equal(bytes, ends * all);
		assert_int_equal(flows, ends * 1000);
		assert_int_equal(anomalies, ends * 200);
	}
	top_list_clear(&l);
	top_model_free(m);
}

static void groups_are_what_they_say(void **state)
{
	static const struct {
		enum top_group group;
		uint32_t sums, largest;
	} cases[] = {
		{ TOP_BY_HOST, 1007, 143 }, /* 1,000 clients, seven servers */
		{ TOP_BY_PORT, 2, 750 },    /* 443 of TCP and of UDP */
		{ TOP_BY_PROTOCOL, 2, 750 },
		{ TOP_BY_CLASS, 3, 334 },
	};
	struct top_model *m = make_model(1000);
	struct top_list l = { 0 };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct top_query q = { .group = cases[i].group, .sort = TOP_FLOWS };

		assert_int_equal(top_list_make(&l, m, &q), 0);
		top_list_order(&l, m, 0, 1);
		assert_int_equal(l.n_sums, cases[i].sums);
		assert_int_equal(l.sums[l.items[0].at].flows, cases[i].largest);
	}
	top_list_clear(&l);
	top_model_free(m);
}

static void filters_pass_what_they_say(void **state)
{
	static const struct {
		const char *text;
		uint32_t flows; /* of 1,000 */
	} cases[] = {
		{ "", 1000 },
		{ "   ", 1000 },
		{ "host 10.0.0.7", 1 },
		{ "host 10.0.0.0/24", 256 },
		{ "host 10.0.0.0/23 not host 10.0.1.0/24", 256 },
		{ "host 10.0.0.0/8", 1000 },
		{ "host 0.0.0.0/0", 1000 },
		{ "host ::/0", 0 },
		{ "host 192.0.2.3", 143 },
		{ "port 443", 1000 },
		{ "port 1030", 1 },
		{ "dport 1030", 0 },
		{ "proto udp", 250 },
		{ "PROTO 17", 250 },
		{ "not proto udp", 750 },
		{ "class web", 334 },
		{ "class \"Two Words\"", 333 },
		{ "anomalous", 200 },
		{ "anomalous proto udp", 50 },
		{ "not anomalous not proto udp", 600 },
		{ "10.0.0.7:1031", 1 },
		{ "192.0.2.3:443 TCP", 108 },
		{ "\"443 udp\"", 250 },
		{ "wEb", 334 },
		{ "\"anomalous\"", 0 }, /* in quotes it is text */
		{ "not web not dns", 333 },
		{ "\x1b[31m", 0 },
	};
	struct top_model *m = make_model(1000);
	struct top_list l = { 0 };
	struct top_filter f;
	char error[128];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct top_query q = { .sort = TOP_BYTES, .filter = &f };

		assert_int_equal(top_filter_parse(&f, cases[i].text, error, sizeof(error)), 0);
		assert_int_equal(top_list_make(&l, m, &q), 0);
		if (l.flows != cases[i].flows)
			fail_msg("%s: %u flows, not %u", cases[i].text, l.flows, cases[i].flows);
	}
	top_list_clear(&l);
	top_model_free(m);
}

static void wrong_filters_are_explained_and_change_nothing(void **state)
{
	static const char *const cases[][2] = {
		{ "host", "host: which? \"host\" in quotes looks for the word" },
		{ "host web", "host \"web\": no address, as 10.0.0.1 or 10.0.0.0/8" },
		{ "host 10.0.0.0/33",
		  "host \"10.0.0.0/33\": no address, as 10.0.0.1 or 10.0.0.0/8" },
		{ "host 10.0.0.0/", "host \"10.0.0.0/\": no address, as 10.0.0.1 or 10.0.0.0/8" },
		{ "port http", "port \"http\": no number up to 65535" },
		{ "port 65536", "port \"65536\": no number up to 65535" },
		{ "dport -1", "dport \"-1\": no number up to 65535" },
		{ "proto 256", "proto \"256\": no number up to 255" },
		{ "proto x", "proto \"x\": no such protocol; TCP, UDP, ICMP or a number" },
		{ "web not", "not: what?" },
		{ "1 2 3 4 5 6 7 8 9", "more than 8 conditions" },
	};
	struct top_filter f;
	char error[128];
	size_t i;

	assert_int_equal(top_filter_parse(&f, "port 1", error, sizeof(error)), 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_not_equal(top_filter_parse(&f, cases[i][0], error, sizeof(error)), 0);
		assert_string_equal(error, cases[i][1]);
		assert_int_equal(f.n, 1);
	}
}

static void the_default_route_is_found_in_the_kernel_s_tables(void **state)
{
	static const char head[] = "Iface Destination Gateway Flags RefCnt Use Metric Mask\n";
	static const char zeros[] = "00000000000000000000000000000000";
	char ipv4[512], ipv6[512], name[32];

	snprintf(ipv4, sizeof(ipv4),
	         "%seth1 000000A0 00000000 0001 0 0 0 000000FF 0 0 0\n"
	         "wlan0 00000000 0101A8C0 0003 0 0 600 00000000 0 0 0\n"
	         "eth0 00000000 0101A8C0 0003 0 0 100 00000000 0 0 0\n",
	         head);
	snprintf(ipv6, sizeof(ipv6),
	         "%s 00 %s 00 %s ffffffff 1 0 00200200 lo\n%s 00 %s 00 %s 400 1 0 00000003 eth6\n",
	         zeros, zeros, zeros, zeros, zeros, zeros);
	assert_int_equal(top_route_find(ipv4, ipv6, name, sizeof(name)), 0);
	assert_string_equal(name, "eth0");
	assert_int_equal(top_route_find(head, ipv6, name, sizeof(name)), 0);
	assert_string_equal(name, "eth6");
	assert_int_not_equal(top_route_find(head, "", name, sizeof(name)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_anywhere_is_what_sorting_all_would_put_there),
		cmocka_unit_test(every_column_sorts_and_turns),
		cmocka_unit_test(what_has_no_score_is_last_both_ways),
		cmocka_unit_test(groups_sum_up_to_all),
		cmocka_unit_test(groups_are_what_they_say),
		cmocka_unit_test(filters_pass_what_they_say),
		cmocka_unit_test(wrong_filters_are_explained_and_change_nothing),
		cmocka_unit_test(the_default_route_is_found_in_the_kernel_s_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
