// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What all sinks of alerts have in common: a ring of notes, a thread that takes them out, and what
 * becomes of a sink that fails. It is told once when it begins to fail and once when it is well
 * again. The thread has all signals blocked: they are the event loop's.
 */
#include "alert_sink.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alert_sink_kind.h"
#include "log.h"
#include "priv.h"

#define MILLISECOND  1000000ULL
#define SECOND       1000000000ULL
#define PAUSE_MIN_NS (250 * MILLISECOND)
#define PAUSE_MAX_NS (30 * SECOND)
#define LEAVE_NS     (250 * MILLISECOND) /* that a thread may take beyond the deadline */

extern const struct alert_sink_kind alert_sink_stderr, alert_sink_json, alert_sink_syslog,
        alert_sink_webhook, alert_sink_alertmanager, alert_sink_command;

const struct alert_sink_kind *const alert_sink_kinds[] = {
	&alert_sink_stderr,
	&alert_sink_json,
	&alert_sink_syslog,
	&alert_sink_webhook,
	&alert_sink_alertmanager,
	&alert_sink_command,
	NULL,
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static struct timespec to_timespec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND) };
}

/* "webhook:https://user:secret@host/" is shown as "webhook:https://host/". */
static void make_name(char name[SINK_NAME], const char *spec)
{
	const char *host = strstr(spec, "://"), *at;

	host = host ? host + 3 : spec + strlen(spec);
	at = memchr(host, '@', strcspn(host, "/"));
	snprintf(name, SINK_NAME, "%.*s%s", (int)(host - spec), spec, at ? at + 1 : host);
}

static const struct alert_sink_kind *find_kind(const char *spec)
{
	size_t length = strcspn(spec, ":"), i;

	for (i = 0; alert_sink_kinds[i]; i++)
		if (strlen(alert_sink_kinds[i]->name) == length &&
		    !strncmp(alert_sink_kinds[i]->name, spec, length))
			return alert_sink_kinds[i];
	return NULL;
}

static int init(struct alert_sink *s, const char *spec)
{
	const char *colon = strchr(spec, ':');

	s->target = strdup(colon ? colon + 1 : "");
	if (!s->target)
		return -ENOMEM;
	if (pthread_mutex_init(&s->lock, NULL))
		return -ENOMEM;
	if (!pthread_cond_init(&s->wake, NULL))
		return 0;
	pthread_mutex_destroy(&s->lock);
	return -ENOMEM;
}

static void discard(struct alert_sink *s)
{
	free(s->target);
	free(s);
}

struct alert_sink *alert_sink_open(const char *spec, char *error, size_t size)
{
	const struct alert_sink_kind *kind = find_kind(spec);
	struct alert_sink *s;

	if (!kind) {
		snprintf(error, size,
		         "%s: no such kind of sink for alerts; there are stderr:, json:PATH, "
		         "syslog:, webhook:URL, alertmanager:URL and command:PATH",
		         spec);
		return NULL;
	}
	if (kind->example && !spec[strcspn(spec, ":")]) {
		snprintf(error, size, "%s: says not where to; as in %s", spec, kind->example);
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s || init(s, spec)) {
		snprintf(error, size, "%s: no memory", spec);
		if (s)
			discard(s);
		return NULL;
	}
	s->kind = kind;
	make_name(s->name, spec);
	if ((kind->example && !*s->target)
	            ? snprintf(error, size, "%s: says not where to; as in %s", spec, kind->example)
	            : kind->open && kind->open(s, error, size)) {
		pthread_cond_destroy(&s->wake);
		pthread_mutex_destroy(&s->lock);
		discard(s);
		return NULL;
	}
	return s;
}

int alert_sink_launch(struct alert_sink *s, bool confined, char *error, size_t size)
{
	return s->kind->launch ? s->kind->launch(s, confined, error, size) : 0;
}

unsigned int alert_sink_needs(const struct alert_sink *s)
{
	return s->kind->needs | PRIV_THREADS;
}

bool alert_sink_wants_reminders(const struct alert_sink *s)
{
	return s->kind->wants_reminders;
}

int alert_sink_patience_ms(struct alert_sink *s, int most)
{
	uint64_t now = now_ns(), until;

	pthread_mutex_lock(&s->lock);
	until = s->is_stopping ? s->until_ns : UINT64_MAX;
	pthread_mutex_unlock(&s->lock);
	if (until <= now)
		return 0;
	return (until - now) / MILLISECOND < (uint64_t)most ? (int)((until - now) / MILLISECOND)
	                                                    : most;
}

/* What the thread has in hand. */
struct work {
	struct alert_note *held[SINK_BATCH];
	size_t n;
	uint32_t tries;
	uint64_t pause_ns; /* 0: the sink is well */
};

/* Wait for something to do; false: there is nothing more. Locked, as all that follow. */
static bool take(struct alert_sink *s, struct work *w)
{
	while (!w->n && !s->n && !s->is_stopping)
		pthread_cond_wait(&s->wake, &s->lock);
	if (s->is_stopping && now_ns() >= s->until_ns)
		return false;
	while (s->n && w->n < s->kind->batch) {
		w->held[w->n++] = s->queue[s->first];
		s->first = (s->first + 1) % ALERT_QUEUE;
		s->n--;
	}
	s->n_held = w->n;
	return w->n;
}

