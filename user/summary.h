/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a whole run amounted to: protocols, talkers, flows, and whether every packet is told of. */
#ifndef WEIR_SUMMARY_H
#define WEIR_SUMMARY_H

#include "buf.h"
#include "record.h"

struct summary;

/* NULL with errno set: ENOMEM. */
struct summary *summary_new(void);

/* Accepts NULL. */
void summary_free(struct summary *s);

void summary_add_record(struct summary *s, const struct flow_record *r);
void summary_add_overflow(struct summary *s, const struct flow_overflow *key,
                          const struct flow_count *n);

/* Packets by protocol, top n sources and destinations, flows by how they ended. */
void summary_print(const struct summary *s, struct buf *b, size_t n);

/*
 * One line: seen = in flows + causes; difference is 0 when that holds. added: packets put into
 * the table; no_memory: packets that found no memory there.
 */
void summary_print_completeness(struct buf *b, const struct flow_stats *stats, uint64_t added,
                                uint64_t no_memory);
int64_t summary_difference(const struct flow_stats *stats, uint64_t added, uint64_t no_memory);

/* The name of a cause in outputs, and its meaning. */
const char *summary_cause_name(enum flow_cause cause);
const char *summary_cause_meaning(enum flow_cause cause);

#endif
