// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sums of verdicts: types by their number, the worst first, hosts beside flows; as text and JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judged.h"

#define CASE(test) cmocka_unit_test(test)

static const struct flow_side fwd = { .packets = 3, .bytes = 300 };
static const struct flow_side rev = { .packets = 2, .bytes = 200 };
static struct judged j; /* large */

static void put_address(__u8 to[16], uint8_t last)
{
	to[10] = to[11] = 0xff;
	to[12] = 10;
	to[15] = last;
}

/* A flow of 10.0.0.LAST with this verdict; score 0: none was asked for. */
static void add(uint8_t last, const char *class_name, double score, bool is_anomaly,
                const char *why)
{
	struct verdict v = { .has_class = class_name != NULL,
		             .class_name = class_name,
		             .has_score = score < 0,
		             .anomaly_score = score,
		             .is_anomaly = is_anomaly };
	struct flow_record r = { .fwd = &fwd, .rev = &rev, .verdict = &v };

	snprintf(v.why, sizeof(v.why), "%s", why);
	put_address(r.key.src, last);
	put_address(r.key.dst, 200);
	r.key.ip_version = 4;
	r.key.protocol = 6;
	r.key.src_port = 40000;
	r.key.dst_port = 443;
	judged_add(&j, &r);
}

static void add_host(uint8_t last, bool is_source, double score, bool is_anomaly)
{
	struct judged_host h = { .ip_version = 4,
		                 .is_source = is_source,
		                 .start_ns = 60000000000ULL,
		                 .flows = 1234,
		                 .verdict = { .has_score = true,
		                              .anomaly_score = score,
		                              .is_anomaly = is_anomaly,
		                              .why = "host_flows 1234 (usual 2..9)" } };

	put_address(h.host, last);
	judged_add_host(&j, &h);
}

static void begin(uint32_t most)
{
	judged_reset(&j, most);
	j.has_flows = true;
	j.has_hosts = false;
}

static void assert_text(void (*make)(const struct judged *, struct buf *), const char *wanted)
{
	struct buf b = { 0 };

	make(&j, &b);
	buf_char(&b, '\0');
	assert_int_equal(b.error, 0);
	assert_string_equal(b.data, wanted);
	buf_clear(&b);
}

static void types_are_told_by_their_number(void **state)
{
	begin(10);
	add(1, "dns", 0, false, "");
	add(2, "web", 0, false, "");
	add(3, "web", 0, false, "");
	assert_text(judged_print, "Judged: 3 flows: web 2, dns 1\n");
	assert_text(
	        judged_put_json,
	        "{\"total_flows\":3,\"anomaly_flows\":0,\"traffic_types\":{\"web\":2,\"dns\":1},"
	        "\"anomalies\":[]}");
}

static void the_worst_come_first_and_the_others_are_counted(void **state)
{
	begin(2);
	add(1, NULL, -0.61, true, "");
	add(2, NULL, -0.75, true, "bytes 9 (usual 1..2)");
	add(3, NULL, -0.40, false, "");
	add(4, NULL, -0.70, true, "");
	add(5, NULL, -0.65, true, "");
	assert_text(judged_print,
	            "Judged: 5 flows, 4 anomalous\n"
	            "  -0.750  TCP 10.0.0.2 > 10.0.0.200 port 443, 5 packets, 500 B; "
	            "bytes 9 (usual 1..2)\n"
	            "  -0.700  TCP 10.0.0.4 > 10.0.0.200 port 443, 5 packets, 500 B\n");
}

static void with_no_room_anomalies_are_still_counted(void **state)
{
	begin(0);
	add(1, NULL, -0.75, true, "");
	assert_int_equal(j.anomalies, 1);
	assert_int_equal(j.n_top, 0);
	add_host(1, true, -0.7, true);
	assert_int_equal(j.host_anomalies, 1);
	assert_int_equal(j.n_top_hosts, 0);
}

static void names_from_a_model_cannot_draw_on_a_terminal_or_break_json(void **state)
{
	begin(10);
	add(1, "a\x1b[2J\"b", -0.7, true, "");
	assert_text(judged_print, "Judged: 1 flows, 1 anomalous: a\\x1b[2J\"b 1\n"
	                          "  -0.700  TCP 10.0.0.1 > 10.0.0.200 port 443, 5 packets, 500 B, "
	                          "a\\x1b[2J\"b\n");
	assert_text(judged_put_json,
	            "{\"total_flows\":1,\"anomaly_flows\":1,\"traffic_types\":{"
	            "\"a\\u001b[2J\\\"b\":1},\"anomalies\":[{\"anomaly_score\":-0.7,"
	            "\"src_ip\":\"10.0.0.1\",\"dst_ip\":\"10.0.0.200\",\"src_port\":40000,"
	            "\"dst_port\":443,\"protocol\":6,\"packets\":5,\"bytes\":500,"
	            "\"class\":\"a\\u001b[2J\\\"b\",\"anomaly_reasons\":\"\"}]}");
}

