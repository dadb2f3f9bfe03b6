/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One flow in one interval, as the windows of all rules are told of it. */
#ifndef WEIR_ALERT_LOOK_H
#define WEIR_ALERT_LOOK_H

#include "alert_hash.h"
#include "rule.h"

struct alert_look {
	const struct flow_record *flow;
	const struct alert_seed *seed;
	uint64_t src, dst; /* hashes of the addresses, once asked for */
	bool is_hashed;
	uint32_t columns;         /* bits of those that change */
	double change[N_COLUMNS]; /* but for the gaps, which depend on the key */
};

void alert_look_make(struct alert_look *look, const struct flow_record *flow,
                     const struct alert_seed *seed);

/* The hash of the key's fields (bits of enum rule_part), and whether two flows agree in them. */
uint64_t alert_key_hash(struct alert_look *look, uint32_t key);
bool alert_key_equal(const struct flow_key *a, const struct flow_key *b, uint32_t key);

/* The hash of a value that MEASURE_DISTINCT counts. */
uint64_t alert_value_hash(struct alert_look *look, int subject);

/* A measure from the sums of its columns; NaN where it has no meaning (0 / 0). */
double alert_measure(enum rule_measure measure, const double sum[N_COLUMNS]);

#endif
