// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The flow table. Most cases are a script and what must come of it, both in one line of text.
 *
 * A script is a list of words. "a0>S" is flow a, second 0, from client to server, flags SYN; the
 * flow's letter may be missing (a), "15+1" is 15 s and 1 ns, '<' is the way back. "!20" sweeps at
 * second 20, "~" flushes. What is left is flushed at the end. A result "a> 2/1 0-15 idle" is a
 * record of flow a, the client its initiator, 2 packets forth and 1 back, its times and its end;
 * sweeps and flushes show where they happened. Every script is played with packets and with
 * partials, and with the server's address before and behind the client's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "field.h"
#include "table.h"

#define SECOND      1000000000ULL
#define SERVER_PORT 443
#define CASE(test)  cmocka_unit_test(test)

static const struct table_config usual = { 15 * SECOND, 60 * SECOND, 100, false, NULL, NULL };

static uint8_t server = 1; /* first byte of the server's address; the clients' is 10 */

static struct flow_packet make_packet(uint32_t flow, bool back, uint64_t time_ns, uint8_t flags)
{
	uint8_t to[16] = { [10] = 0xff, [11] = 0xff, [12] = server, [15] = 1 };
	uint8_t from[16] = { [10] = 0xff, [11] = 0xff, [12] = 10, flow >> 16, flow >> 8, flow };
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

struct story {
	char text[1024];
};

static void tell(struct story *s, const char *format, ...)
{
	size_t length = strlen(s->text);
	va_list args;

	if (length)
		length += snprintf(s->text + length, sizeof(s->text) - length, "; ");
	va_start(args, format);
	vsnprintf(s->text + length, sizeof(s->text) - length, format, args);
	va_end(args);
}

static char *time_text(char text[32], uint64_t ns)
{
	int n = snprintf(text, 32, "%u", (unsigned int)(ns / SECOND));

	if (ns % SECOND)
		snprintf(text + n, 32 - n, "+%u", (unsigned int)(ns % SECOND));
	return text;
}

static void tell_record(void *arg, const struct flow_record *r)
{
	char from[32], to[32];

	tell(arg, "%c%c %u/%u %s-%s %s", 'a' + flow_of(&r->key),
	     r->key.src_port == SERVER_PORT ? '<' : '>', r->fwd->packets, r->rev->packets,
	     time_text(from, r->start_ns), time_text(to, r->end_ns), record_end_name(r->end));
}

static uint64_t read_time(char **at)
{
	uint64_t ns = strtoull(*at, at, 10) * SECOND;

	return **at == '+' ? ns + strtoull(*at + 1, at, 10) : ns;
}

static void play_word(struct table *t, struct story *s, char *word, bool as_partial)
{
	static const char letters[] = "FSRPA";
	uint32_t flow = 0, flags = 0;
	struct flow_packet k;
	uint64_t time;
	bool back;

	if (*word == '!' || *word == '~') {
		tell(s, "%c", *word++);
		if (s->text[strlen(s->text) - 1] == '!')
			table_sweep(t, read_time(&word));
		else
			table_flush(t, RECORD_FORCED);
		return;
	}
	if (*word >= 'a')
		flow = *word++ - 'a';
	time = read_time(&word);
	back = *word++ == '<';
	for (; *word; word++)
		flags |= 1 << (strchr(letters, *word) - letters);
	k = make_packet(flow, back, time, flags);
	assert_int_equal(add(t, &k, as_partial), 0);
}

static void check_each(const struct table_config *config, const char *script,
                       const char *with_packets, const char *with_partials)
{
	for (int variant = 0; variant < 4; variant++) {
		struct table_config c = *config;
		struct story story = { "" };
		struct table *t;
		char words[512], *rest, *word;

		server = variant & 1 ? 1 : 200;
		c.emit = tell_record;
		c.arg = &story;
		t = table_new(&c);
		assert_non_null(t);
		strcpy(words, script);
		for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
			play_word(t, &story, word, variant & 2);
		table_flush(t, RECORD_FORCED);
		assert_int_equal(table_count(t), 0);
		table_free(t);
		assert_string_equal(story.text, variant & 2 ? with_partials : with_packets);
	}
}

static void check(const struct table_config *config, const char *script, const char *expected)
{
	check_each(config, script, expected, expected);
}

static void both_directions_are_one_flow_and_its_first_speaker_initiates(void **state)
{
	check(&usual, "0> 1< 2>", "a> 2/1 0-2 forced");
	check(&usual, "0< 1> 2<", "a< 2/1 0-2 forced");
	check(&usual, "5> 4<", "a< 1/1 4-5 forced"); /* by the clock, not by arrival */
	check(&usual, "4> 4<", "a> 1/1 4-4 forced"); /* by arrival at the same time */
	check(&usual, "a0> b0< b1> a1<", "a> 1/1 0-1 forced; b< 1/1 0-1 forced");
}

static void a_handshake_tells_the_initiator_whoever_was_seen_first(void **state)
{
	check(&usual, "0<A 1>S", "a> 1/1 0-1 forced");
	check(&usual, "0<SA 1>A", "a> 1/1 0-1 forced");
	check(&usual, "0<SA", "a> 0/1 0-0 forced");
	check(&usual, "0>A 1<S", "a< 1/1 0-1 forced");
	check(&usual, "0>SA", "a< 0/1 0-0 forced");
	check(&usual, "0<S 1>S", "a< 1/1 0-1 forced"); /* both opened: the first */
	check(&usual, "0<S 1>S 2>SA", "a< 1/2 0-2 forced");
}

static void the_initiator_is_remembered_when_a_long_flow_is_cut(void **state)
{
	check(&usual, "0>S 1<SA 14>A 28>A 42>A 56>A 61<A 62>A",
	      "a> 5/1 0-56 active; a> 1/1 61-62 forced");
	check(&usual, "0> 14< 28> 42< 56> 61< 75> 89< 103> 117< 131> 132<",
	      "a> 3/2 0-56 active; a> 2/3 61-117 active; a> 1/1 131-132 forced");
	check(&usual, "0> 14> 28> 42> 56> !60+1 61<", "!; a> 5/0 0-56 active; a> 0/1 61-61 forced");
}

static void a_flow_ends_when_its_next_packet_is_late(void **state)
{
	check(&usual, "0> 15>", "a> 2/0 0-15 forced");
	check(&usual, "0> 15+1>", "a> 1/0 0-0 idle; a> 1/0 15+1-15+1 forced");
	check(&usual, "0> 15< 30>", "a> 2/1 0-30 forced");
	check(&usual, "0> 15+1<", "a> 1/0 0-0 idle; a< 1/0 15+1-15+1 forced");
	/* A clock that went back is not late: it stands still, but partials come in any order. */
	check_each(&usual, "20> 1>", "a> 2/0 20-20 forced", "a> 2/0 1-20 forced");
}

static void a_sweep_ends_what_has_been_idle_for_longer(void **state)
{
	check(&usual, "0> b1> !15 !15+1 !16+1", "!; !; a> 1/0 0-0 idle; !; b> 1/0 1-1 idle");
	check(&usual, "20> !3", "!; a> 1/0 20-20 forced");
}

static void a_flow_going_on_is_reported_and_continues(void **state)
{
	check(&usual, "0> 15> 30> 45> 60>", "a> 5/0 0-60 forced");
	check(&usual, "0> 15> 30> 45> 46> 60+1>", "a> 5/0 0-46 active; a> 1/0 60+1-60+1 forced");
	check(&usual, "0> 15> 30> 45> 58> !60 !60+1 !61", "!; !; a> 5/0 0-58 active; !");
	/* the next record's time runs from its own first packet, not from the cut */
	check(&usual, "0> 15> 30> 45> 59> !61 70> 85> 100> 115> 130> 130+1>",
	      "!; a> 5/0 0-59 active; a> 5/0 70-130 active; a> 1/0 130+1-130+1 forced");
}

static void a_flow_silent_after_its_report_is_not_reported_again(void **state)
{
	struct table_config c = usual;

	c.idle_ns = 100 * SECOND;
	check(&c, "0> !61 !200", "!; a> 1/0 0-0 active; !");
	check(&c, "0> !61 ~", "!; a> 1/0 0-0 active; ~");
}

static void a_record_covers_its_own_packets_and_no_others(void **state)
{
	struct table_config c = usual;

	c.idle_ns = 0;
	check(&c, "0> 59> !61 58<", "!; a> 2/0 0-59 active; a> 0/1 58-58 forced");
}

static void tcp_ends_a_flow_one_second_after_both_have_finished(void **state)
{
	check(&usual, "0>S 1<SA 2>FA 3<FA 3+5>A !4+5 !4+6", "!; !; a> 3/2 0-3+5 end_of_flow");
	check(&usual, "0>S 1<SA 2>FA 3<FA 3+5>A 4+6>A !6",
	      "a> 3/2 0-3+5 end_of_flow; !; a> 1/0 4+6-4+6 forced");
	check(&usual, "0>FA 0+1>FA !10 !16", "!; !; a> 2/0 0-0+1 idle"); /* one side only */
	check(&usual, "0>FA 1<A 2>A !16 !18", "!; !; a> 2/1 0-2 idle");
	check(&usual, "0>FA 0+1<FA !60", "!; a> 1/1 0-0+1 end_of_flow"); /* and not idle */
}

static void a_reset_from_either_side_ends_a_flow(void **state)
{
	check(&usual, "0>S 0+1<RA !1+1 !1+2", "!; !; a> 1/1 0-0+1 end_of_flow");
	check(&usual, "0>S 1>R !2 !2+1", "!; !; a> 2/0 0-1 end_of_flow");
}

static void stragglers_of_a_closed_flow_belong_to_it(void **state)
{
	check(&usual, "0>S 1<SA 2>FA 3<FA 3+5>A 4<A 5>R !7", "!; a> 4/3 0-5 end_of_flow");
	check(&usual, "0>S 1<SA 5>R 4>S !7", "!; a> 3/1 0-5 end_of_flow"); /* a SYN from before */
}

static void a_syn_after_the_close_begins_a_new_flow(void **state)
{
	check(&usual, "0>S 1<SA 2>FA 3<FA 3+5>S 3+6<SA 3+7<RA !9",
	      "a> 2/2 0-3 end_of_flow; !; a> 1/2 3+5-3+7 end_of_flow");
	check(&usual, "0>S 0+1<RA 0+2<S !0+3",
	      "a> 1/1 0-0+1 end_of_flow; !; a< 1/0 0+2-0+2 forced");
	check(&usual, "0>S 1>S 2<SA 3<SA", "a> 2/2 0-3 forced"); /* sent again, not begun again */
}

static void without_directions_paired_each_has_its_record_and_tcp_ends_none(void **state)
{
	struct table_config c = usual;

	c.uniflow = true;
	check(&c, "0>S 1<SA 2>FA 3<FA !10 !17+1", "!; !; a> 2/0 0-2 idle; a< 2/0 1-3 forced");
	check(&c, "0>S 1>R 2>S", "a> 3/0 0-2 forced");
	check(&c, "0<SA 1>A", "a< 1/0 0-0 forced; a> 1/0 1-1 forced");
}

static void zero_timeouts_never_end_a_flow(void **state)
{
	struct table_config c = usual;

	c.idle_ns = c.active_ns = 0;
	check(&c, "0> !1000000000 2000000000<", "!; a> 1/1 0-2000000000 forced");
	c.active_ns = 60 * SECOND;
	check(&c, "0> !60 !1000", "!; !; a> 1/0 0-0 active");
}

static void a_full_table_gives_up_the_flow_unused_for_longest(void **state)
{
	struct table_config c = usual;

	c.max_flows = 3;
	check(&c, "a0> b1> c2> d3> e4>",
	      "a> 1/0 0-0 lack_of_resources; b> 1/0 1-1 lack_of_resources; "
	      "d> 1/0 3-3 forced; e> 1/0 4-4 forced; c> 1/0 2-2 forced");
	check(&c, "a0> b1> c2> a3< c3+1> d4>",
	      "b> 1/0 1-1 lack_of_resources; a> 1/1 0-3 forced; "
	      "d> 1/0 4-4 forced; c> 2/0 2-3+1 forced");
	c.max_flows = 1;
	check(&c, "a0> b1> a2>",
	      "a> 1/0 0-0 lack_of_resources; b> 1/0 1-1 lack_of_resources; "
	      "a> 1/0 2-2 forced");
}

static void all_flows_leave_once(void **state)
{
	check(&usual, "a0> b1> ~ ~", "~; a> 1/0 0-0 forced; b> 1/0 1-1 forced; ~");
	check(&usual, "a0> ~ a1<", "~; a> 1/0 0-0 forced; a< 1/0 1-1 forced");
}

/* A side reports before its 32-bit counters can wrap, whatever the timeouts. */
static void a_side_of_two_billion_packets_is_reported_at_once(void **state)
{
	struct story story = { "" };
	struct table_config c = { 0, 0, 100, false, tell_record, &story };
	struct flow_packet k = make_packet(0, false, SECOND, FLOW_ACK);
	struct table *t = table_new(&c);
	struct flow_partial part;

	flow_start(&part, &k);
	FLOW_COUNT(&part, payload_hist, 0, 0x7ffffffe);
	part.high.bytes = 0x7ffffffeULL * k.length >> 32;
	assert_int_equal(table_add_partial(t, &k.key, &part), 0);
	assert_string_equal(story.text, "");
	assert_int_equal(table_add_packet(t, &k), 0);
	assert_string_equal(story.text, "a> 2147483648/0 1-1 active");
	table_flush(t, RECORD_FORCED);
	assert_string_equal(story.text, "a> 2147483648/0 1-1 active");
	table_free(t);
}

static void keep_record(void *arg, const struct flow_record *r)
{
	*(struct flow_record *)arg = *r;
}

/* What is part of a flow's identity, and what is not: the second packet is an answer but for one.
 */
static void a_flow_is_told_by_all_of_its_key_but_the_hooks_direction(void **state)
{
	static const struct {
		size_t offset;
		uint8_t value;
		uint32_t flows;
	} cases[] = {
		{ offsetof(struct flow_key, direction), FLOW_INGRESS, 1 }, /* mirror port */
		{ offsetof(struct flow_key, direction), FLOW_EGRESS, 1 },
		{ offsetof(struct flow_key, vlan[0]), 7, 2 },
		{ offsetof(struct flow_key, vlan[1]), 7, 2 },
		{ offsetof(struct flow_key, ifindex), 7, 2 },
		{ offsetof(struct flow_key, protocol), 17, 2 },
		{ offsetof(struct flow_key, src_port), 7, 2 },
		{ offsetof(struct flow_key, dst_port), 7, 2 },
		{ offsetof(struct flow_key, src[0]), 7, 2 },
		{ offsetof(struct flow_key, dst[15]), 7, 2 },
	};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		struct flow_record record;
		struct table_config c = { 0, 0, 9, false, keep_record, &record };
		struct flow_packet ask = make_packet(0, false, 1, 0),
		                   answer = make_packet(0, true, 2, 0);
		struct table *t;

		server = i & 1 ? 1 : 200;
		((uint8_t *)&answer.key)[cases[i / 2].offset] = cases[i / 2].value;
		t = table_new(&c);
		assert_int_equal(add(t, &ask, i & 1), 0);
		assert_int_equal(add(t, &answer, i & 1), 0);
		assert_int_equal(table_count(t), cases[i / 2].flows);
		table_flush(t, RECORD_FORCED);
		table_free(t);
	}
}

