// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The flow table.
 *
 * A flow is stored under a canonical key (the smaller address and port first), with one side for
 * each direction; who the initiator is gets decided when a record is made, from what is known
 * then: the sender of a SYN, else the receiver of a SYN-ACK, else who it was in the record before,
 * else who was first.
 *
 * Flows and sides lie in pools of fixed chunks (pool.h, sides.h) and are named by index; a side is
 * made when its direction first speaks, since half of all flows on a scanned network never get an
 * answer, and is packed while it is small. The index (index.h) is over a seeded hash, so that
 * nobody outside can choose addresses that collide.
 *
 * A flow ends lazily, when its next packet comes too late, or by table_sweep(), which walks all
 * flows: so records do not depend on when the sweep runs. A full table gives up the flow that a
 * clock hand finds first without use since its last round (second chance, Corbato 1968); the first
 * packet is no use yet, so that a flood of forged ones pushes out itself.
 */
#include "table.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "index.h"
#include "key.h"
#include "pool.h"
#include "sides.h"

#define TCP_LINGER_NS 1000000000ULL /* after FIN both ways or RST: stragglers still belong */
#define PACKETS_MAX   0x80000000U   /* a side reports before its 32-bit counters can wrap */
#define CACHE_LINE    64
#define FLUSH_AHEAD   8 /* flows fetched before their turn to leave */

enum flow_state {
	STATE_USED = 1,
	STATE_TOUCHED = 2,    /* since the clock hand passed */
	STATE_SIDE_ONE = 4,   /* side 1 spoke first */
	STATE_KNOWN = 8,      /* the initiator was told by an earlier record ... */
	STATE_KNOWN_ONE = 16, /* ... and is side 1 */
	STATE_RETURNED = 32,  /* more than one packet or partial has come */
	STATE_SEEN = 64,      /* looked at */
};

struct flow {
	struct flow_key key; /* canonical */
	uint32_t hash;
	uint32_t side[2]; /* numbers of sides; 0: not spoken yet */
	uint8_t tcp_flags[2];
	uint8_t direction[2]; /* in which each side was first seen */
	uint8_t state;
	uint64_t start_ns;
	uint64_t last_ns;
	uint64_t moved_bytes[2]; /* of each side, since the last look */
	uint32_t moved_packets[2];
};

struct table {
	struct table_config config;
	uint64_t seed; /* with the config: other threads read both */
	struct pool flows;
	struct sides sides;
	struct index index;
	const struct flow *last; /* the flow of the last packet; NULL: it has been reported */
	uint32_t hand;
	struct flow_side room[2]; /* of the record in the making */
	struct flow_side *top;    /* two each of the records of table_look() */
	uint32_t n_top;
};

static const struct flow_side nothing;

static struct flow *flow_at(const struct table *t, uint32_t i)
{
	return pool_at(&t->flows, i);
}

/* NULL: it has not spoken yet. */
static const struct flow_side *side_of(struct table *t, const struct flow *f, int side)
{
	struct flow_partial room;

	if (!f->side[side])
		return NULL;
	side_read(&t->room[side], sides_open(&t->sides, f->side[side], &room));
	return &t->room[side];
}

struct table *table_new(const struct table_config *config)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->config = *config;
	pool_init(&t->flows, sizeof(struct flow));
	sides_init(&t->sides);
	if (index_init(&t->index)) {
		free(t);
		return NULL;
	}
	if (getrandom(&t->seed, sizeof(t->seed), GRND_NONBLOCK) != sizeof(t->seed))
		t->seed = (uintptr_t)t;
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	pool_clear(&t->flows);
	sides_clear(&t->sides);
	index_clear(&t->index);
	free(t->top);
	free(t);
}

static uint32_t make_key(const struct table *t, struct flow_key *key)
{
	if (!t->config.uniflow)
		return key_make_canonical(key);
	key->direction = 0;
	return 0;
}

struct table_place table_locate(const struct table *t, struct flow_key *key)
{
	uint32_t side = make_key(t, key);

	return (struct table_place){ key_hash(key, t->seed), side };
}

void table_prefetch(const struct table *t, struct table_place place)
{
	__builtin_prefetch(&t->index.slots[index_home(&t->index, place.hash)]);
}

