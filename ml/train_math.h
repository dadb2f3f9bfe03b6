/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * exp and log by plain additions and multiplications, so that a forest trained on one machine is
 * the same on every other: libm's differ in their last bits from processor to processor. Within
 * 2 ulp of the true value. Compile without contraction to fused operations (-ffp-contract=off).
 */
#ifndef WEIR_TRAIN_MATH_H
#define WEIR_TRAIN_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define MATH_LN2_HIGH 0x1.62e42fee00000p-1  /* ln 2: its first 32 bits */
#define MATH_LN2_LOW  0x1.a39ef35793c76p-33 /* and the rest */
#define MATH_EULER    0x1.2788cfc6fb619p-1  /* Euler and Mascheroni's constant */

/* Taylor's series on [-ln 2 / 2, ln 2 / 2]; below -708 it is 0, above 709 it stays there. */
static inline double math_exp(double x)
{
	double k, r, sum = 1;
	uint64_t bits;

	if (!(x > -708))
		return 0;
	x = x < 709 ? x : 709;
	k = floor(x * 0x1.71547652b82fep+0 + 0.5);
	r = x - k * MATH_LN2_HIGH - k * MATH_LN2_LOW;
	for (int i = 13; i > 0; i--)
		sum = 1 + sum * (r / i);
	bits = (uint64_t)((int64_t)k + 1023) << 52;
	memcpy(&k, &bits, sizeof(k));
	return sum * k;
}

/* Of x > 0: 2 artanh((m - 1) / (m + 1)), sqrt(1/2) <= m < sqrt(2). */
static inline double math_log(double x)
{
	int e;
	double m = frexp(x, &e), s, square, sum = 0;

	if (m < 0x1.6a09e667f3bcdp-1) {
		m *= 2;
		e--;
	}
	s = (m - 1) / (m + 1);
	square = s * s;
	for (int i = 23; i > 1; i -= 2)
		sum = (sum + 1.0 / i) * square;
	return e * MATH_LN2_HIGH + (2 * s + (2 * s * sum + e * MATH_LN2_LOW));
}

/* Mean path length of an isolation tree of n rows: c(n), Liu et al. 2008, as scikit-learn has it.
 */
static inline double math_path_length(uint64_t n)
{
	if (n < 2)
		return 0;
	if (n == 2)
		return 1;
	return 2 * (math_log((double)(n - 1)) + MATH_EULER) - 2 * ((double)n - 1) / (double)n;
}

#endif
