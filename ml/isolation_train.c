// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * IsolationForest (Liu, Ting and Zhou 2008): each tree takes max_samples rows and splits them at a
 * random place between the smallest and the largest value of a random feature, down to
 * ceil(log2(max_samples)) levels. A leaf's value is its depth and c(rows in it), what a tree of
 * them would add.
 *
 * A tree's rows are copied, column by column, and all its work is done there, so that training
 * takes no memory of the matrix's size. As scikit-learn: values within 1e-7 count as equal, rows
 * drawn twice (bootstrap) count once, row weights above 0 change nothing.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "parallel.h"
#include "train_data.h"
#include "train_draw.h"
#include "train_math.h"
#include "train_tree.h"

#define TREES_MAX  1000000
#define LEVELS_MAX 32
#define VALUE_STEP 1e-7f

struct node {
	uint32_t start, end, depth, n_constant, branch;
};

/* A thread's scratch memory. */
struct worker {
	struct rng rng;
	struct train_draw draw;
	uint64_t *is_drawn;      /* bits [n_rows] */
	uint32_t *rows, *chosen; /* [max_samples] of the matrix; [n_features] of its columns */
	float *values;           /* [n_features][max_samples] */
	uint32_t *samples;       /* [max_samples], places in values, parted as the tree grows */
	struct node stack[LEVELS_MAX + 2];
	uint32_t n_stack;
};

struct job {
	const struct train_isolation *p;
	const struct matrix *m;
	uint32_t *usable; /* [n_rows], of positive weight */
	uint32_t n_rows, n_features, max_samples, max_depth, n_threads;
	double *path_length;      /* c(n), [max_samples + 1] */
	struct worker *workers;   /* [n_threads] */
	struct train_tree *trees; /* [n_estimators] */
	atomic_int rc;
};

static bool is_drawn_now(struct worker *w, uint32_t row)
{
	uint64_t bit = UINT64_C(1) << row % 64, *word = &w->is_drawn[row / 64];
	bool first = !(*word & bit);

	*word |= bit;
	return first;
}

/* Each set of max_samples rows as likely; of more than half of the rows, those left out are drawn.
 */
static uint32_t draw_rows(const struct job *j, struct worker *w)
{
	uint32_t want = j->max_samples, n = 0, row;
	bool inverse = !j->p->bootstrap && want > j->n_rows / 2;

	memset(w->is_drawn, 0, (j->n_rows / 64 + 1) * sizeof(*w->is_drawn));
	if (inverse) {
		for (n = j->n_rows; n > want;)
			n -= is_drawn_now(w, (uint32_t)rng_below(&w->rng, j->n_rows));
		for (row = n = 0; row < j->n_rows; row++)
			if (is_drawn_now(w, row))
				w->rows[n++] = j->usable[row];
		return n;
	}
	for (uint32_t drawn = 0; drawn < want;) {
		bool first;

		row = (uint32_t)rng_below(&w->rng, j->n_rows);
		first = is_drawn_now(w, row);
		if (first)
			w->rows[n++] = j->usable[row];
		drawn += first || j->p->bootstrap;
	}
	return n;
}

/* Which columns this tree may see: the first n_features of a shuffle, then in their order. */
static void draw_columns(const struct job *j, struct worker *w)
{
	uint32_t left = j->n_features, n = 0;

	for (uint32_t c = 0; c < j->m->n_columns; c++) {
		uint64_t rest = j->m->n_columns - c;

		if (left == rest || rng_below(&w->rng, rest) < left) {
			w->chosen[n++] = c;
			left--;
		}
	}
}

static void copy_values(const struct job *j, struct worker *w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t c = 0; c < j->n_features; c++)
			w->values[(size_t)c * j->max_samples + i] = train_value(j->m, w->rows[i],
			                                                        w->chosen[c]);
}

