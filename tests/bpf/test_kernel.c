// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel programs against the same text compiled natively: whatever a packet is, both must
 * account it alike. The packets are made to measure and go in by test-run; see also
 * test_kernel_link.c and test_kernel_captures.c. Exits with 77 where BPF may not be loaded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>
#include <linux/bpf.h>

#include "kernel.h"
#include "side.h"

#define FRAGS_LENGTH 20000

static void every_cut_of_every_packet_counts_as_it_does_natively(void **state)
{
	struct shot shot = { .data = frame.data, .time_ns = 1234567890123456789ULL };
	size_t i, h, runs = 0, refused = 0;
	uint32_t step;

	for (i = 0; i < packet_n_cases; i++) {
		packet_build(&frame, packet_cases[i].op);
		for (h = 0; h < N_HOOKS; h++) {
			if (hooks[h].link != packet_cases[i].link || packet_cases[i].stripped)
				continue;
			for (shot.length = 14; shot.length <= frame.length; shot.length += step) {
				/* In the payload of a long frame not every byte. */
				step = shot.length < 300 || shot.length + 71 >= frame.length ? 1
				                                                             : 71;
				if (compare_alone(&shared, &hooks[h], &shot, packet_cases[i].name))
					runs++;
				else
					refused++;
			}
		}
	}
	printf("  %zu runs; %zu frames that test-run does not take\n", runs, refused);
	assert_true(runs > 2 * refused);
}

static void the_packets_of_a_flow_add_up_as_they_do_natively(void **state)
{
	struct ledger l = { 0 };
	struct shot shot = { .data = frame.data };
	struct flow_packet p;
	uint32_t i, size, h;
	uint64_t now, random = 1;

	for (h = 0; h < 3; h++) {
		forget(&shared);
		for (i = 0, now = 1000; i < 3000; i++) {
			random = random * 6364136223846793005ULL + 1442695040888963407ULL;
			size = (random >> 33) % 5 ? (random >> 40) % 1461 : 0;
			packet_build(&frame,
			             (const struct packet_op[]){
			                     ETH, IP4, TCP(random >> 56), PAY(size), { 0 } });
			frame.data[38] = random >> 50;        /* sequence number */
			frame.data[48] = random >> 34;        /* window */
			frame.data[22] = 32 + (random >> 60); /* TTL */
			now += 1ULL << (random >> 58) % 40;
			shot.length = frame.length;
			shot.time_ns = i % 50 ? now : now - 100000;
			assert_int_equal(shoot(&shared, &hooks[h], &shot), 0);
			ledger_add(&l, &p, parse_natively(&p, &hooks[h], &shot));
		}
		assert_int_equal(l.flows, 1);
		compare_ledger(&shared, &l, &hooks[h], "one flow", false);
		ledger_clear(&l);
	}
}

/* Until sums and counts have outgrown what lies with the flow, of many flows at once. */
static void large_sums_are_what_they_are_natively(void **state)
{
	static const struct packet_op op[] = {
		ETH, IP4, TCP(FLOW_ACK | FLOW_PSH), PAY(1400), { 0 }
	};
	struct shot shot = { .data = frame.data };
	struct record flow;
	struct flow_packet p;
	struct ledger l = { 0 };

	for (size_t h = 0; h < 3; h++) {
		forget(&shared);
		for (uint32_t i = 0; i < 3 * 2500; i++) {
			packet_build(&frame, op);
			frame.data[29] = i % 3; /* whose */
			shot.length = frame.length - (i % 3 == 2 ? 100 : 0);
			shot.time_ns = i * 1000000ULL;
			assert_int_equal(shoot(&shared, &hooks[h], &shot), 0);
			ledger_add(&l, &p, parse_natively(&p, &hooks[h], &shot));
		}
		compare_ledger(&shared, &l, &hooks[h], "large sums", false);
		assert_true(get_flow(&shared, 0, &flow));
		assert_true(flow.partial.high.length_sq && flow.partial.high.payload_hist[7] &&
		            flow.partial.high.iat_hist[3] && flow.partial.high.tcp_flag[4]);
		ledger_clear(&l);
	}
	/* Their places are those of others now, which have nothing high. */
	forget(&shared);
	for (uint32_t i = 0; i < 3; i++) {
		frame.data[29] = 10 + i;
		assert_int_equal(shoot(&shared, &hooks[0], &shot), 0);
		assert_true(get_flow(&shared, i, &flow));
		assert_int_equal(flow.partial.has_high, 0);
		assert_int_equal(flow_packets(&flow.partial), 1);
	}
}

