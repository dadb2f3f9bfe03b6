// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Features: sets and their hash, values from records, and what never may get in. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "feature.h"
#include "field.h"

#define CASE(test) cmocka_unit_test(test)

static struct flow_side fwd, rev;

/* A flow of SYN, three data packets of 100, 0 and 300 bytes, and two answers. */
static struct flow_record example(void)
{
	static const uint32_t sizes[] = { 0, 100, 0, 300 }, answers[] = { 0, 1400 };
	struct flow_partial part[2];
	struct flow_packet k;
	size_t i;

	memset(&k, 0, sizeof(k));
	k.key.protocol = 6;
	k.segments = 1;
	k.ttl = 64;
	k.tcp_window = 512;
	for (i = 0; i < 4; i++) {
		k.time_ns = 1000000000 + i * 1000000;
		k.payload = sizes[i];
		k.length = 54 + sizes[i];
		k.tcp_flags = i ? FLOW_ACK : FLOW_SYN;
		i ? flow_add(&part[0], &k) : flow_start(&part[0], &k);
	}
	for (i = 0; i < 2; i++) {
		k.time_ns = 1000500000 + i * 1000000;
		k.payload = answers[i];
		k.length = 54 + answers[i];
		k.tcp_flags = FLOW_ACK;
		i ? flow_add(&part[1], &k) : flow_start(&part[1], &k);
	}
	side_read(&fwd, &part[0]);
	side_read(&rev, &part[1]);
	return (struct flow_record){
		.key = { .protocol = 6, .src_port = 40000, .dst_port = 443, .ip_version = 4 },
		.fwd = &fwd,
		.rev = &rev,
		.start_ns = 1000000000,
		.end_ns = 1003000000,
	};
}

static double value_of(const struct flow_record *r, const char *name)
{
	struct feature_set set;
	char error[256];
	double x;

	assert_int_equal(feature_set_parse(&set, name, error, sizeof(error)), 0);
	assert_int_equal(set.n, 1);
	feature_from_record(&set, &x, r);
	return x;
}

static void the_schema_is_sound(void **state)
{
	size_t i, k, n_host = 0;

	assert_true(n_fields <= FEATURE_FIELDS);
	assert_true(n_features <= FEATURE_MAX);
	for (i = 0; i < n_features; i++) {
		n_host += features[i].block == FEATURE_HOST;
		assert_true(!features[i].a || feature_field(features[i].a) >= 0);
		assert_true(!features[i].b || feature_field(features[i].b) >= 0);
		for (k = 0; k < i; k++)
			assert_string_not_equal(features[i].name, features[k].name);
	}
	assert_int_equal(n_host, 23);
	assert_string_equal(fields[feature_field("fwd_first_1") + 7].name, "fwd_first_8");
}

/* A model that knew these would know the network it was trained on. */
static void no_feature_is_made_of_what_names_a_network(void **state)
{
	static const char *const forbidden[] = { "src_ip",     "dst_ip",   "src_port", "ttl",
		                                 "start_time", "end_time", "seq",      "vlan",
		                                 "interface",  "direction" };
	size_t i, k;

	for (i = 0; i < n_features; i++)
		for (k = 0; k < sizeof(forbidden) / sizeof(forbidden[0]); k++) {
			assert_true(!features[i].a || !strstr(features[i].a, forbidden[k]));
			assert_true(!features[i].b || !strstr(features[i].b, forbidden[k]));
		}
}

static void a_set_is_a_list_of_blocks_and_names(void **state)
{
	static const struct {
		const char *list;
		size_t n;
		const char *first;
	} cases[] = {
		{ "flow", 76, "is_tcp" },
		{ "ports", 2, "dst_port" },
		{ "first8", 24, "fwd_first_1" },
		{ "guide6", 6, "duration" },
		{ "guide3", 3, "bytes_per_second" },
		{ "host", 23, "host_is_source" },
		{ "dst_port,flow", 77, "dst_port" },
		{ "guide3,guide6", 6, "bytes_per_second" },
		{ "is_udp,is_udp,is_tcp", 2, "is_udp" },
	};
	struct feature_set set;
	char error[256];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(feature_set_parse(&set, cases[i].list, error, sizeof(error)), 0);
		assert_int_equal(set.n, cases[i].n);
		assert_string_equal(set.feature[0]->name, cases[i].first);
	}
}

static void a_set_that_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *list, *message;
	} cases[] = {
		{ "flow,src_ip", "'src_ip' is no feature; there are the blocks flow, ports, "
		                 "first8, guide6, guide3 "
		                 "and host, and what 'weir fields --features' lists" },
		{ "", "'' is no feature; there are the blocks flow, ports, first8, guide6, guide3 "
		      "and host, and what 'weir fields --features' lists" },
		{ "flow,host",
		  "features of hosts and of flows cannot be in one model; choose host, "
		  "or others" },
	};
	struct feature_set set;
	char error[256];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(feature_set_parse(&set, cases[i].list, error, sizeof(error)) < 0);
		assert_string_equal(error, cases[i].message);
	}
}

