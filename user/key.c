// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Flow keys: canonical order, and a hash of folded 64 x 64 bit products (as in wyhash). */
#include "key.h"

#include <string.h>

#define ODD_1 0x9e3779b97f4a7c15ULL
#define ODD_2 0xd1b54a32d192ed03ULL

int key_make_canonical(struct flow_key *key)
{
	int order = memcmp(key->src, key->dst, 16);
	uint16_t port = key->src_port;
	uint8_t address[16];

	key->direction = 0;
	if (order < 0 || (order == 0 && key->src_port <= key->dst_port))
		return 0;
	memcpy(address, key->src, 16);
	memcpy(key->src, key->dst, 16);
	memcpy(key->dst, address, 16);
	key->src_port = key->dst_port;
	key->dst_port = port;
	return 1;
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
