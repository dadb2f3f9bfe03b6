// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Metrics against scikit-learn 1.2.1 on random cases (golden/metrics.txt, made by
 * golden/make_metrics.py, which tells the layout): reports to the byte, counts exactly, means to
 * the bit, areas within 1e-13. Edge cases beside them.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metrics.h"

#define GOLDEN     "tests/golden/metrics.txt"
#define N_MAX      2000
#define CLASS_MAX  256
#define REPORT_MAX 65536

static FILE *golden;
static char *text;
static size_t text_size;

/* The next line of the golden file without its end; NULL at the end of the file. */
static char *next_line(void)
{
	ssize_t n = getline(&text, &text_size, golden);

	if (n <= 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static size_t read_numbers(double *out, size_t max)
{
	char *p = next_line(), *end;
	size_t n = 0;

	assert_non_null(p);
	for (; *p; p = end + strspn(end, " ")) {
		assert_true(n < max);
		out[n++] = strtod(p, &end);
		assert_ptr_not_equal(p, end);
	}
	return n;
}

static size_t read_classes(int32_t *out)
{
	static double number[N_MAX];
	size_t n = read_numbers(number, N_MAX);

	for (size_t i = 0; i < n; i++)
		out[i] = (int32_t)number[i];
	return n;
}

struct classes {
	size_t n, n_classes, n_labels;
	bool labelled;
	char *names[CLASS_MAX];
	int32_t truth[N_MAX], predicted[N_MAX], labels[CLASS_MAX];
};

static void check_means(const struct classes *c)
{
	double mean[3];

	assert_int_equal(read_numbers(mean, 3), 3);
	assert_true(metrics_accuracy(c->truth, c->predicted, c->n) == mean[0]);
	assert_true(metrics_balanced_accuracy(c->truth, c->predicted, c->n, c->n_classes) ==
	            mean[1]);
	assert_true(metrics_macro_f1(c->truth, c->predicted, c->n, c->n_classes) == mean[2]);
}

static void check_confusion(const struct classes *c)
{
	static uint64_t counts[CLASS_MAX * CLASS_MAX];
	double expected[400];
	size_t n = read_numbers(expected, 400);

	metrics_confusion(counts, c->truth, c->predicted, c->n, c->n_classes);
	for (size_t i = 0; i < n; i++)
		assert_true((double)counts[i] == expected[i]);
}

static void check_report(const struct classes *c)
{
	static char expected[REPORT_MAX];
	size_t n_lines, used = 0;
	char *said;

	assert_int_equal(sscanf(next_line(), "report %zu", &n_lines), 1);
	while (n_lines--)
		used += (size_t)snprintf(expected + used, REPORT_MAX - used, "%s\n", next_line());
	assert_true(used < REPORT_MAX);
	if (c->labelled)
		said = metrics_report_labels(c->truth, c->predicted, c->n, c->labels, c->n_labels,
		                             (const char *const *)c->names, c->n_classes);
	else
		said = metrics_report(c->truth, c->predicted, c->n, (const char *const *)c->names,
		                      c->n_classes);
	assert_string_equal(said, expected);
	free(said);
}

static void check_classes(size_t n_classes, int n_labels)
{
	static struct classes c;

	c.n_classes = n_classes;
	c.labelled = n_labels >= 0;
	for (size_t i = 0; i < c.n_classes; i++) {
		c.names[i] = strdup(next_line());
		assert_non_null(c.names[i]);
	}
	c.n = read_classes(c.truth);
	assert_int_equal(read_classes(c.predicted), c.n);
	c.n_labels = read_classes(c.labels);
	check_means(&c);
	check_confusion(&c);
	check_report(&c);
	for (size_t i = 0; i < c.n_classes; i++)
		free(c.names[i]);
}

static bool is_near(double value, double expected)
{
	return fabs(value - expected) <= 1e-13;
}

static void check_scores(void)
{
	double number[N_MAX], score[N_MAX], mean[3], accuracy[10], confidence[10];
	struct metrics_bin bins[10];
	uint8_t positive[N_MAX];
	size_t n = read_numbers(number, N_MAX), n_bins, used = 0;

	for (size_t i = 0; i < n; i++)
		positive[i] = (uint8_t)number[i];
	assert_int_equal(read_numbers(score, N_MAX), n);
	assert_int_equal(read_numbers(mean, 3), 3);
	n_bins = read_numbers(accuracy, 10);
	assert_int_equal(read_numbers(confidence, 10), n_bins);
	assert_true(is_near(metrics_roc_auc(positive, score, n), mean[0]));
	assert_true(is_near(metrics_average_precision(positive, score, n), mean[1]));
	assert_true(is_near(metrics_reliability(bins, score, positive, n), mean[2]));
	for (int b = 0; b < 10; b++) {
		if (!bins[b].n)
			continue;
		assert_true(is_near(bins[b].accuracy, accuracy[used]));
		assert_true(is_near(bins[b].confidence, confidence[used]));
		used++;
	}
	assert_int_equal(used, n_bins);
}

static void all_is_as_scikit_learn_says(void **state)
{
	size_t n_classes, cases = 0;
	int n_labels;

	golden = fopen(GOLDEN, "r");
	if (!golden)
		fail_msg(GOLDEN ": %s; run from the top of the tree", strerror(errno));
	assert_non_null(next_line()); /* the licence */
	for (; next_line(); cases++) {
		if (!strcmp(text, "scores")) {
			check_scores();
			continue;
		}
		assert_int_equal(sscanf(text, "classes %zu %d", &n_classes, &n_labels), 2);
		assert_in_range(n_classes, 1, CLASS_MAX);
		check_classes(n_classes, n_labels);
	}
	fclose(golden);
	free(text);
	assert_int_equal(cases, 107);
}

static void a_class_without_rows_scores_zero(void **state)
{
	static const int32_t truth[] = { 0, 0, 2 }, predicted[] = { 0, 1, 0 };
	struct metrics_class by[4];

	metrics_by_class(by, truth, predicted, 3, 4);
	assert_true(by[0].precision == 0.5 && by[0].recall == 0.5 && by[0].f1 == 0.5);
	assert_true(by[1].precision == 0 && by[1].recall == 0 && by[1].f1 == 0);
	assert_true(by[2].precision == 0 && by[2].recall == 0 && by[2].support == 1);
	assert_true(by[3].precision == 0 && by[3].f1 == 0 && by[3].support == 0);
	assert_true(by[0].support == 2 && by[1].support == 0);
}

static void rows_of_no_class_are_left_out(void **state)
{
	static const int32_t truth[] = { 0, -1, 1, 5, 1 }, predicted[] = { 0, 0, 1, 1, -1 };
	static const char *const names[] = { "a", "b" };
	uint64_t counts[4];
	char *said = metrics_report(truth, predicted, 5, names, 2);

	metrics_confusion(counts, truth, predicted, 5, 2);
	assert_true(counts[0] == 1 && counts[1] == 0 && counts[2] == 0 && counts[3] == 1);
	assert_true(metrics_macro_f1(truth, predicted, 5, 2) == 1);
	assert_non_null(strstr(said, "accuracy                           1.00         2\n"));
	free(said);
}

static void nothing_to_judge_has_no_score(void **state)
{
	static const uint8_t one_kind[] = { 1, 1 };
	static const double score[] = { 0.5, 0.25 };
	struct metrics_bin bins[10];
	char *said = metrics_report(NULL, NULL, 0, NULL, 0);

	assert_string_equal(said, "");
	free(said);
	assert_true(isnan(metrics_accuracy(NULL, NULL, 0)));
	assert_true(isnan(metrics_macro_f1(NULL, NULL, 0, 3)));
	assert_true(isnan(metrics_balanced_accuracy(NULL, NULL, 0, 3)));
	assert_true(isnan(metrics_roc_auc(one_kind, score, 2)));
	assert_true(metrics_average_precision(one_kind, score, 2) == 1);
	assert_true(isnan(metrics_average_precision(one_kind, score, 0)));
	assert_true(metrics_reliability(bins, NULL, NULL, 0) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_as_scikit_learn_says),
		cmocka_unit_test(a_class_without_rows_scores_zero),
		cmocka_unit_test(rows_of_no_class_are_left_out),
		cmocka_unit_test(nothing_to_judge_has_no_score),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
