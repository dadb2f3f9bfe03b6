/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short way for what most packets are: Ethernet, IPv4 without options, not a fragment, and TCP
 * or UDP, all as its headers say. What it takes it makes of it what parse_packet() does (the kernel
 * tests hold both against each other), in a third of the steps: nothing is looked at that cannot
 * be there, and the key is written in whole words, for hashing would wait for single bytes.
 *
 * Whatever else a packet is, or is cut short, is left to parse_packet(): the only one to give
 * causes.
 */
#ifndef WEIR_PARSE_COMMON_H
#define WEIR_PARSE_COMMON_H

#include "parse.h"

/* Where the packet was met: what of its key it does not tell itself. */
struct parse_place {
	__u32 ifindex;
	enum flow_direction direction;
};

FLOW_INLINE void parse_common_key(struct flow_key *key, const __u8 *ip,
                                  const struct parse_place *at)
{
	__u32 source = parse_16(ip + 20), destination = parse_16(ip + 22);
	__u32 word[sizeof(*key) / 4] = { [8] = at->ifindex };

	parse_copy_4((__u8 *)&word[3], ip + 12);
	parse_copy_4((__u8 *)&word[7], ip + 16);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	word[2] = word[6] = 0xffff0000;
	word[9] = destination << 16 | source;
	word[11] = 4 << 16 | at->direction << 8 | ip[9];
#else
	word[2] = word[6] = 0x0000ffff;
	word[9] = source << 16 | destination;
	word[11] = (__u32)ip[9] << 24 | at->direction << 16 | 4 << 8;
#endif
	__builtin_memcpy(key, word, sizeof(*key));
}

/* Of the TCP header, its length; 0: not for us. */
FLOW_INLINE __u32 parse_common_tcp(struct flow_packet *k, const __u8 *tcp, const __u8 *end)
{
	__u32 header;

	if (tcp + 20 > end)
		return 0;
	header = (tcp[12] >> 4) * 4;
	k->tcp_seq = parse_32(tcp + 4);
	k->tcp_flags = tcp[13];
	k->tcp_window = parse_16(tcp + 14);
	return header < 20 ? 0 : header;
}

/*
 * 1 if the frame is a common one: then all of k is set but the time. 0 if not: k is spoilt. k need
 * not be zeroed before. wire is as in parse_packet().
 */
FLOW_INLINE int parse_common(struct flow_packet *k, const void *data, const void *end, __u32 wire,
                             const struct parse_place *at)
{
	const __u8 *ip = (const __u8 *)data + 14;
	__u32 total, header = 8;

	if (ip + 28 > (const __u8 *)end)
		return 0;
	total = parse_16(ip + 2);
	if (parse_16(ip - 2) != PARSE_TYPE_IPV4 || ip[0] != 0x45 || parse_16(ip + 6) & 0x3fff ||
	    total > wire - 14)
		return 0;
	k->tcp_seq = k->tcp_flags = k->tcp_window = 0;
	if (ip[9] == PARSE_TCP)
		header = parse_common_tcp(k, ip + 20, end);
	else if (ip[9] != PARSE_UDP)
		return 0;
	if (!header || total < 20 + header)
		return 0;
	parse_common_key(&k->key, ip, at);
	k->length = wire;
	k->ip_length = total;
	k->payload = total - 20 - header;
	k->headers = 14 + 20 + header;
	k->link_length = 14;
	k->segments = 1;
	k->segment_payload = 0;
	k->icmp = 0;
	k->ttl = ip[8];
	k->tos = ip[1];
	k->fragment = FLOW_WHOLE;
	k->is_clipped = 0;
	return 1;
}

#endif
