/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A flow's key made independent of direction, and its hash. */
#ifndef WEIR_KEY_H
#define WEIR_KEY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "flow.h"

/*
 * Put the smaller end (address, then port) first; 1 if that turned the key around. The hook's
 * direction is cleared, as it is no part of a flow's identity: a reply leaves where the request
 * came in, but on a mirror port both come in.
 */
int key_make_canonical(struct flow_key *key);

/* A key and its reverse hash alike; without the seed nobody can choose keys that collide. */
uint32_t key_hash(const struct flow_key *key, uint64_t seed);

/* Are they the same, byte by byte? Six words: a call to memcmp() would take longer. */
static inline bool key_is(const struct flow_key *a, const struct flow_key *b)
{
	uint64_t x[sizeof(*a) / 8], y[sizeof(*b) / 8], differ = 0;
	size_t i;

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	for (i = 0; i < sizeof(*a) / 8; i++)
		differ |= x[i] ^ y[i];
	return !differ;
}

#endif
