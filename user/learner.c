// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The learner. The flows of the time that is being learned lie in `open`; when its time is over it
 * is handed, whole, to a thread that trains from it, and another takes its place. So the loop never
 * waits for a training, and the thread shares nothing with it but the finished model and the
 * baseline in use, which stays as it is until then.
 *
 * A later model must pass before it replaces the one before: of the flows that were normal before,
 * it may not call more than a small share anomalous, and it must tell flows apart at all.
 */
#include "learner.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drift.h"
#include "units.h"

#define SAMPLE       50000
#define ROWS_LEAST   100   /* flows of a baseline */
#define ALARMS_MOST  0.02  /* of the old baseline's flows, beyond ten times the wanted rate */
#define SPREAD_LEAST 0.005 /* between the 5 % and the 95 % quantile of the scores */
#define DRIFT_CHANCE 34    /* chi-square with 9 degrees of freedom: 9,999 of 10,000 are less */
#define TEXT         512

struct training {
	pthread_t thread;
	bool is_started;
	atomic_bool is_done;
	struct baseline *baseline;
	const struct baseline *settled; /* the one in use, which stays as it is; NULL: none */
	const struct learner_options *options;
	struct model *model;
	bool is_refused, is_saved;
	char error[TEXT]; /* why there is no model, or it was refused or not saved */
};

struct learner {
	struct learner_options options;
	struct baseline *open;    /* being learned */
	struct baseline *settled; /* of the model in use */
	struct drift *drift;
	struct training training;
	uint64_t open_ns; /* time learned */
	uint32_t version;
};

struct learner *learner_new(const struct learner_options *options)
{
	struct learner *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->options = *options;
	l->open = baseline_new(SAMPLE, options->random_state);
	if (l->open)
		return l;
	free(l);
	return NULL;
}

void learner_free(struct learner *l)
{
	if (!l)
		return;
	if (l->training.is_started) {
		pthread_join(l->training.thread, NULL);
		model_close(l->training.model);
		baseline_free(l->training.baseline);
	}
	baseline_free(l->open);
	baseline_free(l->settled);
	drift_free(l->drift);
	free(l);
}

int learner_look(struct learner *l, const struct flow_record *record)
{
	baseline_add(l->open, record);
	return 0;
}

int learner_record(struct learner *l, const struct flow_record *record)
{
	if (record->end != RECORD_ACTIVE)
		baseline_add(l->open, record);
	return baseline_sample(l->open, record);
}

/* May this model take over? Else error tells why not. */
static bool passes(struct training *t)
{
	double alarms, most = 10 * t->options->false_positive_rate + ALARMS_MOST;

	if (t->model->quantile[95] - t->model->quantile[5] < SPREAD_LEAST) {
		snprintf(t->error, sizeof(t->error), "it cannot tell flows apart");
		return false;
	}
	if (!t->settled)
		return true;
	alarms = baseline_alarms(t->settled, t->model);
	snprintf(t->error, sizeof(t->error),
	         "it would call %.1f %% of the last baseline's flows anomalous", 100 * alarms);
	return alarms <= most;
}

/* What is kept is what is used: a model that is refused is not saved. */
static void *train(void *arg)
{
	struct training *t = arg;

	t->model = baseline_train(t->baseline, t->options->false_positive_rate, t->error,
	                          sizeof(t->error));
	t->is_refused = t->model && !passes(t);
	if (t->model && !t->is_refused && t->options->save)
		t->is_saved = !model_save(t->model, t->options->save, t->error, sizeof(t->error));
	atomic_store(&t->is_done, true);
	return NULL;
}

static void begin_training(struct learner *l, struct buf *news)
{
	struct baseline *next = baseline_new(SAMPLE, l->options.random_state + l->version + 1);
	struct training *t = &l->training;

	l->open_ns = 0;
	if (!next) {
		buf_text(news, "cannot learn: no memory; the last baseline goes on\n");
		return;
	}
	*t = (struct training){ .baseline = l->open,
		                .settled = l->settled,
		                .options = &l->options };
	l->open = next;
	if (pthread_create(&t->thread, NULL, train, t)) {
		buf_text(news, "cannot learn: no thread can be started\n");
		baseline_free(t->baseline);
		return;
	}
	t->is_started = true;
}

