/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the sinks of alerts: what a kind of sink is, and what it sees of a sink. */
#ifndef WEIR_ALERT_SINK_KIND_H
#define WEIR_ALERT_SINK_KIND_H

#include <pthread.h>

#include "alert_sink.h"

#define SINK_BATCH 32
#define SINK_NAME  128
#define SINK_WHY   192

enum sink_result {
	SINK_DELIVERED,
	SINK_AGAIN,   /* the sink is down: the same notes again, later */
	SINK_REFUSED, /* it will never take these */
};

struct alert_sink_kind {
	const char *name;
	const char *help;
	const char *example; /* NULL: may stand without a target */
	unsigned int needs;  /* beside threads */
	size_t batch;        /* notes delivered at once, up to SINK_BATCH */
	uint32_t tries;      /* before a note is given up; 0: no end */
	bool wants_reminders;
	int (*open)(struct alert_sink *s, char *error, size_t size); /* 0 or -EINVAL; may be NULL */
	/* alert_sink_launch(); may be NULL */
	int (*launch)(struct alert_sink *s, bool confined, char *error, size_t size);
	/* By the sink's thread; unless all is well, the reason goes to s->why. */
	enum sink_result (*deliver)(struct alert_sink *s, struct alert_note *const *notes,
	                            size_t n);
	void (*close)(struct alert_sink *s); /* may be NULL; of one that was opened */
};

struct alert_sink {
	const struct alert_sink_kind *kind;
	char name[SINK_NAME]; /* as given, without a password */
	char *target;         /* behind the colon; "" if nothing is */
	void *state;          /* of the kind */
	char why[SINK_WHY];   /* of the thread */

	pthread_mutex_t lock; /* for all below */
	pthread_cond_t wake;
	pthread_t thread;
	bool has_thread, is_stopping;
	uint64_t until_ns; /* of CLOCK_REALTIME, when stopping */
	struct alert_note *queue[ALERT_QUEUE];
	size_t first, n;
	size_t n_held; /* taken by the thread */
	uint64_t delivered, undelivered;
};

/* How long may delivering still take, up to most? 0: no longer. */
int alert_sink_patience_ms(struct alert_sink *s, int most);

/* The kinds, ended by a NULL. */
extern const struct alert_sink_kind *const alert_sink_kinds[];

#endif
