/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How good a model is, told honestly: beside two baselines that need no learning worth the name,
 * and with intervals that say how much the answer hangs on which files were looked at.
 */
#ifndef WEIR_EVALUATE_H
#define WEIR_EVALUATE_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "metrics.h"

/* Answers of a classifier, row by row. All arrays are [n] and the caller's. */
struct evaluate_rows {
	size_t n;
	const int32_t *truth, *predicted;
	const int32_t *ports; /* what the ports baseline says; NULL: none */
	int32_t majority;     /* the class that training saw most; -1: not known */
	const double *confidence;
	const uint32_t *group; /* file */
	size_t n_groups;
	const char *const *class_names;
	size_t n_classes;
};

/* An estimate and its 95 % interval by bootstrap over files; equal where there is one file. */
struct evaluate_estimate {
	double value, low, high;
};

struct evaluate_result {
	struct evaluate_estimate accuracy, macro_f1;
	double balanced_accuracy;
	double ports_accuracy, ports_macro_f1;       /* NaN: none */
	double majority_accuracy, majority_macro_f1; /* NaN: none */
	double calibration_error;
	struct metrics_bin bins[10];
};

/* 0 or -ENOMEM. */
int evaluate_classes(struct evaluate_result *out, const struct evaluate_rows *rows, uint64_t seed);

/* The classification report, the comparison, the confusion matrix, the probabilities. */
int evaluate_put_text(struct buf *b, const struct evaluate_rows *rows,
                      const struct evaluate_result *r);
int evaluate_put_json(struct buf *b, const struct evaluate_rows *rows,
                      const struct evaluate_result *r);

/* One line a class, then accuracy, macro and weighted averages, as pandas has the report. */
int evaluate_put_csv(struct buf *b, const struct evaluate_rows *rows,
                     const struct evaluate_result *r);

/* Scores of an anomaly model: the lower, the more unusual. */
struct evaluate_scores {
	size_t n;
	const double *score;
	const int32_t *truth; /* index of class_names; -1: not known */
	const uint32_t *group;
	size_t n_groups;
	const char *const *class_names;
	size_t n_classes;
	const uint8_t *is_normal; /* [n_classes] */
	double threshold;
};

/* One kind of traffic against all that is normal; the last line is all kinds together. */
struct evaluate_attack {
	const char *name;
	uint64_t n, alerts;
	struct evaluate_estimate roc_auc; /* NaN without rows of both kinds */
	double average_precision;
};

struct evaluate_anomaly {
	uint64_t normal, false_alerts, unknown;
	size_t n_attacks;
	struct evaluate_attack *attack; /* [n_attacks + 1]; free() it */
};

int evaluate_anomalies(struct evaluate_anomaly *out, const struct evaluate_scores *s,
                       uint64_t seed);

void evaluate_anomaly_text(struct buf *b, const struct evaluate_scores *s,
                           const struct evaluate_anomaly *r);
void evaluate_anomaly_json(struct buf *b, const struct evaluate_scores *s,
                           const struct evaluate_anomaly *r);
void evaluate_anomaly_csv(struct buf *b, const struct evaluate_anomaly *r);

#endif
