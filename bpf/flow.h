/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract between kernel and agent: what a flow is, what is kept of it, and how that grows.
 *
 * flow_start() and flow_add() put a packet into a partial; flow_merge() puts two partials of the
 * same flow and direction together, wherever they were made (another CPU, epoch or hook). Both
 * are pure, know no helper and no map, and are compiled by clang into the kernel programs and by
 * cc into the agent, so that a packet counts the same whether it was seen live or read from a file.
 *
 * How each field merges (a is the earlier partial, b the later, by first_ns):
 *   packets, *bytes, *_sq, *_hist, tcp_flag, fragments, retransmits, out_of_order   plain addition
 *   first_ns, *_min                   the smaller
 *   last_ns, *_max                    the larger
 *   tcp_flags, marks                  OR
 *   tos_first, icmp_first, window_first   those of a (window_first: of the first that has one)
 *   first_payload                     a's, then b's until eight are known
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
#ifndef WEIR_FLOW_H
#define WEIR_FLOW_H

#include <linux/types.h>

#define FLOW_INLINE static inline __attribute__((always_inline, unused))
#define FLOW_ASSERT _Static_assert

#define FLOW_TICK_SHIFT 10 /* inter-arrival times are counted in units of 1,024 ns */
#define FLOW_BINS       8
#define FLOW_FIRST      8

enum flow_direction {
	FLOW_INGRESS,
	FLOW_EGRESS,
};

/*
 * Where a packet went: into a flow, or why not. One row a cause: identifier, name in outputs,
 * meaning. Per CPU and epoch, cause[FLOW_OK] is what went into flow records.
 */
#define FLOW_CAUSES(X)                                                                             \
	X(FLOW_OK, "flows", "accounted to a flow")                                                 \
	X(FLOW_NOT_IP, "not_ip", "neither IPv4 nor IPv6 (ARP, LLDP, ...)")                         \
	X(FLOW_CUT_LINK, "cut_link", "ends inside the link-layer header")                          \
	X(FLOW_CUT_TAG, "cut_tag", "ends inside a VLAN, MPLS or PPPoE header")                     \
	X(FLOW_TAGS, "too_many_tags", "more than two VLAN tags or eight MPLS labels")              \
	X(FLOW_CUT_IPV4, "cut_ipv4", "ends inside the IPv4 header")                                \
	X(FLOW_BAD_IPV4, "bad_ipv4", "IPv4 version, header length or total length impossible")     \
	X(FLOW_CUT_IPV6, "cut_ipv6", "ends inside the IPv6 header or an extension header")         \
	X(FLOW_BAD_IPV6, "bad_ipv6", "IPv6 version impossible")                                    \
	X(FLOW_EXTENSIONS, "too_many_extensions", "more than eight IPv6 extension headers")        \
	X(FLOW_CUT_TCP, "cut_tcp", "ends inside the TCP header")                                   \
	X(FLOW_CUT_UDP, "cut_udp", "ends inside the UDP header")                                   \
	X(FLOW_CUT_ICMP, "cut_icmp", "ends before ICMP type, code and checksum")                   \
	X(FLOW_CUT_SCTP, "cut_sctp", "ends inside the SCTP header")                                \
	X(FLOW_TABLE_FULL, "table_full", "kernel flow table full (see the overflow counters)")     \
	X(FLOW_NO_TABLE, "no_table", "this CPU came online after the start and has no table")      \
	X(FLOW_INSERT_FAILED, "insert_failed", "the kernel refused a new entry for another reason")

enum flow_cause {
#define FLOW_CAUSE_ID(id, name, meaning) id,
	FLOW_CAUSES(FLOW_CAUSE_ID)
#undef FLOW_CAUSE_ID
	        FLOW_N_CAUSES
};

