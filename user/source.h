/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bytes out of a file, a pipe or stdin, unpacked when they are gzip, looked at before taken. */
#ifndef WEIR_SOURCE_H
#define WEIR_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source_gzip;

struct source {
	const uint8_t *pos; /* the bytes at hand: pos..end */
	const uint8_t *end;
	uint8_t *buffer;
	size_t capacity;
	uint64_t unpacked; /* offset of end in the (unpacked) bytes */
	uint64_t taken;    /* bytes read from the file */
	uint64_t size;     /* of the file; 0 when not known */
	int fd;
	bool ended;
	struct source_gzip *gzip; /* NULL: not compressed */
	char error[128];
};

/* Open PATH ("-": stdin). 0 or a negative errno; on failure there is nothing to close. */
int source_open(struct source *source, const char *path);

/*
 * At least n bytes at the position, not taken; NULL when fewer are left. Valid until the next
 * call. Moving pos forward by up to n takes them.
 */
const uint8_t *source_fill(struct source *source, size_t n);

/* Take n bytes unseen. False, at the end, when fewer are left. */
bool source_skip(struct source *source, uint64_t n);

/* Why no more bytes came, without the file's name; "" at a good end. */
const char *source_error(const struct source *source);

/* How far through the file, 0..1; negative when its size is not known. */
double source_progress(const struct source *source);

/* Accepts one that is all zeros. */
void source_close(struct source *source);

static inline size_t source_left(const struct source *source)
{
	return (size_t)(source->end - source->pos);
}

/* Offset of the position in the (unpacked) bytes. */
static inline uint64_t source_offset(const struct source *source)
{
	return source->unpacked - source_left(source);
}

static inline const uint8_t *source_peek(struct source *source, size_t n)
{
	if (__builtin_expect(source_left(source) >= n, 1))
		return source->pos;
	return source_fill(source, n);
}

#endif
