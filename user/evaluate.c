// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Judging answers. Rows of one file are alike, so intervals come from drawing files, not rows, with
 * replacement (Efron's percentile bootstrap); the draws are fewer where rows are many.
 */
#include "evaluate.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_fit.h"
#include "rng.h"

#define DRAWS_MAX 1000
#define DRAWS_MIN 100
#define WORK_MAX  200000000 /* rows looked at by all draws */

/* Rows put together by file. */
struct files {
	size_t *row;   /* [n] */
	size_t *first; /* [n_groups + 1] */
	size_t n_groups;
	size_t *drawn; /* room for the rows of a draw */
	size_t n_drawn, capacity;
};

static int files_init(struct files *f, const uint32_t *group, size_t n, size_t n_groups)
{
	size_t i;

	memset(f, 0, sizeof(*f));
	f->n_groups = n_groups;
	f->row = calloc(n + 1, sizeof(*f->row));
	f->first = calloc(n_groups + 2, sizeof(*f->first));
	if (!f->row || !f->first)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		f->first[group[i] + 2]++;
	for (i = 2; i < n_groups + 2; i++)
		f->first[i] += f->first[i - 1];
	for (i = 0; i < n; i++)
		f->row[f->first[group[i] + 1]++] = i;
	return 0;
}

static void files_clear(struct files *f)
{
	free(f->row);
	free(f->first);
	free(f->drawn);
}

/* As many files as there are that have rows, with replacement. False: no memory. */
static bool draw_files(struct files *f, struct rng *rng)
{
	size_t i, file, n, *larger;

	f->n_drawn = 0;
	for (i = 0; i < f->n_groups; i++) {
		if (f->first[i + 1] == f->first[i])
			continue;
		do
			file = rng_below(rng, f->n_groups);
		while (f->first[file + 1] == f->first[file]);
		n = f->first[file + 1] - f->first[file];
		if (f->n_drawn + n > f->capacity) {
			f->capacity = 2 * (f->n_drawn + n);
			larger = reallocarray(f->drawn, f->capacity, sizeof(*larger));
			if (!larger)
				return false;
			f->drawn = larger;
		}
		memcpy(f->drawn + f->n_drawn, f->row + f->first[file], n * sizeof(*f->row));
		f->n_drawn += n;
	}
	return true;
}

static size_t n_draws(size_t n)
{
	size_t draws = WORK_MAX / (n + 1);

	return draws > DRAWS_MAX ? DRAWS_MAX : draws < DRAWS_MIN ? DRAWS_MIN : draws;
}

/* The middle 95 % of what the draws gave. */
static void set_interval(struct evaluate_estimate *e, double *values, size_t n)
{
	dataset_fit_sort(values, n);
	e->low = dataset_fit_quantile(values, n, 0.025);
	e->high = dataset_fit_quantile(values, n, 0.975);
}

/* Room for the rows of a draw, which grows with it. */
struct answers {
	int32_t *truth, *predicted;
	size_t capacity;
};

static bool take_answers(struct answers *a, const struct evaluate_rows *r, const struct files *f)
{
	size_t i;

	if (a->capacity < f->n_drawn || !a->truth) {
		free(a->truth);
		free(a->predicted);
		a->capacity = f->capacity + 1;
		a->truth = calloc(a->capacity, sizeof(*a->truth));
		a->predicted = calloc(a->capacity, sizeof(*a->predicted));
	}
	if (!a->truth || !a->predicted)
		return false;
	for (i = 0; i < f->n_drawn; i++) {
		a->truth[i] = r->truth[f->drawn[i]];
		a->predicted[i] = r->predicted[f->drawn[i]];
	}
	return true;
}

static int draw_classes(struct evaluate_result *out, const struct evaluate_rows *r, struct files *f,
                        struct rng *rng)
{
	size_t draws = n_draws(r->n), d;
	double *accuracy = calloc(draws, sizeof(double)), *f1 = calloc(draws, sizeof(double));
	struct answers a = { 0 };
	bool able = accuracy && f1;

	for (d = 0; d < draws && able; d++) {
		able = draw_files(f, rng) && take_answers(&a, r, f);
		if (!able)
			break;
		accuracy[d] = metrics_accuracy(a.truth, a.predicted, f->n_drawn);
		f1[d] = metrics_macro_f1(a.truth, a.predicted, f->n_drawn, r->n_classes);
	}
	if (able) {
		set_interval(&out->accuracy, accuracy, draws);
		set_interval(&out->macro_f1, f1, draws);
	}
	free(accuracy);
	free(f1);
	free(a.truth);
	free(a.predicted);
	return able ? 0 : -ENOMEM;
}

static int rate_baselines(struct evaluate_result *out, const struct evaluate_rows *r)
{
	int32_t *same = calloc(r->n + 1, sizeof(*same));
	size_t i;

	if (!same)
		return -ENOMEM;
	out->ports_accuracy = out->ports_macro_f1 = NAN;
	out->majority_accuracy = out->majority_macro_f1 = NAN;
	if (r->ports) {
		out->ports_accuracy = metrics_accuracy(r->truth, r->ports, r->n);
		out->ports_macro_f1 = metrics_macro_f1(r->truth, r->ports, r->n, r->n_classes);
	}
	for (i = 0; i < r->n; i++)
		same[i] = r->majority;
	if (r->majority >= 0) {
		out->majority_accuracy = metrics_accuracy(r->truth, same, r->n);
		out->majority_macro_f1 = metrics_macro_f1(r->truth, same, r->n, r->n_classes);
	}
	free(same);
	return 0;
}

static int rate_confidence(struct evaluate_result *out, const struct evaluate_rows *r)
{
	uint8_t *right = calloc(r->n + 1, 1);
	size_t i;

	if (!right)
		return -ENOMEM;
	for (i = 0; i < r->n; i++)
		right[i] = r->truth[i] == r->predicted[i];
	out->calibration_error = metrics_reliability(out->bins, r->confidence, right, r->n);
	free(right);
	return 0;
}

int evaluate_classes(struct evaluate_result *out, const struct evaluate_rows *r, uint64_t seed)
{
	struct files files;
	struct rng rng;
	int failed = files_init(&files, r->group, r->n, r->n_groups);

	memset(out, 0, sizeof(*out));
	rng_seed(&rng, seed, 0x626f6f74); /* "boot": a stream of its own */
	out->accuracy.value = metrics_accuracy(r->truth, r->predicted, r->n);
	out->macro_f1.value = metrics_macro_f1(r->truth, r->predicted, r->n, r->n_classes);
	out->balanced_accuracy = metrics_balanced_accuracy(r->truth, r->predicted, r->n,
	                                                   r->n_classes);
	if (!failed)
		failed = draw_classes(out, r, &files, &rng);
	if (!failed)
		failed = rate_baselines(out, r);
	if (!failed)
		failed = rate_confidence(out, r);
	files_clear(&files);
	return failed;
}

/* Which rows count as attack `class` (n_classes: any), which as normal, and the rest not at all. */
static bool is_attack(const struct evaluate_scores *s, size_t row, size_t class)
{
	int32_t truth = s->truth[row];

	return truth >= 0 && !s->is_normal[truth] &&
	       (class == s->n_classes || truth == (int32_t) class);
}

static bool is_normal(const struct evaluate_scores *s, size_t row)
{
	return s->truth[row] >= 0 && s->is_normal[s->truth[row]];
}

/* Room for the rows of one comparison. */
struct picked {
	uint8_t *positive;
	double *score;
	size_t n;
};

static void pick(struct picked *p, const struct evaluate_scores *s, size_t class,
                 const size_t *rows, size_t n)
{
	size_t i, row;

	p->n = 0;
	for (i = 0; i < n; i++) {
		row = rows ? rows[i] : i;
		if (!is_attack(s, row, class) && !is_normal(s, row))
			continue;
		p->positive[p->n] = is_attack(s, row, class);
		p->score[p->n++] = -s->score[row]; /* here more is more unusual */
	}
}

static int draw_auc(struct evaluate_estimate *e, const struct evaluate_scores *s, size_t class,
                    struct files *f, struct rng *rng)
{
	size_t draws = n_draws(10 * s->n), d, n = 0;
	double *auc = calloc(draws, sizeof(*auc));
	struct picked p = { 0 };
	int failed = auc ? 0 : -ENOMEM;

	for (d = 0; d < draws && !failed; d++) {
		failed = draw_files(f, rng) ? 0 : -ENOMEM;
		free(p.positive);
		free(p.score);
		p.positive = calloc(f->n_drawn + 1, 1);
		p.score = calloc(f->n_drawn + 1, sizeof(*p.score));
		if (failed || !p.positive || !p.score) {
			failed = -ENOMEM;
			break;
		}
		pick(&p, s, class, f->drawn, f->n_drawn);
		auc[n] = metrics_roc_auc(p.positive, p.score, p.n);
		n += !isnan(auc[n]); /* a draw without the one file of an attack says nothing */
	}
	if (!failed && n)
		set_interval(e, auc, n);
	free(auc);
	free(p.positive);
	free(p.score);
	return failed;
}

static int rate_attack(struct evaluate_attack *out, const struct evaluate_scores *s, size_t class,
                       struct files *f, struct rng *rng)
{
	struct picked p = { calloc(s->n + 1, 1), calloc(s->n + 1, sizeof(double)), 0 };
	int failed = p.positive && p.score ? 0 : -ENOMEM;
	size_t i;

	out->name = class < s->n_classes ? s->class_names[class] : "all of them";
	for (i = 0; i < s->n; i++) {
		out->n += is_attack(s, i, class);
		out->alerts += is_attack(s, i, class) && s->score[i] < s->threshold;
	}
	if (!failed) {
		pick(&p, s, class, NULL, s->n);
		out->roc_auc.value = metrics_roc_auc(p.positive, p.score, p.n);
		out->roc_auc.low = out->roc_auc.high = out->roc_auc.value;
		out->average_precision = metrics_average_precision(p.positive, p.score, p.n);
		if (!isnan(out->roc_auc.value))
			failed = draw_auc(&out->roc_auc, s, class, f, rng);
	}
	free(p.positive);
	free(p.score);
	return failed;
}

int evaluate_anomalies(struct evaluate_anomaly *out, const struct evaluate_scores *s, uint64_t seed)
{
	struct files files;
	struct rng rng;
	int failed = files_init(&files, s->group, s->n, s->n_groups);
	size_t c, i;

	memset(out, 0, sizeof(*out));
	rng_seed(&rng, seed, 0x626f6f74);
	out->attack = calloc(s->n_classes + 1, sizeof(*out->attack));
	if (!out->attack)
		failed = -ENOMEM;
	for (i = 0; i < s->n; i++) {
		out->unknown += s->truth[i] < 0;
		out->normal += is_normal(s, i);
		out->false_alerts += is_normal(s, i) && s->score[i] < s->threshold;
	}
	for (c = 0; c < s->n_classes && !failed; c++)
		if (!s->is_normal[c])
			failed = rate_attack(&out->attack[out->n_attacks++], s, c, &files, &rng);
	if (!failed)
		failed = rate_attack(&out->attack[out->n_attacks], s, s->n_classes, &files, &rng);
	files_clear(&files);
	return failed;
}
