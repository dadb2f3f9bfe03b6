// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A thing's 64-bit hash chooses a register by 8 bits; the register keeps the longest run of zeros
 * that the other 56 bits began with, plus one. The hash has no seed, so that sketches of different
 * hosts merge; whoever can choose addresses can make a sketch count short, never long.
 */
#include "feature_sketch.h"

#include <math.h>
#include <string.h>

#define BITS  8
#define ALPHA (0.7213 / (1 + 1.079 / SKETCH_REGISTERS))

/* FNV-1a, its bits spread by the finalizer of MurmurHash3. */
static uint64_t hash(const uint8_t *bytes, size_t length)
{
	uint64_t h = 0xcbf29ce484222325;

	while (length--)
		h = (h ^ *bytes++) * 0x100000001b3;
	h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
	return h ^ h >> 33;
}

void sketch_add(struct sketch *s, const void *thing, size_t length)
{
	uint64_t h = hash(thing, length);
	uint8_t *rank = &s->rank[h >> (64 - BITS)];
	uint8_t zeros = (uint8_t)__builtin_clzll(h << BITS | 1 << (BITS - 1)) + 1;

	if (zeros > *rank)
		*rank = zeros;
}

void sketch_merge(struct sketch *a, const struct sketch *b)
{
	size_t i;

	for (i = 0; i < SKETCH_REGISTERS; i++)
		if (b->rank[i] > a->rank[i])
			a->rank[i] = b->rank[i];
}

double sketch_count(const struct sketch *s)
{
	double sum = 0, count;
	size_t i, empty = 0;

	for (i = 0; i < SKETCH_REGISTERS; i++) {
		sum += ldexp(1, -s->rank[i]);
		empty += !s->rank[i];
	}
	count = ALPHA * SKETCH_REGISTERS * SKETCH_REGISTERS / sum;
	if (count <= 2.5 * SKETCH_REGISTERS && empty)
		count = SKETCH_REGISTERS * log((double)SKETCH_REGISTERS / empty);
	return count;
}
