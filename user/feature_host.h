/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What hosts do in a window of time: the features of the block "host".
 *
 * Every flow counts twice in the window in which it began: for its initiator as a source, and for
 * its responder as a destination. Windows begin at multiples of their length. A window is told when
 * it is flushed; one that grows beyond the limit of hosts is told early, and what comes after it
 * for the same host and window is a row of its own.
 */
#ifndef WEIR_FEATURE_HOST_H
#define WEIR_FEATURE_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "feature.h"

#define HOST_FEATURES 23

struct host_window {
	uint8_t host[16];
	int ip_version;
	bool is_source;
	uint64_t start_ns; /* of the window */
	uint64_t flows;
	double feature[HOST_FEATURES]; /* in the order of the schema */
};

typedef void (*host_windows_emit)(void *arg, const struct host_window *window);

struct host_windows;

/* At most max_hosts (host, window, role) at a time. NULL: no memory. */
struct host_windows *host_windows_new(uint64_t window_ns, uint32_t max_hosts,
                                      host_windows_emit emit, void *arg);

/* Accepts NULL. What is in it is lost. */
void host_windows_free(struct host_windows *w);

/* Hosts with fewer flows in a window are not told; in floods from everywhere that is nearly all. */
void host_windows_need(struct host_windows *w, uint64_t min_flows);

/* The fields that host_windows_add() wants in values; how many comes back. */
size_t host_windows_fields(const int16_t **list);

/* A flow, by its addresses, its start on any clock, and its fields. 0 or -ENOMEM. */
int host_windows_add(struct host_windows *w, const uint8_t src[16], const uint8_t dst[16],
                     uint64_t start_ns, const double *values);

/* The same, from a record; start by the record's own clock. */
int host_windows_add_record(struct host_windows *w, const struct flow_record *r);

/* Emit and forget all windows that end by now_ns; UINT64_MAX: all. Order: by time, then address. */
void host_windows_flush(struct host_windows *w, uint64_t now_ns);

/* out[set->n]: the features of a window that a set of the block "host" chose. */
void host_window_vector(const struct feature_set *set, double *out, const struct host_window *w);

/* (Host, window, role) held, and bytes. */
uint32_t host_windows_count(const struct host_windows *w);
uint64_t host_windows_memory(const struct host_windows *w);

#endif
