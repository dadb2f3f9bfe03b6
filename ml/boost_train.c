// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * HistGradientBoostingClassifier: each iteration adds a tree for every class (for two classes, one
 * tree), a Newton step down the log loss of softmax (sigmoid). Trees are train_newton.c's, from
 * columns cut into bins by train_bins.c.
 *
 * The classes of an iteration are grown at the same time; each needs of the others only the
 * largest output and the sum of the softmax, which are fixed when the iteration starts. Derivatives
 * are float64 and not kept (scikit-learn keeps them in float32). A class without rows gets the
 * smallest prior and no splits. What differs from scikit-learn in the result, train.h tells.
 */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "parallel.h"
#include "train_data.h"
#include "train_math.h"
#include "train_newton.h"

#define ITERATIONS_MAX 100000
#define LEAVES_MAX     4096
#define FEATURES_LEAST 8 /* that a tree may use */

struct job {
	const struct train_boost *p;
	struct train_data data;
	struct train_bins bins;
	struct newton_limits limits;
	uint32_t n_outputs, n_threads;
	double *raw;              /* [n_outputs][n_rows], the sums so far */
	double *largest, *sum;    /* [n_rows]: of raw; of exp(raw - largest) */
	struct newton *workers;   /* [n_threads] */
	struct train_tree *trees; /* [n_outputs] */
	struct forest *forest;
	atomic_int rc;
};

static int check_parameters(const struct train_boost *p, char *error, size_t size)
{
	const struct {
		const char *name;
		double value, lowest, highest;
	} limits[] = {
		{ "learning_rate", p->learning_rate, 1e-9, 1e3 },
		{ "max_iter", p->max_iter, 1, ITERATIONS_MAX },
		{ "max_leaf_nodes", p->max_leaf_nodes, 2, LEAVES_MAX },
		{ "min_samples_leaf", p->min_samples_leaf, 1, INT32_MAX },
		{ "l2_regularization", p->l2_regularization, 0, 1e300 },
		{ "max_bins", p->max_bins, 2, BINS_MAX },
		{ "max_features", p->max_features, 1e-9, 1 },
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(limits) / sizeof(*limits); i++)
		rc = train_check_range(limits[i].name, limits[i].value, limits[i].lowest,
		                       limits[i].highest, error, size);
	return rc;
}

/* Priors: log odds, or the logarithms of the shares, their mean taken off. */
static void start_outputs(struct job *j)
{
	const struct train_data *d = &j->data;
	double *baseline = j->forest->baseline, weight = 0, mean = 0;
	uint32_t n = j->n_outputs;

	for (uint32_t i = 0; i < d->n_rows; i++) {
		weight += d->weight[i];
		if (n > 1)
			baseline[d->label[i]] += d->weight[i];
		else
			baseline[0] += d->label[i] * d->weight[i];
	}
	for (uint32_t k = 0; k < n; k++) {
		double share = fmin(fmax(baseline[k] / weight, DBL_EPSILON), 1 - DBL_EPSILON);

		baseline[k] = math_log(n > 1 ? share : share / (1 - share));
		mean += n > 1 ? baseline[k] / n : 0;
	}
	for (uint32_t k = 0; k < n; k++) {
		baseline[k] -= mean;
		for (uint32_t i = 0; i < d->n_rows; i++)
			j->raw[(size_t)k * d->n_rows + i] = baseline[k];
	}
}

/* What the classes need of each other. */
static void add_up_softmax(struct job *j)
{
	size_t n = j->data.n_rows;

	memcpy(j->largest, j->raw, n * sizeof(*j->largest));
	memset(j->sum, 0, n * sizeof(*j->sum));
	for (uint32_t k = 1; k < j->n_outputs; k++)
		for (size_t i = 0; i < n; i++)
			j->largest[i] = fmax(j->largest[i], j->raw[k * n + i]);
	for (uint32_t k = 0; k < j->n_outputs; k++)
		for (size_t i = 0; i < n; i++)
			j->sum[i] += math_exp(j->raw[k * n + i] - j->largest[i]);
}

static double probability(const struct job *j, const double *raw, uint32_t i)
{
	if (j->n_outputs == 1)
		return 1 / (1 + math_exp(-raw[i]));
	return math_exp(raw[i] - j->largest[i]) / j->sum[i];
}

static void grow_tree(void *arg, uint32_t worker, size_t task)
{
	struct job *j = arg;
	struct newton *w = &j->workers[worker];
	const struct train_data *d = &j->data;
	double *raw = j->raw + task * d->n_rows;
	uint32_t class = j->n_outputs == 1 ? 1 : (uint32_t)task;
	int rc;

	for (uint32_t i = 0; i < d->n_rows; i++) {
		double p = probability(j, raw, i), weight = d->weight[i];

		w->pairs[i] = (newton_pair){ (p - (d->label[i] == class)) * weight,
			                     p * (1 - p) * weight };
	}
	rng_seed(&w->rng, j->p->common.random_state, j->forest->n_trees + task);
	rc = newton_grow(w, &j->trees[task], raw);
	if (rc)
		atomic_store(&j->rc, rc);
}

