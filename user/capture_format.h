/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What capture.c and the readers of the two formats share; for nobody else. */
#ifndef WEIR_CAPTURE_FORMAT_H
#define WEIR_CAPTURE_FORMAT_H

#include <string.h>

#include "capture.h"
#include "source.h"

#define CAPTURE_MAX_PACKET 262144     /* what dumpcap and tcpdump take at most */
#define CAPTURE_MAX_BLOCK  (16 << 20) /* what is read as one piece, whatever files claim */

enum capture_magic {
	CAPTURE_MICROSECONDS = 0xa1b2c3d4u,
	CAPTURE_NANOSECONDS = 0xa1b23c4du,
	CAPTURE_KUZNETSOV = 0xa1b2cd34u, /* libpcap of Linux distributions about 2000 */
	CAPTURE_PCAPNG = 0x0a0d0d0au,    /* the same in both byte orders */
};

/* One of a pcapng section's interfaces. */
struct capture_interface {
	uint32_t link_number;
	uint32_t snaplen; /* 0: no limit */
	int64_t offset_s;
	uint64_t multiply; /* ns = ticks * multiply / divide, or >> shift; then + offset_s */
	uint64_t divide;
	uint8_t shift;
	int8_t link; /* enum parse_link; -1: not supported */
};

struct capture {
	enum capture_status (*next)(struct capture *capture, struct capture_packet *packet);
	struct source source;
	uint64_t packets; /* delivered */
	bool swapped;     /* numbers are of the other byte order */

	bool old_lengths;     /* pcap before 2.4: the two lengths may be in either order */
	uint32_t header;      /* pcap: bytes before a packet's data */
	uint32_t limit;       /* pcap: more captured bytes than this cannot be */
	uint32_t ns_per_tick; /* pcap */
	enum parse_link link; /* pcap */

	struct capture_interface *interfaces; /* pcapng, of this section */
	uint32_t n_interfaces;
	uint32_t room;    /* allocated interfaces */
	uint64_t time_ns; /* pcapng: of the last packet that had one */

	char *name;
	char error[1024];
};

/* Read the file's header; the first bytes have told the format. 0 or CAPTURE_FAILED. */
int capture_pcap_start(struct capture *capture);
int capture_pcapng_start(struct capture *capture);

/* "FILE: " and the message into capture->error; from now on capture_next() fails. */
enum capture_status capture_fail(struct capture *capture, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* The bytes ended inside WHAT, which begins at offset start; or why the source broke. */
enum capture_status capture_fail_cut(struct capture *capture, const char *what, uint64_t start);

/* The same for packet number packets + 1. */
enum capture_status capture_fail_cut_packet(struct capture *capture, uint64_t start);

/* Nothing is left: CAPTURE_END, or CAPTURE_FAILED when the source broke. */
enum capture_status capture_end(struct capture *capture);

/* The enum parse_link of a LINKTYPE_ number, or -1. */
int capture_link(uint32_t number);

/* "link type 105 (IEEE 802.11) is not supported; weir reads ...", after where, which may be "". */
enum capture_status capture_fail_link(struct capture *capture, const char *where, uint32_t number);

static inline uint16_t capture_16(const struct capture *capture, const uint8_t *p)
{
	uint16_t value;

	memcpy(&value, p, sizeof(value));
	return capture->swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t capture_32(const struct capture *capture, const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return capture->swapped ? __builtin_bswap32(value) : value;
}

static inline uint64_t capture_64(const struct capture *capture, const uint8_t *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return capture->swapped ? __builtin_bswap64(value) : value;
}

#endif