static void the_key_of_a_record_is_the_initiators_packet(void **state)
{
	static const struct {
		bool back;
		uint8_t flags, seen, told;
	} cases[] = {
		{ false, FLOW_SYN, FLOW_EGRESS, FLOW_EGRESS },
		{ false, FLOW_SYN, FLOW_INGRESS, FLOW_INGRESS },
		{ true, FLOW_SYN | FLOW_ACK, FLOW_INGRESS, FLOW_EGRESS }, /* only the answer */
		{ true, FLOW_SYN | FLOW_ACK, FLOW_EGRESS, FLOW_INGRESS },
	};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		struct flow_record record;
		struct table_config c = { 0, 0, 9, false, keep_record, &record };
		struct flow_packet k, ask;
		struct table *t = table_new(&c);

		server = i & 1 ? 1 : 200;
		k = make_packet(0, cases[i / 2].back, 1, cases[i / 2].flags);
		ask = make_packet(0, false, 1, 0);
		k.key.ifindex = ask.key.ifindex = 3;
		k.key.vlan[1] = ask.key.vlan[1] = 9;
		k.key.direction = cases[i / 2].seen;
		ask.key.direction = cases[i / 2].told;
		assert_int_equal(add(t, &k, false), 0);
		table_flush(t, RECORD_FORCED);
		assert_memory_equal(&record.key, &ask.key, sizeof(ask.key));
		table_free(t);
	}
}