static int boost(struct job *j)
{
	const struct train_common *common = &j->p->common;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < j->p->max_iter; i++) {
		if (j->n_outputs > 1)
			add_up_softmax(j);
		parallel_run(j->n_threads, j->n_outputs, grow_tree, NULL, j);
		rc = atomic_load(&j->rc);
		for (uint32_t k = 0; !rc && k < j->n_outputs; k++)
			rc = train_tree_hand_over(&j->trees[k], j->forest);
		if (common->progress)
			common->progress(common->arg, (i + 1.0) / j->p->max_iter);
	}
	return rc;
}

static int allocate(struct job *j, uint32_t n_threads)
{
	size_t n = j->data.n_rows, bytes;

	if (__builtin_mul_overflow(n * sizeof(*j->raw), (size_t)j->n_outputs, &bytes))
		return -ENOMEM;
	j->raw = malloc(bytes);
	j->largest = malloc(n * sizeof(*j->largest));
	j->sum = malloc(n * sizeof(*j->sum));
	j->workers = calloc(j->n_threads, sizeof(*j->workers));
	j->trees = calloc(j->n_outputs, sizeof(*j->trees));
	j->forest = forest_new(FOREST_SUM, j->data.n_columns, j->n_outputs);
	if (!j->raw || !j->largest || !j->sum || !j->workers || !j->trees || !j->forest)
		return -ENOMEM;
	for (uint32_t i = 0; i < j->n_threads; i++)
		if (newton_init(&j->workers[i], &j->bins, &j->limits, n_threads / j->n_threads))
			return -ENOMEM;
	return 0;
}

static void release(struct job *j)
{
	for (uint32_t i = 0; j->workers && i < j->n_threads; i++)
		newton_clear(&j->workers[i]);
	for (uint32_t i = 0; j->trees && i < j->n_outputs; i++)
		train_tree_clear(&j->trees[i]);
	free(j->workers);
	free(j->trees);
	free(j->raw);
	free(j->largest);
	free(j->sum);
	forest_free(j->forest);
	train_bins_clear(&j->bins);
	train_data_clear(&j->data);
}

static uint32_t count_features(const struct train_boost *p, uint32_t n)
{
	uint32_t k = (uint32_t)ceil(p->max_features * n);

	k = k < FEATURES_LEAST ? FEATURES_LEAST : k;
	return k < n ? k : n;
}

static int run(struct job *j)
{
	const struct train_boost *p = j->p;
	uint32_t n_threads = parallel_threads(p->common.n_jobs, SIZE_MAX);
	int rc;

	j->limits = (struct newton_limits){
		.max_leaf_nodes = p->max_leaf_nodes,
		.max_depth = p->max_depth ? p->max_depth : UINT32_MAX,
		.min_samples_leaf = p->min_samples_leaf,
		.l2_regularization = p->l2_regularization,
		.learning_rate = p->learning_rate,
		.max_features = count_features(p, j->data.n_columns),
	};
	j->n_outputs = j->data.n_classes > 2 ? j->data.n_classes : 1;
	j->n_threads = parallel_threads(n_threads, j->n_outputs);
	rc = train_bins_init(&j->bins, &j->data, p->max_bins, n_threads, p->common.random_state);
	rc = rc ? rc : allocate(j, n_threads);
	if (rc)
		return rc;
	start_outputs(j);
	return boost(j);
}

struct forest *train_boost_fit(const struct train_boost *p, const struct matrix *m, char *error,
                               size_t size)
{
	struct job j = { .p = p };
	struct forest *forest = NULL;

	if (!check_parameters(p, error, size) &&
	    !train_data_init(&j.data, m, p->class_weight, error, size)) {
		if (run(&j)) {
			train_refuse(error, size,
			             "boosting: no memory for %u rows of %u columns and %u classes",
			             j.data.n_rows, j.data.n_columns, j.data.n_classes);
		} else {
			forest = j.forest;
			j.forest = NULL;
		}
	}
	release(&j);
	return forest;
}

uint64_t train_boost_memory(const struct train_boost *p, uint64_t n_rows, uint64_t n_columns,
                            uint64_t n_classes)
{
	uint64_t outputs = n_classes > 2 ? n_classes : 1;
	uint64_t threads = parallel_threads(p->common.n_jobs, SIZE_MAX);
	uint64_t ranking = threads * train_bins_memory(n_rows);
	uint64_t growing = n_rows * (outputs + 2) * sizeof(double) +
	                   (threads < outputs ? threads : outputs) * newton_memory(n_rows);

	return n_rows * (n_columns + 16) + (ranking > growing ? ranking : growing);
}
