// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * pcapng (draft-ietf-opsawg-pcapng): blocks, each as
 *
 *	type 4 | total length 4 | body, padded to 4 | total length 4
 *
 * A section header (SHB) sets the byte order and forgets the interfaces; an interface description
 * (IDB) adds one, with its own link type and clock; packets come in enhanced (EPB), simple (SPB)
 * and, from old writers, packet blocks (PB). All other blocks are passed over. A simple packet has
 * no time: it is given that of the packet before.
 */
#include <stdio.h>
#include <stdlib.h>

#include "capture_format.h"

#define BLOCK_FRAME      12 /* type and both lengths */
#define SHB_BODY         16
#define IDB_BODY         8
#define EPB_BODY         20
#define SPB_BODY         4
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define OPTION_TSRESOL   9
#define OPTION_TSOFFSET  14
#define MAX_INTERFACES   65536
#define NS_PER_SECOND    1000000000
#define NS_DIGITS        9

enum block_type {
	BLOCK_IDB = 1,
	BLOCK_PB = 2,
	BLOCK_SPB = 3,
	BLOCK_EPB = 6,
	BLOCK_SHB = CAPTURE_PCAPNG,
};

struct block {
	uint32_t type;
	uint32_t length; /* of the body, padding included */
	const uint8_t *body;
	uint64_t start; /* offset in the file */
};

static bool block_is_packet(uint32_t type)
{
	return type == BLOCK_EPB || type == BLOCK_SPB || type == BLOCK_PB;
}

static enum capture_status fail_block(struct capture *c, const struct block *b, const char *why)
{
	return capture_fail(c,
	                    "damaged at byte %llu: a pcapng block of type 0x%x %s; the packets "
	                    "before it were read",
	                    (unsigned long long)b->start, b->type, why);
}

static enum capture_status fail_cut(struct capture *c, const struct block *b)
{
	if (block_is_packet(b->type))
		return capture_fail_cut_packet(c, b->start);
	return capture_fail_cut(c, "a pcapng block", b->start);
}

/* The byte order is the section's, which the section header tells in its body. */
static enum capture_status read_byte_order(struct capture *c, struct block *b)
{
	const uint8_t *head = source_peek(&c->source, 12);
	uint32_t magic;

	if (!head)
		return fail_cut(c, b);
	memcpy(&magic, head + 8, sizeof(magic));
	if (magic != BYTE_ORDER_MAGIC && magic != __builtin_bswap32(BYTE_ORDER_MAGIC))
		return fail_block(c, b, "has no byte-order magic");
	c->swapped = magic != BYTE_ORDER_MAGIC;
	return CAPTURE_PACKET;
}

/* Read a whole block of a type we use, or pass over any other. */
static enum capture_status take_block(struct capture *c, struct block *b, uint32_t total)
{
	const uint8_t *p;

	b->body = NULL;
	if (b->type != BLOCK_SHB && b->type != BLOCK_IDB && !block_is_packet(b->type))
		return source_skip(&c->source, total) ? CAPTURE_PACKET : fail_cut(c, b);
	if (total > CAPTURE_MAX_BLOCK)
		return fail_block(c, b, "claims more than 16 MiB");
	p = source_peek(&c->source, total);
	if (!p)
		return fail_cut(c, b);
	if (capture_32(c, p + total - 4) != total)
		return fail_block(c, b, "has two different lengths");
	c->source.pos = p + total;
	b->body = p + 8;
	b->length = total - BLOCK_FRAME;
	return CAPTURE_PACKET;
}

/* CAPTURE_PACKET: b is the next block, and its body valid until the next call. */
static enum capture_status next_block(struct capture *c, struct block *b)
{
	const uint8_t *head = source_peek(&c->source, 8);
	enum capture_status status;
	uint32_t total;

