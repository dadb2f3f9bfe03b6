/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The agent's flow table: packets or partials in, bidirectional flow records out.
 *
 * Pure: memory in, memory out; time is whatever the packets say, or a parameter.
 */
#ifndef WEIR_TABLE_H
#define WEIR_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

struct table;

/* Called with each record; it and its sides are valid only during the call. */
typedef void (*table_emit)(void *arg, const struct flow_record *record);

struct table_config {
	uint64_t idle_ns;   /* a flow without packets for longer ends; 0: never */
	uint64_t active_ns; /* a flow going on for longer is reported and continues; 0: never */
	uint32_t max_flows; /* beyond, the flow unused for longest leaves early */
	bool uniflow;       /* one record a direction */
	table_emit emit;
	void *arg;
};

/* NULL with errno set: ENOMEM. */
struct table *table_new(const struct table_config *config);

/* Accepts NULL. Flows still in it are lost: table_flush() first. */
void table_free(struct table *t);

/*
 * Where a packet belongs. Found early, it hides what the packet's flow takes to come from memory:
 * call first table_prefetch(), some packets later table_prefetch_flow(), then
 * table_prefetch_side().
 */
struct table_place {
	uint32_t hash;
	uint32_t side;
};

/*
 * Make the key that of the flow, which has no direction of a hook, and say where it is. In any
 * thread, whatever happens to the table meanwhile.
 */
struct table_place table_locate(const struct table *t, struct flow_key *key);
void table_prefetch(const struct table *t, struct table_place place);
void table_prefetch_flow(const struct table *t, struct table_place place);
void table_prefetch_side(const struct table *t, struct table_place place);

/* 0, or -ENOMEM: the packet or partial is then in no flow. */
int table_add_packet(struct table *t, const struct flow_packet *packet);
int table_add_located(struct table *t, const struct flow_packet *packet, struct table_place place);
int table_add_partial(struct table *t, const struct flow_key *key, const struct flow_partial *part);

/*
 * Look at the flow that the last packet went into; false if it has been reported since. Valid until
 * the table is touched.
 */
bool table_last(struct table *t, struct flow_record *record);

/* Emit what has ended by now_ns. To be called now and then. */
void table_sweep(struct table *t, uint64_t now_ns);

/* Emit all flows. */
void table_flush(struct table *t, enum record_end end);

/* Flows in it, and the bytes it takes. */
uint32_t table_count(const struct table *t);
uint64_t table_memory(const struct table *t);

/*
 * Look at what moved since the last look: call each (unless NULL) with a record of every such flow,
 * end RECORD_LIVE, and put the n busiest, busiest first, into records, with the bytes of that time
 * into bytes. How many comes back; fewer also for want of memory. These are valid until the next
 * look. What moved in a flow that was cut by the active timeout is still shown here, with partials
 * that may be empty; flows that ended showed what had moved in their last record.
 */
uint32_t table_look(struct table *t, struct flow_record *records, uint64_t *bytes, uint32_t n,
                    table_emit each);

#endif
