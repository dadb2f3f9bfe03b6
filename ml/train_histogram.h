/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sums of the loss's derivatives, bin by bin of all columns. */
#ifndef WEIR_TRAIN_HISTOGRAM_H
#define WEIR_TRAIN_HISTOGRAM_H

#include <stdint.h>

#include "rng.h"
#include "train_bins.h"

/* First and second derivative of the loss; added together. */
typedef double newton_pair __attribute__((vector_size(16)));

struct histogram {
	newton_pair *sum; /* [n_bins] */
	uint32_t *count;  /* [n_bins], rows */
};

/* What histograms of one tree have in common, and those not in use. */
struct histogram_pool {
	const struct train_bins *bins;
	uint32_t n_threads;  /* for the columns of large nodes */
	uint32_t *columns;   /* [n_columns], those the tree may use */
	uint32_t *first_bin; /* [n_columns], where the bins of columns[i] start */
	uint32_t n_columns, n_bins;
	uint32_t capacity; /* bins of all columns there are */
	struct histogram **spare;
	uint32_t n_spare;
};

/* Room for n_histograms at a time. 0 or -ENOMEM; clear it in both cases. */
int histogram_pool_init(struct histogram_pool *pool, const struct train_bins *bins,
                        uint32_t n_histograms, uint32_t n_threads);
void histogram_pool_clear(struct histogram_pool *pool);

/* Draw n of the columns; histograms from before mean nothing afterwards. */
void histogram_pool_draw(struct histogram_pool *pool, uint32_t n, struct rng *rng);

/* NULL without memory. */
struct histogram *histogram_take(struct histogram_pool *pool);

/* Accepts NULL. */
void histogram_give_back(struct histogram_pool *pool, struct histogram *h);

/* Add up the pairs[n] of rows[n]. */
void histogram_count(const struct histogram_pool *pool, struct histogram *h, const uint32_t *rows,
                     const newton_pair *pairs, uint32_t n);

void histogram_subtract(const struct histogram_pool *pool, struct histogram *from,
                        const struct histogram *h);

#endif