static void the_names_of_a_model_are_taken_in_their_order_or_refused(void **state)
{
	const char *names[] = { "dst_port", "is_tcp", "fwd_first_3" };
	struct feature_set set, parsed;
	char error[256];

	assert_int_equal(feature_set_from_names(&set, names, 3, error, sizeof(error)), 0);
	assert_string_equal(set.feature[2]->name, "fwd_first_3");
	feature_set_parse(&parsed, "dst_port,is_tcp,fwd_first_3", error, sizeof(error));
	assert_true(feature_set_hash(&set) == feature_set_hash(&parsed));
	feature_set_parse(&parsed, "is_tcp,dst_port,fwd_first_3", error, sizeof(error));
	assert_true(feature_set_hash(&set) != feature_set_hash(&parsed));
	names[1] = "dst_port";
	assert_true(feature_set_from_names(&set, names, 3, error, sizeof(error)) < 0);
	assert_string_equal(error, "its feature 2, 'dst_port', is there twice");
	names[1] = "cookies";
	assert_true(feature_set_from_names(&set, names, 3, error, sizeof(error)) < 0);
	assert_string_equal(error, "its feature 2, 'cookies', is unknown to this weir");
}

static void values_are_those_of_the_record(void **state)
{
	struct flow_record r = example();
	static const struct {
		const char *name;
		double value;
	} cases[] = {
		{ "is_tcp", 1 },
		{ "is_udp", 0 },
		{ "dst_port", 443 },
		{ "duration", 0.003 },
		{ "packets", 6 },
		{ "fwd_packets_share", 4 / 6.0 },
		{ "fwd_payload_share", 400 / 1800.0 },
		{ "fwd_data_packets_share", 2 / 3.0 },
		{ "fwd_payload_0_share", 0.5 },
		{ "fwd_payload_128_share", 0.25 },
		{ "fwd_payload_max", 300 },
		{ "rev_payload_more_share", 0.5 },
		{ "fwd_first_2", 100 },
		{ "fwd_first_3", 0 },
		{ "fwd_first_5", -1 },
		{ "rev_first_2", 1400 },
		{ "fwd_data_1", 100 },
		{ "fwd_data_2", 300 },
		{ "fwd_data_3", -1 },
		{ "rev_data_1", 1400 },
		{ "fwd_window_first", 512 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (fabs(value_of(&r, cases[i].name) - cases[i].value) > 1e-12)
			fail_msg("%s: %.17g, not %.17g", cases[i].name, value_of(&r, cases[i].name),
			         cases[i].value);
	assert_true(fabs(value_of(&r, "duration_log") - log1p(3000)) < 1e-12);
	assert_true(fabs(value_of(&r, "fwd_data_packets_log") - log1p(2)) < 1e-12);
	assert_true(fabs(value_of(&r, "packets_ratio_log") - log(5 / 3.0)) < 1e-12);
	assert_true(fabs(value_of(&r, "payload_ratio_log") - log(401 / 1401.0)) < 1e-12);
	assert_true(fabs(value_of(&r, "data_packets_ratio_log") - log(3 / 2.0)) < 1e-12);
	assert_true(fabs(value_of(&r, "payload_max_ratio_log") - log(301 / 1401.0)) < 1e-12);
	assert_true(fabs(value_of(&r, "fwd_syn_log") - log1p(1)) < 1e-12);
}

static void a_flow_of_nothing_has_a_finite_vector(void **state)
{
	static const struct flow_side nothing;
	struct flow_record r = { .fwd = &nothing, .rev = &nothing };
	double out[FEATURE_MAX], values[FEATURE_FIELDS];
	struct feature_set set;
	size_t i;

	assert_int_equal(feature_set_parse(&set, "flow,ports,first8,guide6", NULL, 0), 0);
	feature_from_record(&set, out, &r);
	for (i = 0; i < set.n; i++)
		assert_true(isfinite(out[i]));
	for (i = 0; i < FEATURE_FIELDS; i++)
		values[i] = i % 3 ? NAN : INFINITY;
	feature_vector(&set, out, values);
	for (i = 0; i < set.n; i++)
		assert_true(isfinite(out[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_schema_is_sound),
		CASE(no_feature_is_made_of_what_names_a_network),
		CASE(a_set_is_a_list_of_blocks_and_names),
		CASE(a_set_that_makes_no_sense_is_refused),
		CASE(the_names_of_a_model_are_taken_in_their_order_or_refused),
		CASE(values_are_those_of_the_record),
		CASE(a_flow_of_nothing_has_a_finite_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
