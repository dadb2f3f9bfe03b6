/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers as decimal text, written to memory with room enough: DIGITS_ROOM bytes, of which all may
 * be overwritten, though less is the number's. The end of that comes back; nothing is terminated.
 */
#ifndef WEIR_DIGITS_H
#define WEIR_DIGITS_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define DIGITS_ROOM  48
#define DIGITS_EIGHT 100000000
#define DIGITS_ZEROS 0x3030303030303030 /* in ASCII */

/*
 * The eight digits of a value below 10^8 as bytes 0..9, the first in the lowest: halves, then
 * pairs, then digits come apart side by side. 5243 / 2^19 and 103 / 2^10 are 1/100 and 1/10, near
 * enough.
 */
static inline uint64_t digits_eight(uint32_t value)
{
	uint64_t x = value / 10000 | (uint64_t)(value % 10000) << 32, high;

	high = x * 5243 >> 19 & 0x0000007f0000007f;
	x = high | (x - high * 100) << 16;
	high = x * 103 >> 10 & 0x000f000f000f000f;
	return high | (x - high * 10) << 8;
}

static inline void digits_store(char *to, uint64_t eight)
{
	eight = htole64(eight);
	memcpy(to, &eight, sizeof(eight));
}

char *digits_put_long(char *to, uint64_t value); /* for digits_put() */

/* Without a branch on how many digits there are, which cannot be predicted. */
static inline char *digits_put(char *to, uint64_t value)
{
	uint64_t eight;
	int zeros;

	if (value < 10) { /* most counts of a record */
		*to = '0' + value;
		return to + 1;
	}
	if (value >= DIGITS_EIGHT)
		return digits_put_long(to, value);
	eight = digits_eight(value);
	zeros = __builtin_ctzll(eight) / 8;
	digits_store(to, (eight | DIGITS_ZEROS) >> 8 * zeros);
	return to + 8 - zeros;
}

/*
 * mantissa / 10^decimals, without trailing zeros. With more than 16 decimals the mantissa is below
 * 10^16, and there are 22 at most.
 */
char *digits_put_decimal(char *to, uint64_t mantissa, int decimals);

/* Shortest decimal notation that is within 1e-14 of value; never an exponent below 1e15. */
char *digits_put_real(char *to, double value);

#endif