/* Who talks to whom. Hash maps compare it as bytes: zero it whole before filling it. */
struct flow_key {
	__u8 src[16]; /* network order; IPv4 as ::ffff:a.b.c.d */
	__u8 dst[16];
	__u32 ifindex;
	__u16 src_port; /* host order; 0 where the protocol has none and in later fragments */
	__u16 dst_port;
	__u16 vlan[2]; /* outer and inner VLAN id, 0 = none */
	__u8 protocol; /* of the upper layer, behind IPv6 extension headers */
	__u8 direction;
	__u8 ip_version; /* 4 or 6: ::ffff:a.b.c.d may also be spoken over IPv6 */
	__u8 pad;
};
FLOW_ASSERT(sizeof(struct flow_key) == 48, "flow_key has holes");

/* The facts of one packet, made by the parser. All host order but the key's addresses. */
struct flow_packet {
	struct flow_key key;
	__u64 time_ns;
	__u32 length; /* layer 2 without FCS, as on the wire; of a super-packet: all it carries */
	__u32 ip_length;       /* IP header and payload, without link-layer padding */
	__u32 payload;         /* behind the transport header */
	__u32 segments;        /* wire packets in here: 1, or more for a GSO/GRO super-packet */
	__u32 headers;         /* bytes before the payload, link layer included */
	__u32 link_length;     /* of these, before the IP header */
	__u32 segment_payload; /* payload of each segment but the last, when segments > 1 */
	__u32 tcp_seq;
	__u16 tcp_window;
	__u16 icmp; /* type << 8 | code */
	__u8 tcp_flags;
	__u8 ttl;
	__u8 tos;        /* DSCP << 2 | ECN */
	__u8 fragment;   /* enum flow_fragment */
	__u8 is_clipped; /* IP says it is longer than the frame; counted as long as that */
	__u8 pad[7];
};

enum flow_fragment {
	FLOW_WHOLE,
	FLOW_FIRST_FRAGMENT, /* has the transport header */
	FLOW_LATER_FRAGMENT,
};

enum flow_tcp_flag {
	FLOW_FIN = 0x01,
	FLOW_SYN = 0x02,
	FLOW_RST = 0x04,
	FLOW_PSH = 0x08,
	FLOW_ACK = 0x10,
	FLOW_URG = 0x20,
	FLOW_ECE = 0x40,
	FLOW_CWR = 0x80,
};

enum flow_mark {
	FLOW_SYN_ONLY = 0x01,  /* a SYN without ACK was seen: this direction initiates */
	FLOW_SYN_ACK = 0x02,   /* a SYN with ACK was seen: this direction responds */
	FLOW_SEQ_VALID = 0x04, /* seq_first and seq_next hold */
	FLOW_COALESCED = 0x08, /* some packets came as GSO/GRO super-packets */
	FLOW_ECN_SHIFT = 4,    /* bits 4..7: ECN codepoints 0..3 seen */
};

/*
 * What is kept of one direction of a flow, in the order of who touches it: every packet the first
 * 160 bytes, TCP the next 64, the first eight packets the rest. Behind a key in the kernel's tables
 * (struct flow_entry) the groups are cache lines.
 */
struct flow_partial {
	__u64 last_ns;
	__u64 bytes;
	__u64 ip_bytes;
	__u32 packets;
	__u32 iat_min; /* ticks; meaningless while iat_hist is all zero */

	__u64 payload_bytes;
	__u64 length_sq;
	__u64 payload_sq;
	__u64 iat_sq; /* low 64 bits, ticks squared; high: iat_sq_high */
	__u64 first_ns;
	__u32 iat_max;
	__u32 iat_sq_high;
	__u32 fragments;
	__u16 length_min;
	__u16 length_max;
	__u16 payload_min;
	__u16 payload_max;
	__u8 ttl_min;
	__u8 ttl_max;
	__u8 tcp_flags; /* OR of all */
	__u8 marks;     /* enum flow_mark */

	__u32 payload_hist[FLOW_BINS]; /* 0, <=32, 64, 128, 256, 512, 1024, more */
	__u32 iat_hist[FLOW_BINS];     /* ticks < 2^4, 2^7, 2^10, 2^13, 2^16, 2^19, 2^22, more */

