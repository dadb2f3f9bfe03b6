/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets of capture files on their way into the table. Where there is a thread for it, the table
 * belongs to that thread until intake_end(): it sweeps by the packets' clock, and emits from there.
 */
#ifndef WEIR_INTAKE_H
#define WEIR_INTAKE_H

#include <stdbool.h>

#include "books.h"
#include "table.h"

struct intake;

struct intake_config {
	struct table *table;
	struct books *books; /* stats are counted by the caller's thread, the rest by the other */
	uint64_t idle_ns;
	uint64_t interval_ns; /* between sweeps */
	bool threaded;
	/* unless NULL: an interval of the packets' clock is over, and swept; in the table's thread
	 */
	void (*tick)(void *arg, uint64_t now_ns);
	void *arg;
};

/* NULL with errno set: ENOMEM. */
struct intake *intake_new(const struct intake_config *config);

/* Room for a packet, not zeroed: parse into it, then intake_add() what the parser said of it. */
struct flow_packet *intake_room(struct intake *in);
void intake_add(struct intake *in, enum flow_cause cause);

/*
 * Another file follows. If its clock is an idle timeout or more before what was read, all flows end
 * here; files that go on where the last one ended (rotated captures) continue them.
 */
void intake_boundary(struct intake *in);

/* All is in the table, which is the caller's again. Frees; accepts NULL. */
void intake_end(struct intake *in);

#endif
