/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the models made of the flows of an interval, or of a whole run: types, anomalies, the worst.
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

struct judged {
	uint64_t flows, scored, anomalies; /* scored: by an anomaly model */
	uint32_t n_classes;
	struct {
		char name[JUDGED_NAME];
		uint64_t flows;
	} classes[JUDGED_CLASSES + 1];         /* the last: all others */
	uint32_t n_top, most;                  /* how many are kept */
	struct judged_anomaly top[JUDGED_TOP]; /* lowest score first */
};

void judged_reset(struct judged *j, uint32_t most);
void judged_add(struct judged *j, const struct flow_record *record);

/* Lines for people: "Judged 1,234 flows, 3 anomalous: web 800, dns 431", then the worst. */
void judged_print(const struct judged *j, struct buf *b);

/* The same as a JSON object. */
void judged_put_json(const struct judged *j, struct buf *b);

#endif