	__u32 tcp_flag[8]; /* packets with bit i of the flags set */
	__u32 seq_next;    /* highest end of a TCP segment */
	__u32 seq_first;
	__u32 retransmits;  /* segments that begin below seq_next: sent again, or late */
	__u32 out_of_order; /* segments that begin above seq_next: others are lost or late */
	__s64 iat_adjust;   /* sum of all gaps minus (last - first), ticks; 0 unless partials
	                       overlapped */
	__u16 window_min;   /* these meaningless until window_set */
	__u16 window_max;
	__u16 window_first;
	__u8 window_set;
	__u8 pad_tcp;

	__u16 first_payload[FLOW_FIRST];
	__u16 icmp_first;
	__u8 tos_first;
	__u8 n_first; /* how many of first_payload are set */
	__u8 pad[4];
};
FLOW_ASSERT(__builtin_offsetof(struct flow_partial, payload_bytes) == 32, "first group grew");
FLOW_ASSERT(__builtin_offsetof(struct flow_partial, payload_hist) == 96, "hot line grew");
FLOW_ASSERT(__builtin_offsetof(struct flow_partial, tcp_flag) == 160, "histograms grew");
FLOW_ASSERT(__builtin_offsetof(struct flow_partial, first_payload) == 224, "TCP line grew");
FLOW_ASSERT(sizeof(struct flow_partial) == 248, "flow_partial has holes");

/*
 * A value of the kernel's tables. The kernel puts 48 bytes before key and value; with these 40 an
 * entry is six cache lines, and the partial's first 32 bytes end a line. (Were the 48 others, it
 * would be slower and right.)
 */
struct flow_entry {
	struct flow_partial partial;
	__u8 pad[40];
};
FLOW_ASSERT((48 + sizeof(struct flow_key) + sizeof(struct flow_entry)) % 64 == 0, "entry grew");

struct flow_count {
	__u64 packets;
	__u64 bytes;
};

/* Per CPU and epoch. seen is counted on entry, the causes on the way out; sums must agree. */
struct flow_stats {
	struct flow_count seen;
	struct flow_count cause[FLOW_N_CAUSES];
	__u64 flows;        /* entries made in this epoch */
	__u64 unattributed; /* table_full packets that found the overflow map full as well */
};

/* Key of the overflow counters: packets of no flow because the table was full. */
struct flow_overflow {
	__u32 slot; /* epoch x CPU, see struct flow_config */
	__u32 ifindex;
	__u8 protocol;
	__u8 direction;
	__u8 pad[2];
};

/* Set between open and load; constant for the programs. */
struct flow_config {
	__u32 cpus;      /* slot = (epoch & 1) * cpus + cpu */
	__u32 half;      /* entries of one table at which the agent is woken */
	__u8 frags;      /* the kernel knows bpf_xdp_get_buff_len (5.18) */
	__u8 test_clock; /* tests: the time is the packet's (XDP metadata, skb->tstamp) */
};

#ifdef __bpf__
#define flow_zero(p)    __builtin_memset((p), 0, sizeof(*(p)))
#define flow_copy(d, s) __builtin_memcpy((d), (s), sizeof(*(d)))
#else
#include <string.h>
#define flow_zero(p)    memset((p), 0, sizeof(*(p)))
#define flow_copy(d, s) memcpy((d), (s), sizeof(*(d)))
#endif

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

/* Serial number arithmetic, RFC 1982: a lies before b. */
FLOW_INLINE int flow_seq_before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

FLOW_INLINE void flow_add_gap(struct flow_partial *p, __u64 from_ns, __u64 to_ns)
{
	__u64 ticks = (to_ns >> FLOW_TICK_SHIFT) - (from_ns >> FLOW_TICK_SHIFT);
	__u64 square;

	if (ticks > 0xffffffff)
		ticks = 0xffffffff;
	square = ticks * ticks;
	p->iat_sq += square;
	if (p->iat_sq < square)
		p->iat_sq_high++;
	if (ticks < p->iat_min)
		p->iat_min = ticks;
	if (ticks > p->iat_max)
		p->iat_max = ticks;
	p->iat_hist[flow_iat_bin(ticks) & (FLOW_BINS - 1)]++;
}

