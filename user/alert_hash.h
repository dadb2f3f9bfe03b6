/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hashes of keys and values, seeded so that nobody on the network can choose which collide:
 * SipHash-1-3 (Aumasson, Bernstein 2012) of bytes, and folded 64 x 64 bit products of such hashes.
 */
#ifndef WEIR_ALERT_HASH_H
#define WEIR_ALERT_HASH_H

#include <stddef.h>
#include <stdint.h>

struct alert_seed {
	uint64_t key[2];
};

/* A seed from the system. */
void alert_seed_make(struct alert_seed *seed);

uint64_t alert_hash(const struct alert_seed *seed, const void *bytes, size_t n);

/* Of two hashes one. Numbers are hashed by mixing them with a part of the seed. */
static inline uint64_t alert_mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xd1b54a32d192ed03);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
