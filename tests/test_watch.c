// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Between the table and the outputs: order, sums of flows that were cut, models that come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fit_anomaly.h"
#include "rng.h"
#include "watch.h"

#define CASE(test) cmocka_unit_test(test)
#define SECOND     1000000000ULL
#define SEEN_MAX   2000

static char folder[] = "/tmp/weir-test-XXXXXX", flows_path[64], hosts_path[64], broken_path[64];

static struct seen {
	uint64_t packets, bytes;
	enum record_end end;
	bool is_judged;
	double score;
} seen[SEEN_MAX];
static size_t n_seen, n_hosts;

static void pass(void *arg, const struct flow_record *r)
{
	assert_true(n_seen < SEEN_MAX);
	seen[n_seen++] = (struct seen){ .packets = (uint64_t)r->fwd->packets + r->rev->packets,
		                        .bytes = r->fwd->bytes + r->rev->bytes,
		                        .end = r->end,
		                        .is_judged = r->verdict != NULL,
		                        .score = r->verdict ? r->verdict->anomaly_score : 0 };
}

static void host(void *arg, const struct judged_host *h)
{
	assert_true(h->verdict.is_anomaly);
	n_hosts++;
}

static const struct watch_config config = {
	.interval_ns = 5 * SECOND,
	.idle_ns = 15 * SECOND,
	.active_ns = 60 * SECOND,
	.top = 10,
	.pass = pass,
	.host = host,
};

static void save(const char *block, const char *path)
{
	struct fit_anomaly fit = { .false_positive_rate = 0.05, .n_jobs = 1 };
	const char *names[FEATURE_MAX];
	double row[FEATURE_MAX];
	struct feature_set set;
	struct model *model;
	struct matrix *m;
	struct rng dice;
	char error[256];
	size_t i, k;

	assert_int_equal(feature_set_parse(&set, block, error, sizeof(error)), 0);
	for (i = 0; i < set.n; i++)
		names[i] = set.feature[i]->name;
	m = matrix_new(set.n, names);
	matrix_add_group(m, "normal");
	rng_seed(&dice, 1, 0);
	for (i = 0; i < 500; i++) {
		for (k = 0; k < set.n; k++)
			row[k] = 10 * rng_real(&dice);
		assert_int_equal(matrix_add_row(m, row, NULL, 1, 0), 0);
	}
	model = fit_anomaly(&fit, m, error, sizeof(error));
	assert_non_null(model);
	assert_int_equal(model_save(model, path, error, sizeof(error)), 0);
	model_close(model);
	matrix_free(m);
}

static int make_models(void **state)
{
	FILE *file;

	assert_non_null(mkdtemp(folder));
	snprintf(flows_path, sizeof(flows_path), "%s/flows", folder);
	snprintf(hosts_path, sizeof(hosts_path), "%s/hosts", folder);
	snprintf(broken_path, sizeof(broken_path), "%s/broken", folder);
	save("flow", flows_path);
	save("host", hosts_path);
	file = fopen(broken_path, "w");
	assert_non_null(file);
	fputs("no model", file);
	fclose(file);
	return 0;
}

static int remove_models(void **state)
{
	unlink(flows_path);
	unlink(hosts_path);
	unlink(broken_path);
	return rmdir(folder);
}

static struct watch *start(const char *one, const char *other)
{
	struct watch_options options = { 0 };
	struct watch *w;
	char error[512] = "";

	if (one)
		options.anomaly.item[options.anomaly.count++] = one;
	if (other)
		options.anomaly.item[options.anomaly.count++] = other;
	w = watch_open(&options, &config, error, sizeof(error));
	assert_string_equal(w ? "" : error, "");
	assert_non_null(w);
	n_seen = n_hosts = 0;
	return w;
}

/* Flow number n, whose packets have moved since the last look. */
static struct flow_record flow(struct flow_side sides[2], uint64_t n, enum record_end end,
                               uint64_t moved)
{
	static const struct flow_side empty;
	struct flow_record r = { .fwd = &sides[0],
		                 .rev = &sides[1],
		                 .start_ns = SECOND,
		                 .end_ns = (2 + n) * SECOND,
		                 .moved_packets = { moved, 0 },
		                 .moved_bytes = { 60 * moved, 0 },
		                 .end = end };

	sides[0] = sides[1] = empty;
	sides[0].packets = n;
	sides[0].bytes = 60 * n;
	r.key.src[15] = 1;
	r.key.dst[15] = 2;
	r.key.protocol = 17;
	return r;
}

static void record(struct watch *w, uint64_t n, enum record_end end, uint64_t moved)
{
	struct flow_side sides[2];
	struct flow_record r = flow(sides, n, end, moved);

	watch_record(w, &r);
	memset(sides, 0xff, sizeof(sides)); /* they are the table's no longer */
}

