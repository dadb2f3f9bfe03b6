/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A model: what the features are, how they are scaled, the forest, and how to read its answer.
 *
 * On disk one flat, checksummed, mmap-able file, little endian, the same bytes on every machine;
 * see model_file.c for its layout. It is checked once when opened and then used as it lies.
 */
#ifndef WEIR_MODEL_H
#define WEIR_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forest.h"

enum model_kind {
	MODEL_FOREST_CLASSIFIER, /* predict_proba: shares of the trees */
	MODEL_BOOST_CLASSIFIER,  /* predict_proba: softmax of the sums; two classes: sigmoid */
	MODEL_ANOMALY,           /* score_samples: -2^(-path / c(max_samples)) */
};

#define MODEL_QUANTILES    101 /* of the training (or held-back) scores, 0 % .. 100 % */
#define MODEL_FEATURES_MAX 4096
#define MODEL_CLASSES_MAX  4096

struct model {
	enum model_kind kind;
	uint64_t schema; /* hash of the feature schema it was made for; 0: only the names count */
	uint32_t n_features;
	uint32_t n_classes;         /* 0 for MODEL_ANOMALY */
	const char **feature_names; /* [n_features] */
	const char **class_names;   /* [n_classes] */
	const double *mean;  /* [n_features]: StandardScaler; NULL: rows are taken as they are */
	const double *scale; /* [n_features]: the divisor, never 0 */
	struct forest forest;
	double threshold; /* MODEL_ANOMALY: is_anomaly when score_samples < threshold */
	double quantile[MODEL_QUANTILES]; /* of score_samples; of the largest probability otherwise;
	                                   * ascending; all 0: not known */
	const double *usual; /* [n_features][3]: 5 %, 50 %, 95 % of each feature in training,
	                      * unscaled; NULL: not known */
	const char *about;   /* training metadata, one JSON object; NULL is {} when saving */
	void *map;           /* the one allocation that all pointers lie in */
	size_t map_size;
};

/* NULL on failure with one line in error: the file, the reason, the next step. */
struct model *model_open(const char *path, char *error, size_t size);

/* From the bytes of a model file (tests, fuzzing). Borrowed: data must outlive the model. */
struct model *model_from_bytes(const void *data, size_t length, char *error, size_t size);

/* Write atomically (a new file renamed over the old). 0 or negative with one line in error. */
int model_save(const struct model *m, const char *path, char *error, size_t size);

/* Accepts NULL. */
void model_close(struct model *m);

/*
 * rows[n][n_features], unscaled float64. Scaled in float64, cast to float32, then applied.
 * proba[n][n_classes].
 */
void model_predict_proba(const struct model *m, double *proba, const double *rows, size_t n);

/* score[n] as scikit-learn's score_samples: -1 (unusual) .. 0. */
void model_score_samples(const struct model *m, double *score, const double *rows, size_t n);

/* The scaled float32 row the forest sees; for reasons. */
void model_scale_row(const struct model *m, float *scaled, const double *row);

#endif
