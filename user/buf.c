// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Growing text.
 *
 * Numbers are written by hand: a record has some 140 columns, most of them small integers, and
 * printf would cost more than reading the packets did.
 */
#include "buf.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECIMALS_MOST 24 /* of a real that is written without an exponent: 22 */

static int buf_reserve(struct buf *b, size_t more)
{
	size_t capacity = b->capacity ? b->capacity : 256;
	char *data;

	if (b->length + more <= b->capacity)
		return 0;
	while (capacity < b->length + more)
		capacity *= 2;
	data = realloc(b->data, capacity);
	if (!data) {
		b->error = -ENOMEM;
		return -ENOMEM;
	}
	b->data = data;
	b->capacity = capacity;
	return 0;
}

void buf_clear(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

void buf_put(struct buf *b, const void *bytes, size_t n)
{
	if (buf_reserve(b, n))
		return;
	if (n)
		memcpy(b->data + b->length, bytes, n);
	b->length += n;
}

void buf_char_slowly(struct buf *b, char c)
{
	if (buf_reserve(b, 1))
		return;
	b->data[b->length++] = c;
}

void buf_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

static const char pairs[] = "0001020304050607080910111213141516171819"
                            "2021222324252627282930313233343536373839"
                            "4041424344454647484950515253545556575859"
                            "6061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

/* Digits of value, right-aligned before end. */
static void put_digits_before(char *end, uint64_t value)
{
	for (; value >= 100; value /= 100) {
		end -= 2;
		memcpy(end, &pairs[2 * (value % 100)], 2);
	}
	do {
		*--end = '0' + value % 10;
		value /= 10;
	} while (value);
}

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
	100000000000000000ULL,
	1000000000000000000ULL,
	10000000000000000000ULL,
};

static int count_digits(uint64_t value)
{
	int near = (64 - __builtin_clzll(value | 1)) * 1233 >> 12; /* 1233 / 4096: log10(2) */

	return near + (value >= powers[near]);
}

void buf_u64(struct buf *b, uint64_t value)
{
	int n = value < 10 ? 1 : count_digits(value);

	if (buf_reserve(b, n))
		return;
	put_digits_before(b->data + b->length + n, value);
	b->length += n;
}

void buf_format(struct buf *b, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || buf_reserve(b, n + 1))
		return;
	va_start(args, format);
	vsnprintf(b->data + b->length, n + 1, format, args);
	va_end(args);
	b->length += n;
}

/* mantissa / 10^decimals, without trailing zeros. With 20 decimals or more it is below 1. */
static void put_decimal(struct buf *b, uint64_t mantissa, int decimals)
{
	uint64_t whole = decimals < 20 ? mantissa / powers[decimals] : 0;
	uint64_t rest = decimals < 20 ? mantissa - whole * powers[decimals] : mantissa;
	char *point;

	buf_u64(b, whole);
	if (!rest || buf_reserve(b, DECIMALS_MOST + 1))
		return;
	point = b->data + b->length;
	*point = '.';
	memset(point + 1, '0', DECIMALS_MOST);
	put_digits_before(point + 1 + decimals, rest);
	while (point[decimals] == '0')
		decimals--;
	b->length += 1 + decimals;
}

/* Decimals after which a value below 1e15 has its 15th digit, or one or two less. */
static int decimals_near(double value)
{
	uint64_t bits;
	int exponent;

	memcpy(&bits, &value, sizeof(bits));
	exponent = (int)(bits >> 52) - 1023;
	return exponent < 45 ? (45 - exponent) * 1233 >> 12 : 0;
}

void buf_real(struct buf *b, double value)
{
	static const double power[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
		                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
		                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	int decimals;

	if (value < 0) {
		buf_char(b, '-');
		value = -value;
	}
	if (value == 0) {
		buf_char(b, '0');
		return;
	}
	if (value < 1e15 && value == (double)(uint64_t)value) {
		buf_u64(b, value);
		return;
	}
	if (!(value < 1e15) || value < 1e-7) { /* also infinity and NaN */
		buf_format(b, "%.15g", value);
		return;
	}
	for (decimals = decimals_near(value); value * power[decimals] < 1e14;)
		decimals++;
	put_decimal(b, (uint64_t)(value * power[decimals] + 0.5), decimals);
}

void buf_seconds(struct buf *b, uint64_t ns)
{
	put_decimal(b, ns, 9);
}

void buf_escaped(struct buf *b, const char *text)
{
	const unsigned char *p;

	for (p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p >= 0x7f)
			buf_format(b, "\\x%02x", *p);
		else
			buf_char(b, *p);
	}
}
