// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bpf/parse.h, from frames made to measure: what each must be taken for, and that no cut of it is
 * read beyond its end (ASan watches an exactly sized copy) or taken for something else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packet.h"

static const char *const cause_names[] = {
#define CAUSE_NAME(id, name, meaning) [id] = (name),
	FLOW_CAUSES(CAUSE_NAME)
#undef CAUSE_NAME
};

static struct packet whole;

/* Where "IPv6 jumbogram" and the like belong in a message. */
static void check(int claim, const char *name, uint32_t cut, const char *what)
{
	if (!claim)
		fail_msg("%s, cut to %u bytes: %s", name, cut, what);
}

static enum flow_cause parse(struct flow_packet *k, const struct packet_case *c, const void *data,
                             uint32_t captured, uint32_t wire)
{
	memset(k, 0, sizeof(*k));
	return parse_packet(k, data, (const uint8_t *)data + captured, wire, c->link, c->stripped);
}

/* The facts that the table tells, as the parser would have them. */
static void expect(struct flow_packet *k, const struct packet_case *c, uint32_t length)
{
	const struct packet_facts *is = &c->is;
	int named = packet_has_ports(is->protocol) && is->fragment != FLOW_LATER_FRAGMENT;
	int tcp = named && is->protocol == PARSE_TCP;

	memset(k, 0, sizeof(*k));
	memcpy(k->key.src, packet_address[is->family == 6][0], 16);
	memcpy(k->key.dst, packet_address[is->family == 6][1], 16);
	k->key.src_port = named ? PACKET_SRC_PORT : 0;
	k->key.dst_port = named ? PACKET_DST_PORT : 0;
	k->key.vlan[0] = is->vlan[0];
	k->key.vlan[1] = is->vlan[1];
	k->key.protocol = is->protocol;
	k->key.ip_version = is->family;
	k->length = length + (c->stripped ? 4 : 0);
	k->ip_length = is->ip_length;
	k->payload = is->payload;
	k->segments = 1;
	k->headers = is->link + is->ip_length - is->payload;
	k->link_length = is->link;
	k->tcp_seq = tcp ? PACKET_SEQ : 0;
	k->tcp_window = tcp ? PACKET_WINDOW : 0;
	k->icmp = is->icmp;
	k->tcp_flags = is->flags;
	k->ttl = PACKET_TTL;
	k->tos = PACKET_TOS;
	k->fragment = is->fragment;
	k->is_clipped = is->clipped;
}

