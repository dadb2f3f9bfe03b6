// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Flow keys: canonical order, and a hash of folded 64 x 64 bit products (as in wyhash). */
#include "key.h"

#include <endian.h>
#include <string.h>

#define ODD_1 0x9e3779b97f4a7c15ULL
#define ODD_2 0xd1b54a32d192ed03ULL

/* The halves of an address as numbers, which compare as its bytes do. */
static void load(uint64_t half[2], const uint8_t address[16])
{
	memcpy(half, address, 16);
	half[0] = be64toh(half[0]);
	half[1] = be64toh(half[1]);
}

static void store(uint8_t address[16], const uint64_t half[2])
{
	uint64_t bytes[2] = { htobe64(half[0]), htobe64(half[1]) };

	memcpy(address, bytes, 16);
}

/* Exchange x and y where mask is all ones; where it is 0, not. */
static void exchange(uint64_t *x, uint64_t *y, uint64_t mask)
{
	uint64_t differ = (*x ^ *y) & mask;

	*x ^= differ;
	*y ^= differ;
}

/* Without branches: which way the next packet goes cannot be predicted. */
int key_make_canonical(struct flow_key *key)
{
	uint64_t src[2], dst[2], src_port = key->src_port, dst_port = key->dst_port;
	uint64_t turned;

	load(src, key->src);
	load(dst, key->dst);
	turned = (src[0] > dst[0]) |
	         ((src[0] == dst[0]) &
	          ((src[1] > dst[1]) | ((src[1] == dst[1]) & (src_port > dst_port))));
	exchange(&src[0], &dst[0], -turned);
	exchange(&src[1], &dst[1], -turned);
	exchange(&src_port, &dst_port, -turned);
	store(key->src, src);
	store(key->dst, dst);
	key->src_port = src_port;
	key->dst_port = dst_port;
	key->direction = 0;
	return turned;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_end(const uint8_t address[16], uint16_t port, uint64_t seed)
{
	uint64_t high, low;

	memcpy(&high, address, 8);
	memcpy(&low, address + 8, 8);
	return mix(mix(high ^ seed, low ^ ODD_1) + port, ODD_2 ^ seed);
}

uint32_t key_hash(const struct flow_key *key, uint64_t seed)
{
	uint64_t ends = hash_end(key->src, key->src_port, seed) +
	                hash_end(key->dst, key->dst_port, seed);
	uint64_t rest = key->vlan[0] | (uint64_t)key->vlan[1] << 16 | (uint64_t)key->ifindex << 32;

	return mix(ends + key->protocol, (rest ^ seed) | 1) >> 16;
}
