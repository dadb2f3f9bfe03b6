// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The alert engine on scripted traffic: an interval is five seconds, a flow is a call of flow()
 * with who, to whom, and what came of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "alert_scene.h"

/* A flow is told by what matters of it. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define CASE(test) cmocka_unit_test(test)
#define RULES      "build/test_alert.rules"

enum outcome {
	COMPLETE,   /* TCP: handshake and data; else: answered */
	UNANSWERED, /* nothing came back */
	REFUSED,    /* RST */
	HALF_OPEN,  /* SYN and ACK came back, and no more */
};

struct told {
	const char *src, *dst;
	uint16_t src_port, dst_port;
	uint8_t protocol;
	enum outcome outcome;
	uint64_t out, in; /* bytes of this interval */
	double at;        /* seconds into the interval */
	bool is_old, ends;
	uint32_t packets_out; /* 0: by bytes */
};

static void fill_tcp(struct flow_side *fwd, struct flow_side *rev, const struct told *t)
{
	fwd->marks = FLOW_SYN_ONLY;
	fwd->tcp_flags = FLOW_SYN | (t->outcome == COMPLETE ? FLOW_ACK : 0);
	fwd->tcp_flag[1] = 1;
	fwd->tcp_flag[4] = t->outcome == COMPLETE ? fwd->packets - 1 : 0;
	if (t->outcome == UNANSWERED)
		return;
	rev->tcp_flags = t->outcome == REFUSED ? FLOW_RST | FLOW_ACK : FLOW_SYN | FLOW_ACK;
	rev->marks = t->outcome == REFUSED ? 0 : FLOW_SYN_ACK;
}

static void flow(const struct told *t)
{
	struct scene_flow f;
	struct flow_record *r = scene_flow(&f, t->src, t->src_port, t->dst, t->dst_port,
	                                   t->protocol);
	bool is_tcp = r->key.protocol == 6;

	r->is_new = !t->is_old;
	r->start_ns = r->end_ns = now_ns + (uint64_t)(t->at * 1e9);
	r->end = t->ends ? RECORD_END_OF_FLOW : RECORD_LIVE;
	f.fwd.bytes = t->out ? t->out : 74;
	f.fwd.packets = t->packets_out ? t->packets_out : 1 + (uint32_t)(f.fwd.bytes / 1000);
	if (t->outcome == COMPLETE && is_tcp)
		f.fwd.packets += 2;
	f.rev.bytes = t->outcome == UNANSWERED ? 0 : t->in ? t->in : 60;
	f.rev.packets = t->outcome == UNANSWERED ? 0 : 1 + (uint32_t)(f.rev.bytes / 1000);
	f.rev.payload_bytes = t->outcome == COMPLETE ? f.rev.bytes : 0;
	if (is_tcp)
		fill_tcp(&f.fwd, &f.rev, t);
	scene_moved(&f);
	if (t->is_old) { /* there was as much before, and the handshake with it */
		f.fwd.packets *= 2;
		f.rev.packets *= 2;
		f.fwd.tcp_flag[4] = is_tcp ? f.fwd.packets - 1 : 0;
	}
	alerts_add(alerts, r);
}

