/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flows that weir top shows, copied from looks and records: one row a live flow, or one row a
 * record of a file. Pure: what to do with keys and pixels is others' work.
 */
#ifndef WEIR_TOP_MODEL_H
#define WEIR_TOP_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "index.h"
#include "record.h"
#include "sink.h"
#include "verdict.h"

#define TOP_ROWS    250000 /* kept at most: about 900 bytes each */
#define TOP_CLASSES 256    /* the first is "": not classified */
#define TOP_NAME    48     /* bytes of a class name, its NUL included */
#define TOP_HISTORY 512    /* intervals, or equal parts of a file's time */

enum top_mark {
	TOP_CLASSIFIED = 1,
	TOP_SCORED = 2,
	TOP_ANOMALY = 4,
	TOP_ENDED = 8, /* in this interval; with the next it is gone */
};

struct top_row {
	struct flow_key key;           /* src is the initiator */
	uint64_t start_ns, end_ns;     /* since 1970 */
	uint64_t bytes[2], packets[2]; /* since its start; [0] from the initiator */
	uint64_t before_bytes[2];      /* of these, in records that the active timeout made */
	uint64_t before_packets[2];
	uint64_t moved_bytes[2]; /* in the interval numbered tick */
	uint64_t moved_packets[2];
	uint32_t hash;
	uint32_t tick;
	float probability, score;
	uint8_t class; /* in class_name */
	uint8_t marks; /* enum top_mark */
	uint8_t end;   /* enum record_end */
};

/* What only the details of a flow need. */
struct top_side {
	struct flow_side fwd, rev;
	char why[sizeof(((struct verdict *)0)->why)];
};

struct top_config {
	bool live;
	bool uniflow;     /* a flow and its way back are two */
	uint64_t idle_ns; /* rows without packets for longer leave; 0: never */
	uint32_t max_rows;
	uint64_t seed; /* nobody outside may know it */
};

struct top_model {
	struct top_config config;
	struct top_row *rows;
	struct top_side *sides; /* as rows */
	uint32_t n, capacity;
	uint64_t left_out;  /* records of files that found no room */
	struct index index; /* live */
	uint32_t tick;
	int n_classes;
	char class_name[TOP_CLASSES][TOP_NAME];
	bool has_class, has_score;
	/* of the last report: */
	uint64_t now_ns, interval_ns, records;
	int64_t wall_ns; /* wall clock minus the table's */
	uint32_t live_flows;
	struct flow_count moved;
	char source[64];
	char books[256];             /* its line; "" before the first */
	double history[TOP_HISTORY]; /* bytes/s, the last at history[(n_history - 1) % ...] */
	uint64_t n_history;          /* ever */
	uint64_t history_ns;         /* length of one */
};

/* NULL: no memory. */
struct top_model *top_model_new(const struct top_config *config);

/* Accepts NULL. */
void top_model_free(struct top_model *m);

/* All as it is now, to be looked at while the other goes on. NULL: no memory. */
struct top_model *top_model_copy(const struct top_model *m);

/* A live flow that moved, and a record; as of struct sink_kind. */
void top_model_look(struct top_model *m, const struct flow_record *r);
void top_model_record(struct top_model *m, const struct flow_record *r);

/* The interval (live), or the file, is over. */
void top_model_report(struct top_model *m, const struct sink_report *r);

/* The row of a flow, or -1. */
int64_t top_model_find(const struct top_model *m, const struct flow_key *key);

/* Rates: live those of the last interval, 0 when the flow was silent; of records the mean. */
double top_row_bytes_rate(const struct top_model *m, const struct top_row *row);
double top_row_packets_rate(const struct top_model *m, const struct top_row *row);

/* A row as a record again, for the getters of the field table; v is filled and pointed to. */
struct flow_record top_row_record(const struct top_model *m, const struct top_row *row,
                                  const struct top_side *side, struct verdict *v);

#endif
