// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bins as scikit-learn's _BinMapper cuts them: between all neighbours where a column has few
 * distinct values, else at max_bins - 1 quantiles (the midpoint of the two nearest rows), of
 * 200,000 random rows where there are more. Cuts that coincide are one.
 *
 * Values are float32 here and there float64; thresholds are rounded down to float32, which changes
 * no row's side.
 */
#include "train_bins.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "parallel.h"
#include "rng.h"
#include "train_tree.h"

#define SAMPLE_MAX  200000
#define SAMPLE_FLOW 0xb145 /* the stream of random numbers */

struct scratch {
	struct train_column column;
	uint64_t *keys, *spare; /* [n_rows] */
	uint32_t *seen;         /* [n_values + 1] at most n_rows + 1: sampled rows of each rank */
	uint8_t *bin_of;        /* [n_values], by rank */
};

struct job {
	struct train_bins *bins;
	const struct train_data *data;
	uint32_t max_bins, n_sample;
	uint32_t *sample; /* [n_sample] rows whose quantiles count; NULL: all */
	struct scratch *scratch;
	atomic_int rc;
};

/* n_sample of the rows, each set as likely (Knuth's algorithm S). */
static void draw_sample(struct job *j, uint64_t random_state)
{
	uint32_t n = j->data->n_rows, taken = 0;
	struct rng rng;

	rng_seed(&rng, random_state, SAMPLE_FLOW);
	for (uint32_t i = 0; i < n; i++)
		if (rng_below(&rng, n - i) < j->n_sample - taken)
			j->sample[taken++] = i;
}

static double midpoint(float a, float b)
{
	return a / 2.0 + b / 2.0;
}

/* Cuts between all neighbours. */
static uint32_t cut_everywhere(const struct train_column *c, float *threshold)
{
	for (uint32_t i = 0; i + 1 < c->n_values; i++)
		threshold[i] = train_round_down(midpoint(c->value[i], c->value[i + 1]));
	return c->n_values - 1;
}

/* Cuts at quantiles; seen[] becomes the number of sampled rows up to each rank. */
static uint32_t cut_at_quantiles(const struct job *j, struct scratch *s, float *threshold)
{
	const struct train_column *c = &s->column;
	uint32_t n = 0, low = 0, high = 0;

	memset(s->seen, 0, c->n_values * sizeof(*s->seen));
	for (uint32_t i = 0; i < j->n_sample; i++)
		s->seen[c->rank[j->sample ? j->sample[i] : i]]++;
	for (uint32_t i = 1; i < c->n_values; i++)
		s->seen[i] += s->seen[i - 1];
	for (uint32_t q = 1; q < j->max_bins; q++) {
		uint64_t place = (uint64_t)q * (j->n_sample - 1);
		uint64_t below = place / j->max_bins, above = below + (place % j->max_bins > 0);
		float cut;

		while (s->seen[low] <= below)
			low++;
		while (s->seen[high] <= above)
			high++;
		cut = train_round_down(midpoint(c->value[low], c->value[high]));
		if (!n || cut > threshold[n - 1])
			threshold[n++] = cut;
	}
	return n;
}

static void bin_column(void *arg, uint32_t worker, size_t task)
{
	struct job *j = arg;
	struct scratch *s = &j->scratch[worker];
	struct train_bins *b = j->bins;
	float *threshold = b->threshold + task * BINS_MAX;
	uint8_t *bin = b->bin + task * b->n_rows, current = 0;
	uint32_t n_cuts;

	if (train_rank(&s->column, j->data, (uint32_t)task, s->keys, s->spare)) {
		atomic_store(&j->rc, -ENOMEM);
		return;
	}
	if (s->column.n_values <= j->max_bins)
		n_cuts = cut_everywhere(&s->column, threshold);
	else
		n_cuts = cut_at_quantiles(j, s, threshold);
	for (uint32_t r = 0; r < s->column.n_values; r++) {
		while (current < n_cuts && s->column.value[r] > threshold[current])
			current++;
		s->bin_of[r] = current;
	}
	for (uint32_t i = 0; i < b->n_rows; i++)
		bin[i] = s->bin_of[s->column.rank[i]];
	b->n_bins[task] = n_cuts + 1;
	free(s->column.value);
}

static int run(struct job *j, uint32_t n_threads, uint64_t random_state)
{
	size_t n = j->data->n_rows;

	for (uint32_t i = 0; i < n_threads; i++) {
		struct scratch *s = &j->scratch[i];

		s->column.rank = malloc(n * sizeof(*s->column.rank));
		s->keys = malloc(n * sizeof(*s->keys));
		s->spare = malloc(n * sizeof(*s->spare));
		s->seen = malloc(n * sizeof(*s->seen));
		s->bin_of = malloc(n);
		if (!s->column.rank || !s->keys || !s->spare || !s->seen || !s->bin_of)
			return -ENOMEM;
	}
	j->n_sample = n < SAMPLE_MAX ? (uint32_t)n : SAMPLE_MAX;
	if (j->n_sample < n) {
		j->sample = malloc(j->n_sample * sizeof(*j->sample));
		if (!j->sample)
			return -ENOMEM;
		draw_sample(j, random_state);
	}
	parallel_run(n_threads, j->data->n_columns, bin_column, NULL, j);
	return atomic_load(&j->rc);
}

int train_bins_init(struct train_bins *b, const struct train_data *d, uint32_t max_bins,
                    uint32_t n_threads, uint64_t random_state)
{
	struct job j = { .bins = b, .data = d, .max_bins = max_bins };
	size_t columns = d->n_columns, cells;
	int rc = -ENOMEM;

	*b = (struct train_bins){ .n_rows = d->n_rows, .n_columns = d->n_columns };
	if (__builtin_mul_overflow(columns, (size_t)d->n_rows, &cells))
		return -ENOMEM;
	b->bin = malloc(cells);
	b->threshold = calloc(columns * BINS_MAX, sizeof(*b->threshold));
	b->n_bins = calloc(columns, sizeof(*b->n_bins));
	j.scratch = calloc(n_threads, sizeof(*j.scratch));
	if (b->bin && b->threshold && b->n_bins && j.scratch)
		rc = run(&j, n_threads, random_state);
	for (uint32_t i = 0; j.scratch && i < n_threads; i++) {
		free(j.scratch[i].column.rank);
		free(j.scratch[i].keys);
		free(j.scratch[i].spare);
		free(j.scratch[i].seen);
		free(j.scratch[i].bin_of);
	}
	free(j.scratch);
	free(j.sample);
	return rc;
}

void train_bins_clear(struct train_bins *b)
{
	free(b->bin);
	free(b->threshold);
	free(b->n_bins);
}

uint64_t train_bins_memory(uint64_t n_rows)
{
	return n_rows * (3 * sizeof(uint32_t) + 2 * sizeof(uint64_t) + sizeof(uint8_t));
}
