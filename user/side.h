/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A side (one direction) of a flow, as it is read: a partial with its sums put together. */
#ifndef WEIR_SIDE_H
#define WEIR_SIDE_H

#include <stdint.h>

#include "flow.h"

/* Fields are those of struct flow_partial, which tells what they mean. */
struct flow_side {
	uint64_t first_ns;
	uint64_t last_ns;
	uint64_t bytes;
	uint64_t ip_bytes;
	uint64_t payload_bytes;
	uint64_t length_sq;
	uint64_t payload_sq;
	uint64_t iat_sq; /* low 64 bits; high: iat_sq_high */
	uint32_t iat_sq_high;
	uint32_t packets;
	uint32_t iat_min;
	uint32_t iat_max;
	int64_t iat_adjust;
	uint16_t length_min;
	uint16_t length_max;
	uint16_t payload_min;
	uint16_t payload_max;
	uint8_t ttl_min;
	uint8_t ttl_max;
	uint8_t tcp_flags;
	uint8_t marks;
	uint32_t fragments;
	uint32_t payload_hist[FLOW_BINS];
	uint32_t iat_hist[FLOW_BINS];
	uint32_t tcp_flag[8];
	uint32_t seq_next;
	uint32_t seq_first;
	uint32_t retransmits;
	uint32_t out_of_order;
	uint16_t window_min;
	uint16_t window_max;
	uint16_t window_first;
	uint16_t first_payload[FLOW_FIRST];
	uint16_t icmp_first;
	uint8_t window_set;
	uint8_t tos_first;
	uint8_t n_first;
	struct flow_head head;
	uint8_t pad[9]; /* any field may be read as eight bytes */
};
FLOW_ASSERT(sizeof(struct flow_side) == 256, "flow_side has holes");

void side_read(struct flow_side *to, const struct flow_partial *from);

#endif
