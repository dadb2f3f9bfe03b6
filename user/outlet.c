// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Text takes most of the time of a record and depends on nothing but the record: so the threads of
 * a relay write it side by side. What adds up (summary, books, alerts) and the order of the text
 * need one after the other.
 */
#include "outlet.h"

#include <stdlib.h>

#include "relay.h"

#define BATCHES 8
#define RECORDS 64

/* A record that outlives its flow. */
struct kept {
	struct flow_record record;
	struct flow_side fwd, rev;
};

struct batch {
	uint32_t n;
	struct buf *text; /* one for each output */
	struct kept kept[RECORDS];
};

struct outlet {
	struct outlet_config config;
	struct relay *relay;
	struct batch *filling;
	struct batch batches[BATCHES];
};

static void write_text(void *arg, uint32_t slot)
{
	struct outlet *o = arg;
	struct batch *b = &o->batches[slot];
	uint32_t i;

	for (i = 0; i < b->n; i++)
		sinks_write(o->config.sinks, b->text, &b->kept[i].record);
}

static void pass_on(void *arg, uint32_t slot)
{
	struct outlet *o = arg;
	struct batch *b = &o->batches[slot];
	uint32_t i;

	for (i = 0; i < b->n; i++)
		o->config.pass(o->config.arg, &b->kept[i].record);
	sinks_take(o->config.sinks, b->text, b->n);
}

static void begin_batch(struct outlet *o)
{
	o->filling = &o->batches[relay_slot(o->relay)];
	o->filling->n = 0;
}

static void discard(struct outlet *o)
{
	size_t n = sinks_count(o->config.sinks), i, j;

	for (i = 0; i < BATCHES; i++) {
		for (j = 0; o->batches[i].text && j < n; j++)
			buf_clear(&o->batches[i].text[j]);
		free(o->batches[i].text);
	}
	free(o);
}

struct outlet *outlet_new(const struct outlet_config *config)
{
	struct outlet *o = calloc(1, sizeof(*o));
	const struct relay_config relay = {
		.n_slots = BATCHES,
		.n_threads = config->n_threads,
		.work = write_text,
		.settle = pass_on,
		.arg = o,
	};
	bool good = o != NULL;
	size_t i;

	if (!o)
		return NULL;
	o->config = *config;
	for (i = 0; good && i < BATCHES; i++) {
		o->batches[i].text = calloc(sinks_count(config->sinks), sizeof(struct buf));
		good = o->batches[i].text != NULL;
	}
	o->relay = good ? relay_new(&relay) : NULL;
	if (!o->relay) {
		discard(o);
		return NULL;
	}
	begin_batch(o);
	return o;
}

void outlet_record(struct outlet *o, const struct flow_record *record)
{
	struct kept *k = &o->filling->kept[o->filling->n];

	k->record = *record;
	k->fwd = *record->fwd;
	k->rev = *record->rev;
	k->record.fwd = &k->fwd;
	k->record.rev = &k->rev;
	if (++o->filling->n < RECORDS)
		return;
	relay_put(o->relay);
	begin_batch(o);
}

void outlet_end(struct outlet *o)
{
	if (!o)
		return;
	relay_put(o->relay);
	relay_end(o->relay);
	discard(o);
}
