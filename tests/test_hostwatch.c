// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Hosts, watched: when windows are judged, by whose clock, and that the words are those of the
 * model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "feature_host.h"
#include "fit_anomaly.h"
#include "hostwatch.h"
#include "rng.h"

#define CASE(test)  cmocka_unit_test(test)
#define SECOND      1000000000ULL
#define MINUTE      (60 * SECOND)
#define START       (1000 * MINUTE)
#define PATIENCE    (80 * SECOND) /* active + idle + interval, below */
#define SEEN_MAX    512
#define NORMAL_ROWS 400

static struct judged_host seen[SEEN_MAX];
static size_t n_seen;

static void note(void *arg, const struct judged_host *host)
{
	assert_true(n_seen < SEEN_MAX);
	seen[n_seen++] = *host;
}

static const struct hostwatch_config config = {
	.idle_ns = 15 * SECOND,
	.active_ns = 60 * SECOND,
	.interval_ns = 5 * SECOND,
	.tell = note,
};

/* A model of the features of hosts, or of flows, grown from noise around one habit. */
static struct model *grow(const char *block, const char *about)
{
	struct fit_anomaly fit = { .false_positive_rate = 0.01, .n_jobs = 1, .about = about };
	const char *names[FEATURE_MAX];
	struct feature_set set;
	struct matrix *m;
	struct model *model;
	struct rng dice;
	double row[FEATURE_MAX];
	char error[256];
	size_t i, k;

	assert_int_equal(feature_set_parse(&set, block, error, sizeof(error)), 0);
	for (i = 0; i < set.n; i++)
		names[i] = set.feature[i]->name;
	m = matrix_new(set.n, names);
	assert_non_null(m);
	matrix_add_group(m, "normal");
	rng_seed(&dice, 1, 0);
	for (i = 0; i < NORMAL_ROWS; i++) {
		for (k = 0; k < set.n; k++)
			row[k] = 0.7 + 0.1 * rng_real(&dice);
		assert_int_equal(matrix_add_row(m, row, NULL, 1, 0), 0);
	}
	model = fit_anomaly(&fit, m, error, sizeof(error));
	assert_non_null(model);
	matrix_free(m);
	return model;
}

static struct hostwatch *start(const char *about)
{
	char error[256];
	struct hostwatch *h = hostwatch_new(&config, grow("host", about), "hosts", error,
	                                    sizeof(error));

	assert_non_null(h);
	n_seen = 0;
	return h;
}

/* One packet of 10.0.0.1 to 10.1.0.TO at this time, told at once. */
static void flow(struct hostwatch *h, int to, uint64_t start_ns, int64_t wall_ns)
{
	struct flow_side fwd = { .packets = 1, .bytes = 60 }, rev = { 0 };
	struct flow_record r = { .fwd = &fwd,
		                 .rev = &rev,
		                 .start_ns = start_ns,
		                 .end_ns = start_ns,
		                 .wall_ns = wall_ns,
		                 .end = RECORD_IDLE };

	r.key.src[10] = r.key.src[11] = r.key.dst[10] = r.key.dst[11] = 0xff;
	r.key.src[12] = r.key.dst[12] = 10;
	r.key.src[15] = 1;
	r.key.dst[13] = 1;
	r.key.dst[15] = (uint8_t)to;
	r.key.ip_version = 4;
	r.key.protocol = 17;
	r.key.dst_port = 53;
	hostwatch_record(h, &r);
}

/* One source of three flows, three destinations of one each, which are too few to be judged. */
static void three_flows(struct hostwatch *h, uint64_t start_ns, int64_t wall_ns)
{
	flow(h, 1, start_ns, wall_ns);
	flow(h, 2, start_ns + SECOND, wall_ns);
	flow(h, 3, start_ns + 2 * SECOND, wall_ns);
}

static void a_window_is_judged_when_its_flows_have_left(void **state)
{
	struct hostwatch *h = start(NULL);

	three_flows(h, START + SECOND, 0);
	hostwatch_clock(h, START + MINUTE + PATIENCE - 1);
	assert_int_equal(n_seen, 0);
	hostwatch_clock(h, START + MINUTE + PATIENCE);
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].start_ns, START);
	assert_int_equal(seen[0].flows, 3);
	assert_true(seen[0].is_source);
	assert_int_equal(seen[0].ip_version, 4);
	assert_int_equal(seen[0].host[15], 1);
	assert_true(seen[0].verdict.has_score);
	hostwatch_clock(h, START + 60 * MINUTE);
	hostwatch_end(h);
	assert_int_equal(n_seen, 1);
	assert_int_equal(hostwatch_lost(h), 0);
	hostwatch_free(h);
}

static void a_flow_that_leaves_late_is_in_the_window_in_which_it_began(void **state)
{
	struct hostwatch *h = start(NULL);

	three_flows(h, START + 2 * MINUTE, 0); /* it is that late by now ... */
	flow(h, 1, START + 59 * SECOND, 0);    /* ... and these were long */
	flow(h, 2, START + MINUTE - 1, 0);
	hostwatch_end(h);
	assert_int_equal(n_seen, 2);
	assert_int_equal(seen[0].start_ns, START);
	assert_int_equal(seen[0].flows, 2);
	assert_int_equal(seen[1].start_ns, START + 2 * MINUTE);
	assert_int_equal(seen[1].flows, 3);
	hostwatch_free(h);
}

