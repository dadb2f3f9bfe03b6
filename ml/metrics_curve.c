// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Scores against truth: areas under curves from one sort, counted in integers; calibration. */
#include <math.h>
#include <stdlib.h>

#include "metrics.h"

struct scored {
	double score;
	uint64_t positive;
};

static int by_falling_score(const void *a, const void *b)
{
	double x = ((const struct scored *)a)->score, y = ((const struct scored *)b)->score;

	return (x < y) - (x > y);
}

/* Rows by falling score, and how many are positive; NULL without memory or of one kind only. */
static struct scored *sort_scores(const uint8_t *positive, const double *score, size_t n,
                                  uint64_t *n_positive)
{
	struct scored *rows = calloc(n + 1, sizeof(*rows));

	*n_positive = 0;
	for (size_t i = 0; rows && i < n; i++) {
		rows[i] = (struct scored){ score[i], positive[i] != 0 };
		*n_positive += rows[i].positive;
	}
	if (rows)
		qsort(rows, n, sizeof(*rows), by_falling_score);
	return rows;
}

/* From row i on, the end of those with its score, and how many of them are positive. */
static size_t end_of_tie(const struct scored *rows, size_t n, size_t i, uint64_t *positive)
{
	double score = rows[i].score;

	for (*positive = 0; i < n && rows[i].score == score; i++)
		*positive += rows[i].positive;
	return i;
}

/* Pairs (positive, negative) in the right order, twice and a tie once: Mann and Whitney's U. */
double metrics_roc_auc(const uint8_t *positive, const double *score, size_t n)
{
	uint64_t n_positive, above = 0, tied;
	struct scored *rows = sort_scores(positive, score, n, &n_positive);
	double pairs = (double)n_positive * (double)(n - n_positive), area = NAN;
	unsigned __int128 twice = 0;

	if (rows && pairs > 0) {
		for (size_t i = 0, end; i < n; i = end, above += tied) {
			end = end_of_tie(rows, n, i, &tied);
			twice += (unsigned __int128)(end - i - tied) * (2 * above + tied);
		}
		area = (double)twice / 2 / pairs;
	}
	free(rows);
	return area;
}

double metrics_average_precision(const uint8_t *positive, const double *score, size_t n)
{
	uint64_t n_positive, above = 0, tied;
	struct scored *rows = sort_scores(positive, score, n, &n_positive);
	double area = NAN;

	if (rows && n_positive) {
		area = 0;
		for (size_t i = 0, end; i < n; i = end) {
			end = end_of_tie(rows, n, i, &tied);
			above += tied;
			area += (double)tied / (double)n_positive * ((double)above / (double)end);
		}
	}
	free(rows);
	return area;
}

double metrics_reliability(struct metrics_bin bins[10], const double *confidence,
                           const uint8_t *right, size_t n)
{
	double error = 0;
	int b;

	for (b = 0; b < 10; b++)
		bins[b] = (struct metrics_bin){ 0 };
	for (size_t i = 0; i < n; i++) {
		for (b = 0; b < 9 && confidence[i] > (b + 1) * 0.1; b++)
			continue;
		bins[b].n++;
		bins[b].confidence += confidence[i];
		bins[b].accuracy += right[i] != 0;
	}
	for (b = 0; b < 10; b++) {
		error += n ? fabs(bins[b].confidence - bins[b].accuracy) / (double)n : 0;
		bins[b].confidence /= bins[b].n ? (double)bins[b].n : 1;
		bins[b].accuracy /= bins[b].n ? (double)bins[b].n : 1;
	}
	return error;
}
