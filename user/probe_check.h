/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What this kernel can do for weir, asked and not guessed from its version. */
#ifndef WEIR_PROBE_CHECK_H
#define WEIR_PROBE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probe_check {
	const char *feature; /* "TCX links" */
	const char *since;   /* the mainline version that brought it */
	bool there;
	bool needed;         /* without it weir cannot watch an interface */
	const char *without; /* what happens without it */
};

/* Ask for all of them; how many comes back, and checks is set to an array in static memory. */
size_t probe_check_kernel(const struct probe_check **checks);

/* Ids of the programs on an interface: XDP (0: none), and how many TCX programs; -1: no TCX. */
uint32_t probe_check_xdp(uint32_t ifindex);
int probe_check_tcx(uint32_t ifindex, bool egress);

#endif
