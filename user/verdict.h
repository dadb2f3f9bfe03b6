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

struct feature_set;
struct flow_record;
struct model;

/* A feature that moved the anomaly score, its value and its usual range (5 % to 95 %). */
struct verdict_reason {
	const char *feature;
	double value, low, high; /* in the feature's natural unit, without the logarithm */
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
	char why[256]; /* the reasons as text; "" when it is no anomaly */
};

/* The loaded models: at most one classifier and one anomaly model of flows. */
struct verdicts;

/* Nothing loaded. NULL: no memory. */
struct verdicts *verdicts_new(void);

/* Accepts NULL. Class and feature names in verdicts given out die with it. */
void verdicts_free(struct verdicts *v);

/*
 * Take a model, in place of one of its kind that is there. 0 (the model is then owned), or negative
 * with one line in error (and the old one stays): a feature that this weir does not make, features
 * of hosts.
 */
int verdicts_take(struct verdicts *v, struct model *model, const char *name, char *error,
                  size_t size);

/* The same from a file. */
int verdicts_load(struct verdicts *v, const char *path, char *error, size_t size);

/* Is any model loaded? */
bool verdicts_can_judge(const struct verdicts *v);

/* The anomaly model; NULL: none. */
const struct model *verdicts_anomaly(const struct verdicts *v);

/* Take models of hosts too. verdicts_judge() is not for those. */
void verdicts_allow_hosts(struct verdicts *v);

/* For whoever makes the vectors: what goes into them for a model; NULL: there is none. */
const struct feature_set *verdicts_set(const struct verdicts *v, bool anomaly);

/* Judge n vectors of that set by that model; out[n] is added to: begin with all zero. */
void verdicts_judge_vectors(struct verdicts *v, bool anomaly, struct verdict *out,
                            const double *rows, size_t n);

/* Judge n records into out[n], by batches. */
void verdicts_judge(struct verdicts *v, struct verdict *out,
                    const struct flow_record *const *records, size_t n);

#endif