/* A column that differs among the node's rows, and a place to cut it; false: there is none. */
static bool find_split(const struct job *j, struct worker *w, struct node *node, uint32_t *column,
                       float *threshold)
{
	struct train_draw *draw = &w->draw;
	bool found = false;

	draw_begin(draw, node->n_constant);
	while (!found && draw_next(draw, 1, &w->rng)) {
		const float *value = w->values;
		float lowest = INFINITY, highest = -INFINITY;
		double place;

		*column = draw->features[draw->at];
		value += (size_t)*column * j->max_samples;
		for (uint32_t i = node->start; i < node->end; i++) {
			float x = value[w->samples[i]];

			lowest = x < lowest ? x : lowest;
			highest = x > highest ? x : highest;
		}
		if (highest <= lowest + VALUE_STEP) {
			draw_is_constant(draw);
			continue;
		}
		draw_is_tried(draw);
		place = lowest + ((double)highest - lowest) * rng_real(&w->rng);
		*threshold = place < highest ? train_round_down(place) : lowest;
		found = true;
	}
	node->n_constant = draw_end(draw);
	return found;
}

static uint32_t part(const struct job *j, struct worker *w, const struct node *node,
                     uint32_t column, float threshold)
{
	const float *value = w->values + (size_t)column * j->max_samples;
	uint32_t left = node->start;

	for (uint32_t i = node->start; i < node->end; i++) {
		uint32_t sample = w->samples[i];

		w->samples[i] = w->samples[left];
		w->samples[left] = sample;
		left += value[sample] <= threshold;
	}
	return left;
}

static int grow_node(const struct job *j, struct worker *w, struct node node,
                     struct train_tree *tree)
{
	uint32_t n = node.end - node.start, column, left, middle;
	double *value;
	float threshold;

	if (node.depth >= j->max_depth || n < 2 || !find_split(j, w, &node, &column, &threshold)) {
		value = train_tree_leaf(tree, node.branch, n);
		if (!value)
			return -ENOMEM;
		*value = node.depth + j->path_length[n];
		return 0;
	}
	left = train_tree_add(tree, 2);
	if (left == UINT32_MAX)
		return -ENOMEM;
	train_tree_split(tree, node.branch, w->chosen[column], threshold, left, n);
	middle = part(j, w, &node, column, threshold);
	node.depth++;
	w->stack[w->n_stack++] = (struct node){ middle, node.end, node.depth, node.n_constant,
		                                left + 1 };
	w->stack[w->n_stack++] = (struct node){ node.start, middle, node.depth, node.n_constant,
		                                left };
	return 0;
}

static void grow_tree(void *arg, uint32_t worker, size_t task)
{
	struct job *j = arg;
	struct worker *w = &j->workers[worker];
	struct train_tree *tree = &j->trees[task];
	uint32_t n;
	int rc = 0;

	rng_seed(&w->rng, j->p->common.random_state, task);
	n = draw_rows(j, w);
	draw_columns(j, w);
	copy_values(j, w, n);
	for (uint32_t i = 0; i < n; i++)
		w->samples[i] = i;
	for (uint32_t c = 0; c < j->n_features; c++)
		w->draw.features[c] = c;
	train_tree_reset(tree, 1);
	if (train_tree_add(tree, 1) == UINT32_MAX)
		rc = -ENOMEM;
	w->stack[0] = (struct node){ .end = n };
	w->n_stack = 1;
	while (!rc && w->n_stack)
		rc = grow_node(j, w, w->stack[--w->n_stack], tree);
	if (rc)
		atomic_store(&j->rc, rc);
}

static void tell_progress(void *arg, size_t n_done)
{
	const struct train_isolation *p = ((struct job *)arg)->p;

	if (p->common.progress)
		p->common.progress(p->common.arg, (double)n_done / p->n_estimators);
}

