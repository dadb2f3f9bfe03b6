// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Built-in rules of floods, patience, tunnels and industry, each on scripted traffic that has the
 * shape it asks for, and on the ordinary traffic that comes nearest to it. An interval is five
 * seconds; what is not told of a flow is a TCP connection that was made and answered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alert_scene.h"

/* A flow is told by what matters of it. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define CASE(test) cmocka_unit_test(test)
#define NO_FLAGS   0x100

struct told {
	const char *src, *dst;
	uint16_t src_port, dst_port;
	uint8_t protocol; /* 6 if not said */
	uint64_t packets, bytes, back, payload_back;
	unsigned int flags; /* of the initiator; SYN and ACK if not said */
	uint8_t icmp_type;
	double spread; /* deviation of its payloads */
	bool is_old, ends;
};

static void fill_tcp(struct flow_side *fwd, const struct told *t)
{
	unsigned int i;

	fwd->tcp_flags = (uint8_t)(t->flags ? t->flags : FLOW_SYN | FLOW_ACK);
	fwd->marks = fwd->tcp_flags & FLOW_SYN ? FLOW_SYN_ONLY : 0;
	for (i = 0; i < 8; i++)
		fwd->tcp_flag[i] = fwd->tcp_flags >> i & 1;
}

static void flow(const struct told *t)
{
	struct scene_flow f;
	struct flow_record *r = scene_flow(&f, t->src, t->src_port, t->dst, t->dst_port,
	                                   t->protocol);

	r->is_new = !t->is_old;
	r->end = t->ends ? RECORD_END_OF_FLOW : RECORD_LIVE;
	f.fwd.packets = t->packets ? t->packets : 3;
	f.fwd.bytes = t->bytes ? t->bytes : 70 * f.fwd.packets;
	f.fwd.payload_bytes = f.fwd.packets * 64;
	f.fwd.payload_sq = (uint64_t)((double)f.fwd.packets * (64 * 64 + t->spread * t->spread));
	f.fwd.icmp_first = (uint16_t)(t->icmp_type << 8);
	f.rev.packets = t->back;
	f.rev.bytes = t->back * 100;
	f.rev.payload_bytes = t->payload_back;
	if (r->key.protocol == 6)
		fill_tcp(&f.fwd, t);
	scene_moved(&f);
	alerts_add(alerts, r);
}

static void start(void)
{
	scene_open((struct alerts_config){ .rules = NULL });
}

/* How many alerts opened, of which the last is in e. */
static uint64_t opened(struct alert_event *e)
{
	struct alerts_counts c;

	*e = (struct alert_event){ .rule = "", .key = "", .text = "" };
	alerts_count(alerts, &c);
	alerts_recent(alerts, e, 1);
	return c.opened;
}

static void assert_one(const char *rule, const char *key, const char *text)
{
	struct alert_event e;

	if (opened(&e) != 1)
		fail_msg("%d opened, last %s: %s", (int)opened(&e), e.rule, e.text);
	assert_string_equal(e.rule, rule);
	assert_string_equal(e.key, key);
	assert_string_equal(e.text, text);
	scene_close();
}

static void assert_silent(void)
{
	struct alert_event e;

	if (opened(&e))
		fail_msg("%s: %s", e.rule, e.text);
	scene_close();
}

static const char *address(char text[32], const char *format, unsigned int n)
{
	snprintf(text, 32, format, n / 250, n % 250 + 1);
	return text;
}

/* A port every gap intervals, SYN and RST. */
static void try_ports(unsigned int n, unsigned int gap)
{
	unsigned int i, k;

	for (i = 0; i < n; i++) {
		flow(&(struct told){ "192.0.2.66", "10.0.0.5", 4000, (uint16_t)(20 + i), .back = 1,
		                     .flags = FLOW_SYN });
		for (k = 0; k < gap; k++)
			tick();
	}
}

static void a_patient_port_scan_names_who_scans(void **state)
{
	start();
	try_ports(31, 2);
	assert_one("port-scan-slow", "src_ip=192.0.2.66",
	           "192.0.2.66 tries one port of 10.0.0.5 after another in vain: 31 so far");
	start();
	try_ports(25, 2);
	assert_silent();
}

static void segments_of_no_connection_are_a_scan(void **state)
{
	unsigned int i;

	start();
	for (i = 0; i < 6; i++)
		flow(&(struct told){ "192.0.2.66", "10.0.0.5", 4000, (uint16_t)(20 + i), .back = 1,
		                     .flags = i % 2 ? FLOW_FIN : NO_FLAGS });
	tick();
	assert_one("stealth-scan", "src_ip=192.0.2.66",
	           "192.0.2.66 sent segments that no connection has to 6 ports of 10.0.0.5");
	start(); /* the rests of connections that ended before */
	for (i = 0; i < 60; i++)
		flow(&(struct told){ "192.0.2.66", "10.0.0.5", 443, (uint16_t)(40000 + i),
		                     .flags = i % 2 ? FLOW_RST : FLOW_FIN | FLOW_ACK });
	tick();
	assert_silent();
}

