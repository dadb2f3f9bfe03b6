/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From bytes to the facts of one packet, by a cursor that never reads behind its end.
 *
 * Link layer (Ethernet, Linux cooked v1/v2, PPP, BSD loopback, raw IP) -> up to two VLAN tags ->
 * PPPoE session or MPLS stack -> IPv4 with options or IPv6 with extension headers -> TCP, UDP,
 * ICMP, ICMPv6, SCTP; other protocols by their number with ports 0. What can't be followed is
 * refused with a cause (flow.h) and nothing is guessed. Later fragments have no transport header:
 * ports 0. Tunnels (GRE, IP in IP, VXLAN) are not looked into.
 *
 * Lengths come from the IP header, so that Ethernet padding is no payload and a capture cut short
 * by its snapshot length still counts right; a length field larger than the frame is cut down to
 * it, a zero (left by segmentation offload) means the frame's own. TCP with an impossible data
 * offset and UDP with an odd length field count as flows all the same: others see them too.
 *
 * No helpers, no maps: clang compiles this text into the kernel programs, cc into the agent.
 */
#ifndef WEIR_PARSE_H
#define WEIR_PARSE_H

#include "flow.h"

#define PARSE_MAX_TAGS       2
#define PARSE_MAX_LABELS     8
#define PARSE_MAX_EXTENSIONS 8
#define PARSE_STRIPPED       0x10000

enum parse_link {
	PARSE_ETHERNET,
	PARSE_IP,   /* starts with the IP header; its version tells which */
	PARSE_SLL,  /* Linux cooked capture, 16 bytes */
	PARSE_SLL2, /* Linux cooked capture v2, 20 bytes */
	PARSE_NULL, /* BSD loopback: 4 bytes of address family */
	PARSE_PPP,  /* PPP, with or without the HDLC address and control bytes */
	PARSE_N_LINKS
};

enum parse_ethertype {
	PARSE_TYPE_IPV4 = 0x0800,
	PARSE_TYPE_IPV6 = 0x86dd,
	PARSE_TYPE_VLAN = 0x8100,
	PARSE_TYPE_QINQ = 0x88a8,
	PARSE_TYPE_QINQ_OLD = 0x9100,
	PARSE_TYPE_MPLS = 0x8847,
	PARSE_TYPE_MPLS_MULTICAST = 0x8848,
	PARSE_TYPE_PPPOE = 0x8864,
};

enum parse_protocol {
	PARSE_HOP_BY_HOP = 0,
	PARSE_ICMP = 1,
	PARSE_TCP = 6,
	PARSE_UDP = 17,
	PARSE_ROUTING = 43,
	PARSE_FRAGMENT = 44,
	PARSE_AH = 51,
	PARSE_ICMPV6 = 58,
	PARSE_DESTINATION = 60,
	PARSE_SCTP = 132,
	PARSE_MOBILITY = 135,
	PARSE_HIP = 139,
	PARSE_SHIM6 = 140,
};

struct parse_cursor {
	const __u8 *pos;
	const __u8 *end;   /* of the bytes at hand */
	const __u8 *start; /* of the frame */
	__u32 wire;        /* length of the frame on the wire, from start */
	__u16 type;        /* ethertype at pos */
};

/* The kernel's verifier wants whole loads from the packet; elsewhere they may be unaligned. */
#ifdef __bpf__
FLOW_INLINE __u16 parse_16(const __u8 *p)
{
	return __builtin_bswap16(*(const __u16 *)p);
}

FLOW_INLINE __u32 parse_32(const __u8 *p)
{
	return __builtin_bswap32(*(const __u32 *)p);
}

FLOW_INLINE void parse_copy_4(__u8 *to, const __u8 *from)
{
	*(__u32 *)to = *(const __u32 *)from;
}
#else
FLOW_INLINE __u16 parse_16(const __u8 *p)
{
	return p[0] << 8 | p[1];
}

