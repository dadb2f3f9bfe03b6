// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts of right and wrong by class, and the means made of them. Sums of scores are added in
 * numpy's order (pairwise), so that a mean that lies on the edge between two roundings falls to the
 * same side as scikit-learn's.
 */
#include "metrics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "metrics_count.h"

static bool counts(int32_t truth, int32_t predicted, size_t n_classes)
{
	return truth >= 0 && (size_t)truth < n_classes && predicted >= 0 &&
	       (size_t)predicted < n_classes;
}

void metrics_count(struct metrics_count *out, const int32_t *truth, const int32_t *predicted,
                   size_t n, size_t n_classes)
{
	memset(out, 0, n_classes * sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		if (!counts(truth[i], predicted[i], n_classes))
			continue;
		out[truth[i]].truly++;
		out[predicted[i]].predicted++;
		out[truth[i]].right += truth[i] == predicted[i];
	}
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

struct metrics_class metrics_of_count(const struct metrics_count *c)
{
	struct metrics_class m = {
		.precision = ratio(c->right, c->predicted),
		.recall = ratio(c->right, c->truly),
		.support = c->truly,
	};
	double sum = m.precision + m.recall;

	m.f1 = 2 * m.precision * m.recall / (sum == 0 ? 1 : sum);
	return m;
}

double metrics_sum(const double *x, size_t n)
{
	double part[8], sum = 0;
	size_t half, i;

	if (n > 128) {
		half = n / 2 - n / 2 % 8;
		return metrics_sum(x, half) + metrics_sum(x + half, n - half);
	}
	if (n < 8) {
		for (i = 0; i < n; i++)
			sum += x[i];
		return sum;
	}
	memcpy(part, x, sizeof(part));
	for (i = 8; i + 8 <= n; i += 8)
		for (int k = 0; k < 8; k++)
			part[k] += x[i + k];
	sum = ((part[0] + part[1]) + (part[2] + part[3])) +
	      ((part[4] + part[5]) + (part[6] + part[7]));
	for (; i < n; i++)
		sum += x[i];
	return sum;
}

void metrics_by_class(struct metrics_class *out, const int32_t *truth, const int32_t *predicted,
                      size_t n, size_t n_classes)
{
	memset(out, 0, n_classes * sizeof(*out));
	for (size_t i = 0; i < n; i++) { /* first the counts, exact as doubles up to 2^53 */
		if (!counts(truth[i], predicted[i], n_classes))
			continue;
		out[truth[i]].support++;
		out[predicted[i]].precision++;
		out[truth[i]].recall += truth[i] == predicted[i];
	}
	for (size_t c = 0; c < n_classes; c++)
		out[c] = metrics_of_count(&(struct metrics_count){
		        .right = (uint64_t)out[c].recall,
		        .predicted = (uint64_t)out[c].precision,
		        .truly = out[c].support,
		});
}

void metrics_confusion(uint64_t *out, const int32_t *truth, const int32_t *predicted, size_t n,
                       size_t n_classes)
{
	memset(out, 0, n_classes * n_classes * sizeof(*out));
	for (size_t i = 0; i < n; i++)
		if (counts(truth[i], predicted[i], n_classes))
			out[(size_t)truth[i] * n_classes + (size_t)predicted[i]]++;
}

double metrics_accuracy(const int32_t *truth, const int32_t *predicted, size_t n)
{
	size_t right = 0, all = 0;

	for (size_t i = 0; i < n; i++) {
		all += counts(truth[i], predicted[i], INT32_MAX);
		right += counts(truth[i], predicted[i], INT32_MAX) && truth[i] == predicted[i];
	}
	return all ? (double)right / (double)all : NAN;
}

/* Of the classes that occur, the mean of their recall or (truly and predicted alike) their F1. */
static double mean_of_classes(const int32_t *truth, const int32_t *predicted, size_t n,
                              size_t n_classes, bool recall)
{
	struct metrics_count *count = calloc(n_classes + 1, sizeof(*count));
	double *value = calloc(n_classes + 1, sizeof(*value)), mean = NAN;
	size_t n_values = 0;

	if (count && value) {
		metrics_count(count, truth, predicted, n, n_classes);
		for (size_t c = 0; c < n_classes; c++) {
			struct metrics_class m = metrics_of_count(&count[c]);

			if (count[c].truly || (!recall && count[c].predicted))
				value[n_values++] = recall ? m.recall : m.f1;
		}
		if (n_values)
			mean = metrics_sum(value, n_values) / (double)n_values;
	}
	free(count);
	free(value);
	return mean;
}

double metrics_balanced_accuracy(const int32_t *truth, const int32_t *predicted, size_t n,
                                 size_t n_classes)
{
	return mean_of_classes(truth, predicted, n, n_classes, true);
}

double metrics_macro_f1(const int32_t *truth, const int32_t *predicted, size_t n, size_t n_classes)
{
	return mean_of_classes(truth, predicted, n, n_classes, false);
}
