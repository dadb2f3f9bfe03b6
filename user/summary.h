/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a whole run amounted to: protocols, talkers, flows, and whether every packet is told of. */
#ifndef WEIR_SUMMARY_H
#define WEIR_SUMMARY_H

#include "books.h"
#include "record.h"

struct summary;

/* NULL with errno set: ENOMEM. */
struct summary *summary_new(void);

/* Accepts NULL. */
void summary_free(struct summary *s);

void summary_add_record(struct summary *s, const struct flow_record *r);

/* Packets by protocol, top n sources and destinations, flows by how they ended, the books. */
void summary_print(const struct summary *s, const struct books *books, struct buf *b, size_t n);

#endif