static void batches_keep_the_order_and_lose_nothing(void **state)
{
	struct watch *w = start(flows_path, NULL);
	uint64_t i;

	for (i = 1; i <= 1000; i++)
		record(w, i, RECORD_IDLE, i);
	assert_true(n_seen > 0 && n_seen < 1000); /* some are still held */
	watch_settle(w);
	assert_int_equal(n_seen, 1000);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(seen[i].packets, i + 1);
		assert_int_equal(seen[i].bytes, 60 * (i + 1));
		assert_true(seen[i].is_judged);
	}
	watch_settle(w);
	assert_int_equal(n_seen, 1000);
	assert_int_equal(watch_total(w)->flows, 1000);
	assert_int_equal(watch_total(w)->scored, 1000);
	watch_close(w);
}

static void a_verdict_does_not_depend_on_the_batch(void **state)
{
	struct watch *w = start(flows_path, NULL);
	uint64_t i;

	for (i = 1; i <= 300; i++)
		record(w, i, RECORD_IDLE, i);
	watch_settle(w);
	for (i = 1; i <= 300; i += 23) {
		record(w, i, RECORD_IDLE, i);
		watch_settle(w);
		assert_true(seen[n_seen - 1].score == seen[i - 1].score);
	}
	assert_true(seen[0].score < 0);
	watch_close(w);
}

static void looks_and_records_come_in_the_order_in_which_they_were_made(void **state)
{
	struct watch *w = start(flows_path, NULL);
	struct flow_side sides[2];
	struct flow_record r = flow(sides, 7, RECORD_LIVE, 7);

	record(w, 1, RECORD_IDLE, 1);
	watch_record(w, &r);
	record(w, 2, RECORD_END_OF_FLOW, 2);
	watch_settle(w);
	assert_int_equal(n_seen, 3);
	assert_int_equal(seen[0].packets, 1);
	assert_int_equal(seen[1].packets, 7);
	assert_int_equal(seen[1].end, RECORD_LIVE);
	assert_int_equal(seen[2].packets, 2);
	watch_close(w);
}

/* The table lends a record and its sides for the length of a call. */
static void a_look_is_judged_as_it_was_whatever_becomes_of_its_memory(void **state)
{
	struct watch *w = start(flows_path, NULL);
	struct flow_side sides[2];
	struct flow_record r = flow(sides, 7, RECORD_LIVE, 7);
	double score;

	watch_record(w, &r);
	watch_settle(w);
	score = seen[0].score;
	watch_record(w, &r);
	r = flow(sides, 1000, RECORD_LIVE, 1000);
	watch_record(w, &r);
	memset(sides, 0xff, sizeof(sides));
	watch_settle(w);
	assert_int_equal(n_seen, 3);
	assert_int_equal(seen[1].packets, 7);
	assert_true(seen[1].score == score);
	assert_int_equal(seen[2].packets, 1000);
	watch_close(w);
}

static void a_flow_that_was_cut_counts_once_in_its_interval(void **state)
{
	struct watch *w = start(flows_path, NULL);
	struct flow_side sides[2];
	struct flow_record r;

	record(w, 5, RECORD_ACTIVE, 5); /* cut, ... */
	r = flow(sides, 3, RECORD_LIVE, 8);
	watch_record(w, &r); /* ... and looked at with what moved, before the cut too */
	watch_settle(w);
	assert_int_equal(watch_interval(w)->flows, 1);
	assert_int_equal(watch_total(w)->flows, 1);
	watch_end_interval(w, 5 * SECOND, 5 * SECOND, NULL);
	assert_int_equal(watch_interval(w)->flows, 0);
	record(w, 3, RECORD_IDLE, 0); /* leaves without having moved since */
	watch_settle(w);
	assert_int_equal(watch_interval(w)->flows, 0);
	assert_int_equal(watch_total(w)->flows, 2);
	watch_close(w);
}

static void a_look_at_a_flow_that_is_empty_after_its_cut_is_no_flow(void **state)
{
	struct watch *w = start(flows_path, NULL);
	struct flow_side sides[2];
	struct flow_record r = flow(sides, 0, RECORD_LIVE, 8);

	watch_record(w, &r);
	watch_settle(w);
	assert_int_equal(n_seen, 1); /* for the rules, which ask what moved */
	assert_int_equal(watch_interval(w)->flows, 0);
	watch_close(w);
}

