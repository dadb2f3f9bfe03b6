// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "side.h"

#include <string.h>

/* One array at a time and apart, which compilers turn into a few vector instructions. */
static void read_bins(uint32_t *restrict to, const uint8_t *restrict low,
                      const uint32_t *restrict high)
{
	for (uint32_t i = 0; i < FLOW_BINS; i++)
		to[i] = flow_bin(low, high, i);
}

#define COPY(field) .field = from->field
#define JOIN(field) .field = (uint64_t)from->high.field << 32 | from->field

void side_read(struct flow_side *restrict to, const struct flow_partial *restrict from)
{
	*to = (struct flow_side){
		COPY(first_ns),
		COPY(last_ns),
		JOIN(bytes),
		JOIN(ip_bytes),
		JOIN(payload_bytes),
		JOIN(length_sq),
		JOIN(payload_sq),
		COPY(iat_sq),
		COPY(iat_min),
		COPY(iat_max),
		COPY(iat_adjust),
		COPY(length_min),
		COPY(length_max),
		COPY(payload_min),
		COPY(payload_max),
		COPY(ttl_min),
		COPY(ttl_max),
		COPY(tcp_flags),
		COPY(marks),
		COPY(fragments),
		COPY(seq_next),
		COPY(seq_first),
		COPY(retransmits),
		COPY(out_of_order),
		COPY(window_min),
		COPY(window_max),
		COPY(window_first),
		COPY(icmp_first),
		COPY(window_set),
		COPY(tos_first),
		COPY(n_first),
		COPY(head),
		.iat_sq_high = from->high.iat_sq,
		.packets = flow_packets(from),
	};
	read_bins(to->payload_hist, from->payload_hist, from->high.payload_hist);
	read_bins(to->iat_hist, from->iat_hist, from->high.iat_hist);
	read_bins(to->tcp_flag, from->tcp_flag, from->high.tcp_flag);
	memcpy(to->first_payload, from->first_payload, sizeof(to->first_payload));
}
