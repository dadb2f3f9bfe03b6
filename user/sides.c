// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sides, packed while they are small.
 *
 * A number says by its highest bit in which of two pools a side lies (2^31 packed sides would be
 * 275 GB). A side is packed whenever every number in it fits the narrower field, which is looked
 * at, not guessed from the count of packets, so that nothing has to be known of how a partial came
 * about; for usual packets that is up to some hundred. Once whole it stays whole: it is busy, and
 * packets are then added in place. What it leaves is for the next side to come, and not given back
 * before the table is freed: were all sides to grow, each would have cost 376 bytes.
 */
#include "sides.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define CACHE_LINE 64

/* struct flow_partial, field by field, but what is 0 in all that fit: iat_sq_high, iat_adjust. */
struct packed {
	uint64_t last_ns, first_ns;
	uint64_t iat_sq;
	uint32_t bytes, ip_bytes, payload_bytes;
	uint32_t length_sq, payload_sq;
	uint32_t iat_min, iat_max;
	uint32_t seq_next, seq_first;
	uint16_t packets;
	uint16_t length_min, length_max, payload_min, payload_max;
	uint16_t window_min, window_max, window_first;
	uint16_t first_payload[FLOW_FIRST];
	uint16_t icmp_first;
	uint8_t retransmits;
	uint8_t ttl_min, ttl_max, tcp_flags, marks;
	uint8_t tos_first;
	uint8_t fragments : 4, out_of_order : 4;
	uint8_t window_set : 4, n_first : 4;
	uint8_t head_bytes : 4, head_text : 4;
	uint8_t head_zero : 4, head_high : 4;
	uint8_t payload_hist[FLOW_BINS], iat_hist[FLOW_BINS], tcp_flag[8];
};
FLOW_ASSERT(sizeof(struct packed) == 128, "packed has holes, or is more than two cache lines");
FLOW_ASSERT(sizeof(struct flow_partial) == 248, "flow_partial changed: pack its fields here");

static bool fits(const struct flow_partial *p)
{
	uint64_t wide = p->bytes | p->ip_bytes | p->payload_bytes | p->length_sq | p->payload_sq;
	uint32_t counts = p->retransmits;
	uint32_t few = p->fragments | p->out_of_order | p->window_set | p->n_first;

	few |= p->head.bytes | p->head.text | p->head.zero | p->head.high;

	for (int i = 0; i < FLOW_BINS; i++)
		counts |= p->payload_hist[i] | p->iat_hist[i] | p->tcp_flag[i];
	return !(wide >> 32 | p->packets >> 16 | counts >> 8 | few >> 4 | p->iat_sq_high |
	         p->iat_adjust);
}

/* The fields of both structs, but the head and the counts of bins and flags. */
#define COPY(field) to->field = from->field
#define COPY_SAME(to, from)                                                                        \
	do {                                                                                       \
		COPY(last_ns), COPY(first_ns), COPY(iat_sq);                                       \
		COPY(bytes), COPY(ip_bytes), COPY(payload_bytes);                                  \
		COPY(length_sq), COPY(payload_sq), COPY(iat_min), COPY(iat_max);                   \
		COPY(seq_next), COPY(seq_first), COPY(packets);                                    \
		COPY(length_min), COPY(length_max), COPY(payload_min), COPY(payload_max);          \
		COPY(window_min), COPY(window_max), COPY(window_first);                            \
		memcpy(to->first_payload, from->first_payload, sizeof(to->first_payload));         \
		COPY(icmp_first), COPY(fragments), COPY(retransmits), COPY(out_of_order);          \
		COPY(ttl_min), COPY(ttl_max), COPY(tcp_flags), COPY(marks);                        \
		COPY(window_set), COPY(tos_first), COPY(n_first);                                  \
	} while (0)

/* One array at a time and apart, which compilers turn into a few vector instructions. */
static void narrow(uint8_t *restrict to, const uint32_t *restrict from)
{
	for (int i = 0; i < FLOW_BINS; i++)
		to[i] = from[i];
}

static void widen(uint32_t *restrict to, const uint8_t *restrict from)
{
	for (int i = 0; i < FLOW_BINS; i++)
		to[i] = from[i];
}

static void pack(struct packed *restrict to, const struct flow_partial *restrict from)
{
	COPY_SAME(to, from);
	to->head_bytes = from->head.bytes;
	to->head_text = from->head.text;
	to->head_zero = from->head.zero;
	to->head_high = from->head.high;
	narrow(to->payload_hist, from->payload_hist);
	narrow(to->iat_hist, from->iat_hist);
	narrow(to->tcp_flag, from->tcp_flag);
}

static void unpack(struct flow_partial *restrict to, const struct packed *restrict from)
{
	COPY_SAME(to, from);
	to->head.bytes = from->head_bytes;
	to->head.text = from->head_text;
	to->head.zero = from->head_zero;
	to->head.high = from->head_high;
	widen(to->payload_hist, from->payload_hist);
	widen(to->iat_hist, from->iat_hist);
	widen(to->tcp_flag, from->tcp_flag);
	to->iat_sq_high = 0;
	to->iat_adjust = 0;
	to->pad_tcp = 0;
}

void sides_init(struct sides *s)
{
	pool_init(&s->packed, sizeof(struct packed));
	pool_init(&s->whole, sizeof(struct flow_partial));
}

void sides_clear(struct sides *s)
{
	pool_clear(&s->packed);
	pool_clear(&s->whole);
}

struct flow_partial *sides_unpack(const struct sides *s, uint32_t number, struct flow_partial *room)
{
	unpack(room, pool_at(&s->packed, number - 1));
	return room;
}

/* From now on it lies whole. */
static int make_whole(struct sides *s, uint32_t *number, const struct flow_partial *p)
{
	uint32_t place;

	if (pool_take(&s->whole, &place))
		return -ENOMEM;
	if (*number)
		pool_release(&s->packed, *number - 1);
	*(struct flow_partial *)pool_at(&s->whole, place) = *p;
	*number = (place + 1) | SIDES_WHOLE;
	return 0;
}

int sides_pack(struct sides *s, uint32_t *number, const struct flow_partial *p)
{
	uint32_t place = *number - 1;

	if (!fits(p))
		return make_whole(s, number, p);
	if (!*number && pool_take(&s->packed, &place))
		return -ENOMEM;
	pack(pool_at(&s->packed, place), p);
	*number = place + 1;
	return 0;
}

void sides_release(struct sides *s, uint32_t number)
{
	if (number & SIDES_WHOLE)
		pool_release(&s->whole, (number & ~SIDES_WHOLE) - 1);
	else
		pool_release(&s->packed, number - 1);
}

static void prefetch(const char *at, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += CACHE_LINE)
		__builtin_prefetch(at + i, 1);
}

void sides_prefetch(const struct sides *s, uint32_t number)
{
	if (number & SIDES_WHOLE)
		prefetch(pool_at(&s->whole, (number & ~SIDES_WHOLE) - 1),
		         sizeof(struct flow_partial));
	else
		prefetch(pool_at(&s->packed, number - 1), sizeof(struct packed));
}

uint64_t sides_memory(const struct sides *s)
{
	return pool_memory(&s->packed) + pool_memory(&s->whole);
}
