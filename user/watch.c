// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Records are held back, copied, until there is a batch of them: the forests are several times
 * faster on many rows than on one. Looks at live flows hold only the record, whose partials stay in
 * the table as long as nothing is added to it.
 */
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hostwatch.h"
#include "learner.h"

#define HELD                256
#define FALSE_POSITIVE_RATE 0.001 /* of flows like those of the baseline */

struct held {
	struct flow_record record;
	struct flow_side fwd, rev;
};

struct watch {
	struct watch_options options;
	struct verdicts *verdicts;
	struct hostwatch *hosts; /* NULL: no model of hosts */
	struct learner *learner; /* NULL: no baseline is wanted */
	struct watch_config config;
	uint32_t n_held;
	struct held held[HELD];
	struct verdict verdict[HELD];
	struct judged interval, total;
	uint64_t no_memory; /* flows that found none in the sample */
};

bool watch_is_wanted(const struct watch_options *o)
{
	return o->classifier || o->anomaly.count || o->baseline_ns;
}

/* What the options name, loaded; a model of hosts is on its way to hostwatch. */
struct loaded {
	struct verdicts *verdicts;
	struct model *hosts;
	const char *hosts_path;
};

static void loaded_clear(struct loaded *l)
{
	verdicts_free(l->verdicts);
	model_close(l->hosts);
}

/* A model of the wrong kind would silently do the other's work, a second one take the first's. */
static int refuse(const struct loaded *l, const struct model *m, const char *path, bool anomaly,
                  char *error, size_t size)
{
	bool hosts = hostwatch_is_for(m);

	if ((m->kind == MODEL_ANOMALY) != anomaly)
		snprintf(error, size, "%s: is %s; give it with %s", path,
		         anomaly ? "a classifier" : "an anomaly model",
		         anomaly ? "--classifier" : "--anomaly");
	else if (anomaly && (hosts ? l->hosts != NULL : verdicts_anomaly(l->verdicts) != NULL))
		snprintf(error, size,
		         "%s: is a second model of %s; give --anomaly once for each kind", path,
		         hosts ? "hosts" : "flows");
	else
		return 0;
	return -EINVAL;
}

static int load(struct loaded *l, const char *path, bool anomaly, char *error, size_t size)
{
	struct model *m = path ? model_open(path, error, size) : NULL;
	int failed;

	if (!m)
		return path ? -EINVAL : 0;
	failed = refuse(l, m, path, anomaly, error, size);
	if (!failed && hostwatch_is_for(m)) {
		l->hosts = m;
		l->hosts_path = path;
		return 0;
	}
	if (!failed)
		failed = verdicts_take(l->verdicts, m, path, error, size);
	if (failed)
		model_close(m);
	return failed;
}

static int load_all(struct loaded *l, const struct watch_options *o, char *error, size_t size)
{
	int failed;
	size_t i;

	*l = (struct loaded){ .verdicts = verdicts_new() };
	snprintf(error, size, "cannot load the models: no memory");
	failed = l->verdicts ? load(l, o->classifier, false, error, size) : -ENOMEM;
	for (i = 0; i < o->anomaly.count && !failed; i++)
		failed = load(l, o->anomaly.item[i], true, error, size);
	if (failed)
		loaded_clear(l);
	return failed;
}

static void take_host(void *arg, const struct judged_host *host)
{
	struct watch *w = arg;

	judged_add_host(&w->interval, host);
	judged_add_host(&w->total, host);
	if (host->verdict.is_anomaly && w->config.host)
		w->config.host(w->config.arg, host);
}

/* Take all that was loaded, or nothing. */
static int use(struct watch *w, struct loaded *l, char *error, size_t size)
{
	const struct hostwatch_config config = { w->config.idle_ns, w->config.active_ns,
		                                 w->config.interval_ns, take_host, w };
	int failed = 0;

	if (l->hosts && w->config.uniflow) {
		snprintf(error, size,
		         "%s: judges hosts by questions and their answers, which --uniflow takes "
		         "apart; leave out one of the two",
		         l->hosts_path);
		failed = -EINVAL;
	} else if (l->hosts && w->hosts) {
		failed = hostwatch_use(w->hosts, l->hosts, l->hosts_path, error, size);
	} else if (l->hosts) {
		w->hosts = hostwatch_new(&config, l->hosts, l->hosts_path, error, size);
		failed = w->hosts ? 0 : -ENOMEM;
	}
	if (failed) {
		loaded_clear(l);
		return failed;
	}
	if (!l->hosts) { /* what was hosts may have become flows */
		hostwatch_free(w->hosts);
		w->hosts = NULL;
	}
	verdicts_free(w->verdicts);
	w->verdicts = l->verdicts;
	return 0;
}

static int start_learner(struct watch *w, char *error, size_t size)
{
	const struct learner_options options = {
		.baseline_ns = w->options.baseline_ns,
		.save = w->options.save,
		.relearn = w->options.relearn,
		.false_positive_rate = FALSE_POSITIVE_RATE,
	};

	if (!options.baseline_ns)
		return 0;
	w->learner = learner_new(&options);
	if (!w->learner)
		snprintf(error, size, "cannot learn a baseline: no memory");
	return w->learner ? 0 : -ENOMEM;
}

