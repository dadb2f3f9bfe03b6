/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of the live page that are written when someone asks. */
#ifndef WEIR_PAGE_JSON_H
#define WEIR_PAGE_JSON_H

#include "page.h"
#include "page_query.h"

/* What one thread that answers keeps from answer to answer. All zero is empty. */
struct page_reader {
	struct top_list list;
	struct buf groups; /* members of a JSON object, of the shot with this number: */
	uint64_t groups_of;
};

void page_reader_clear(struct page_reader *r);

/* The flows asked for: columns named once, a row an array. */
void page_json_flows(struct buf *b, struct page_reader *r, const struct page_shot *shot,
                     const struct page_query *q);

/* Totals, rates, books, and the largest protocols, hosts, ports and classes. now_ns since 1970. */
void page_json_summary(struct buf *b, struct page_reader *r, const struct page_shot *shot,
                       uint64_t now_ns);

/* {"error":"..."} */
void page_json_error(struct buf *b, const char *error);

#endif
