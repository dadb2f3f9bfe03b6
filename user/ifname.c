// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A small memory of interface names. Asking the system costs a call, and the interface of a flow
 * may be gone (a container that ended) when its record is written.
 */
#include "ifname.h"

#include <net/if.h>
#include <stdio.h>

#define REMEMBERED 64

struct known {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
};

const char *ifname_of(uint32_t ifindex)
{
	static struct known known[REMEMBERED];
	struct known *k = &known[ifindex % REMEMBERED];

	if (k->ifindex != ifindex || !k->name[0]) {
		k->ifindex = ifindex;
		if (!if_indextoname(ifindex, k->name))
			snprintf(k->name, sizeof(k->name), "if%u", ifindex);
	}
	return k->name;
}
