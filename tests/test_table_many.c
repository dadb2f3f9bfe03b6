// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The flow table under many packets: whatever comes in whatever order, nothing is lost or counted
 * twice, packets and partials come to the same records, and memory stays within its bound.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "table.h"

#define SECOND      1000000000ULL
#define SERVER_PORT 443
#define KEYS        50
#define RECORDS     4096
#define CASE(test)  cmocka_unit_test(test)

static struct flow_packet make_packet(uint32_t flow, bool back, uint64_t time_ns, uint8_t flags)
{
	const uint8_t to[16] = { [10] = 0xff, [11] = 0xff, [12] = flow & 1 ? 1 : 200, [15] = 1 };
	const uint8_t from[16] = {
		[10] = 0xff, [11] = 0xff, [12] = 10, flow >> 16, flow >> 8, flow
	};
	struct flow_packet k;

	memset(&k, 0, sizeof(k));
	memcpy(k.key.src, back ? to : from, 16);
	memcpy(k.key.dst, back ? from : to, 16);
	k.key.src_port = back ? SERVER_PORT : 4000;
	k.key.dst_port = back ? 4000 : SERVER_PORT;
	k.key.protocol = 6;
	k.time_ns = time_ns;
	k.length = k.headers = 54;
	k.ip_length = 40;
	k.segments = 1;
	k.ttl = 64;
	k.tcp_flags = flags;
	return k;
}

static uint32_t flow_of(const struct flow_key *key)
{
	const uint8_t *client = key->src_port == SERVER_PORT ? key->dst : key->src;

	return client[13] << 16 | client[14] << 8 | client[15];
}

static int add(struct table *t, const struct flow_packet *k, bool as_partial)
{
	struct flow_partial part;

	if (!as_partial)
		return table_add_packet(t, k);
	flow_start(&part, k);
	return table_add_partial(t, &k->key, &part);
}

/* Records, as sums by flow, and one number made of all but their reasons. */
struct books {
	uint64_t packets[KEYS], bytes[KEYS], records, digest, empty;
	uint64_t ends[RECORD_LACK_OF_RESOURCES + 1];
};

static uint64_t fold(uint64_t digest, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		digest = (digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ULL;
	return digest;
}

static void keep_books(void *arg, const struct flow_record *r)
{
	uint64_t digest = fold(0xcbf29ce484222325ULL, &r->key, sizeof(r->key));
	struct books *b = arg;
	uint32_t flow = flow_of(&r->key) % KEYS;

	digest = fold(fold(digest, r->fwd, sizeof(*r->fwd)), r->rev, sizeof(*r->rev));
	digest = fold(fold(digest, &r->start_ns, 8), &r->end_ns, 8);
	b->digest += digest;
	b->records++;
	b->ends[r->end]++;
	b->packets[flow] += (uint64_t)r->fwd->packets + r->rev->packets;
	b->bytes[flow] += r->fwd->bytes + r->rev->bytes;
	b->empty += !r->fwd->packets && !r->rev->packets;
}

static uint32_t random_below(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*seed >> 33) % below;
}

static struct flow_packet random_packet(uint64_t *seed, uint64_t time_ns, bool closing)
{
	uint32_t flags = closing && !random_below(seed, 8) ? random_below(seed, 32) : FLOW_ACK;
	struct flow_packet k = make_packet(random_below(seed, KEYS), random_below(seed, 2), time_ns,
	                                   flags);

	k.payload = random_below(seed, 3) ? random_below(seed, 1400) : 0;
	k.length += k.payload;
	k.ip_length += k.payload;
	k.tcp_window = random_below(seed, 65536);
	k.ttl = random_below(seed, 256);
	k.tos = random_below(seed, 256);
	return k;
}

static void run_random(uint64_t seed, uint32_t max_flows, bool sweeps, bool backwards,
                       struct books *in, struct books *out)
{
	struct table_config c = { SECOND * 5, SECOND * 20, max_flows, seed & 1, keep_books, out };
	struct table *t = table_new(&c);
	uint64_t now = 1000 * SECOND, dice = seed;

