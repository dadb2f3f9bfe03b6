// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The model is that of weir top. Publishing copies its rows (some 200 bytes a flow) into a shot
 * that nobody holds; there are three, so with one thread that answers there always is one: the
 * last, one that is being read, and one to fill. Should there be none, the last stays for another
 * interval. Memory of shots is used again, since touching fresh pages costs more than the copy.
 */
#include "page.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "page_text.h"

#define SHOTS 3

struct page {
	struct page_config config;
	struct top_model *model;
	struct page_history history;
	pthread_mutex_t lock; /* of last, and held in all shots */
	struct page_shot shots[SHOTS];
	struct page_shot *last; /* NULL: none yet */
	uint64_t published;
};

struct page *page_new(const struct page_config *config)
{
	struct page *p = calloc(1, sizeof(*p));
	const struct top_config model = {
		.live = true,
		.uniflow = config->uniflow,
		.idle_ns = config->idle_ns,
		.max_rows = config->max_rows,
		.seed = config->seed,
	};

	if (!p)
		return NULL;
	p->config = *config;
	pthread_mutex_init(&p->lock, NULL);
	p->model = top_model_new(&model);
	if (p->model)
		return p;
	page_free(p);
	return NULL;
}

void page_free(struct page *p)
{
	struct page_shot *s;

	if (!p)
		return;
	for (s = p->shots; s < p->shots + SHOTS; s++) {
		free(s->model.rows);
		free(s->whys);
		buf_clear(&s->head);
		buf_clear(&s->alerts);
		buf_clear(&s->metrics);
	}
	top_model_free(p->model);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void page_look(struct page *p, const struct flow_record *r)
{
	top_model_look(p->model, r);
}

void page_record(struct page *p, const struct flow_record *r)
{
	top_model_record(p->model, r);
}

/* Rows of the shot are made room for; -1: no memory, and nothing has changed. */
static int make_room(struct page_shot *s, uint32_t n, uint32_t *capacity)
{
	struct top_row *rows;

	*capacity = s->model.capacity;
	if (n <= *capacity)
		return 0;
	rows = malloc((n + n / 4) * sizeof(*rows));
	if (!rows)
		return -1;
	free(s->model.rows);
	s->model.rows = rows;
	s->model.capacity = *capacity = n + n / 4;
	return 0;
}

static void add_why(struct page_shot *s, uint32_t row, const char *text)
{
	uint32_t max = s->max_whys ? s->max_whys * 2 : 64;
	struct page_why *whys;

	if (s->n_whys == s->max_whys) {
		whys = s->n_whys < PAGE_WHYS ? realloc(s->whys, max * sizeof(*whys)) : NULL;
		if (!whys)
			return;
		s->whys = whys;
		s->max_whys = max;
	}
	s->whys[s->n_whys].row = row;
	memcpy(s->whys[s->n_whys++].text, text, sizeof(s->whys->text));
}

static int fill_model(struct page_shot *s, const struct top_model *m)
{
	struct top_row *rows;
	uint32_t capacity, i;

	if (make_room(s, m->n, &capacity))
		return -1;
	rows = s->model.rows;
	s->model = *m;
	s->model.rows = rows;
	s->model.capacity = capacity;
	s->model.sides = NULL;
	s->model.index = (struct index){ 0 };
	if (m->n)
		memcpy(rows, m->rows, m->n * sizeof(*rows));
	s->n_whys = 0;
	for (i = 0; i < m->n; i++)
		if (rows[i].marks & TOP_ANOMALY)
			add_why(s, i, m->sides[i].why);
	return 0;
}

static int fill_text(struct page_shot *s, const struct page *p, const struct sink_report *r)
{
	s->head.length = s->alerts.length = s->metrics.length = 0;
	s->head.error = s->alerts.error = s->metrics.error = 0;
	page_text_head(&s->head, r, &p->history, p->config.models);
	page_text_alerts(&s->alerts, r);
	page_text_metrics(&s->metrics, r, p->published + 1);
	return s->head.error || s->alerts.error || s->metrics.error ? -1 : 0;
}

/* One that is not the last, and that nobody holds: then nobody can come to hold it. */
static struct page_shot *find_free(struct page *p)
{
	struct page_shot *s, *found = NULL;

	pthread_mutex_lock(&p->lock);
	for (s = p->shots; s < p->shots + SHOTS && !found; s++)
		if (s != p->last && !s->held)
			found = s;
	pthread_mutex_unlock(&p->lock);
	return found;
}

void page_report(struct page *p, const struct sink_report *r)
{
	struct page_shot *s = find_free(p);

	top_model_report(p->model, r);
	page_history_add(&p->history, r);
	if (!s || fill_model(s, p->model) || fill_text(s, p, r))
		return;
	s->number = ++p->published;
	pthread_mutex_lock(&p->lock);
	p->last = s;
	pthread_mutex_unlock(&p->lock);
}

const struct page_shot *page_hold(struct page *p)
{
	struct page_shot *s;

	pthread_mutex_lock(&p->lock);
	s = p->last;
	if (s)
		s->held++;
	pthread_mutex_unlock(&p->lock);
	return s;
}

void page_release(struct page *p, const struct page_shot *shot)
{
	if (!shot)
		return;
	pthread_mutex_lock(&p->lock);
	p->shots[shot - p->shots].held--;
	pthread_mutex_unlock(&p->lock);
}

const char *page_shot_why(const struct page_shot *shot, uint32_t row)
{
	uint32_t from = 0, to = shot->n_whys, middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (shot->whys[middle].row == row)
			return shot->whys[middle].text;
		if (shot->whys[middle].row < row)
			from = middle + 1;
		else
			to = middle;
	}
	return "";
}
