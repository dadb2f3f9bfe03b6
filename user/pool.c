// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Chunked pool with a free list threaded through what is free. Chunks are freed by pool_clear(). */
#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void pool_init(struct pool *p, size_t size)
{
	memset(p, 0, sizeof(*p));
	p->size = size;
}

void pool_clear(struct pool *p)
{
	uint32_t i;

	for (i = 0; i < p->n_chunks; i++)
		free(p->chunks[i]);
	free(p->chunks);
	pool_init(p, p->size);
}

static int pool_grow(struct pool *p)
{
	char **chunks = realloc(p->chunks, (p->n_chunks + 1) * sizeof(*chunks));

	if (!chunks)
		return -ENOMEM;
	p->chunks = chunks;
	chunks[p->n_chunks] = aligned_alloc(POOL_ALIGN, POOL_CHUNK * p->size);
	if (!chunks[p->n_chunks])
		return -ENOMEM;
	p->n_chunks++;
	return 0;
}

int pool_take(struct pool *p, uint32_t *number)
{
	if (p->free) {
		*number = p->free - 1;
		memcpy(&p->free, pool_at(p, *number), sizeof(p->free));
	} else {
		if (p->top == p->n_chunks * POOL_CHUNK && pool_grow(p))
			return -ENOMEM;
		*number = p->top++;
		memset(pool_at(p, *number), 0, p->size);
	}
	p->used++;
	return 0;
}

void pool_release(struct pool *p, uint32_t number)
{
	memcpy(pool_at(p, number), &p->free, sizeof(p->free));
	p->free = number + 1;
	p->used--;
}

uint64_t pool_memory(const struct pool *p)
{
	return (uint64_t)p->n_chunks * (POOL_CHUNK * p->size + sizeof(*p->chunks));
}
