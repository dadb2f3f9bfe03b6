// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * xoshiro256** by its authors' description; the stream number is mixed into the seeding generator's
 * state, so that streams of one seed start at unrelated places. Integer arithmetic only: the
 * numbers are the same everywhere.
 */
#include "rng.h"

static uint64_t split_mix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

void rng_seed(struct rng *r, uint64_t seed, uint64_t stream)
{
	uint64_t state = split_mix(&seed) ^ stream;

	for (int i = 0; i < 4; i++)
		r->s[i] = split_mix(&state);
}

uint64_t rng_next(struct rng *r)
{
	uint64_t *s = r->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
	unsigned __int128 product = (unsigned __int128)rng_next(r) * n;

	if ((uint64_t)product < n)
		for (uint64_t unfair = -n % n; (uint64_t)product < unfair;)
			product = (unsigned __int128)rng_next(r) * n;
	return product >> 64;
}

double rng_real(struct rng *r)
{
	return (rng_next(r) >> 11) * 0x1p-53;
}
