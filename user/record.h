/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A flow record: what leaves the table, and what every output is given. */
#ifndef WEIR_RECORD_H
#define WEIR_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "flow.h"
#include "side.h"

/* Why a record was made: IPFIX flowEndReason (RFC 5102, element 136). */
enum record_end {
	RECORD_LIVE = 0, /* a look at a flow that goes on; never exported */
	RECORD_IDLE = 1,
	RECORD_ACTIVE = 2,
	RECORD_END_OF_FLOW = 3, /* TCP FIN both ways, or RST */
	RECORD_FORCED = 4,      /* weir is stopping, or the file is at its end */
	RECORD_LACK_OF_RESOURCES = 5,
};

struct verdict;

struct flow_record {
	struct flow_key key;         /* src is the initiator (RFC 5103) */
	const struct flow_side *fwd; /* initiator to responder; never NULL */
	const struct flow_side *rev; /* back; never NULL, all zero when nothing came */
	uint64_t start_ns;           /* like all times in here, by the table's clock ... */
	uint64_t end_ns;
	int64_t wall_ns; /* ... to which this is added for time since 1970 */
	enum record_end end;
	/* since the last look at the flow (table_look), [0] from the initiator, [1] back: */
	uint64_t moved_packets[2];
	uint64_t moved_bytes[2];
	bool is_new;                   /* not looked at before */
	const struct verdict *verdict; /* verdict.h; NULL: not judged */
};

#endif
