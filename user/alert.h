/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Alerts: rules over what flows did in an interval, alone and added up by key over a window of
 * time.
 *
 * At each interval the pipeline shows every flow that moved since the last one, then calls
 * alerts_tick(). Alerts open, go on, and resolve; each such change is one event to every sink.
 */
#ifndef WEIR_ALERT_H
#define WEIR_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"
#include "verdict.h"

/* One flow in one interval. */
struct alert_flow {
	const struct flow_record *record; /* all of it so far, src is the initiator */
	const struct verdict *verdict;    /* NULL: not judged */
	uint64_t packets[2];              /* in this interval; [0] from the initiator, [1] back */
	uint64_t bytes[2];
	bool is_new;    /* its first interval */
	bool has_ended; /* the record is final */
};

struct alerts;

struct alerts_config {
	const char *rules;        /* path of the rules file; NULL: the built-in rules */
	const char *const *sinks; /* "stderr:", "json:PATH", "syslog:", "webhook:URL", ... */
	size_t n_sinks;
	uint64_t interval_ns;
};

/* NULL on failure with one line in error: file, line, reason. */
struct alerts *alerts_open(const struct alerts_config *config, char *error, size_t size);

/* All or nothing: on failure the old rules stay. 0, or -EINVAL with one line in error. */
int alerts_reload(struct alerts *a, char *error, size_t size);

/* Resolve nothing, deliver what can be delivered within a second, count the rest. Accepts NULL. */
void alerts_close(struct alerts *a);

void alerts_add(struct alerts *a, const struct alert_flow *flow);

/* An interval is over; now_ns since 1970. Never waits for a sink. */
void alerts_tick(struct alerts *a, uint64_t now_ns);

/* An alert that is open, or was, for outputs and pages. */
struct alert_event {
	uint64_t opened_ns, changed_ns;
	bool is_open;
	const char *rule, *severity, *key, *text;
	double value, threshold;
};

/* The last n events, newest first, valid until the next tick; how many comes back. */
size_t alerts_recent(const struct alerts *a, struct alert_event *events, size_t n);

struct alerts_counts {
	uint64_t opened, resolved, suppressed, delivered, undelivered;
};

void alerts_count(const struct alerts *a, struct alerts_counts *counts);

#endif
