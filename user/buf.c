// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Growing text. */
#include "buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"

int buf_room(struct buf *b, size_t more)
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
	if (buf_room(b, n))
		return;
	if (n)
		memcpy(b->data + b->length, bytes, n);
	b->length += n;
}

void buf_char_slowly(struct buf *b, char c)
{
	if (buf_room(b, 1))
		return;
	b->data[b->length++] = c;
}

void buf_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

void buf_u64(struct buf *b, uint64_t value)
{
	if (!buf_room(b, DIGITS_ROOM))
		b->length = digits_put(b->data + b->length, value) - b->data;
}

void buf_format(struct buf *b, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || buf_room(b, n + 1))
		return;
	va_start(args, format);
	vsnprintf(b->data + b->length, n + 1, format, args);
	va_end(args);
	b->length += n;
}

void buf_real(struct buf *b, double value)
{
	if (!buf_room(b, DIGITS_ROOM))
		b->length = digits_put_real(b->data + b->length, value) - b->data;
}

void buf_seconds(struct buf *b, uint64_t ns)
{
	if (!buf_room(b, DIGITS_ROOM))
		b->length = digits_put_decimal(b->data + b->length, ns, 9) - b->data;
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
