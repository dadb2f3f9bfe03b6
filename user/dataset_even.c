// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Weights against large files. The flows of a class in one capture are alike (a flood, a scan, one
 * client that asks a thousand times), so n of them teach less than n from as many captures: all of
 * them together count as the root of n. The sum over all rows stays what it was.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "dataset.h"

/* Where a row's class and file are counted. */
static double *cell(const struct matrix *m, double *sums, size_t row)
{
	return &sums[m->group[row] * m->n_classes + m->label[row]];
}

int dataset_even_files(struct dataset *d)
{
	struct matrix *m = d->m;
	double *sums = calloc(m->n_groups, m->n_classes * sizeof(*sums));
	double before = 0, after = 0;
	size_t i;

	if (!sums)
		return -ENOMEM;
	for (i = 0; i < m->n_rows; i++)
		if (m->label[i] >= 0)
			*cell(m, sums, i) += m->weight[i];
	for (i = 0; i < m->n_rows; i++) {
		if (m->label[i] < 0 || m->weight[i] <= 0)
			continue;
		before += m->weight[i];
		after += m->weight[i] / sqrt(*cell(m, sums, i));
	}
	for (i = 0; i < m->n_rows; i++)
		if (m->label[i] >= 0 && m->weight[i] > 0)
			m->weight[i] *= before / after / sqrt(*cell(m, sums, i));
	free(sums);
	return 0;
}
