// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Permutation importance, a column a task. Rows are not copied: a shuffle is an order of rows from
 * which the one column is taken while blocks are filled. Columns that no tree asks about are 0.
 */
#include "explain.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "parallel.h"
#include "rng.h"

#define BLOCK_ROWS 256
#define NO_COLUMN  SIZE_MAX

/* A thread's scratch memory. */
struct worker {
	size_t *order;  /* [n_rows] */
	double *block;  /* [BLOCK_ROWS][n_columns] */
	double *proba;  /* [BLOCK_ROWS][n_classes] */
	double *scores; /* [n_repeats] */
};

struct job {
	const struct model *m;
	const struct matrix *rows;
	size_t *labelled; /* [n_labelled] rows */
	int64_t *truth;   /* [n_labelled] class of the model, or -1 */
	size_t n_labelled;
	bool *is_used; /* [n_columns] */
	double accuracy, *mean, *deviation;
	uint32_t n_repeats, n_threads;
	uint64_t random_state;
	struct worker *workers;
};

static int64_t class_of_model(const struct model *m, const char *name)
{
	for (uint32_t k = 0; k < m->n_classes; k++)
		if (!strcmp(m->class_names[k], name))
			return k;
	return -1;
}

static size_t count_right(const struct job *j, const struct worker *w, size_t first, size_t n)
{
	uint32_t classes = j->m->n_classes;
	size_t right = 0;

	for (size_t i = 0; i < n; i++) {
		const double *proba = w->proba + i * classes;
		uint32_t best = 0;

		for (uint32_t k = 1; k < classes; k++)
			if (proba[k] > proba[best])
				best = k;
		right += j->truth[first + i] == best;
	}
	return right;
}

/* With this column's values in the order of w->order. */
static double accuracy(const struct job *j, struct worker *w, size_t column)
{
	size_t columns = j->rows->n_columns, right = 0;

	for (size_t first = 0; first < j->n_labelled; first += BLOCK_ROWS) {
		size_t n = j->n_labelled - first;

		n = n < BLOCK_ROWS ? n : BLOCK_ROWS;
		for (size_t i = 0; i < n; i++) {
			double *row = w->block + i * columns;

			memcpy(row, matrix_row(j->rows, j->labelled[first + i]),
			       columns * sizeof(*row));
			if (column != NO_COLUMN)
				row[column] = matrix_row(j->rows, w->order[first + i])[column];
		}
		model_predict_proba(j->m, w->proba, w->block, n);
		right += count_right(j, w, first, n);
	}
	return (double)right / (double)j->n_labelled;
}

/* Fisher and Yates. */
static void shuffle(struct job *j, struct worker *w, struct rng *rng)
{
	memcpy(w->order, j->labelled, j->n_labelled * sizeof(*w->order));
	for (size_t n = j->n_labelled; n > 1; n--) {
		size_t k = (size_t)rng_below(rng, n), row = w->order[k];

		w->order[k] = w->order[n - 1];
		w->order[n - 1] = row;
	}
}

static void judge_column(void *arg, uint32_t worker, size_t column)
{
	struct job *j = arg;
	struct worker *w = &j->workers[worker];
	double mean = 0, square = 0;
	struct rng rng;

	if (!j->is_used[column])
		return;
	rng_seed(&rng, j->random_state, column);
	for (uint32_t i = 0; i < j->n_repeats; i++) {
		shuffle(j, w, &rng);
		w->scores[i] = j->accuracy - accuracy(j, w, column);
		mean += w->scores[i] / j->n_repeats;
	}
	for (uint32_t i = 0; i < j->n_repeats; i++)
		square += (w->scores[i] - mean) * (w->scores[i] - mean) / j->n_repeats;
	j->mean[column] = mean;
	j->deviation[column] = sqrt(square);
}

static int allocate(struct job *j)
{
	size_t rows = j->rows->n_rows + 1, columns = j->rows->n_columns;

	j->labelled = malloc(rows * sizeof(*j->labelled));
	j->truth = malloc(rows * sizeof(*j->truth));
	j->is_used = calloc(columns, sizeof(*j->is_used));
	j->workers = calloc(j->n_threads, sizeof(*j->workers));
	if (!j->labelled || !j->truth || !j->is_used || !j->workers)
		return -ENOMEM;
	for (uint32_t i = 0; i < j->n_threads; i++) {
		struct worker *w = &j->workers[i];

		w->order = malloc(rows * sizeof(*w->order));
		w->block = malloc(BLOCK_ROWS * columns * sizeof(*w->block));
		w->proba = malloc(BLOCK_ROWS * (size_t)j->m->n_classes * sizeof(*w->proba));
		w->scores = malloc(((size_t)j->n_repeats + 1) * sizeof(*w->scores));
		if (!w->order || !w->block || !w->proba || !w->scores)
			return -ENOMEM;
	}
	return 0;
}

static void release(struct job *j)
{
	for (uint32_t i = 0; j->workers && i < j->n_threads; i++) {
		free(j->workers[i].order);
		free(j->workers[i].block);
		free(j->workers[i].proba);
		free(j->workers[i].scores);
	}
	free(j->workers);
	free(j->labelled);
	free(j->truth);
	free(j->is_used);
}

static void find_rows_and_columns(struct job *j)
{
	const struct forest *f = &j->m->forest;

	for (uint32_t i = 0; i < f->n_nodes; i++)
		if (f->nodes[i].left != i)
			j->is_used[f->nodes[i].feature] = true;
	for (size_t i = 0; i < j->rows->n_rows; i++) {
		int32_t label = j->rows->label[i];

		if (label < 0)
			continue;
		j->truth[j->n_labelled] = class_of_model(j->m, j->rows->class_names[label]);
		j->labelled[j->n_labelled++] = i;
	}
}

int explain_permutation(const struct model *m, double *mean, double *deviation,
                        const struct matrix *rows, uint32_t n_repeats, uint64_t random_state)
{
	struct job j = {
		.m = m,
		.rows = rows,
		.mean = mean,
		.deviation = deviation,
		.n_repeats = n_repeats,
		.random_state = random_state,
		.n_threads = parallel_threads(0, rows->n_columns),
	};
	int rc = allocate(&j);

	if (!rc) {
		find_rows_and_columns(&j);
		memset(mean, 0, rows->n_columns * sizeof(*mean));
		memset(deviation, 0, rows->n_columns * sizeof(*deviation));
		if (j.n_labelled) {
			j.accuracy = accuracy(&j, &j.workers[0], NO_COLUMN);
			parallel_run(j.n_threads, rows->n_columns, judge_column, NULL, &j);
		}
	}
	release(&j);
	return rc;
}
