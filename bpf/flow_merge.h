/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two partials of the same flow and direction become one, by flow_merge().
 *
 * How each field merges (a is the earlier partial, b the later, by first_ns):
 *   *bytes, *_sq, *_hist, tcp_flag, fragments, retransmits, out_of_order   plain addition
 *   first_ns, *_min                   the smaller
 *   last_ns, *_max                    the larger
 *   tcp_flags, marks                  OR
 *   tos_first, icmp_first, window_first   those of a (window_first: of the first that has one)
 *   first_payload                     a's, then b's until eight are known
 *   head                              that of the first that has payload
 *   seq_first, seq_next               a's first; the later end in serial arithmetic (RFC 1982)
 *   iat_*                             both, plus the gap between a's last packet and b's first
 *
 * Exactly as if every packet had been added to one partial when a ends before b begins (epochs of
 * one CPU). Approximate otherwise, and by how much at worst:
 *   - when a and b overlap in time (one direction of a flow handled by two CPUs at once) gaps are
 *     those each CPU saw and none is added between them: iat_hist counts at least
 *     packets - number of partials gaps, each too long by the other CPU's packets; first_payload
 *     lists a's packets before b's.
 *   - retransmits and out_of_order compare a segment with the highest end its own partial knew:
 *     between epochs only b's first segment is compared with a's end, so each of the two may be off
 *     by at most b's segments that begin at or below that end.
 *   - partials that begin and end at the very same times are put in no particular order.
 *   - inter-arrival times are counted in ticks of 1,024 ns, made from the times (not the gaps), so
 *     that a gap is off by less than one tick and their sum by less than one tick in all. A gap
 *     over 2^32 ticks (73 min) counts as that.
 *   - the segments of a GSO/GRO super-packet share its time: gaps of zero (FLOW_COALESCED tells).
 *   - lengths over 65,535 (only loopback has them) are that in length_min and length_max.
 */
#ifndef WEIR_FLOW_MERGE_H
#define WEIR_FLOW_MERGE_H

#include "flow_add.h"

FLOW_INLINE void flow_merge_sequence(struct flow_partial *p, const struct flow_partial *late)
{
	if (!(late->marks & FLOW_SEQ_VALID))
		return;
	if (!(p->marks & FLOW_SEQ_VALID)) {
		p->seq_first = late->seq_first;
		p->seq_next = late->seq_next;
		return;
	}
	if (flow_seq_before(late->seq_first, p->seq_next))
		p->retransmits++;
	else if (late->seq_first != p->seq_next)
		p->out_of_order++;
	if (flow_seq_before(p->seq_next, late->seq_next))
		p->seq_next = late->seq_next;
}

FLOW_INLINE void flow_merge_windows(struct flow_partial *p, const struct flow_partial *late)
{
	if (!late->window_set)
		return;
	if (!p->window_set) {
		p->window_set = 1;
		p->window_first = late->window_first;
		p->window_min = late->window_min;
		p->window_max = late->window_max;
		return;
	}
	if (late->window_min < p->window_min)
		p->window_min = late->window_min;
	if (late->window_max > p->window_max)
		p->window_max = late->window_max;
}

FLOW_INLINE void flow_merge_gaps(struct flow_partial *p, const struct flow_partial *late)
{
	__u64 shift = FLOW_TICK_SHIFT,
	      end = p->last_ns > late->last_ns ? p->last_ns : late->last_ns;
	__u32 i;

	p->iat_sq += late->iat_sq;
	if (p->iat_sq < late->iat_sq)
		flow_high(p)->iat_sq++;
	if (late->iat_min < p->iat_min)
		p->iat_min = late->iat_min;
	if (late->iat_max > p->iat_max)
		p->iat_max = late->iat_max;
	for (i = 0; i < FLOW_BINS; i++)
		FLOW_COUNT(p, iat_hist, i, late->iat_hist[i]);
	p->iat_adjust += late->iat_adjust;
	if (p->last_ns <= late->first_ns)
		flow_add_gap(p, p->last_ns, late->first_ns);
	else /* gaps seen: both spans; span of the result: from p's start to the later end */
		p->iat_adjust += (__s64)((p->last_ns >> shift) - (end >> shift)) +
		                 (__s64)((late->last_ns >> shift) - (late->first_ns >> shift));
	p->last_ns = end;
}

/* The upper parts, each a 32-bit number. */
FLOW_INLINE void flow_merge_high(struct flow_partial *p, const struct flow_partial *late)
{
	const __u32 *from = (const __u32 *)&late->high;
	__u32 *to, i;

	if (!late->has_high)
		return;
	to = (__u32 *)flow_high(p);
	for (i = 0; i < sizeof(late->high) / sizeof(*from); i++)
		to[i] += from[i];
}

/* Put b into a: the same flow and direction, counted elsewhere or later. Either may be earlier. */
FLOW_INLINE void flow_merge(struct flow_partial *a, const struct flow_partial *b)
{
	struct flow_partial late;
	__u32 i;

	if (b->first_ns < a->first_ns || (b->first_ns == a->first_ns && b->last_ns < a->last_ns)) {
		flow_copy(&late, a);
		flow_copy(a, b);
	} else {
		flow_copy(&late, b);
	}
	flow_merge_gaps(a, &late);
	flow_merge_sequence(a, &late);
	flow_merge_windows(a, &late);
	if (!a->payload_max)
		a->head = late.head;
	flow_merge_high(a, &late);
	flow_add_sums(a, late.bytes, late.ip_bytes, late.payload_bytes, late.length_sq,
	              late.payload_sq);
	a->retransmits += late.retransmits;
	a->out_of_order += late.out_of_order;
	a->fragments += late.fragments;
	for (i = 0; i < FLOW_BINS; i++) {
		FLOW_COUNT(a, payload_hist, i, late.payload_hist[i]);
		FLOW_COUNT(a, tcp_flag, i, late.tcp_flag[i]);
	}
	for (i = 0; i < late.n_first; i++)
		flow_add_first_payload(a, late.first_payload[i]);
	a->length_min = late.length_min < a->length_min ? late.length_min : a->length_min;
	a->length_max = late.length_max > a->length_max ? late.length_max : a->length_max;
	a->payload_min = late.payload_min < a->payload_min ? late.payload_min : a->payload_min;
	a->payload_max = late.payload_max > a->payload_max ? late.payload_max : a->payload_max;
	a->ttl_min = late.ttl_min < a->ttl_min ? late.ttl_min : a->ttl_min;
	a->ttl_max = late.ttl_max > a->ttl_max ? late.ttl_max : a->ttl_max;
	a->tcp_flags |= late.tcp_flags;
	a->marks |= late.marks;
}

#endif
