// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Slots go round: filled, taken by a thread, settled, filled again. Each is known by a running
 * number, its ticket; three counters under one lock say how far the tickets have come:
 *
 *	done <= taken <= put <= done + n_slots
 *
 * Whoever has nothing to do sleeps. A slot is to hold enough work, some 100 us, for a wake to cost
 * little beside it; who fills them is woken only when half of them are free.
 */
#include "relay.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct relay {
	struct relay_config config;
	pthread_mutex_t lock;
	pthread_cond_t more; /* work, or the end of it */
	pthread_cond_t room; /* to fill */
	pthread_cond_t turn; /* to settle has passed on */
	uint64_t put, taken, done;
	bool ended;
	uint32_t n_threads; /* that run */
	pthread_t threads[];
};

/* The next ticket to work on; false at the end. Locked. */
static bool take(struct relay *r, uint64_t *ticket)
{
	while (r->taken == r->put && !r->ended)
		pthread_cond_wait(&r->more, &r->lock);
	if (r->taken == r->put)
		return false;
	*ticket = r->taken++;
	return true;
}

static void work(const struct relay *r, uint64_t ticket)
{
	if (r->config.work)
		r->config.work(r->config.arg, ticket % r->config.n_slots);
}

static void settle(const struct relay *r, uint64_t ticket)
{
	r->config.settle(r->config.arg, ticket % r->config.n_slots);
}

static void pass_turn(struct relay *r)
{
	r->done++;
	if (r->n_threads > 1)
		pthread_cond_broadcast(&r->turn);
	if (r->put - r->done <= r->config.n_slots / 2)
		pthread_cond_signal(&r->room);
}

static void *run(void *arg)
{
	struct relay *r = arg;
	uint64_t ticket;

	pthread_mutex_lock(&r->lock);
	while (take(r, &ticket)) {
		pthread_mutex_unlock(&r->lock);
		work(r, ticket);
		pthread_mutex_lock(&r->lock);
		while (r->done != ticket)
			pthread_cond_wait(&r->turn, &r->lock);
		pthread_mutex_unlock(&r->lock);
		settle(r, ticket);
		pthread_mutex_lock(&r->lock);
		pass_turn(r);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* As many as can be. The lock holds them until n_threads, which they read, is final. */
static void start_threads(struct relay *r)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_mutex_lock(&r->lock);
	while (r->n_threads < r->config.n_threads &&
	       !pthread_create(&r->threads[r->n_threads], NULL, run, r))
		r->n_threads++;
	pthread_mutex_unlock(&r->lock);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct relay *relay_new(const struct relay_config *config)
{
	struct relay *r = calloc(1, sizeof(*r) + config->n_threads * sizeof(r->threads[0]));

	if (!r)
		return NULL;
	r->config = *config;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->more, NULL);
	pthread_cond_init(&r->room, NULL);
	pthread_cond_init(&r->turn, NULL);
	start_threads(r);
	return r;
}

uint32_t relay_slot(struct relay *r)
{
	uint32_t slot;

	pthread_mutex_lock(&r->lock);
	while (r->put - r->done == r->config.n_slots)
		pthread_cond_wait(&r->room, &r->lock);
	slot = r->put % r->config.n_slots;
	pthread_mutex_unlock(&r->lock);
	return slot;
}

void relay_put(struct relay *r)
{
	uint64_t ticket;

	pthread_mutex_lock(&r->lock);
	ticket = r->put++;
	if (r->n_threads)
		pthread_cond_signal(&r->more);
	pthread_mutex_unlock(&r->lock);
	if (r->n_threads)
		return;
	work(r, ticket);
	settle(r, ticket);
	r->taken = ++r->done;
}

void relay_end(struct relay *r)
{
	uint32_t i;

	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->ended = true;
	pthread_cond_broadcast(&r->more);
	pthread_mutex_unlock(&r->lock);
	for (i = 0; i < r->n_threads; i++)
		pthread_join(r->threads[i], NULL);
	pthread_cond_destroy(&r->turn);
	pthread_cond_destroy(&r->room);
	pthread_cond_destroy(&r->more);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
