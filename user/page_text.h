/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of the live page that are written at the end of an interval: they are short. */
#ifndef WEIR_PAGE_TEXT_H
#define WEIR_PAGE_TEXT_H

#include "page.h"

/* What moved, interval by interval. */
struct page_history {
	uint64_t n; /* ever; the last is at [(n - 1) % PAGE_HISTORY] */
	struct {
		uint64_t time_ns, interval_ns; /* of its end */
		uint64_t bytes, packets;
		uint64_t flows, anomalies; /* judged */
	} at[PAGE_HISTORY];
};

void page_history_add(struct page_history *h, const struct sink_report *r);

/* Members of a JSON object, without its braces; models: PAGE_MODELS names or NULLs. */
void page_text_head(struct buf *b, const struct sink_report *r, const struct page_history *h,
                    const char *const *models);

/* A JSON object: counts, and the last events, newest first. */
void page_text_alerts(struct buf *b, const struct sink_report *r);

/* The text format of Prometheus, version 0.0.4. No flow has a label of its own. */
void page_text_metrics(struct buf *b, const struct sink_report *r, uint64_t intervals);

#endif
