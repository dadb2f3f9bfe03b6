// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A file into a data set: see dataset.c. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_state.h"
#include "field.h"

#define DRAIN_ROWS  4096    /* that wait, when they need not */
#define HOSTS_MAX   1000000 /* host windows of one file at a time, about 1 GB */
#define CLASSES_MAX 1000

static int __attribute__((format(printf, 2, 3)))
trouble(struct dataset_state *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->trouble, sizeof(s->trouble), format, args);
	va_end(args);
	return -ECANCELED;
}

static int no_memory(struct dataset_state *s)
{
	return trouble(s, "%s: no memory after %zu rows", s->path, s->d->m->n_rows);
}

/* A class named by a cell, kept beyond its row. NULL with trouble: too many, no memory. */
static const char *keep_text(struct dataset_state *s, const char *text)
{
	char **larger;
	size_t i;

	for (i = 0; i < s->n_texts; i++)
		if (!strcmp(s->text[i], text))
			return s->text[i];
	if (s->n_texts == CLASSES_MAX) {
		trouble(s,
		        "%s: more than %d different classes in column '%s'; is it the right one?",
		        s->path, CLASSES_MAX, s->o.label_column);
		return NULL;
	}
	larger = realloc(s->text, (s->n_texts + 1) * sizeof(*larger));
	s->text = larger ? larger : s->text;
	if (!larger || !(larger[s->n_texts] = strdup(text))) {
		no_memory(s);
		return NULL;
	}
	return s->text[s->n_texts++];
}

static int find_columns(struct dataset_state *s, const struct flows_view *view)
{
	s->columns_known = true;
	s->file_column = view->csv ? csv_column(view->csv, "file") : -1;
	s->label_column = -1;
	if (s->flows.by_ndpi && view->csv)
		return trouble(s,
		               "%s: is no capture: --label ndpi looks into packets; try "
		               "--label-column",
		               s->path);
	if (!s->o.label_column)
		return 0;
	if (view->csv)
		s->label_column = csv_column(view->csv, s->o.label_column);
	if (s->label_column < 0)
		return trouble(s, "%s: has no column '%s' for --label-column%s", s->path,
		               s->o.label_column, view->csv ? "" : "; it is a capture");
	return 0;
}

static int find_label(struct dataset_state *s, const struct flows_view *view, const char **label)
{
	struct label_flow who = view->who;

	*label = NULL;
	if (s->rules) {
		*label = label_rules_apply(s->rules, view->values);
	} else if (s->labels) {
		who.file = s->file;
		*label = labels_find(s->labels, &who);
	} else if (view->label) {
		if (!(*label = keep_text(s, view->label)))
			return -ECANCELED;
	} else if (s->label_column >= 0) {
		*label = csv_text(view->csv, s->label_column);
		if (**label && !(*label = keep_text(s, *label)))
			return -ECANCELED;
	}
	if (*label && !**label)
		*label = NULL;
	return 0;
}

static int make_room(struct dataset_state *s)
{
	size_t capacity = s->capacity ? 2 * s->capacity : 1024;
	struct dataset_row *rows;
	double *values;

	if (s->n_waiting < s->capacity)
		return 0;
	rows = reallocarray(s->waiting, capacity, sizeof(*rows));
	s->waiting = rows ? rows : s->waiting;
	values = reallocarray(s->values, capacity, s->set->n * sizeof(*values));
	s->values = values ? values : s->values;
	if (!rows || !values)
		return no_memory(s);
	s->capacity = capacity;
	return 0;
}

/* Told before the machine gives up: how much is wanted, how far it came, what to do. */
static int check_memory(struct dataset_state *s)
{
	uint64_t rows = s->capacity * (sizeof(*s->waiting) + s->set->n * sizeof(double));
	uint64_t bytes = matrix_memory(s->d->m) + rows;

	if (bytes <= s->o.max_memory)
		return 0;
	return trouble(s,
	               "%s: the features of %llu flows take %.1f GB, more than --max-memory (%.1f "
	               "GB); try --per-file, fewer --features or fewer --snapshots",
	               s->path, (unsigned long long)s->d->flows, bytes / 1e9,
	               s->o.max_memory / 1e9);
}

