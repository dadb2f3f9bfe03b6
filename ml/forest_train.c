// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * RandomForestClassifier: trees by Gini impurity (train_gini.c), each from its own draw of the rows
 * with replacement, which is kept as a weight (how often a row was drawn).
 *
 * Each tree has its own stream of random numbers, and trees enter the forest in their order, so the
 * number of threads changes nothing. A forest is made in memory of 8 bytes for each value
 * (train_forest_memory()), whatever the number of trees, beside the matrix and the forest itself.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "parallel.h"
#include "train_data.h"
#include "train_gini.h"

#define TREES_MAX 1000000

struct job {
	const struct train_forest *p;
	struct train_data data;
	struct train_column *columns; /* [n_columns] */
	uint32_t *ranks;              /* [n_columns][n_rows] */
	struct gini_limits limits;
	uint32_t n_draws; /* rows a tree draws */
	uint32_t n_threads;
	struct gini *workers;     /* [n_threads] */
	struct train_tree *trees; /* [n_estimators], grown and not yet in the forest */
	bool *is_grown;
	uint32_t n_added;
	struct forest *forest;
	pthread_mutex_t lock; /* of the three above */
	atomic_int rc;
};

static int check_parameters(const struct train_forest *p, char *error, size_t size)
{
	int rc = train_check_range("n_estimators", p->n_estimators, 1, TREES_MAX, error, size);

	rc = rc ? rc
	        : train_check_range("min_samples_split", p->min_samples_split, 2, INT32_MAX, error,
	                            size);
	rc = rc ? rc
	        : train_check_range("min_samples_leaf", p->min_samples_leaf, 1, INT32_MAX, error,
	                            size);
	if (!rc && p->max_features == TRAIN_COUNT)
		rc = train_check_range("max_features", p->max_features_value, 1, INT32_MAX, error,
		                       size);
	if (!rc && p->max_features == TRAIN_FRACTION)
		rc = train_check_range("max_features", p->max_features_value, 1e-9, 1, error, size);
	return rc ? rc : train_check_range("max_samples", p->max_samples, 1e-9, 1, error, size);
}

static uint32_t count_features(const struct train_forest *p, uint32_t n)
{
	double k = n;

	if (p->max_features == TRAIN_SQRT)
		k = sqrt(n);
	else if (p->max_features == TRAIN_LOG2)
		k = log2(n);
	else if (p->max_features == TRAIN_COUNT)
		k = p->max_features_value;
	else if (p->max_features == TRAIN_FRACTION)
		k = p->max_features_value * n;
	return k < 1 ? 1 : k > n ? n : (uint32_t)k;
}

static void rank_column(void *arg, uint32_t worker, size_t task)
{
	struct job *j = arg;
	struct gini *w = &j->workers[worker];
	uint32_t c = (uint32_t)task;

	j->columns[c].rank = j->ranks + (size_t)c * j->data.n_rows;
	if (train_rank(&j->columns[c], &j->data, c, w->keys, w->scratch))
		atomic_store(&j->rc, -ENOMEM);
}

/* The rows of one tree into w->samples; how many. */
static uint32_t draw_rows(const struct job *j, struct gini *w)
{
	const struct train_data *d = &j->data;
	uint32_t n = 0, *times = (uint32_t *)w->keys;

	memset(times, 0, d->n_rows * sizeof(*times));
	for (uint32_t i = 0; i < j->n_draws && j->p->bootstrap; i++)
		times[rng_below(&w->rng, d->n_rows)]++;
	for (uint32_t i = 0; i < d->n_rows; i++) {
		double weight = d->weight[i] * (j->p->bootstrap ? times[i] : 1);

		if (weight > 0)
			w->samples[n++] = (struct gini_sample){ i, d->label[i], weight };
	}
	return n;
}

/* Take in the trees whose turn it is. */
static int add_trees(struct job *j)
{
	int rc = 0;

	for (; !rc && j->n_added < j->p->n_estimators && j->is_grown[j->n_added]; j->n_added++) {
		rc = train_tree_hand_over(&j->trees[j->n_added], j->forest);
		train_tree_clear(&j->trees[j->n_added]);
	}
	return rc;
}

