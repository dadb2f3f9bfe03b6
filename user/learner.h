/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Learning while watching: a baseline first, then a model from it, trained beside the loop; after
 * that a look at whether traffic still is what it was, and, if asked, learning anew.
 */
#ifndef WEIR_LEARNER_H
#define WEIR_LEARNER_H

#include <stdbool.h>
#include <stdint.h>

#include "baseline.h"
#include "buf.h"
#include "model.h"
#include "record.h"

struct learner_options {
	uint64_t baseline_ns; /* how long the first baseline takes; again for each later one */
	const char *save;     /* where models go; NULL: nowhere */
	bool relearn;
	double false_positive_rate;
	uint64_t random_state;
};

struct learner;

/* NULL: no memory. */
struct learner *learner_new(const struct learner_options *options);

/* Accepts NULL. Waits for a training that is under way. */
void learner_free(struct learner *l);

/* Flows as they are looked at and leave. 0 or -ENOMEM. */
int learner_look(struct learner *l, const struct flow_record *record);
int learner_record(struct learner *l, const struct flow_record *record);

/*
 * An interval is over. Lines about what was learned, what was refused, and drift are added to news.
 * A new model that is ready comes back and is the caller's; NULL: none.
 */
struct model *learner_tick(struct learner *l, uint64_t interval_ns, uint64_t now_ns,
                           struct buf *news);

/* The rates that hold now; NULL while the first baseline is being learned. */
const struct baseline *learner_baseline(const struct learner *l);

#endif