static void each_epoch_has_its_own_table_and_counts(void **state)
{
	static const struct packet_op op[] = { ETH, IP6, UDP, PAY(20), { 0 } };
	struct shot shot = { .data = frame.data };
	struct ledger l[2] = { { 0 }, { 0 } };
	struct flow_packet p;
	uint32_t i, epoch = (*shared.epoch | 1) + 1;

	packet_build(&frame, op);
	shot.length = frame.length;
	for (i = 0; i < 2; i++) {
		*shared.epoch = epoch + i;
		forget(&shared);
	}
	epoch += 2;
	for (i = 0; i < 30; i++) {
		*shared.epoch = epoch + (i & 1);
		shot.time_ns = i * 1000000;
		assert_int_equal(shoot(&shared, &hooks[i % 3 == 0], &shot), 0);
		ledger_add(&l[i & 1], &p, parse_natively(&p, &hooks[i % 3 == 0], &shot));
	}
	for (i = 0; i < 2; i++) {
		*shared.epoch = epoch + i;
		compare_ledger(&shared, &l[i], &hooks[0], "epochs", false);
		forget(&shared);
		ledger_clear(&l[i]);
	}
	*shared.epoch = epoch + 2;
}

static void a_cpu_without_a_table_is_a_cause(void **state)
{
	static const struct packet_op op[] = { ETH, IP4, UDP, PAY(20), { 0 } };
	struct flow_stats is, must = { 0 };
	struct shot shot = { .data = frame.data };
	struct kernel k;

	packet_build(&frame, op);
	shot.length = frame.length;
	assert_int_equal(kernel_open(&k, 0, ~0U, 16), 0);
	assert_int_equal(shoot(&k, &hooks[0], &shot), 0);
	expect_count(&must, FLOW_NO_TABLE, 1, frame.length);
	get_stats(&k, &is);
	kernel_close(&k);
	assert_memory_equal(&is, &must, sizeof(is));
}

static void super_packets_count_as_what_goes_over_the_wire(void **state)
{
	static const struct {
		const char *name;
		struct packet_op op[6];
		uint32_t payload, gso_size, gso_segs;
		uint32_t segments, headers, ip_headers;
	} rows[] = {
		{ "TCP",
		  { ETH, IP4, TCP(FLOW_ACK | FLOW_PSH), PAY(3000) },
		  3000,
		  1000,
		  3,
		  3,
		  54,
		  40 },
		{ "a last segment that is short",
		  { ETH, IP4, TCP(FLOW_ACK), PAY(2001) },
		  2001,
		  1000,
		  3,
		  3,
		  54,
		  40 },
		{ "segments not told",
		  { ETH, IP6, TCP(FLOW_ACK), PAY(2500) },
		  2500,
		  1200,
		  0,
		  3,
		  74,
		  60 },
		{ "too many segments told",
		  { ETH, IP4, TCP(FLOW_ACK), PAY(2500) },
		  2500,
		  1200,
		  40,
		  3,
		  54,
		  40 },
		{ "UDP", { ETH, IP6, UDP, PAY(2400) }, 2400, 1200, 2, 2, 62, 48 },
		{ "TCP options in a VLAN",
		  { ETH, TAG(0x8100, 5), IP4, TCP_OPTIONS(FLOW_ACK, 3), PAY(99) },
		  99,
		  10,
		  10,
		  10,
		  70,
		  52 },
		{ "one segment", { ETH, IP4, TCP(FLOW_ACK), PAY(700) }, 700, 1000, 1, 1, 54, 40 },
		{ "no payload", { ETH, IP4, TCP(FLOW_ACK) }, 0, 1000, 1, 1, 54, 40 },
	};
	struct shot shot = { .data = frame.data };
	struct record flow;
	struct flow_side side;
	struct flow_packet p;
	struct flow_stats stats;
	size_t i, h, segment;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (h = 1; h < 3; h++) {
			uint64_t n = rows[i].segments, payload = rows[i].payload;
			uint64_t size = rows[i].gso_size, left = payload, square = 0;

			packet_build(&frame, rows[i].op);
			shot.length = frame.length;
			shot.gso_size = size;
			shot.gso_segs = rows[i].gso_segs;
			forget(&shared);
			assert_int_equal(shoot(&shared, &hooks[h], &shot), 0);
			assert_int_equal(parse_natively(&p, &hooks[h], &shot), FLOW_OK);
			assert_true(get_flow(&shared, 0, &flow));
			assert_alike(&flow.key, &p.key, sizeof(p.key), &hooks[h], rows[i].name,
			             frame.length, "key");
			side_read(&side, &flow.partial);
			assert_int_equal(side.packets, n);
			assert_int_equal(side.bytes, n * rows[i].headers + payload);
			assert_int_equal(side.ip_bytes, n * rows[i].ip_headers + payload);
			assert_int_equal(side.payload_bytes, payload);
			assert_int_equal(side.tcp_flag[4], p.key.protocol == 6 ? n : 0);
			for (segment = 0; segment < n; segment++) {
				uint64_t one = left < size ? left : size;

				square += (rows[i].headers + one) * (rows[i].headers + one);
				if (segment < 8)
					assert_int_equal(side.first_payload[segment], one);
				left -= one;
			}
			assert_int_equal(side.length_sq, square);
			assert_int_equal(!!(side.marks & FLOW_COALESCED), n > 1);
			get_stats(&shared, &stats);
			assert_int_equal(stats.seen.packets, n);
			assert_int_equal(stats.seen.bytes, n * rows[i].headers + payload);
			assert_memory_equal(&stats.cause[FLOW_OK], &stats.seen, 16);
		}
	}
}

