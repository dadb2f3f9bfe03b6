/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The interface that most people mean when they name none. */
#ifndef WEIR_TOP_ROUTE_H
#define WEIR_TOP_ROUTE_H

#include <stddef.h>

/* Name of the interface of the default route, of IPv4 or else IPv6. 0, or -ENOENT. */
int top_route_interface(char *name, size_t size);

/* The same from text in the form of /proc/net/route and /proc/net/ipv6_route; either may be "". */
int top_route_find(const char *ipv4, const char *ipv6, char *name, size_t size);

#endif
