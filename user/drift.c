// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Drift. Edges are deciles of the baseline without repetition, so that a feature that is mostly one
 * value has few bins. A share of nothing counts as half a row, which keeps the logarithm finite.
 */
#include "drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_fit.h"

#define BINS 10

struct feature_bins {
	int n_edges; /* bins are n_edges + 1 */
	double edge[BINS - 1];
	double share[BINS];
};

struct drift {
	size_t n_columns;
	struct feature_bins bins[];
};

static int bin_of(const struct feature_bins *b, double value)
{
	int i = 0;

	while (i < b->n_edges && value > b->edge[i])
		i++;
	return i;
}

static void count_shares(const struct feature_bins *b, double share[BINS], const struct matrix *m,
                         size_t column)
{
	double least = 0.5 / m->n_rows;
	size_t i;

	memset(share, 0, BINS * sizeof(*share));
	for (i = 0; i < m->n_rows; i++)
		share[bin_of(b, matrix_row(m, i)[column])] += 1.0 / m->n_rows;
	for (i = 0; i < BINS; i++)
		share[i] = share[i] < least ? least : share[i];
}

static void find_edges(struct feature_bins *b, const double *sorted, size_t n)
{
	double edge;
	int i;

	for (i = 1; i < BINS; i++) {
		edge = dataset_fit_quantile(sorted, n, i / (double)BINS);
		if (!b->n_edges || edge > b->edge[b->n_edges - 1])
			b->edge[b->n_edges++] = edge;
	}
}

struct drift *drift_new(const struct matrix *m)
{
	struct drift *d = calloc(1, sizeof(*d) + m->n_columns * sizeof(d->bins[0]));
	double *sorted = m->n_rows ? calloc(m->n_rows, sizeof(*sorted)) : NULL;
	size_t i, k;

	if (!d || !sorted) {
		free(d);
		free(sorted);
		return NULL;
	}
	d->n_columns = m->n_columns;
	for (k = 0; k < m->n_columns; k++) {
		for (i = 0; i < m->n_rows; i++)
			sorted[i] = matrix_row(m, i)[k];
		dataset_fit_sort(sorted, m->n_rows);
		find_edges(&d->bins[k], sorted, m->n_rows);
		count_shares(&d->bins[k], d->bins[k].share, m, k);
	}
	free(sorted);
	return d;
}

void drift_free(struct drift *d)
{
	free(d);
}

size_t drift_measure(const struct drift *d, double *index, const struct matrix *m)
{
	double share[BINS];
	size_t k, largest = 0;
	int i;

	for (k = 0; k < d->n_columns; k++) {
		index[k] = 0;
		if (!m->n_rows)
			continue;
		count_shares(&d->bins[k], share, m, k);
		for (i = 0; i <= d->bins[k].n_edges; i++)
			index[k] += (share[i] - d->bins[k].share[i]) *
			            log(share[i] / d->bins[k].share[i]);
		if (index[k] > index[largest])
			largest = k;
	}
	return largest;
}
