/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Labelled data: rows of features with class, weight and the group (capture file) they came from.
 */
#ifndef WEIR_MATRIX_H
#define WEIR_MATRIX_H

#include <stddef.h>
#include <stdint.h>

struct matrix {
	size_t n_rows, n_columns, capacity;
	double *values;      /* [n_rows][n_columns] */
	int32_t *label;      /* [n_rows], index into class_names; -1: unlabelled */
	float *weight;       /* [n_rows] */
	uint32_t *group;     /* [n_rows], index into group_names */
	char **column_names; /* [n_columns] */
	char **class_names;  /* [n_classes]; in strcmp order after matrix_sort_classes() */
	size_t n_classes;
	char **group_names; /* [n_groups] */
	size_t n_groups;
};

/* Names are copied. NULL with errno set. */
struct matrix *matrix_new(size_t n_columns, const char *const *column_names);

/* Accepts NULL. */
void matrix_free(struct matrix *m);

/* Add a group and get its index, or a negative errno. The same name twice is the same group. */
int64_t matrix_add_group(struct matrix *m, const char *name);

/* Copies row[n_columns]; label NULL: unlabelled. 0 or a negative errno. */
int matrix_add_row(struct matrix *m, const double *row, const char *label, float weight,
                   uint32_t group);

/* Put class_names in strcmp order, as scikit-learn does, and the labels with them. */
int matrix_sort_classes(struct matrix *m);

/* A new matrix of these rows, with all classes and groups of m; NULL with errno set. */
struct matrix *matrix_take(const struct matrix *m, const size_t *rows, size_t n);

/* Bytes it holds. */
uint64_t matrix_memory(const struct matrix *m);

static inline const double *matrix_row(const struct matrix *m, size_t i)
{
	return m->values + i * m->n_columns;
}

#endif
