// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A line of /proc/net/route is "eth0 destination gateway flags refcount use metric mask ...", of
 * /proc/net/ipv6_route "destination length source length next-hop metric refcount use flags eth0";
 * numbers are hexadecimal, IPv4's metric is not. Of several default routes the kernel takes the one
 * of the lowest metric, as tools/run.sh does.
 */
#include "top_route.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROUTE_UP     0x1
#define ROUTE_REJECT 0x200

struct route {
	char name[32];
	unsigned int flags, metric;
};

static int is_default_ipv4(const char *line, struct route *r)
{
	unsigned int destination, mask;

	return sscanf(line, "%31s %x %*x %x %*u %*u %u %x", r->name, &destination, &r->flags,
	              &r->metric, &mask) == 5 &&
	       !destination && !mask;
}

static int is_default_ipv6(const char *line, struct route *r)
{
	char destination[33];
	unsigned int length;

	return sscanf(line, "%32s %x %*s %*x %*s %x %*x %*x %x %31s", destination, &length,
	              &r->metric, &r->flags, r->name) == 5 &&
	       !length && strspn(destination, "0") == 32;
}

static int find(const char *text, int (*is_default)(const char *, struct route *), char *name,
                size_t size)
{
	struct route best = { .metric = ~0U }, r;
	int found = 0;
	char line[256];

	while (*text) {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
		text += strcspn(text, "\n");
		text += *text == '\n';
		if (!is_default(line, &r) || !(r.flags & ROUTE_UP) || r.flags & ROUTE_REJECT ||
		    !strcmp(r.name, "lo") || (found && r.metric >= best.metric))
			continue;
		best = r;
		found = 1;
	}
	if (found)
		snprintf(name, size, "%s", best.name);
	return found ? 0 : -ENOENT;
}

int top_route_find(const char *ipv4, const char *ipv6, char *name, size_t size)
{
	return find(ipv4, is_default_ipv4, name, size) ? find(ipv6, is_default_ipv6, name, size)
	                                               : 0;
}

static void read_whole(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, size - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
}

int top_route_interface(char *name, size_t size)
{
	char ipv4[16384], ipv6[65536];

	read_whole("/proc/net/route", ipv4, sizeof(ipv4));
	read_whole("/proc/net/ipv6_route", ipv6, sizeof(ipv6));
	return top_route_find(ipv4, ipv6, name, size);
}