static void tell_saved(const struct training *t, struct buf *news)
{
	if (t->is_saved)
		buf_format(news, "; saved as %s", t->options->save);
	else if (t->options->save)
		buf_format(news, "; not saved: %s", t->error);
	buf_char(news, '\n');
}

static void adopt(struct learner *l, struct baseline *b, const struct model *m, struct buf *news)
{
	char flows[UNITS_TEXT + 8];

	baseline_free(l->settled);
	l->settled = b;
	drift_free(l->drift);
	l->drift = drift_new(baseline_rows(b));
	l->version++;
	buf_format(news, "baseline %u learned from %s flows, threshold %.3f", l->version,
	           units_grouped(flows, baseline_flows(b)), m->threshold);
	tell_saved(&l->training, news);
	baseline_print(b, news);
}

static struct model *end_training(struct learner *l, struct buf *news)
{
	struct training *t = &l->training;
	struct model *m = t->model;

	pthread_join(t->thread, NULL);
	t->is_started = false;
	if (m && !t->is_refused) {
		adopt(l, t->baseline, m, news);
		return m;
	}
	if (m && l->settled)
		buf_format(news, "a new baseline was refused: %s; baseline %u stays\n", t->error,
		           l->version);
	else
		buf_format(news, "no baseline: %s; learning goes on\n", t->error);
	model_close(m);
	baseline_free(t->baseline);
	return NULL;
}

/*
 * The index that is much: that of few flows is more by chance alone, by chi-square of the bins less
 * one, times 1 / then + 1 / now (Yurdakul 2018). The bound is one that the worst of a hundred
 * features seldom passes.
 */
static double drift_bound(const struct learner *l)
{
	return DRIFT_MUCH + DRIFT_CHANCE * (1.0 / baseline_rows(l->settled)->n_rows +
	                                    1.0 / baseline_rows(l->open)->n_rows);
}

/* Has what is being learned now drifted from the baseline in use? */
static void tell_drift(const struct learner *l, struct buf *news)
{
	const struct matrix *rows = baseline_rows(l->open);
	double *index = calloc(rows->n_columns, sizeof(*index)), bound = drift_bound(l);
	size_t worst;

	if (!index || !l->drift) {
		free(index);
		return;
	}
	worst = drift_measure(l->drift, index, rows);
	if (index[worst] > bound)
		buf_format(news,
		           "traffic has drifted from baseline %u: %s by a stability index of %.2f "
		           "(over %.2f is much)%s\n",
		           l->version, rows->column_names[worst], index[worst], bound,
		           l->options.relearn ? "" : "; --relearn would follow it");
	free(index);
}

/* What was learned since is of no use but for drift: begin again. */
static void renew(struct learner *l)
{
	struct baseline *next = baseline_new(SAMPLE, l->options.random_state);

	l->open_ns = 0;
	if (!next)
		return;
	baseline_free(l->open);
	l->open = next;
}

/* A baseline's length is over. With too few flows it goes on for as long again. */
static void close_period(struct learner *l, struct buf *news)
{
	if (baseline_rows(l->open)->n_rows < ROWS_LEAST) {
		if (!l->settled)
			buf_format(news,
			           "no baseline yet: %zu flows, at least %d are needed; "
			           "learning goes on\n",
			           baseline_rows(l->open)->n_rows, ROWS_LEAST);
		l->open_ns = 0;
		return;
	}
	if (l->settled)
		tell_drift(l, news);
	if (!l->settled || l->options.relearn)
		begin_training(l, news);
	else
		renew(l);
}

struct model *learner_tick(struct learner *l, uint64_t interval_ns, uint64_t now_ns,
                           struct buf *news)
{
	struct model *m = NULL;

	if (baseline_tick(l->open, interval_ns, now_ns))
		buf_text(news, "no memory for the rates of this interval\n");
	l->open_ns += interval_ns;
	if (l->training.is_started && atomic_load(&l->training.is_done))
		m = end_training(l, news);
	if (l->open_ns >= l->options.baseline_ns && !l->training.is_started)
		close_period(l, news);
	return m;
}

const struct baseline *learner_baseline(const struct learner *l)
{
	return l->settled;
}
