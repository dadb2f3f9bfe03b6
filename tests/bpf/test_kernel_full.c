// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel's tables when they are full, and half full. Exits with 77 where BPF programs may not
 * be loaded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "kernel.h"

/* The n-th flow of a protocol: told apart by source port, or address where there is none. */
static void build_flow(uint8_t protocol, uint32_t n)
{
	if (protocol == PARSE_TCP)
		packet_build(&frame, (const struct packet_op[]){ ETH, IP4, TCP(FLOW_SYN), { 0 } });
	else if (protocol == PARSE_UDP)
		packet_build(&frame, (const struct packet_op[]){ ETH, IP4, UDP, PAY(50), { 0 } });
	else
		packet_build(&frame,
		             (const struct packet_op[]){ ETH, IP4, ICMP(8, 0), PAY(56), { 0 } });
	frame.data[28] = n >> 8;
	frame.data[29] = n;
}

static uint64_t shoot_flow(const struct kernel *k, const struct hook *hook, uint8_t protocol,
                           uint32_t n)
{
	struct shot shot = { .data = frame.data, .time_ns = n };

	build_flow(protocol, n);
	shot.length = frame.length;
	assert_int_equal(shoot(k, hook, &shot), 0);
	return frame.length;
}

static void get_overflow(const struct kernel *k, uint8_t protocol, enum flow_direction direction,
                         struct flow_count *count)
{
	struct flow_overflow key = {
		.slot = k->cpu, .ifindex = 1, .protocol = protocol, .direction = direction
	};

	if (bpf_map_lookup_elem(k->overflow, &key, count))
		memset(count, 0, sizeof(*count));
}

static void a_full_table_loses_detail_but_no_packet(void **state)
{
	struct flow_count tcp, udp, icmp;
	struct flow_stats stats;
	struct kernel k;
	uint32_t i;

	assert_int_equal(kernel_open(&k, 64, ~0U, 2), 0); /* two protocols overflow, a third not */
	for (i = 0; i < 64; i++)
		shoot_flow(&k, &hooks[0], PARSE_UDP, i);
	get_stats(&k, &stats);
	assert_int_equal(stats.flows, 64);
	assert_int_equal(stats.cause[FLOW_TABLE_FULL].packets, 0);
	for (i = 0; i < 100; i++)
		shoot_flow(&k, &hooks[0], PARSE_TCP, i);
	for (i = 0; i < 30; i++)
		shoot_flow(&k, &hooks[2], PARSE_UDP, i); /* out: other flows than those in */
	for (i = 0; i < 7; i++)
		shoot_flow(&k, &hooks[0], PARSE_ICMP, i);
	for (i = 0; i < 64; i++)
		shoot_flow(&k, &hooks[1], PARSE_UDP, i); /* known flows are still counted */
	get_stats(&k, &stats);
	get_overflow(&k, PARSE_TCP, FLOW_INGRESS, &tcp);
	get_overflow(&k, PARSE_UDP, FLOW_EGRESS, &udp);
	get_overflow(&k, PARSE_ICMP, FLOW_INGRESS, &icmp);
	kernel_close(&k);
	assert_int_equal(tcp.packets, 100);
	assert_int_equal(tcp.bytes, 100 * 54);
	assert_int_equal(udp.packets, 30);
	assert_int_equal(udp.bytes, 30 * 92);
	assert_int_equal(icmp.packets, 0);
	assert_int_equal(stats.unattributed, 7);
	assert_int_equal(stats.flows, 64);
	assert_int_equal(stats.cause[FLOW_OK].packets, 128);
	assert_int_equal(stats.cause[FLOW_OK].bytes, 128 * 92);
	assert_int_equal(stats.cause[FLOW_TABLE_FULL].packets, 137);
	assert_int_equal(stats.cause[FLOW_TABLE_FULL].bytes, 100 * 54 + 30 * 92 + 7 * 98);
	assert_int_equal(stats.seen.packets, 265);
}

/* Addresses that go together, as those of a scan or a load test do: no secret may let them meet. */
static void flows_that_resemble_each_other_all_have_a_place(void **state)
{
	enum { ENTRIES = 4096 };
	struct flow_stats stats;
	struct kernel k;
	uint32_t i, n, way;

	for (i = 0; i < 12; i++) {
		assert_int_equal(kernel_open(&k, ENTRIES, ~0U, 16), 0);
		way = i % 4;
		for (n = 0; n < ENTRIES; n++) {
			build_flow(PARSE_UDP, n);
			frame.data[32] = way & 1 ? n >> 8 & 15 : 0; /* destination */
			frame.data[33] = way & 1 ? n : 1;
			frame.data[34] = way & 2 ? n >> 8 : 0; /* source port */
			frame.data[35] = way & 2 ? n : 53;
			assert_int_equal(
			        shoot(&k, &hooks[0],
			              &(struct shot){ .data = frame.data, .length = frame.length }),
			        0);
		}
		get_stats(&k, &stats);
		kernel_close(&k);
		assert_int_equal(stats.flows, ENTRIES);
		assert_int_equal(stats.cause[FLOW_TABLE_FULL].packets, 0);
	}
}

/* As many flows as there are entries, each found again, in one epoch after the other. */
static void an_index_finds_all_that_there_is_room_for(void **state)
{
	enum { ENTRIES = 8192 };
	struct flow_stats stats;
	struct record flow;
	struct kernel k;
	uint32_t i, round;

	assert_int_equal(kernel_open(&k, ENTRIES, ~0U, 16), 0);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 2 * ENTRIES; i++)
			shoot_flow(&k, &hooks[0], PARSE_UDP, (i + round * 1000) % ENTRIES);
		get_stats(&k, &stats);
		assert_int_equal(stats.flows, ENTRIES);
		assert_int_equal(stats.cause[FLOW_OK].packets, 2 * ENTRIES);
		for (i = 0; i < ENTRIES; i++) {
			assert_true(get_flow(&k, i, &flow));
			assert_int_equal(flow_packets(&flow.partial), 2);
		}
		assert_false(get_flow(&k, ENTRIES, &flow));
		forget(&k);
	}
	kernel_close(&k);
}

static void a_half_full_table_wakes_the_agent_once_an_epoch(void **state)
{
	struct kernel k;
	uint32_t i, round;

	assert_int_equal(kernel_open(&k, 64, 32, 16), 0);
	for (round = 0; round < 2; round++) {
		*k.epoch = round;
		for (i = 0; i < 31; i++)
			shoot_flow(&k, &hooks[0], PARSE_UDP, i);
		ring_buffer__consume(k.ring);
		assert_int_equal(k.wakes, round);
		for (i = 20; i < 32; i++)
			shoot_flow(&k, &hooks[0], PARSE_UDP, i);
		ring_buffer__consume(k.ring);
		assert_int_equal(k.wakes, round + 1);
		assert_int_equal(k.woken_slot, round * k.cpus + k.cpu);
		for (i = 0; i < 100; i++)
			shoot_flow(&k, &hooks[0], PARSE_UDP, i);
		ring_buffer__consume(k.ring);
		assert_int_equal(k.wakes, round + 1);
	}
	kernel_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_table_loses_detail_but_no_packet),
		cmocka_unit_test(flows_that_resemble_each_other_all_have_a_place),
		cmocka_unit_test(an_index_finds_all_that_there_is_room_for),
		cmocka_unit_test(a_half_full_table_wakes_the_agent_once_an_epoch),
	};

	return kernel_run(tests, sizeof(tests) / sizeof(tests[0]));
}
