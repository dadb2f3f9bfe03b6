// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sides, packed while they are small.
 *
 * A number says by its highest bit in which of two pools a side lies (2^31 packed sides would be
 * 275 GB). A side is packed whenever every number in it fits the narrower field, which is looked
 * at, not guessed from the count of packets, so that nothing has to be known of how a partial came
 * about; for usual packets that is up to some hundred. Once whole it stays whole: it is busy, and
 * packets are then added in place. What it leaves is for the next side to come, and not given back
 * before the table is freed: were all sides to grow, each would have cost 400 bytes.
 */
#include "sides.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define CACHE_LINE 64

/*
 * The first cache lines of struct flow_partial as they are, and the rest in narrow fields, but for
 * what is 0 in all that fit: high and iat_adjust.
 */
struct packed {
	char hot[offsetof(struct flow_partial, retransmits)];
	uint16_t window_min, window_max, window_first;
	uint8_t retransmits;
	uint8_t out_of_order : 4, fragments : 3, window_set : 1;
};
FLOW_ASSERT(sizeof(struct packed) == 128, "packed has holes, or is more than two cache lines");
FLOW_ASSERT(sizeof(struct flow_partial) == 272, "flow_partial changed: pack its fields here");

static bool fits(const struct flow_partial *p)
{
	return !(p->has_high | p->retransmits >> 8 | p->out_of_order >> 4 | p->fragments >> 3 |
	         p->window_set >> 1 | p->iat_adjust);
}

/* The fields of both structs behind those that stay as they are. */
#define COPY(field) to->field = from->field
#define COPY_SAME(to, from)                                                                        \
	do {                                                                                       \
		COPY(window_min), COPY(window_max), COPY(window_first), COPY(window_set);          \
		COPY(retransmits), COPY(out_of_order), COPY(fragments);                            \
	} while (0)

static void pack(struct packed *restrict to, const struct flow_partial *restrict from)
{
	memcpy(to->hot, from, sizeof(to->hot));
	COPY_SAME(to, from);
}

static void unpack(struct flow_partial *restrict to, const struct packed *restrict from)
{
	memcpy(to, from->hot, sizeof(from->hot));
	COPY_SAME(to, from);
	to->has_high = 0;
	to->number = 0;
	memset(&to->high, 0, sizeof(to->high));
	to->iat_adjust = 0;
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
		prefetch(pool_at(&s->whole, (number & ~SIDES_WHOLE) - 1), FLOW_NEAR);
	else
		prefetch(pool_at(&s->packed, number - 1), sizeof(struct packed));
}

uint64_t sides_memory(const struct sides *s)
{
	return pool_memory(&s->packed) + pool_memory(&s->whole);
}
