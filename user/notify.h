/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tell whoever supervises this process how it is: a service manager by datagrams (sd_notify(3)),
 * and others by a file whose time and text `weir health` reads.
 */
#ifndef WEIR_NOTIFY_H
#define WEIR_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

struct notify {
	int manager;          /* a connected socket, -1: none */
	int heartbeat;        /* a file, -1: none */
	uint64_t watchdog_ns; /* the manager wants a sign of life this often; 0: does not */
};

/*
 * Open both while there are rights to. heartbeat may be NULL; the manager is found by the
 * environment: NOTIFY_SOCKET, WATCHDOG_USEC. 0, or a negative errno when the file cannot be made;
 * a manager that cannot be reached is none.
 */
int notify_open(struct notify *n, const char *heartbeat);

/* "READY=1\nSTATUS=..." to the manager, if any. Never waits. */
void notify_manager(const struct notify *n, const char *message);

/* One line about how it goes: STATUS to the manager, and the heartbeat's new text and time. */
void notify_status(const struct notify *n, const char *line);

void notify_close(struct notify *n);

/* Seconds since the heartbeat's last beat, and its line. A negative errno if it cannot be read. */
int notify_read_heartbeat(const char *path, double *age_s, char *line, size_t size);

#endif
