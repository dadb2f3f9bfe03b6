/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What dataset.c, dataset_add.c and dataset_folder.c share. */
#ifndef WEIR_DATASET_STATE_H
#define WEIR_DATASET_STATE_H

#include "dataset.h"
#include "dataset_flows.h"
#include "feature_host.h"
#include "label_rules.h"
#include "labels.h"

/* A row that waits for the end of its file; its features are at the same index of values. */
struct dataset_row {
	struct dataset_tag tag;
	const char *label; /* NULL: none */
	uint32_t group;
	uint32_t at; /* in values, in units of rows */
};

struct dataset_state {
	struct dataset *d;
	struct dataset_options o;
	const struct feature_set *set;
	bool labelled;
	bool keep_ends;
	struct dataset_listener listener;
	struct label_rules *rules;
	struct labels *labels;
	char **text; /* classes from columns */
	size_t n_texts;
	int16_t needed[FEATURE_FIELDS];
	size_t n_needed;
	struct flows_options flows;

	/* of the file being read */
	const char *path;
	int64_t file; /* of labels */
	int64_t group;
	int label_column, file_column;
	bool columns_known;
	struct host_windows *hosts;
	char trouble[512]; /* why reading was stopped from within */

	struct dataset_row *waiting; /* [n_waiting] */
	double *values;              /* [n_waiting][n_features] */
	size_t n_waiting, capacity;
};

/* A file into the data set. 0, or negative with one line in error. */
int dataset_add_file(struct dataset_state *s, const char *path, char *error, size_t size);

#endif
