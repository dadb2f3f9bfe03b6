// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sides of flows, packed and whole, against plain partials: what comes out is what went in, to the
 * bit, at the edge of every narrow field and along random sequences of packets and merges.
 *
 * Memory is given through aligned_alloc() here, which a test can make fail.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sides.h"

#define SIDES      300
#define CASE(test) cmocka_unit_test(test)

static bool no_memory;
static uint64_t dice;

void *aligned_alloc(size_t alignment, size_t size)
{
	void *p;

	return no_memory || posix_memalign(&p, alignment, size) ? NULL : p;
}

static uint64_t draw(void)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	return dice ^= dice << 17;
}

static uint32_t draw_below(uint32_t below)
{
	return (draw() >> 11) % below;
}

/* A field of the partial, and how much of it a packed side holds. */
struct field {
	const char *name;
	size_t at, size;
	uint64_t most;
};

#define FIELD(field, most)                                                                         \
	{                                                                                          \
#field, offsetof(struct flow_partial, field),                                      \
		        sizeof(((struct flow_partial *)0)->field), most                            \
	}
#define EIGHT(field, most)                                                                         \
	FIELD(field[0], most), FIELD(field[1], most), FIELD(field[2], most),                       \
	        FIELD(field[3], most), FIELD(field[4], most), FIELD(field[5], most),               \
	        FIELD(field[6], most), FIELD(field[7], most)

