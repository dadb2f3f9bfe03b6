// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Classic pcap (draft-ietf-opsawg-pcap): a header of 24 bytes, then records.
 *
 *	magic 4 | major 2 | minor 2 | reserved 8 | snaplen 4 | link type 4
 *	seconds 4 | fraction 4 | captured 4 | length 4 | [8 more, Kuznetsov's variant] | data
 *
 * The magic tells byte order, the fraction's unit (us or ns) and the variant. Record lengths are
 * believed up to the snap length or 256 KiB, whichever is more: above that, the file is damaged.
 */
#include "capture_format.h"

#define PCAP_HEADER     24
#define PCAP_RECORD     16
#define PCAP_LINK_TYPE  0x03ffffff /* above: whether frames carry an FCS, and its length */
#define PCAP_PREFETCHED 64

static enum capture_status fail_record(struct capture *c, uint32_t captured)
{
	uint64_t start = source_offset(&c->source);

	return capture_fail(c,
	                    "damaged at byte %llu: packet %llu cannot have %u captured bytes (at "
	                    "most %u); the packets before it were read",
	                    (unsigned long long)start, (unsigned long long)c->packets + 1, captured,
	                    c->limit);
}

static enum capture_status fail_short(struct capture *c)
{
	if (!source_left(&c->source))
		return capture_end(c);
	return capture_fail_cut_packet(c, source_offset(&c->source));
}

static enum capture_status pcap_next(struct capture *c, struct capture_packet *p)
{
	const uint8_t *r = source_peek(&c->source, c->header);
	uint32_t captured, length, other;

	if (!r)
		return fail_short(c);
	captured = capture_32(c, r + 8);
	length = capture_32(c, r + 12);
	if (c->old_lengths && captured > length) {
		other = captured;
		captured = length;
		length = other;
	}
	if (captured > c->limit)
		return fail_record(c, captured);
	r = source_peek(&c->source, c->header + captured);
	if (!r)
		return fail_short(c);
	p->data = r + c->header;
	p->captured = captured;
	p->length = length > captured ? length : captured;
	p->time_ns = capture_32(c, r) * 1000000000ull +
	             (uint64_t)capture_32(c, r + 4) * c->ns_per_tick;
	p->link = c->link;
	c->source.pos = p->data + captured;
	__builtin_prefetch(c->source.pos); /* the caller works on this packet meanwhile */
	__builtin_prefetch(c->source.pos + PCAP_PREFETCHED);
	c->packets++;
	return CAPTURE_PACKET;
}

int capture_pcap_start(struct capture *c)
{
	const uint8_t *h = source_peek(&c->source, PCAP_HEADER);
	uint32_t magic, snaplen, number;
	int link;

	if (!h)
		return capture_fail_cut(c, "the file header", 0);
	magic = capture_32(c, h);
	snaplen = capture_32(c, h + 16);
	number = capture_32(c, h + 20) & PCAP_LINK_TYPE;
	link = capture_link(number);
	if (link < 0)
		return capture_fail_link(c, "", number);
	c->link = (enum parse_link)link;
	c->header = PCAP_RECORD + (magic == CAPTURE_KUZNETSOV ? 8 : 0);
	c->ns_per_tick = magic == CAPTURE_NANOSECONDS ? 1 : 1000;
	c->old_lengths = capture_16(c, h + 4) == 2 && capture_16(c, h + 6) < 4;
	c->limit = snaplen < CAPTURE_MAX_PACKET  ? CAPTURE_MAX_PACKET
	           : snaplen > CAPTURE_MAX_BLOCK ? CAPTURE_MAX_BLOCK
	                                         : snaplen;
	c->source.pos += PCAP_HEADER;
	c->next = pcap_next;
	return 0;
}
