/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the live page shows: kept by the loop from looks, records and reports, and published at the
 * end of each interval as a shot that does not change any more. Whoever answers requests holds a
 * shot while it writes an answer; the loop never waits for it.
 */
#ifndef WEIR_PAGE_H
#define WEIR_PAGE_H

#include "buf.h"
#include "sink.h"
#include "top_model.h"

#define PAGE_HISTORY 360   /* intervals */
#define PAGE_WHYS    10000 /* anomalies whose reasons are kept */
#define PAGE_ALERTS  100   /* events */
#define PAGE_MODELS  3

struct page_config {
	bool uniflow;
	uint64_t idle_ns;
	uint32_t max_rows;
	uint64_t seed;                   /* nobody outside may know it */
	const char *models[PAGE_MODELS]; /* names of their files; NULL: none */
};

/* The reasons of an anomaly. */
struct page_why {
	uint32_t row;
	char text[sizeof(((struct top_side *)NULL)->why)];
};

/* The end of an interval. Its model has rows alone: no sides, and no index. */
struct page_shot {
	struct top_model model;
	struct page_why *whys; /* by row */
	uint32_t n_whys, max_whys;
	struct buf head;    /* members of a JSON object: totals, rates, books, what was judged */
	struct buf alerts;  /* a JSON object */
	struct buf metrics; /* text of Prometheus */
	uint64_t number;    /* of the interval, from 1 */
	unsigned int held;
};

struct page;

/* NULL: no memory. */
struct page *page_new(const struct page_config *config);

/* Accepts NULL. No shot may be held. */
void page_free(struct page *p);

/* Of the loop, as of struct sink_kind. A report publishes. */
void page_look(struct page *p, const struct flow_record *r);
void page_record(struct page *p, const struct flow_record *r);
void page_report(struct page *p, const struct sink_report *r);

/* In any thread: the last shot, NULL before the first. It stays as it is until it is released. */
const struct page_shot *page_hold(struct page *p);
void page_release(struct page *p, const struct page_shot *shot);

/* The reasons of the flow in this row; "": none. */
const char *page_shot_why(const struct page_shot *shot, uint32_t row);

#endif
