/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Columns cut into at most 255 bins, for boosting. */
#ifndef WEIR_TRAIN_BINS_H
#define WEIR_TRAIN_BINS_H

#include <stdint.h>

#include "train_data.h"

#define BINS_MAX 255

struct train_bins {
	uint32_t n_rows, n_columns;
	uint8_t *bin;     /* [n_columns][n_rows] */
	float *threshold; /* [n_columns][BINS_MAX]: bin b holds what is <= threshold[b], the last
	                     all */
	uint32_t *n_bins; /* [n_columns], 1 .. 255 */
};

/* 0 or -ENOMEM; clear it in both cases. */
int train_bins_init(struct train_bins *b, const struct train_data *d, uint32_t max_bins,
                    uint32_t n_threads, uint64_t random_state);
void train_bins_clear(struct train_bins *b);

/* Bytes a thread takes to make them, for n_rows. */
uint64_t train_bins_memory(uint64_t n_rows);

#endif