/* The first flow of this hash, as good as always the one meant; NULL if there is none. */
static const struct flow *likely_flow(const struct table *t, uint32_t hash)
{
	const struct index *x = &t->index;
	uint32_t i = index_home(x, hash);

	while (x->slots[i].number && x->slots[i].hash != hash)
		i = index_next(x, i);
	return x->slots[i].number ? flow_at(t, x->slots[i].number - 1) : NULL;
}

void table_prefetch_flow(const struct table *t, struct table_place place)
{
	const struct flow *f = likely_flow(t, place.hash);

	for (size_t i = 0; f && i < sizeof(*f); i += CACHE_LINE)
		__builtin_prefetch((const char *)f + i, 1);
}

void table_prefetch_side(const struct table *t, struct table_place place)
{
	const struct flow *f = likely_flow(t, place.hash);

	if (f && f->side[place.side])
		sides_prefetch(&t->sides, f->side[place.side]);
}

/* Where in the index the flow of this key is, or the free place that ends the search for it. */
static uint32_t place_of(const struct table *t, const struct flow_key *key, uint32_t hash)
{
	const struct index *x = &t->index;
	uint32_t i;

	for (i = index_home(x, hash); x->slots[i].number; i = index_next(x, i))
		if (x->slots[i].hash == hash &&
		    key_is(&flow_at(t, x->slots[i].number - 1)->key, key))
			break;
	return i;
}

static void flow_reset(struct table *t, struct flow *f)
{
	int i;

	if (t->last == f)
		t->last = NULL;
	for (i = 0; i < 2; i++)
		if (f->side[i])
			sides_release(&t->sides, f->side[i]);
	f->side[0] = f->side[1] = 0;
}

/* Give back the memory of a flow that is in the index no more. */
static void flow_forget(struct table *t, uint32_t number)
{
	struct flow *f = flow_at(t, number);

	flow_reset(t, f);
	f->state = 0;
	pool_release(&t->flows, number);
}

static void flow_remove(struct table *t, uint32_t number)
{
	const struct flow *f = flow_at(t, number);

	index_remove(&t->index, place_of(t, &f->key, f->hash));
	flow_forget(t, number);
}

/* Which side began the conversation. */
static int flow_initiator(const struct flow *f, const struct flow_side *a,
                          const struct flow_side *b)
{
	uint8_t one = a ? a->marks : 0, other = b ? b->marks : 0;

	if ((one ^ other) & FLOW_SYN_ONLY)
		return one & FLOW_SYN_ONLY ? 0 : 1;
	if ((one ^ other) & FLOW_SYN_ACK)
		return one & FLOW_SYN_ACK ? 1 : 0;
	if (f->state & STATE_KNOWN)
		return !!(f->state & STATE_KNOWN_ONE);
	if (a && b && a->first_ns != b->first_ns)
		return b->first_ns < a->first_ns;
	return !!(f->state & STATE_SIDE_ONE);
}

static void record_fill_moved(const struct flow *f, int initiator, struct flow_record *r)
{
	r->moved_packets[0] = f->moved_packets[initiator];
	r->moved_packets[1] = f->moved_packets[!initiator];
	r->moved_bytes[0] = f->moved_bytes[initiator];
	r->moved_bytes[1] = f->moved_bytes[!initiator];
	r->is_new = !(f->state & STATE_SEEN);
	r->verdict = NULL;
}

/* Which side initiates comes back. The sides are valid until the next or the end of the flow.
 */
