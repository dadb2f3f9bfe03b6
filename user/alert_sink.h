/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where alerts go: "stderr:", "json:PATH", "syslog:", "webhook:URL", "alertmanager:URL",
 * "command:PATH". Each has a thread and a bounded queue, so that none is waited for; what cannot
 * be delivered is tried again, ever less often, and counted when it is given up.
 */
#ifndef WEIR_ALERT_SINK_H
#define WEIR_ALERT_SINK_H

#include "alert.h"
#include "alert_note.h"

#define ALERT_QUEUE 1024 /* notes that wait for a sink; beyond, the oldest is given up */

struct alert_sink;

/* NULL on failure with one line in error. No thread starts yet. */
struct alert_sink *alert_sink_open(const char *spec, char *error, size_t size);

/*
 * Start the process of a sink that runs programs, before any thread; confined: with less rights
 * than this one. 0, or -EINVAL with one line in error.
 */
int alert_sink_launch(struct alert_sink *s, bool confined, char *error, size_t size);

/* What it goes on to need: enum priv_need. */
unsigned int alert_sink_needs(const struct alert_sink *s);

/* Must open alerts be repeated to it? */
bool alert_sink_wants_reminders(const struct alert_sink *s);

/* Queue a copy. Never waits. The first call starts the thread. */
void alert_sink_send(struct alert_sink *s, const struct alert_note *note);

/* Add what was delivered, waits, was given up. */
void alert_sink_count(struct alert_sink *s, struct alerts_counts *counts);

/* Nothing more comes: deliver what is left by until_ns of CLOCK_REALTIME. Does not wait. */
void alert_sink_stop(struct alert_sink *s, uint64_t until_ns);

/* Wait for that, count what is left, say so, free. Accepts NULL. */
void alert_sink_close(struct alert_sink *s, struct alerts_counts *counts);

#endif
