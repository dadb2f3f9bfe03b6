// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Host windows, live. A flow is told when it leaves, at most its active and its idle timeout and an
 * interval after it began; a window waits that long for its flows. Where the active timeout is off
 * a flow may stay for ever, and windows wait for LONGEST: what comes later makes a row of its own.
 */
#include "hostwatch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feature_host.h"
#include "host_settings.h"
#include "verdict.h"

#define SECOND    1000000000ULL
#define HOSTS_MAX 100000 /* at a time, a kilobyte each; beyond, windows are judged early */
#define LONGEST   (300 * SECOND)
#define HELD      64 /* windows judged at a time */

struct host_model {
	struct verdicts *verdicts;
	double *rows; /* [HELD][features], of what is held */
	uint64_t window_ns, min_flows;
};

struct hostwatch {
	struct hostwatch_config config;
	struct host_model model;
	struct host_windows *windows;
	uint64_t latest_ns; /* the clock */
	uint64_t closed_ns; /* windows that end by this are judged */
	uint64_t lost;
	struct judged_host held[HELD];
	uint32_t n_held;
};

bool hostwatch_is_for(const struct model *m)
{
	struct feature_set set;
	char why[256];

	return m->kind == MODEL_ANOMALY &&
	       !feature_set_from_names(&set, m->feature_names, m->n_features, why, sizeof(why)) &&
	       set.is_host;
}

static void judge_held(struct hostwatch *h)
{
	struct verdict verdict[HELD];
	uint32_t i;

	if (!h->n_held)
		return;
	memset(verdict, 0, h->n_held * sizeof(*verdict));
	verdicts_judge_vectors(h->model.verdicts, true, verdict, h->model.rows, h->n_held);
	for (i = 0; i < h->n_held; i++) {
		h->held[i].verdict = verdict[i];
		h->config.tell(h->config.arg, &h->held[i]);
	}
	h->n_held = 0;
}

static void take_window(void *arg, const struct host_window *w)
{
	struct hostwatch *h = arg;
	const struct feature_set *set = verdicts_set(h->model.verdicts, true);
	struct judged_host *to = &h->held[h->n_held];

	*to = (struct judged_host){ .ip_version = w->ip_version,
		                    .is_source = w->is_source,
		                    .start_ns = w->start_ns,
		                    .flows = w->flows };
	memcpy(to->host, w->host, 16);
	host_window_vector(set, h->model.rows + h->n_held * set->n, w);
	if (++h->n_held == HELD)
		judge_held(h);
}

static void flush(struct hostwatch *h, uint64_t until_ns)
{
	host_windows_flush(h->windows, until_ns);
	judge_held(h);
}

static void host_model_clear(struct host_model *m)
{
	verdicts_free(m->verdicts);
	free(m->rows);
}

/* The model is owned if this succeeds. */
static int host_model_init(struct host_model *to, struct model *m, const char *name, char *error,
                           size_t size)
{
	int failed = -ENOMEM;

	*to = (struct host_model){ .verdicts = verdicts_new(),
		                   .rows = calloc((size_t)HELD * m->n_features, sizeof(double)),
		                   .window_ns = host_settings_window_ns(m),
		                   .min_flows = host_settings_min_flows(m) };
	snprintf(error, size, "%s: no memory", name);
	if (to->verdicts && to->rows) {
		verdicts_allow_hosts(to->verdicts);
		failed = verdicts_take(to->verdicts, m, name, error, size);
	}
	if (failed)
		host_model_clear(to);
	return failed;
}

int hostwatch_use(struct hostwatch *h, struct model *m, const char *name, char *error, size_t size)
{
	uint64_t window_ns = host_settings_window_ns(m);
	struct host_windows *windows = h->windows;
	struct host_model fresh;
	int failed;

	if (window_ns != h->model.window_ns)
		windows = host_windows_new(window_ns, HOSTS_MAX, take_window, h);
	snprintf(error, size, "%s: no memory", name);
	failed = windows ? host_model_init(&fresh, m, name, error, size) : -ENOMEM;
	if (failed && windows != h->windows)
		host_windows_free(windows);
	if (failed)
		return failed;
	judge_held(h);
	if (windows != h->windows && h->windows) {
		hostwatch_end(h);
		host_windows_free(h->windows);
	}
	host_model_clear(&h->model);
	host_windows_need(windows, fresh.min_flows);
	h->windows = windows;
	h->model = fresh;
	return 0;
}

struct hostwatch *hostwatch_new(const struct hostwatch_config *config, struct model *m,
                                const char *name, char *error, size_t size)
{
	struct hostwatch *h = calloc(1, sizeof(*h));

	if (!h) {
		snprintf(error, size, "%s: no memory", name);
		return NULL;
	}
	h->config = *config;
	if (!hostwatch_use(h, m, name, error, size))
		return h;
	free(h);
	return NULL;
}

void hostwatch_free(struct hostwatch *h)
{
	if (!h)
		return;
	host_windows_free(h->windows);
	host_model_clear(&h->model);
	free(h);
}

/* How long after its beginning a flow may still be told. */
static uint64_t patience(const struct hostwatch *h)
{
	const struct hostwatch_config *c = &h->config;

	return (c->active_ns && c->active_ns < LONGEST ? c->active_ns : LONGEST) +
	       (c->idle_ns && c->idle_ns < LONGEST ? c->idle_ns : LONGEST) + c->interval_ns;
}

void hostwatch_clock(struct hostwatch *h, uint64_t now_ns)
{
	uint64_t over_ns = now_ns > patience(h) ? now_ns - patience(h) : 0;

	if (now_ns <= h->latest_ns)
		return;
	h->latest_ns = now_ns;
	over_ns -= over_ns % h->model.window_ns;
	if (over_ns <= h->closed_ns)
		return;
	h->closed_ns = over_ns;
	flush(h, over_ns);
}

/*
 * A flow that ended before all that can still be in the table: the clock went back, as between two
 * files or when someone set it.
 */
static bool is_of_the_past(const struct hostwatch *h, uint64_t end_ns)
{
	return end_ns + patience(h) < h->latest_ns;
}

void hostwatch_record(struct hostwatch *h, const struct flow_record *record)
{
	struct flow_record r = *record;

	r.start_ns += r.wall_ns;
	r.end_ns += r.wall_ns;
	if (is_of_the_past(h, r.end_ns))
		hostwatch_end(h);
	h->lost += host_windows_add_record(h->windows, &r) != 0;
	hostwatch_clock(h, r.end_ns);
}

void hostwatch_end(struct hostwatch *h)
{
	flush(h, UINT64_MAX);
	h->latest_ns = h->closed_ns = 0;
}

uint64_t hostwatch_lost(const struct hostwatch *h)
{
	return h->lost;
}