static int record_fill(struct table *t, const struct flow *f, struct flow_record *r)
{
	const struct flow_side *side[2] = { side_of(t, f, 0), side_of(t, f, 1) };
	int initiator = t->config.uniflow ? 0 : flow_initiator(f, side[0], side[1]);
	const struct flow_side *fwd = side[initiator], *rev = side[!initiator];

	r->key = f->key;
	if (initiator) {
		memcpy(r->key.src, f->key.dst, 16);
		memcpy(r->key.dst, f->key.src, 16);
		r->key.src_port = f->key.dst_port;
		r->key.dst_port = f->key.src_port;
	}
	/* seen from the initiator; from the other end when only the answer has been seen */
	r->key.direction = fwd ? f->direction[initiator] : f->direction[!initiator] ^ 1;
	r->fwd = fwd ? fwd : &nothing;
	r->rev = rev ? rev : &nothing;
	r->start_ns = fwd && rev ? (fwd->first_ns < rev->first_ns ? fwd->first_ns : rev->first_ns)
	              : fwd      ? fwd->first_ns
	              : rev      ? rev->first_ns
	                         : f->start_ns;
	r->end_ns = fwd && rev ? (fwd->last_ns > rev->last_ns ? fwd->last_ns : rev->last_ns)
	            : fwd      ? fwd->last_ns
	            : rev      ? rev->last_ns
	                       : f->last_ns;
	r->end = RECORD_LIVE;
	record_fill_moved(f, initiator, r);
	return initiator;
}

/* Report the flow; it stays, empty, and remembers who began it. */
static void flow_emit(struct table *t, struct flow *f, enum record_end end)
{
	struct flow_record record;
	int initiator;

	if (!f->side[0] && !f->side[1])
		return; /* reported before, silent since */
	initiator = record_fill(t, f, &record);
	record.end = end;
	t->config.emit(t->config.arg, &record);
	f->state |= STATE_KNOWN | (initiator ? STATE_KNOWN_ONE : 0);
	flow_reset(t, f);
}

static bool flow_is_closed(const struct table *t, const struct flow *f)
{
	if (t->config.uniflow) /* one direction cannot tell whether the other has finished */
		return false;
	return ((f->tcp_flags[0] | f->tcp_flags[1]) & FLOW_RST) ||
	       (f->tcp_flags[0] & f->tcp_flags[1] & FLOW_FIN);
}

/* Has the flow ended, seen from now? RECORD_LIVE: no. */
static enum record_end flow_end(const struct table *t, const struct flow *f, uint64_t now_ns)
{
	uint64_t quiet = now_ns > f->last_ns ? now_ns - f->last_ns : 0;

	if (quiet > TCP_LINGER_NS && flow_is_closed(t, f))
		return RECORD_END_OF_FLOW;
	if (t->config.idle_ns && quiet > t->config.idle_ns)
		return RECORD_IDLE;
	return RECORD_LIVE;
}

static bool flow_is_long(const struct table *t, const struct flow *f, uint64_t now_ns)
{
	return t->config.active_ns && now_ns > f->start_ns &&
	       now_ns - f->start_ns > t->config.active_ns;
}

static void evict(struct table *t)
{
	struct flow *f;

	for (;; t->hand++) {
		t->hand %= t->flows.top;
		f = flow_at(t, t->hand);
		if (!(f->state & STATE_USED))
			continue;
		if (!(f->state & STATE_TOUCHED))
			break;
		f->state &= ~STATE_TOUCHED;
	}
	flow_emit(t, f, RECORD_LACK_OF_RESOURCES);
	flow_remove(t, t->hand++);
}

static struct flow *flow_insert(struct table *t, const struct flow_key *key, uint32_t hash,
                                uint64_t now_ns)
{
	struct flow *f;
	uint32_t number;

	if (t->flows.used >= t->config.max_flows)
		evict(t);
	if (pool_take(&t->flows, &number))
		return NULL;
	if (index_add(&t->index, hash, number)) {
		pool_release(&t->flows, number);
		return NULL;
	}
	f = flow_at(t, number);
	*f = (struct flow){
		.key = *key,
		.hash = hash,
		.state = STATE_USED,
		.start_ns = now_ns,
		.last_ns = now_ns,
	};
	return f;
}

/* The flow a packet at now_ns belongs to, with its predecessor reported if that has ended. */
static struct flow *flow_for(struct table *t, const struct flow_key *key, uint32_t hash,
                             uint64_t now_ns, bool opening)
{
	uint32_t number = t->index.slots[place_of(t, key, hash)].number;
	struct flow *f;
	enum record_end end;

	if (!number)
		return flow_insert(t, key, hash, now_ns);
	f = flow_at(t, number - 1);
	end = flow_end(t, f, now_ns);
	if (end == RECORD_LIVE && opening && now_ns >= f->last_ns && flow_is_closed(t, f))
		end = RECORD_END_OF_FLOW;
	if (end != RECORD_LIVE) {
		flow_emit(t, f, end);
		flow_remove(t, number - 1);
		return flow_insert(t, key, hash, now_ns);
	}
	if (flow_is_long(t, f, now_ns))
		flow_emit(t, f, RECORD_ACTIVE);
	return f;
}

