/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Between probe.c, which loads, and probe_attach.c, which chooses hooks and attaches. */
#ifndef WEIR_PROBE_ATTACH_H
#define WEIR_PROBE_ATTACH_H

#include "netdev.h"
#include "probe.h"

struct bpf_object;

/* One hook: a link, or a clsact filter. */
struct probe_hook {
	int link;         /* descriptor, -1: none */
	uint32_t ifindex; /* of a clsact filter, 0: none */
	uint32_t handle, priority;
	bool egress;
};

struct probe {
	struct bpf_object *object;
	struct probe_maps maps;
	size_t stats_size, entries_size, highs_size;
	bool frags;
	bool no_tcx;
	struct netdev devices[PROBE_MAX_INTERFACES];
	enum probe_mode modes[PROBE_MAX_INTERFACES]; /* for the ingress; AUTO is resolved */
	bool may_fall_back;                          /* mode auto: XDP refused means TC */
	struct probe_attached attached[PROBE_MAX_INTERFACES];
	size_t n_attached; /* devices, too */
	struct probe_hook hooks[2 * PROBE_MAX_INTERFACES];
	size_t n_hooks;
};

/* Look at the interfaces and choose a mode for each. 0, or negative with the reason in error. */
int probe_choose(struct probe *p, const struct probe_config *config, char *error, size_t size);

/* Will any interface need this program? */
bool probe_wants_program(const struct probe *p, const char *name);

/* Attach to all interfaces and read back. 0, or negative with the reason in error. */
int probe_attach(struct probe *p, char *error, size_t size);

/* The mode that auto takes for an interface, and why (at most size bytes into why). */
enum probe_mode probe_auto_mode(const struct netdev *dev, char *why, size_t size);

#endif