	memset(in, 0, sizeof(*in));
	memset(out, 0, sizeof(*out));
	for (int i = 0; i < 5000; i++) {
		uint64_t late = backwards ? random_below(&seed, 2 * SECOND) : 0;
		struct flow_packet k = random_packet(&seed, now - late, true);

		in->packets[flow_of(&k.key)]++;
		in->bytes[flow_of(&k.key)] += k.length;
		assert_int_equal(add(t, &k, !random_below(&seed, 4)), 0);
		assert_true(table_count(t) <= max_flows);
		now += random_below(&seed, random_below(&seed, 20) ? SECOND / 10 : SECOND * 2);
		if (sweeps && !random_below(&dice, 20))
			table_sweep(t, now);
	}
	table_flush(t, RECORD_FORCED);
	table_free(t);
}

static void every_packet_is_in_exactly_one_record(void **state)
{
	static struct books in, out;

	for (uint64_t seed = 1; seed <= 24; seed++) {
		run_random(seed, seed & 2 ? 7 : 1000, seed & 4, seed & 8, &in, &out);
		assert_memory_equal(in.packets, out.packets, sizeof(in.packets));
		assert_memory_equal(in.bytes, out.bytes, sizeof(in.bytes));
		assert_int_equal(out.empty, 0);
		assert_int_equal(out.ends[RECORD_LIVE], 0);
		assert_int_equal(!out.ends[RECORD_LACK_OF_RESOURCES], !(seed & 2));
	}
}

static void records_but_their_reasons_do_not_depend_on_when_the_sweep_runs(void **state)
{
	static struct books in, without, with;

	for (uint64_t seed = 1; seed <= 8; seed++) {
		run_random(seed, 1000, false, false, &in, &without);
		run_random(seed, 1000, true, false, &in, &with);
		assert_int_equal(with.records, without.records);
		assert_true(with.digest == without.digest);
	}
}

/* Records, kept whole. */
struct kept {
	struct flow_key key;
	struct flow_side fwd, rev;
	uint64_t start_ns, end_ns, end;
};

struct records {
	uint32_t n;
	struct kept kept[RECORDS];
};

static void keep_record(void *arg, const struct flow_record *r)
{
	struct records *all = arg;

	assert_true(all->n < RECORDS);
	all->kept[all->n++] = (struct kept){ r->key,      *r->fwd,   *r->rev,
		                             r->start_ns, r->end_ns, r->end };
}

/* What one epoch of the kernel holds: a partial for each flow and direction, oldest first. */
struct epoch {
	int n;
	struct flow_key key[2 * KEYS];
	struct flow_partial part[2 * KEYS];
};

static void epoch_add(struct epoch *e, const struct flow_packet *k)
{
	int i;

	for (i = 0; i < e->n; i++)
		if (!memcmp(&e->key[i], &k->key, sizeof(k->key)))
			break;
	if (i < e->n) {
		flow_add(&e->part[i], k);
		return;
	}
	e->key[e->n] = k->key;
	flow_start(&e->part[e->n++], k);
}

static void epoch_end(struct epoch *e, struct table *t)
{
	for (int i = 0; i < e->n; i++)
		assert_int_equal(table_add_partial(t, &e->key[i], &e->part[i]), 0);
	e->n = 0;
}

/*
 * Epochs of at most four seconds, shorter than the idle timeout, and folded in order of time. With
 * one packet an epoch, also cuts by the active timeout and ends by TCP fall on the same packets.
 */
static void compare(uint64_t seed, bool single)
{
	static struct records from_packets, from_partials;
	static struct epoch epoch;
	struct table_config c = { 5 * SECOND,         single ? 20 * SECOND : 0,
		                  single ? 30 : 1000, seed & 1,
		                  keep_record,        &from_packets };
	struct table *packets = table_new(&c), *partials;
	uint64_t now = 1, begun = 0;
	uint32_t seq[KEYS][2] = { 0 };

	from_packets.n = from_partials.n = 0;
	c.arg = &from_partials;
	partials = table_new(&c);
	for (int i = 0; i < 4000; i++) {
		struct flow_packet k = random_packet(&seed, now, single);
		uint32_t *next = &seq[flow_of(&k.key)][k.key.src_port == SERVER_PORT];

		k.tcp_seq = *next;
		*next += k.payload + (k.tcp_flags & 1) + (k.tcp_flags >> 1 & 1);
		if (single || now - begun > 4 * SECOND || !random_below(&seed, 30)) {
			epoch_end(&epoch, partials);
			begun = now;
		}
		epoch_add(&epoch, &k);
		assert_int_equal(table_add_packet(packets, &k), 0);
		now += 1 + random_below(&seed, random_below(&seed, 20) ? SECOND / 10 : SECOND * 2);
	}
	epoch_end(&epoch, partials);
	table_flush(packets, RECORD_FORCED);
	table_flush(partials, RECORD_FORCED);
	assert_true(from_packets.n > KEYS);
	assert_int_equal(from_packets.n, from_partials.n);
	assert_memory_equal(from_packets.kept, from_partials.kept,
	                    from_packets.n * sizeof(*from_packets.kept));
	table_free(packets);
	table_free(partials);
}

