// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a look at a flow adds to the columns of a window.
 *
 * Whether a flow is answered, complete or refused is decided when it is first seen, and put right
 * when that changes later: an answer that comes in a later interval takes back one unanswered. That
 * is seen from what moved since the last look: the way back is new if all its packets are; the
 * initiator's ACKs are new if they are no more than its packets of this interval (less bare RSTs).
 * A UDP or ICMP flow that the active timeout cut looks newly answered once more: then a count is
 * one too low.
 */
#include "alert_look.h"

#include <math.h>
#include <string.h>

#define TCP    6
#define NEW    (1u << COLUMN_FLOWS | GAPS)
#define GAPS   (1u << COLUMN_GAPS | 1u << COLUMN_GAP_SUM | 1u << COLUMN_GAP_SQUARES)
#define STATES (1u << COLUMN_UNANSWERED | 1u << COLUMN_INCOMPLETE | 1u << COLUMN_REFUSED)
#define AMOUNTS                                                                                    \
	(1u << COLUMN_PACKETS_OUT | 1u << COLUMN_PACKETS_IN | 1u << COLUMN_BYTES_OUT |             \
	 1u << COLUMN_BYTES_IN)
#define SIZES (1u << COLUMN_ENDED | 1u << COLUMN_SIZE_SUM | 1u << COLUMN_SIZE_SQUARES)

static bool began_with_syn(const struct flow_record *r)
{
	return r->key.protocol == TCP && r->fwd->marks & FLOW_SYN_ONLY;
}

static bool is_refused(const struct flow_record *r)
{
	return began_with_syn(r) && (r->rev->tcp_flags & (FLOW_RST | FLOW_SYN)) == FLOW_RST;
}

static bool is_incomplete(const struct flow_record *r)
{
	if (r->key.protocol != TCP)
		return !r->rev->packets;
	return began_with_syn(r) && !(r->fwd->tcp_flags & FLOW_ACK);
}

/* Had the initiator sent no ACK before this interval? */
static bool is_newly_acked(const struct flow_record *r)
{
	uint64_t acks = r->fwd->tcp_flag[4], others = r->fwd->packets - acks;
	uint64_t syns = r->fwd->tcp_flag[1], bare = others > syns ? others - syns : 0;
	uint64_t moved = r->moved_packets[0] > bare ? r->moved_packets[0] - bare : 0;

	return acks && acks <= moved;
}

static void add(struct alert_look *look, enum rule_column column, double change)
{
	look->change[column] = change;
	if (change < 0 || change > 0)
		look->columns |= 1u << column;
}

static void add_beginning(struct alert_look *look, const struct flow_record *r)
{
	add(look, COLUMN_FLOWS, 1);
	add(look, COLUMN_UNANSWERED, !r->rev->packets);
	add(look, COLUMN_INCOMPLETE, is_incomplete(r));
	add(look, COLUMN_REFUSED, is_refused(r));
	look->columns |= NEW;
}

/* What has turned out otherwise than it looked before. */
static void add_changes(struct alert_look *look, const struct flow_record *r)
{
	bool is_tcp = r->key.protocol == TCP;
	bool answered = r->rev->packets && r->rev->packets == r->moved_packets[1] &&
	                (!is_tcp || began_with_syn(r));
	bool completed = is_tcp ? began_with_syn(r) && is_newly_acked(r) : answered;

	add(look, COLUMN_UNANSWERED, answered ? -1 : 0);
	add(look, COLUMN_INCOMPLETE, completed ? -1 : 0);
	add(look, COLUMN_REFUSED, answered && is_refused(r));
}

static void add_end(struct alert_look *look, const struct flow_record *r)
{
	double bytes = (double)r->fwd->bytes + (double)r->rev->bytes;

	add(look, COLUMN_ENDED, 1);
	add(look, COLUMN_SIZE_SUM, bytes);
	add(look, COLUMN_SIZE_SQUARES, bytes * bytes);
}

void alert_look_make(struct alert_look *look, const struct flow_record *flow,
                     const struct alert_seed *seed)
{
	memset(look, 0, sizeof(*look));
	look->flow = flow;
	look->seed = seed;
	if (flow->is_new)
		add_beginning(look, flow);
	else
		add_changes(look, flow);
	if (flow->end != RECORD_LIVE)
		add_end(look, flow);
	add(look, COLUMN_PACKETS_OUT, (double)flow->moved_packets[0]);
	add(look, COLUMN_PACKETS_IN, (double)flow->moved_packets[1]);
	add(look, COLUMN_BYTES_OUT, (double)flow->moved_bytes[0]);
	add(look, COLUMN_BYTES_IN, (double)flow->moved_bytes[1]);
}

/* Most looks are of no rule's interest, and need no hashes. */
static void hash_addresses(struct alert_look *look)
{
	const struct flow_key *k = &look->flow->key;

	if (look->is_hashed)
		return;
	look->src = alert_hash(look->seed, k->src, sizeof(k->src));
	look->dst = alert_hash(look->seed, k->dst, sizeof(k->dst));
	look->is_hashed = true;
}

