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

struct source {
	int fd;
	bool ours; /* to be read and closed by the loop */
	loop_call call;
	void *arg;
};

struct loop {
	int epoll;
	int signals;
	bool stopped;
	loop_call hangup; /* instead of ending; NULL: end */
	void *hangup_arg;
	struct source sources[SOURCES];
	int n_sources;
};

/* Signals are read here, so that their number is known. */
static void on_signal(void *arg)
{
	struct signalfd_siginfo info;
	struct loop *l = arg;

	while (read(l->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP && l->hangup)
			l->hangup(l->hangup_arg);
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
	sigset_t set;

	if (!l)
		return NULL;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGINT, SIG_DFL); /* a script's background jobs are started with it ignored */
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
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
	l->hangup = call;
	l->hangup_arg = arg;
}

void loop_stop(struct loop *l)
{
	l->stopped = true;
}
