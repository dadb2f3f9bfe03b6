// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The relay: whatever the threads do, slots settle in order, once each, and never too many. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "relay.h"

#define MOST 8
#define PUTS 5000

struct course {
	uint64_t filled[MOST]; /* by slot: what was put there */
	uint64_t worked[MOST];
	uint64_t settled, wrong; /* in order, and not */
	uint32_t under_way, most;
	bool takes_signals;
	pthread_t worker;
};

/* Work that takes now longer, now shorter. */
static void work(void *arg, uint32_t slot)
{
	struct course *c = arg;
	uint64_t i;

	for (i = 0; i < c->filled[slot] % 7; i++)
		sched_yield();
	c->worked[slot] = c->filled[slot];
}

static void settle(void *arg, uint32_t slot)
{
	struct course *c = arg;

	if (c->filled[slot] == c->settled && c->worked[slot] == c->settled)
		c->settled++;
	else
		c->wrong++;
	__atomic_sub_fetch(&c->under_way, 1, __ATOMIC_RELAXED);
}

static void put_all(struct relay *r, struct course *c)
{
	uint32_t slot, now;
	uint64_t i;

	for (i = 0; i < PUTS; i++) {
		slot = relay_slot(r);
		assert_true(slot < MOST);
		now = __atomic_add_fetch(&c->under_way, 1, __ATOMIC_RELAXED);
		c->most = now > c->most ? now : c->most;
		c->filled[slot] = i;
		relay_put(r);
	}
}

static void check_course(uint32_t n_slots, uint32_t n_threads)
{
	struct course c = { .worked = { UINT64_MAX } };
	struct relay_config config = { n_slots, n_threads, work, settle, &c };
	struct relay *r = relay_new(&config);

	assert_non_null(r);
	put_all(r, &c);
	relay_end(r);
	assert_int_equal(c.wrong, 0);
	assert_int_equal(c.settled, PUTS);
	assert_int_equal(c.under_way, 0);
	assert_true(c.most <= n_slots);
}

static void slots_settle_in_order_whatever_the_number_of_threads(void **state)
{
	static const uint32_t slots[] = { 1, 2, 3, MOST }, threads[] = { 0, 1, 2, 5 };
	size_t i, j;

	for (i = 0; i < 4; i++)
		for (j = 0; j < 4; j++)
			check_course(slots[i], threads[j]);
}

static void tell_thread(void *arg, uint32_t slot)
{
	struct course *c = arg;
	sigset_t blocked;

	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	c->takes_signals = !sigismember(&blocked, SIGINT) || !sigismember(&blocked, SIGTERM);
	c->worker = pthread_self();
	c->settled++;
}

static void without_threads_all_is_done_before_put_returns(void **state)
{
	struct course c = { 0 };
	struct relay_config config = { .n_slots = 2, .settle = tell_thread, .arg = &c };
	struct relay *r = relay_new(&config);
	uint64_t i;

	for (i = 1; i < 10; i++) {
		relay_slot(r);
		relay_put(r);
		assert_int_equal(c.settled, i);
	}
	assert_true(pthread_equal(c.worker, pthread_self()));
	relay_end(r);
}

static void threads_take_no_signals_and_the_caller_still_does(void **state)
{
	struct course c = { .takes_signals = true };
	struct relay_config config = {
		.n_slots = 2, .n_threads = 1, .settle = tell_thread, .arg = &c
	};
	struct relay *r = relay_new(&config);
	sigset_t blocked;

	relay_slot(r);
	relay_put(r);
	relay_end(r);
	assert_int_equal(c.settled, 1);
	assert_false(pthread_equal(c.worker, pthread_self()));
	assert_false(c.takes_signals);
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	assert_false(sigismember(&blocked, SIGINT));
}

static void a_relay_without_work_ends(void **state)
{
	struct course c = { 0 };
	struct relay_config config = { 4, 3, work, settle, &c };

	relay_end(relay_new(&config));
	relay_end(NULL);
	assert_int_equal(c.settled, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_settle_in_order_whatever_the_number_of_threads),
		cmocka_unit_test(without_threads_all_is_done_before_put_returns),
		cmocka_unit_test(threads_take_no_signals_and_the_caller_still_does),
		cmocka_unit_test(a_relay_without_work_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
