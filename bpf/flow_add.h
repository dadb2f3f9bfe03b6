/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a packet grows a flow: flow_start() for the first, flow_add() for each that follows. Run for
 * every packet there is, so written for the processor: few branches that traffic decides, cache
 * lines asked for before they are needed (struct flow_partial tells who needs which).
 */
#ifndef WEIR_FLOW_ADD_H
#define WEIR_FLOW_ADD_H

#include "flow.h"

/* 1 if a > b, else 0, without a branch: histogram bins of mixed traffic cannot be predicted. */
FLOW_INLINE __u64 flow_above(__u64 a, __u64 b)
{
	__u64 difference = b - a;

	asm("" : "+r"(difference)); /* keeps clang from turning the shift into a jump */
	return difference >> 63;
}

/* Bin of a payload size: 0, 1..32, ..64, ..128, ..256, ..512, ..1024, more. */
FLOW_INLINE __u32 flow_payload_bin(__u64 payload)
{
	return flow_above(payload, 0) + flow_above(payload, 32) + flow_above(payload, 64) +
	       flow_above(payload, 128) + flow_above(payload, 256) + flow_above(payload, 512) +
	       flow_above(payload, 1024);
}

/* Bin of a gap in ticks: powers of eight, from under 16 us to over 4.3 s. */
FLOW_INLINE __u32 flow_iat_bin(__u64 ticks)
{
	return flow_above(ticks, 15) + flow_above(ticks, 127) + flow_above(ticks, 1023) +
	       flow_above(ticks, 8191) + flow_above(ticks, 65535) + flow_above(ticks, 524287) +
	       flow_above(ticks, 4194303);
}

FLOW_INLINE __u16 flow_u16(__u32 value)
{
	return value > 0xffff ? 0xffff : value;
}

/* Of eight bytes the first in the lowest eight bits. */
FLOW_INLINE __u64 flow_little(__u64 eight)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? eight : __builtin_bswap64(eight);
}

/* Serial number arithmetic, RFC 1982: a lies before b. */
FLOW_INLINE int flow_seq_before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

/*
 * Where the upper parts of p's sums are, all 0 when first asked for. The kernel's tables have
 * theirs (flow_table.h); NULL cannot be, but for the verifier. flow_clear() begins a partial.
 */
#ifdef __bpf__
static __attribute__((always_inline)) inline struct flow_high *flow_high(struct flow_partial *p);
static __attribute__((always_inline)) inline void flow_clear(struct flow_partial *p);
#else
FLOW_INLINE struct flow_high *flow_high(struct flow_partial *p)
{
	p->has_high = 1;
	return &p->high;
}

FLOW_INLINE void flow_clear(struct flow_partial *p)
{
	flow_zero(p);
}
#endif

/*
 * To the sums kept in two parts. That the low 32 bits overflow is rare, so it is asked once for all
 * of them, and what lies apart is left alone.
 */
FLOW_INLINE void flow_add_sums(struct flow_partial *p, __u32 bytes, __u32 ip_bytes,
                               __u32 payload_bytes, __u64 length_sq, __u64 payload_sq)
{
	__u64 b = (__u64)p->bytes + bytes, ip = (__u64)p->ip_bytes + ip_bytes;
	__u64 payload = (__u64)p->payload_bytes + payload_bytes;
	struct flow_high *high;

	length_sq += p->length_sq;
	payload_sq += p->payload_sq;
	p->bytes = b;
	p->ip_bytes = ip;
	p->payload_bytes = payload;
	p->length_sq = length_sq;
	p->payload_sq = payload_sq;
	if (!((b | ip | payload | length_sq | payload_sq) >> 32))
		return;
	high = flow_high(p);
	if (!high)
		return;
	high->bytes += b >> 32;
	high->ip_bytes += ip >> 32;
	high->payload_bytes += payload >> 32;
	high->length_sq += length_sq >> 32;
	high->payload_sq += payload_sq >> 32;
}

/* To a bin: so with its low 8 bits. at: which of the numbers in struct flow_high has the others. */
FLOW_INLINE void flow_add_bin(struct flow_partial *p, __u8 *low, __u32 at, __u32 bin, __u32 n)
{
	__u64 sum = low[bin & (FLOW_BINS - 1)] + (__u64)n;
	__u32 *high;

	low[bin & (FLOW_BINS - 1)] = sum;
	if (!(sum >> 8))
		return;
	high = (__u32 *)flow_high(p);
	if (high)
		high[at + (bin & (FLOW_BINS - 1))] += sum >> 8;
}

