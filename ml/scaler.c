// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The corrected two-pass algorithm (Chan, Golub and LeVeque 1983): a first mean, then deviations
 * from it, whose sum mends both the mean and the variance. scikit-learn mends only the variance;
 * its means can differ in the last bits. Columns are taken a cache line or two at a time, so that
 * each row is read twice whatever the width.
 */
#include "scaler.h"

#include <float.h>
#include <math.h>

#define BLOCK 16 /* columns at a time */

/* As scikit-learn tells: the variance is within what rounding alone makes of equal values. */
static int is_constant(double variance, double mean, double n)
{
	double slip = n * mean * DBL_EPSILON;

	return variance <= n * DBL_EPSILON * variance + slip * slip;
}

static void fit_block(double *mean, double *scale, const struct matrix *m, size_t first,
                      size_t width)
{
	double sum[BLOCK] = { 0 }, off[BLOCK] = { 0 }, square[BLOCK] = { 0 };
	double n = (double)m->n_rows;

	for (size_t i = 0; i < m->n_rows; i++)
		for (size_t c = 0; c < width; c++)
			sum[c] += matrix_row(m, i)[first + c];
	for (size_t c = 0; c < width; c++)
		sum[c] /= n;
	for (size_t i = 0; i < m->n_rows; i++)
		for (size_t c = 0; c < width; c++) {
			double d = matrix_row(m, i)[first + c] - sum[c];

			off[c] += d;
			square[c] += d * d;
		}
	for (size_t c = 0; c < width; c++) {
		double variance = fmax((square[c] - off[c] * off[c] / n) / n, 0);

		mean[first + c] = sum[c] + off[c] / n;
		scale[first + c] = is_constant(variance, sum[c], n) ? 1 : sqrt(variance);
	}
}

void scaler_fit(double *mean, double *scale, const struct matrix *m)
{
	for (size_t c = 0; c < m->n_columns && !m->n_rows; c++) {
		mean[c] = 0;
		scale[c] = 1;
	}
	for (size_t c = 0; c < m->n_columns && m->n_rows; c += BLOCK)
		fit_block(mean, scale, m, c, m->n_columns - c < BLOCK ? m->n_columns - c : BLOCK);
}

void scaler_transform(struct matrix *m, const double *mean, const double *scale)
{
	for (size_t i = 0; i < m->n_rows; i++)
		for (size_t c = 0; c < m->n_columns; c++) {
			double *x = m->values + i * m->n_columns + c;

			*x = (*x - mean[c]) / scale[c];
		}
}