static void a_name_outlives_the_model_that_gave_it(void **state)
{
	char name[] = "web";

	begin(10);
	add(1, name, -0.7, true, "");
	memset(name, 'x', 3);
	assert_string_equal(j.classes[0].name, "web");
	assert_string_equal(j.top[0].class_name, "web");
	assert_null(j.top[0].verdict.class_name);
}

static void too_many_types_are_others(void **state)
{
	char name[16];
	int i;

	begin(10);
	for (i = 0; i < JUDGED_CLASSES + 6; i++) {
		snprintf(name, sizeof(name), "class %d", i);
		add(1, name, 0, false, "");
	}
	assert_int_equal(j.n_classes, JUDGED_CLASSES);
	assert_int_equal(j.classes[JUDGED_CLASSES].flows, 6);
	assert_int_equal(j.flows, JUDGED_CLASSES + 6);
	j.classes[JUDGED_CLASSES].flows = 1000; /* they may well be the most */
	struct buf b = { 0 };

	judged_print(&j, &b);
	assert_memory_equal(b.data, "Judged: 70 flows: (others) 1,000, class 0 1", 43);
	buf_clear(&b);
}

static void hosts_are_told_beside_flows_where_a_model_judges_them(void **state)
{
	begin(10);
	j.has_hosts = true;
	add_host(7, true, -0.62, true);
	add_host(8, false, -0.71, true);
	add_host(9, false, -0.40, false);
	assert_text(judged_print, "Judged: 0 flows\n"
	                          "Hosts: 3 windows, 2 unusual\n"
	                          "  -0.710  host 10.0.0.8 as destination, 1,234 flows; "
	                          "host_flows 1234 (usual 2..9)\n"
	                          "  -0.620  host 10.0.0.7 as source, 1,234 flows; "
	                          "host_flows 1234 (usual 2..9)\n");
	j.has_flows = false;
	j.n_top_hosts = 1;
	assert_text(judged_print, "Hosts: 3 windows, 2 unusual\n"
	                          "  -0.710  host 10.0.0.8 as destination, 1,234 flows; "
	                          "host_flows 1234 (usual 2..9)\n");
	assert_text(judged_put_json,
	            "{\"total_flows\":0,\"anomaly_flows\":0,\"traffic_types\":{},\"anomalies\":[],"
	            "\"host_windows\":3,\"host_anomalies\":2,\"hosts\":[{\"anomaly_score\":-0.71,"
	            "\"host\":\"10.0.0.8\",\"role\":\"destination\",\"window_start\":60,"
	            "\"flows\":1234,\"anomaly_reasons\":\"host_flows 1234 (usual 2..9)\"}]}");
}

static void of_many_hosts_the_worst_are_kept_in_order(void **state)
{
	int i;

	begin(5);
	for (i = 0; i < 100; i++)
		add_host((uint8_t)i, true, -0.5 - (i * 37 % 100) / 1000.0, true);
	assert_int_equal(j.host_anomalies, 100);
	assert_int_equal(j.n_top_hosts, 5);
	for (i = 0; i < 5; i++)
		assert_true(j.top_host[i].verdict.anomaly_score == -0.5 - (99 - i) / 1000.0);
}

static void a_reset_forgets_all_but_what_is_loaded(void **state)
{
	begin(10);
	j.has_hosts = true;
	add(1, "web", -0.7, true, "");
	add_host(1, true, -0.7, true);
	judged_reset(&j, 10);
	assert_text(judged_print, "Judged: 0 flows\nHosts: 0 windows, 0 unusual\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(types_are_told_by_their_number),
		CASE(the_worst_come_first_and_the_others_are_counted),
		CASE(with_no_room_anomalies_are_still_counted),
		CASE(names_from_a_model_cannot_draw_on_a_terminal_or_break_json),
		CASE(a_name_outlives_the_model_that_gave_it),
		CASE(too_many_types_are_others),
		CASE(hosts_are_told_beside_flows_where_a_model_judges_them),
		CASE(of_many_hosts_the_worst_are_kept_in_order),
		CASE(a_reset_forgets_all_but_what_is_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