#define FLOW_COUNT(p, hist, bin, n)                                                                \
	flow_add_bin(p, (p)->hist, __builtin_offsetof(struct flow_high, hist) / 4, bin, n)

FLOW_INLINE void flow_add_gap(struct flow_partial *p, __u64 from_ns, __u64 to_ns)
{
	__u64 ticks = (to_ns >> FLOW_TICK_SHIFT) - (from_ns >> FLOW_TICK_SHIFT);
	struct flow_high *high;
	__u64 square;

	if (ticks > 0xffffffff)
		ticks = 0xffffffff;
	square = ticks * ticks;
	p->iat_sq += square;
	if (p->iat_sq < square) {
		high = flow_high(p);
		if (high)
			high->iat_sq++;
	}
	if (ticks < p->iat_min)
		p->iat_min = ticks;
	if (ticks > p->iat_max)
		p->iat_max = ticks;
	FLOW_COUNT(p, iat_hist, flow_iat_bin(ticks), 1);
}

/* Sizes of n packets of this length and payload. */
FLOW_INLINE void flow_add_sizes(struct flow_partial *p, __u32 length, __u32 payload, __u32 n)
{
	__u16 short_length = flow_u16(length), short_payload = flow_u16(payload);

	FLOW_COUNT(p, payload_hist, flow_payload_bin(payload), n);
	if (short_length < p->length_min)
		p->length_min = short_length;
	if (short_length > p->length_max)
		p->length_max = short_length;
	if (short_payload < p->payload_min)
		p->payload_min = short_payload;
	if (short_payload > p->payload_max)
		p->payload_max = short_payload;
}

FLOW_INLINE void flow_add_first_payload(struct flow_partial *p, __u32 payload)
{
	__u32 n = p->n_first;

	if (n < FLOW_FIRST) {
		p->first_payload[n & (FLOW_FIRST - 1)] = flow_u16(payload);
		p->n_first = n + 1;
	}
}

/* The segments of a super-packet but the last; no gaps between them are known, so none is long. */
FLOW_INLINE void flow_add_segments(struct flow_partial *p, const struct flow_packet *k)
{
	__u32 more = k->segments - 1, i;

	flow_add_sizes(p, k->headers + k->segment_payload, k->segment_payload, more);
	for (i = 0; i < FLOW_FIRST; i++)
		if (i < more)
			flow_add_first_payload(p, k->segment_payload);
	FLOW_COUNT(p, iat_hist, 0, more);
	p->iat_min = 0;
	p->marks |= FLOW_COALESCED;
}

FLOW_INLINE void flow_add_sequence(struct flow_partial *p, const struct flow_packet *k)
{
	/* SYN and FIN take a number each. */
	__u32 end = k->tcp_seq + k->payload + (k->tcp_flags & 1) + (k->tcp_flags >> 1 & 1);

	if (end == k->tcp_seq)
		return; /* a bare ACK sends nothing */
	if (!(p->marks & FLOW_SEQ_VALID)) {
		p->marks |= FLOW_SEQ_VALID;
		p->seq_first = k->tcp_seq;
		p->seq_next = end;
		return;
	}
	if (k->tcp_seq != p->seq_next) {
		if (flow_seq_before(k->tcp_seq, p->seq_next))
			p->retransmits++;
		else
			p->out_of_order++;
	}
	if (flow_seq_before(p->seq_next, end))
		p->seq_next = end;
}

/* One more packet of these flags: eight counts side by side, each in a byte of its own. */
FLOW_INLINE void flow_add_flags(struct flow_partial *p, __u64 flags)
{
	const __u64 ones = 0x0101010101010101, tops = ones << 7;
	__u64 bits = flags * ones & 0x8040201008040201; /* bit i in byte i */
	struct flow_high *high;
	__u64 old, sum, carry;
	__u32 i;

	bits = (bits + ~tops) >> 7 & ones;
	__builtin_memcpy(&old, p->tcp_flag, sizeof(old));
	old = flow_little(old);
	sum = ((old & ~tops) + bits) ^ (old & tops);
	carry = old & ~sum & tops;
	sum = flow_little(sum);
	__builtin_memcpy(p->tcp_flag, &sum, sizeof(sum));
	high = carry ? flow_high(p) : (struct flow_high *)0;
	if (high)
		for (i = 0; i < 8; i++)
			high->tcp_flag[i] += carry >> (8 * i + 7) & 1;
}

