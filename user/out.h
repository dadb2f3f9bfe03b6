/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text on its way to a file descriptor. */
#ifndef WEIR_OUT_H
#define WEIR_OUT_H

#include <stdbool.h>

#include "buf.h"

/* A file being written. Appends go to text; out_flush() passes them on. */
struct out {
	struct buf text;
	int fd;
	int error;    /* the first write error, negative; sticky: nothing is written after it */
	bool created; /* was not there before */
	bool stale;   /* holds what an earlier run wrote, until the first write */
};

/*
 * path "-" is stdout. A file that is there keeps its content until the first write, so that a start
 * that fails elsewhere costs nothing. 0, or a negative errno; -EBADF: stdout is closed.
 */
int out_open(struct out *out, const char *path);

/* Close without writing: the file at path is as it was before out_open(). Nothing flushed yet. */
void out_abandon(struct out *out, const char *path);

/* Write what has gathered. 0, or the sticky error. */
int out_flush(struct out *out);

/* Write only if much has gathered. */
int out_flush_if_full(struct out *out);

/* Flush, close and free. 0, or the sticky error or that of close(). */
int out_close(struct out *out);

#endif