static void grow_tree(void *arg, uint32_t worker, size_t task)
{
	struct job *j = arg;
	struct gini *w = &j->workers[worker];
	int rc;

	if (atomic_load(&j->rc))
		return;
	rng_seed(&w->rng, j->p->common.random_state, task);
	rc = gini_grow(w, draw_rows(j, w), &j->trees[task]);
	pthread_mutex_lock(&j->lock);
	j->is_grown[task] = !rc;
	rc = rc ? rc : add_trees(j);
	pthread_mutex_unlock(&j->lock);
	if (rc)
		atomic_store(&j->rc, rc);
}

static void tell_progress(void *arg, size_t n_done)
{
	const struct train_forest *p = ((struct job *)arg)->p;

	if (p->common.progress)
		p->common.progress(p->common.arg, (double)n_done / p->n_estimators);
}

static int allocate(struct job *j)
{
	size_t n = j->data.n_rows, columns = j->data.n_columns, bytes, i;

	if (__builtin_mul_overflow(n, columns, &bytes) ||
	    __builtin_mul_overflow(bytes, sizeof(*j->ranks), &bytes))
		return -ENOMEM;
	j->ranks = malloc(bytes);
	j->columns = calloc(columns, sizeof(*j->columns));
	j->workers = calloc(j->n_threads, sizeof(*j->workers));
	j->trees = calloc(j->p->n_estimators, sizeof(*j->trees));
	j->is_grown = calloc(j->p->n_estimators, sizeof(*j->is_grown));
	j->forest = forest_new(FOREST_MEAN, j->data.n_columns, j->data.n_classes);
	if (!j->ranks || !j->columns || !j->workers || !j->trees || !j->is_grown || !j->forest)
		return -ENOMEM;
	for (i = 0; i < j->n_threads; i++)
		if (gini_init(&j->workers[i], &j->data, j->columns, &j->limits))
			return -ENOMEM;
	return 0;
}

static void release(struct job *j)
{
	for (uint32_t i = 0; j->workers && i < j->n_threads; i++)
		gini_clear(&j->workers[i]);
	for (uint32_t i = 0; j->trees && i < j->p->n_estimators; i++)
		train_tree_clear(&j->trees[i]);
	for (uint32_t i = 0; j->columns && i < j->data.n_columns; i++)
		free(j->columns[i].value);
	free(j->workers);
	free(j->trees);
	free(j->is_grown);
	free(j->columns);
	free(j->ranks);
	forest_free(j->forest);
	train_data_clear(&j->data);
	pthread_mutex_destroy(&j->lock);
}

static int run(struct job *j)
{
	const struct train_forest *p = j->p;
	double draws = rint(p->max_samples * j->data.n_rows);
	int rc;

	j->limits = (struct gini_limits){
		.max_depth = p->max_depth ? p->max_depth : UINT32_MAX,
		.min_samples_split = p->min_samples_split,
		.min_samples_leaf = p->min_samples_leaf,
		.max_features = count_features(p, j->data.n_columns),
	};
	j->n_draws = draws < 1 ? 1 : (uint32_t)draws;
	j->n_threads = parallel_threads(p->common.n_jobs, p->n_estimators);
	rc = allocate(j);
	if (rc)
		return rc;
	parallel_run(j->n_threads, j->data.n_columns, rank_column, NULL, j);
	if (!atomic_load(&j->rc))
		parallel_run(j->n_threads, p->n_estimators, grow_tree, tell_progress, j);
	return atomic_load(&j->rc);
}

struct forest *train_forest_fit(const struct train_forest *p, const struct matrix *m, char *error,
                                size_t size)
{
	struct job j = { .p = p, .lock = PTHREAD_MUTEX_INITIALIZER };
	struct forest *forest = NULL;

	if (!check_parameters(p, error, size) &&
	    !train_data_init(&j.data, m, p->class_weight, error, size)) {
		if (run(&j)) {
			train_refuse(error, size,
			             "random forest: no memory for %u trees of %u rows; "
			             "give fewer, or a max_depth",
			             p->n_estimators, j.data.n_rows);
		} else {
			forest = j.forest;
			j.forest = NULL;
		}
	}
	release(&j);
	return forest;
}

uint64_t train_forest_memory(const struct train_forest *p, uint64_t n_rows, uint64_t n_columns)
{
	uint64_t threads = parallel_threads(p->common.n_jobs, p->n_estimators);

	return n_rows * (n_columns * (sizeof(uint32_t) + sizeof(float)) + 16) +
	       threads * gini_memory(n_rows);
}
