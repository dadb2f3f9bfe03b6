// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel programs on a real link: what test-run cannot make (headers outside the linear part,
 * segmentation) goes over a veth pair in a network namespace of its own. Exits with 77 where BPF
 * programs may not be loaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>

#include "kernel.h"

#define TCX_INGRESS 46
#define TCX_EGRESS  47

/* A veth pair in a namespace of its own: what is sent into w0 comes out of w1. */
struct wire {
	int home; /* the namespace to return to */
	int socket;
	uint32_t from, to;
};

static void wire_close(struct wire *w)
{
	if (w->socket >= 0)
		close(w->socket);
	assert_int_equal(setns(w->home, CLONE_NEWNET), 0); /* and the pair is gone */
	close(w->home);
}

static bool wire_open(struct wire *w)
{
	static const char script[] =
	        "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null;"
	        "ip link add w0 mtu 9000 type veth peer name w1 mtu 9000 2>/dev/null &&"
	        "ip link set w0 up && ip link set w1 up";
	struct sockaddr_ll address = { .sll_family = AF_PACKET };
	int on = 1;

	w->socket = -1;
	w->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(w->home >= 0);
	if (unshare(CLONE_NEWNET) || system(script)) {
		wire_close(w);
		return false;
	}
	w->from = if_nametoindex("w0");
	w->to = if_nametoindex("w1");
	w->socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	address.sll_ifindex = w->from;
	assert_int_equal(bind(w->socket, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(setsockopt(w->socket, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
	return true;
}

/* linear: bytes of the frame that shall be in the linear part; only for frames over a page. */
static void wire_send(const struct wire *w, uint32_t linear, uint32_t gso_size)
{
	static uint8_t buffer[sizeof(struct virtio_net_hdr) + PACKET_MAX];
	struct virtio_net_hdr header = { .hdr_len = linear };

	if (gso_size) {
		header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		header.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		header.gso_size = gso_size;
		header.csum_start = 34;
		header.csum_offset = 16;
	}
	memcpy(buffer, &header, sizeof(header));
	memcpy(buffer + sizeof(header), frame.data, frame.length);
	if (send(w->socket, buffer, sizeof(header) + frame.length, 0) < 0)
		fail_msg("send of %u bytes: %s", frame.length, strerror(errno));
}

/* Where a program hangs on the wire. */
struct place {
	const char *name;
	size_t hook;
	int type;
	bool far; /* on the receiving end */
};

static const struct place places[] = {
	{ "TC egress", 2, TCX_EGRESS, false },
	{ "TC ingress", 1, TCX_INGRESS, true },
	{ "XDP", 0, BPF_XDP, true },
};

/* Add the frame as the hook there should see it: that many packets, one after the other. */
static void expect_frame(struct ledger *l, const struct wire *w, const struct place *at)
{
	struct shot shot = { .data = frame.data, .length = frame.length };
	struct flow_packet p;
	enum flow_cause cause = parse_natively(&p, &hooks[at->hook], &shot);

	p.key.ifindex = at->far ? w->to : w->from;
	ledger_add(l, &p, cause);
}

/*
 * On the way out, cut short as well: test-run does not take such socket buffers. On the way in the
 * kernel itself drops what ends inside a tag, so that only whole packets are sure to arrive.
 */
static void send_crafted(struct ledger *l, const struct wire *w, const struct place *at)
{
	uint32_t length;
	size_t i;

	for (i = 0; i < packet_n_cases; i++) {
		const struct packet_case *c = &packet_cases[i];
		bool whole = c->is.cause == FLOW_OK || c->is.cause == FLOW_TAGS;

		if (c->link != PARSE_ETHERNET || c->stripped || (at->far && !whole))
			continue;
		packet_build(&frame, c->op);
		length = frame.length;
		for (frame.length = at->far ? length : 15; frame.length < length; frame.length++) {
			wire_send(w, frame.length, 0);
			expect_frame(l, w, at);
			if (frame.length == SHORT_MAX)
				frame.length = length - 1;
		}
		wire_send(w, frame.length, 0);
		expect_frame(l, w, at);
	}
}

/* Frames of which nothing but the Ethernet header lies in the linear part. */
static void send_scattered(struct ledger *l, const struct wire *w, const struct place *at)
{
	static const struct packet_op op[][PACKET_OPS] = {
		{ ETH, IP4_OPTIONS(10), TCP_OPTIONS(FLOW_ACK, 10), PAY(5000) },
		{ ETH, TAG(0x8100, 9), IP6, EXT(0, 64), EXT(60, 128), UDP, PAY(8000) },
		{ ETH, LABEL(0), LABEL(1), IP4, SCTP, PAY(4500) },
	};
	size_t i;

	for (i = 0; i < sizeof(op) / sizeof(op[0]); i++) {
		packet_build(&frame, op[i]);
		wire_send(w, 14, 0);
		expect_frame(l, w, at);
	}
}

/* Sent as one of 10,500 bytes; expected as the eleven that segmentation makes of it. */
static void send_super_packet(struct ledger *l, const struct wire *w, const struct place *at)
{
	uint32_t i, flags, seq;

	packet_build(&frame,
	             (const struct packet_op[]){
	                     ETH, IP4, TCP(FLOW_ACK | FLOW_PSH | FLOW_CWR), PAY(10500), { 0 } });
	frame.data[33] = 77; /* a flow of its own */
	wire_send(w, 54, 1000);
	for (i = 0; i < 11; i++) {
		flags = FLOW_ACK | (i == 0 ? FLOW_CWR : 0) | (i == 10 ? FLOW_PSH : 0);
		packet_build(&frame,
		             (const struct packet_op[]){
		                     ETH, IP4, TCP(flags), PAY(i == 10 ? 500 : 1000), { 0 } });
		frame.data[33] = 77;
		seq = PACKET_SEQ + i * 1000;
		frame.data[38] = seq >> 24;
		frame.data[39] = seq >> 16;
		frame.data[40] = seq >> 8;
		frame.data[41] = seq;
		expect_frame(l, w, at);
	}
}

/* Until the hook has seen so many packets, or two seconds are over. */
static void await_packets(const struct kernel *k, uint64_t packets)
{
	time_t end = time(NULL) + 2;

	do
		sched_yield();
	while (seen_anywhere(k) < packets && time(NULL) < end);
}

static void a_real_link_shows_the_packets_that_cross_it(void **state)
{
	LIBBPF_OPTS(bpf_link_create_opts, native, .flags = XDP_FLAGS_DRV_MODE);
	struct ledger l = { 0 };
	struct flow_stats stats;
	struct wire w;
	uint32_t tries = 0;
	size_t i;
	int link;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct place *at = &places[i];
		const struct hook *hook = &hooks[at->hook];

		if (!wire_open(&w)) {
			printf("  skipped: no veth pair in a network namespace of its own\n");
			skip();
		}
		forget(&shared);
		link = bpf_link_create(kernel_program(&shared, hook), at->far ? w.to : w.from,
		                       at->type, hook->xdp ? &native : NULL);
		if (link < 0) {
			printf("skip - no link for %s: %s\n", at->name, strerror(errno));
			wire_close(&w);
			continue;
		}
		send_crafted(&l, &w, at);
		send_scattered(&l, &w, at);
		send_super_packet(&l, &w, at);
		await_packets(&shared, l.stats.seen.packets);
		close(link);
		wire_close(&w);
		/* A CPU that is just polling the device takes what comes meanwhile, ours or not. */
		get_stats(&shared, &stats);
		if (stats.seen.packets < l.stats.seen.packets &&
		    seen_anywhere(&shared) == l.stats.seen.packets && tries++ < 10) {
			printf("  %s: another CPU took some of the packets, once more\n", at->name);
			ledger_clear(&l);
			i--;
			continue;
		}
		compare_ledger(&shared, &l, hook, at->name, true);
		ledger_clear(&l);
	}
	forget(&shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_real_link_shows_the_packets_that_cross_it),
	};

	return kernel_run(tests, sizeof(tests) / sizeof(tests[0]));
}
