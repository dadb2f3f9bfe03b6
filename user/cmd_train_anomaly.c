// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * weir train anomaly: an isolation forest of what is normal. Part of the rows is held back and
 * tells which score is rare enough to alarm, unless --contamination takes that from the training
 * rows, as scikit-learn does.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "cmd_learn.h"
#include "cmd_train.h"
#include "log.h"

/* Rows of classes that are not normal go to fold -1. How many that were. */
static size_t leave_attacks_out(const struct train_options *o, const struct matrix *m,
                                int32_t *fold)
{
	size_t n = 0, i;

	for (i = 0; i < m->n_rows; i++)
		if (m->label[i] >= 0 && !learn_is_normal(o->normal, m->class_names[m->label[i]])) {
			fold[i] = -1;
			n++;
		}
	return n;
}

/* The threshold, and how many of the held-back rows it calls unusual. */
static int set_threshold(struct fitted *f, const struct train_options *o, const struct matrix *rows,
                         const struct matrix *held, size_t *alarms)
{
	const struct matrix *m = o->contamination ? rows : held;
	double part = o->contamination ? o->contamination_part : o->false_positive_part;
	size_t n = m->n_rows > held->n_rows ? m->n_rows : held->n_rows, i;
	double *score = calloc(n + 1, sizeof(*score));

	if (!score)
		return -ENOMEM;
	model_score_samples(&f->model, score, m->values, m->n_rows);
	dataset_fit_sort(score, m->n_rows);
	f->model.threshold = dataset_fit_quantile(score, m->n_rows, part);
	model_score_samples(&f->model, score, held->values, held->n_rows);
	for (*alarms = i = 0; i < held->n_rows; i++)
		*alarms += score[i] < f->model.threshold;
	free(score);
	return dataset_fit_note_quantiles(f, held);
}

static int tell(const struct train_options *o, const struct dataset *d, const struct fitted *f,
                const struct matrix *rows, const struct matrix *held, size_t attacks, size_t alarms,
                const char *split)
{
	struct buf b = { 0 };
	int failed;

	buf_format(&b, "%" PRIu64 " files, %" PRIu64 " flows: %zu rows, %zu features", d->files,
	           d->flows, d->m->n_rows, d->m->n_columns);
	if (attacks)
		buf_format(&b, "; %zu rows of attacks left out", attacks);
	buf_format(&b, "\n%zu rows grew the trees, %zu were held back, split %s\n", rows->n_rows,
	           held->n_rows, split);
	buf_format(&b,
	           "scores below %.4f alarm: %s %g; that is %zu of the %zu held back (%.2f %%)\n",
	           f->model.threshold, o->contamination ? "contamination" : "false positive rate",
	           o->contamination ? o->contamination_part : o->false_positive_part, alarms,
	           held->n_rows, 100.0 * alarms / held->n_rows);
	failed = learn_write(NULL, &b);
	buf_clear(&b);
	return failed;
}

static int keep(struct fitted *f, const struct train_options *o, const struct dataset *d,
                const char *split)
{
	struct buf about = { 0 };
	int result;

	train_put_about(&about, o, d, split);
	if (o->contamination)
		buf_format(&about, ",\"contamination\":%g}", o->contamination_part);
	else
		buf_format(&about, ",\"false_positive_rate\":%g}", o->false_positive_part);
	result = train_save(f, o, &about);
	buf_clear(&about);
	return result;
}

static int fit_and_keep(const struct train_options *o, const struct dataset *d, const int32_t *fold,
                        size_t attacks, const char *split)
{
	struct matrix *rows = train_take(d->m, fold, 0, true);
	struct matrix *held = train_take(d->m, fold, 1, true);
	struct fitted f = { 0 };
	char error[512] = "no memory";
	int result = CMD_FAILED;
	size_t alarms;

	if (rows && held && !rows->n_rows)
		snprintf(error, sizeof(error), "no row is left to learn what is normal from");
	else if (rows && held && !held->n_rows)
		snprintf(error, sizeof(error), "no normal row was held back; try --split random");
	else if (rows && held && !dataset_fit(&f, &o->fit, rows, error, sizeof(error)) &&
	         !set_threshold(&f, o, rows, held, &alarms)) {
		*error = '\0';
		if (!tell(o, d, &f, rows, held, attacks, alarms, split))
			result = keep(&f, o, d, split);
	}
	if (*error)
		log_error("train: %s", error);
	dataset_fit_clear(&f);
	matrix_free(rows);
	matrix_free(held);
	return result;
}

int train_anomaly(struct train_options *o, struct dataset *d)
{
	int32_t *fold = calloc(d->m->n_rows, sizeof(*fold));
	const char *split = NULL;
	int result = CMD_FAILED;

	if (!fold)
		log_error("train: no memory");
	else
		split = train_split(o, d, fold, 0);
	if (split)
		result = fit_and_keep(o, d, fold, leave_attacks_out(o, d->m, fold), split);
	free(fold);
	return result;
}