static void records_tell_the_time_themselves(void **state)
{
	struct hostwatch *h = start(NULL);

	three_flows(h, START, 0);
	flow(h, 9, START + MINUTE + PATIENCE, 0);
	assert_int_equal(n_seen, 1);
	hostwatch_free(h);
}

static void windows_are_those_of_the_wall_clock(void **state)
{
	struct hostwatch *h = start(NULL);
	const uint64_t up = 30 * SECOND; /* since the machine started */

	three_flows(h, up, (int64_t)(START - up));
	hostwatch_end(h);
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].start_ns, START);
	hostwatch_free(h);
}

static void a_clock_that_goes_back_begins_anew(void **state)
{
	struct hostwatch *h = start(NULL);

	three_flows(h, START + 100 * MINUTE, 0);
	three_flows(h, START, 0); /* the next file */
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].start_ns, START + 100 * MINUTE);
	hostwatch_end(h);
	assert_int_equal(n_seen, 2);
	assert_int_equal(seen[1].start_ns, START);
	assert_int_equal(seen[1].flows, 3);
	hostwatch_free(h);
}

static void window_and_flows_needed_are_those_of_the_training(void **state)
{
	struct hostwatch *h = start("{\"unit\":\"host\",\"window_s\":10,\"min_flows\":1}");

	three_flows(h, START + 5 * SECOND, 0);
	hostwatch_clock(h, START + 10 * SECOND + PATIENCE);
	assert_int_equal(n_seen, 4);
	hostwatch_free(h);
}

static void metadata_without_sense_are_not_believed(void **state)
{
	struct hostwatch *h = start("{\"window_s\":-5,\"min_flows\":1e99}");

	three_flows(h, START + SECOND, 0);
	hostwatch_end(h);
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].start_ns, START);
	hostwatch_free(h);
}

static void many_windows_are_judged_in_their_order(void **state)
{
	struct hostwatch *h = start(NULL);
	size_t i;

	for (i = 0; i < 150; i++)
		three_flows(h, START + i * SECOND / 5, 0); /* half a minute: one window */
	for (i = 1; i < 150; i++)
		three_flows(h, START + i * MINUTE, 0);
	hostwatch_end(h);
	assert_int_equal(n_seen, 150 + 3); /* in the first the destinations were asked often, too */
	for (i = 1; i < n_seen; i++)
		assert_true(seen[i].start_ns >= seen[i - 1].start_ns);
	hostwatch_free(h);
}

static void another_model_takes_over_what_was_gathered(void **state)
{
	struct hostwatch *h = start(NULL);
	char error[256];

	flow(h, 1, START, 0);
	assert_int_equal(hostwatch_use(h, grow("host", NULL), "hosts", error, sizeof(error)), 0);
	flow(h, 2, START + SECOND, 0);
	assert_int_equal(n_seen, 0);
	/* of windows as long as others nothing can be kept */
	assert_int_equal(
	        hostwatch_use(h, grow("host", "{\"window_s\":7}"), "hosts", error, sizeof(error)),
	        0);
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].flows, 2);
	hostwatch_free(h);
}

static void gather(void *arg, const struct host_window *w)
{
	if (w->flows > 1)
		memcpy(arg, w->feature, sizeof(w->feature));
}

static void the_score_is_that_of_the_model(void **state)
{
	double row[HOST_FEATURES] = { 0 }, score;
	struct host_windows *windows = host_windows_new(MINUTE, 100, gather, row);
	struct hostwatch *h = start(NULL);
	struct model *m = grow("host", NULL);
	struct flow_side fwd = { .packets = 1, .bytes = 60 }, rev = { 0 };
	struct flow_record r = { .fwd = &fwd, .rev = &rev, .start_ns = START, .end_ns = START };

	r.key.protocol = 17;
	r.key.dst_port = 53;
	for (r.key.dst[15] = 1; r.key.dst[15] <= 3; r.key.dst[15]++)
		assert_int_equal(host_windows_add_record(windows, &r), 0);
	host_windows_flush(windows, UINT64_MAX);
	model_score_samples(m, &score, row, 1);
	three_flows(h, START, 0);
	hostwatch_end(h);
	assert_int_equal(n_seen, 1);
	assert_true(seen[0].verdict.anomaly_score == score);
	assert_true(seen[0].verdict.is_anomaly); /* nothing is like the noise it was grown from */
	assert_true(seen[0].verdict.n_reasons > 0);
	assert_non_null(strstr(seen[0].verdict.why, "(usual "));
	assert_null(strstr(seen[0].verdict.why, "_log"));
	model_close(m);
	host_windows_free(windows);
	hostwatch_free(h);
}

static void only_models_of_hosts_are_for_hosts(void **state)
{
	struct model *hosts = grow("host", NULL), *flows = grow("flow", NULL);

	assert_true(hostwatch_is_for(hosts));
	assert_false(hostwatch_is_for(flows));
	model_close(hosts);
	model_close(flows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_window_is_judged_when_its_flows_have_left),
		CASE(a_flow_that_leaves_late_is_in_the_window_in_which_it_began),
		CASE(records_tell_the_time_themselves),
		CASE(windows_are_those_of_the_wall_clock),
		CASE(a_clock_that_goes_back_begins_anew),
		CASE(window_and_flows_needed_are_those_of_the_training),
		CASE(metadata_without_sense_are_not_believed),
		CASE(many_windows_are_judged_in_their_order),
		CASE(another_model_takes_over_what_was_gathered),
		CASE(the_score_is_that_of_the_model),
		CASE(only_models_of_hosts_are_for_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