static void compare(const char *name, const struct flow_packet *is, const struct flow_packet *must)
{
#define SAME(field)                                                                                \
	if (is->field != must->field)                                                              \
	fail_msg("%s: " #field " is %u, not %u", name, is->field, must->field)

	if (memcmp(is->key.src, must->key.src, 16) || memcmp(is->key.dst, must->key.dst, 16))
		fail_msg("%s: wrong addresses", name);
	SAME(key.src_port);
	SAME(key.dst_port);
	SAME(key.vlan[0]);
	SAME(key.vlan[1]);
	SAME(key.protocol);
	SAME(key.ip_version);
	SAME(length);
	SAME(ip_length);
	SAME(payload);
	SAME(headers);
	SAME(link_length);
	SAME(tcp_seq);
	SAME(tcp_window);
	SAME(icmp);
	SAME(tcp_flags);
	SAME(ttl);
	SAME(tos);
	SAME(fragment);
	SAME(is_clipped);
	if (memcmp(is, must, sizeof(*is)))
		fail_msg("%s: a fact beside those differs", name);
#undef SAME
}

static void every_packet_is_taken_for_what_it_is(void **state)
{
	struct flow_packet is, must;
	enum flow_cause cause;
	size_t i;

	for (i = 0; i < packet_n_cases; i++) {
		const struct packet_case *c = &packet_cases[i];

		packet_build(&whole, c->op);
		cause = parse(&is, c, whole.data, whole.length, whole.length);
		if (cause != c->is.cause)
			fail_msg("%s: %s, not %s", c->name, cause_names[cause],
			         cause_names[c->is.cause]);
		assert_int_equal(is.segments, 1);
		assert_int_equal(is.length, whole.length + (c->stripped ? 4 : 0));
		if (cause != FLOW_OK)
			continue;
		expect(&must, c, whole.length);
		compare(c->name, &is, &must);
	}
}

static void case_names_are_unique(void **state)
{
	size_t i, j;

	assert_true(packet_n_cases >= 60);
	for (i = 0; i < packet_n_cases; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(packet_cases[i].name, packet_cases[j].name);
}

static int is_cut(enum flow_cause cause)
{
	return cause < FLOW_N_CAUSES && !strncmp(cause_names[cause], "cut_", 4);
}

/* Parse the first bytes of the frame from memory that ends where they end. */
static enum flow_cause parse_cut(struct flow_packet *k, const struct packet_case *c, uint32_t bytes,
                                 uint32_t wire)
{
	uint8_t *copy = malloc(bytes ? bytes : 1);
	enum flow_cause cause;

	assert_non_null(copy);
	memcpy(copy, whole.data, bytes);
	/* An empty frame has no byte that may be read: point behind the only one. */
	cause = parse(k, c, bytes ? copy : copy + 1, bytes, wire);
	free(copy);
	return cause;
}

static void a_packet_captured_in_part_counts_in_whole(void **state)
{
	struct flow_packet all, part;
	enum flow_cause full, cause;
	uint32_t cut;
	int followed;
	size_t i;

	for (i = 0; i < packet_n_cases; i++) {
		const struct packet_case *c = &packet_cases[i];

		packet_build(&whole, c->op);
		full = parse(&all, c, whole.data, whole.length, whole.length);
		for (cut = 0, followed = 0; cut <= whole.length; cut++) {
			cause = parse_cut(&part, c, cut, whole.length);
			check(cause == full || is_cut(cause), c->name, cut, "another cause");
			check(cause == FLOW_OK || !followed, c->name, cut, "known when shorter");
			followed |= cause == FLOW_OK;
			if (cause == FLOW_OK)
				compare(c->name, &part, &all);
		}
	}
}

static void a_packet_sent_in_part_keeps_its_key_or_is_refused(void **state)
{
	struct flow_packet all, part;
	enum flow_cause full, cause;
	uint32_t cut;
	size_t i;

	for (i = 0; i < packet_n_cases; i++) {
		const struct packet_case *c = &packet_cases[i];

		packet_build(&whole, c->op);
		full = parse(&all, c, whole.data, whole.length, whole.length);
		for (cut = 0; cut <= whole.length; cut++) {
			cause = parse_cut(&part, c, cut, cut);
			check(cause == full || is_cut(cause), c->name, cut, "another cause");
			check(part.length == cut + (c->stripped ? 4 : 0), c->name, cut, "length");
			if (cause != FLOW_OK)
				continue;
			check(!memcmp(&part.key, &all.key, sizeof(all.key)), c->name, cut, "key");
			check(part.ip_length <= all.ip_length, c->name, cut, "ip_length grew");
			check(part.payload <= all.payload, c->name, cut, "payload grew");
			check(part.link_length + part.ip_length <= part.length, c->name, cut,
			      "more IP bytes than bytes");
			check(part.headers + part.payload == part.link_length + part.ip_length,
			      c->name, cut, "headers and payload are not the packet");
		}
	}
}

static void bytes_behind_the_headers_do_not_matter(void **state)
{
	static const struct packet_op op[] = { ETH, IP4, TCP(FLOW_ACK), PAY(400), { 0 } };
	struct flow_packet first, again;
	const struct packet_case c = { .link = PARSE_ETHERNET };

	packet_build(&whole, op);
	assert_int_equal(parse(&first, &c, whole.data, whole.length, whole.length), FLOW_OK);
	memset(whole.data + 54, 0xff, 400);
	assert_int_equal(parse(&again, &c, whole.data, whole.length, whole.length), FLOW_OK);
	assert_memory_equal(&first, &again, sizeof(first));
}

static void a_super_packet_of_half_a_megabyte_keeps_its_length(void **state)
{
	static const struct packet_op op[] = { ETH,  IP6, TCP(FLOW_ACK), PAY(100), IP_SET16(4, 0),
		                               { 0 } };
	struct flow_packet k;
	const struct packet_case c = { .link = PARSE_ETHERNET };

	packet_build(&whole, op);
	assert_int_equal(parse(&k, &c, whole.data, whole.length, 524288), FLOW_OK);
	assert_int_equal(k.length, 524288);
	assert_int_equal(k.ip_length, 524288 - 14);
	assert_int_equal(k.payload, 524288 - 74);
}

static void what_the_hook_knows_is_left_alone(void **state)
{
	static const struct packet_op op[] = { ETH, IP4, UDP, PAY(3), { 0 } };
	struct flow_packet k = { .time_ns = 77, .key = { .ifindex = 5, .direction = FLOW_EGRESS } };

	packet_build(&whole, op);
	assert_int_equal(parse_packet(&k, whole.data, whole.data + whole.length, whole.length,
	                              PARSE_ETHERNET, 0),
	                 FLOW_OK);
	assert_int_equal(k.time_ns, 77);
	assert_int_equal(k.key.ifindex, 5);
	assert_int_equal(k.key.direction, FLOW_EGRESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_names_are_unique),
		cmocka_unit_test(every_packet_is_taken_for_what_it_is),
		cmocka_unit_test(a_packet_captured_in_part_counts_in_whole),
		cmocka_unit_test(a_packet_sent_in_part_keeps_its_key_or_is_refused),
		cmocka_unit_test(bytes_behind_the_headers_do_not_matter),
		cmocka_unit_test(a_super_packet_of_half_a_megabyte_keeps_its_length),
		cmocka_unit_test(what_the_hook_knows_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
