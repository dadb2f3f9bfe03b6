/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What bench and its BPF programs share: the minimal flow counter's key and value. */
#ifndef TOOLS_BENCH_H
#define TOOLS_BENCH_H

#include <linux/types.h>

#define BENCH_PACKETS (1U << 20) /* entries of the pattern; a power of two */

struct bench_key {
	__u8 src[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u8 dst[16];
	__u16 src_port, dst_port;
	__u8 protocol;
	__u8 pad[3];
};

struct bench_value {
	__u64 packets;
	__u64 bytes;
	__u64 last_ns;
};

#endif
