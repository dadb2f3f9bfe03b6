/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Alerts: rules (rule.h) over what flows did in an interval, alone and added up by key over a
 * window of time.
 *
 * At each interval the pipeline shows every flow that moved since the last one, then calls
 * alerts_tick(). Alerts open, go on, and resolve; each such change is one event to every sink.
 *
 *     alerts_open()     before rights are given up
 *     priv_drop()       with alerts_needs() among its needs, and alerts_launch() before its filter
 *     alerts_add() ...  every flow that moved
 *     alerts_tick()     the threads of sinks start with the first event
 *     alerts_close()
 */
#ifndef WEIR_ALERT_H
#define WEIR_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

struct alerts;
struct judged_host;

/*
 * What a rate is usually: mean and deviation, per second, of "flows", "bytes", "packets", ... (as
 * rules name measures) of one key ("all", "src_ip", "src_ip+dst_ip", ...). False: not known.
 */
typedef bool (*alerts_usual)(void *arg, const char *measure, const char *key, double *mean,
                             double *deviation);

struct alerts_config {
	const char *rules;        /* path of the rules file; NULL: the built-in rules */
	const char *const *sinks; /* "stderr:", "json:PATH", "syslog:", "webhook:URL", ... */
	size_t n_sinks;
	uint64_t interval_ns;
	uint32_t max_keys;  /* that each rule keeps; 0: ALERTS_KEYS */
	alerts_usual usual; /* the baseline; NULL: none, zscore never holds */
	void *usual_arg;
};

#define ALERTS_KEYS 32768

/* NULL on failure with one line in error: file, line, reason. */
struct alerts *alerts_open(const struct alerts_config *config, char *error, size_t size);

/* What the sinks go on to need: enum priv_need. */
unsigned int alerts_needs(const struct alerts *a);

/*
 * Start the processes of sinks that run programs, before any thread; confined: with less rights
 * than this one, by priv_confine(). 0, or -EINVAL with one line in error.
 */
int alerts_launch(struct alerts *a, bool confined, char *error, size_t size);

/*
 * Read the rules file again. All or nothing: on failure the old rules stay. Rules that did not
 * change keep what they counted; alerts of the others resolve. 0, or -EINVAL with one line in
 * error.
 */
int alerts_reload(struct alerts *a, char *error, size_t size);

/* Resolve nothing, deliver what can be delivered within a second, count the rest. Accepts NULL. */
void alerts_close(struct alerts *a);

/*
 * While learning, nothing opens, and what is seen becomes familiar: rules may ask for keys that
 * were, or were not, there. Off at first.
 */
void alerts_learn(struct alerts *a, bool learning);

/* A flow that moved in this interval, live or with its last record. RECORD_ACTIVE is passed over:
 * what moved is shown by the next look. */
void alerts_add(struct alerts *a, const struct flow_record *flow);

/*
 * A host was unusual in a window of time: an alert of the rule unusual-source or
 * unusual-destination, which is there besides all others and resolves when the host was not unusual
 * for its hold.
 */
void alerts_raise_host(struct alerts *a, const struct judged_host *host);

/* An interval is over; now_ns since 1970. Never waits for a sink. */
void alerts_tick(struct alerts *a, uint64_t now_ns);

/* An alert that opened or resolved, for outputs and pages. */
struct alert_event {
	uint64_t opened_ns, changed_ns;
	bool is_open; /* false: resolved */
	const char *rule, *severity, *key, *text;
	double value, threshold;
};

/* The last n events, newest first, valid until the next tick; how many comes back. */
size_t alerts_recent(const struct alerts *a, struct alert_event *events, size_t n);

struct alerts_counts {
	uint64_t opened, resolved;
	uint64_t suppressed;  /* by hold, limit, or too many open at once */
	uint64_t delivered;   /* events times sinks */
	uint64_t waiting;     /* in queues */
	uint64_t undelivered; /* pushed out of full queues, refused, or left at the end */
	uint64_t pushed_out;  /* keys that rules had no room for */
	uint32_t open;        /* now */
};

void alerts_count(const struct alerts *a, struct alerts_counts *counts);

#endif