	*b = (struct block){ .start = source_offset(&c->source) };
	if (!head)
		return source_left(&c->source) ? fail_cut(c, b) : capture_end(c);
	b->type = capture_32(c, head);
	if (b->type == BLOCK_SHB) {
		status = read_byte_order(c, b);
		if (status != CAPTURE_PACKET)
			return status;
		head = c->source.pos; /* the look at the byte order may have moved it */
	}
	total = capture_32(c, head + 4);
	if (total < BLOCK_FRAME || total % 4)
		return fail_block(c, b, "has an impossible length");
	return take_block(c, b, total);
}

static enum capture_status start_section(struct capture *c, const struct block *b)
{
	if (b->length < SHB_BODY)
		return fail_block(c, b, "is too short");
	if (capture_16(c, b->body + 4) != 1)
		return fail_block(c, b, "is of a version other than 1");
	c->n_interfaces = 0;
	return CAPTURE_PACKET;
}

/* if_tsresol: a negative power of 10, or of 2 when the top bit is set. */
static void set_resolution(struct capture_interface *i, uint8_t resolution)
{
	uint8_t digits = resolution & 0x7f;

	i->shift = 0;
	i->multiply = NS_PER_SECOND;
	i->divide = 1;
	if (resolution & 0x80)
		i->shift = digits;
	else if (digits <= NS_DIGITS)
		for (; digits; digits--)
			i->multiply /= 10;
	else
		for (i->multiply = 1; digits > NS_DIGITS && i->divide <= UINT64_MAX / 10; digits--)
			i->divide *= 10;
}

static bool read_option(struct capture *c, struct capture_interface *i, uint16_t code,
                        const uint8_t *value, uint16_t length)
{
	if (code == OPTION_TSRESOL && length == 1) {
		set_resolution(i, value[0]);
	} else if (code == OPTION_TSOFFSET && length == 8) {
		i->offset_s = (int64_t)capture_64(c, value);
	} else {
		return code != OPTION_TSRESOL && code != OPTION_TSOFFSET;
	}
	return true;
}

static uint32_t option_room(uint16_t length)
{
	return (length + 3u) & ~3u;
}

/* code 2 | length 2 | value, padded to 4; code 0 or the block's end ends them. */
static bool read_options(struct capture *c, struct capture_interface *i, const uint8_t *p,
                         const uint8_t *end)
{
	uint16_t code, length;

	while (end - p >= 4 && (code = capture_16(c, p)) != 0) {
		length = capture_16(c, p + 2);
		p += 4;
		if ((size_t)(end - p) < option_room(length) || !read_option(c, i, code, p, length))
			return false;
		p += option_room(length);
	}
	return true;
}

static struct capture_interface *new_interface(struct capture *c)
{
	uint32_t room = c->room ? c->room * 2 : 4;
	struct capture_interface *more;

	if (c->n_interfaces == c->room) {
		more = c->n_interfaces < MAX_INTERFACES
		               ? realloc(c->interfaces, room * sizeof(*more))
		               : NULL;
		if (!more)
			return NULL;
		c->interfaces = more;
		c->room = room;
	}
	return &c->interfaces[c->n_interfaces];
}

static enum capture_status add_interface(struct capture *c, const struct block *b)
{
	struct capture_interface *i;

	if (b->length < IDB_BODY)
		return fail_block(c, b, "is too short");
	i = new_interface(c);
	if (!i)
		return fail_block(c, b, "describes one interface too many");
	memset(i, 0, sizeof(*i));
	i->link_number = capture_16(c, b->body);
	i->link = (int8_t)capture_link(i->link_number);
	i->snaplen = capture_32(c, b->body + 4);
	set_resolution(i, 6);
	if (!read_options(c, i, b->body + IDB_BODY, b->body + b->length))
		return fail_block(c, b, "has a damaged option");
	c->n_interfaces++;
	return CAPTURE_PACKET;
}

/* Times no u64 of nanoseconds holds (damaged, or before 1970) become the nearest one below 2^63. */
static uint64_t ticks_to_ns(const struct capture_interface *i, uint64_t ticks)
{
	__int128 ns = (__int128)ticks * i->multiply;

	if (i->shift)
		ns >>= i->shift;
	else if (i->divide > 1)
		ns = ticks / i->divide;
	ns += (__int128)i->offset_s * NS_PER_SECOND;
	return ns < 0 ? 0 : ns > INT64_MAX ? INT64_MAX : (uint64_t)ns;
}

