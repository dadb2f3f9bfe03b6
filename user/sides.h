/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sides (directions) of the flows in the table: partials by number, most of them packed.
 *
 * Most flows are small, and so are their numbers: a partial is kept in 128 bytes while they fit,
 * and in its 272 from then on. What comes out is what went in, to the bit, either way.
 */
#ifndef WEIR_SIDES_H
#define WEIR_SIDES_H

#include <stdint.h>

#include "flow.h"
#include "pool.h"

struct sides {
	struct pool packed;
	struct pool whole;
};

#define SIDES_WHOLE 0x80000000U /* in a number: lies in that pool */

void sides_init(struct sides *s);
void sides_clear(struct sides *s);

struct flow_partial *sides_unpack(const struct sides *s, uint32_t number,
                                  struct flow_partial *room);
int sides_pack(struct sides *s, uint32_t *number, const struct flow_partial *p);

/* The side of this number: where it lies if that is whole, else unpacked into room. */
static inline struct flow_partial *sides_open(const struct sides *s, uint32_t number,
                                              struct flow_partial *room)
{
	if (number & SIDES_WHOLE)
		return pool_at(&s->whole, (number & ~SIDES_WHOLE) - 1);
	return sides_unpack(s, number, room);
}

/*
 * Keep what has become of the side that sides_open() gave, or a new one where *number is 0; the
 * number may change. 0; or -ENOMEM, and all is as it was.
 */
static inline int sides_keep(struct sides *s, uint32_t *number, const struct flow_partial *p)
{
	return *number & SIDES_WHOLE ? 0 : sides_pack(s, number, p);
}

void sides_release(struct sides *s, uint32_t number);

/* Have it on its way from memory. */
void sides_prefetch(const struct sides *s, uint32_t number);

uint64_t sides_memory(const struct sides *s);

#endif