uint64_t alert_key_hash(struct alert_look *look, uint32_t key)
{
	const struct flow_key *k = &look->flow->key;
	uint64_t h = look->seed->key[1], rest;

	hash_addresses(look);
	if (key & RULE_SRC_IP)
		h = alert_mix(h, look->src);
	if (key & RULE_DST_IP)
		h = alert_mix(h + 1, look->dst);
	if (key & ~(uint32_t)(RULE_SRC_IP | RULE_DST_IP)) {
		rest = (key & RULE_SRC_PORT ? k->src_port : 0) |
		       (key & RULE_DST_PORT ? (uint64_t)k->dst_port << 16 : 0) |
		       (key & RULE_PROTOCOL ? (uint64_t)k->protocol << 32 : 0) |
		       (key & RULE_VLAN ? (uint64_t)k->vlan[0] << 40 : 0);
		h = alert_mix(h, rest ^ look->seed->key[0]);
		h = alert_mix(h, (key & RULE_INTERFACE ? k->ifindex : 0) ^ look->seed->key[0]);
	}
	return h;
}

bool alert_key_equal(const struct flow_key *a, const struct flow_key *b, uint32_t key)
{
	return (!(key & RULE_SRC_IP) || !memcmp(a->src, b->src, sizeof(a->src))) &&
	       (!(key & RULE_DST_IP) || !memcmp(a->dst, b->dst, sizeof(a->dst))) &&
	       (!(key & RULE_SRC_PORT) || a->src_port == b->src_port) &&
	       (!(key & RULE_DST_PORT) || a->dst_port == b->dst_port) &&
	       (!(key & RULE_PROTOCOL) || a->protocol == b->protocol) &&
	       (!(key & RULE_INTERFACE) || a->ifindex == b->ifindex) &&
	       (!(key & RULE_VLAN) || a->vlan[0] == b->vlan[0]);
}

uint64_t alert_value_hash(struct alert_look *look, int subject)
{
	const struct field *f = rule_subject_field(subject);
	union field_value v = { 0 };

	hash_addresses(look);
	f->get(look->flow, f, &v);
	if (f->type == FIELD_TEXT)
		return v.text ? alert_hash(look->seed, v.text, strlen(v.text)) : 0;
	if (f->type == FIELD_ADDRESS)
		return v.ip.address == look->flow->key.src ? look->src
		       : v.ip.address == look->flow->key.dst
		               ? look->dst
		               : alert_hash(look->seed, v.ip.address, 16);
	return alert_mix(look->seed->key[0], alert_mix(v.count ^ look->seed->key[1], v.count));
}

static double at_least_one(double x)
{
	return x < 1 ? 1 : x;
}

static double mean(double sum, double n)
{
	return n > 0 ? sum / n : NAN;
}

/* Population deviation / mean. */
static double variation(double sum, double squares, double n)
{
	double m = mean(sum, n), variance = mean(squares, n) - m * m;

	return m > 0 ? sqrt(variance > 0 ? variance : 0) / m : NAN;
}

double alert_measure(enum rule_measure measure, const double s[N_COLUMNS])
{
	double out = s[COLUMN_BYTES_OUT], in = s[COLUMN_BYTES_IN];

	switch (measure) {
	case MEASURE_FLOWS:
		return s[COLUMN_FLOWS];
	case MEASURE_UNANSWERED:
		return s[COLUMN_UNANSWERED];
	case MEASURE_INCOMPLETE:
		return s[COLUMN_INCOMPLETE];
	case MEASURE_REFUSED:
		return s[COLUMN_REFUSED];
	case MEASURE_UNANSWERED_RATIO:
		return mean(s[COLUMN_UNANSWERED], s[COLUMN_FLOWS]);
	case MEASURE_INCOMPLETE_RATIO:
		return mean(s[COLUMN_INCOMPLETE], s[COLUMN_FLOWS]);
	case MEASURE_REFUSED_RATIO:
		return mean(s[COLUMN_REFUSED], s[COLUMN_FLOWS]);
	case MEASURE_PACKETS:
		return s[COLUMN_PACKETS_OUT] + s[COLUMN_PACKETS_IN];
	case MEASURE_PACKETS_OUT:
		return s[COLUMN_PACKETS_OUT];
	case MEASURE_PACKETS_IN:
		return s[COLUMN_PACKETS_IN];
	case MEASURE_BYTES:
		return out + in;
	case MEASURE_BYTES_OUT:
		return out;
	case MEASURE_BYTES_IN:
		return in;
	case MEASURE_OUT_IN_RATIO:
		return out / at_least_one(in);
	case MEASURE_IN_OUT_RATIO:
		return in / at_least_one(out);
	case MEASURE_MEAN_OUT:
		return mean(out, s[COLUMN_PACKETS_OUT]);
	case MEASURE_MEAN_IN:
		return mean(in, s[COLUMN_PACKETS_IN]);
	case MEASURE_GAP_MEAN:
		return mean(s[COLUMN_GAP_SUM], s[COLUMN_GAPS]);
	case MEASURE_GAP_VARIATION:
		return variation(s[COLUMN_GAP_SUM], s[COLUMN_GAP_SQUARES], s[COLUMN_GAPS]);
	case MEASURE_ENDED:
		return s[COLUMN_ENDED];
	case MEASURE_SIZE_MEAN:
		return mean(s[COLUMN_SIZE_SUM], s[COLUMN_ENDED]);
	case MEASURE_SIZE_VARIATION:
		return variation(s[COLUMN_SIZE_SUM], s[COLUMN_SIZE_SQUARES], s[COLUMN_ENDED]);
	default:
		return NAN; /* not of sums */
	}
}