static void write_rules(const char *text)
{
	FILE *f = fopen(RULES, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void open_rules(const char *text)
{
	write_rules(text);
	scene_open((struct alerts_config){ .rules = RULES });
}

static void open_built_in(void)
{
	scene_open((struct alerts_config){ .rules = NULL });
}

static void done(void)
{
	scene_close();
	unlink(RULES);
}

static struct alerts_counts counts(void)
{
	struct alerts_counts c;

	alerts_count(alerts, &c);
	return c;
}

static struct alert_event last(void)
{
	struct alert_event e = { .rule = "", .key = "", .text = "" };

	alerts_recent(alerts, &e, 1);
	return e;
}

/* The one alert so far: its rule and its text. */
static void assert_one(const char *rule, const char *text)
{
	if (counts().opened != 1)
		fail_msg("%d opened, last %s: %s", (int)counts().opened, last().rule, last().text);
	assert_string_equal(last().rule, rule);
	assert_string_equal(last().text, text);
}

static void assert_silent(const char *what)
{
	if (counts().opened)
		fail_msg("%s: %s: %s", what, last().rule, last().text);
}

static const char *address(char text[32], const char *format, unsigned int n)
{
	snprintf(text, 32, format, n / 250, n % 250 + 1);
	return text;
}

/* Ordinary traffic of a network, an interval of it. */
static void normal_interval(unsigned int n)
{
	char text[32];
	unsigned int i;

	for (i = 0; i < 60; i++) { /* a busy web client: many hosts, some do not answer */
		flow(&(struct told){ "10.0.0.5", address(text, "198.51.%u.%u", n * 20 + i),
		                     (uint16_t)(30000 + n * 60 + i), i % 3 ? 443 : 80, 6,
		                     i % 20 ? COMPLETE : UNANSWERED, 900, 40000, i * 0.08 });
	}
	for (i = 0; i < 300; i++) /* a resolver: more hosts, by UDP */
		flow(&(struct told){ "10.0.0.53", address(text, "203.0.%u.%u", n * 90 + i),
		                     (uint16_t)(1024 + (n * 300 + i) % 60000), 53, 17,
		                     i % 12 ? COMPLETE : UNANSWERED, 88, 240, i * 0.016,
		                     .ends = true });
	for (i = 0; i < 200; i++) /* its clients */
		flow(&(struct told){ address(text, "10.1.%u.%u", i % 40), "10.0.0.53",
		                     (uint16_t)(20000 + i), 53, 17, COMPLETE, 80, 180, i * 0.02,
		                     .ends = true });
	flow(&(struct told){ "10.0.0.9", "10.0.0.200", 40000, 873, 6, COMPLETE, 500000000, 3000000,
	                     0, .is_old = n > 0 }); /* a backup inside */
	for (i = 0; i < 40; i++)                    /* a monitoring poller: hosts like a clock */
		flow(&(struct told){ "10.0.0.8", address(text, "10.2.%u.%u", i),
		                     (uint16_t)(n * 40 + 2000 + i), 9100, 6, COMPLETE, 400, 30000,
		                     i * 0.1, .ends = true });
	for (i = 0; i < 3; i++) /* one host tried in vain: a service is down */
		flow(&(struct told){ "10.0.0.5", "10.0.0.77", (uint16_t)(50000 + n * 3 + i), 8080,
		                     6, REFUSED, .at = i });
	for (i = 0; i < 8; i++) /* a database for each request of a web application */
		flow(&(struct told){ "10.0.0.30", "10.0.0.31", (uint16_t)(33000 + n * 8 + i), 5432,
		                     6, COMPLETE, 900 + 700 * (i % 3), 4000 + 9000 * (i % 4),
		                     i * 0.5, .ends = true });
	if (n % 12 == 0) /* time, every minute */
		flow(&(struct told){ "10.0.0.5", "192.0.2.123", 123, 123, 17, COMPLETE, 90, 90 });
	flow(&(struct told){ "10.0.0.5", "239.255.255.250", 40000, 1900, 17, UNANSWERED, 200 });
}

static void normal_traffic_is_silent_for_ten_minutes(void **state)
{
	unsigned int n;

	open_built_in();
	for (n = 0; n < 120; n++) {
		normal_interval(n);
		tick();
		assert_silent("normal traffic");
	}
	assert_int_equal(counts().suppressed, 0);
	assert_int_equal(counts().pushed_out, 0);
	done();
}

static void normal_traffic_is_silent_after_a_baseline(void **state)
{
	unsigned int n;

	open_built_in();
	alerts_learn(alerts, true);
	for (n = 0; n < 132; n++) {
		if (n == 12)
			alerts_learn(alerts, false);
		normal_interval(n);
		tick();
		assert_silent("normal traffic");
	}
	done();
}

static void a_port_scan_names_who_scans(void **state)
{
	unsigned int i;

	open_built_in();
	normal_interval(0);
	for (i = 1; i <= 60; i++)
		flow(&(struct told){ "192.0.2.66", "10.0.0.5", 40000, (uint16_t)i, 6,
		                     i == 22 ? HALF_OPEN
		                     : i % 2 ? REFUSED
		                             : UNANSWERED });
	tick();
	assert_one("port-scan", "192.0.2.66 tried 60 ports of 10.0.0.5 in vain");
	assert_string_equal(last().key, "src_ip=192.0.2.66");
	assert_string_equal(last().severity, "high");
	assert_true(last().is_open);
	done();
}

static void a_udp_scan_names_who_scans(void **state)
{
	unsigned int i;

	open_built_in();
	for (i = 1; i <= 110; i++)
		flow(&(struct told){ "192.0.2.66", "10.0.0.5", 40000, (uint16_t)(i * 17), 17,
		                     UNANSWERED });
	tick();
	assert_int_equal(counts().opened, 1);
	assert_string_equal(last().rule, "udp-scan");
	assert_string_equal(last().key, "src_ip=192.0.2.66");
	done();
}

static void a_traceroute_is_no_scan(void **state)
{
	unsigned int i;

	open_built_in();
	for (i = 0; i < 90; i++)
		flow(&(struct told){ "10.0.0.5", "192.0.2.1", 40000, (uint16_t)(33434 + i), 17,
		                     UNANSWERED });
	tick();
	assert_silent("traceroute");
	done();
}

static void a_host_sweep_names_who_sweeps(void **state)
{
	char text[32];
	unsigned int i;

	open_built_in();
	for (i = 0; i < 40; i++)
		flow(&(struct told){ "10.0.0.66", address(text, "10.9.%u.%u", i), 40000, 445, 6,
		                     i % 10 ? UNANSWERED : COMPLETE });
	tick();
	assert_one("host-sweep", "10.0.0.66 tried port 445 of 36 hosts in vain");
	done();
}

static void a_syn_flood_from_forged_sources_names_the_victim(void **state)
{
	char text[32];
	unsigned int i;

	open_built_in();
	normal_interval(0);
	for (i = 0; i < 5000; i++)
		flow(&(struct told){ address(text, "100.%u.7.%u", i % 25000), "10.0.0.80",
		                     (uint16_t)i, 443, 6, HALF_OPEN });
	tick();
	assert_one("syn-flood", "10.0.0.80 port 443: 5000 connections begun and not completed in "
	                        "10s");
	assert_string_equal(last().key, "dst_ip=10.0.0.80");
	done();
}

static void udp_amplification_names_the_victim_and_a_reflector(void **state)
{
	char text[32];
	unsigned int i;

	open_built_in();
	for (i = 0; i < 50; i++)
		flow(&(struct told){ address(text, "203.0.%u.%u", i), "10.0.0.80", 53, 4444, 17,
		                     UNANSWERED, 60000 });
	tick();
	assert_one("udp-amplification",
	           "10.0.0.80 got 3.0 MB in 10s from UDP services it did not ask (port 53, "
	           "203.0.0.50 and others)");
	done();
}

static void an_amplifier_names_itself_and_its_victim(void **state)
{
	open_built_in();
	flow(&(struct told){ "192.0.2.9", "10.0.0.53", 4444, 53, 17, COMPLETE, 64000, 3200000,
	                     .packets_out = 1000 });
	tick();
	assert_one("udp-amplifier", "10.0.0.53 port 53 and others answer 192.0.2.9 with 3.2 MB in "
	                            "10s, 50 times what was asked");
	done();
}

/* A call every 30 seconds, a little early or late; intervals until an alert, or 60. */
static unsigned int call_like_a_clock(const char *to, double jitter)
{
	unsigned int n;

	for (n = 0; n < 60 && !counts().opened; n++) {
		if (n % 6 == 0)
			flow(&(struct told){ "10.0.0.5", to, (uint16_t)(30000 + n), 443, 6,
			                     COMPLETE, 900, 1200, 2 + (n % 12 ? jitter : -jitter),
			                     .ends = true });
		tick();
	}
	return n;
}

static void a_beacon_names_both_ends(void **state)
{
	open_built_in();
	assert_int_equal(call_like_a_clock("192.0.2.99", 1), 55); /* with its tenth call */
	assert_one("beacon",
	           "10.0.0.5 calls 192.0.2.99 port 443 like a clock: 10 times, every 30.2 s");
	done();
}

static void calls_inside_are_a_beacon_only_if_the_baseline_lacks_them(void **state)
{
	open_built_in();
	call_like_a_clock("10.0.0.99", 0);
	assert_silent("a poller without a baseline");
	done();
	open_built_in();
	alerts_learn(alerts, true);
	flow(&(struct told){ "10.0.0.5", "10.0.0.99", 3000, 443 });
	tick();
	alerts_learn(alerts, false);
	call_like_a_clock("10.0.0.99", 0);
	assert_silent("a poller of the baseline");
	call_like_a_clock("10.0.0.98", 0);
	assert_string_equal(last().rule, "beacon-inside");
	assert_string_equal(last().key, "src_ip=10.0.0.5 dst_ip=10.0.0.98 dst_port=443");
	done();
}

static void irregular_calls_are_no_beacon(void **state)
{
	unsigned int n;

	open_built_in();
	for (n = 0; n < 170; n++) {
		if (n % 7 == 0 || n % 11 == 3)
			flow(&(struct told){ "10.0.0.5", "192.0.2.99", (uint16_t)(30000 + n),
			                     443 });
		tick();
	}
	assert_silent("irregular calls");
	done();
}

/* Looks come in the table's order, not that of time. */
static void calls_seen_out_of_order_are_a_beacon_still(void **state)
{
	unsigned int n;

	open_built_in();
	for (n = 0; n < 6; n++) {
		flow(&(struct told){ "10.0.0.5", "192.0.2.99", (uint16_t)(n + 1), 443, .at = 3.4 });
		flow(&(struct told){ "10.0.0.5", "192.0.2.99", (uint16_t)(n + 100), 443,
		                     .at = 0.9 });
		tick();
	}
	assert_one("beacon", "10.0.0.5 calls 192.0.2.99 port 443 like a clock: 10 times, every "
	                     "2.5 s");
	done();
}

static void exfiltration_names_both_ends(void **state)
{
	open_built_in();
	flow(&(struct told){ "10.0.0.5", "192.0.2.44", 40000, 443, 6, COMPLETE, 60000000, 900000 });
	tick();
	assert_silent("60 MB");
	flow(&(struct told){ "10.0.0.5", "192.0.2.44", 40000, 443, 6, COMPLETE, 60000000, 900000,
	                     .is_old = true });
	tick();
	assert_one("exfiltration", "10.0.0.5 sent 120 MB to 192.0.2.44 in 5m, 66.7 times what came "
	                           "back");
	done();
}

static void exfiltration_inside_is_measured_by_the_baseline(void **state)
{
	open_built_in();
	flow(&(struct told){ "10.0.0.5", "10.0.0.6", 1, 22, .out = 900000000 });
	tick();
	assert_silent("a copy inside, without a baseline");
	done();
	open_built_in();
	alerts_learn(alerts, true);
	flow(&(struct told){ "10.0.0.5", "10.0.0.6", 1, 22, .out = 50000000 });
	flow(&(struct told){ "10.0.0.5", "10.0.0.7", 1, 22, .out = 5000000 });
	tick();
	alerts_learn(alerts, false);
	flow(&(struct told){ "10.0.0.5", "10.0.0.6", 2, 22, .out = 300000000 });
	tick();
	assert_silent("seven times as much");
	flow(&(struct told){ "10.0.0.5", "10.0.0.7", 2, 22, .out = 300000000 });
	tick();
	assert_int_equal(counts().opened, 1);
	assert_string_equal(last().rule, "exfiltration-inside");
	assert_string_equal(last().key, "src_ip=10.0.0.5 dst_ip=10.0.0.7");
	done();
}

static void tunnels_and_logins_are_told(void **state)
{
	unsigned int i;

	open_built_in();
	flow(&(struct told){ "10.0.0.5", "192.0.2.53", 5000, 53, 17, COMPLETE, 20000, 9000,
	                     .packets_out = 100 });
	tick();
	assert_one("dns-tunnel",
	           "10.0.0.5 asks 192.0.2.53 long DNS questions: 100 packets of 200 B "
	           "on average");
	done();
	open_built_in();
	for (i = 0; i < 6; i++)
		flow(&(struct told){ "192.0.2.66", "10.0.0.22", (uint16_t)(i + 1), 22, 6, COMPLETE,
		                     2000, 2500 + 50 * i, .ends = true });
	tick();
	assert_one("brute-force",
	           "192.0.2.66 logs in to 10.0.0.22 port 22 again and again: 6 short "
	           "sessions, all alike");
	done();
	open_built_in();
	for (i = 0; i < 6; i++)
		flow(&(struct told){ "10.0.0.4", "10.0.0.22", (uint16_t)(i + 1), 22, 6, COMPLETE,
		                     2000 + 9000 * i, 2500, .ends = true });
	tick();
	assert_silent("six sessions of work");
	done();
}

static void begin(const char *src, unsigned int n)
{
	static uint16_t port;

	while (n--)
		flow(&(struct told){ src, "10.0.0.80", port++, 80 });
}

static void the_window_slides(void **state)
{
	open_rules("rule a\nwhen flows per src_ip > 9 in 15s\n");
	begin("10.0.0.1", 5);
	tick();
	begin("10.0.0.1", 1);
	tick();
	begin("10.0.0.1", 3);
	tick();
	assert_silent("nine");
	begin("10.0.0.1", 5); /* the first five have left */
	tick();
	assert_silent("nine again");
	begin("10.0.0.1", 2);
	tick();
	assert_int_equal(counts().opened, 1);
	assert_true(last().value == 10 && last().threshold == 9);
	done();
}

static void an_alert_opens_once_and_resolves_after_a_whole_window(void **state)
{
	uint64_t opened = 0;
	int i;

	open_rules("rule a\nwhen flows per src_ip > 5 in 10s\n");
	for (i = 0; i < 4; i++) {
		begin("10.0.0.1", 10);
		tick();
		opened = i ? opened : now_ns;
	}
	assert_int_equal(counts().opened, 1);
	assert_int_equal(counts().open, 1);
	tick(); /* still in the window */
	tick();
	assert_int_equal(counts().resolved, 0);
	tick();
	assert_int_equal(counts().resolved, 1);
	assert_int_equal(counts().open, 0);
	assert_false(last().is_open);
	assert_true(last().opened_ns == opened && last().changed_ns == now_ns);
	assert_true(last().value == 20); /* the most it came to */
	done();
}

static void what_was_held_off_does_not_open_again(void **state)
{
	int i;

	open_rules("rule a\nwhen flows per src_ip > 5 in 5s\nhold 30s\n");
	begin("10.0.0.1", 10);
	tick();
	tick();
	assert_int_equal(counts().resolved, 1);
	for (i = 0; i < 5; i++) {
		begin("10.0.0.1", 10);
		tick();
	}
	assert_int_equal(counts().opened, 1);
	assert_int_equal(counts().suppressed, 1); /* one time, however long */
	begin("10.0.0.1", 10);                    /* and still goes on when the hold is over */
	tick();
	assert_int_equal(counts().opened, 2);
	done();
}

static void a_rule_opens_no_more_than_its_limit(void **state)
{
	char text[32];
	unsigned int i, k;

	open_rules("rule a\nwhen flows per src_ip > 5 in 5s\nlimit 3 per 20s\n");
	for (k = 0; k < 4; k++) {
		for (i = 0; i < 7; i++)
			begin(address(text, "10.0.%u.%u", i), 10);
		tick();
		assert_int_equal(counts().opened, 3);
		assert_int_equal(counts().suppressed, 4);
	}
	for (i = 0; i < 7; i++)
		begin(address(text, "10.0.%u.%u", i), 10);
	tick();
	assert_int_equal(counts().opened, 6);
	done();
}

static void keys_of_a_group_are_one_alert(void **state)
{
	unsigned int i;

	open_rules("rule a\nwhen flows per src_ip+dst_port > 5 in 5s\ngroup src_ip\n"
	           "text \"{count} ports of {key}, most {dst_port}: {value}/{threshold} {rule} "
	           "{severity} {window}\"");
	for (i = 0; i < 30; i++)
		flow(&(struct told){ "10.0.0.1", "10.0.0.2", (uint16_t)i, i < 8 ? 21 : 22 });
	tick();
	assert_one("a", "1 ports of src_ip=10.0.0.1, most 22: 22/5 a medium 5s");
	done();
}

static void a_flow_alone_can_raise(void **state)
{
	open_rules("rule big\nflow bytes > 1M and dst_port = 443\nhold 10s\n"
	           "text \"{src_ip}:{src_port} {protocol_name} {bytes}\"\n");
	flow(&(struct told){ "10.0.0.1", "10.0.0.2", 7, 443, .out = 999000 });
	flow(&(struct told){ "10.0.0.1", "10.0.0.2", 8, 80, .out = 5000000 });
	tick();
	assert_silent("none of both");
	flow(&(struct told){ "10.0.0.1", "10.0.0.2", 9, 443, .out = 2000000 });
	tick();
	assert_one("big", "10.0.0.1:9 TCP 2000060");
	tick();
	tick();
	assert_int_equal(counts().resolved, 1);
	done();
}

/* An answer in a later interval takes the attempt back. */
static void what_is_answered_later_was_not_in_vain(void **state)
{
	struct flow_side fwd = { .packets = 1, .marks = FLOW_SYN_ONLY, .tcp_flags = FLOW_SYN };
	struct flow_side rev = { 0 };
	struct flow_record r = { .fwd = &fwd, .rev = &rev, .is_new = true };
	int i, round;

	open_rules(
	        "rule a\nwhen incomplete per src_ip > 9 in 1m\nrule b\nwhen unanswered per src_ip "
	        "> 9 in 1m");
	r.key.protocol = 6;
	r.moved_packets[0] = 1;
	fwd.tcp_flag[1] = 1;
	for (round = 0; round < 3; round++) {
		r.is_new = true;
		fwd = (struct flow_side){ .packets = 1,
			                  .marks = FLOW_SYN_ONLY,
			                  .tcp_flags = FLOW_SYN,
			                  .tcp_flag = { [1] = 1 } };
		rev = (struct flow_side){ 0 };
		r.moved_packets[0] = 1;
		r.moved_packets[1] = 0;
		for (i = 0; i < 6; i++)
			alerts_add(alerts, &r);
		tick();
		r.is_new = false;
		fwd.packets = 4;
		fwd.tcp_flag[4] = 3;
		fwd.tcp_flags |= FLOW_ACK;
		rev.packets = 2;
		rev.tcp_flags = FLOW_SYN | FLOW_ACK;
		r.moved_packets[0] = 3;
		r.moved_packets[1] = 2;
		for (i = 0; i < 6; i++)
			alerts_add(alerts, &r);
		tick();
	}
	assert_silent("18 that were answered an interval late");
	done();
}

static void many_different_values_are_counted_well(void **state)
{
	char text[32];
	unsigned int i;

	open_rules("rule a\nwhen distinct dst_ip per src_ip > 63 in 10s\n");
	for (i = 0; i < 64; i++)
		flow(&(struct told){ "10.0.0.1", address(text, "10.9.%u.%u", i), 1, 1 });
	tick();
	assert_true(last().value == 64);
	done();
	open_rules("rule a\nwhen distinct dst_ip per src_ip > 1000 in 10s\n");
	for (i = 0; i < 4000; i++)
		flow(&(struct told){ "10.0.0.1", address(text, "10.9.%u.%u", i % 2000), 1, 1 });
	tick();
	assert_in_range((int)last().value, 1800, 2200);
	tick(); /* and they leave the window */
	tick();
	tick();
	tick();
	tick();
	assert_int_equal(counts().resolved, 1);
	done();
}

static void memory_is_bounded_and_the_heavy_stay(void **state)
{
	struct alerts_config config = { .rules = RULES, .max_keys = 100 };
	char text[32];
	unsigned int i;

	write_rules("rule a\nwhen flows per src_ip > 50 in 10s\n");
	scene_open(config);
	for (i = 0; i < 20000; i++) {
		flow(&(struct told){ address(text, "11.%u.3.%u", i), "10.0.0.2", 1, 80 });
		if (i % 200 == 0)
			begin("10.0.0.1", 1);
	}
	tick();
	assert_int_equal(counts().opened, 1);
	assert_string_equal(last().key, "src_ip=10.0.0.1");
	assert_in_range(counts().pushed_out, 19000, 20001);
	done();
}

static void idle_keys_make_room_without_being_missed(void **state)
{
	struct alerts_config config = { .rules = RULES, .max_keys = 100 };
	char text[32];
	unsigned int i, n;

	write_rules("rule a\nwhen flows per src_ip > 50 in 10s\n");
	scene_open(config);
	for (n = 0; n < 50; n++) {
		for (i = 0; i < 30; i++)
			flow(&(struct told){ address(text, "11.%u.3.%u", n * 30 + i), "10.0.0.2", 1,
			                     80 });
		tick();
	}
	assert_int_equal(counts().pushed_out, 0);
	done();
}

static bool usual(void *arg, const char *measure, const char *key, double *mean, double *deviation)
{
	*mean = 2;
	*deviation = 0.5;
	return !strcmp(measure, "flows") && !strcmp(key, "all") && arg;
}

static void scores_compare_with_the_baseline(void **state)
{
	static const char rule[] = "rule a\nwhen zscore flows per all > 3 in 10s\n";
	struct alerts_config config = { .rules = RULES, .usual = usual };
	int known;

	for (known = 0; known <= 1; known++) {
		write_rules(rule);
		config.usual_arg = known ? &config : NULL;
		scene_open(config);
		begin("10.0.0.1", 36); /* 3.6 a second: 3.2 deviations */
		tick();
		assert_int_equal(counts().opened, known);
		done();
	}
	write_rules(rule);
	scene_open(config);
	begin("10.0.0.1", 34); /* 2.8 */
	tick();
	assert_silent("within three deviations");
	done();
}

static void reading_rules_again_is_all_or_nothing(void **state)
{
	char error[512];

	open_rules("rule a\nwhen flows per src_ip > 5 in 1m\nrule b\nwhen flows per dst_ip > 5 in "
	           "1m\n");
	begin("10.0.0.1", 4);
	tick();
	write_rules("rule a\nwhen nonsense\n");
	assert_int_equal(alerts_reload(alerts, error, sizeof(error)), -22);
	assert_string_equal(error, RULES ": line 2: there is no measure 'nonsense'; weir-rules(5) "
	                                 "lists them");
	begin("10.0.0.1", 3);
	tick();
	assert_int_equal(counts().open, 2); /* the old rules, and what they had counted */
	write_rules("rule c\nwhen flows per all > 500 in 1m\n\nrule b # the same\nwhen flows per "
	            "dst_ip > 5 in 1m\n");
	assert_int_equal(alerts_reload(alerts, error, sizeof(error)), 0);
	assert_int_equal(counts().open, 1); /* a is gone, and resolved */
	assert_int_equal(counts().resolved, 1);
	assert_string_equal(last().rule, "a");
	assert_false(last().is_open);
	begin("10.0.0.1", 1);
	tick();
	assert_int_equal(counts().opened, 2); /* b goes on */
	done();
}

static void a_clock_that_jumps_neither_fires_nor_freezes(void **state)
{
	open_rules("rule a\nwhen flows per src_ip > 5 in 10s\n");
	begin("10.0.0.1", 4);
	now_ns -= 3600 * SECOND;
	tick();
	tick();
	tick();
	begin("10.0.0.1", 4);
	tick();
	assert_silent("four, and long after four");
	begin("10.0.0.1", 4);
	now_ns += 3600 * SECOND; /* an hour without a tick hides nothing */
	tick();
	assert_int_equal(counts().opened, 1);
	done();
}

static void a_file_that_is_missing_is_told(void **state)
{
	struct alerts_config config = { .rules = "build/no-such-rules" };
	char error[512];

	assert_null(alerts_open(&config, error, sizeof(error)));
	assert_string_equal(error, "build/no-such-rules: cannot open: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(normal_traffic_is_silent_for_ten_minutes),
		CASE(normal_traffic_is_silent_after_a_baseline),
		CASE(a_port_scan_names_who_scans),
		CASE(a_udp_scan_names_who_scans),
		CASE(a_traceroute_is_no_scan),
		CASE(a_host_sweep_names_who_sweeps),
		CASE(a_syn_flood_from_forged_sources_names_the_victim),
		CASE(udp_amplification_names_the_victim_and_a_reflector),
		CASE(an_amplifier_names_itself_and_its_victim),
		CASE(a_beacon_names_both_ends),
		CASE(calls_inside_are_a_beacon_only_if_the_baseline_lacks_them),
		CASE(irregular_calls_are_no_beacon),
		CASE(calls_seen_out_of_order_are_a_beacon_still),
		CASE(exfiltration_names_both_ends),
		CASE(exfiltration_inside_is_measured_by_the_baseline),
		CASE(tunnels_and_logins_are_told),
		CASE(the_window_slides),
		CASE(an_alert_opens_once_and_resolves_after_a_whole_window),
		CASE(what_was_held_off_does_not_open_again),
		CASE(a_rule_opens_no_more_than_its_limit),
		CASE(keys_of_a_group_are_one_alert),
		CASE(a_flow_alone_can_raise),
		CASE(what_is_answered_later_was_not_in_vain),
		CASE(many_different_values_are_counted_well),
		CASE(memory_is_bounded_and_the_heavy_stay),
		CASE(idle_keys_make_room_without_being_missed),
		CASE(scores_compare_with_the_baseline),
		CASE(reading_rules_again_is_all_or_nothing),
		CASE(a_clock_that_jumps_neither_fires_nor_freezes),
		CASE(a_file_that_is_missing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
