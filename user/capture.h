/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets out of capture files: pcap and pcapng, plain or gzip, by path or from stdin. */
#ifndef WEIR_CAPTURE_H
#define WEIR_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "parse.h"

struct capture;

struct capture_packet {
	const uint8_t *data; /* valid until the next call */
	uint32_t captured;   /* bytes at data */
	uint32_t length;     /* bytes on the wire, >= captured */
	uint64_t time_ns;    /* since 1970 */
	enum parse_link link;
};

enum capture_status {
	CAPTURE_PACKET = 1,
	CAPTURE_END = 0,
	CAPTURE_FAILED = -1, /* capture_error() tells; all packets before were good */
};

/*
 * Open PATH ("-": stdin; gzip is recognised by its first bytes). NULL on failure, with the reason
 * and the next step in error: "FILE: ...".
 */
struct capture *capture_open(const char *path, char *error, size_t size);

/* The next packet. A file cut in the middle of a packet ends with CAPTURE_FAILED. */
enum capture_status capture_next(struct capture *capture, struct capture_packet *packet);

/* Why capture_next() failed, as one line without a newline. */
const char *capture_error(const struct capture *capture);

/* How far through the file, 0..1; negative where that is unknown (stdin). */
double capture_progress(const struct capture *capture);

/* Accepts NULL. */
void capture_close(struct capture *capture);

#endif
