/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists that are drawn as bars: protocols, hosts, ports and classes, the greatest first. */
#ifndef WEIR_PLOT_BARS_H
#define WEIR_PLOT_BARS_H

#include "plot_data.h"

#define PLOT_BARS_MAX 100

struct plot_bar {
	char name[96];
	struct plot_sum sum; /* packets: of protocols alone */
	uint64_t first;      /* of sum.bytes: of flows that the host began; hosts alone */
};

struct plot_bars {
	size_t used;
	struct plot_bar bar[PLOT_BARS_MAX];
	struct plot_sum
	        others;    /* what the bars leave out, so that the sum is that of the records */
	uint64_t n_others; /* how many they are */
	uint64_t error;    /* each sum may be too low by this; 0: exact */
};

/* At most n (<= PLOT_BARS_MAX) bars of each. */
void plot_bars_protocols(struct plot_bars *bars, const struct plot_data *d,
                         size_t n);                                                  /* by flows */
void plot_bars_hosts(struct plot_bars *bars, const struct plot_data *d, size_t n);   /* by bytes */
void plot_bars_ports(struct plot_bars *bars, const struct plot_data *d, size_t n);   /* by bytes */
void plot_bars_classes(struct plot_bars *bars, const struct plot_data *d, size_t n); /* by flows */

/* "TCP", or "protocol 253". */
void plot_protocol_name(uint8_t protocol, char *name, size_t size);

/* What is usually at a port of TCP or UDP ("https"); "" when not known. */
const char *plot_port_service(uint16_t port);

#endif
