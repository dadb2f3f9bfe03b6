/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the trainers make of a matrix before they start: checked, compact, ranked. */
#ifndef WEIR_TRAIN_DATA_H
#define WEIR_TRAIN_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "matrix.h"
#include "train.h"

struct train_data {
	const struct matrix *m;
	uint32_t n_rows, n_columns, n_classes;
	uint32_t *row;   /* [n_rows], of the matrix */
	uint32_t *label; /* [n_rows] */
	double *weight;  /* [n_rows], > 0: that of the row times that of its class */
	bool weighted;   /* not all 1 */
};

/*
 * One column: the distinct float32 values in order, and each row's place among them. A row goes
 * left of a split iff its rank is low enough, so that training need not see the values.
 */
struct train_column {
	uint32_t *rank; /* [n_rows] */
	float *value;   /* [n_values] */
	uint32_t n_values;
};

/* Writes one line of text into error; always -EINVAL. */
int train_refuse(char *error, size_t size, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* 0 if lowest <= value <= highest; else refused by name. */
int train_check_range(const char *name, double value, double lowest, double highest, char *error,
                      size_t size);

/* Rows with a label and a weight, at least two classes; each value finite as float32. */
int train_data_init(struct train_data *d, const struct matrix *m,
                    enum train_class_weight class_weight, char *error, size_t size);
void train_data_clear(struct train_data *d);

/* Every value finite as float32, rows fewer than 2^32; 0 or refused. */
int train_check_values(const struct matrix *m, char *error, size_t size);

/* The row's value as forests see it: float32, and one zero only. */
static inline float train_value(const struct matrix *m, size_t row, uint32_t column)
{
	return (float)matrix_row(m, row)[column] + 0.0f;
}

/* keys[n_rows], scratch[n_rows]; column->rank is given, column->value allocated. */
int train_rank(struct train_column *column, const struct train_data *d, uint32_t c, uint64_t *keys,
               uint64_t *scratch);

#endif
