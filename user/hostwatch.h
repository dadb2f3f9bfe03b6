/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hosts, watched: the records that leave are gathered into windows of hosts (feature_host.h), and a
 * window is judged when no flow that began in it can still be in the table.
 *
 * Time is that of the records, with their wall_ns: live the wall clock, of files the packets'. So
 * windows begin at the same moments wherever the packets were seen.
 */
#ifndef WEIR_HOSTWATCH_H
#define WEIR_HOSTWATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judged.h"
#include "model.h"
#include "record.h"

struct hostwatch;

/* Called with each window that was judged, the usual ones too; valid only during the call. */
typedef void (*hostwatch_tell)(void *arg, const struct judged_host *host);

struct hostwatch_config {
	uint64_t idle_ns, active_ns, interval_ns; /* of the table: how late a flow may leave it */
	hostwatch_tell tell;
	void *arg;
};

/* Is this a model of hosts? False too if this weir does not know its features. */
bool hostwatch_is_for(const struct model *m);

/*
 * The length of the windows, and how many flows a host needs in one, are those that the model was
 * trained with. NULL with one line in error; else the model is owned.
 */
struct hostwatch *hostwatch_new(const struct hostwatch_config *config, struct model *model,
                                const char *name, char *error, size_t size);

/* Accepts NULL. What was not judged is lost. */
void hostwatch_free(struct hostwatch *h);

/*
 * Judge by another model from now on; what is gathered stays if its windows are as long, else it is
 * judged first by the old one. 0, or negative with one line in error and all as before.
 */
int hostwatch_use(struct hostwatch *h, struct model *model, const char *name, char *error,
                  size_t size);

/* A record that left the table. */
void hostwatch_record(struct hostwatch *h, const struct flow_record *record);

/* It is now_ns by the records' clock; they tell it too. */
void hostwatch_clock(struct hostwatch *h, uint64_t now_ns);

/* No more records: judge all that is gathered. */
void hostwatch_end(struct hostwatch *h);

/* Flows that found no memory. */
uint64_t hostwatch_lost(const struct hostwatch *h);

#endif