static const struct capture_interface *find_interface(struct capture *c, const struct block *b,
                                                      uint32_t index)
{
	const struct capture_interface *i;
	char where[96];

	if (index >= c->n_interfaces) {
		fail_block(c, b, "names an interface that was not described");
		return NULL;
	}
	i = &c->interfaces[index];
	if (i->link >= 0)
		return i;
	snprintf(where, sizeof(where),
	         "packet %llu at byte %llu, of interface %u: ", (unsigned long long)c->packets + 1,
	         (unsigned long long)b->start, index);
	capture_fail_link(c, where, i->link_number);
	return NULL;
}

/* Both have interface, time, captured and length in 20 bytes; PB's interface has two drops. */
static enum capture_status read_packet(struct capture *c, const struct block *b,
                                       struct capture_packet *p)
{
	const struct capture_interface *i;
	uint64_t ticks;

	if (b->length < EPB_BODY)
		return fail_block(c, b, "is too short");
	i = find_interface(c, b,
	                   b->type == BLOCK_PB ? capture_16(c, b->body) : capture_32(c, b->body));
	if (!i)
		return CAPTURE_FAILED;
	ticks = (uint64_t)capture_32(c, b->body + 4) << 32 | capture_32(c, b->body + 8);
	p->time_ns = c->time_ns = ticks_to_ns(i, ticks);
	p->captured = capture_32(c, b->body + 12);
	p->length = capture_32(c, b->body + 16);
	p->data = b->body + EPB_BODY;
	p->link = (enum parse_link)i->link;
	return p->captured <= b->length - EPB_BODY
	               ? CAPTURE_PACKET
	               : fail_block(c, b, "is shorter than the packet it claims");
}

static enum capture_status read_simple(struct capture *c, const struct block *b,
                                       struct capture_packet *p)
{
	const struct capture_interface *i;

	if (b->length < SPB_BODY)
		return fail_block(c, b, "is too short");
	i = find_interface(c, b, 0);
	if (!i)
		return CAPTURE_FAILED;
	p->time_ns = c->time_ns;
	p->length = capture_32(c, b->body);
	p->captured = i->snaplen && i->snaplen < p->length ? i->snaplen : p->length;
	p->data = b->body + SPB_BODY;
	p->link = (enum parse_link)i->link;
	return p->captured <= b->length - SPB_BODY
	               ? CAPTURE_PACKET
	               : fail_block(c, b, "is shorter than the packet it claims");
}

static enum capture_status deliver(struct capture *c, const struct block *b,
                                   struct capture_packet *p)
{
	enum capture_status status = b->type == BLOCK_SPB ? read_simple(c, b, p)
	                                                  : read_packet(c, b, p);

	if (status != CAPTURE_PACKET)
		return status;
	if (p->length < p->captured)
		p->length = p->captured;
	c->packets++;
	return CAPTURE_PACKET;
}

static enum capture_status pcapng_next(struct capture *c, struct capture_packet *p)
{
	enum capture_status status;
	struct block b;

	do {
		status = next_block(c, &b);
		if (status == CAPTURE_PACKET && block_is_packet(b.type))
			return deliver(c, &b, p);
		if (status == CAPTURE_PACKET && b.type == BLOCK_SHB)
			status = start_section(c, &b);
		else if (status == CAPTURE_PACKET && b.type == BLOCK_IDB)
			status = add_interface(c, &b);
	} while (status == CAPTURE_PACKET);
	return status;
}

int capture_pcapng_start(struct capture *c)
{
	enum capture_status status;
	struct block b;

	status = next_block(c, &b);
	if (status == CAPTURE_PACKET)
		status = start_section(c, &b);
	c->next = status == CAPTURE_PACKET ? pcapng_next : c->next;
	return status == CAPTURE_PACKET ? 0 : CAPTURE_FAILED;
}
