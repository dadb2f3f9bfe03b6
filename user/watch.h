/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Between the table and the outputs: every record is judged by the models on its way, and shown to
 * the alert rules; live, so is every flow that moved in an interval.
 */
#ifndef WEIR_WATCH_H
#define WEIR_WATCH_H

#include "baseline.h"
#include "buf.h"
#include "judged.h"
#include "opt.h"
#include "record.h"

struct watch;

struct watch_options {
	const char *classifier;
	struct opt_list anomaly; /* at most one of flows and one of hosts */
	uint64_t baseline_ns;    /* 0: none */
	const char *save;
	bool relearn;
};

/* clang-format off */
#define WATCH_OPTIONS(type, m)                                                                     \
	{ "classifier", 'c', "MODEL", OPT_TEXT, offsetof(type, m.classifier), 0, 0, NULL,          \
	  "classify every flow with this model (weir train classifier)" },                         \
	{ "anomaly", 'a', "MODEL", OPT_LIST, offsetof(type, m.anomaly), 0, 0, NULL,                \
	  "score how unusual flows, or hosts, are with this model (weir train anomaly)" }

/* Live only. */
#define WATCH_LIVE_OPTIONS(type, m)                                                                \
	{ "baseline", 'b', "TIME", OPT_DURATION, offsetof(type, m.baseline_ns), 0,                 \
	  UINT64_MAX, NULL, "learn what is normal for so long, then score by it; 0: do not" },      \
	{ "save", 0, "MODEL", OPT_TEXT, offsetof(type, m.save), 0, 0, NULL,                        \
	  "keep what --baseline learned, for a later run's --anomaly" },                           \
	{ "relearn", 0, NULL, OPT_FLAG, offsetof(type, m.relearn), 0, 0, NULL,                     \
	  "learn again for every --baseline time, and follow traffic that changes" }
/* clang-format on */

/* Called with each record and look when it was judged; valid only during the call. */
typedef void (*watch_pass)(void *arg, const struct flow_record *record);

/* Called with each window of a host that was found unusual; valid only during the call. */
typedef void (*watch_host)(void *arg, const struct judged_host *host);

struct watch_config {
	uint64_t interval_ns, idle_ns, active_ns; /* of the table */
	bool uniflow;
	uint32_t top; /* anomalies kept of an interval */
	watch_pass pass;
	watch_host host; /* NULL: nobody wants to hear of hosts */
	void *arg;       /* of both */
};

/* Has anything been asked for? Without, records need not come by here. */
bool watch_is_wanted(const struct watch_options *options);

/* NULL with one line in error. */
struct watch *watch_open(const struct watch_options *options, const struct watch_config *config,
                         char *error, size_t size);

/* Accepts NULL. */
void watch_close(struct watch *w);

/* A record left the table, or a live flow moved: it is passed on, now or with a batch of others. */
void watch_record(struct watch *w, const struct flow_record *record);

/* Judge and pass on all that is held. */
void watch_settle(struct watch *w);

/* Live, after settling: it is now_ns since 1970, which ends windows of hosts. */
void watch_clock(struct watch *w, uint64_t now_ns);

/* No more records come: settle, and judge the windows of hosts that are open. */
void watch_finish(struct watch *w);

/*
 * An interval of this length is over, all its flows were shown and settled: learn. What there is to
 * say is added to news, line by line. Then forget the sums of the interval.
 */
void watch_end_interval(struct watch *w, uint64_t interval_ns, uint64_t now_ns, struct buf *news);

/* Is the first baseline still being learned? NULL w: no. */
bool watch_is_learning(const struct watch *w);

/* What "flows", "bytes" or "packets" of all are usually, a second; false: not known. */
bool watch_usual(const struct watch *w, const char *measure, double *mean, double *deviation);

/* Sums of the interval (flows that moved) and of the run (records). NULL w: NULL. */
const struct judged *watch_interval(const struct watch *w);
const struct judged *watch_total(const struct watch *w);

/* Read the model files again, all or nothing. 0, or negative with one line in error. */
int watch_reload(struct watch *w, char *error, size_t size);

#endif