/* Sizes of n packets of this length and payload. */
FLOW_INLINE void flow_add_sizes(struct flow_partial *p, __u32 length, __u32 payload, __u32 n)
{
	__u16 short_length = flow_u16(length), short_payload = flow_u16(payload);

	p->length_sq += (__u64)length * length * n;
	p->payload_sq += (__u64)payload * payload * n;
	p->payload_hist[flow_payload_bin(payload) & (FLOW_BINS - 1)] += n;
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
	p->iat_hist[0] += more;
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

FLOW_INLINE void flow_add_tcp(struct flow_partial *p, const struct flow_packet *k)
{
	__u32 flags = k->tcp_flags, more = k->segments - 1;

	/* Segmentation repeats ACK, URG and ECE; FIN and PSH go with the last, CWR with the first.
	 */
	p->tcp_flag[0] += flags & 1;
	p->tcp_flag[1] += flags >> 1 & 1;
	p->tcp_flag[2] += flags >> 2 & 1;
	p->tcp_flag[3] += flags >> 3 & 1;
	p->tcp_flag[4] += (flags >> 4 & 1) * (more + 1);
	p->tcp_flag[5] += (flags >> 5 & 1) * (more + 1);
	p->tcp_flag[6] += (flags >> 6 & 1) * (more + 1);
	p->tcp_flag[7] += flags >> 7 & 1;
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

/* Put a packet of the same key and direction into p, which flow_start() has begun. */
FLOW_INLINE void flow_add_facts(struct flow_partial *p, const struct flow_packet *k)
{
	__u32 last = k->payload;

	p->packets += k->segments;
	p->bytes += k->length;
	p->ip_bytes += k->ip_length;
	p->payload_bytes += k->payload;
	if (k->segments > 1) {
		flow_add_segments(p, k);
		last = k->payload - (k->segments - 1) * k->segment_payload;
		flow_add_sizes(p, k->headers + last, last, 1);
	} else {
		flow_add_sizes(p, k->length, last, 1);
	}
	if (p->packets < FLOW_FIRST + k->segments) /* later ones need not touch the cold part */
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
	flow_zero(p);
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

	/* All lines are on their way before the first is waited for. */
	asm volatile("" : : "r"(p->payload_bytes), "r"(p->iat_hist[0]));
	flow_add_gap(p, p->last_ns, time);
	p->last_ns = time;
	flow_add_facts(p, k);
}

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
	p->iat_sq_high += late->iat_sq_high + (p->iat_sq < late->iat_sq);
	if (late->iat_min < p->iat_min)
		p->iat_min = late->iat_min;
	if (late->iat_max > p->iat_max)
		p->iat_max = late->iat_max;
	for (i = 0; i < FLOW_BINS; i++)
		p->iat_hist[i] += late->iat_hist[i];
	p->iat_adjust += late->iat_adjust;
	if (p->last_ns <= late->first_ns)
		flow_add_gap(p, p->last_ns, late->first_ns);
	else /* gaps seen: both spans; span of the result: from p's start to the later end */
		p->iat_adjust += (__s64)((p->last_ns >> shift) - (end >> shift)) +
		                 (__s64)((late->last_ns >> shift) - (late->first_ns >> shift));
	p->last_ns = end;
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
	a->packets += late.packets;
	a->bytes += late.bytes;
	a->ip_bytes += late.ip_bytes;
	a->payload_bytes += late.payload_bytes;
	a->length_sq += late.length_sq;
	a->payload_sq += late.payload_sq;
	a->retransmits += late.retransmits;
	a->out_of_order += late.out_of_order;
	a->fragments += late.fragments;
	for (i = 0; i < FLOW_BINS; i++) {
		a->payload_hist[i] += late.payload_hist[i];
		a->tcp_flag[i] += late.tcp_flag[i];
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
