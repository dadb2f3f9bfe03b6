/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a model of hosts was trained with, from its metadata: whoever judges by it counts as its
 * trainer did, live and on files. Where a model does not tell, weir train's defaults.
 */
#ifndef WEIR_HOST_SETTINGS_H
#define WEIR_HOST_SETTINGS_H

#include <stdint.h>

#define HOST_WINDOW_NS  60000000000ULL
#define HOST_WINDOW_MAX 86400000000000ULL
#define HOST_MIN_FLOWS  2

struct model;

/* The length of a window. */
uint64_t host_settings_window_ns(const struct model *m);

/* The flows that a host needs in a window to be judged. */
uint64_t host_settings_min_flows(const struct model *m);

#endif
