// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* weir doctor [IFACE]: what this kernel, driver and set of rights allow, and what auto would do. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd.h"
#include "log.h"
#include "netdev.h"
#include "priv.h"
#include "priv_filter.h"
#include "probe_attach.h"
#include "probe_check.h"

static void line(const char *mark, const char *what, const char *more)
{
	printf("  %-4s %s%s%s\n", mark, what, *more ? ": " : "", more);
}

/* The first word of a file under /proc or /sys, "" when it is not there. */
static void first_word(const char *path, char word[32])
{
	FILE *f = fopen(path, "re");

	*word = '\0';
	if (!f)
		return;
	if (fscanf(f, "%31s", word) != 1)
		*word = '\0';
	fclose(f);
}

/* What giving up rights after attaching will leave. */
static void examine_drop(void)
{
	bool users = priv_can_change_user(), lid = priv_can_empty_bounding_set();
	bool filter = priv_filter_is_built();
	char word[32], text[160];

	line("->", "after attaching", "they are given up; --sandbox=no keeps them");
	if (geteuid())
		snprintf(text, sizeof(text), "%u, as now", geteuid());
	else
		snprintf(text, sizeof(text), "%s",
		         users ? "nobody, or that of --user"
		               : "root still, but without rights: CAP_SETUID, CAP_SETGID are "
		                 "lacking");
	line(users || geteuid() ? "->" : "--", "user from then on", text);
	if (!lid)
		line("--", "bounding set", "stays: CAP_SETPCAP is lacking; no_new_privs covers it");
	line(filter ? "->" : "--", "system calls",
	     filter ? "filtered" : "not filtered: built without libseccomp");
	first_word("/proc/sys/kernel/unprivileged_bpf_disabled", word);
	snprintf(text, sizeof(text), "%s; other than 0, CAP_BPF stays before Linux 5.19", word);
	if (*word)
		line("->", "kernel.unprivileged_bpf_disabled", text);
}

static bool examine_rights(void)
{
	char missing[80], text[160];
	bool can = priv_can_attach(missing, sizeof(missing));

	printf("Rights\n");
	if (can)
		line("ok", "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN (or CAP_SYS_ADMIN)", "");
	snprintf(text, sizeof(text), "lacks %s; run as root, or with sudo", missing);
	if (!can)
		line("NO", "watching interfaces", text);
	if (can)
		examine_drop();
	return can;
}

static bool examine_kernel(bool rights)
{
	const struct probe_check *checks;
	struct utsname system;
	char word[32], text[128];
	size_t n, i;
	bool able = true;

	uname(&system);
	printf("Kernel %s, %s, %ld CPUs online\n", system.release, system.machine,
	       sysconf(_SC_NPROCESSORS_ONLN));
	first_word("/proc/sys/net/core/bpf_jit_enable", word);
	if (*word)
		line(*word == '0' ? "slow" : "ok", "BPF just-in-time compiler",
		     *word == '0' ? "off; sysctl net.core.bpf_jit_enable=1 turns it on" : "");
	if (!rights) {
		line("?", "features", "cannot be asked without the rights above");
		return false;
	}
	n = probe_check_kernel(&checks);
	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "since Linux %s; %s", checks[i].since,
		         checks[i].without ? checks[i].without : "weir cannot do without");
		line(checks[i].there    ? "ok"
		     : checks[i].needed ? "NO"
		                        : "--",
		     checks[i].feature, checks[i].there ? "" : text);
		able = able && (checks[i].there || !checks[i].needed);
	}
	return able;
}

static void examine_hooks(const struct netdev *dev)
{
	int in = probe_check_tcx(dev->ifindex, false), out = probe_check_tcx(dev->ifindex, true);
	uint32_t xdp = probe_check_xdp(dev->ifindex);
	char text[96];

	snprintf(text, sizeof(text), "XDP program %u is attached: --mode xdp would be refused",
	         xdp);
	line(xdp ? "--" : "ok", "XDP hook", xdp ? text : "free");
	snprintf(text, sizeof(text), "%d programs on ingress, %d on egress; weir goes before them",
	         in, out);
	if (in >= 0 && out >= 0)
		line("ok", "TCX", text);
}

static bool examine_interface(const char *name, bool rights)
{
	struct netdev dev;
	char text[256], known[256];

	if (netdev_read(name, &dev)) {
		netdev_list(known, sizeof(known));
		log_error("%s: no such interface; there are: %s", name, known);
		return false;
	}
	printf("Interface %s: driver %s, MTU %u, %s\n", dev.name,
	       *dev.driver ? dev.driver : "(unnamed)", dev.mtu, dev.up ? "up" : "down");
	snprintf(text, sizeof(text), "bring it up: ip link set %s up", dev.name);
	if (!dev.up)
		line("NO", "it is down", text);
	if (!dev.supported)
		line("NO", "hardware type", "neither Ethernet nor plain IP");
	if (rights)
		examine_hooks(&dev);
	switch (probe_auto_mode(&dev, text, sizeof(text))) {
	case PROBE_TC:
		line("->", "--mode auto takes tc", text);
		break;
	default:
		line("->", "--mode auto takes xdp", text);
		break;
	}
	return dev.up && dev.supported;
}

static int run(const struct opt_command *self, int argc, char **argv)
{
	char none = 0;
	bool rights, able;
	int i;

	switch (opt_parse(self, &none, &argc, argv)) {
	case OPT_HELP:
		return CMD_DONE;
	case OPT_WRONG:
		return CMD_USAGE;
	default:
		break;
	}
	rights = examine_rights();
	able = examine_kernel(rights);
	for (i = 0; i < argc; i++)
		if (!examine_interface(argv[i], rights))
			able = false;
	printf(able ? "weir monitor can work here.\n" : "weir monitor cannot work here yet.\n");
	return able ? CMD_DONE : CMD_FAILED;
}

const struct opt_command cmd_doctor = {
	.name = "doctor",
	.arguments = "[IFACE...]",
	.summary = "what this kernel, these rights and an interface's driver allow",
	.run = run,
};
