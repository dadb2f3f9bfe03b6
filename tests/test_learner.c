// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Learning while watching: what is told of drift, by few flows and by many, and what is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "learner.h"
#include "rng.h"

#define CASE(test) cmocka_unit_test(test)
#define SECOND     1000000000ULL

static uint64_t now_ns = 1764000000 * SECOND;
static struct rng dice;

/* A flow of some packets and bytes, drawn at random; large: ten times as many bytes. */
static void add_flow(struct learner *l, bool large)
{
	struct flow_side sides[2] = { 0 };
	struct flow_record r = { .fwd = &sides[0],
		                 .rev = &sides[1],
		                 .start_ns = now_ns,
		                 .end_ns = now_ns + (1 + rng_below(&dice, 1000)) * 1000000,
		                 .end = RECORD_IDLE,
		                 .moved_packets = { 1 } };
	int i;

	for (i = 0; i < 2; i++) {
		sides[i].packets = 1 + rng_below(&dice, 20);
		sides[i].bytes = sides[i].packets * (60 + rng_below(&dice, 90)) * (large ? 10 : 1);
		sides[i].ip_bytes = sides[i].bytes - 14 * sides[i].packets;
		sides[i].first_ns = r.start_ns;
		sides[i].last_ns = r.end_ns;
	}
	r.key.protocol = 17;
	assert_int_equal(learner_record(l, &r), 0);
}

/* A baseline's time with so many flows, and the news of it. */
static struct model *live(struct learner *l, size_t flows, bool large, struct buf *news)
{
	while (flows--)
		add_flow(l, large);
	now_ns += 10 * SECOND;
	return learner_tick(l, 10 * SECOND, now_ns, news);
}

/* Until a training is over: its model, which is the caller's, or NULL. */
static struct model *await_model(struct learner *l, struct buf *news)
{
	const struct timespec moment = { .tv_nsec = 5000000 };
	struct model *m = NULL;
	int i;

	for (i = 0; i < 4000 && !m && !news->length; i++) {
		nanosleep(&moment, NULL);
		m = learner_tick(l, 0, now_ns, news);
	}
	buf_char(news, '\0');
	return m;
}

static struct learner *learn_with(const struct learner_options *options, size_t flows,
                                  struct buf *news)
{
	struct learner *l = learner_new(options);
	struct model *m;

	assert_non_null(l);
	rng_seed(&dice, 7, 0);
	assert_null(live(l, flows, false, news));
	m = await_model(l, news);
	assert_non_null(m);
	assert_non_null(learner_baseline(l));
	model_close(m);
	return l;
}

static struct learner *learn(size_t flows)
{
	const struct learner_options options = { .baseline_ns = 10 * SECOND,
		                                 .false_positive_rate = 0.001 };
	struct buf news = { 0 };
	struct learner *l = learn_with(&options, flows, &news);

	buf_clear(&news);
	return l;
}

/* How often drift is told in so many baselines' times. */
static unsigned int count_drift(struct learner *l, size_t flows, bool large, int times)
{
	unsigned int n = 0;
	struct buf news;

	while (times--) {
		news = (struct buf){ 0 };
		assert_null(live(l, flows, large, &news));
		buf_char(&news, '\0');
		n += strstr(news.data, "traffic has drifted from baseline 1: ") != NULL;
		buf_clear(&news);
	}
	return n;
}

static void traffic_that_is_as_it_was_has_not_drifted(void **state)
{
	static const size_t flows[] = { 100, 130, 1000 };
	struct learner *l;
	size_t i;

	for (i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
		l = learn(flows[i]);
		assert_int_equal(count_drift(l, flows[i], false, 30), 0);
		learner_free(l);
	}
}

static void traffic_that_changed_is_told_each_time(void **state)
{
	static const size_t flows[] = { 100, 1000 };
	struct learner *l;
	size_t i;

	for (i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
		l = learn(flows[i]);
		assert_int_equal(count_drift(l, flows[i], true, 3), 3);
		learner_free(l);
	}
}

/* Else a full disk would leave the watching without a baseline for ever. */
static void a_baseline_that_cannot_be_saved_is_used(void **state)
{
	const struct learner_options options = { .baseline_ns = 10 * SECOND,
		                                 .save = "build/no/such/folder/base",
		                                 .false_positive_rate = 0.001 };
	struct buf news = { 0 };
	struct learner *l = learn_with(&options, 200, &news);

	assert_non_null(strstr(news.data, "baseline 1 learned from 200 flows, threshold -0."));
	assert_non_null(strstr(news.data, "; not saved: build/no/such/folder/base"));
	assert_null(strstr(news.data, "saved as"));
	buf_clear(&news);
	learner_free(l);
}

static size_t content(char *text, size_t size, const char *path)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, size, f);
	fclose(f);
	return n;
}

static void a_baseline_that_is_refused_is_not_kept(void **state)
{
	static char before[1 << 20], after[1 << 20];
	char path[] = "/tmp/weir-test-XXXXXX";
	const struct learner_options options = { .baseline_ns = 10 * SECOND,
		                                 .save = path,
		                                 .relearn = true,
		                                 .false_positive_rate = 0.001 };
	struct buf news = { 0 };
	struct learner *l;
	size_t n;

	close(mkstemp(path));
	l = learn_with(&options, 300, &news);
	assert_non_null(strstr(news.data, "; saved as /tmp/weir-test-"));
	n = content(before, sizeof(before), path);
	assert_true(n > 1000 && n < sizeof(before));
	buf_clear(&news);
	news = (struct buf){ 0 };
	assert_null(live(l, 300, true, &news));
	buf_clear(&news); /* of drift */
	news = (struct buf){ 0 };
	assert_null(await_model(l, &news));
	assert_non_null(strstr(news.data, "a new baseline was refused: it would call "));
	assert_non_null(strstr(news.data, "flows anomalous; baseline 1 stays"));
	assert_int_equal(content(after, sizeof(after), path), n);
	assert_memory_equal(after, before, n);
	buf_clear(&news);
	learner_free(l);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(traffic_that_is_as_it_was_has_not_drifted),
		CASE(traffic_that_changed_is_told_each_time),
		CASE(a_baseline_that_cannot_be_saved_is_used),
		CASE(a_baseline_that_is_refused_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
