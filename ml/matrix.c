// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Labelled data in plain arrays, which double when they are full. Names are few and looked up one
 * after another, the last used first, since rows of a file come together.
 */
#include "matrix.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MIN 64

static char **copy_names(const char *const *names, size_t n)
{
	char **copy = calloc(n ? n : 1, sizeof(*copy));
	size_t i;

	for (i = 0; copy && i < n; i++) {
		copy[i] = strdup(names[i]);
		if (copy[i])
			continue;
		while (i--)
			free(copy[i]);
		free(copy);
		return NULL;
	}
	return copy;
}

static void free_names(char **names, size_t n)
{
	while (names && n--)
		free(names[n]);
	free(names);
}

/* The index of name in names[*n], added if it is new; hint is tried first. */
static int64_t intern(char ***names, size_t *n, const char *name, size_t hint)
{
	char **grown;
	size_t i;

	if (hint < *n && !strcmp((*names)[hint], name))
		return (int64_t)hint;
	for (i = 0; i < *n; i++)
		if (!strcmp((*names)[i], name))
			return (int64_t)i;
	if (*n == INT32_MAX)
		return -EOVERFLOW;
	grown = realloc(*names, (*n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*names = grown;
	grown[*n] = strdup(name);
	return grown[*n] ? (int64_t)(*n)++ : -ENOMEM;
}

static bool resize(void *array, size_t n, size_t size)
{
	void *old, *grown = NULL;
	size_t bytes;

	memcpy(&old, array, sizeof(old));
	if (!__builtin_mul_overflow(n, size, &bytes))
		grown = realloc(old, bytes ? bytes : 1);
	if (grown)
		memcpy(array, &grown, sizeof(grown));
	return grown;
}

static int reserve(struct matrix *m, size_t capacity)
{
	size_t row_bytes;

	if (__builtin_mul_overflow(m->n_columns, sizeof(*m->values), &row_bytes))
		return -ENOMEM;
	if (!resize(&m->values, capacity, row_bytes) ||
	    !resize(&m->label, capacity, sizeof(*m->label)) ||
	    !resize(&m->weight, capacity, sizeof(*m->weight)) ||
	    !resize(&m->group, capacity, sizeof(*m->group)))
		return -ENOMEM;
	m->capacity = capacity;
	return 0;
}

struct matrix *matrix_new(size_t n_columns, const char *const *column_names)
{
	struct matrix *m = calloc(1, sizeof(*m));

	if (m)
		m->column_names = copy_names(column_names, n_columns);
	if (!m || !m->column_names) {
		free(m);
		errno = ENOMEM;
		return NULL;
	}
	m->n_columns = n_columns;
	return m;
}

void matrix_free(struct matrix *m)
{
	if (!m)
		return;
	free_names(m->column_names, m->n_columns);
	free_names(m->class_names, m->n_classes);
	free_names(m->group_names, m->n_groups);
	free(m->values);
	free(m->label);
	free(m->weight);
	free(m->group);
	free(m);
}

int64_t matrix_add_group(struct matrix *m, const char *name)
{
	return intern(&m->group_names, &m->n_groups, name, m->n_groups - 1);
}

int matrix_add_row(struct matrix *m, const double *row, const char *label, float weight,
                   uint32_t group)
{
	size_t last = m->n_rows && m->label[m->n_rows - 1] >= 0 ? m->label[m->n_rows - 1] : 0;
	int64_t class = -1;

	if (label) {
		class = intern(&m->class_names, &m->n_classes, label, last);
		if (class < 0)
			return (int)class;
	}
	if (m->n_rows == m->capacity && reserve(m, m->capacity ? m->capacity * 2 : ROWS_MIN))
		return -ENOMEM;
	memcpy(m->values + m->n_rows * m->n_columns, row, m->n_columns * sizeof(*row));
	m->label[m->n_rows] = (int32_t) class;
	m->weight[m->n_rows] = weight;
	m->group[m->n_rows] = group;
	m->n_rows++;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int matrix_sort_classes(struct matrix *m)
{
	char **sorted = malloc((m->n_classes + 1) * sizeof(*sorted));
	int32_t *now = malloc((m->n_classes + 1) * sizeof(*now)); /* where class i goes */
	size_t i;

	if (!sorted || !now) {
		free(sorted);
		free(now);
		return -ENOMEM;
	}
	if (m->n_classes)
		memcpy(sorted, m->class_names, m->n_classes * sizeof(*sorted));
	qsort(sorted, m->n_classes, sizeof(*sorted), compare_names);
	for (i = 0; i < m->n_classes; i++)
		now[i] = (int32_t)((char **)bsearch(&m->class_names[i], sorted, m->n_classes,
		                                    sizeof(*sorted), compare_names) -
		                   sorted);
	for (i = 0; i < m->n_rows; i++)
		if (m->label[i] >= 0)
			m->label[i] = now[m->label[i]];
	free(m->class_names);
	m->class_names = sorted;
	free(now);
	return 0;
}

static int take_rows(struct matrix *to, const struct matrix *m, const size_t *rows, size_t n)
{
	size_t i;

	if (reserve(to, n))
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		memcpy(to->values + i * m->n_columns, matrix_row(m, rows[i]),
		       m->n_columns * sizeof(*m->values));
		to->label[i] = m->label[rows[i]];
		to->weight[i] = m->weight[rows[i]];
		to->group[i] = m->group[rows[i]];
	}
	to->n_rows = n;
	return 0;
}

struct matrix *matrix_take(const struct matrix *m, const size_t *rows, size_t n)
{
	struct matrix *to = matrix_new(m->n_columns, (const char *const *)m->column_names);

	if (!to)
		return NULL;
	to->class_names = copy_names((const char *const *)m->class_names, m->n_classes);
	to->n_classes = to->class_names ? m->n_classes : 0;
	to->group_names = copy_names((const char *const *)m->group_names, m->n_groups);
	to->n_groups = to->group_names ? m->n_groups : 0;
	if (to->class_names && to->group_names && !take_rows(to, m, rows, n))
		return to;
	matrix_free(to);
	errno = ENOMEM;
	return NULL;
}

static uint64_t names_memory(char **names, size_t n)
{
	uint64_t bytes = n * sizeof(*names);

	while (n--)
		bytes += strlen(names[n]) + 1;
	return bytes;
}

uint64_t matrix_memory(const struct matrix *m)
{
	uint64_t row = m->n_columns * sizeof(*m->values) + sizeof(*m->label) + sizeof(*m->weight) +
	               sizeof(*m->group);

	return sizeof(*m) + m->capacity * row + names_memory(m->column_names, m->n_columns) +
	       names_memory(m->class_names, m->n_classes) +
	       names_memory(m->group_names, m->n_groups);
}