static int worker_init(const struct job *j, struct worker *w)
{
	size_t samples = j->max_samples, features = j->n_features, cells;

	if (__builtin_mul_overflow(samples, features, &cells) ||
	    cells > SIZE_MAX / sizeof(*w->values))
		return -ENOMEM;
	w->is_drawn = malloc((j->n_rows / 64 + 1) * sizeof(*w->is_drawn));
	w->rows = malloc(samples * sizeof(*w->rows));
	w->samples = malloc(samples * sizeof(*w->samples));
	w->chosen = malloc(features * sizeof(*w->chosen));
	w->values = malloc(cells * sizeof(*w->values));
	w->draw.n = j->n_features;
	w->draw.features = malloc(features * sizeof(*w->draw.features));
	w->draw.constants = malloc(features * sizeof(*w->draw.constants));
	return w->is_drawn && w->rows && w->samples && w->chosen && w->values && w->draw.features &&
	                       w->draw.constants
	               ? 0
	               : -ENOMEM;
}

static void worker_clear(struct worker *w)
{
	free(w->is_drawn);
	free(w->rows);
	free(w->samples);
	free(w->chosen);
	free(w->values);
	free(w->draw.features);
	free(w->draw.constants);
}

static int allocate(struct job *j)
{
	j->path_length = malloc(((size_t)j->max_samples + 1) * sizeof(*j->path_length));
	j->workers = calloc(j->n_threads, sizeof(*j->workers));
	j->trees = calloc(j->p->n_estimators, sizeof(*j->trees));
	if (!j->path_length || !j->workers || !j->trees)
		return -ENOMEM;
	for (uint32_t i = 0; i < j->n_threads; i++)
		if (worker_init(j, &j->workers[i]))
			return -ENOMEM;
	for (uint32_t n = 0; n <= j->max_samples; n++)
		j->path_length[n] = math_path_length(n);
	return 0;
}

static void release(struct job *j)
{
	for (uint32_t i = 0; j->workers && i < j->n_threads; i++)
		worker_clear(&j->workers[i]);
	for (uint32_t i = 0; j->trees && i < j->p->n_estimators; i++)
		train_tree_clear(&j->trees[i]);
	free(j->workers);
	free(j->trees);
	free(j->path_length);
	free(j->usable);
}

static struct forest *collect(struct job *j)
{
	struct forest *f = forest_new(FOREST_PATH, (uint32_t)j->m->n_columns, 1);
	int rc = f ? 0 : -ENOMEM;

	for (uint32_t i = 0; !rc && i < j->p->n_estimators; i++)
		rc = train_tree_hand_over(&j->trees[i], f);
	if (!rc) {
		f->max_samples = j->max_samples;
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

	j->usable = malloc(j->m->n_rows * sizeof(*j->usable));
	if (!j->usable)
		return train_refuse(error, size, "isolation forest: no memory for %zu rows",
		                    j->m->n_rows);
	for (size_t i = 0; i < j->m->n_rows; i++)
		if (j->m->weight[i] > 0)
			j->usable[j->n_rows++] = (uint32_t)i;
	if (!j->n_rows)
		return train_refuse(error, size,
		                    "training data: all %zu rows have weight 0; give some",
		                    j->m->n_rows);
	j->max_samples = p->max_samples < j->n_rows ? p->max_samples : j->n_rows;
	j->n_features = (uint32_t)fmax(1, p->max_features * (double)j->m->n_columns);
	while (j->max_depth < LEVELS_MAX && UINT64_C(1) << j->max_depth < j->max_samples)
		j->max_depth++;
	j->max_depth = j->max_depth ? j->max_depth : 1;
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
	struct job j = { .p = p, .m = m };
	struct forest *f = NULL;

	if (!check_parameters(p, error, size) && !train_check_values(m, error, size) &&
	    !prepare(&j, error, size)) {
		f = run(&j);
		if (!f)
			train_refuse(error, size,
			             "isolation forest: no memory for %u trees of %u rows",
			             p->n_estimators, j.max_samples);
	}
	release(&j);
	return f;
}
