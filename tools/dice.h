/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Chance for the generators: a seeded stream of numbers, and draws of rank 0..n-1 where rank k
 * has weight 1/(k+1)^s. s = 0 is uniform, s = 1 the classic Zipf law.
 *
 * The stream is SplitMix64 (Steele, Lea, Flood 2014). The draw is Vose's alias method (1991): one
 * table look-up whatever n. The same seed gives the same numbers on every machine; the weights
 * come from libm's pow(), so that a draw could differ where its last bit does.
 */
#ifndef TOOLS_DICE_H
#define TOOLS_DICE_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

struct dice {
	uint64_t state;
};

struct dice_zipf {
	uint32_t n;
	uint32_t *alias; /* what rank k yields when the coin falls above cut[k] */
	float *cut;
};

static inline uint64_t dice_next(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* 0..n-1; the bias of the multiplication is below n / 2^32. */
static inline uint32_t dice_below(struct dice *d, uint32_t n)
{
	return (dice_next(d) >> 32) * n >> 32;
}

/* In [0, 1). */
static inline double dice_unit(struct dice *d)
{
	return (dice_next(d) >> 11) * 0x1p-53;
}

/* Free with dice_zipf_clear(). Returns 0, or -1 without memory. */
static inline int dice_zipf_init(struct dice_zipf *z, uint32_t n, double s)
{
	double *weight = malloc(n * sizeof(*weight)), sum = 0;
	uint32_t *work = malloc(n * sizeof(*work)), small = 0, large = n, i;

	z->n = n;
	z->alias = malloc(n * sizeof(*z->alias));
	z->cut = malloc(n * sizeof(*z->cut));
	if (!weight || !work || !z->alias || !z->cut) {
		free(weight);
		free(work);
		free(z->alias);
		free(z->cut);
		return -1;
	}
	for (i = 0; i < n; i++)
		sum += weight[i] = pow(i + 1.0, -s);
	for (i = 0; i < n; i++) { /* work: ranks of too little weight from the left, others right */
		weight[i] *= n / sum;
		z->alias[i] = i;
		z->cut[i] = 1;
		work[weight[i] < 1 ? small++ : --large] = i;
	}
	while (small > 0 && large < n) {
		uint32_t poor = work[--small], rich = work[large];

		z->cut[poor] = weight[poor];
		z->alias[poor] = rich;
		weight[rich] -= 1 - weight[poor];
		if (weight[rich] < 1) {
			large++;
			work[small++] = rich;
		}
	}
	free(weight);
	free(work);
	return 0;
}

static inline void dice_zipf_clear(struct dice_zipf *z)
{
	free(z->alias);
	free(z->cut);
}

static inline uint32_t dice_zipf_draw(const struct dice_zipf *z, struct dice *d)
{
	uint32_t k = dice_below(d, z->n);

	return dice_unit(d) < z->cut[k] ? k : z->alias[k];
}

#endif
