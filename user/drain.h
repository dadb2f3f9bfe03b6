/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Take out of the kernel what it has counted, without losing an update. */
#ifndef WEIR_DRAIN_H
#define WEIR_DRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe.h"

struct drain;

/* What a drain brings. partial and overflow are called many times, stats once at the end. */
struct drain_to {
	void (*partial)(void *arg, const struct flow_key *key, const struct flow_partial *part);
	void (*overflow)(void *arg, const struct flow_overflow *key, const struct flow_count *n);
	void (*stats)(void *arg, const struct flow_stats *stats); /* summed over the CPUs */
	void *arg;
};

/* The probe is borrowed. NULL with errno set: ENOMEM; EOPNOTSUPP: no batch operations. */
struct drain *drain_open(const struct probe *p);

/* Does the kernel let this process at the maps, with the rights that it has now? */
bool drain_is_allowed(const struct drain *d);

/* Accepts NULL. */
void drain_close(struct drain *d);

/*
 * Flip the epoch, wait until no program can still write the old one, bring all of it. 0, or a
 * negative errno: what was read until then was brought, the rest stays for a later drain.
 */
int drain_run(struct drain *d, const struct drain_to *to);

/* Readable when a table is half full: then drain early. drain_hush() empties it. */
int drain_wake_fd(const struct drain *d);
void drain_hush(struct drain *d);

#endif