/* From everywhere to one port. */
static void send_datagrams(uint16_t port, uint64_t back)
{
	char text[32];
	unsigned int i;

	start();
	for (i = 0; i < 1100; i++)
		flow(&(struct told){ address(text, "198.51.%u.%u", i), "10.0.0.80",
		                     (uint16_t)(2000 + i), port, 17, .packets = 1, .back = back });
	tick();
}

static void a_udp_flood_names_the_victim(void **state)
{
	send_datagrams(9987, 0);
	assert_one("udp-flood", "dst_ip=10.0.0.80",
	           "10.0.0.80 got 1100 UDP flows in 10s and did not answer them");
	send_datagrams(9987, 1);
	assert_silent();
	send_datagrams(514, 0); /* logs go one way */
	assert_silent();
}

static void an_icmp_flood_names_the_victim(void **state)
{
	char text[32];
	unsigned int i;

	start();
	flow(&(struct told){ "192.0.2.66", "10.0.0.80", .protocol = 1, .icmp_type = 8,
	                     .packets = 2100, .back = 2100 });
	tick();
	assert_one("icmp-flood", "dst_ip=10.0.0.80", "10.0.0.80 got 2100 ICMP packets in 10s");
	start();
	for (i = 0; i < 300; i++) /* a poller of many hosts */
		flow(&(struct told){ "10.0.0.8", address(text, "10.2.%u.%u", i), .protocol = 1,
		                     .icmp_type = 8, .packets = 10, .back = 10 });
	tick();
	assert_silent();
}

/* n requests of a client, each on a connection of its own, in each of some intervals. */
static void fetch(unsigned int intervals, unsigned int n, uint64_t answer)
{
	unsigned int i, k;

	for (i = 0; i < intervals; i++) {
		for (k = 0; k < n; k++)
			flow(&(struct told){ "192.0.2.66", "10.0.0.80", (uint16_t)(i * n + k), 80,
			                     .back = 3, .payload_back = answer, .ends = answer > 0,
			                     .bytes = 400 + 90 * (k % 7) });
		tick();
	}
}

static void a_web_flood_names_the_server_unless_the_baseline_has_it(void **state)
{
	start();
	fetch(12, 60, 900);
	assert_one("web-flood", "dst_ip=10.0.0.80",
	           "192.0.2.66 made 660 connections with 10.0.0.80 port 80 in 1m");
	start();
	fetch(24, 40, 900);
	assert_silent();
	start(); /* a proxy that does not keep connections */
	alerts_learn(alerts, true);
	fetch(4, 60, 900);
	alerts_learn(alerts, false);
	fetch(24, 60, 900);
	assert_silent();
}

static void clients(unsigned int from, unsigned int n)
{
	char text[32];
	unsigned int i;

	for (i = from; i < from + n; i++)
		flow(&(struct told){ address(text, "100.64.%u.%u", i % 50000), "10.0.0.80",
		                     (uint16_t)(1024 + i % 50000), 443, .back = 9,
		                     .payload_back = 9000 });
	tick();
}

static void a_rush_is_measured_by_the_baseline(void **state)
{
	unsigned int i;

	start();
	for (i = 0; i < 12; i++)
		clients(i * 400, 400);
	assert_silent(); /* without one, a busy server is a busy server */
	start();
	alerts_learn(alerts, true);
	for (i = 0; i < 12; i++)
		clients(i * 20, 20);
	alerts_learn(alerts, false);
	for (i = 0; i < 12; i++)
		clients(i * 100, 100);
	for (i = 0; i < 8; i++)
		clients(i * 400, 400);
	assert_one("rush", "dst_ip=10.0.0.80",
	           "10.0.0.80 port 443 got 3300 connections in 1m, 15 times as many as usual");
}

static void connections_without_an_answer_are_told(void **state)
{
	start();
	fetch(4, 26, 0);
	assert_one("stuck-connections", "dst_ip=10.0.0.80",
	           "192.0.2.66 made 104 connections with 10.0.0.80 port 80 and was not answered in "
	           "them");
	start(); /* a check of two balancers, every two seconds each */
	fetch(48, 5, 0);
	assert_silent();
}

/* A flow that goes on for intervals, n packets in each. */
static void keep_asking(struct told t, unsigned int intervals)
{
	unsigned int i;

	start();
	for (i = 0; i < intervals; i++) {
		flow(&t);
		t.is_old = true;
		tick();
	}
}

