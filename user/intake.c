// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Packets are parsed into batches, and a batch is put into the table as a whole: so each packet's
 * place can be fetched from memory, step by step, while those before it are worked on.
 */
#include "intake.h"

#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "relay.h"

#define BATCHES    8
#define PACKETS    1024
#define STEP       8 /* packets from one step of fetching to the next */
#define CACHE_LINE 64

/* Two cache lines. */
struct parcel {
	struct flow_packet packet;
	struct table_place place;
	uint8_t pad[16];
};
FLOW_ASSERT(sizeof(struct parcel) == 2 * CACHE_LINE, "a parcel straddles cache lines");

struct batch {
	bool boundary; /* another file begins with it */
	int n;
	struct parcel *parcels;
};

struct intake {
	struct intake_config config;
	struct relay *relay;
	struct batch batches[BATCHES];
	struct parcel *parcels; /* of all batches */
	struct batch *filling;
	int n;                  /* packets in it */
	struct parcel room;     /* not in a batch, where the parser would wait for the memory */
	char apart[CACHE_LINE]; /* what follows is written by the thread of the table */
	uint64_t next_sweep_ns;
	uint64_t latest_ns;
	bool at_boundary;
};

static void count(struct flow_count *n, uint64_t packets, uint64_t bytes)
{
	n->packets += packets;
	n->bytes += bytes;
}

/* Expire by the clock of the packets. */
static void follow_clock(struct intake *in, uint64_t now_ns)
{
	uint64_t idle_ns = in->config.idle_ns;

	if (in->at_boundary && idle_ns && in->latest_ns > idle_ns &&
	    now_ns < in->latest_ns - idle_ns) {
		table_flush(in->config.table, RECORD_FORCED);
		in->next_sweep_ns = in->latest_ns = 0;
	}
	in->at_boundary = false;
	if (now_ns > in->latest_ns)
		in->latest_ns = now_ns;
	if (now_ns >= in->next_sweep_ns) {
		table_sweep(in->config.table, now_ns);
		if (in->config.tick)
			in->config.tick(in->config.arg, now_ns);
		in->next_sweep_ns = now_ns + in->config.interval_ns;
	}
}

/* The steps of fetching, each for a packet nearer than that of the step before. */
static void fetch_ahead(const struct table *t, const struct batch *b, int at)
{
	int first = at + 3 * STEP, second = at + 2 * STEP, third = at + STEP;

	if (first < b->n)
		table_prefetch(t, b->parcels[first].place);
	if (second >= 0 && second < b->n)
		table_prefetch_flow(t, b->parcels[second].place);
	if (third >= 0 && third < b->n)
		table_prefetch_side(t, b->parcels[third].place);
}

static void put_into_table(void *arg, uint32_t slot)
{
	struct flow_count added = { 0 }, no_memory = { 0 };
	struct intake *in = arg;
	struct table *t = in->config.table;
	struct batch *b = &in->batches[slot];
	const struct flow_packet *k;
	int i;

	in->at_boundary |= b->boundary;
	for (i = -3 * STEP; i < b->n; i++) {
		fetch_ahead(t, b, i);
		if (i < 0)
			continue;
		k = &b->parcels[i].packet;
		follow_clock(in, k->time_ns);
		count(table_add_located(t, k, b->parcels[i].place) ? &no_memory : &added, 1,
		      k->length);
	}
	count(&in->config.books->added, added.packets, added.bytes);
	count(&in->config.books->no_memory, no_memory.packets, no_memory.bytes);
}

static void begin_batch(struct intake *in)
{
	in->filling = &in->batches[relay_slot(in->relay)];
	in->filling->boundary = false;
	in->n = 0;
}

/*
 * Into a batch for another thread, past the caches: its lines were last with that thread's
 * processor, and to wait until each comes back takes as long as all else about a packet, where
 * processors share no cache twice as long.
 */
static void send(struct parcel *to, const struct parcel *from)
{
#ifdef __SSE2__
	for (size_t i = 0; i < sizeof(*to) / sizeof(__m128i); i++)
		_mm_stream_si128((__m128i *)to + i, _mm_loadu_si128((const __m128i *)from + i));
#else
	*to = *from;
#endif
}

/* Only now is what was sent sure to be seen. */
static void end_batch(struct intake *in)
{
#ifdef __SSE2__
	_mm_sfence();
#endif
	in->filling->n = in->n;
	relay_put(in->relay);
}

struct intake *intake_new(const struct intake_config *config)
{
	struct intake *in = calloc(1, sizeof(*in));
	const struct relay_config relay = {
		.n_slots = BATCHES,
		.n_threads = config->threaded ? 1 : 0,
		.settle = put_into_table,
		.arg = in,
	};
	int i;

	if (!in)
		return NULL;
	in->config = *config;
	in->parcels = aligned_alloc(CACHE_LINE, BATCHES * PACKETS * sizeof(*in->parcels));
	in->relay = in->parcels ? relay_new(&relay) : NULL;
	if (!in->relay) {
		free(in->parcels);
		free(in);
		return NULL;
	}
	for (i = 0; i < BATCHES; i++)
		in->batches[i].parcels = in->parcels + i * PACKETS;
	begin_batch(in);
	return in;
}

struct flow_packet *intake_room(struct intake *in)
{
	return &in->room.packet;
}

void intake_add(struct intake *in, enum flow_cause cause)
{
	struct flow_packet *packet = &in->room.packet;
	struct parcel *to = &in->filling->parcels[in->n];

	count(&in->config.books->stats.seen, 1, packet->length);
	count(&in->config.books->stats.cause[cause], 1, packet->length);
	if (cause != FLOW_OK)
		return;
	in->room.place = table_locate(in->config.table, &packet->key);
	if (in->config.threaded)
		send(to, &in->room);
	else
		*to = in->room;
	if (++in->n < PACKETS)
		return;
	end_batch(in);
	begin_batch(in);
}

void intake_boundary(struct intake *in)
{
	if (in->n) {
		end_batch(in);
		begin_batch(in);
	}
	in->filling->boundary = true;
}

void intake_end(struct intake *in)
{
	if (!in)
		return;
	end_batch(in);
	relay_end(in->relay);
	free(in->parcels);
	free(in);
}
