/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flows out of whatever holds them: captures, through the parser and the flow table as `weir read`
 * does it, or flow CSV, by the names of its columns.
 */
#ifndef WEIR_DATASET_FLOWS_H
#define WEIR_DATASET_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv.h"
#include "labels.h"
#include "record.h"

#define FLOWS_SNAPSHOTS_MAX 32

/* One flow, or the state of one after some packets. Valid only during the call. */
struct flows_view {
	const char *path;
	const double *values;             /* [n_fields]; those asked for are set */
	const struct flow_record *record; /* NULL from CSV */
	struct csv *csv;                  /* at its row; NULL from captures */
	struct label_flow who;            /* its file is -1 */
	uint64_t flow;                    /* the same for all views of one flow of a file */
	uint64_t packets;                 /* 0 when not known */
	bool is_snapshot;                 /* the flow goes on */
	const char *label;                /* by nDPI, of ends alone; NULL: none */
};

/* Nonzero stops the reading and comes back from flows_read(). */
typedef int (*flows_take)(void *arg, const struct flows_view *view);

struct flows_options {
	uint64_t idle_ns, active_ns, max_flows; /* of the flow table, for captures */
	const int16_t *needed;                  /* fields to fill in */
	size_t n_needed;
	uint32_t snapshot[FLOWS_SNAPSHOTS_MAX]; /* also look when so many packets were seen */
	size_t n_snapshots;
	bool by_ndpi;         /* label flows of captures by nDPI */
	const char *asked_by; /* what needs the fields, for messages: "the features" */
	void (*progress)(void *arg, double part); /* NULL: none; now and then, 0..1 of this file */
	void *progress_arg;
	flows_take take;
	void *arg;
};

/* Does the file begin as a capture? 1, 0, or a negative errno. */
int flows_is_capture(const char *path);

/*
 * Read all flows of PATH. 0; what take() returned; -EIO: the capture broke, the flows before it
 * were taken; -EINVAL: nothing useful. Then one line is in error.
 */
int flows_read(const struct flows_options *o, const char *path, char *error, size_t size);

#endif