static void a_tunnel_through_dns_keeps_its_port(void **state)
{
	struct told t = { "10.0.0.5", "192.0.2.53", 5000, 53, 17, 30, 30 * 110, 30, 3000 };

	keep_asking(t, 2);
	assert_one("dns-tunnel-socket", "src_ip=10.0.0.5 dst_ip=192.0.2.53",
	           "10.0.0.5 asks 192.0.2.53 DNS questions from one port: 60 packets of 110 B on "
	           "average");
	t.bytes = 30 * 85; /* a proxy's own resolver */
	keep_asking(t, 20);
	assert_silent();
	t.packets = 2; /* and others, who take new ports */
	t.bytes = 2 * 110;
	keep_asking(t, 60);
	assert_silent();
}

static void a_tunnel_through_echo_sends_many_sizes(void **state)
{
	struct told t = { "10.0.0.5",   "192.0.2.7", .protocol = 1, .icmp_type = 8,
		          .packets = 7, .back = 7,   .spread = 40 };

	keep_asking(t, 3);
	assert_one("icmp-tunnel", "src_ip=10.0.0.5 dst_ip=192.0.2.7",
	           "10.0.0.5 sends 192.0.2.7 echo packets of many sizes: 21 in 1m");
	t.spread = 0; /* ping */
	keep_asking(t, 40);
	assert_silent();
	t.spread = 40; /* what a router says of others' packets */
	t.icmp_type = 3;
	keep_asking(t, 40);
	assert_silent();
}

/* Logins with pauses of some intervals, in turn. */
static void log_in(unsigned int n, const unsigned int pause[3])
{
	unsigned int i, k;

	start();
	for (i = 0; i < n; i++) {
		flow(&(struct told){ "192.0.2.66", "10.0.0.22", (uint16_t)(5000 + i), 22,
		                     .bytes = 2500 + 10 * i, .back = 25, .payload_back = 1800,
		                     .ends = true });
		for (k = 0; k < pause[i % 3]; k++)
			tick();
	}
}

static void patient_logins_are_told_unless_like_a_clock(void **state)
{
	static const unsigned int odd[] = { 9, 20, 30 }, even[] = { 20, 20, 20 };

	log_in(11, odd);
	assert_one("brute-force-slow", "src_ip=192.0.2.66 dst_ip=10.0.0.22 dst_port=22",
	           "192.0.2.66 logs in to 10.0.0.22 port 22 now and then: 11 short sessions, all "
	           "alike");
	log_in(11, even); /* a check of a monitoring host */
	assert_silent();
}

static void try_directory(unsigned int n, uint64_t more)
{
	unsigned int i;

	start();
	for (i = 0; i < n; i++)
		flow(&(struct told){ "10.0.0.66", "10.0.0.3", (uint16_t)(5000 + i), 389,
		                     .bytes = 700 + more * i, .back = 4, .payload_back = 90,
		                     .ends = true });
	tick();
}

static void logins_to_other_services_are_told(void **state)
{
	try_directory(26, 1);
	assert_one("brute-force-service", "src_ip=10.0.0.66 dst_ip=10.0.0.3 dst_port=389",
	           "10.0.0.66 logs in to 10.0.0.3 port 389 again and again: 26 short sessions, all "
	           "alike");
	try_directory(20, 1);
	assert_silent();
	try_directory(26, 200); /* questions of many kinds */
	assert_silent();
}

static void a_stranger_to_a_controller_is_told_after_a_baseline(void **state)
{
	const struct told master = { "10.0.0.100", "10.0.0.101", 1400, 502, 6, 3, 200, 3, 12 };
	const struct told stranger = { "10.0.0.105", "10.0.0.101", 1400, 502, 6, 3, 200, 3, 12 };

	start();
	flow(&stranger);
	tick();
	assert_silent(); /* without one, nobody is a stranger */
	start();
	alerts_learn(alerts, true);
	flow(&master);
	tick();
	alerts_learn(alerts, false);
	flow(&master);
	tick();
	flow(&stranger);
	tick();
	assert_one("industrial-stranger", "src_ip=10.0.0.105 dst_ip=10.0.0.101 dst_port=502",
	           "10.0.0.105 speaks to the controller 10.0.0.101 port 502, which it never did "
	           "before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_patient_port_scan_names_who_scans),
		CASE(segments_of_no_connection_are_a_scan),
		CASE(a_udp_flood_names_the_victim),
		CASE(an_icmp_flood_names_the_victim),
		CASE(a_web_flood_names_the_server_unless_the_baseline_has_it),
		CASE(a_rush_is_measured_by_the_baseline),
		CASE(connections_without_an_answer_are_told),
		CASE(a_tunnel_through_dns_keeps_its_port),
		CASE(a_tunnel_through_echo_sends_many_sizes),
		CASE(patient_logins_are_told_unless_like_a_clock),
		CASE(logins_to_other_services_are_told),
		CASE(a_stranger_to_a_controller_is_told_after_a_baseline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
