/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the models say of a flow. A record that was judged points to its verdict, so that outputs
 * and alerts have it beside the counts.
 */
#ifndef WEIR_VERDICT_H
#define WEIR_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERDICT_REASONS 3

struct flow_record;

/* A feature that moved the anomaly score, its value and its usual range (5 % to 95 %). */
struct verdict_reason {
	const char *feature;
	double value, low, high;
};

struct verdict {
	bool has_class; /* there was a classifier */
	bool has_score; /* there was an anomaly model */
	bool is_anomaly;
	uint8_t n_reasons;      /* of an anomaly, largest first */
	const char *class_name; /* lives as long as the model; NULL without */
	double class_probability;
	double anomaly_score; /* as score_samples: -1 most unusual .. 0 */
	struct verdict_reason reason[VERDICT_REASONS];
};

/* The loaded models. */
struct verdicts;

/* Either path may be NULL. NULL on failure with one line in error. */
struct verdicts *verdicts_open(const char *classifier, const char *anomaly, char *error,
                               size_t size);

/* Accepts NULL. Class and feature names in verdicts given out die with it. */
void verdicts_close(struct verdicts *v);

/* Judge n records into out[n], by batches. */
void verdicts_judge(struct verdicts *v, struct verdict *out,
                    const struct flow_record *const *records, size_t n);

#endif
