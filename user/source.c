// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One buffer, refilled by read(2) or by inflate(3), whose rest moves to the front when a look goes
 * over its end. Whether the bytes are gzip is told by the first two of them.
 *
 * A file is read, not mapped. For 3 M packets (1.5 GB, in the page cache) on the 2-core VM of
 * DESIGN.md: read 0.12 s, mmap 0.36 s, mmap with windows populated ahead 0.39 s, since a copy that
 * stays in the L2 cache costs less than the page faults. And a mapped file that another program
 * cuts short would kill the process by SIGBUS.
 *
 * A read interrupted by a signal ends the source, so that a stop is heard while stdin is silent:
 * handlers of signals that are no stop need SA_RESTART.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "source.h"

#define SOURCE_BUFFER ((size_t)1 << 20)
#define SOURCE_PACKED ((size_t)128 << 10)
#define SOURCE_GZIP   (15 + 16) /* windowBits: the largest, in a gzip wrapper */

struct source_gzip {
	z_stream stream;
	bool between; /* the last member is whole, another may follow */
	uint8_t packed[SOURCE_PACKED];
};

static void __attribute__((format(printf, 2, 3)))
source_break(struct source *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->error, sizeof(s->error), format, args);
	va_end(args);
	s->ended = true;
}

/* Read up to n bytes; 0 at the end and when the source broke. */
static size_t read_some(struct source *s, uint8_t *to, size_t n)
{
	ssize_t got = read(s->fd, to, n);

	if (got < 0) {
		source_break(s, "cannot read at byte %llu: %s", (unsigned long long)s->taken,
		             strerror(errno));
		return 0;
	}
	s->taken += (uint64_t)got;
	return (size_t)got;
}

static unsigned long long packed_offset(const struct source *s)
{
	return s->taken - s->gzip->stream.avail_in;
}

/* More packed bytes for inflate. False when there are none. */
static bool refill_packed(struct source *s)
{
	struct source_gzip *g = s->gzip;
	size_t got;

	if (g->stream.avail_in)
		return true;
	got = read_some(s, g->packed, SOURCE_PACKED);
	g->stream.next_in = g->packed;
	g->stream.avail_in = (uInt)got;
	if (!got && !s->ended && !g->between)
		source_break(s, "gzip data cut short at byte %llu", packed_offset(s));
	return got > 0;
}

/*
 * Behind a member may stand another one (RFC 1952, 2.2) or, where tapes and blocks were padded,
 * zeros. False when neither is there.
 */
static bool next_member(struct source *s)
{
	struct source_gzip *g = s->gzip;

	do {
		while (g->stream.avail_in && *g->stream.next_in == 0) {
			g->stream.next_in++;
			g->stream.avail_in--;
		}
	} while (!g->stream.avail_in && refill_packed(s));
	if (!g->stream.avail_in)
		return false;
	if (*g->stream.next_in != 0x1f) {
		source_break(s, "something else than gzip data follows at byte %llu",
		             packed_offset(s));
		return false;
	}
	g->between = false;
	return inflateReset(&g->stream) == Z_OK;
}

/* Unpack up to n bytes; 0 at the end and when the source broke. */
static size_t inflate_some(struct source *s, uint8_t *to, size_t n)
{
	struct source_gzip *g = s->gzip;
	int status;

	g->stream.next_out = to;
	g->stream.avail_out = (uInt)n;
	while (g->stream.avail_out == n) {
		if (g->between ? !next_member(s) : !refill_packed(s))
			return 0;
		status = inflate(&g->stream, Z_NO_FLUSH);
		if (status == Z_STREAM_END) {
			g->between = true;
		} else if (status != Z_OK && status != Z_BUF_ERROR) {
			source_break(s, "gzip data corrupt near byte %llu: %s", packed_offset(s),
			             g->stream.msg ? g->stream.msg : zError(status));
			break; /* what was unpacked before is good */
		}
	}
	return n - g->stream.avail_out;
}

/* Room for n bytes from the position on, which moves to the front. */
static bool make_room(struct source *s, size_t n)
{
	size_t left = source_left(s);
	uint8_t *larger;

	if (left)
		memmove(s->buffer, s->pos, left);
	if (n > s->capacity) {
		larger = realloc(s->buffer, n);
		if (!larger)
			source_break(s, "out of memory for %zu bytes", n);
		s->buffer = larger ? larger : s->buffer;
		s->capacity = larger ? n : s->capacity;
	}
	s->pos = s->buffer;
	s->end = s->buffer + left;
	return n <= s->capacity;
}

const uint8_t *source_fill(struct source *s, size_t n)
{
	size_t have, got;

	if (s->ended || source_left(s) >= n || !make_room(s, n))
		return source_left(s) >= n ? s->pos : NULL;
	while ((have = source_left(s)) < n && !s->ended) {
		got = s->gzip ? inflate_some(s, s->buffer + have, s->capacity - have)
		              : read_some(s, s->buffer + have, s->capacity - have);
		if (!got)
			s->ended = true;
		s->end += got;
		s->unpacked += got;
	}
	return have >= n ? s->pos : NULL;
}

bool source_skip(struct source *s, uint64_t n)
{
	while (source_left(s) < n) {
		n -= source_left(s);
		s->pos = s->end;
		if (!source_fill(s, 1))
			return false;
	}
	s->pos += n;
	return true;
}

/* The bytes at hand turn out to be packed: inflate takes them first. */
static int start_gzip(struct source *s)
{
	struct source_gzip *g = calloc(1, sizeof(*g));
	size_t left = source_left(s);

	if (!g)
		return -ENOMEM;
	if (inflateInit2(&g->stream, SOURCE_GZIP) != Z_OK) {
		free(g);
		return -ENOMEM;
	}
	memcpy(g->packed, s->pos, left);
	g->stream.next_in = g->packed;
	g->stream.avail_in = (uInt)left;
	s->gzip = g;
	s->end = s->pos = s->buffer;
	s->unpacked = 0;
	s->ended = false;
	return 0;
}

/* The first read is no larger than what start_gzip() can take over. */
static int start_reading(struct source *s)
{
	const uint8_t *first;

	s->capacity = SOURCE_PACKED;
	s->buffer = malloc(SOURCE_BUFFER);
	if (!s->buffer)
		return -ENOMEM;
	s->pos = s->end = s->buffer;
	first = source_fill(s, 2);
	s->capacity = SOURCE_BUFFER;
	return first && first[0] == 0x1f && first[1] == 0x8b ? start_gzip(s) : 0;
}

int source_open(struct source *s, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct stat status;
	int error = 0;

	memset(s, 0, sizeof(*s));
	s->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		return -errno;
	if (fstat(s->fd, &status) < 0)
		error = -errno;
	else if (S_ISDIR(status.st_mode))
		error = -EISDIR;
	else if (S_ISREG(status.st_mode) && !is_stdin)
		s->size = (uint64_t)status.st_size;
	posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* pipes refuse, which is no harm */
	if (!error)
		error = start_reading(s);
	if (error)
		source_close(s);
	return error;
}

const char *source_error(const struct source *s)
{
	return s->error;
}

double source_progress(const struct source *s)
{
	uint64_t waiting = s->gzip ? s->gzip->stream.avail_in : source_left(s);
	double part = s->size ? (double)(s->taken - waiting) / (double)s->size : -1;

	return part > 1 ? 1 : part; /* a file may grow meanwhile */
}

void source_close(struct source *s)
{
	if (s->gzip)
		inflateEnd(&s->gzip->stream);
	free(s->gzip);
	free(s->buffer);
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	memset(s, 0, sizeof(*s));
}
