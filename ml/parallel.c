// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Threads that take the next task's number from one counter until there is none. They are made for
 * each run and end with it: tasks here are milliseconds, a thread is some tens of microseconds.
 */
#include "parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

struct run {
	parallel_task task;
	parallel_done done;
	void *arg;
	size_t n_tasks;
	atomic_size_t next, n_done;
};

struct worker {
	struct run *run;
	uint32_t number;
	pthread_t thread;
};

uint32_t parallel_threads(uint32_t n_jobs, size_t n_tasks)
{
	cpu_set_t set;

	if (!n_jobs)
		n_jobs = sched_getaffinity(0, sizeof(set), &set) ? 1 : (uint32_t)CPU_COUNT(&set);
	if (n_jobs > PARALLEL_MAX)
		n_jobs = PARALLEL_MAX;
	if (n_jobs > n_tasks)
		n_jobs = (uint32_t)n_tasks;
	return n_jobs ? n_jobs : 1;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct run *r = w->run;
	size_t task, n_done;

	while ((task = atomic_fetch_add(&r->next, 1)) < r->n_tasks) {
		r->task(r->arg, w->number, task);
		n_done = atomic_fetch_add(&r->n_done, 1) + 1;
		if (!w->number && r->done)
			r->done(r->arg, n_done);
	}
	return NULL;
}

void parallel_run(uint32_t n_threads, size_t n_tasks, parallel_task task, parallel_done done,
                  void *arg)
{
	struct run r = { .task = task, .done = done, .arg = arg, .n_tasks = n_tasks };
	struct worker workers[PARALLEL_MAX];
	uint32_t i, n = 1;

	for (; n < n_threads && n < PARALLEL_MAX; n++) {
		workers[n] = (struct worker){ .run = &r, .number = n };
		if (pthread_create(&workers[n].thread, NULL, work, &workers[n]))
			break;
	}
	workers[0] = (struct worker){ .run = &r };
	work(&workers[0]);
	for (i = 1; i < n; i++)
		pthread_join(workers[i].thread, NULL);
}
