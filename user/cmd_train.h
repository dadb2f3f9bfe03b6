/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of `weir train` share. */
#ifndef WEIR_CMD_TRAIN_H
#define WEIR_CMD_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "dataset.h"
#include "dataset_fit.h"

enum train_split {
	TRAIN_SPLIT_AUTO, /* by file; of one file by time; without times at random */
	TRAIN_SPLIT_BY_FILE,
	TRAIN_SPLIT_BY_TIME,
	TRAIN_SPLIT_RANDOM,
};

struct train_options {
	struct dataset_options data;
	const char *output, *dump, *features, *normal;
	int unit, algorithm, split, class_weight, file_weight;
	uint64_t cv, n_jobs;
	uint64_t n_estimators, max_depth, min_samples_split, min_samples_leaf, max_iter;
	uint64_t max_leaf_nodes, max_bins;
	bool bootstrap;
	const char *test_size, *max_features, *max_samples, *learning_rate, *l2_regularization;
	const char *contamination, *false_positive_rate;
	/* read from the texts */
	double test_part, contamination_part, false_positive_part;
	struct dataset_fit_settings fit;
};

/* Fill in o->fit and the numbers. 0, or -EINVAL with one message printed. */
int train_settings(struct train_options *o, bool anomaly);

/* Split; what was chosen comes back as words. NULL with one message printed. n_folds 0: a part. */
const char *train_split(const struct train_options *o, const struct dataset *d, int32_t *fold,
                        size_t n_folds);

/* Rows with (fold == f) == in. NULL: no memory. */
struct matrix *train_take(const struct matrix *m, const int32_t *fold, int32_t f, bool in);

/* The metadata up to what is special to a kind of model; the caller adds members and "}". */
void train_put_about(struct buf *b, const struct train_options *o, const struct dataset *d,
                     const char *split);

/* Evaluate on data held back, then make the model that is kept. An exit code. */
int train_classifier(struct train_options *o, struct dataset *d);
int train_anomaly(struct train_options *o, struct dataset *d);

/* Save the model with its metadata and say so. An exit code. */
int train_save(struct fitted *f, const struct train_options *o, struct buf *about);

#endif
