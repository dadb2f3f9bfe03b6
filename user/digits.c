// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Numbers are written by hand: a record has some 140 columns, most of them small integers, and
 * printf would cost more than reading the packets did.
 */
#include "digits.h"

#include <stdio.h>

#define SIXTEEN 16 /* decimals that are written at once, whether they are there or not */

static const uint64_t powers[] = {
	1ULL,
	10ULL,
	100ULL,
	1000ULL,
	10000ULL,
	100000ULL,
	1000000ULL,
	10000000ULL,
	100000000ULL,
	1000000000ULL,
	10000000000ULL,
	100000000000ULL,
	1000000000000ULL,
	10000000000000ULL,
	100000000000000ULL,
	1000000000000000ULL,
	10000000000000000ULL,
};

char *digits_put_long(char *to, uint64_t value)
{
	to = digits_put(to, value / DIGITS_EIGHT);
	digits_store(to, digits_eight(value % DIGITS_EIGHT) | DIGITS_ZEROS);
	return to + 8;
}

/* Sixteen decimals, not all zero, without those at the end that are. */
static char *put_sixteen(char *to, uint64_t decimals)
{
	uint64_t high = digits_eight(decimals / DIGITS_EIGHT),
	         low = digits_eight(decimals % DIGITS_EIGHT);

	digits_store(to, high | DIGITS_ZEROS);
	digits_store(to + 8, low | DIGITS_ZEROS);
	return low ? to + 16 - __builtin_clzll(low) / 8 : to + 8 - __builtin_clzll(high) / 8;
}

char *digits_put_decimal(char *to, uint64_t mantissa, int decimals)
{
	uint64_t whole = decimals <= SIXTEEN ? mantissa / powers[decimals] : 0;

	to = digits_put(to, whole);
	if (decimals <= SIXTEEN)
		mantissa = (mantissa - whole * powers[decimals]) * powers[SIXTEEN - decimals];
	if (!mantissa)
		return to;
	*to++ = '.';
	for (; decimals > SIXTEEN; decimals--)
		*to++ = '0';
	return put_sixteen(to, mantissa);
}

/* Decimals after which a value below 1e15 has its 15th digit, or one or two less. */
static int decimals_near(double value)
{
	uint64_t bits;
	int exponent;

	memcpy(&bits, &value, sizeof(bits));
	exponent = (int)(bits >> 52) - 1023;
	return exponent < 45 ? (45 - exponent) * 1233 >> 12 : 0; /* 1233 / 4096: log10(2) */
}

char *digits_put_real(char *to, double value)
{
	static const double power[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
		                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
		                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	int decimals;

	if (value < 0) {
		*to++ = '-';
		value = -value;
	}
	if (value < 1e15 && value == (double)(uint64_t)value)
		return digits_put(to, value);
	if (!(value < 1e15) || value < 1e-7) /* also infinity and NaN */
		return to + snprintf(to, DIGITS_ROOM - 1, "%.15g", value);
	for (decimals = decimals_near(value); value * power[decimals] < 1e14;)
		decimals++;
	return digits_put_decimal(to, (uint64_t)(value * power[decimals] + 0.5), decimals);
}
