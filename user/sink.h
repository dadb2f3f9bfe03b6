/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Outputs: "-o KIND:PATH". A kind is a row of const functions; all share one writer with an error
 * that sticks, so that an output that fails is reported once, counts what it lost, and leaves the
 * others alone.
 */
#ifndef WEIR_SINK_H
#define WEIR_SINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "books.h"
#include "judged.h"
#include "out.h"
#include "record.h"

struct alerts;

/* The state of things at the end of an interval. */
struct sink_report {
	uint64_t now_ns;      /* since 1970 */
	uint64_t interval_ns; /* since the last report */
	const struct flow_record *top;
	const uint64_t *top_bytes; /* that each moved since the last report */
	uint32_t n_top;
	uint32_t live_flows;
	uint64_t records;        /* made so far */
	struct flow_count moved; /* seen since the last report */
	const struct books *books;
	const struct judged *judged; /* of the interval, at the end of all; NULL: no models */
	const struct alerts *alerts; /* NULL: none are wanted */
	const char *source;          /* "eth0 (tcx)", a file's name */
};

struct http;
struct top;

struct sink_config {
	uint32_t top; /* rows that a table shows */
	bool live;    /* reports come at intervals; else all is over before anything is shown */
	struct top *screen; /* top.h: of weir top, an output that -o cannot name; NULL: none */
	struct http *page;  /* http.h: likewise, the live page */
	bool ahead; /* text of records is made by sinks_write() and comes with sinks_take() */
};

struct sink;

struct sink_kind {
	const char *name;
	const char *help;
	bool needs_path;
	void (*begin)(struct sink *s); /* may be NULL, as all that follow */
	/* a record as text that depends on nothing else, in any thread; or else: */
	void (*write)(struct buf *text, const struct flow_record *r);
	void (*record)(struct sink *s, const struct flow_record *r);
	void (*look)(struct sink *s,
	             const struct flow_record *r); /* live flows that moved, judged */
	void (*report)(struct sink *s, const struct sink_report *r);
	void (*final)(struct sink *s, const struct sink_report *r); /* all flows have left */
	void (*end)(struct sink *s);
};

struct sink {
	const struct sink_kind *kind;
	const char *name; /* as the user gave it: "csv:flows.csv" */
	struct out out;
	const struct sink_config *config;
	uint64_t written; /* records that reached the file */
	uint64_t pending; /* records in the buffer */
	uint64_t lost;
	atomic_bool failed; /* other threads may ask */
	void *state;        /* of the kind; its end() frees it */
};

struct sinks;

/*
 * Open all. NULL on failure with one line in error and errno set: EINVAL when a spec makes no
 * sense. No spec at all and no screen: a table on stdout.
 */
struct sinks *sinks_open(const char *const *specs, size_t n, const struct sink_config *config,
                         char *error, size_t size);

/* To every output, but for what is made ahead. */
void sinks_record(struct sinks *s, const struct flow_record *r);

/*
 * Ahead, in any thread: what the record is for each of the sinks_count() outputs is added to text.
 * In order: the outputs take text of so many records, which is then empty.
 */
size_t sinks_count(const struct sinks *s);
void sinks_write(const struct sinks *s, struct buf *text, const struct flow_record *r);
void sinks_take(struct sinks *s, struct buf *text, uint32_t records);

/* Before a report: every live flow that moved, if any output wants that. */
bool sinks_want_looks(const struct sinks *s);
void sinks_look(struct sinks *s, const struct flow_record *r);

void sinks_report(struct sinks *s, const struct sink_report *r);
void sinks_final(struct sinks *s, const struct sink_report *r);

/* Is any output still working? Without one there is nothing to go on for. */
bool sinks_alive(const struct sinks *s);

/* Does one of them show itself to people on stdout? Then the closing summary goes there too. */
bool sinks_show_table(const struct sinks *s);

/* Flush and close all, say what was lost. Frees. 0, or -EIO if any failed but for a closed pipe. */
int sinks_close(struct sinks *s);

/* Nothing was counted: leave all files as they were. Frees. */
void sinks_abandon(struct sinks *s);

/* The kinds, ended by a NULL. */
extern const struct sink_kind *const sink_kinds[];

#endif
