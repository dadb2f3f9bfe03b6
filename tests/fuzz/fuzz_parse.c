// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * libFuzzer target for bpf/parse.h and bpf/flow.h: whatever the bytes are, no read goes beyond
 * them (ASan), no arithmetic is undefined (UBSan), and the facts agree with each other.
 *
 * Input: a byte for the link layer, a byte for a stripped tag, two for how many bytes of the frame
 * were not captured, then the frame. tests/fuzz/seed.c writes such files.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head.h"
#include "parse_common.h"
#include "side.h"

#define PREFIX 4

#define CLAIM(claim)                                                                               \
	do {                                                                                       \
		if (!(claim)) {                                                                    \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #claim);        \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *frame;
	uint32_t captured, wire, tag;
	enum parse_link link;
};

static enum flow_cause parse(struct flow_packet *k, const struct input *in, uint32_t captured)
{
	memset(k, 0, sizeof(*k));
	k->time_ns = 1000000;
	return parse_packet(k, in->frame, in->frame + captured, in->wire, in->link, in->tag);
}

/* What the short way takes, it makes the same of. */
static void check_common(const struct flow_packet *all, const struct input *in,
                         enum flow_cause cause)
{
	struct parse_place nowhere = { 0 };
	struct flow_packet k = { .time_ns = all->time_ns };

	if (in->tag || in->link != PARSE_ETHERNET)
		return;
	if (!parse_common(&k, in->frame, in->frame + in->captured, in->wire, &nowhere))
		return;
	CLAIM(cause == FLOW_OK);
	CLAIM(!memcmp(&k, all, sizeof(k)));
}

static int has_ports(const struct flow_packet *k)
{
	return k->key.protocol == PARSE_TCP || k->key.protocol == PARSE_UDP ||
	       k->key.protocol == PARSE_SCTP;
}

/* True of every packet, followed or not. */
static void check_frame(const struct flow_packet *k, const struct input *in, enum flow_cause cause)
{
	CLAIM(cause < FLOW_TABLE_FULL); /* the rest is the table's to say */
	CLAIM(k->segments == 1);
	CLAIM(k->length == in->wire + (in->tag ? 4 : 0));
	CLAIM(k->key.vlan[0] < 4096 && k->key.vlan[1] < 4096);
	CLAIM(!k->key.pad);
	CLAIM(k->time_ns == 1000000);
}

static void check_facts(const struct flow_packet *k)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };

	CLAIM(k->link_length + k->ip_length <= k->length);
	CLAIM(k->payload <= k->ip_length);
	CLAIM(k->headers + k->payload == k->link_length + k->ip_length);
	CLAIM(k->headers >= k->link_length + 20);
	CLAIM(k->fragment <= FLOW_LATER_FRAGMENT);
	if (!has_ports(k) || k->fragment == FLOW_LATER_FRAGMENT)
		CLAIM(k->key.src_port == 0 && k->key.dst_port == 0);
	if (k->key.protocol != PARSE_TCP || k->fragment == FLOW_LATER_FRAGMENT)
		CLAIM(!k->tcp_flags && !k->tcp_seq && !k->tcp_window);
	if (k->key.protocol != PARSE_ICMP && k->key.protocol != PARSE_ICMPV6)
		CLAIM(k->icmp == 0);
	/* An IPv4 source goes with an IPv4 destination. IPv6 may carry mapped addresses too. */
	if (k->headers < k->link_length + 40)
		CLAIM(!memcmp(k->key.src, mapped, 12) && !memcmp(k->key.dst, mapped, 12));
}

/* The packet twice, added to one partial and merged from two. */
static void check_sums(const struct flow_packet *k, uint64_t later_ns)
{
	struct flow_packet again = *k;
	struct flow_partial sum, one, two;
	struct flow_side added;
	uint32_t i, sizes = 0, gaps = 0;

	again.time_ns += later_ns;
	flow_start(&sum, k);
	flow_add(&sum, &again);
	flow_start(&one, k);
	flow_start(&two, &again);
	flow_merge(&two, &one);
	if (later_ns)
		CLAIM(!memcmp(&sum, &two, sizeof(sum)));
	side_read(&added, &sum);
	CLAIM(added.packets == 2);
	CLAIM(added.bytes == 2 * (uint64_t)k->length);
	CLAIM(added.ip_bytes == 2 * (uint64_t)k->ip_length);
	CLAIM(added.payload_bytes == 2 * (uint64_t)k->payload);
	CLAIM(added.length_sq == 2 * (uint64_t)k->length * k->length);
	CLAIM(added.fragments == (k->fragment ? 2 : 0));
	CLAIM(added.n_first == 2 && added.length_min == added.length_max);
	CLAIM(added.last_ns - added.first_ns == later_ns);
	CLAIM(added.retransmits + added.out_of_order <= 1);
	for (i = 0; i < FLOW_BINS; i++) {
		sizes += added.payload_hist[i];
		gaps += added.iat_hist[i];
	}
	CLAIM(sizes == 2 && gaps == 1);
}

/* With fewer bytes at hand it is the same packet, or one that is cut. */
static void check_cut(const struct flow_packet *all, const struct input *in, uint32_t captured)
{
	struct flow_packet part;

	if (parse(&part, in, captured) == FLOW_OK)
		CLAIM(!memcmp(&part, all, sizeof(part)));
}

/* The kinds of bytes exclude each other, and are all of bytes that are there. */
static void check_head(struct flow_packet *k, const struct input *in, uint32_t captured)
{
	uint32_t size = k->payload < 8 ? k->payload : 8, i;
	struct flow_head must = { 0 };
	const uint8_t *at = in->frame + k->headers;

	if (in->tag) /* the kernel's, which reads it otherwise */
		return;
	head_look(k, in->frame, in->frame + captured);
	if (size && k->fragment != FLOW_LATER_FRAGMENT && k->headers + size <= captured) {
		must.bytes = size;
		for (i = 0; i < size; i++) {
			must.text += at[i] >= 32 && at[i] < 127;
			must.zero += at[i] == 0;
			must.high += at[i] >= 128;
		}
	}
	CLAIM(!memcmp(&k->head, &must, sizeof(must)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flow_packet k, again;
	struct input in;
	enum flow_cause cause;

	if (size < PREFIX)
		return 0;
	in.frame = data + PREFIX;
	in.captured = size - PREFIX;
	in.wire = in.captured + (data[2] | data[3] << 8);
	in.link = data[0] % PARSE_N_LINKS;
	in.tag = data[1] & 1 ? PARSE_STRIPPED | data[1] << 8 | data[0] : 0;
	cause = parse(&k, &in, in.captured);
	CLAIM(parse(&again, &in, in.captured) == cause);
	CLAIM(!memcmp(&k, &again, sizeof(k)));
	check_frame(&k, &in, cause);
	check_common(&k, &in, cause);
	if (cause != FLOW_OK)
		return 0;
	check_facts(&k);
	check_sums(&k, (uint64_t)data[0] << (data[1] & 31));
	check_head(&again, &in, in.captured);
	check_cut(&k, &in, in.captured / 2);
	check_cut(&k, &in, in.captured - in.captured / 8);
	return 0;
}
