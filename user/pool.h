/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Many things of one size, named by number, in chunks that never move. */
#ifndef WEIR_POOL_H
#define WEIR_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_CHUNK 4096 /* things a chunk; a power of two */
#define POOL_ALIGN 128  /* of chunks: processors fetch cache lines by pairs */

struct pool {
	size_t size; /* of one thing, at least 4 */
	char **chunks;
	uint32_t n_chunks;
	uint32_t top;  /* numbers below have been taken at least once */
	uint32_t used; /* taken and not released */
	uint32_t free; /* head of the released, + 1; the next is in the first 4 bytes of each */
};

void pool_init(struct pool *p, size_t size);
void pool_clear(struct pool *p);

/* The number of a free thing, its contents undefined (zero when taken for the first time). 0, or
 * -ENOMEM. */
int pool_take(struct pool *p, uint32_t *number);
void pool_release(struct pool *p, uint32_t number);
uint64_t pool_memory(const struct pool *p);

static inline void *pool_at(const struct pool *p, uint32_t number)
{
	return p->chunks[number / POOL_CHUNK] + number % POOL_CHUNK * p->size;
}

#endif
