/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What trafficgen and its BPF program share: the plan, one entry a packet, and the settings. */
#ifndef TOOLS_TRAFFICGEN_H
#define TOOLS_TRAFFICGEN_H

#include <linux/types.h>

struct trafficgen_packet {
	__u32 flow;
	__u16 length; /* of the frame, without FCS */
	__u8 protocol;
	__u8 pad;
};

/* Set between open and load. */
struct trafficgen_config {
	__u32 ifindex;
	__u32 planned;    /* entries in the plan; after the last comes the first again */
	__u32 frame;      /* bytes of the frame the kernel hands in, the largest of all */
	__u32 ip_offset;  /* 14, or 18 behind a VLAN tag */
	__u32 first_flow; /* added to every flow number */
	__u32 ipv6;
	__u32 tag;     /* 0x8100 << 16 | VLAN id, 0 none */
	__u16 link[8]; /* the Ethernet header as it lies on the wire, without the tag */
};

/* Written by the program alone, which runs on one CPU. */
struct trafficgen_count {
	__u64 packets;
	__u64 bytes;
	__u64 refused; /* the kernel refused the length; not sent */
	__u32 next;    /* entry of the plan */
	__u32 pad;
};

#endif
