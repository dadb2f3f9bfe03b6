/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From all flows to the page that is shown: filter, sum up by group, sort as far as is seen. */
#ifndef WEIR_TOP_LIST_H
#define WEIR_TOP_LIST_H

#include "top_filter.h"
#include "top_model.h"

enum top_group {
	TOP_BY_FLOW,
	TOP_BY_HOST,
	TOP_BY_PORT,
	TOP_BY_PROTOCOL,
	TOP_BY_CLASS,
	TOP_N_GROUPS
};

/* What can be shown, and sorted by. */
enum top_column {
	TOP_PROTOCOL,
	TOP_SOURCE,
	TOP_DESTINATION,
	TOP_LABEL, /* of a group */
	TOP_FLOWS,
	TOP_PACKETS,
	TOP_BYTES,
	TOP_PACKETS_RATE,
	TOP_BYTES_RATE,
	TOP_AGE,
	TOP_CLASS,
	TOP_SCORE,
	TOP_ANOMALIES,
	TOP_N_COLUMNS
};

struct top_query {
	enum top_group group;
	enum top_column sort;
	bool reverse;
	const struct top_filter *filter; /* NULL: all */
};

/* The flows of one host (of which they are either end), responder's port, protocol or class. */
struct top_sum {
	uint8_t address[16];
	uint16_t port;
	uint8_t version;
	uint8_t protocol;
	uint8_t class;
	bool has_score;
	float worst; /* score */
	uint32_t flows, anomalies;
	uint64_t bytes, packets;
	uint64_t start_ns, end_ns;
	double bytes_rate, packets_rate; /* of records: over the time from the first to the last */
};

struct top_item {
	uint64_t high, low; /* what it is sorted by: smallest first */
	uint32_t at;        /* row of the model, or sum */
};

struct top_list {
	enum top_group group;
	struct top_item *items;
	uint32_t n;     /* items */
	uint32_t flows; /* that pass the filter */
	uint32_t anomalies;
	struct top_sum *sums;
	uint32_t n_sums, max_items, max_sums;
	struct index index; /* of sums */
};

/* All zero is an empty list. */
void top_list_clear(struct top_list *l);

/* Is this column there for the group? */
bool top_column_fits(enum top_column column, enum top_group group);

/* Fill the list, in no order. 0, or -ENOMEM: then it is empty. */
int top_list_make(struct top_list *l, const struct top_model *m, const struct top_query *q);

/* Put items[first .. first + count) in order; those before belong before, those behind behind. */
void top_list_order(struct top_list *l, const struct top_model *m, uint32_t first, uint32_t count);

#endif
