// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A few flows out of many.
 *
 * The highest ranks are kept in a binary heap with the lowest at its top; the sample is Vitter's
 * algorithm R with a fixed seed, so that the same records make the same picture.
 */
#include "plot_pick.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Copy what fits, without half of a UTF-8 character at the end. */
static void copy_text(char *to, size_t size, struct flows_text from)
{
	size_t n = from.n;

	if (n >= size)
		for (n = size - 1; n && ((unsigned char)from.at[n] & 0xc0) == 0x80; n--)
			;
	memcpy(to, from.at, n);
	to[n] = '\0';
}

void plot_flow_from_row(struct plot_flow *flow, const struct flows_row *row, uint64_t number)
{
	copy_text(flow->src_ip, sizeof(flow->src_ip), row->src_ip);
	copy_text(flow->dst_ip, sizeof(flow->dst_ip), row->dst_ip);
	copy_text(flow->class_name, sizeof(flow->class_name), row->class_name);
	copy_text(flow->reasons, sizeof(flow->reasons), row->reasons);
	flow->src_port = row->src_port;
	flow->dst_port = row->dst_port;
	flow->protocol = row->protocol;
	flow->is_anomaly = row->is_anomaly;
	flow->start_ns = row->start_ns;
	flow->duration_ns = row->duration_ns;
	flow->bytes = row->bytes;
	flow->packets = row->packets;
	flow->probability = row->probability;
	flow->score = row->score;
	flow->rank = 0;
	flow->row = number;
}

static double per_second(const struct plot_flow *flow, uint64_t amount)
{
	return flow->duration_ns ? (double)amount * 1e9 / (double)flow->duration_ns : 0;
}

double plot_flow_bytes_per_second(const struct plot_flow *flow)
{
	return per_second(flow, flow->bytes);
}

double plot_flow_packets_per_second(const struct plot_flow *flow)
{
	return per_second(flow, flow->packets);
}

double plot_flow_packet_size(const struct plot_flow *flow)
{
	return flow->packets ? (double)flow->bytes / (double)flow->packets : 0;
}

/* Is a to leave before b? */
static bool is_below(const struct plot_flow *a, const struct plot_flow *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->row > b->row;
}

static void sink_down(struct plot_pick *p, size_t at, const struct plot_flow *flow)
{
	size_t child;

	while ((child = 2 * at + 1) < p->used) {
		if (child + 1 < p->used && is_below(&p->flow[child + 1], &p->flow[child]))
			child++;
		if (!is_below(&p->flow[child], flow))
			break;
		p->flow[at] = p->flow[child];
		at = child;
	}
	p->flow[at] = *flow;
}

static void rise(struct plot_pick *p, size_t at, const struct plot_flow *flow)
{
	while (at && is_below(flow, &p->flow[(at - 1) / 2])) {
		p->flow[at] = p->flow[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	p->flow[at] = *flow;
}

int plot_pick_init(struct plot_pick *p, size_t max)
{
	*p = (struct plot_pick){ .max = max };
	p->flow = calloc(max ? max : 1, sizeof(*p->flow));
	return p->flow ? 0 : -ENOMEM;
}

void plot_pick_clear(struct plot_pick *p)
{
	free(p->flow);
	*p = (struct plot_pick){ 0 };
}

bool plot_pick_add(struct plot_pick *p, const struct plot_flow *flow, struct plot_flow *out)
{
	struct plot_flow in = *flow;

	if (p->used < p->max) {
		rise(p, p->used++, &in);
		return false;
	}
	if (out)
		*out = p->flow[0];
	sink_down(p, 0, &in);
	return true;
}

static int by_rank(const void *a, const void *b)
{
	return is_below(a, b) ? 1 : is_below(b, a) ? -1 : 0;
}

void plot_pick_sort(struct plot_pick *p)
{
	qsort(p->flow, p->used, sizeof(*p->flow), by_rank);
}

int plot_sample_init(struct plot_sample *s, size_t max)
{
	*s = (struct plot_sample){ .max = max };
	s->flow = calloc(max ? max : 1, sizeof(*s->flow));
	rng_seed(&s->rng, 1, 0);
	return s->flow ? 0 : -ENOMEM;
}

void plot_sample_clear(struct plot_sample *s)
{
	free(s->flow);
	*s = (struct plot_sample){ 0 };
}

struct plot_flow *plot_sample_place(struct plot_sample *s)
{
	uint64_t at = s->offered < s->max ? s->offered : rng_below(&s->rng, s->offered + 1);

	s->offered++;
	if (at >= s->max)
		return NULL;
	if (s->used < s->max)
		s->used++;
	return &s->flow[at];
}
