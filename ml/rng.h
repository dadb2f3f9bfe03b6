/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Seeded random numbers, the same on every machine: xoshiro256** (Blackman and Vigna 2018), seeded
 * through SplitMix64 (Steele, Lea and Flood 2014).
 */
#ifndef WEIR_RNG_H
#define WEIR_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

/* stream tells apart generators of one seed: a tree's number, so that threads do not matter. */
void rng_seed(struct rng *r, uint64_t seed, uint64_t stream);

uint64_t rng_next(struct rng *r);

/* 0..n-1, each as likely (Lemire 2019); n > 0. */
uint64_t rng_below(struct rng *r, uint64_t n);

/* [0, 1), 53 bits. */
double rng_real(struct rng *r);

#endif