static void partials_make_the_records_their_packets_make(void **state)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		compare(seed, false);
		compare(seed, true);
	}
}

/* A connection used every packet survives a flood of forged ones. */
static void a_flood_of_single_packets_does_not_push_out_a_flow_in_use(void **state)
{
	static struct books books;

	for (uint32_t position = 0; position < 10; position++) {
		struct table_config c = { 0, 0, 10, false, keep_books, &books };
		struct table *t = table_new(&c);

		memset(&books, 0, sizeof(books));
		for (uint32_t i = 0; i < 1000; i++) {
			struct flow_packet busy = make_packet(0, i & 1, i, FLOW_ACK),
			                   forged = make_packet(1 + i % 49, false, i, FLOW_SYN);

			if (i >= position)
				assert_int_equal(add(t, &busy, false), 0);
			assert_int_equal(add(t, &forged, false), 0);
		}
		assert_int_equal(books.packets[0], 0);
		table_flush(t, RECORD_FORCED);
		assert_int_equal(books.packets[0], 1000 - position);
		assert_int_equal(books.ends[RECORD_FORCED], 10);
		table_free(t);
	}
}

/* Make n flows, one way or both. */
static struct table *fill(uint32_t n, int ways, struct books *books)
{
	struct table_config c = { 0, 0, UINT32_MAX, false, keep_books, books };
	struct table *t = table_new(&c);

	memset(books, 0, sizeof(*books));
	for (uint32_t i = 0; i < n * ways; i++) {
		struct flow_packet k = make_packet(i % n, i >= n, i, FLOW_ACK);

		assert_int_equal(table_add_packet(t, &k), 0);
	}
	assert_int_equal(table_count(t), n);
	assert_int_equal(books->records, 0);
	return t;
}

static void two_hundred_thousand_flows_are_found_again_and_leave_once(void **state)
{
	static struct books books;
	struct table *t = fill(200000, 2, &books);
	uint64_t full = table_memory(t);

	table_flush(t, RECORD_FORCED);
	assert_int_equal(books.records, 200000);
	assert_int_equal(table_count(t), 0);
	for (uint32_t flow = 0; flow < KEYS; flow++) {
		assert_int_equal(books.packets[flow], 2 * 200000 / KEYS);
		assert_int_equal(books.bytes[flow], 2 * 54 * 200000 / KEYS);
	}
	for (uint32_t i = 0; i < 200000; i++) { /* and their room is used again */
		struct flow_packet k = make_packet(i, false, i, FLOW_ACK);

		assert_int_equal(add(t, &k, false), 0);
	}
	assert_int_equal(table_count(t), 200000);
	assert_int_equal(table_memory(t), full);
	table_free(t);
}

static void a_million_flows_both_ways_take_less_than_450_megabytes(void **state)
{
	static struct books books;
	struct table *t = fill(1000000, 1, &books);

	print_message("1,000,000 flows, one way: %.1f MB\n", table_memory(t) / 1e6);
	assert_true(table_memory(t) <= 300000000);
	table_free(t);
	t = fill(1000000, 2, &books);
	print_message("1,000,000 flows, both ways: %.1f MB\n", table_memory(t) / 1e6);
	assert_true(table_memory(t) <= 450000000);
	table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_packet_is_in_exactly_one_record),
		CASE(records_but_their_reasons_do_not_depend_on_when_the_sweep_runs),
		CASE(partials_make_the_records_their_packets_make),
		CASE(a_flood_of_single_packets_does_not_push_out_a_flow_in_use),
		CASE(two_hundred_thousand_flows_are_found_again_and_leave_once),
		CASE(a_million_flows_both_ways_take_less_than_450_megabytes),
	};

	return cmocka_run_group_tests_name("table, many packets", tests, NULL, NULL);
}
