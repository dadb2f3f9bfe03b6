/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Independent tasks on all processors. */
#ifndef WEIR_PARALLEL_H
#define WEIR_PARALLEL_H

#include <stddef.h>
#include <stdint.h>

#define PARALLEL_MAX 256 /* threads */

/* worker tells whose scratch memory to use: 0 .. the number of threads - 1. */
typedef void (*parallel_task)(void *arg, uint32_t worker, size_t task);

/* Called from the thread of parallel_run() with the number of tasks that are done. */
typedef void (*parallel_done)(void *arg, size_t n_done);

/* How many threads n_jobs means for n_tasks: 0 is one for each processor we may use. At least 1. */
uint32_t parallel_threads(uint32_t n_jobs, size_t n_tasks);

/*
 * Run tasks 0 .. n_tasks-1, each once, in any order, by up to n_threads threads, of which the
 * caller is one; where a thread cannot be made the others do its work. done may be NULL.
 */
void parallel_run(uint32_t n_threads, size_t n_tasks, parallel_task task, parallel_done done,
                  void *arg);

#endif
