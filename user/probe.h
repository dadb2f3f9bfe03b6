/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel side from the agent's side: load the programs, attach them to interfaces, read back
 * what was attached. Everything goes when the probe is closed or the process ends, however it
 * ends (but for clsact filters, where the kernel has no TCX: those need probe_close()).
 */
#ifndef WEIR_PROBE_H
#define WEIR_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow.h"

enum probe_mode {
	PROBE_AUTO,
	PROBE_XDP,
	PROBE_XDP_GENERIC,
	PROBE_TC,
};

#define PROBE_MODES          "auto|xdp|xdp-generic|tc"
#define PROBE_MAX_INTERFACES 32

struct probe_config {
	const char *const *interfaces;
	size_t n_interfaces;
	enum probe_mode mode;
	uint32_t kernel_flows; /* entries of one CPU's table; 0: by the number of CPUs */
	bool no_tcx;           /* tests: as if the kernel had no TCX */
	bool test_clock;       /* tests: see flow.h */
};

/* What an interface got, read back from the kernel after attaching. */
struct probe_attached {
	uint32_t ifindex;
	char name[16];
	const char *ingress; /* "xdp native", "xdp generic", "tcx", "clsact" */
	const char *egress;  /* "tcx", "clsact", or "none" (loopback: each packet passes twice) */
	uint32_t ingress_id; /* program ids */
	uint32_t egress_id;
	char note[160]; /* why auto chose so; may be empty */
};

/* The maps, for drain. */
struct probe_maps {
	uint32_t cpus;                    /* slots = 2 * cpus */
	uint32_t tables;                  /* CPUs below this have tables: 2 * tables of them */
	uint32_t kernel_flows;            /* entries of a table */
	const struct flow_entry *entries; /* [2 * tables][kernel_flows], the kernel's own */
	const struct flow_high *highs;    /* likewise */
	struct flow_stats
	        *stats; /* slots, shared with the kernel; only retired ones may be written */
	volatile uint32_t *epoch;
	int overflow;
	int wake;               /* the ring buffer's */
	int grace, grace_inner; /* putting the one into the other waits for a grace period */
};

struct probe;

/* NULL on failure, with one line in error: the thing, the attempt, the reason, the next step. */
struct probe *probe_open(const struct probe_config *config, char *error, size_t size);

/* Detach; the maps stay for a last drain. */
void probe_detach(struct probe *p);

/* Accepts NULL. */
void probe_close(struct probe *p);

const struct probe_maps *probe_maps(const struct probe *p);
const struct probe_attached *probe_attached(const struct probe *p, size_t *n);

/* Descriptor of a loaded program ("weir_xdp"), or a negative errno. */
int probe_program(const struct probe *p, const char *name);

/* Bytes that the kernel's maps take, as the kernel tells; 0 if it does not. */
uint64_t probe_memory(const struct probe *p);

#endif
