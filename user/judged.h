/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the models made of the flows of an interval, or of a whole run: types, anomalies, the worst;
 * and of the windows of hosts that were over in it.
 */
#ifndef WEIR_JUDGED_H
#define WEIR_JUDGED_H

#include <stdint.h>

#include "buf.h"
#include "record.h"
#include "verdict.h"

#define JUDGED_CLASSES 64 /* more are counted as one */
#define JUDGED_TOP     64
#define JUDGED_NAME    48 /* bytes kept of a class name: models come and go */

/* One of the most unusual flows. */
struct judged_anomaly {
	struct flow_key key;
	uint64_t packets, bytes;
	struct verdict verdict; /* without its class_name, which is here: */
	char class_name[JUDGED_NAME];
};

/* A host in a window of time, as a source or as a destination of flows (feature_host.h). */
struct judged_host {
	uint8_t host[16];
	int ip_version;
	bool is_source;
	uint64_t start_ns, flows; /* of the window */
	struct verdict verdict;   /* without a class */
};

struct judged {
	bool has_flows, has_hosts;         /* models of those are loaded */
	uint64_t flows, scored, anomalies; /* scored: by an anomaly model */
	uint32_t n_classes;
	struct {
		char name[JUDGED_NAME];
		uint64_t flows;
	} classes[JUDGED_CLASSES + 1];         /* the last: all others */
	uint32_t n_top, most;                  /* how many are kept */
	struct judged_anomaly top[JUDGED_TOP]; /* lowest score first */
	uint64_t windows, host_anomalies;      /* windows of hosts */
	uint32_t n_top_hosts;
	struct judged_host top_host[JUDGED_TOP]; /* lowest score first */
};

void judged_reset(struct judged *j, uint32_t most);
void judged_add(struct judged *j, const struct flow_record *record);
void judged_add_host(struct judged *j, const struct judged_host *host);

/*
 * Lines for people: "Judged: 1,234 flows, 3 anomalous: web 800, dns 431", then the worst; and
 * "Hosts: 60 windows, 1 unusual", then those.
 */
void judged_print(const struct judged *j, struct buf *b);

/* The same as a JSON object. */
void judged_put_json(const struct judged *j, struct buf *b);

#endif
