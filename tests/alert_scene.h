/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A stage for the tests of alerts: the engine, a clock of intervals, and flows that are seen. */
#ifndef WEIR_TESTS_ALERT_SCENE_H
#define WEIR_TESTS_ALERT_SCENE_H

#include <arpa/inet.h>
#include <string.h>

#include "alert.h"

#define SECOND   1000000000ULL
#define INTERVAL (5 * SECOND)

static struct alerts *alerts;
static uint64_t now_ns;

static inline void scene_open(struct alerts_config config)
{
	char error[512];

	config.interval_ns = INTERVAL;
	now_ns = 1000000 * INTERVAL;
	alerts = alerts_open(&config, error, sizeof(error));
	if (!alerts)
		fail_msg("%s", error);
	alerts_tick(alerts, now_ns);
}

static inline void scene_close(void)
{
	alerts_close(alerts);
	alerts = NULL;
}

static inline void tick(void)
{
	now_ns += INTERVAL;
	alerts_tick(alerts, now_ns);
}

/* A flow being told; both its sides are empty at first. */
struct scene_flow {
	struct flow_side fwd, rev;
	struct flow_record record;
};

static inline void put_address(uint8_t to[16], const char *text)
{
	memset(to, 0, 16);
	to[10] = to[11] = 0xff;
	assert_int_equal(inet_pton(AF_INET, text, to + 12), 1);
}

/* protocol 0: TCP. */
static inline struct flow_record *scene_flow(struct scene_flow *f, const char *src,
                                             uint16_t src_port, const char *dst, uint16_t dst_port,
                                             uint8_t protocol)
{
	memset(f, 0, sizeof(*f));
	f->record = (struct flow_record){ .fwd = &f->fwd, .rev = &f->rev };
	put_address(f->record.key.src, src);
	put_address(f->record.key.dst, dst);
	f->record.key.src_port = src_port;
	f->record.key.dst_port = dst_port;
	f->record.key.protocol = protocol ? protocol : 6;
	f->record.key.ip_version = 4;
	f->record.start_ns = f->record.end_ns = now_ns;
	return &f->record;
}

/* All that is in its sides came in this interval. */
static inline void scene_moved(struct scene_flow *f)
{
	f->record.moved_packets[0] = f->fwd.packets;
	f->record.moved_packets[1] = f->rev.packets;
	f->record.moved_bytes[0] = f->fwd.bytes;
	f->record.moved_bytes[1] = f->rev.bytes;
}

#endif