FLOW_INLINE void flow_add_tcp(struct flow_partial *p, const struct flow_packet *k)
{
	__u32 flags = k->tcp_flags, more = k->segments - 1;

	flow_add_flags(p, flags);
	if (more) { /* segmentation repeats ACK, URG and ECE; FIN, PSH and CWR go with one */
		FLOW_COUNT(p, tcp_flag, 4, (flags >> 4 & 1) * more);
		FLOW_COUNT(p, tcp_flag, 5, (flags >> 5 & 1) * more);
		FLOW_COUNT(p, tcp_flag, 6, (flags >> 6 & 1) * more);
	}
	p->tcp_flags |= flags;
	if (flags & FLOW_SYN)
		p->marks |= flags & FLOW_ACK ? FLOW_SYN_ACK : FLOW_SYN_ONLY;
	if (!p->window_set) {
		p->window_set = 1;
		p->window_first = p->window_min = p->window_max = k->tcp_window;
	}
	if (k->tcp_window < p->window_min)
		p->window_min = k->tcp_window;
	if (k->tcp_window > p->window_max)
		p->window_max = k->tcp_window;
	if (!k->fragment) /* the rest of a fragmented segment has no sequence number to follow */
		flow_add_sequence(p, k);
}

/* Will this packet's head be that of p? */
FLOW_INLINE int flow_wants_head(const struct flow_partial *p, const struct flow_packet *k)
{
	return k->payload && !p->payload_max;
}

FLOW_INLINE __u64 flow_square(__u64 value)
{
	return value * value;
}

/* Put a packet of the same key and direction into p, which flow_start() has begun. */
FLOW_INLINE void flow_add_facts(struct flow_partial *p, const struct flow_packet *k)
{
	__u32 last = k->payload, length = k->length, more = k->segments - 1;
	__u64 length_sq = 0, payload_sq = 0;

	if (flow_wants_head(p, k))
		p->head = k->head;
	if (more) {
		flow_add_segments(p, k);
		length_sq = flow_square(k->headers + k->segment_payload) * more;
		payload_sq = flow_square(k->segment_payload) * more;
		last -= more * k->segment_payload;
		length = k->headers + last;
	}
	flow_add_sizes(p, length, last, 1);
	flow_add_sums(p, k->length, k->ip_length, k->payload, length_sq + flow_square(length),
	              payload_sq + flow_square(last));
	flow_add_first_payload(p, last);
	if (k->ttl < p->ttl_min)
		p->ttl_min = k->ttl;
	if (k->ttl > p->ttl_max)
		p->ttl_max = k->ttl;
	p->marks |= 1 << (FLOW_ECN_SHIFT + (k->tos & 3));
	if (k->fragment)
		p->fragments += 1;
	if (k->key.protocol == 6 && k->fragment != FLOW_LATER_FRAGMENT)
		flow_add_tcp(p, k);
}

/* Begin a partial with its first packet. */
FLOW_INLINE void flow_start(struct flow_partial *p, const struct flow_packet *k)
{
	flow_clear(p);
	p->first_ns = k->time_ns;
	p->last_ns = k->time_ns;
	p->iat_min = 0xffffffff;
	p->length_min = 0xffff;
	p->payload_min = 0xffff;
	p->ttl_min = 0xff;
	p->tos_first = k->tos;
	p->icmp_first = k->icmp;
	flow_add_facts(p, k);
}

/* Put one more packet of the same key and direction into p. A clock that goes back stands still. */
FLOW_INLINE void flow_add(struct flow_partial *p, const struct flow_packet *k)
{
	__u64 time = k->time_ns > p->last_ns ? k->time_ns : p->last_ns;

	/* The second line is on its way before the first is waited for. */
	asm volatile("" : : "r"(p->iat_max));
	flow_add_gap(p, p->last_ns, time);
	p->last_ns = time;
	flow_add_facts(p, k);
}

#endif
