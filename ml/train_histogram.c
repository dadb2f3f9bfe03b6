// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Each column's histogram is added up by one thread in the order of the rows: the sums are the same
 * to the bit however many threads there are.
 */
#include "train_histogram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parallel.h"

#define GROUP          4       /* columns that are counted together */
#define PARALLEL_CELLS 2000000 /* rows times columns from which threads are worth making */

struct count {
	const struct histogram_pool *pool;
	struct histogram *histogram;
	const uint32_t *rows;
	const newton_pair *pairs;
	uint32_t n;
};

static void free_histogram(struct histogram *h)
{
	free(h->sum);
	free(h->count);
	free(h);
}

int histogram_pool_init(struct histogram_pool *pool, const struct train_bins *bins,
                        uint32_t n_histograms, uint32_t n_threads)
{
	*pool = (struct histogram_pool){ .bins = bins, .n_threads = n_threads };
	pool->columns = malloc(bins->n_columns * sizeof(*pool->columns));
	pool->first_bin = malloc(bins->n_columns * sizeof(*pool->first_bin));
	pool->spare = malloc(n_histograms * sizeof(*pool->spare));
	if (!pool->columns || !pool->first_bin || !pool->spare)
		return -ENOMEM;
	for (uint32_t c = 0; c < bins->n_columns; c++)
		pool->capacity += bins->n_bins[c];
	return 0;
}

void histogram_pool_clear(struct histogram_pool *pool)
{
	while (pool->n_spare)
		free_histogram(pool->spare[--pool->n_spare]);
	free(pool->spare);
	free(pool->columns);
	free(pool->first_bin);
}

/* In their order (Knuth's algorithm S). */
void histogram_pool_draw(struct histogram_pool *pool, uint32_t n, struct rng *rng)
{
	uint32_t all = pool->bins->n_columns;

	pool->n_columns = pool->n_bins = 0;
	for (uint32_t c = 0; c < all; c++) {
		uint32_t wanted = n - pool->n_columns;

		if (wanted < all - c && rng_below(rng, all - c) >= wanted)
			continue;
		pool->columns[pool->n_columns] = c;
		pool->first_bin[pool->n_columns++] = pool->n_bins;
		pool->n_bins += pool->bins->n_bins[c];
	}
}

struct histogram *histogram_take(struct histogram_pool *pool)
{
	struct histogram *h;

	if (pool->n_spare)
		return pool->spare[--pool->n_spare];
	h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->sum = malloc(pool->capacity * sizeof(*h->sum));
	h->count = malloc(pool->capacity * sizeof(*h->count));
	if (h->sum && h->count)
		return h;
	free_histogram(h);
	return NULL;
}

void histogram_give_back(struct histogram_pool *pool, struct histogram *h)
{
	if (h)
		pool->spare[pool->n_spare++] = h;
}

static const uint8_t *bins_of(const struct histogram_pool *pool, size_t i)
{
	return pool->bins->bin + (size_t)pool->columns[i] * pool->bins->n_rows;
}

/* Of GROUP columns at once: a row is looked up once, and no addition waits for the one before. */
static void count_group(const struct count *c, size_t first)
{
	const struct histogram_pool *pool = c->pool;
	const uint8_t *bins[GROUP];
	newton_pair *sums[GROUP];
	uint32_t *counts[GROUP];

	for (int k = 0; k < GROUP; k++) {
		bins[k] = bins_of(pool, first + k);
		sums[k] = c->histogram->sum + pool->first_bin[first + k];
		counts[k] = c->histogram->count + pool->first_bin[first + k];
	}
	for (uint32_t i = 0; i < c->n; i++) {
		newton_pair pair = c->pairs[i];
		uint32_t row = c->rows[i];

		for (int k = 0; k < GROUP; k++) {
			uint8_t b = bins[k][row];

			sums[k][b] += pair;
			counts[k][b]++;
		}
	}
}

static void count_column(const struct count *c, size_t which)
{
	const uint8_t *bin = bins_of(c->pool, which);
	newton_pair *sum = c->histogram->sum + c->pool->first_bin[which];
	uint32_t *count = c->histogram->count + c->pool->first_bin[which];

	for (uint32_t i = 0; i < c->n; i++) {
		uint8_t b = bin[c->rows[i]];

		sum[b] += c->pairs[i];
		count[b]++;
	}
}

static void count_columns(void *arg, uint32_t worker, size_t group)
{
	const struct count *c = arg;
	size_t first = group * GROUP, end = c->pool->n_columns;

	if (first + GROUP <= end)
		count_group(c, first);
	else
		for (size_t which = first; which < end; which++)
			count_column(c, which);
}

void histogram_count(const struct histogram_pool *pool, struct histogram *h, const uint32_t *rows,
                     const newton_pair *pairs, uint32_t n)
{
	struct count c = { pool, h, rows, pairs, n };
	uint32_t columns = pool->n_columns, groups = (columns + GROUP - 1) / GROUP;

	memset(h->sum, 0, pool->n_bins * sizeof(*h->sum));
	memset(h->count, 0, pool->n_bins * sizeof(*h->count));
	if (pool->n_threads > 1 && (uint64_t)n * columns >= PARALLEL_CELLS) {
		parallel_run(pool->n_threads, groups, count_columns, NULL, &c);
		return;
	}
	for (uint32_t group = 0; group < groups; group++)
		count_columns(&c, 0, group);
}

void histogram_subtract(const struct histogram_pool *pool, struct histogram *from,
                        const struct histogram *h)
{
	for (uint32_t b = 0; b < pool->n_bins; b++) {
		from->sum[b] -= h->sum[b];
		from->count[b] -= h->count[b];
	}
}
