/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records of capture files on their way out: copied, batch by batch, to threads that write their
 * text, and passed on one by one, in order.
 */
#ifndef WEIR_OUTLET_H
#define WEIR_OUTLET_H

#include <stdint.h>

#include "sink.h"

struct outlet;

/* Called with each record, in order, never twice at a time; valid only during the call. */
typedef void (*outlet_pass)(void *arg, const struct flow_record *record);

struct outlet_config {
	struct sinks *sinks; /* when opened with ahead, their text is made by the threads */
	uint32_t n_threads;  /* 0: none */
	outlet_pass pass;
	void *arg;
};

/* NULL with errno set: ENOMEM. */
struct outlet *outlet_new(const struct outlet_config *config);

void outlet_record(struct outlet *o, const struct flow_record *record);

/* All has been passed on. Frees; accepts NULL. */
void outlet_end(struct outlet *o);

#endif
