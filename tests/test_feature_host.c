// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Host windows: a port scan seen from both ends, windows in time, and sketches of what is distinct.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "feature_host.h"
#include "feature_sketch.h"

#define CASE(test) cmocka_unit_test(test)
#define SECOND     1000000000ULL

static struct host_window seen[4096];
static size_t n_seen;

static void note(void *arg, const struct host_window *w)
{
	assert_true(n_seen < 4096);
	seen[n_seen++] = *w;
}

static void address(uint8_t out[16], uint32_t n)
{
	memset(out, 0, 16);
	out[10] = out[11] = 0xff;
	out[13] = n >> 16;
	out[14] = n >> 8;
	out[15] = n;
}

/* A flow of a SYN without an answer. */
static void add(struct host_windows *w, uint32_t from, uint32_t to, uint16_t port, uint64_t second)
{
	double values[FEATURE_FIELDS] = { 0 };
	uint8_t src[16], dst[16];

	address(src, from);
	address(dst, to);
	values[feature_field("dst_port")] = port;
	values[feature_field("protocol")] = 6;
	values[feature_field("fwd_packets")] = 1;
	values[feature_field("fwd_bytes")] = 60;
	values[feature_field("fwd_syn")] = 1;
	assert_int_equal(host_windows_add(w, src, dst, second * SECOND, values), 0);
}

static double value(const struct host_window *w, const char *name)
{
	const struct feature *first = features, *f = features;

	while (first->block != FEATURE_HOST)
		first++;
	while (strcmp(f->name, name))
		f++;
	return w->feature[f - first];
}

static void a_scan_shows_at_its_source_and_at_its_victim(void **state)
{
	struct host_windows *w = host_windows_new(60 * SECOND, 100, note, NULL);
	uint16_t port;

	n_seen = 0;
	for (port = 1; port <= 200; port++)
		add(w, 1, 2, port, 30);
	host_windows_flush(w, UINT64_MAX);
	host_windows_free(w);
	assert_int_equal(n_seen, 2);
	assert_true(seen[0].is_source && !seen[1].is_source);
	assert_int_equal(seen[0].host[15], 1);
	assert_int_equal(seen[1].host[15], 2);
	assert_int_equal(seen[0].flows, 200);
	assert_true(fabs(value(&seen[0], "host_flows_log") - log1p(200)) < 1e-12);
	assert_true(fabs(expm1(value(&seen[0], "host_ports_log")) - 200) < 30);
	assert_true(fabs(expm1(value(&seen[0], "host_peers_log")) - 1) < 0.01);
	assert_true(value(&seen[0], "host_syn_share") == 1);
	assert_true(value(&seen[0], "host_no_reply_share") == 1);
	assert_true(fabs(value(&seen[0], "host_packets_out_log") - log1p(200)) < 1e-12);
	assert_true(value(&seen[0], "host_packets_in_log") == 0);
	assert_true(value(&seen[1], "host_packets_out_log") == 0);
	assert_true(fabs(value(&seen[1], "host_bytes_in_log") - log1p(12000)) < 1e-12);
	assert_true(fabs(value(&seen[0], "host_flow_bytes_mean") - log1p(60)) < 1e-12);
	assert_true(value(&seen[0], "host_flow_bytes_std") < 1e-6);
}

static void windows_end_when_their_time_is_over(void **state)
{
	struct host_windows *w = host_windows_new(60 * SECOND, 100, note, NULL);

	n_seen = 0;
	add(w, 1, 2, 80, 59);
	add(w, 1, 2, 80, 60);
	add(w, 1, 2, 80, 130);
	assert_int_equal(host_windows_count(w), 6);
	host_windows_flush(w, 59 * SECOND);
	assert_int_equal(n_seen, 0);
	host_windows_flush(w, 120 * SECOND);
	assert_int_equal(n_seen, 4);
	assert_true(seen[0].start_ns == 0);
	assert_true(seen[2].start_ns == 60 * SECOND);
	assert_int_equal(host_windows_count(w), 2);
	add(w, 1, 2, 80, 131); /* what is left can still be found */
	assert_int_equal(host_windows_count(w), 2);
	host_windows_flush(w, UINT64_MAX);
	assert_int_equal(n_seen, 6);
	assert_int_equal(seen[5].flows, 2);
	host_windows_free(w);
}

static void more_hosts_than_the_limit_are_told_early(void **state)
{
	struct host_windows *w = host_windows_new(60 * SECOND, 100, note, NULL);
	uint64_t flows = 0;
	uint32_t i;

	n_seen = 0;
	for (i = 0; i < 1500; i++) {
		add(w, 10 + i, 2, 80, 1);
		assert_true(host_windows_count(w) <= 101);
	}
	host_windows_flush(w, UINT64_MAX);
	for (i = 0; i < n_seen; i++)
		flows += seen[i].flows;
	assert_int_equal(flows, 3000);
	host_windows_free(w);
}

static void a_sketch_counts_within_its_error_and_merges(void **state)
{
	struct sketch a = { { 0 } }, b = { { 0 } }, both = { { 0 } };
	uint32_t i;

	assert_true(sketch_count(&a) == 0);
	for (i = 0; i < 100000; i++) {
		sketch_add(i % 2 ? &a : &b, &i, sizeof(i));
		sketch_add(&both, &i, sizeof(i));
		if (i == 9)
			assert_true(fabs(sketch_count(&both) - 10) < 1);
		if (i == 999)
			assert_true(fabs(sketch_count(&both) / 1000 - 1) < 0.2);
	}
	assert_true(fabs(sketch_count(&both) / 100000 - 1) < 0.2);
	sketch_merge(&a, &b);
	assert_memory_equal(&a, &both, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_scan_shows_at_its_source_and_at_its_victim),
		CASE(windows_end_when_their_time_is_over),
		CASE(more_hosts_than_the_limit_are_told_early),
		CASE(a_sketch_counts_within_its_error_and_merges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
