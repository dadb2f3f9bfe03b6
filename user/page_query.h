/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a viewer asks of the flows:
 * /api/flows?sort=bytes_per_second&desc=1&q=port+443&limit=200&moved=1 */
#ifndef WEIR_PAGE_QUERY_H
#define WEIR_PAGE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "top_filter.h"
#include "top_list.h"

#define PAGE_LIMIT     1000 /* rows of an answer, at most */
#define PAGE_FEW       200  /* without a limit */
#define PAGE_PARAMETER 512  /* bytes of a value */

struct page_query {
	enum top_column sort;
	bool desc;  /* largest first; text: last first */
	bool moved; /* only flows that moved in the last interval */
	uint32_t limit;
	struct top_filter filter;
};

/* All flows, those with the highest rate first. */
void page_query_init(struct page_query *q);

/* A parameter; one that is unknown is passed over. 0, or -EINVAL with what is wrong in error. */
int page_query_set(struct page_query *q, const char *name, const char *value, char *error,
                   size_t size);

/* As the list wants it, whose natural order has numbers descending and text ascending. */
struct top_query page_query_of_list(const struct page_query *q);

#endif
