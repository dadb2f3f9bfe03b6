/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One event loop: descriptors, a timer, and the signals that end or refresh. */
#ifndef WEIR_LOOP_H
#define WEIR_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
typedef void (*loop_call)(void *arg);

/*
 * NULL with errno set. From here on SIGINT, SIGTERM and SIGHUP come through the loop and end it,
 * but for SIGHUP when there is something to call instead.
 */
struct loop *loop_open(void);

/* Accepts NULL. */
void loop_close(struct loop *l);

/* Call when fd is readable. 0, or a negative errno. */
int loop_add(struct loop *l, int fd, loop_call call, void *arg);

/* Call every interval, from one interval after now. 0, or a negative errno. */
int loop_every(struct loop *l, uint64_t interval_ns, loop_call call, void *arg);

/* Call once, then. */
int loop_after(struct loop *l, uint64_t delay_ns, loop_call call, void *arg);

/* call NULL: SIGHUP ends the loop again. */
void loop_on_hangup(struct loop *l, loop_call call, void *arg);

/* Block this signal and call when it comes; again: instead. 0, or a negative errno. */
int loop_on_signal(struct loop *l, int number, loop_call call, void *arg);

/* Run until loop_stop() or SIGINT, SIGTERM. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);

#endif
