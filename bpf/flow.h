/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract between kernel and agent: what a flow is and what is kept of it.
 *
 * flow_start() and flow_add() (flow_add.h) put a packet into a partial; flow_merge() (flow_merge.h)
 * puts two partials of the same flow and direction together, wherever they were made (another CPU,
 * epoch or hook). They are part of the contract and come with it. All are pure, know no helper and
 * no map, and are compiled by clang into the kernel programs and by cc into the agent, so that a
 * packet counts the same whether it was seen live or read from a file.
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
	X(FLOW_NO_TABLE, "no_table", "this CPU came online after the start and has no table")

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

/* What a payload begins with, see head.h. bytes 0: there is none, or it was not at hand. */
struct flow_head {
	__u8 bytes; /* how many were looked at, the first eight or fewer */
	__u8 text;  /* of these, printable ASCII */
	__u8 zero;
	__u8 high; /* 128 or more */
};

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
	struct flow_head head;
	__u8 pad[3];
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

/* Of the sums and counts of a partial what is above their low parts. */
struct flow_high {
	__u32 bytes;
	__u32 ip_bytes;
	__u32 payload_bytes;
	__u32 length_sq;
	__u32 payload_sq;
	__u32 iat_sq; /* above 64 bits */
	__u32 payload_hist[FLOW_BINS];
	__u32 iat_hist[FLOW_BINS];
	__u32 tcp_flag[8];
};
FLOW_ASSERT(sizeof(struct flow_high) == 120, "flow_high has holes");

#define FLOW_NEAR 144 /* bytes of a partial without high and iat_adjust */

/*
 * What is kept of one direction of a flow, in the order of who touches it: every packet the first
 * 80 bytes, TCP and the first eight packets the next 64. Behind a key in the kernel's tables
 * (struct flow_entry) the groups are cache lines.
 *
 * So that every packet finds all of its own in so little, sums are kept in their low 32 bits there,
 * histograms and the counts of flags in their low 8, and what these overflow by in high. There is
 * no count of packets: each is in a bin of payload_hist. flow_bytes() and flow_packets() put
 * together what is asked for on the way; the agent reads a struct flow_side (side.h), where all is
 * plain.
 */
struct flow_partial {
	__u64 last_ns;
	__u32 bytes;
	__u32 ip_bytes;

	__u32 payload_bytes;
	__u32 length_sq;
	__u32 payload_sq;
	__u32 iat_min; /* ticks; meaningless while iat_hist is all zero */
	__u64 iat_sq;  /* ticks squared */
	__u32 iat_max;
	__u16 length_min;
	__u16 length_max;
	__u16 payload_min;
	__u16 payload_max;
	__u8 ttl_min;
	__u8 ttl_max;
	__u8 tcp_flags;               /* OR of all */
	__u8 marks;                   /* enum flow_mark */
	__u8 payload_hist[FLOW_BINS]; /* 0, <=32, 64, 128, 256, 512, 1024, more */
	__u8 iat_hist[FLOW_BINS];     /* ticks < 2^4, 2^7, 2^10, 2^13, 2^16, 2^19, 2^22, more */
	struct flow_head head;        /* of the first packet with payload */
	__u16 icmp_first;
	__u8 tos_first;
	__u8 n_first; /* how many of first_payload are set */

	__u16 first_payload[FLOW_FIRST];
	__u64 first_ns;
	__u8 tcp_flag[8]; /* packets with bit i of the flags set */
	__u32 seq_next;   /* highest end of a TCP segment */
	__u32 seq_first;
	__u32 retransmits;  /* segments that begin below seq_next: sent again, or late */
	__u32 out_of_order; /* segments that begin above seq_next: others are lost or late */
	__u16 window_min;   /* these meaningless until window_set */
	__u16 window_max;
	__u16 window_first;
	__u8 window_set;
	__u8 has_high; /* else all of high is 0 */
	__u32 fragments;
	__u32 number; /* of the entry, in the kernel's tables; else 0 */
#ifndef __bpf__       /* there it lies in a table of its own, see flow_high() */
	struct flow_high high;
	__s64 iat_adjust; /* sum of all gaps minus (last - first), ticks; 0 unless partials
	                     overlapped */
#endif
};
FLOW_ASSERT(__builtin_offsetof(struct flow_partial, payload_bytes) == 16, "first group grew");
FLOW_ASSERT(__builtin_offsetof(struct flow_partial, first_payload) == 80, "hot line grew");
FLOW_ASSERT(__builtin_offsetof(struct flow_partial, number) == FLOW_NEAR - 4, "TCP line grew");

/* An entry of the kernel's tables: three cache lines, of which a packet touches the first two. */
struct flow_entry {
	struct flow_key key;
#ifdef __bpf__
	struct flow_partial partial;
#else
	__u8 near[FLOW_NEAR];
#endif
};
FLOW_ASSERT(sizeof(struct flow_entry) == 192, "an entry straddles cache lines");

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
	__u32 tables;    /* CPUs below this have tables: (epoch & 1) * tables + cpu */
	__u32 entries;   /* of a table */
	__u32 index;     /* lines of a table's index, a power of two */
	__u32 half;      /* entries of one table at which the agent is woken */
	__u64 seed[6];   /* of the hash */
	__u8 frags;      /* the kernel knows bpf_xdp_get_buff_len (5.18) */
	__u8 test_clock; /* tests: the time is the packet's (XDP metadata, skb->tstamp) */
	__u8 pad[2];
};

/* Lines of an index for so many entries: at most four for the eight places of a line. */
FLOW_INLINE __u32 flow_index_lines(__u32 entries)
{
	__u32 n = 16;

	while (n < entries / 4)
		n *= 2;
	return n;
}

#ifdef __bpf__
#define flow_zero(p)    __builtin_memset((p), 0, sizeof(*(p)))
#define flow_copy(d, s) __builtin_memcpy((d), (s), sizeof(*(d)))
#else
#include <string.h>
#define flow_zero(p)    memset((p), 0, sizeof(*(p)))
#define flow_copy(d, s) memcpy((d), (s), sizeof(*(d)))
#endif

#ifdef __bpf__
#include "flow_add.h"
#else
#include "flow_merge.h"

FLOW_INLINE __u64 flow_bytes(const struct flow_partial *p)
{
	return (__u64)p->high.bytes << 32 | p->bytes;
}

/* In bin i of a histogram; modulo 2^32, as all counts of packets. */
FLOW_INLINE __u32 flow_bin(const __u8 *low, const __u32 *high, __u32 i)
{
	return high[i] << 8 | low[i];
}

FLOW_INLINE __u32 flow_packets(const struct flow_partial *p)
{
	__u32 n = 0, i;

	for (i = 0; i < FLOW_BINS; i++)
		n += flow_bin(p->payload_hist, p->high.payload_hist, i);
	return n;
}

/* The partial of an entry, and of what is kept high at its number. */
FLOW_INLINE void flow_read(struct flow_partial *p, const struct flow_entry *e,
                           const struct flow_high *high)
{
	memcpy(p, e->near, FLOW_NEAR);
	if (p->has_high)
		p->high = *high;
	else
		flow_zero(&p->high);
	p->number = 0;
	p->iat_adjust = 0;
}
#endif

#endif
