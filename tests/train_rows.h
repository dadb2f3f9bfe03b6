/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows for the tests of the trainers: golden ones, made ones, and forests compared. */
#ifndef TESTS_TRAIN_ROWS_H
#define TESTS_TRAIN_ROWS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "matrix.h"
#include "rng.h"
#include "train.h"

#define GOLDEN      "tests/golden/train.txt"
#define COLUMNS_MAX 16

static inline struct matrix *rows_new(size_t n_columns)
{
	static const char *const names[COLUMNS_MAX] = { "a", "b", "c", "d", "e", "f", "g", "h",
		                                        "i", "j", "k", "l", "m", "n", "o", "p" };
	struct matrix *m = matrix_new(n_columns, names);

	assert_non_null(m);
	return m;
}

static inline void rows_add(struct matrix *m, const double *row, const char *label, float weight)
{
	assert_int_equal(matrix_add_row(m, row, label, weight, 0), 0);
}

/* "data ROWS COLUMNS CLASSES" has been read as far as "data". */
static inline struct matrix *rows_read(FILE *in)
{
	size_t n_rows, n_columns, n_classes;
	double row[COLUMNS_MAX];
	struct matrix *m;
	char label[16];
	float weight;

	assert_int_equal(fscanf(in, "%zu %zu %zu", &n_rows, &n_columns, &n_classes), 3);
	assert_in_range(n_columns, 1, COLUMNS_MAX);
	m = rows_new(n_columns);
	while (n_rows--) {
		for (size_t c = 0; c < n_columns; c++)
			assert_int_equal(fscanf(in, "%lf", &row[c]), 1);
		assert_int_equal(fscanf(in, "%15s %f", label, &weight), 2);
		rows_add(m, row, label, weight);
	}
	assert_int_equal(matrix_sort_classes(m), 0);
	assert_int_equal(m->n_classes, n_classes);
	return m;
}

/* Calls check(in, m) at each KIND in the golden file, with the data that stands before it. */
static inline void rows_each(const char *kind, void (*check)(FILE *in, struct matrix *m),
                             int expected)
{
	FILE *in = fopen(GOLDEN, "r");
	struct matrix *m = NULL;
	char word[64];
	int n = 0;

	if (!in)
		fail_msg(GOLDEN ": cannot be read; run from the top of the tree");
	while (fscanf(in, "%63s", word) == 1)
		if (!strcmp(word, "data")) {
			matrix_free(m);
			m = rows_read(in);
		} else if (!strcmp(word, kind)) {
			check(in, m);
			n++;
		}
	matrix_free(m);
	fclose(in);
	assert_int_equal(n, expected);
}

/* n rows of three classes, apart in column 0 and, less, in column 1; the others are noise. */
static inline struct matrix *rows_make(size_t n, size_t n_columns, uint64_t seed)
{
	static const char *const labels[] = { "one", "three", "two" };
	struct matrix *m = rows_new(n_columns);
	double row[COLUMNS_MAX];
	struct rng r;

	rng_seed(&r, seed, 0);
	for (size_t i = 0; i < n; i++) {
		for (size_t c = 0; c < n_columns; c++)
			row[c] = rng_real(&r);
		row[0] += (double)(i % 3) * 1.5;
		if (n_columns > 1)
			row[1] += i % 3 * 0.5;
		rows_add(m, row, labels[i % 3], 1);
	}
	assert_int_equal(matrix_sort_classes(m), 0);
	return m;
}

/* What the forest says of row i into out[n_outputs]. */
static inline void rows_ask(const struct forest *f, const struct matrix *m, size_t i, double *out)
{
	float row[COLUMNS_MAX];

	for (size_t c = 0; c < m->n_columns; c++)
		row[c] = (float)matrix_row(m, i)[c];
	forest_apply(f, out, row, 1);
}

static inline void rows_assert_same_forest(const struct forest *a, const struct forest *b)
{
	assert_int_equal(a->n_trees, b->n_trees);
	assert_int_equal(a->n_nodes, b->n_nodes);
	assert_int_equal(a->n_values, b->n_values);
	assert_memory_equal(a->root, b->root, a->n_trees * sizeof(*a->root));
	assert_memory_equal(a->depth, b->depth, a->n_trees * sizeof(*a->depth));
	assert_memory_equal(a->nodes, b->nodes, a->n_nodes * sizeof(*a->nodes));
	assert_memory_equal(a->cover, b->cover, a->n_nodes * sizeof(*a->cover));
	assert_memory_equal(a->values, b->values, a->n_values * sizeof(*a->values));
	if (a->baseline)
		assert_memory_equal(a->baseline, b->baseline, a->n_outputs * sizeof(double));
}

static inline void rows_assert_sound(const struct forest *f)
{
	char error[200] = "";

	assert_non_null(f);
	if (forest_check(f, error, sizeof(error)))
		fail_msg("%s", error);
}

#endif
