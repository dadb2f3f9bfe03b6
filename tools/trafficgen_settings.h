/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What trafficgen is asked to do: its options, and the checks that need more than one of them. */
#ifndef TOOLS_TRAFFICGEN_SETTINGS_H
#define TOOLS_TRAFFICGEN_SETTINGS_H

#include <linux/if_ether.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "log.h"
#include "netdev.h"
#include "opt.h"

#define FRAME_MAX 3400 /* the kernel keeps a frame within a page */

enum protocol {
	PROTOCOL_UDP,
	PROTOCOL_TCP,
	PROTOCOL_ICMP,
	PROTOCOL_MIX,
};

struct settings {
	const char *iface, *size, *zipf, *mac;
	uint64_t packets, flows, first_flow, vlan, batch, rate, cpu, seed;
	int protocol;
	bool ipv6, json;
	uint32_t ifindex, size_min, size_max; /* from the texts */
	double exponent;                      /* < 0: the flows in turn */
	uint8_t receiver[ETH_ALEN];
};

#define AT(member) offsetof(struct settings, member)

static const struct opt settings_rows[] = {
	{ "packets", 0, "N", OPT_NUMBER, AT(packets), 1, 0, NULL, "how many to send" },
	{ "flows", 0, "N", OPT_NUMBER, AT(flows), 1, 1 << 24, NULL, "of how many flows" },
	{ "first-flow", 0, "N", OPT_NUMBER, AT(first_flow), 0, 1 << 24, NULL, "first number" },
	{ "zipf", 0, "S", OPT_TEXT, AT(zipf), 0, 0, NULL,
	  "flows at random, the k-th with weight 1/k^S, 0 uniform (without: all in turn)" },
	{ "size", 0, "N[:M]", OPT_TEXT, AT(size), 0, 0, NULL,
	  "frame length without FCS, or a uniform range (64, or the least with these headers)" },
	{ "protocol", 0, "NAME", OPT_CHOICE, AT(protocol), 0, 0, "udp|tcp|icmp|mix",
	  "of each flow, by its number" },
	{ "ipv6", 0, NULL, OPT_FLAG, AT(ipv6), 0, 0, NULL, "IPv6 instead of IPv4" },
	{ "vlan", 0, "ID", OPT_NUMBER, AT(vlan), 0, 4094, NULL, "802.1Q tag, 0 none" },
	{ "dst-mac", 0, "MAC", OPT_TEXT, AT(mac), 0, 0, NULL,
	  "receiver; not its own: its stack drops them at once" },
	{ "rate", 0, "PPS", OPT_NUMBER, AT(rate), 0, 1000000000, NULL,
	  "packets a second, 0 as fast as can be" },
	{ "batch", 0, "N", OPT_NUMBER, AT(batch), 1, 256, NULL,
	  "frames between two turns of the receiver" },
	{ "cpu", 0, "N", OPT_NUMBER, AT(cpu), 0, CPU_SETSIZE - 1, NULL, "run on this CPU" },
	{ "seed", 0, "N", OPT_NUMBER, AT(seed), 0, 0, NULL, "of all chance" },
	{ "json", 0, NULL, OPT_FLAG, AT(json), 0, 0, NULL, "print the result as JSON" },
};

static const struct opt_command settings_command = {
	.name = "trafficgen",
	.arguments = "IFACE",
	.summary = "Send an exactly known number of packets of exactly known flows.",
	.details = "The far end of a veth must read frames: GRO on, or a native XDP program.",
	.options = settings_rows,
	.n_options = sizeof(settings_rows) / sizeof(settings_rows[0]),
};

static inline uint32_t settings_ip_offset(const struct settings *s)
{
	return ETH_HLEN + (s->vlan ? 4 : 0);
}

/* Read the texts into numbers. 0, or the exit code when it has said what is wrong. */
static inline int settings_check(struct settings *s)
{
	struct netdev dev;
	uint32_t least = settings_ip_offset(s) + (s->ipv6 ? 40 : 20) + 20, most;
	uint8_t *m = s->receiver;
	char end;
	int n;

	if (netdev_read(s->iface, &dev)) {
		log_error("%s: no such interface", s->iface);
		return 1;
	}
	s->ifindex = dev.ifindex;
	most = dev.mtu + settings_ip_offset(s) < FRAME_MAX ? dev.mtu + settings_ip_offset(s)
	                                                   : FRAME_MAX;
	s->size_min = s->size_max = least > 64 ? least : 64;
	n = s->size ? sscanf(s->size, "%u:%u%c", &s->size_min, &s->size_max, &end) : 2;
	if (n == 1)
		s->size_max = s->size_min;
	if (n < 1 || n > 2 || s->size_min < least || s->size_max > most ||
	    s->size_min > s->size_max) {
		log_error("--size: with these headers %s takes N or N:M from %u to %u", s->iface,
		          least, most);
		return 2;
	}
	if (s->zipf && (sscanf(s->zipf, "%lf%c", &s->exponent, &end) != 1 ||
	                !(s->exponent >= 0 && s->exponent <= 5))) {
		log_error("--zipf: '%s' is not a number from 0 to 5", s->zipf);
		return 2;
	}
	if (sscanf(s->mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", m, m + 1, m + 2, m + 3, m + 4,
	           m + 5, &end) != 6) {
		log_error("--dst-mac: '%s' is not a MAC address", s->mac);
		return 2;
	}
	return 0;
}

#endif