/* Keep what has become of a side, or a new one's beginning. 0, or -ENOMEM: it is as it was. */
static int flow_keep(struct table *t, struct flow *f, int side, const struct flow_partial *p,
                     uint8_t direction)
{
	bool fresh = !f->side[side];

	if (sides_keep(&t->sides, &f->side[side], p))
		return -ENOMEM;
	if (!fresh)
		return 0;
	if (!f->side[!side]) {
		f->start_ns = p->first_ns;
		f->state = side ? f->state | STATE_SIDE_ONE : f->state & ~STATE_SIDE_ONE;
	}
	f->direction[side] = direction;
	return 0;
}

/* No packet is shorter than 16 bytes, so the count need be known only of a side of many. */
static bool side_is_full(const struct flow_partial *p)
{
	return flow_bytes(p) >= 16ULL * PACKETS_MAX && flow_packets(p) >= PACKETS_MAX;
}

static void flow_touch(struct table *t, struct flow *f, int side, const struct flow_partial *p,
                       uint8_t tcp_flags, uint32_t packets, uint64_t bytes)
{
	f->state |= f->state & STATE_RETURNED ? STATE_TOUCHED : STATE_RETURNED;
	f->moved_packets[side] += packets;
	f->moved_bytes[side] += bytes;
	f->tcp_flags[side] |= tcp_flags;
	if (p->first_ns < f->start_ns)
		f->start_ns = p->first_ns;
	if (p->last_ns > f->last_ns)
		f->last_ns = p->last_ns;
	if (side_is_full(p))
		flow_emit(t, f, RECORD_ACTIVE);
}

static int add_packet(struct table *t, const struct flow_key *key, struct table_place place,
                      const struct flow_packet *packet)
{
	bool opening = (packet->tcp_flags & (FLOW_SYN | FLOW_ACK)) == FLOW_SYN;
	struct flow *f = flow_for(t, key, place.hash, packet->time_ns, opening);
	struct flow_partial room, *p = &room;

	if (!f)
		return -ENOMEM;
	if (f->side[place.side]) {
		p = sides_open(&t->sides, f->side[place.side], &room);
		flow_add(p, packet);
	} else {
		flow_start(p, packet);
	}
	if (flow_keep(t, f, place.side, p, packet->key.direction))
		return -ENOMEM;
	t->last = f;
	flow_touch(t, f, place.side, p, packet->tcp_flags, packet->segments, packet->length);
	return 0;
}

int table_add_packet(struct table *t, const struct flow_packet *packet)
{
	struct flow_key key = packet->key;
	struct table_place place = table_locate(t, &key);

	return add_packet(t, &key, place, packet);
}

int table_add_located(struct table *t, const struct flow_packet *packet, struct table_place place)
{
	return add_packet(t, &packet->key, place, packet);
}

bool table_last(struct table *t, struct flow_record *record)
{
	if (t->last)
		record_fill(t, t->last, record);
	return t->last != NULL;
}

int table_add_partial(struct table *t, const struct flow_key *wire_key,
                      const struct flow_partial *part)
{
	struct flow_key key = *wire_key;
	struct table_place place = table_locate(t, &key);
	struct flow *f = flow_for(t, &key, place.hash, part->first_ns, part->marks & FLOW_SYN_ONLY);
	const struct flow_partial *p = part;
	struct flow_partial room, *known;

	if (!f)
		return -ENOMEM;
	if (f->side[place.side]) {
		p = known = sides_open(&t->sides, f->side[place.side], &room);
		flow_merge(known, part);
	}
	if (flow_keep(t, f, place.side, p, wire_key->direction))
		return -ENOMEM;
	flow_touch(t, f, place.side, p, part->tcp_flags, flow_packets(part), flow_bytes(part));
	return 0;
}