/* Of every size around the eight bytes that are looked at, and of bytes of every kind. */
static void the_head_of_a_payload_is_what_it_is_natively(void **state)
{
	static const uint8_t bytes[] = { 0, 1, 31, 32, 'A', '~', 127, 128, 255 };
	struct shot shot = { .data = frame.data, .time_ns = 5 };
	uint32_t size, round, h, i;
	struct flow_packet p;
	uint64_t random = 1, seen = 0;

	for (h = 0; h < 3; h++)
		for (size = 0; size < 20; size++)
			for (round = 0; round < 20; round++) {
				packet_build(&frame,
				             (const struct packet_op[]){
				                     ETH, IP4, TCP(FLOW_ACK), PAY(size), { 0 } });
				for (i = 0; i < size; i++) {
					random = random * 6364136223846793005ULL +
					         1442695040888963407ULL;
					frame.data[54 + i] = bytes[(random >> 33) % sizeof(bytes)];
				}
				shot.length = frame.length;
				assert_int_equal(parse_natively(&p, &hooks[h], &shot), FLOW_OK);
				assert_int_equal(p.head.bytes, size < 8 ? size : 8);
				seen |= 1ULL << (p.head.text * 3 + p.head.zero + p.head.high);
				assert_true(compare_alone(&shared, &hooks[h], &shot, "a head"));
			}
	assert_true(seen & (seen - 1)); /* they did differ */
}

static void xdp_frames_in_fragments_count_their_whole_length(void **state)
{
	static const uint32_t lengths[] = { 100, 3000, 4096, 5000, 9014, FRAGS_LENGTH };
	struct shot shot = { .data = frame.data, .time_ns = 5 };
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		packet_build(&frame, (const struct packet_op[]){
		                             ETH, IP4, UDP, PAY(lengths[i] - 42), { 0 } });
		shot.length = frame.length;
		assert_true(frame.length <= hooks[0].max);
		compare_alone(&shared, &hooks[0], &shot, "XDP in fragments");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_of_every_packet_counts_as_it_does_natively),
		cmocka_unit_test(the_packets_of_a_flow_add_up_as_they_do_natively),
		cmocka_unit_test(large_sums_are_what_they_are_natively),
		cmocka_unit_test(each_epoch_has_its_own_table_and_counts),
		cmocka_unit_test(a_cpu_without_a_table_is_a_cause),
		cmocka_unit_test(super_packets_count_as_what_goes_over_the_wire),
		cmocka_unit_test(xdp_frames_in_fragments_count_their_whole_length),
		cmocka_unit_test(the_head_of_a_payload_is_what_it_is_natively),
	};

	return kernel_run(tests, sizeof(tests) / sizeof(tests[0]));
}
