/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The live run, which `monitor` and `top` share; it is in cmd_monitor.c. */
#ifndef WEIR_MONITOR_H
#define WEIR_MONITOR_H

#include "collect.h"
#include "guard.h"
#include "loop.h"
#include "probe.h"

struct monitor_options {
	struct collect_options collect;
	uint64_t duration_ns;
	uint64_t kernel_flows;
	int mode;
	struct guard_options guard;
};

/* clang-format off */
#define MONITOR_OPTIONS                                                                            \
	COLLECT_OPTIONS(struct monitor_options, collect),                                          \
	WATCH_LIVE_OPTIONS(struct monitor_options, collect.watch),                                 \
	HTTP_OPTIONS(struct monitor_options, collect.http),                                        \
	{ "duration", 'd', "TIME", OPT_DURATION, offsetof(struct monitor_options, duration_ns), 0, \
	  UINT64_MAX, NULL, "stop after this; 0: never" },                                         \
	{ "mode", 'm', "MODE", OPT_CHOICE, offsetof(struct monitor_options, mode), 0, 0,           \
	  PROBE_MODES, "hook for incoming packets; outgoing ones are always seen by tc" },         \
	{ "kernel-flows", 0, "N", OPT_NUMBER, offsetof(struct monitor_options, kernel_flows), 0,   \
	  16777216, NULL, "entries of each CPU's flow table in the kernel; 0: by CPUs" },          \
	GUARD_OPTIONS(struct monitor_options, guard)
/* clang-format on */

/* What else is to go on in the loop. */
struct monitor_guest {
	unsigned int needs; /* enum priv_need */
	/* All is attached and rights are about to go: 0, or negative with one line in error. */
	int (*open)(void *arg, struct loop *loop, char *error, size_t size);
	void (*close)(void *arg); /* the run is over; the sums come next */
	void *arg;
};

/* Watch the n interfaces until a signal or the end of the duration; an exit code. guest: or NULL.
 */
int monitor_run(const struct monitor_options *o, char **names, int n,
                const struct monitor_guest *guest);

/*
 * Containers name their interfaces in WEIR_INTERFACES, white space between them: take list apart
 * into at most size names; how many comes back.
 */
int monitor_interfaces(char *list, char **names, int size);

#endif