/* Forget an interval's sums, or begin them. */
static void reset(struct watch *w, struct judged *j)
{
	judged_reset(j, w->config.top);
	j->has_flows = verdicts_can_judge(w->verdicts);
	j->has_hosts = w->hosts != NULL;
}

struct watch *watch_open(const struct watch_options *options, const struct watch_config *config,
                         char *error, size_t size)
{
	struct watch *w = calloc(1, sizeof(*w));
	struct loaded loaded;

	if (!w) {
		snprintf(error, size, "cannot watch: no memory");
		return NULL;
	}
	w->options = *options;
	w->config = *config;
	if (load_all(&loaded, options, error, size) || use(w, &loaded, error, size) ||
	    start_learner(w, error, size)) {
		watch_close(w);
		return NULL;
	}
	reset(w, &w->interval);
	reset(w, &w->total);
	return w;
}

void watch_close(struct watch *w)
{
	if (!w)
		return;
	learner_free(w->learner);
	hostwatch_free(w->hosts);
	verdicts_free(w->verdicts);
	free(w);
}

int watch_reload(struct watch *w, char *error, size_t size)
{
	struct loaded loaded;
	int failed = load_all(&loaded, &w->options, error, size);

	if (failed)
		return failed;
	watch_settle(w);
	failed = use(w, &loaded, error, size);
	w->interval.has_hosts = w->total.has_hosts = w->hosts != NULL;
	return failed;
}

/* One that was cut counts when it is looked at, and with its last record. */
static void account(struct watch *w, const struct flow_record *r)
{
	bool moved = r->moved_packets[0] || r->moved_packets[1];

	if (w->learner && r->end == RECORD_LIVE)
		learner_look(w->learner, r);
	if (w->learner && r->end != RECORD_LIVE && learner_record(w->learner, r))
		w->no_memory++;
	if (w->hosts && r->end != RECORD_LIVE)
		hostwatch_record(w->hosts, r);
	if (!verdicts_can_judge(w->verdicts) || (!r->fwd->packets && !r->rev->packets))
		return;
	if (r->end != RECORD_LIVE)
		judged_add(&w->total, r);
	if (moved && r->end != RECORD_ACTIVE)
		judged_add(&w->interval, r);
}

void watch_settle(struct watch *w)
{
	bool judged = verdicts_can_judge(w->verdicts);
	const struct flow_record *records[HELD];
	uint32_t i;

	for (i = 0; i < w->n_held; i++)
		records[i] = &w->held[i].record;
	if (judged)
		verdicts_judge(w->verdicts, w->verdict, records, w->n_held);
	for (i = 0; i < w->n_held; i++) {
		w->held[i].record.verdict = judged ? &w->verdict[i] : NULL;
		account(w, records[i]);
		w->config.pass(w->config.arg, records[i]);
	}
	w->n_held = 0;
}

void watch_clock(struct watch *w, uint64_t now_ns)
{
	if (w->hosts)
		hostwatch_clock(w->hosts, now_ns);
}

void watch_finish(struct watch *w)
{
	watch_settle(w);
	if (w->hosts)
		hostwatch_end(w->hosts);
}

void watch_record(struct watch *w, const struct flow_record *record)
{
	struct held *h;

	if (w->n_held == HELD)
		watch_settle(w);
	h = &w->held[w->n_held++];
	h->record = *record;
	h->fwd = *record->fwd;
	h->rev = *record->rev;
	h->record.fwd = &h->fwd;
	h->record.rev = &h->rev;
}

bool watch_is_learning(const struct watch *w)
{
	return w && w->learner && !learner_baseline(w->learner);
}

bool watch_usual(const struct watch *w, const char *measure, double *mean, double *deviation)
{
	const struct baseline *b = w->learner ? learner_baseline(w->learner) : NULL;
	time_t now = time(NULL);
	struct tm tm;
	char name[64];

	snprintf(name, sizeof(name), "%s_per_second", measure);
	return b && gmtime_r(&now, &tm) && baseline_by_name(b, name, tm.tm_hour, mean, deviation);
}

void watch_end_interval(struct watch *w, uint64_t interval_ns, uint64_t now_ns, struct buf *news)
{
	struct model *m = NULL;
	char error[256];

	if (w->learner)
		m = learner_tick(w->learner, interval_ns, now_ns, news);
	if (m && verdicts_take(w->verdicts, m, "baseline", error, sizeof(error))) {
		buf_format(news, "%s\n", error);
		model_close(m);
	}
	reset(w, &w->interval);
	w->total.has_flows = w->interval.has_flows;
}

static bool judges(const struct watch *w)
{
	return w && (verdicts_can_judge(w->verdicts) || w->hosts);
}

const struct judged *watch_interval(const struct watch *w)
{
	return judges(w) ? &w->interval : NULL;
}

const struct judged *watch_total(const struct watch *w)
{
	return judges(w) ? &w->total : NULL;
}
