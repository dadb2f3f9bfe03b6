/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A few flows out of many: those that rank highest, and an even sample of the rest. */
#ifndef WEIR_PLOT_PICK_H
#define WEIR_PLOT_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows_csv.h"
#include "rng.h"

#define PLOT_PICK_TEXT 160

/* A flow kept: its row, with the texts copied; what is too long is cut. */
struct plot_flow {
	char src_ip[48], dst_ip[48], class_name[64], reasons[PLOT_PICK_TEXT];
	uint16_t src_port, dst_port;
	uint8_t protocol;
	bool is_anomaly;
	uint64_t start_ns, duration_ns, bytes, packets;
	double probability, score; /* NaN: not told */
	double rank;               /* in a plot_pick, by which it is kept */
	uint64_t row;              /* breaks ties: the earlier stays */
};

void plot_flow_from_row(struct plot_flow *flow, const struct flows_row *row, uint64_t number);

/* bytes/s and packets/s, 0 when the duration is; bytes a packet. */
double plot_flow_bytes_per_second(const struct plot_flow *flow);
double plot_flow_packets_per_second(const struct plot_flow *flow);
double plot_flow_packet_size(const struct plot_flow *flow);

/* The flows of the highest rank so far. All zero, then plot_pick_init(). */
struct plot_pick {
	struct plot_flow *flow; /* [used]; a heap, the lowest first, until sorted */
	size_t used, max;
};

int plot_pick_init(struct plot_pick *p, size_t max); /* 0 or -ENOMEM */
void plot_pick_clear(struct plot_pick *p);

/* Would a flow of this rank be kept? */
static inline bool plot_pick_wants(const struct plot_pick *p, double rank)
{
	return p->used < p->max || (p->max && rank > p->flow[0].rank);
}

/*
 * Keep a flow that is wanted. True: another had to go, and is in *out (which may be NULL or the
 * same as flow).
 */
bool plot_pick_add(struct plot_pick *p, const struct plot_flow *flow, struct plot_flow *out);

/* The highest rank first. Nothing can be added afterwards. */
void plot_pick_sort(struct plot_pick *p);

/* An even sample: each of the flows offered is kept with the same probability. */
struct plot_sample {
	struct plot_flow *flow; /* [used] */
	size_t used, max;
	uint64_t offered;
	struct rng rng;
};

int plot_sample_init(struct plot_sample *s, size_t max); /* 0 or -ENOMEM */
void plot_sample_clear(struct plot_sample *s);

/* Where to put the next flow; NULL: it is not taken. */
struct plot_flow *plot_sample_place(struct plot_sample *s);

#endif