static void drop_held(struct alert_sink *s, struct work *w)
{
	while (w->n)
		free(w->held[--w->n]);
	s->n_held = 0;
	w->tries = 0;
}

static void tell_failing(struct alert_sink *s)
{
	log_warn("alerts: %s: cannot deliver: %s; trying again, up to %d alerts wait", s->name,
	         s->why, ALERT_QUEUE);
}

static void settle_delivered(struct alert_sink *s, struct work *w)
{
	if (w->pause_ns)
		log_info("alerts: %s: delivers again; %" PRIu64 " were given up so far", s->name,
		         s->undelivered);
	w->pause_ns = 0;
	s->delivered += w->n;
	drop_held(s, w);
}

static void give_up(struct alert_sink *s, struct work *w)
{
	log_warn("alerts: %s: does not take %zu: %s; given up", s->name, w->n, s->why);
	s->undelivered += w->n;
	drop_held(s, w);
}

/*
 * Wait twice as long as before, or until stopped; then there is little time. What was left in the
 * middle because time was up did not fail.
 */
static void pause_again(struct alert_sink *s, struct work *w)
{
	uint64_t until = now_ns();
	struct timespec at;

	if (!w->pause_ns && !(s->is_stopping && until + LEAVE_NS >= s->until_ns))
		tell_failing(s);
	w->pause_ns = w->pause_ns ? 2 * w->pause_ns : PAUSE_MIN_NS;
	if (w->pause_ns > PAUSE_MAX_NS)
		w->pause_ns = PAUSE_MAX_NS;
	until += s->is_stopping ? PAUSE_MIN_NS : w->pause_ns;
	at = to_timespec(s->is_stopping && s->until_ns < until ? s->until_ns : until);
	while (now_ns() < until)
		if (pthread_cond_timedwait(&s->wake, &s->lock, &at) || s->is_stopping)
			break;
}

static void settle(struct alert_sink *s, struct work *w, enum sink_result result)
{
	w->tries++;
	if (result == SINK_DELIVERED)
		settle_delivered(s, w);
	else if (result == SINK_REFUSED || (s->kind->tries && w->tries >= s->kind->tries))
		give_up(s, w);
	else
		pause_again(s, w);
}

static void *work(void *arg)
{
	struct alert_sink *s = arg;
	struct work w = { .n = 0 };
	enum sink_result result;

	pthread_mutex_lock(&s->lock);
	while (take(s, &w)) {
		pthread_mutex_unlock(&s->lock);
		result = s->kind->deliver(s, w.held, w.n);
		pthread_mutex_lock(&s->lock);
		settle(s, &w, result);
	}
	s->undelivered += w.n;
	drop_held(s, &w);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static bool start(struct alert_sink *s)
{
	sigset_t all, before;
	int failed;

	if (s->has_thread)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&s->thread, NULL, work, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	s->has_thread = !failed;
	return s->has_thread;
}

static void give_up_oldest(struct alert_sink *s)
{
	free(s->queue[s->first]);
	s->first = (s->first + 1) % ALERT_QUEUE;
	s->n--;
	s->undelivered++;
}

void alert_sink_send(struct alert_sink *s, const struct alert_note *note)
{
	struct alert_note *copy = malloc(sizeof(*copy));

	pthread_mutex_lock(&s->lock);
	if (!copy || !start(s)) {
		s->undelivered++;
		free(copy);
	} else {
		if (s->n == ALERT_QUEUE)
			give_up_oldest(s);
		*copy = *note;
		s->queue[(s->first + s->n++) % ALERT_QUEUE] = copy;
		pthread_cond_signal(&s->wake);
	}
	pthread_mutex_unlock(&s->lock);
}

void alert_sink_count(struct alert_sink *s, struct alerts_counts *counts)
{
	pthread_mutex_lock(&s->lock);
	counts->delivered += s->delivered;
	counts->undelivered += s->undelivered;
	counts->waiting += s->n + s->n_held;
	pthread_mutex_unlock(&s->lock);
}

void alert_sink_stop(struct alert_sink *s, uint64_t until_ns)
{
	pthread_mutex_lock(&s->lock);
	s->is_stopping = true;
	s->until_ns = until_ns;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

/* Has the thread ended? One that hangs in a system call is left alone, with its sink. */
static bool join(struct alert_sink *s)
{
	struct timespec at = to_timespec(s->until_ns + LEAVE_NS);

	if (!s->has_thread || !pthread_timedjoin_np(s->thread, NULL, &at))
		return true;
	pthread_detach(s->thread);
	return false;
}

void alert_sink_close(struct alert_sink *s, struct alerts_counts *counts)
{
	bool has_ended;

	if (!s)
		return;
	if (!s->is_stopping)
		alert_sink_stop(s, now_ns());
	has_ended = join(s);
	pthread_mutex_lock(&s->lock);
	while (s->n)
		give_up_oldest(s);
	counts->delivered += s->delivered;
	counts->undelivered += s->undelivered + s->n_held;
	if (s->undelivered + s->n_held)
		log_warn("alerts: %s: %" PRIu64 " delivered, %" PRIu64 " not", s->name,
		         s->delivered, s->undelivered + s->n_held);
	pthread_mutex_unlock(&s->lock);
	if (!has_ended)
		return;
	if (s->kind->close)
		s->kind->close(s);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	discard(s);
}
