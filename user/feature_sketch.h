/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many different things were seen, in 256 bytes, mergeable: HyperLogLog (Flajolet et al. 2007)
 * with 256 registers; small numbers by linear counting (Whang et al. 1990). Standard error 6.5 %.
 */
#ifndef WEIR_FEATURE_SKETCH_H
#define WEIR_FEATURE_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#define SKETCH_REGISTERS 256

/* All zero is an empty sketch. */
struct sketch {
	uint8_t rank[SKETCH_REGISTERS];
};

/* Bytes that name a thing. */
void sketch_add(struct sketch *s, const void *thing, size_t length);

/* Then a says what it would have said of all that either saw. */
void sketch_merge(struct sketch *a, const struct sketch *b);

double sketch_count(const struct sketch *s);

#endif
