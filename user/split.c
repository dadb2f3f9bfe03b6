// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Splitting. Files are shuffled and then dealt, those with the most uneven classes first, each to
 * the fold that leaves the classes spread most evenly, as scikit-learn's StratifiedGroupKFold does
 * it. A part of the rows is some of many small folds. Flows go by a draw of their number, so that
 * all rows of one stay together.
 */
#include "split.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rng.h"

#define PARTS 20 /* of which split_part() takes some: steps of 5 % */

struct unit { /* a file */
	double uneven;
	double *count;   /* [n_classes + 1], the last for rows without a class */
	size_t order;    /* after the shuffle, to break ties */
	size_t first, n; /* rows */
};

struct dealing {
	const struct dataset *d;
	size_t *row; /* all rows, unit by unit */
	struct unit *unit;
	size_t n_units, n_classes;
	double *counts; /* of the units */
	double *fold;   /* [n_folds][n_classes]: share of the class's rows in each */
	double *total;  /* [n_classes] */
};

struct keyed {
	uint64_t key;
	size_t row;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static int by_uneven(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;

	if (x->uneven != y->uneven)
		return x->uneven > y->uneven ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static struct keyed *sort_rows(const struct dataset *d, enum split_kind kind)
{
	size_t n = d->m->n_rows, i;
	struct keyed *keyed = calloc(n ? n : 1, sizeof(*keyed));

	for (i = 0; keyed && i < n; i++) {
		keyed[i].row = i;
		keyed[i].key = kind == SPLIT_BY_FILE ? d->m->group[i] : d->tag[i].time_ns;
	}
	if (keyed)
		qsort(keyed, n, sizeof(*keyed), by_key);
	return keyed;
}

static void count_units(struct dealing *g, const struct keyed *keyed)
{
	const struct matrix *m = g->d->m;
	size_t i, class;
	struct unit *u = NULL;

	for (i = 0; i < m->n_rows; i++) {
		if (!i || keyed[i].key != keyed[i - 1].key) {
			u = &g->unit[g->n_units];
			u->first = i;
			u->count = g->counts + g->n_units++ * g->n_classes;
		}
		g->row[i] = keyed[i].row;
		class = m->label[g->row[i]] < 0 ? g->n_classes - 1 : (size_t)m->label[g->row[i]];
		u->count[class]++;
		g->total[class]++;
		u->n++;
	}
}

static double deviation(const double *values, size_t n, size_t step)
{
	double sum = 0, squares = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += values[i * step];
	for (i = 0; i < n; i++)
		squares += (values[i * step] - sum / n) * (values[i * step] - sum / n);
	return sqrt(squares / n);
}

static void order_units(struct dealing *g, uint64_t seed)
{
	struct rng rng;
	struct unit swap;
	size_t i, k;

	rng_seed(&rng, seed, 0x73706c6974); /* "split": a stream of its own */
	for (i = g->n_units; i > 1; i--) {
		k = rng_below(&rng, i);
		swap = g->unit[i - 1];
		g->unit[i - 1] = g->unit[k];
		g->unit[k] = swap;
	}
	for (i = 0; i < g->n_units; i++) {
		g->unit[i].order = i;
		g->unit[i].uneven = deviation(g->unit[i].count, g->n_classes, 1);
	}
	qsort(g->unit, g->n_units, sizeof(*g->unit), by_uneven);
}

/* How unevenly the classes would be spread if the unit went to fold f. */
static double cost(struct dealing *g, const struct unit *u, size_t f, size_t n_folds, double *rows)
{
	double sum = 0;
	size_t c;

	*rows = 0;
	for (c = 0; c < g->n_classes; c++) {
		if (!g->total[c])
			continue;
		g->fold[f * g->n_classes + c] += u->count[c] / g->total[c];
		sum += deviation(g->fold + c, n_folds, g->n_classes);
		g->fold[f * g->n_classes + c] -= u->count[c] / g->total[c];
		*rows += g->fold[f * g->n_classes + c] * g->total[c];
	}
	return sum;
}

static void deal(struct dealing *g, int32_t *fold, size_t n_folds)
{
	double best_cost, best_rows, c, rows;
	size_t i, f, best, k;

	for (i = 0; i < g->n_units; i++) {
		struct unit *u = &g->unit[i];

		best = 0;
		best_cost = best_rows = INFINITY;
		for (f = 0; f < n_folds; f++) {
			c = cost(g, u, f, n_folds, &rows);
			if (c < best_cost - 1e-12 || (c < best_cost + 1e-12 && rows < best_rows)) {
				best = f;
				best_cost = c;
				best_rows = rows;
			}
		}
		for (k = 0; k < g->n_classes; k++)
			if (g->total[k])
				g->fold[best * g->n_classes + k] += u->count[k] / g->total[k];
		for (k = u->first; k < u->first + u->n; k++)
			fold[g->row[k]] = best;
	}
}

static int deal_files(int32_t *fold, const struct dataset *d, size_t n_folds, size_t min_files,
                      uint64_t seed)
{
	size_t n = d->m->n_rows ? d->m->n_rows : 1;
	struct dealing g = { .d = d, .n_classes = d->m->n_classes + 1 };
	struct keyed *keyed = sort_rows(d, SPLIT_BY_FILE);
	int result = -ENOMEM;

	g.row = calloc(n, sizeof(*g.row));
	g.unit = calloc(n, sizeof(*g.unit));
	g.counts = calloc(n * g.n_classes, sizeof(*g.counts));
	g.fold = calloc(n_folds * g.n_classes, sizeof(*g.fold));
	g.total = calloc(g.n_classes, sizeof(*g.total));
	if (keyed && g.row && g.unit && g.counts && g.fold && g.total) {
		count_units(&g, keyed);
		result = g.n_units < min_files ? -EINVAL : 0;
	}
	if (!result) {
		order_units(&g, seed);
		deal(&g, fold, n_folds);
	}
	free(keyed);
	free(g.row);
	free(g.unit);
	free(g.counts);
	free(g.fold);
	free(g.total);
	return result;
}

/* Rows in the order of their times, a fold for each stretch; rows of one time stay together. */
static int cut_time(int32_t *fold, const struct dataset *d, double first, size_t n_folds)
{
	struct keyed *keyed = sort_rows(d, SPLIT_BY_TIME);
	size_t n = d->m->n_rows, i;
	int32_t now = 0;
	double part;

	if (!keyed)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		part = (double)i / n;
		if (!i || keyed[i].key != keyed[i - 1].key)
			now = n_folds > 1 ? (int32_t)(part * n_folds) : part >= first;
		fold[keyed[i].row] = now;
	}
	free(keyed);
	return now ? 0 : -EINVAL;
}

/* Each flow to the fold of its draw; without folds, into 1 if that is below part, else 0. */
static int draw_flows(int32_t *fold, const struct dataset *d, double part, size_t n_folds,
                      uint64_t seed)
{
	bool some = false, others = false;
	struct rng rng;
	double x;
	size_t i;

	for (i = 0; i < d->m->n_rows; i++) {
		rng_seed(&rng, seed, d->tag[i].flow);
		x = rng_real(&rng);
		fold[i] = n_folds ? (int32_t)(x * n_folds) : x < part;
		some |= fold[i] == fold[0];
		others |= fold[i] != fold[0];
	}
	return some && others ? 0 : -EINVAL;
}

int split_folds(int32_t *fold, const struct dataset *d, enum split_kind kind, size_t n_folds,
                uint64_t seed)
{
	if (kind == SPLIT_BY_TIME)
		return cut_time(fold, d, 0, n_folds);
	if (kind == SPLIT_RANDOM)
		return draw_flows(fold, d, 0, n_folds, seed);
	return deal_files(fold, d, n_folds, n_folds, seed);
}

int split_part(int32_t *fold, const struct dataset *d, enum split_kind kind, double part,
               uint64_t seed)
{
	int32_t taken = (int32_t)(part * PARTS + 0.5);
	size_t n = d->m->n_rows, i, held = 0;
	int failed;

	if (kind == SPLIT_BY_TIME)
		return cut_time(fold, d, 1 - part, 1);
	if (kind == SPLIT_RANDOM)
		return draw_flows(fold, d, part, 0, seed);
	taken = taken < 1 ? 1 : taken > PARTS - 1 ? PARTS - 1 : taken;
	failed = deal_files(fold, d, PARTS, 2, seed);
	for (i = 0; !failed && i < n; i++) {
		fold[i] = fold[i] < taken;
		held += fold[i];
	}
	return failed ? failed : held && held < n ? 0 : -EINVAL;
}
