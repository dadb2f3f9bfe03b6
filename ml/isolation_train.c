// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * IsolationForest (Liu, Ting and Zhou 2008): each tree takes max_samples rows and splits them at a
 * random place between the smallest and the largest value of a random feature, down to
 * ceil(log2(max_samples)) levels. A leaf's value is its depth and c(rows in it), what a tree of
 * them would add.
 *
 * A tree's rows are copied and all its work is done there (train_isolate.c), so that beside 4 bytes
 * a row training takes no memory of the matrix's size. As scikit-learn: values within 1e-7 count as
 * equal, rows drawn twice (bootstrap) count once, row weights above 0 change nothing.
 */
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "parallel.h"
#include "train_data.h"
#include "train_isolate.h"
#include "train_math.h"

#define TREES_MAX 1000000

struct job {
	const struct train_isolation *p;
	const struct matrix *m;
	struct isolate_limits limits;
	uint32_t n_threads;
	struct isolate *workers;  /* [n_threads] */
	struct train_tree *trees; /* [n_estimators] */
	atomic_int rc;
};

static void grow_tree(void *arg, uint32_t worker, size_t task)
{
	struct job *j = arg;
	struct isolate *w = &j->workers[worker];
	int rc;

	rng_seed(&w->rng, j->p->common.random_state, task);
	rc = isolate_grow(w, &j->trees[task]);
	if (rc)
		atomic_store(&j->rc, rc);
}

static void tell_progress(void *arg, size_t n_done)
{
	const struct train_isolation *p = ((struct job *)arg)->p;

	if (p->common.progress)
		p->common.progress(p->common.arg, (double)n_done / p->n_estimators);
}

static int allocate(struct job *j)
{
	j->limits.path_length = malloc(((size_t)j->limits.max_samples + 1) *
	                               sizeof(*j->limits.path_length));
	j->workers = calloc(j->n_threads, sizeof(*j->workers));
	j->trees = calloc(j->p->n_estimators, sizeof(*j->trees));
	if (!j->limits.path_length || !j->workers || !j->trees)
		return -ENOMEM;
	for (uint32_t i = 0; i < j->n_threads; i++)
		if (isolate_init(&j->workers[i], &j->limits))
			return -ENOMEM;
	for (uint32_t n = 0; n <= j->limits.max_samples; n++)
		j->limits.path_length[n] = math_path_length(n);
	return 0;
}

static void release(struct job *j)
{
	for (uint32_t i = 0; j->workers && i < j->n_threads; i++)
		isolate_clear(&j->workers[i]);
	for (uint32_t i = 0; j->trees && i < j->p->n_estimators; i++)
		train_tree_clear(&j->trees[i]);
	free(j->workers);
	free(j->trees);
	free(j->limits.path_length);
	free(j->limits.usable);
}

static struct forest *collect(struct job *j)
{
	struct forest *f = forest_new(FOREST_PATH, (uint32_t)j->m->n_columns, 1);
	int rc = f ? 0 : -ENOMEM;

	for (uint32_t i = 0; !rc && i < j->p->n_estimators; i++)
		rc = train_tree_hand_over(&j->trees[i], f);
	if (!rc) {
		f->max_samples = j->limits.max_samples;
		return f;
	}
	forest_free(f);
	return NULL;
}

static struct forest *run(struct job *j)
{
	if (allocate(j))
		return NULL;
	parallel_run(j->n_threads, j->p->n_estimators, grow_tree, tell_progress, j);
	return atomic_load(&j->rc) ? NULL : collect(j);
}

static int prepare(struct job *j, char *error, size_t size)
{
	const struct train_isolation *p = j->p;

	j->limits.usable = malloc(j->m->n_rows * sizeof(*j->limits.usable));
	if (!j->limits.usable)
		return train_refuse(error, size, "isolation forest: no memory for %zu rows",
		                    j->m->n_rows);
	for (size_t i = 0; i < j->m->n_rows; i++)
		if (j->m->weight[i] > 0)
			j->limits.usable[j->limits.n_rows++] = (uint32_t)i;
	if (!j->limits.n_rows)
		return train_refuse(error, size,
		                    "training data: all %zu rows have weight 0; give some",
		                    j->m->n_rows);
	j->limits.max_samples = p->max_samples < j->limits.n_rows ? p->max_samples
	                                                          : j->limits.n_rows;
	j->limits.n_features = (uint32_t)fmax(1, p->max_features * (double)j->m->n_columns);
	while (j->limits.max_depth < ISOLATE_LEVELS &&
	       UINT64_C(1) << j->limits.max_depth < j->limits.max_samples)
		j->limits.max_depth++;
	j->limits.max_depth = j->limits.max_depth ? j->limits.max_depth : 1;
	j->n_threads = parallel_threads(p->common.n_jobs, p->n_estimators);
	return 0;
}

static int check_parameters(const struct train_isolation *p, char *error, size_t size)
{
	int rc = train_check_range("n_estimators", p->n_estimators, 1, TREES_MAX, error, size);

	rc = rc ? rc : train_check_range("max_samples", p->max_samples, 1, INT32_MAX, error, size);
	return rc ? rc : train_check_range("max_features", p->max_features, 1e-9, 1, error, size);
}

struct forest *train_isolation_fit(const struct train_isolation *p, const struct matrix *m,
                                   char *error, size_t size)
{
	struct job j = {
		.p = p,
		.m = m,
		.limits = { .m = m, .bootstrap = p->bootstrap },
	};
	struct forest *f = NULL;

	if (!check_parameters(p, error, size) && !train_check_values(m, error, size) &&
	    !prepare(&j, error, size)) {
		f = run(&j);
		if (!f)
			train_refuse(error, size,
			             "isolation forest: no memory for %u trees of %u rows",
			             p->n_estimators, j.limits.max_samples);
	}
	release(&j);
	return f;
}
