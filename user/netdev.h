/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the system says of a network interface. */
#ifndef WEIR_NETDEV_H
#define WEIR_NETDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netdev {
	uint32_t ifindex;
	char name[16];
	char driver[32]; /* "" when it does not say */
	bool up;
	bool loopback;
	bool has_link_layer; /* Ethernet; false: packets start with the IP header */
	bool supported;      /* one of these two */
	unsigned int type;   /* ARPHRD_* */
	unsigned int mtu;
	bool native_xdp; /* the driver is known to run XDP natively, and well */
};

/* 0, or -ENODEV when there is no such interface, or another negative errno. */
int netdev_read(const char *name, struct netdev *dev);

/* One of the interface's own counters ("rx_packets"); 0 when it has none. */
uint64_t netdev_counter(const char *name, const char *counter);

/* Names of the interfaces, "lo, eth0", into text. */
void netdev_list(char *text, size_t size);

#endif
