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

#include "learner.h"

#define HELD                256
#define FALSE_POSITIVE_RATE 0.001 /* of flows like those of the baseline */

struct held {
	struct flow_record record;
	struct flow_partial fwd, rev;
};

struct watch {
	struct watch_options options;
	struct verdicts *verdicts;
	struct learner *learner; /* NULL: no baseline is wanted */
	watch_pass pass;
	void *arg;
	uint32_t top, n_held;
	struct held held[HELD];
	struct verdict verdict[HELD];
	struct judged interval, total;
	uint64_t no_memory; /* flows that found none in the sample */
};

bool watch_is_wanted(const struct watch_options *o)
{
	return o->classifier || o->anomaly || o->baseline_ns;
}

/* A model of the wrong kind would silently do the other's work. */
static int load(struct verdicts *v, const char *path, bool anomaly, char *error, size_t size)
{
	bool had = verdicts_anomaly(v) != NULL;

	if (!path)
		return 0;
	if (verdicts_load(v, path, error, size))
		return -EINVAL;
	if ((verdicts_anomaly(v) != NULL) == (anomaly || had))
		return 0;
	snprintf(error, size, "%s: is %s; give it with %s", path,
	         anomaly ? "a classifier" : "an anomaly model",
	         anomaly ? "--classifier" : "--anomaly");
	return -EINVAL;
}

static struct verdicts *load_all(const struct watch_options *o, char *error, size_t size)
{
	struct verdicts *v = verdicts_new();

	if (!v)
		snprintf(error, size, "cannot load the models: no memory");
	else if (!load(v, o->classifier, false, error, size) &&
	         !load(v, o->anomaly, true, error, size))
		return v;
	verdicts_free(v);
	return NULL;
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

struct watch *watch_open(const struct watch_options *options, uint64_t interval_ns, uint32_t top,
                         watch_pass pass, void *arg, char *error, size_t size)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w) {
		snprintf(error, size, "cannot watch: no memory");
		return NULL;
	}
	w->options = *options;
	w->pass = pass;
	w->arg = arg;
	w->top = top;
	w->verdicts = load_all(options, error, size);
	if (!w->verdicts || start_learner(w, error, size)) {
		watch_close(w);
		return NULL;
	}
	judged_reset(&w->interval, top);
	judged_reset(&w->total, top);
	return w;
}

void watch_close(struct watch *w)
{
	if (!w)
		return;
	learner_free(w->learner);
	verdicts_free(w->verdicts);
	free(w);
}

int watch_reload(struct watch *w, char *error, size_t size)
{
	struct verdicts *fresh = load_all(&w->options, error, size);

	if (!fresh)
		return -EINVAL;
	watch_settle(w);
	verdicts_free(w->verdicts);
	w->verdicts = fresh;
	return 0;
}

/* One that was cut counts when it is looked at, and with its last record. */
static void account(struct watch *w, const struct flow_record *r)
{
	bool moved = r->moved_packets[0] || r->moved_packets[1];

	if (w->learner && r->end == RECORD_LIVE)
		learner_look(w->learner, r);
	if (w->learner && r->end != RECORD_LIVE && learner_record(w->learner, r))
		w->no_memory++;
	if (!verdicts_can_judge(w->verdicts) || (!r->fwd->packets && !r->rev->packets))
		return;
	if (r->end != RECORD_LIVE)
		judged_add(&w->total, r);
	if (moved && r->end != RECORD_ACTIVE)
		judged_add(&w->interval, r);
}

void watch_settle(struct watch *w)
{
	bool judges = verdicts_can_judge(w->verdicts);
	const struct flow_record *records[HELD];
	uint32_t i;

	for (i = 0; i < w->n_held; i++)
		records[i] = &w->held[i].record;
	if (judges)
		verdicts_judge(w->verdicts, w->verdict, records, w->n_held);
	for (i = 0; i < w->n_held; i++) {
		w->held[i].record.verdict = judges ? &w->verdict[i] : NULL;
		account(w, records[i]);
		w->pass(w->arg, records[i]);
	}
	w->n_held = 0;
}

static struct held *hold(struct watch *w, const struct flow_record *record)
{
	struct held *h;

	if (w->n_held == HELD)
		watch_settle(w);
	h = &w->held[w->n_held++];
	h->record = *record;
	return h;
}

void watch_record(struct watch *w, const struct flow_record *record)
{
	struct held *h = hold(w, record);

	h->fwd = *record->fwd;
	h->rev = *record->rev;
	h->record.fwd = &h->fwd;
	h->record.rev = &h->rev;
}

void watch_look(struct watch *w, const struct flow_record *record)
{
	hold(w, record);
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

	judged_reset(&w->interval, w->top);
	if (w->learner)
		m = learner_tick(w->learner, interval_ns, now_ns, news);
	if (m && verdicts_take(w->verdicts, m, "baseline", error, sizeof(error))) {
		buf_format(news, "%s\n", error);
		model_close(m);
	}
}

const struct judged *watch_interval(const struct watch *w)
{
	return w && verdicts_can_judge(w->verdicts) ? &w->interval : NULL;
}

const struct judged *watch_total(const struct watch *w)
{
	return w && verdicts_can_judge(w->verdicts) ? &w->total : NULL;
}
