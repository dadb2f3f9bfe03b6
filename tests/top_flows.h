/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Flows for the tests of weir top, made up from a few numbers. */
#ifndef WEIR_TESTS_TOP_FLOWS_H
#define WEIR_TESTS_TOP_FLOWS_H

#include <string.h>

#include "top_model.h"

#define SECOND 1000000000ULL
#define NOON   (1700000000 * SECOND) /* of the wall clock; the table's is at 0 then */

/* Flow n goes from 10.x.y.z:(1024 + n) to 192.0.2.(n % 7):443, TCP. */
struct made_flow {
	struct flow_side fwd, rev;
	struct verdict verdict;
	struct flow_record record;
};

static inline struct flow_record *make_flow(struct made_flow *f, uint32_t n, uint64_t bytes,
                                            uint64_t end_s)
{
	struct flow_record *r = &f->record;

	memset(f, 0, sizeof(*f));
	r->fwd = &f->fwd;
	r->rev = &f->rev;
	memcpy(r->key.src, (uint8_t[16]){ [10] = 0xff, [11] = 0xff, 10, n >> 16, n >> 8, n }, 16);
	memcpy(r->key.dst, (uint8_t[16]){ [10] = 0xff, [11] = 0xff, 192, 0, 2, n % 7 }, 16);
	r->key.src_port = 1024 + n;
	r->key.dst_port = 443;
	r->key.protocol = 6;
	r->key.ip_version = 4;
	f->fwd.packets = 3;
	f->rev.packets = 1;
	f->fwd.bytes = bytes - bytes / 4;
	f->rev.bytes = bytes / 4;
	f->fwd.first_ns = f->rev.first_ns = r->start_ns = SECOND;
	f->fwd.last_ns = f->rev.last_ns = r->end_ns = end_s * SECOND;
	r->wall_ns = NOON;
	r->moved_packets[0] = 3;
	r->moved_packets[1] = 1;
	r->moved_bytes[0] = f->fwd.bytes;
	r->moved_bytes[1] = f->rev.bytes;
	return r;
}

/* Let models have judged it: score 0 for none, below -0.7 anomalous. */
static inline void judge_flow(struct made_flow *f, const char *class_name, double score)
{
	f->verdict = (struct verdict){
		.has_class = class_name,
		.class_name = class_name,
		.class_probability = 0.9,
		.has_score = score < 0,
		.anomaly_score = score,
		.is_anomaly = score < -0.7,
	};
	if (f->verdict.is_anomaly)
		strcpy(f->verdict.why, "fwd_syn 900 (usual 1..2)");
	f->record.verdict = &f->verdict;
}

/* The interval that ends at now_s is over. */
static inline void end_interval(struct top_model *m, uint64_t now_s, uint64_t bytes,
                                const struct books *books)
{
	struct sink_report r = {
		.now_ns = NOON + now_s * SECOND,
		.interval_ns = 2 * SECOND,
		.live_flows = m->n,
		.moved = { 100, bytes },
		.books = books,
		.source = "eth0",
	};

	top_model_report(m, &r);
}

#endif