static const struct field fields[] = {
	FIELD(last_ns, UINT64_MAX),
	FIELD(bytes, UINT32_MAX),
	FIELD(ip_bytes, UINT32_MAX),
	FIELD(high.bytes, 0),
	FIELD(high.ip_bytes, 0),
	FIELD(high.payload_bytes, 0),
	FIELD(high.length_sq, 0),
	FIELD(high.payload_sq, 0),
	FIELD(has_high, 0),
	EIGHT(high.tcp_flag, 0),
	EIGHT(high.payload_hist, 0),
	EIGHT(high.iat_hist, 0),
	FIELD(iat_min, UINT32_MAX),
	FIELD(payload_bytes, UINT32_MAX),
	FIELD(length_sq, UINT32_MAX),
	FIELD(payload_sq, UINT32_MAX),
	FIELD(iat_sq, UINT64_MAX),
	FIELD(first_ns, UINT64_MAX),
	FIELD(iat_max, UINT32_MAX),
	FIELD(high.iat_sq, 0),
	FIELD(fragments, 7),
	FIELD(length_min, UINT16_MAX),
	FIELD(length_max, UINT16_MAX),
	FIELD(payload_min, UINT16_MAX),
	FIELD(payload_max, UINT16_MAX),
	FIELD(ttl_min, UINT8_MAX),
	FIELD(ttl_max, UINT8_MAX),
	FIELD(tcp_flags, UINT8_MAX),
	FIELD(marks, UINT8_MAX),
	EIGHT(payload_hist, UINT8_MAX),
	EIGHT(iat_hist, UINT8_MAX),
	EIGHT(tcp_flag, UINT8_MAX),
	FIELD(seq_next, UINT32_MAX),
	FIELD(seq_first, UINT32_MAX),
	FIELD(retransmits, UINT8_MAX),
	FIELD(out_of_order, 15),
	FIELD(iat_adjust, 0),
	FIELD(window_min, UINT16_MAX),
	FIELD(window_max, UINT16_MAX),
	FIELD(window_first, UINT16_MAX),
	FIELD(window_set, 1),
	EIGHT(first_payload, UINT16_MAX),
	FIELD(icmp_first, UINT16_MAX),
	FIELD(tos_first, UINT8_MAX),
	FIELD(n_first, UINT8_MAX),
	FIELD(head.bytes, UINT8_MAX),
	FIELD(head.text, UINT8_MAX),
	FIELD(head.zero, UINT8_MAX),
	FIELD(head.high, UINT8_MAX),
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static void set(struct flow_partial *p, const struct field *field, uint64_t value)
{
	memcpy((char *)p + field->at, &value, field->size); /* the low bytes come first */
	if (field->at >= offsetof(struct flow_partial, high) &&
	    field->at < offsetof(struct flow_partial, iat_adjust) && value)
		p->has_high = 1;
}

static uint64_t highest(const struct field *field)
{
	return UINT64_MAX >> (64 - 8 * field->size);
}

/* Every number at random below what a packed side holds, or at its edge. */
static struct flow_partial draw_small(void)
{
	struct flow_partial p;

	memset(&p, 0, sizeof(p));
	for (size_t i = 0; i < N_FIELDS; i++)
		set(&p, &fields[i], draw_below(4) ? draw() & fields[i].most : fields[i].most);
	return p;
}

static bool is_whole(uint32_t number)
{
	return number & SIDES_WHOLE;
}

static void check_side(const struct sides *s, uint32_t number, const struct flow_partial *expected)
{
	struct flow_partial room;

	memset(&room, 0xa5, sizeof(room));
	assert_memory_equal(sides_open(s, number, &room), expected, sizeof(*expected));
}

static void a_side_is_packed_while_every_number_fits(void **state)
{
	struct sides s;

	sides_init(&s);
	for (int i = 0; i < 10000; i++) {
		struct flow_partial p = draw_small();
		uint32_t number = 0;

		assert_int_equal(sides_keep(&s, &number, &p), 0);
		assert_false(is_whole(number));
		check_side(&s, number, &p);
	}
	assert_int_equal(s.packed.used, 10000);
	assert_int_equal(s.whole.used, 0);
	sides_clear(&s);
}

/* A number one, and any number, past the edge; those fields of full width have none. */
static void one_number_too_large_makes_it_whole(void **state)
{
	struct sides s;

	sides_init(&s);
	for (size_t i = 0; i < N_FIELDS * 100; i++) {
		const struct field *field = &fields[i / 100];
		uint64_t more = field->most + 1;
		struct flow_partial p = draw_small();
		uint32_t number = 0;

		if (field->most == highest(field))
			continue;
		assert_int_equal(sides_keep(&s, &number, &p), 0);
		assert_false(is_whole(number));
		set(&p, field, i % 2 ? more : (draw() | more) & highest(field));
		assert_int_equal(sides_keep(&s, &number, &p), 0);
		assert_true(is_whole(number));
		check_side(&s, number, &p);
		sides_release(&s, number);
		assert_int_equal(s.packed.used + s.whole.used, 0);
	}
	sides_clear(&s);
}

/* All of the partial is in one field or is number: nothing can be forgotten in packing. */
static void the_fields_here_are_all_there_are(void **state)
{
	struct flow_partial p;
	size_t zero = 0;

	memset(&p, 0, sizeof(p));
	for (size_t i = 0; i < N_FIELDS; i++)
		set(&p, &fields[i], UINT64_MAX);
	for (size_t i = 0; i < sizeof(p); i++)
		zero += !((const uint8_t *)&p)[i];
	assert_int_equal(zero, sizeof(p.number));
}

static struct flow_packet draw_packet(uint64_t *now)
{
	struct flow_packet k;

	memset(&k, 0, sizeof(k));
	*now += draw() >> (20 + draw_below(44)) & 0xffffffffffULL;
	k.time_ns = *now;
	k.key.protocol = draw_below(4) ? 6 : 17;
	k.segments = draw_below(20) ? 1 : 2 + draw_below(44);
	k.segment_payload = draw_below(1400);
	k.headers = 54;
	k.payload = (k.segments - 1) * k.segment_payload +
	            draw_below(draw_below(50) ? 1400 : 65000);
	k.length = k.payload + k.segments * k.headers;
	k.ip_length = k.length - k.segments * 14;
	k.tcp_seq = draw_below(100000);
	k.tcp_window = draw();
	k.tcp_flags = draw();
	k.ttl = draw();
	k.tos = draw();
	if (k.payload)
		k.head = (struct flow_head){ 8, draw_below(9), draw_below(9), draw_below(9) };
	k.fragment = draw_below(10) ? FLOW_WHOLE : FLOW_LATER_FRAGMENT;
	return k;
}

/* What the kernel might hand over: some packets, now or before others. */
static struct flow_partial draw_partial(uint64_t *now)
{
	uint64_t time = draw_below(3) ? *now : *now - draw_below(1 << 30);
	struct flow_packet k = draw_packet(&time);
	struct flow_partial p;

	flow_start(&p, &k);
	for (uint32_t n = draw_below(30); n > 0; n--) {
		k = draw_packet(&time);
		flow_add(&p, &k);
	}
	*now = time > *now ? time : *now;
	return p;
}

/* A step of the side and of the plain partial beside it. */
static void step(struct sides *s, uint32_t *number, struct flow_partial *plain, uint64_t *now)
{
	struct flow_packet k = draw_packet(now);
	struct flow_partial room, more, *p = &room;

	if (!*number) {
		flow_start(&room, &k);
		flow_start(plain, &k);
	} else {
		p = sides_open(s, *number, &room);
		if (draw_below(3)) {
			flow_add(p, &k);
			flow_add(plain, &k);
		} else {
			more = draw_partial(now);
			flow_merge(p, &more);
			flow_merge(plain, &more);
		}
	}
	assert_int_equal(sides_keep(s, number, p), 0);
}

/* Many sides at once, which come and go, so that places are used again by others. */
static void sides_are_the_plain_partials_through_all_packets_and_merges(void **state)
{
	static struct flow_partial plain[SIDES];
	static uint64_t now[SIDES];
	uint32_t number[SIDES] = { 0 }, grew = 0, kept = 0;
	struct sides s;

	sides_init(&s);
	for (int i = 0; i < 200000; i++) {
		uint32_t side = draw_below(SIDES);

		if (number[side] && !draw_below(40)) {
			check_side(&s, number[side], &plain[side]);
			*(is_whole(number[side]) ? &grew : &kept) += 1;
			sides_release(&s, number[side]);
			number[side] = 0;
		} else {
			if (!number[side])
				now[side] = 1ULL << 50;
			step(&s, &number[side], &plain[side], &now[side]);
			check_side(&s, number[side], &plain[side]);
		}
	}
	assert_true(grew > 1000 && kept > 1000);
	for (int i = 0; i < SIDES; i++)
		if (number[i])
			check_side(&s, number[i], &plain[i]);
	assert_true(s.packed.top <= SIDES && s.whole.top <= SIDES);
	sides_clear(&s);
}

static void without_memory_to_grow_a_side_stays_as_it_was(void **state)
{
	struct flow_partial p = draw_small(), large = p;
	uint32_t number = 0, other = 0, before;
	struct sides s;

	sides_init(&s);
	no_memory = true;
	assert_int_equal(sides_keep(&s, &number, &p), -ENOMEM);
	assert_int_equal(number, 0);
	no_memory = false;
	assert_int_equal(sides_keep(&s, &number, &p), 0);
	before = number;
	large.high.bytes = 1 << 8;
	large.has_high = 1;
	no_memory = true;
	assert_int_equal(sides_keep(&s, &number, &large), -ENOMEM);
	assert_int_equal(sides_keep(&s, &other, &large), -ENOMEM);
	no_memory = false;
	assert_int_equal(number, before);
	assert_int_equal(other, 0);
	check_side(&s, number, &p);
	assert_int_equal(s.packed.used, 1);
	assert_int_equal(sides_keep(&s, &number, &large), 0);
	check_side(&s, number, &large);
	sides_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_side_is_packed_while_every_number_fits),
		CASE(one_number_too_large_makes_it_whole),
		CASE(the_fields_here_are_all_there_are),
		CASE(sides_are_the_plain_partials_through_all_packets_and_merges),
		CASE(without_memory_to_grow_a_side_stays_as_it_was),
	};

	dice = 88172645463325252ULL;
	return cmocka_run_group_tests_name("sides", tests, NULL, NULL);
}
