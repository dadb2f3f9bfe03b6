/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text being put together. */
#ifndef WEIR_BUF_H
#define WEIR_BUF_H

#include <stddef.h>
#include <stdint.h>

/* All zero is an empty buffer. An append that finds no memory sets error and drops the text. */
struct buf {
	char *data; /* not terminated; NULL while empty */
	size_t length;
	size_t capacity;
	int error; /* 0 or -ENOMEM */
};

void buf_clear(struct buf *b);            /* frees */
int buf_room(struct buf *b, size_t more); /* to be written at data + length; 0, or -ENOMEM */
void buf_put(struct buf *b, const void *bytes, size_t n);
void buf_char_slowly(struct buf *b, char c); /* for buf_char() below */
void buf_text(struct buf *b, const char *text);
void buf_u64(struct buf *b, uint64_t value);
void buf_format(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As digits_put_real() writes it. */
void buf_real(struct buf *b, double value);

/* Nanoseconds as seconds, exactly: 1.000000001, 15, 0.5. */
void buf_seconds(struct buf *b, uint64_t ns);

/* Every byte below 0x20, 0x7f and above as \xHH: text from outside, safe for a terminal. */
void buf_escaped(struct buf *b, const char *text);

/* Inline, for there are several hundred of these in a record. */
static inline void buf_char(struct buf *b, char c)
{
	if (__builtin_expect(b->length < b->capacity, 1))
		b->data[b->length++] = c;
	else
		buf_char_slowly(b, c);
}

#endif