/* "a:162 b:54": flows and the bytes they moved since the last look. */
static const char *top(struct table *t, uint32_t n)
{
	static char text[128];
	struct flow_record records[8];
	uint64_t bytes[8];
	int length = 0;

	n = table_look(t, records, bytes, n, NULL);
	text[0] = '\0';
	for (uint32_t i = 0; i < n; i++)
		length += sprintf(text + length, "%s%c:%u", i ? " " : "",
		                  'a' + flow_of(&records[i].key), (unsigned int)bytes[i]);
	return text;
}

static void the_busiest_flows_since_the_last_look_come_first(void **state)
{
	struct story story = { "" };
	struct table_config c = { 0, 10 * SECOND, 9, false, tell_record, &story };
	struct table *t = table_new(&c);

	assert_string_equal(top(t, 3), "");
	for (int i = 0; i < 10; i++) {
		struct flow_packet k = make_packet("abbcccdddd"[i] - 'a', i & 1, i, 0);

		assert_int_equal(add(t, &k, i & 2), 0);
	}
	assert_string_equal(top(t, 3), "d:216 c:162 b:108");
	assert_string_equal(top(t, 3), "");
	play_word(t, &story, (char[]){ "b5>" }, false);
	play_word(t, &story, (char[]){ "a5<" }, true);
	play_word(t, &story, (char[]){ "a5<" }, false);
	assert_string_equal(top(t, 1), "a:108");
	assert_string_equal(top(t, 8), ""); /* what was not among the shown is past, too */
	play_word(t, &story, (char[]){ "b6>" }, false);
	assert_string_equal(top(t, 8), "b:54");
	assert_string_equal(story.text, "");
	table_free(t);
}

