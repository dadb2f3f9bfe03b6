// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* SipHash with one round a block and three at the end. */
#include "alert_hash.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

void alert_seed_make(struct alert_seed *seed)
{
	struct timespec now;

	if (getrandom(seed->key, sizeof(seed->key), GRND_NONBLOCK) == (ssize_t)sizeof(seed->key))
		return;
	/* early in boot: what an attacker far away cannot know to the nanosecond */
	clock_gettime(CLOCK_MONOTONIC, &now);
	seed->key[0] = alert_mix((uint64_t)now.tv_nsec, (uint64_t)now.tv_sec);
	seed->key[1] = alert_mix(seed->key[0], (uintptr_t)seed);
}

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void mix_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void absorb(uint64_t v[4], uint64_t block)
{
	v[3] ^= block;
	mix_round(v);
	v[0] ^= block;
}

uint64_t alert_hash(const struct alert_seed *seed, const void *bytes, size_t n)
{
	uint64_t v[4] = { seed->key[0] ^ 0x736f6d6570736575, seed->key[1] ^ 0x646f72616e646f6d,
		          seed->key[0] ^ 0x6c7967656e657261, seed->key[1] ^ 0x7465646279746573 };
	const uint8_t *p = bytes, *end = p + n / 8 * 8;
	uint64_t block;
	int i;

	for (; p < end; p += 8) {
		memcpy(&block, p, 8);
		absorb(v, block);
	}
	block = (uint64_t)n << 56;
	for (i = 0; i < (int)(n % 8); i++)
		block |= (uint64_t)p[i] << (8 * i);
	absorb(v, block);
	v[2] ^= 0xff;
	for (i = 0; i < 3; i++)
		mix_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
