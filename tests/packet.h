/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets made to measure: a list of layers becomes a frame, and a table of them, each with what
 * the parser must make of it, is shared by the unit tests, the kernel tests and the fuzzer.
 *
 * Each layer names itself in the type, protocol or next-header field of the one before it, and the
 * length fields are right, unless a SET_* entry spoils them afterwards.
 */
#ifndef WEIR_TESTS_PACKET_H
#define WEIR_TESTS_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "parse.h"

#define PACKET_MAX      65536
#define PACKET_SRC_PORT 40000
#define PACKET_DST_PORT 443
#define PACKET_SEQ      0x01020304U
#define PACKET_WINDOW   0x1234
#define PACKET_TOS      0xb9 /* DSCP EF, ECT(1) */
#define PACKET_TTL      61

enum packet_layer {
	LAYER_END,
	LAYER_ETHERNET,
	LAYER_COOKED,   /* a: bytes of the header, b: where its type lies (PARSE_SLL, PARSE_SLL2) */
	LAYER_PPP,      /* a: with address and control bytes */
	LAYER_LOOPBACK, /* a: address family */
	LAYER_TAG,      /* a: ethertype of the tag, b: PCP, DEI and VLAN id */
	LAYER_PPPOE,
	LAYER_MPLS, /* a: ethertype, b: bottom of the stack */
	LAYER_TYPE, /* a: ethertype, PPP or IP protocol of the payload that follows */
	LAYER_IPV4, /* a: words of options */
	LAYER_IPV6,
	LAYER_EXTENSION, /* a: its number, b: its length in bytes */
	LAYER_TCP,       /* a: flags, b: words of options */
	LAYER_UDP,
	LAYER_SCTP,
	LAYER_ICMP,          /* a: type, b: code, c: IP protocol */
	LAYER_PAYLOAD,       /* a: bytes, counted in every length field */
	LAYER_PADDING,       /* a: bytes behind the end, counted in none */
	LAYER_CUT,           /* a: the frame's length in the end */
	LAYER_SET_IP,        /* a: offset in the first IP header, b: value, c: bytes (1, 2) */
	LAYER_SET_TRANSPORT, /* the same for the first transport or extension header */
};

struct packet_op {
	enum packet_layer layer;
	uint32_t a, b, c;
};

/* A list of layers: { ETH, IP4, TCP(FLOW_SYN) }, ended by a zero. */
/* clang-format off */
#define ETH                { .layer = LAYER_ETHERNET }
#define SLL                { .layer = LAYER_COOKED, .a = 16, .b = 14 }
#define SLL2               { .layer = LAYER_COOKED, .a = 20, .b = 0 }
#define PPP(hdlc)          { .layer = LAYER_PPP, .a = (hdlc) }
#define LOOPBACK(family)   { .layer = LAYER_LOOPBACK, .a = (family) }
#define TAG(type, tci)     { .layer = LAYER_TAG, .a = (type), .b = (tci) }
#define PPPOE              { .layer = LAYER_PPPOE }
#define LABEL(bottom)      { .layer = LAYER_MPLS, .a = PARSE_TYPE_MPLS, .b = (bottom) }
#define LABEL_MULTICAST    { .layer = LAYER_MPLS, .a = PARSE_TYPE_MPLS_MULTICAST, .b = 1 }
#define TYPE(value)        { .layer = LAYER_TYPE, .a = (value) }
#define IP4                { .layer = LAYER_IPV4 }
#define IP4_OPTIONS(words) { .layer = LAYER_IPV4, .a = (words) }
#define IP6                { .layer = LAYER_IPV6 }
#define EXT(type, bytes)   { .layer = LAYER_EXTENSION, .a = (type), .b = (bytes) }
#define TCP(flags)         { .layer = LAYER_TCP, .a = (flags) }
#define TCP_OPTIONS(flags, words) { .layer = LAYER_TCP, .a = (flags), .b = (words) }
#define UDP                { .layer = LAYER_UDP }
#define SCTP               { .layer = LAYER_SCTP }
#define ICMP(type, code)   { .layer = LAYER_ICMP, .a = (type), .b = (code), .c = PARSE_ICMP }
#define ICMP6(type, code)  { .layer = LAYER_ICMP, .a = (type), .b = (code), .c = PARSE_ICMPV6 }
#define PAY(bytes)         { .layer = LAYER_PAYLOAD, .a = (bytes) }
#define PAD(bytes)         { .layer = LAYER_PADDING, .a = (bytes) }
#define CUT(length)        { .layer = LAYER_CUT, .a = (length) }
#define IP_SET8(at, value)  { .layer = LAYER_SET_IP, .a = (at), .b = (value), .c = 1 }
#define IP_SET16(at, value) { .layer = LAYER_SET_IP, .a = (at), .b = (value), .c = 2 }
#define SET8(at, value)     { .layer = LAYER_SET_TRANSPORT, .a = (at), .b = (value), .c = 1 }
#define SET16(at, value)    { .layer = LAYER_SET_TRANSPORT, .a = (at), .b = (value), .c = 2 }
/* clang-format on */

#define PACKET_OPS 16

enum packet_next {
	PACKET_NEXT_NONE,
	PACKET_NEXT_ETHERTYPE,
	PACKET_NEXT_PPP,
	PACKET_NEXT_PROTOCOL,
};

struct packet {
	uint8_t data[PACKET_MAX];
	uint32_t length;
	uint32_t ip;        /* offset of the first IP header */
	uint32_t transport; /* offset of what follows it */
	/* while building: */
	enum packet_next next; /* the field where the next layer names itself */
	uint32_t next_at;
	struct {
		uint32_t at, from;
	} field[PACKET_OPS]; /* 16-bit lengths to be set */
	uint32_t n_fields;
};

/* What the parser must say. Only the cause, unless that is FLOW_OK. */
struct packet_facts {
	enum flow_cause cause;
	uint8_t family; /* 4, 6 */
	uint8_t protocol;
	uint32_t link; /* bytes before the IP header, a stripped tag included */
	uint32_t ip_length;
	uint32_t payload;
	uint16_t vlan[2];
	uint8_t flags;
	uint8_t fragment;
	uint16_t icmp;
	uint8_t clipped;
};

struct packet_case {
	const char *name;
	struct packet_op op[PACKET_OPS];
	struct packet_facts is;
	enum parse_link link;
	uint32_t stripped; /* tag that the network card took off: PARSE_STRIPPED | TCI */
};

extern const struct packet_case packet_cases[];
extern const size_t packet_n_cases;

/* Source and destination address of every packet made here, as flow_key has them. */
extern const uint8_t packet_address[2][2][16]; /* [is IPv6][source, destination] */

/* Make the frame: at most PACKET_OPS entries, or up to the first LAYER_END. */
void packet_build(struct packet *packet, const struct packet_op *op);

/* Ports as this protocol has them in a whole packet or first fragment. */
int packet_has_ports(uint8_t protocol);

#endif
