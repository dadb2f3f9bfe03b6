/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is normal here, learned by watching: rates of the intervals, overall and by protocol (and by
 * hour of the day once two days were seen), and a sample of flows to train an anomaly model from.
 */
#ifndef WEIR_BASELINE_H
#define WEIR_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "feature.h"
#include "matrix.h"
#include "model.h"
#include "record.h"

#define BASELINE_FEATURES "flow" /* what a model made here is told of a flow */

enum baseline_what {
	BASELINE_BYTES,
	BASELINE_PACKETS,
	BASELINE_FLOWS, /* new ones */
	BASELINE_RATES
};

enum baseline_group {
	BASELINE_ALL,
	BASELINE_TCP,
	BASELINE_UDP,
	BASELINE_ICMP,
	BASELINE_OTHER,
	BASELINE_GROUPS
};

/* Of one rate, a second, over the intervals. */
struct baseline_rate {
	double mean, deviation, low, median, high; /* 5 %, 50 %, 95 % */
};

struct baseline;

/* sample: flows kept at most. NULL: no memory. */
struct baseline *baseline_new(uint32_t sample, uint64_t random_state);

/* Accepts NULL. */
void baseline_free(struct baseline *b);

/* A flow that moved, or a record that left. Both count in the rates by what moved. */
void baseline_add(struct baseline *b, const struct flow_record *record);

/* A flow for the sample: one that left, or is still there at the end. 0 or -ENOMEM. */
int baseline_sample(struct baseline *b, const struct flow_record *record);

/* An interval of this length is over; now_ns since 1970 tells the hour. 0 or -ENOMEM. */
int baseline_tick(struct baseline *b, uint64_t interval_ns, uint64_t now_ns);

size_t baseline_intervals(const struct baseline *b);
uint64_t baseline_flows(const struct baseline *b);

/* False before there are two intervals. */
bool baseline_rate(const struct baseline *b, enum baseline_group group, enum baseline_what what,
                   struct baseline_rate *rate);

/*
 * By name, for rules: "bytes_per_second", "tcp.packets_per_second", "udp.flows_per_second". hour:
 * 0..23 for that hour's own where two days have told it, else -1.
 */
bool baseline_by_name(const struct baseline *b, const char *name, int hour, double *mean,
                      double *deviation);

/* Lines for people, the guide's four figures of the flows among them. */
void baseline_print(const struct baseline *b, struct buf *text);

/* The rates as one JSON object: what a model's metadata keeps. */
void baseline_put_json(const struct baseline *b, struct buf *text);

/* The sample's rows. */
const struct matrix *baseline_rows(const struct baseline *b);

/* The share of the sample that a model with the same features calls anomalous; 1: no memory. */
double baseline_alarms(const struct baseline *b, const struct model *m);

/*
 * Train on the sample. NULL with one line in error: too few flows. The model is the caller's; its
 * metadata are the rates.
 */
struct model *baseline_train(const struct baseline *b, double false_positive_rate, char *error,
                             size_t size);

#endif
