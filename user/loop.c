// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* epoll over timerfds, a signalfd and what callers add. Signals are blocked, never caught. */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SOURCES 16
#define CATCHES 4

struct source {
	int fd;
	bool ours; /* to be read and closed by the loop */
	loop_call call;
	void *arg;
};

/* A signal that is not to end the loop. */
struct catch
{
	uint32_t number; /* 0: none */
	loop_call call;
	void *arg;
};

struct loop {
	int epoll;
	int signals;
	sigset_t caught;
	bool stopped;
	struct catch catches[CATCHES];
	struct source sources[SOURCES];
	int n_sources;
};

/* The entry for a signal, or for 0 a free one; NULL: there is none. */
static struct catch *find_catch(struct loop *l, uint32_t number)
{
	int i;

	for (i = 0; i < CATCHES; i++)
		if (l->catches[i].number == number)
			return &l->catches[i];
	return NULL;
}

/* Signals are read here, so that their number is known. */
static void on_signal(void *arg)
{
	struct signalfd_siginfo info;
	struct loop *l = arg;
	struct catch *c;

	while (read(l->signals, &info, sizeof(info)) == sizeof(info)) {
		c = find_catch(l, info.ssi_signo);
		if (c && c->call)
			c->call(c->arg);
		else
			loop_stop(l);
	}
}

static int add_source(struct loop *l, int fd, bool ours, loop_call call, void *arg)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct source *s = &l->sources[l->n_sources];

	if (l->n_sources == SOURCES)
		return -ENOSPC;
	*s = (struct source){ .fd = fd, .ours = ours, .call = call, .arg = arg };
	event.data.ptr = s;
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	l->n_sources++;
	return 0;
}

struct loop *loop_open(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	sigemptyset(&l->caught);
	sigaddset(&l->caught, SIGINT);
	sigaddset(&l->caught, SIGTERM);
	sigaddset(&l->caught, SIGHUP);
	sigprocmask(SIG_BLOCK, &l->caught, NULL);
	signal(SIGINT, SIG_DFL); /* a script's background jobs are started with it ignored */
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->signals = signalfd(-1, &l->caught, SFD_CLOEXEC | SFD_NONBLOCK);
	if (l->epoll >= 0 && l->signals >= 0 && !add_source(l, l->signals, false, on_signal, l))
		return l;
	loop_close(l);
	return NULL;
}

void loop_close(struct loop *l)
{
	int i;

	if (!l)
		return;
	for (i = 0; i < l->n_sources; i++)
		if (l->sources[i].ours)
			close(l->sources[i].fd);
	if (l->signals >= 0)
		close(l->signals);
	if (l->epoll >= 0)
		close(l->epoll);
	free(l);
}

int loop_add(struct loop *l, int fd, loop_call call, void *arg)
{
	return add_source(l, fd, false, call, arg);
}

static int add_timer(struct loop *l, uint64_t first_ns, uint64_t every_ns, loop_call call,
                     void *arg)
{
	struct itimerspec spec = {
		.it_value = { .tv_sec = first_ns / 1000000000, .tv_nsec = first_ns % 1000000000 },
		.it_interval = { .tv_sec = every_ns / 1000000000,
		                 .tv_nsec = every_ns % 1000000000 },
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), failed;

	if (fd < 0)
		return -errno;
	failed = timerfd_settime(fd, 0, &spec, NULL) ? -errno : add_source(l, fd, true, call, arg);
	if (failed)
		close(fd);
	return failed;
}

int loop_every(struct loop *l, uint64_t interval_ns, loop_call call, void *arg)
{
	return add_timer(l, interval_ns, interval_ns, call, arg);
}

int loop_after(struct loop *l, uint64_t delay_ns, loop_call call, void *arg)
{
	return add_timer(l, delay_ns, 0, call, arg);
}

int loop_run(struct loop *l)
{
	struct epoll_event events[SOURCES];
	char spill[256];
	int n, i;

	while (!l->stopped) {
		n = epoll_wait(l->epoll, events, SOURCES, -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		for (i = 0; i < n; i++) {
			struct source *s = events[i].data.ptr;

			/* A timer that fired again meanwhile is one tick; the rest is made up by
			 * none. */
			if (s->ours && read(s->fd, spill, sizeof(spill)) < 0 && errno == EAGAIN)
				continue;
			s->call(s->arg);
		}
	}
	return 0;
}

void loop_on_hangup(struct loop *l, loop_call call, void *arg)
{
	loop_on_signal(l, SIGHUP, call, arg);
}

int loop_on_signal(struct loop *l, int number, loop_call call, void *arg)
{
	struct catch *c = find_catch(l, number);

	if (!c)
		c = find_catch(l, 0);
	if (!c)
		return -ENOSPC;
	if (!sigismember(&l->caught, number)) {
		sigaddset(&l->caught, number);
		sigprocmask(SIG_BLOCK, &l->caught, NULL);
		if (signalfd(l->signals, &l->caught, 0) < 0)
			return -errno;
	}
	*c = (struct catch){ .number = number, .call = call, .arg = arg };
	return 0;
}

void loop_stop(struct loop *l)
{
	l->stopped = true;
}
