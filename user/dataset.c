// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Data sets.
 *
 * The rows of a file wait until its end when there are snapshots or a limit for each class, since
 * only then it is known how many looks were had at a flow (each weighs 1 / so many) and what class
 * its end has, which goes for all of them. Otherwise rows go straight into the matrix. A flow that
 * was over before the first snapshot is represented by its end. Which flows are kept under a limit
 * is drawn by their number, which does not depend on the order of anything.
 */
#include "dataset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv.h"
#include "dataset_flows.h"
#include "dataset_state.h"
#include "feature_host.h"
#include "host_settings.h"
#include "label_ndpi.h"
#include "label_rules.h"
#include "labels.h"

#define SECOND 1000000000ULL

const struct dataset_options dataset_defaults = {
	.window_ns = HOST_WINDOW_NS,
	.min_flows = HOST_MIN_FLOWS,
	.idle_ns = 15 * SECOND,
	.active_ns = 60 * SECOND,
	.max_flows = 2000000,
	.random_state = 42,
};

static int parse_snapshots(struct dataset_state *s, const char *list, char *error, size_t size)
{
	char *end;

	s->keep_ends = !list;
	for (; list; list = *end ? end + 1 : NULL) {
		if (!strncmp(list, "all", 3) && (!list[3] || list[3] == ',')) {
			s->keep_ends = true;
			end = (char *)list + 3;
			continue;
		}
		if (s->flows.n_snapshots == FLOWS_SNAPSHOTS_MAX) {
			snprintf(error, size, "--snapshots: more than %d", FLOWS_SNAPSHOTS_MAX);
			return -EINVAL;
		}
		s->flows.snapshot[s->flows.n_snapshots++] = strtoul(list, &end, 10);
		if (end == list || (*end && *end != ',') || *list == '-' ||
		    strtoul(list, NULL, 10) - 1 >= 1000000) {
			snprintf(
			        error, size,
			        "--snapshots: '%.40s' is no number of packets; try 3,5,8,16,64,all",
			        list);
			return -EINVAL;
		}
	}
	return 0;
}

static void need(struct dataset_state *s, const int16_t *list, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < s->n_needed && s->needed[k] != list[i]; k++)
			;
		if (k == s->n_needed)
			s->needed[s->n_needed++] = list[i];
	}
}

static void collect_fields(struct dataset_state *s)
{
	const int16_t *list;
	size_t n;

	need(s, s->set->needed, s->set->n_needed);
	s->flows.asked_by = "the features";
	if (s->set->is_host) {
		n = host_windows_fields(&list);
		need(s, list, n);
	}
	if (s->rules) {
		n = label_rules_fields(s->rules, &list);
		need(s, list, n);
		s->flows.asked_by = "the features or the label rules";
	}
	s->flows.needed = s->needed;
	s->flows.n_needed = s->n_needed;
}

static int open_labels(struct dataset_state *s, char *error, size_t size)
{
	const struct dataset_options *o = &s->o;

	if (!!o->label_rules + !!o->labels + !!o->label_column + !!o->label > 1) {
		snprintf(error, size,
		         "give one of --label-rules, --labels, --label-column and --label: "
		         "classes come from one place");
		return -EINVAL;
	}
	if (s->set->is_host && (o->label_rules || o->label_column || o->label)) {
		snprintf(error, size, "windows of hosts take their class from --labels alone");
		return -EINVAL;
	}
	if (o->label_rules && !(s->rules = label_rules_open(o->label_rules, error, size)))
		return -EINVAL;
	if (o->labels && !(s->labels = labels_open(o->labels, error, size)))
		return -EINVAL;
	s->flows.by_ndpi = o->label == DATASET_LABEL_NDPI;
	return s->flows.by_ndpi ? label_ndpi_check(error, size) : 0;
}

/* Training holds a scaled copy, and what is held back another. */
static uint64_t default_memory(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 3;
}

static int make_matrix(struct dataset *d, const struct feature_set *set)
{
	const char *names[FEATURE_MAX];
	size_t i;

	for (i = 0; i < set->n; i++)
		names[i] = set->feature[i]->name;
	d->m = matrix_new(set->n, names);
	return d->m ? 0 : -ENOMEM;
}

struct dataset *dataset_new(const struct dataset_options *options, const struct feature_set *set,
                            bool labelled, const struct dataset_listener *listener, char *error,
                            size_t size)
{
	struct dataset *d = calloc(1, sizeof(*d));
	struct dataset_state *s = d ? calloc(1, sizeof(*s)) : NULL;

	if (!s || make_matrix(d, set)) {
		snprintf(error, size, "no memory");
		free(s);
		free(d);
		return NULL;
	}
	d->state = s;
	s->d = d;
	s->o = *options;
	s->set = set;
	s->labelled = labelled;
	s->listener = listener ? *listener : (struct dataset_listener){ 0 };
	if (!s->o.max_memory)
		s->o.max_memory = default_memory();
	s->flows.idle_ns = options->idle_ns;
	s->flows.active_ns = options->active_ns;
	s->flows.max_flows = options->max_flows;
	if (!parse_snapshots(s, options->snapshots, error, size) && !open_labels(s, error, size)) {
		collect_fields(s);
		return d;
	}
	dataset_free(d);
	return NULL;
}

bool dataset_has_labels(const struct dataset *d)
{
	return d->state->rules || d->state->labels || d->state->o.label_column || d->state->o.label;
}

void dataset_free(struct dataset *d)
{
	struct dataset_state *s;
	size_t i;

	if (!d)
		return;
	s = d->state;
	label_rules_free(s->rules);
	labels_free(s->labels);
	for (i = 0; i < s->n_texts; i++)
		free(s->text[i]);
	free(s->text);
	free(s->waiting);
	free(s->values);
	free(s);
	matrix_free(d->m);
	free(d->tag);
	free(d);
}