void table_sweep(struct table *t, uint64_t now_ns)
{
	enum record_end end;
	struct flow *f;
	uint32_t i;

	for (i = 0; i < t->flows.top; i++) {
		f = flow_at(t, i);
		if (!(f->state & STATE_USED))
			continue;
		end = flow_end(t, f, now_ns);
		if (end != RECORD_LIVE) {
			flow_emit(t, f, end);
			flow_remove(t, i);
		} else if (flow_is_long(t, f, now_ns)) {
			flow_emit(t, f, RECORD_ACTIVE);
		}
	}
}

/* What table_flush() comes to next: records are read once more before they leave memory. */
static void prefetch_next(const struct table *t, uint32_t number)
{
	const struct flow *f;
	int side;

	if (number >= t->flows.top)
		return;
	f = flow_at(t, number);
	for (side = 0; f->state & STATE_USED && side < 2; side++)
		if (f->side[side])
			sides_prefetch(&t->sides, f->side[side]);
}

void table_flush(struct table *t, enum record_end end)
{
	uint32_t i;

	index_empty(&t->index); /* at once, as all leave */
	for (i = 0; i < t->flows.top; i++) {
		prefetch_next(t, i + FLUSH_AHEAD);
		if (!(flow_at(t, i)->state & STATE_USED))
			continue;
		flow_emit(t, flow_at(t, i), end);
		flow_forget(t, i);
	}
}

uint32_t table_count(const struct table *t)
{
	return t->flows.used;
}

uint64_t table_memory(const struct table *t)
{
	return pool_memory(&t->flows) + sides_memory(&t->sides) +
	       (uint64_t)t->index.n_slots * sizeof(*t->index.slots) +
	       (uint64_t)t->n_top * 2 * sizeof(*t->top);
}

/* Room for the sides of n records; how many there is room for. */
static uint32_t top_reserve(struct table *t, uint32_t n)
{
	struct flow_side *top;

	if (n <= t->n_top)
		return n;
	top = realloc(t->top, (size_t)n * 2 * sizeof(*top));
	if (!top)
		return t->n_top;
	t->top = top;
	t->n_top = n;
	return n;
}

/* What table_look() is to find, and what it has. */
struct top {
	struct flow_record *records;
	uint64_t *bytes;
	uint32_t n, used;
};

/* Its sides move into room of its own: that of the record which falls out, if one does. */
static void top_insert(const struct table *t, struct top *top, const struct flow_record *record,
                       uint64_t moved)
{
	uint32_t i = top->used < top->n ? top->used++ : top->n - 1;
	struct flow_side *sides = t->top + (top->records[i].fwd - t->top);

	sides[0] = *record->fwd;
	sides[1] = *record->rev;
	for (; i > 0 && top->bytes[i - 1] < moved; i--) {
		top->bytes[i] = top->bytes[i - 1];
		top->records[i] = top->records[i - 1];
	}
	top->bytes[i] = moved;
	top->records[i] = *record;
	top->records[i].fwd = &sides[0];
	top->records[i].rev = &sides[1];
}

static struct top top_begin(struct table *t, struct flow_record *records, uint64_t *bytes,
                            uint32_t n)
{
	struct top top = { records, bytes, top_reserve(t, n), 0 };

	for (uint32_t i = 0; i < top.n; i++)
		records[i].fwd = t->top + (size_t)i * 2;
	return top;
}

uint32_t table_look(struct table *t, struct flow_record *records, uint64_t *bytes, uint32_t n,
                    table_emit each)
{
	struct top top = top_begin(t, records, bytes, n);
	struct flow_record record;
	struct flow *f;
	uint64_t moved;

	for (uint32_t i = 0; i < t->flows.top; i++) {
		f = flow_at(t, i);
		moved = f->moved_bytes[0] + f->moved_bytes[1];
		if (!(f->state & STATE_USED) || !moved)
			continue;
		record_fill(t, f, &record);
		if (each)
			each(t->config.arg, &record);
		if ((f->side[0] || f->side[1]) && top.n &&
		    (top.used < top.n || moved > bytes[top.n - 1]))
			top_insert(t, &top, &record, moved);
		f->moved_bytes[0] = f->moved_bytes[1] = 0;
		f->moved_packets[0] = f->moved_packets[1] = 0;
		f->state |= STATE_SEEN;
	}
	return top.used;
}
