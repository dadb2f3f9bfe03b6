/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An alert that opened or resolved, by itself: copied into queues, outliving rules and flows. */
#ifndef WEIR_ALERT_NOTE_H
#define WEIR_ALERT_NOTE_H

#include "buf.h"
#include "rule.h"

#define NOTE_KEY  192
#define NOTE_TEXT 640

struct alert_note {
	uint64_t opened_ns, changed_ns; /* since 1970 */
	bool is_open;
	bool is_reminder; /* nothing changed: it is still open */
	enum rule_severity severity;
	uint32_t group;      /* bits of enum rule_part */
	struct flow_key key; /* of which the group's bits are the alert's */
	double value, threshold;
	uint32_t count; /* keys of the group that hold */
	char rule[RULE_NAME + 1];
	char key_text[NOTE_KEY]; /* "src_ip=10.0.0.1 dst_port=22" */
	char text[NOTE_TEXT];
};

/* What a note is made of. */
struct alert_cause {
	const struct rule *rule;
	const struct flow_key *key;
	const struct flow_record *flow; /* of a rule without conditions, else NULL */
	const double *values;           /* of the conditions */
	uint32_t count;
};

/* Of an alert that opens at now_ns since 1970. */
void note_make(struct alert_note *note, const struct alert_cause *cause, uint64_t now_ns);

/* {"event":"open",...}, one line without its end. */
void note_put_json(struct buf *b, const struct alert_note *note);

/* One element of what Alertmanager's /api/v2/alerts takes. */
void note_put_alertmanager(struct buf *b, const struct alert_note *note, const char *instance);

/* For people: "ALERT high port-scan: ...", "resolved port-scan: ... (after 35 s)". */
void note_put_line(struct buf *b, const struct alert_note *note);

#endif
