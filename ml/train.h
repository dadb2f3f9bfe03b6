/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Training, with scikit-learn's parameters, defaults and semantics (1.2). Same data, parameters and
 * random_state: the same forest, byte for byte, whatever the number of threads.
 */
#ifndef WEIR_TRAIN_H
#define WEIR_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "forest.h"
#include "matrix.h"

/* Called now and then from the calling thread with the part done, 0..1; may be NULL. */
typedef void (*train_progress)(void *arg, double part);

struct train_common {
	uint64_t random_state;
	uint32_t n_jobs; /* 0: all processors */
	train_progress progress;
	void *arg;
};

enum train_max_features {
	TRAIN_SQRT, /* the default, max(1, floor(sqrt(n))) */
	TRAIN_LOG2,
	TRAIN_ALL,
	TRAIN_COUNT, /* max_features_value of them */
	TRAIN_FRACTION,
};

enum train_class_weight {
	TRAIN_WEIGHT_NONE,
	TRAIN_WEIGHT_BALANCED, /* n / (n_classes * count) */
};

/* RandomForestClassifier; zero-initialised fields do not mean defaults: start from these. */
struct train_forest {
	struct train_common common;
	uint32_t n_estimators;      /* 100 */
	uint32_t max_depth;         /* 0: none */
	uint32_t min_samples_split; /* 2 */
	uint32_t min_samples_leaf;  /* 1 */
	enum train_max_features max_features;
	double max_features_value;
	bool bootstrap;     /* true */
	double max_samples; /* share of rows a tree draws, 1 */
	enum train_class_weight class_weight;
};

/*
 * HistGradientBoostingClassifier, but for three things. A tree may use a random half of the
 * columns, which makes trees differ: macro-F1 gains a point on flows, and training takes half the
 * time; max_features = 1 is scikit-learn's way. A leaf never steps beyond the least loss of its
 * rows, so that rare classes do not make the sums run away (train_newton.c). And there is no early
 * stopping: all max_iter iterations are made, where scikit-learn's default holds back a tenth of
 * the rows to stop by, from 10,000 on.
 */
struct train_boost {
	struct train_common common;
	double learning_rate;      /* 0.1 */
	uint32_t max_iter;         /* 100 */
	uint32_t max_leaf_nodes;   /* 31 */
	uint32_t max_depth;        /* 0: none */
	uint32_t min_samples_leaf; /* 20 */
	double l2_regularization;  /* 0 */
	uint32_t max_bins;         /* 255 */
	double max_features;       /* share of the columns a tree may use, 0.5; never below 8 */
	enum train_class_weight class_weight;
};

/* IsolationForest. */
struct train_isolation {
	struct train_common common;
	uint32_t n_estimators; /* 100 */
	uint32_t max_samples;  /* 256: min(256, n) as "auto" */
	double max_features;   /* share of the columns a tree may use, 1 */
	bool bootstrap;        /* false */
};

extern const struct train_forest train_forest_defaults;
extern const struct train_boost train_boost_defaults;
extern const struct train_isolation train_isolation_defaults;

/*
 * m: scaled if scaling is wanted (scaler.h); rows with label -1 are left out by the classifiers;
 * weights count as sample_weight. NULL with one line in error: no rows, one class, NaN or infinity,
 * a parameter out of range, no memory.
 */
struct forest *train_forest_fit(const struct train_forest *p, const struct matrix *m, char *error,
                                size_t size);
struct forest *train_boost_fit(const struct train_boost *p, const struct matrix *m, char *error,
                               size_t size);
struct forest *train_isolation_fit(const struct train_isolation *p, const struct matrix *m,
                                   char *error, size_t size);

/*
 * The most bytes train_forest_fit() takes beside the matrix and the forest that grows: for each
 * value a rank and, as far as they differ, a float32, and for each thread 48 bytes a row.
 */
uint64_t train_forest_memory(const struct train_forest *p, uint64_t n_rows, uint64_t n_columns);

/* Likewise train_boost_fit(): for each value a byte, for each row and class a float64. */
uint64_t train_boost_memory(const struct train_boost *p, uint64_t n_rows, uint64_t n_columns,
                            uint64_t n_classes);

#endif
