// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Parameters of /api/flows, each checked whole. Names of columns are those of the answer. */
#include "page_query.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum top_column column;
	bool ascends; /* in the list's natural order */
} columns[] = {
	{ "protocol", TOP_PROTOCOL, true },
	{ "src_ip", TOP_SOURCE, true },
	{ "dst_ip", TOP_DESTINATION, true },
	{ "packets", TOP_PACKETS, false },
	{ "bytes", TOP_BYTES, false },
	{ "packets_per_second", TOP_PACKETS_RATE, false },
	{ "bytes_per_second", TOP_BYTES_RATE, false },
	{ "duration", TOP_AGE, false },
	{ "class", TOP_CLASS, true },
	{ "anomaly_score", TOP_SCORE, true },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

void page_query_init(struct page_query *q)
{
	*q = (struct page_query){ .sort = TOP_BYTES_RATE, .desc = true, .limit = PAGE_FEW };
}

static int set_sort(struct page_query *q, const char *value, char *error, size_t size)
{
	size_t i, n = 0;

	for (i = 0; i < COLUMNS; i++)
		if (!strcmp(columns[i].name, value)) {
			q->sort = columns[i].column;
			return 0;
		}
	for (i = 0; i < COLUMNS && n < size; i++)
		n += snprintf(error + n, size - n, "%s%s",
		              i ? ", " : "sort: no such column; there are ", columns[i].name);
	return -EINVAL;
}

static int set_limit(struct page_query *q, const char *value, char *error, size_t size)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (!isdigit((unsigned char)value[0]) || *end || n < 1 || n > PAGE_LIMIT) {
		snprintf(error, size, "limit: no number from 1 to %d", PAGE_LIMIT);
		return -EINVAL;
	}
	q->limit = n;
	return 0;
}

static int set_flag(bool *flag, const char *name, const char *value, char *error, size_t size)
{
	if (strcmp(value, "0") && strcmp(value, "1")) {
		snprintf(error, size, "%s: 0 or 1", name);
		return -EINVAL;
	}
	*flag = value[0] == '1';
	return 0;
}

int page_query_set(struct page_query *q, const char *name, const char *value, char *error,
                   size_t size)
{
	if (strnlen(value, PAGE_PARAMETER) == PAGE_PARAMETER) {
		snprintf(error, size, "a value is longer than %d bytes", PAGE_PARAMETER - 1);
		return -EINVAL;
	}
	if (!strcmp(name, "sort"))
		return set_sort(q, value, error, size);
	if (!strcmp(name, "desc"))
		return set_flag(&q->desc, name, value, error, size);
	if (!strcmp(name, "moved"))
		return set_flag(&q->moved, name, value, error, size);
	if (!strcmp(name, "limit"))
		return set_limit(q, value, error, size);
	if (!strcmp(name, "q"))
		return top_filter_parse(&q->filter, value, error, size);
	return 0;
}

struct top_query page_query_of_list(const struct page_query *q)
{
	bool ascends = false;
	size_t i;

	for (i = 0; i < COLUMNS; i++)
		if (columns[i].column == q->sort)
			ascends = columns[i].ascends;
	return (struct top_query){
		.group = TOP_BY_FLOW,
		.sort = q->sort,
		.reverse = q->desc == ascends,
		.filter = &q->filter,
	};
}
