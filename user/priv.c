// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Effective capabilities, asked of the kernel directly: three bits do not need a library. */
#include "priv.h"

#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t effective(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

bool priv_can_attach(char *missing, size_t size)
{
	static const struct {
		int cap;
		int instead;
		const char *name;
	} needed[] = {
		{ CAP_BPF, CAP_SYS_ADMIN, "CAP_BPF" },
		{ CAP_PERFMON, CAP_SYS_ADMIN, "CAP_PERFMON" },
		{ CAP_NET_ADMIN, CAP_NET_ADMIN, "CAP_NET_ADMIN" },
	};
	uint64_t have = effective();
	size_t i, used = 0;

	*missing = '\0';
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!(have >> needed[i].cap & 1) && !(have >> needed[i].instead & 1) && used < size)
			used += snprintf(missing + used, size - used, "%s%s", used ? ", " : "",
			                 needed[i].name);
	return !used;
}