/* 40 flows in a mixed order, flow i of 1 + i packets there and i back. */
static void each_of_the_busiest_comes_with_its_own_sides(void **state)
{
	struct table_config c = { 0, 0, 100, false, NULL, NULL };
	struct table *t = table_new(&c);
	struct flow_record records[8];
	uint64_t bytes[8];

	for (uint32_t i = 0; i < 40; i++) {
		uint32_t flow = i * 17 % 40;

		for (uint32_t n = 0; n < 2 * flow + 1; n++) {
			struct flow_packet k = make_packet(flow, n & 1, n, 0);

			assert_int_equal(add(t, &k, n & 2), 0);
		}
	}
	for (uint32_t n = 8; n > 0; n -= 4) {
		assert_int_equal(table_look(t, records, bytes, n, NULL), n);
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(flow_of(&records[i].key), 39 - i);
			assert_int_equal(records[i].fwd->packets, 40 - i + (8 - n) / 4);
			assert_int_equal(records[i].rev->packets, 39 - i);
		}
		for (uint32_t flow = 0; flow < 40; flow++) { /* once more, the largest most */
			struct flow_packet k = make_packet(flow, false, 100, 0);

			k.length += flow;
			assert_int_equal(add(t, &k, false), 0);
		}
	}
	table_free(t);
}