FLOW_INLINE __u32 parse_32(const __u8 *p)
{
	return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

FLOW_INLINE void parse_copy_4(__u8 *to, const __u8 *from)
{
	memcpy(to, from, 4);
}
#endif

FLOW_INLINE int parse_has(const struct parse_cursor *c, __u32 bytes)
{
	return c->pos + bytes <= c->end;
}

/*
 * Say of pos only that it is less than limit (a power of two, truly above it) behind the start.
 * The verifier keeps exact offsets, so that what follows a tag, a label or an option would be
 * walked again for each way to get there; behind this, all ways are one.
 */
FLOW_INLINE void parse_forget_way(struct parse_cursor *c, __u32 limit)
{
	c->pos = c->start + ((__u32)(c->pos - c->start) & (limit - 1));
}

FLOW_INLINE enum flow_cause parse_link_header(struct parse_cursor *c, enum parse_link link)
{
	switch (link) {
	case PARSE_ETHERNET:
		if (!parse_has(c, 14))
			return FLOW_CUT_LINK;
		c->type = parse_16(c->pos + 12);
		c->pos += 14;
		return FLOW_OK;
	case PARSE_SLL:
		if (!parse_has(c, 16))
			return FLOW_CUT_LINK;
		c->type = parse_16(c->pos + 14);
		c->pos += 16;
		return FLOW_OK;
	case PARSE_SLL2:
		if (!parse_has(c, 20))
			return FLOW_CUT_LINK;
		c->type = parse_16(c->pos);
		c->pos += 20;
		return FLOW_OK;
	case PARSE_NULL:
		if (!parse_has(c, 4))
			return FLOW_CUT_LINK;
		c->pos += 4;
		break;
	case PARSE_PPP:
		if (!parse_has(c, 4))
			return FLOW_CUT_LINK;
		if (c->pos[0] == 0xff && c->pos[1] == 0x03)
			c->pos += 2;
		c->type = parse_16(c->pos);
		c->type = c->type == 0x21 ? PARSE_TYPE_IPV4 : c->type == 0x57 ? PARSE_TYPE_IPV6 : 0;
		c->pos += 2;
		return FLOW_OK;
	default:
		break;
	}
	if (!parse_has(c, 1))
		return FLOW_CUT_LINK;
	c->type = c->pos[0] >> 4 == 4 ? PARSE_TYPE_IPV4 : c->pos[0] >> 4 == 6 ? PARSE_TYPE_IPV6 : 0;
	return FLOW_OK;
}

FLOW_INLINE int parse_is_tag(__u16 type)
{
	return type == PARSE_TYPE_VLAN || type == PARSE_TYPE_QINQ || type == PARSE_TYPE_QINQ_OLD;
}

/* tags: how many the hook has filled already, from tags that the network card stripped. */
FLOW_INLINE enum flow_cause parse_tags(struct parse_cursor *c, struct flow_packet *k, __u32 tags)
{
	__u32 i;

	for (i = 0; i < PARSE_MAX_TAGS; i++) {
		if (!parse_is_tag(c->type))
			return FLOW_OK;
		if (tags + i >= PARSE_MAX_TAGS)
			return FLOW_TAGS;
		if (!parse_has(c, 4))
			return FLOW_CUT_TAG;
		if (tags + i == 0)
			k->key.vlan[0] = parse_16(c->pos) & 0xfff;
		else
			k->key.vlan[1] = parse_16(c->pos) & 0xfff;
		c->type = parse_16(c->pos + 2);
		c->pos += 4;
	}
	return parse_is_tag(c->type) ? FLOW_TAGS : FLOW_OK;
}

FLOW_INLINE enum flow_cause parse_pppoe(struct parse_cursor *c)
{
	if (!parse_has(c, 8))
		return FLOW_CUT_TAG;
	c->type = parse_16(c->pos + 6);
	c->type = c->type == 0x21 ? PARSE_TYPE_IPV4 : c->type == 0x57 ? PARSE_TYPE_IPV6 : 0;
	c->pos += 8;
	return FLOW_OK;
}

/* The label stack does not name what it carries: the IP version does (RFC 4928). */
FLOW_INLINE enum flow_cause parse_mpls(struct parse_cursor *c)
{
	__u32 i;
	__u8 bottom;

	for (i = 0; i < PARSE_MAX_LABELS; i++) {
		if (!parse_has(c, 4))
			return FLOW_CUT_TAG;
		bottom = c->pos[2] & 1;
		c->pos += 4;
		if (!bottom)
			continue;
		if (!parse_has(c, 1))
			return FLOW_CUT_TAG;
		c->type = c->pos[0] >> 4 == 4   ? PARSE_TYPE_IPV4
		          : c->pos[0] >> 4 == 6 ? PARSE_TYPE_IPV6
		                                : 0;
		return FLOW_OK;
	}
	return FLOW_TAGS;
}

FLOW_INLINE enum flow_cause parse_ipv4(struct parse_cursor *c, struct flow_packet *k)
{
	const __u8 *ip = c->pos;
	__u32 room = c->wire - (__u32)(ip - c->start), header, total, fragment;

	if (!parse_has(c, 20))
		return FLOW_CUT_IPV4;
	header = (ip[0] & 15) * 4;
	total = parse_16(ip + 2);
	if (ip[0] >> 4 != 4 || header < 20 || (total && total < header))
		return FLOW_BAD_IPV4;
	if (!parse_has(c, header))
		return FLOW_CUT_IPV4;
	k->is_clipped = total > room;
	if (total == 0 || total > room)
		total = room;
	k->ip_length = total;
	k->tos = ip[1];
	k->ttl = ip[8];
	fragment = parse_16(ip + 6);
	if (fragment & 0x1fff)
		k->fragment = FLOW_LATER_FRAGMENT;
	else if (fragment & 0x2000)
		k->fragment = FLOW_FIRST_FRAGMENT;
	k->key.ip_version = 4;
	k->key.protocol = ip[9];
	k->key.src[10] = k->key.src[11] = 0xff;
	k->key.dst[10] = k->key.dst[11] = 0xff;
	parse_copy_4(k->key.src + 12, ip + 12);
	parse_copy_4(k->key.dst + 12, ip + 16);
	k->payload = total - header;
	c->pos += header;
	return FLOW_OK;
}

/*
 * IPv6 extension headers: length = ((byte 1 & mask) + add) * unit. A table and no branches, or
 * the verifier walks every combination of eight headers.
 */
struct parse_extension {
	__u8 known;
	__u8 mask;
	__u8 add;
	__u8 unit;
};

static const struct parse_extension parse_extensions[256] = {
	[PARSE_HOP_BY_HOP] = { 1, 0xff, 1, 8 },  [PARSE_ROUTING] = { 1, 0xff, 1, 8 },
	[PARSE_FRAGMENT] = { 1, 0x00, 1, 8 },    [PARSE_AH] = { 1, 0xff, 2, 4 },
	[PARSE_DESTINATION] = { 1, 0xff, 1, 8 }, [PARSE_MOBILITY] = { 1, 0xff, 1, 8 },
	[PARSE_HIP] = { 1, 0xff, 1, 8 },         [PARSE_SHIM6] = { 1, 0xff, 1, 8 },
};

FLOW_INLINE void parse_fragment_header(struct flow_packet *k, __u16 field)
{
	if (field & 0xfff8)
		k->fragment = FLOW_LATER_FRAGMENT;
	else if (field & 1)
		k->fragment = FLOW_FIRST_FRAGMENT;
}

/* Behind a later fragment's header lie bytes from the middle of something: stop there. */
FLOW_INLINE enum flow_cause parse_extension_chain(struct parse_cursor *c, struct flow_packet *k)
{
	const struct parse_extension *e;
	__u32 i, length;
	__u8 type = k->key.protocol;

	for (i = 0; i < PARSE_MAX_EXTENSIONS; i++) {
		e = &parse_extensions[type];
		if (!e->known || k->fragment == FLOW_LATER_FRAGMENT)
			break;
		if (!parse_has(c, 8))
			return FLOW_CUT_IPV6;
		if (type == PARSE_FRAGMENT)
			parse_fragment_header(k, parse_16(c->pos + 2));
		type = c->pos[0];
		length = (((c->pos[1] & e->mask) + e->add) * e->unit) & 0xfff; /* at most 2,048 */
		if (!parse_has(c, length))
			return FLOW_CUT_IPV6;
		c->pos += length;
		parse_forget_way(c, 32768);
	}
	k->key.protocol = type;
	return parse_extensions[type].known && k->fragment != FLOW_LATER_FRAGMENT ? FLOW_EXTENSIONS
	                                                                          : FLOW_OK;
}

FLOW_INLINE enum flow_cause parse_ipv6(struct parse_cursor *c, struct flow_packet *k)
{
	const __u8 *ip = c->pos;
	__u32 room = c->wire - (__u32)(ip - c->start), payload, headers, i;
	enum flow_cause cause;

	if (!parse_has(c, 40))
		return FLOW_CUT_IPV6;
	if (ip[0] >> 4 != 6)
		return FLOW_BAD_IPV6;
	k->key.ip_version = 6;
	k->key.protocol = ip[6];
	payload = parse_16(ip + 4);
	/* Zero is a jumbogram (RFC 2675) or a super-packet, unless nothing follows. */
	k->is_clipped = payload > room - 40;
	if (payload > room - 40 || (payload == 0 && (ip[6] == PARSE_HOP_BY_HOP ||
	                                             ip[6] == PARSE_TCP || ip[6] == PARSE_UDP)))
		payload = room - 40;
	k->ip_length = 40 + payload;
	k->tos = parse_16(ip) >> 4;
	k->ttl = ip[7];
	for (i = 0; i < 16; i += 4) {
		parse_copy_4(k->key.src + i, ip + 8 + i);
		parse_copy_4(k->key.dst + i, ip + 24 + i);
	}
	c->pos += 40;
	cause = parse_extension_chain(c, k);
	headers = (__u32)(c->pos - ip);
	if (cause == FLOW_OK && headers > k->ip_length)
		return FLOW_CUT_IPV6;
	k->payload = k->ip_length - headers;
	return cause;
}

FLOW_INLINE enum flow_cause parse_tcp(struct parse_cursor *c, struct flow_packet *k)
{
	__u32 header;

	if (!parse_has(c, 20) || k->payload < 20)
		return FLOW_CUT_TCP;
	k->key.src_port = parse_16(c->pos);
	k->key.dst_port = parse_16(c->pos + 2);
	k->tcp_seq = parse_32(c->pos + 4);
	k->tcp_flags = c->pos[13];
	k->tcp_window = parse_16(c->pos + 14);
	header = (c->pos[12] >> 4) * 4;
	if (header < 20)
		header = 20;
	k->payload = header < k->payload ? k->payload - header : 0;
	return FLOW_OK;
}

/* UDP and SCTP: ports, then a header of fixed length. */
FLOW_INLINE enum flow_cause parse_ports(struct parse_cursor *c, struct flow_packet *k, __u32 header,
                                        enum flow_cause cut)
{
	if (!parse_has(c, header) || k->payload < header)
		return cut;
	k->key.src_port = parse_16(c->pos);
	k->key.dst_port = parse_16(c->pos + 2);
	k->payload -= header;
	return FLOW_OK;
}

FLOW_INLINE enum flow_cause parse_icmp(struct parse_cursor *c, struct flow_packet *k)
{
	if (!parse_has(c, 4) || k->payload < 4)
		return FLOW_CUT_ICMP;
	k->icmp = parse_16(c->pos);
	k->payload = k->payload < 8 ? 0 : k->payload - 8;
	return FLOW_OK;
}

FLOW_INLINE enum flow_cause parse_transport(struct parse_cursor *c, struct flow_packet *k)
{
	if (k->fragment == FLOW_LATER_FRAGMENT)
		return FLOW_OK;
	switch (k->key.protocol) {
	case PARSE_TCP:
		return parse_tcp(c, k);
	case PARSE_UDP:
		return parse_ports(c, k, 8, FLOW_CUT_UDP);
	case PARSE_SCTP:
		return parse_ports(c, k, 12, FLOW_CUT_SCTP);
	case PARSE_ICMP:
	case PARSE_ICMPV6:
		return parse_icmp(c, k);
	default:
		return FLOW_OK;
	}
}

/*
 * Fill k from the frame data..end, of which wire bytes were on the wire (wire >= end - data).
 * The caller has zeroed k and set what only the hook knows: time, ifindex, direction, and the
 * VLAN tag in stripped_tag (PARSE_STRIPPED set when there is one) that is no longer in the frame.
 * k->headers and the sizes are those of the frame as one packet; segments is 1.
 */
FLOW_INLINE enum flow_cause parse_packet(struct flow_packet *k, const void *data, const void *end,
                                         __u32 wire, enum parse_link link, __u32 stripped_tag)
{
	struct parse_cursor c = { .pos = data, .end = end, .start = data, .wire = wire };
	enum flow_cause cause;

	k->length = wire;
	k->segments = 1;
	if (stripped_tag) {
		k->key.vlan[0] = stripped_tag & 0xfff;
		k->length += 4;
	}
	cause = parse_link_header(&c, link);
	if (cause == FLOW_OK)
		cause = parse_tags(&c, k, stripped_tag ? 1 : 0);
	if (cause == FLOW_OK && c.type == PARSE_TYPE_PPPOE)
		cause = parse_pppoe(&c);
	else if (cause == FLOW_OK &&
	         (c.type == PARSE_TYPE_MPLS || c.type == PARSE_TYPE_MPLS_MULTICAST))
		cause = parse_mpls(&c);
	if (cause != FLOW_OK)
		return cause;
	parse_forget_way(&c, 256);
	k->link_length = (__u32)(c.pos - c.start) + (stripped_tag ? 4 : 0);
	if (c.type == PARSE_TYPE_IPV4)
		cause = parse_ipv4(&c, k);
	else if (c.type == PARSE_TYPE_IPV6)
		cause = parse_ipv6(&c, k);
	else
		cause = FLOW_NOT_IP;
	parse_forget_way(&c, 32768);
	if (cause == FLOW_OK)
		cause = parse_transport(&c, k);
	k->headers = k->link_length + k->ip_length - k->payload;
	return cause;
}

#endif