/* One row into the matrix and its companion. */
static int settle(struct dataset_state *s, const struct dataset_row *row, float weight)
{
	struct dataset *d = s->d;
	size_t n = d->m->n_rows;
	struct dataset_tag *larger;

	if (!(n & (n - 1))) {
		larger = reallocarray(d->tag, n ? 2 * n : 1, sizeof(*larger));
		if (!larger)
			return no_memory(s);
		d->tag = larger;
	}
	if (matrix_add_row(d->m, s->values + row->at * s->set->n, row->label, weight, row->group))
		return no_memory(s);
	d->tag[n] = row->tag;
	return 0;
}

/* A number that looks drawn, the same for the same flow and seed. */
static uint64_t lot(const struct dataset_state *s, uint64_t flow)
{
	uint64_t x = flow ^ (s->o.random_state + 1) * 0x9e3779b97f4a7c15;

	x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
	x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
	return x ^ x >> 33;
}

static int by_flow(const void *a, const void *b)
{
	const struct dataset_row *x = a, *y = b;

	if (x->tag.flow != y->tag.flow)
		return x->tag.flow < y->tag.flow ? -1 : 1;
	if (x->tag.is_end != y->tag.is_end)
		return x->tag.is_end - y->tag.is_end;
	if (x->tag.packets != y->tag.packets)
		return x->tag.packets < y->tag.packets ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* A flow's rows: how many from i on. */
static size_t run_length(const struct dataset_state *s, size_t i)
{
	size_t n = 1;

	while (i + n < s->n_waiting && s->waiting[i + n].tag.flow == s->waiting[i].tag.flow)
		n++;
	return n;
}

/* All rows get the class of the end; lots replace the numbers by which flows are told apart. */
static void share_labels(struct dataset_state *s)
{
	size_t i, n, k;

	for (i = 0; i < s->n_waiting; i += n) {
		n = run_length(s, i);
		for (k = i; k < i + n; k++)
			s->waiting[k].label = s->waiting[i + n - 1].label;
	}
	for (i = 0; i < s->n_waiting; i++)
		s->waiting[i].tag.flow = lot(s, s->waiting[i].tag.flow);
}

/* The end is left out where it is not wanted, or a snapshot too where it is the same as the end. */
static int settle_flow(struct dataset_state *s, const struct dataset_row *rows, size_t n)
{
	bool end = s->keep_ends || n == 1;
	size_t last = n - 1, k, looks = last + end;

	if (!rows[last].tag.is_end)
		end = false, looks = n, last = n;
	else if (end && last && rows[last - 1].tag.packets == rows[last].tag.packets)
		looks--;
	for (k = 0; k < n; k++) {
		if (k == last && !end)
			continue;
		if (k + 1 == last && end && rows[k].tag.packets == rows[last].tag.packets)
			continue;
		if (settle(s, &rows[k], 1.0f / looks))
			return -ECANCELED;
	}
	return 0;
}

/* May one more flow of this class come from this file? Classes are few. */
struct quota {
	const char *label;
	uint64_t n;
};

static bool within_quota(struct dataset_state *s, struct quota *quota, size_t *n, const char *label)
{
	size_t i;

	if (!s->o.per_file)
		return true;
	for (i = 0; i < *n && quota[i].label != label; i++)
		;
	if (i == *n && *n < CLASSES_MAX)
		quota[(*n)++] = (struct quota){ label, 0 };
	return i < CLASSES_MAX && quota[i].n++ < s->o.per_file;
}

/* Move what waits into the matrix, flow by flow in the order of their lots. */
static int drain(struct dataset_state *s)
{
	struct quota quota[CLASSES_MAX];
	size_t i, n, n_quota = 0;
	int failed = 0;

	qsort(s->waiting, s->n_waiting, sizeof(*s->waiting), by_flow);
	share_labels(s);
	qsort(s->waiting, s->n_waiting, sizeof(*s->waiting), by_flow);
	for (i = 0; i < s->n_waiting && !failed; i += n) {
		const struct dataset_row *row = &s->waiting[i];

		n = run_length(s, i);
		if (s->labelled && !row->label)
			s->d->unlabelled++;
		else if (!within_quota(s, quota, &n_quota, row->label))
			s->d->surplus++;
		else
			failed = settle_flow(s, row, n);
	}
	s->n_waiting = 0;
	return failed ? failed : check_memory(s);
}

/* Without snapshots and limits rows need not wait, and come in the order of the file. */
static int drain_in_order(struct dataset_state *s)
{
	size_t i;

	for (i = 0; i < s->n_waiting; i++) {
		if (s->labelled && !s->waiting[i].label)
			s->d->unlabelled++;
		else if (settle(s, &s->waiting[i], 1))
			return -ECANCELED;
	}
	s->n_waiting = 0;
	return check_memory(s);
}

static bool rows_wait(const struct dataset_state *s)
{
	return s->flows.n_snapshots || s->o.per_file;
}

static int enqueue(struct dataset_state *s, const struct dataset_row *row)
{
	if (make_room(s))
		return -ECANCELED;
	s->waiting[s->n_waiting] = *row;
	s->waiting[s->n_waiting].at = s->n_waiting;
	s->n_waiting++;
	if (rows_wait(s))
		return s->n_waiting % DRAIN_ROWS ? 0 : check_memory(s);
	return s->n_waiting < DRAIN_ROWS ? 0 : drain_in_order(s);
}

static int take_flow(void *arg, const struct flows_view *view)
{
	struct dataset_state *s = arg;
	struct dataset_row row = {
		.tag = { .flow = view->flow,
		         .time_ns = view->who.start_ns,
		         .packets = view->packets,
		         .is_end = !view->is_snapshot,
		         .protocol = view->who.protocol,
		         .dst_port = view->who.dst_port },
	};

	s->d->flows += row.tag.is_end;
	if (!s->columns_known && find_columns(s, view))
		return -ECANCELED;
	if (s->hosts) {
		if (host_windows_add(s->hosts, view->who.src, view->who.dst, view->who.start_ns,
		                     view->values))
			return no_memory(s);
		return *s->trouble ? -ECANCELED : 0;
	}
	if (s->file_column >= 0)
		s->group = matrix_add_group(s->d->m, csv_text(view->csv, s->file_column));
	if (s->group < 0 || make_room(s))
		return *s->trouble ? -ECANCELED : no_memory(s);
	row.group = s->group;
	if (find_label(s, view, &row.label))
		return -ECANCELED;
	feature_vector(s->set, s->values + s->n_waiting * s->set->n, view->values);
	return enqueue(s, &row);
}

static void take_host(void *arg, const struct host_window *w)
{
	struct dataset_state *s = arg;
	struct dataset_row row = {
		.tag = { .flow = s->d->m->n_rows + s->n_waiting,
		         .time_ns = w->start_ns,
		         .is_end = true },
		.group = s->group,
	};

	if (*s->trouble || make_room(s))
		return;
	if (s->labels)
		row.label = labels_find_host(s->labels, s->file, w->host, w->start_ns,
		                             w->start_ns + s->o.window_ns - 1);
	if (row.label && !*row.label)
		row.label = NULL;
	host_window_vector(s->set, s->values + s->n_waiting * s->set->n, w);
	enqueue(s, &row);
}

static void tell_progress(void *arg, double part)
{
	struct dataset_state *s = arg;

	if (s->listener.progress)
		s->listener.progress(s->listener.arg, s->path, part);
}

static int finish_file(struct dataset_state *s)
{
	if (s->hosts)
		host_windows_flush(s->hosts, UINT64_MAX);
	host_windows_free(s->hosts);
	s->hosts = NULL;
	if (*s->trouble)
		return -ECANCELED;
	return rows_wait(s) ? drain(s) : drain_in_order(s);
}

static int begin_file(struct dataset_state *s, const char *path)
{
	s->path = path;
	s->columns_known = false;
	*s->trouble = '\0';
	s->file = s->labels ? labels_file(s->labels, path) : -1;
	s->group = matrix_add_group(s->d->m, path);
	if (s->set->is_host)
		s->hosts = host_windows_new(s->o.window_ns, HOSTS_MAX, take_host, s);
	if (s->group < 0 || (s->set->is_host && !s->hosts))
		return no_memory(s);
	if (s->hosts)
		host_windows_need(s->hosts, s->o.min_flows);
	return 0;
}

int dataset_add_file(struct dataset_state *s, const char *path, char *error, size_t size)
{
	struct flows_options flows = s->flows;
	int result = begin_file(s, path), finished;

	flows.take = take_flow;
	flows.arg = s;
	flows.progress = tell_progress;
	flows.progress_arg = s;
	tell_progress(s, 0);
	if (!result)
		result = flows_read(&flows, path, error, size);
	finished = finish_file(s);
	s->d->files++;
	if (*s->trouble) {
		snprintf(error, size, "%s", s->trouble);
		return -EINVAL;
	}
	if (result == -EIO) { /* broken in the middle: what came before is good */
		if (s->listener.warn)
			s->listener.warn(s->listener.arg, error);
		result = 0;
	}
	return result ? result : finished;
}