/* A flow that is cut between two looks has moved what it moved. */
static void a_cut_takes_nothing_from_the_bytes_since_the_last_look(void **state)
{
	struct story story = { "" };
	struct table_config c = { 0, 10 * SECOND, 9, false, tell_record, &story };
	struct table *t = table_new(&c);

	play_word(t, &story, (char[]){ "a0>" }, false);
	assert_string_equal(top(t, 3), "a:54");
	play_word(t, &story, (char[]){ "a9>" }, false);
	play_word(t, &story, (char[]){ "a11>" }, false);
	assert_string_equal(story.text, "a> 2/0 0-9 active");
	assert_string_equal(top(t, 3), "a:108");
	table_free(t);
}

static void tell_look(void *arg, const struct flow_record *r)
{
	tell(arg, "%c%s %u/%u of %u/%u", 'a' + flow_of(&r->key), r->is_new ? " new" : "",
	     (unsigned int)r->moved_packets[0], (unsigned int)r->moved_packets[1], r->fwd->packets,
	     r->rev->packets);
}

static void a_look_shows_each_flow_that_moved_and_by_how_much(void **state)
{
	struct story story = { "" };
	struct table_config c = { 30 * SECOND, 10 * SECOND, 9, false, tell_record, &story };
	struct table *t = table_new(&c);

	play_word(t, &story, (char[]){ "a0<SA" }, false); /* the answer first */
	play_word(t, &story, (char[]){ "b0>" }, true);
	table_look(t, NULL, NULL, 0, tell_look);
	play_word(t, &story, (char[]){ "a1>" }, false);
	play_word(t, &story, (char[]){ "a1<" }, true);
	play_word(t, &story, (char[]){ "a1>" }, true);
	table_look(t, NULL, NULL, 0, tell_look);
	table_look(t, NULL, NULL, 0, tell_look);
	play_word(t, &story, (char[]){ "a9>" }, false);
	play_word(t, &story, (char[]){ "!11" }, false); /* cut, nothing since */
	table_look(t, NULL, NULL, 0, tell_look);
	assert_string_equal(story.text, "a new 0/1 of 0/1; b new 1/0 of 1/0; a 2/1 of 2/2; !; "
	                                "a> 3/2 0-9 active; b> 1/0 0-0 active; a 1/0 of 0/0");
	table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(both_directions_are_one_flow_and_its_first_speaker_initiates),
		CASE(a_handshake_tells_the_initiator_whoever_was_seen_first),
		CASE(the_initiator_is_remembered_when_a_long_flow_is_cut),
		CASE(a_flow_ends_when_its_next_packet_is_late),
		CASE(a_sweep_ends_what_has_been_idle_for_longer),
		CASE(a_flow_going_on_is_reported_and_continues),
		CASE(a_flow_silent_after_its_report_is_not_reported_again),
		CASE(a_record_covers_its_own_packets_and_no_others),
		CASE(tcp_ends_a_flow_one_second_after_both_have_finished),
		CASE(a_reset_from_either_side_ends_a_flow),
		CASE(stragglers_of_a_closed_flow_belong_to_it),
		CASE(a_syn_after_the_close_begins_a_new_flow),
		CASE(without_directions_paired_each_has_its_record_and_tcp_ends_none),
		CASE(zero_timeouts_never_end_a_flow),
		CASE(a_full_table_gives_up_the_flow_unused_for_longest),
		CASE(all_flows_leave_once),
		CASE(a_side_of_two_billion_packets_is_reported_at_once),
		CASE(a_flow_is_told_by_all_of_its_key_but_the_hooks_direction),
		CASE(the_key_of_a_record_is_the_initiators_packet),
		CASE(the_busiest_flows_since_the_last_look_come_first),
		CASE(a_look_shows_each_flow_that_moved_and_by_how_much),
		CASE(each_of_the_busiest_comes_with_its_own_sides),
		CASE(a_cut_takes_nothing_from_the_bytes_since_the_last_look),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