static void without_a_model_there_is_no_verdict_and_no_sum(void **state)
{
	struct watch *w = start(NULL, NULL);

	record(w, 1, RECORD_IDLE, 1);
	watch_settle(w);
	assert_int_equal(n_seen, 1);
	assert_false(seen[0].is_judged);
	assert_null(watch_interval(w));
	assert_null(watch_total(w));
	assert_null(watch_total(NULL));
	assert_false(watch_is_learning(w));
	watch_close(w);
	watch_close(NULL);
}

static void a_model_of_hosts_judges_windows_beside_flows(void **state)
{
	struct watch *w = start(hosts_path, flows_path);
	int i;

	for (i = 1; i <= 3; i++)
		record(w, i, RECORD_IDLE, i);
	watch_settle(w);
	assert_int_equal(watch_total(w)->windows, 0);
	watch_clock(w, 60 * SECOND + 79 * SECOND);
	assert_int_equal(watch_total(w)->windows, 0);
	watch_clock(w, 60 * SECOND + 80 * SECOND);
	assert_int_equal(watch_interval(w)->windows, 2); /* source and destination */
	assert_int_equal(watch_total(w)->host_anomalies, n_hosts);
	watch_end_interval(w, SECOND, SECOND, NULL);
	assert_int_equal(watch_interval(w)->windows, 0);
	assert_true(watch_interval(w)->has_hosts && watch_interval(w)->has_flows);
	record(w, 1, RECORD_IDLE, 1);
	record(w, 2, RECORD_IDLE, 1);
	watch_finish(w);
	assert_int_equal(watch_total(w)->windows, 4);
	assert_int_equal(watch_total(w)->flows, 5);
	watch_close(w);
}

static void assert_refused(struct watch_options options, bool uniflow, const char *wanted)
{
	struct watch_config c = config;
	char error[512], text[512];

	c.uniflow = uniflow;
	snprintf(text, sizeof(text), "%s%s", folder, wanted);
	assert_null(watch_open(&options, &c, error, sizeof(error)));
	error[strlen(text)] = '\0'; /* what the model file says of itself is not ours */
	assert_string_equal(error, text);
}

static void models_that_cannot_be_used_are_refused(void **state)
{
	assert_refused((struct watch_options){ .classifier = flows_path }, false,
	               "/flows: is an anomaly model; give it with --anomaly");
	assert_refused((struct watch_options){ .anomaly = { { flows_path, flows_path }, 2 } },
	               false,
	               "/flows: is a second model of flows; give --anomaly once for each kind");
	assert_refused((struct watch_options){ .anomaly = { { hosts_path, hosts_path }, 2 } },
	               false,
	               "/hosts: is a second model of hosts; give --anomaly once for each kind");
	assert_refused((struct watch_options){ .anomaly = { { hosts_path }, 1 } }, true,
	               "/hosts: judges hosts by questions and their answers, which --uniflow takes "
	               "apart");
	assert_refused((struct watch_options){ .anomaly = { { flows_path, broken_path }, 2 } },
	               false, "/broken: ");
}

static void models_are_read_again_all_or_none(void **state)
{
	struct watch *w = start(flows_path, hosts_path);
	char error[512], aside[80];

	record(w, 9, RECORD_IDLE, 9);
	watch_settle(w);
	snprintf(aside, sizeof(aside), "%s.aside", hosts_path);
	assert_int_equal(rename(hosts_path, aside), 0);
	assert_true(watch_reload(w, error, sizeof(error)) < 0);
	assert_memory_equal(error, hosts_path, strlen(hosts_path));
	record(w, 9, RECORD_IDLE, 9);
	watch_settle(w);
	assert_int_equal(rename(aside, hosts_path), 0);
	assert_int_equal(watch_reload(w, error, sizeof(error)), 0);
	record(w, 9, RECORD_IDLE, 9);
	watch_settle(w);
	assert_int_equal(n_seen, 3);
	assert_true(seen[0].score < 0 && seen[1].score == seen[0].score &&
	            seen[2].score == seen[0].score);
	watch_finish(w); /* the windows went on through both */
	assert_int_equal(watch_total(w)->windows, 2);
	watch_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(batches_keep_the_order_and_lose_nothing),
		CASE(a_verdict_does_not_depend_on_the_batch),
		CASE(looks_and_records_come_in_the_order_in_which_they_were_made),
		CASE(a_look_is_judged_as_it_was_whatever_becomes_of_its_memory),
		CASE(a_flow_that_was_cut_counts_once_in_its_interval),
		CASE(a_look_at_a_flow_that_is_empty_after_its_cut_is_no_flow),
		CASE(without_a_model_there_is_no_verdict_and_no_sum),
		CASE(a_model_of_hosts_judges_windows_beside_flows),
		CASE(models_that_cannot_be_used_are_refused),
		CASE(models_are_read_again_all_or_none),
	};

	return cmocka_run_group_tests(tests, make_models, remove_models);
}
