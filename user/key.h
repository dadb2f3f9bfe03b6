/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A flow's key made independent of direction, and its hash. */
#ifndef WEIR_KEY_H
#define WEIR_KEY_H

#include <stdint.h>

#include "flow.h"

/*
 * Put the smaller end (address, then port) first; 1 if that turned the key around. The hook's
 * direction is cleared, as it is no part of a flow's identity: a reply leaves where the request
 * came in, but on a mirror port both come in.
 */
int key_make_canonical(struct flow_key *key);

/* A key and its reverse hash alike; without the seed nobody can choose keys that collide. */
uint32_t key_hash(const struct flow_key *key, uint64_t seed);

#endif
