// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Before training: refuse what cannot be learned from, with a word on why; leave out rows without
 * label or weight; weigh classes; turn columns into ranks.
 */
#include "train_data.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train_sort.h"

int train_refuse(char *error, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, size, format, args);
	va_end(args);
	return -EINVAL;
}

int train_check_range(const char *name, double value, double lowest, double highest, char *error,
                      size_t size)
{
	if (value >= lowest && value <= highest)
		return 0;
	return train_refuse(error, size, "%s: %.10g is out of range; give %.10g to %.10g", name,
	                    value, lowest, highest);
}

int train_check_values(const struct matrix *m, char *error, size_t size)
{
	if (!m->n_rows || !m->n_columns)
		return train_refuse(error, size, "training data: no %s to learn from; give some",
		                    m->n_rows ? "columns" : "rows");
	if (m->n_rows >= UINT32_MAX || m->n_columns >= INT32_MAX)
		return train_refuse(error, size,
		                    "training data: %zu rows are too many; give fewer than 2^32",
		                    m->n_rows);
	for (size_t i = 0; i < m->n_rows; i++)
		for (size_t c = 0; c < m->n_columns; c++)
			if (!isfinite((float)matrix_row(m, i)[c]))
				return train_refuse(error, size,
				                    "training data: row %zu, column %s: %g is not "
				                    "a finite number (float32); replace it or "
				                    "leave the row out",
				                    i + 1, m->column_names[c], matrix_row(m, i)[c]);
	for (size_t i = 0; i < m->n_rows; i++)
		if (!(m->weight[i] >= 0 && isfinite(m->weight[i])))
			return train_refuse(error, size,
			                    "training data: row %zu: weight %g; give 0 or more",
			                    i + 1, m->weight[i]);
	return 0;
}

static int check_labels(const struct train_data *d, const uint64_t *count, char *error, size_t size)
{
	uint32_t present = 0, last = 0;

	for (uint32_t c = 0; c < d->n_classes; c++)
		if (count[c]) {
			present++;
			last = c;
		}
	if (!present)
		return train_refuse(error, size,
		                    "training data: none of %zu rows has a label; give labels",
		                    d->m->n_rows);
	if (present == 1)
		return train_refuse(error, size,
		                    "training data: all %u labelled rows are %s; a classifier "
		                    "needs two classes or more",
		                    d->n_rows, d->m->class_names[last]);
	return 0;
}

/* n / (n_classes * count), of the classes that occur. */
static void balance(struct train_data *d, const uint64_t *count)
{
	uint32_t present = 0;

	for (uint32_t c = 0; c < d->n_classes; c++)
		present += count[c] > 0;
	for (uint32_t i = 0; i < d->n_rows; i++)
		d->weight[i] *= (double)d->n_rows / ((double)present * (double)count[d->label[i]]);
}

static void take_rows(struct train_data *d, uint64_t *count)
{
	for (size_t i = 0; i < d->m->n_rows; i++) {
		if (d->m->label[i] < 0 || !(d->m->weight[i] > 0))
			continue;
		d->row[d->n_rows] = (uint32_t)i;
		d->label[d->n_rows] = (uint32_t)d->m->label[i];
		d->weight[d->n_rows++] = d->m->weight[i];
		count[d->m->label[i]]++;
	}
}

static int fill(struct train_data *d, enum train_class_weight class_weight, char *error,
                size_t size)
{
	uint64_t *count = calloc(d->n_classes + 1, sizeof(*count));
	int rc;

	if (!count)
		return train_refuse(error, size, "training: out of memory");
	take_rows(d, count);
	rc = check_labels(d, count, error, size);
	if (!rc && class_weight == TRAIN_WEIGHT_BALANCED)
		balance(d, count);
	for (uint32_t i = 0; i < d->n_rows; i++)
		d->weighted |= d->weight[i] != 1;
	free(count);
	return rc;
}

int train_data_init(struct train_data *d, const struct matrix *m,
                    enum train_class_weight class_weight, char *error, size_t size)
{
	int rc = train_check_values(m, error, size);

	memset(d, 0, sizeof(*d));
	if (rc)
		return rc;
	for (size_t i = 0; i < m->n_rows; i++)
		if (m->label[i] >= 0 && (size_t)m->label[i] >= m->n_classes)
			return train_refuse(error, size, "training data: row %zu: label %d of %zu",
			                    i + 1, m->label[i], m->n_classes);
	d->m = m;
	d->n_columns = (uint32_t)m->n_columns;
	d->n_classes = (uint32_t)m->n_classes;
	d->row = malloc(m->n_rows * sizeof(*d->row));
	d->label = malloc(m->n_rows * sizeof(*d->label));
	d->weight = malloc(m->n_rows * sizeof(*d->weight));
	if (!d->row || !d->label || !d->weight)
		rc = train_refuse(error, size, "training: no memory for %zu rows", m->n_rows);
	else
		rc = fill(d, class_weight, error, size);
	if (rc)
		train_data_clear(d);
	return rc;
}

void train_data_clear(struct train_data *d)
{
	free(d->row);
	free(d->label);
	free(d->weight);
	memset(d, 0, sizeof(*d));
}

/* Bits that order as the float does: negative numbers turned round, positive ones above them. */
static uint32_t order_of(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits >> 31 ? ~bits : bits | 0x80000000;
}

static float float_of(uint32_t order)
{
	uint32_t bits = order >> 31 ? order & 0x7fffffff : ~order;
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

int train_rank(struct train_column *column, const struct train_data *d, uint32_t c, uint64_t *keys,
               uint64_t *scratch)
{
	uint32_t n = 0, rank = 0;

	for (uint32_t i = 0; i < d->n_rows; i++)
		keys[i] = (uint64_t)order_of(train_value(d->m, d->row[i], c)) << 32 | i;
	keys = train_sort(keys, scratch, d->n_rows, 32);
	for (uint32_t i = 0; i < d->n_rows; i++)
		n += !i || keys[i] >> 32 != keys[i - 1] >> 32;
	column->value = malloc(n * sizeof(*column->value));
	if (!column->value)
		return -ENOMEM;
	column->n_values = n;
	for (uint32_t i = 0; i < d->n_rows; i++) {
		rank += i && keys[i] >> 32 != keys[i - 1] >> 32;
		column->value[rank] = float_of((uint32_t)(keys[i] >> 32));
		column->rank[(uint32_t)keys[i]] = rank;
	}
	return 0;
}
