// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The field table: what a flow record says, row by row.
 *
 * Eleven columns as the Python guide names and means them (bytes and packets of both directions in
 * a biflow), then who and when, then the same rows for either direction: fwd_ from the initiator,
 * rev_ from the responder. Means and deviations come from exact integer sums: n * sum of squares -
 * square of the sum fits 128 bits, so nothing cancels.
 */
#include "field.h"

#include <math.h>

#include "addr.h"
#include "ifname.h"
#include "verdict.h"

static const struct flow_side *side(const struct flow_record *r, const struct field *f)
{
	return f->reverse ? r->rev : r->fwd;
}

double field_mean(uint64_t sum, uint64_t n)
{
	return n ? (double)sum / n : 0;
}

double field_deviation(uint64_t sum, uint64_t n, __uint128_t squares)
{
	__uint128_t all = squares * n, square = (__uint128_t)sum * sum;

	return n && all > square ? sqrt((double)(all - square)) / n : 0;
}

static uint64_t total_bytes(const struct flow_record *r)
{
	return r->fwd->bytes + r->rev->bytes;
}

static uint64_t total_packets(const struct flow_record *r)
{
	return (uint64_t)r->fwd->packets + r->rev->packets;
}

static double per_second(const struct flow_record *r, uint64_t amount)
{
	uint64_t ns = r->end_ns - r->start_ns;

	return ns ? amount * 1e9 / ns : 0;
}

#define GETTER(name, member, expression)                                                           \
	static void name(const struct flow_record *r, const struct field *f, union field_value *v) \
	{                                                                                          \
		v->member = (expression);                                                          \
	}

GETTER(get_src_ip, ip, ((struct field_ip){ r->key.src, r->key.ip_version }))
GETTER(get_dst_ip, ip, ((struct field_ip){ r->key.dst, r->key.ip_version }))
GETTER(get_src_port, count, r->key.src_port)
GETTER(get_dst_port, count, r->key.dst_port)
GETTER(get_protocol, count, r->key.protocol)
GETTER(get_duration, count, r->end_ns - r->start_ns)
GETTER(get_bytes, count, total_bytes(r))
GETTER(get_packets, count, total_packets(r))
GETTER(get_bytes_per_second, real, per_second(r, total_bytes(r)))
GETTER(get_packets_per_second, real, per_second(r, total_packets(r)))
GETTER(get_avg_packet_size, real, field_mean(total_bytes(r), total_packets(r)))
GETTER(get_start_time, count, r->start_ns + r->wall_ns)
GETTER(get_end_time, count, r->end_ns + r->wall_ns)
GETTER(get_end_reason, text, record_end_name(r->end))
GETTER(get_protocol_name, text, addr_protocol_name(r->key.protocol))
GETTER(get_ip_version, count, r->key.ip_version)
GETTER(get_interface, text, r->key.ifindex ? ifname_of(r->key.ifindex) : NULL)
GETTER(get_direction, text,
       !r->key.ifindex                   ? NULL
       : r->key.direction == FLOW_EGRESS ? "egress"
                                         : "ingress")
GETTER(get_vlan_id, count, r->key.vlan[0])
GETTER(get_inner_vlan_id, count, r->key.vlan[1])
GETTER(get_icmp_type, count, r->fwd->icmp_first >> 8)
GETTER(get_icmp_code, count, r->fwd->icmp_first & 0xff)

static void get_member(const struct flow_record *r, const struct field *f, union field_value *v)
{
	v->count = field_member(f, r);
}

static uint64_t gaps_of(const struct flow_side *p)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < FLOW_BINS; i++)
		n += p->iat_hist[i];
	return n;
}

static uint64_t gap_sum(const struct flow_side *p)
{
	return (p->last_ns >> FLOW_TICK_SHIFT) - (p->first_ns >> FLOW_TICK_SHIFT) + p->iat_adjust;
}

static double ticks_to_seconds(double ticks)
{
	return ticks * (1 << FLOW_TICK_SHIFT) / 1e9;
}

static double gap_deviation(const struct flow_side *p)
{
	return field_deviation(gap_sum(p), gaps_of(p),
	                       (__uint128_t)p->iat_sq_high << 64 | p->iat_sq);
}

GETTER(get_data_packets, count, side(r, f)->packets - side(r, f)->payload_hist[0])
GETTER(get_payload_mean, real, field_mean(side(r, f)->payload_bytes, side(r, f)->packets))
GETTER(get_payload_std, real,
       field_deviation(side(r, f)->payload_bytes, side(r, f)->packets, side(r, f)->payload_sq))
GETTER(get_length_mean, real, field_mean(side(r, f)->bytes, side(r, f)->packets))
GETTER(get_length_std, real,
       field_deviation(side(r, f)->bytes, side(r, f)->packets, side(r, f)->length_sq))
GETTER(get_iat_min, real, gaps_of(side(r, f)) ? ticks_to_seconds(side(r, f)->iat_min) : 0)
GETTER(get_iat_max, real, ticks_to_seconds(side(r, f)->iat_max))
GETTER(get_iat_mean, real,
       gaps_of(side(r, f)) ? ticks_to_seconds((double)gap_sum(side(r, f)) / gaps_of(side(r, f)))
                           : 0)
GETTER(get_iat_std, real, ticks_to_seconds(gap_deviation(side(r, f))))
GETTER(get_dscp, count, side(r, f)->tos_first >> 2)
GETTER(get_ecn_seen, count, side(r, f)->marks >> FLOW_ECN_SHIFT)
GETTER(get_coalesced, count, !!(side(r, f)->marks & FLOW_COALESCED))
/* What no model was asked of is absent. */
GETTER(get_class, text, r->verdict && r->verdict->has_class ? r->verdict->class_name : NULL)
GETTER(get_class_probability, real,
       r->verdict && r->verdict->has_class ? r->verdict->class_probability : NAN)
GETTER(get_anomaly_score, real,
       r->verdict && r->verdict->has_score ? r->verdict->anomaly_score : NAN)
GETTER(get_is_anomaly, count,
       r->verdict && r->verdict->has_score ? r->verdict->is_anomaly : FIELD_ABSENT)
GETTER(get_anomaly_reasons, text, r->verdict && r->verdict->is_anomaly ? r->verdict->why : NULL)

GETTER(get_side_start, count, side(r, f)->packets ? side(r, f)->first_ns + r->wall_ns : 0)
GETTER(get_side_end, count, side(r, f)->packets ? side(r, f)->last_ns + r->wall_ns : 0)

#define M(p, b, column, member, ie, unit, meaning)                                                 \
	{                                                                                          \
		p column, FIELD_COUNT, unit, ie, meaning, get_member, b,                           \
		        sizeof(((struct flow_side *)0)->member),                                   \
		        offsetof(struct flow_side, member)                                         \
	}
#define G(p, b, column, type, get, unit, meaning)                                                  \
	{                                                                                          \
		p column, type, unit, 0, meaning, get, b, 0, 0                                     \
	}

/* One direction of a flow: p is the names' prefix, b whether it is the way back. */
#define SIDE_FIELDS(p, b)                                                                          \
	M(p, b, "packets", packets, 2, "packets", "wire packets"),                                 \
	        M(p, b, "bytes", bytes, 352, "bytes", "layer 2 without FCS"),                      \
	        M(p, b, "ip_bytes", ip_bytes, 1, "bytes", "IP headers and payload"),               \
	        M(p, b, "payload_bytes", payload_bytes, 0, "bytes",                                \
	          "behind the transport header"),                                                  \
	        G(p, b, "start_time", FIELD_SECONDS, get_side_start, "s",                          \
	          "first packet, since 1970"),                                                     \
	        G(p, b, "end_time", FIELD_SECONDS, get_side_end, "s", "last packet, since 1970"),  \
	        M(p, b, "length_min", length_min, 0, "bytes", "shortest packet, layer 2"),         \
	        M(p, b, "length_max", length_max, 0, "bytes", "longest packet, layer 2"),          \
	        G(p, b, "length_mean", FIELD_REAL, get_length_mean, "bytes",                       \
	          "mean packet, layer 2"),                                                         \
	        G(p, b, "length_std", FIELD_REAL, get_length_std, "bytes",                         \
	          "population deviation of it"),                                                   \
	        M(p, b, "payload_min", payload_min, 0, "bytes", "smallest payload"),               \
	        M(p, b, "payload_max", payload_max, 0, "bytes", "largest payload"),                \
	        G(p, b, "payload_mean", FIELD_REAL, get_payload_mean, "bytes", "mean payload"),    \
	        G(p, b, "payload_std", FIELD_REAL, get_payload_std, "bytes",                       \
	          "population deviation of the payload"),                                          \
	        G(p, b, "data_packets", FIELD_COUNT, get_data_packets, "packets", "with payload"), \
	        M(p, b, "payload_0", payload_hist[0], 0, "packets", "without payload"),            \
	        M(p, b, "payload_32", payload_hist[1], 0, "packets", "payload of 1..32 bytes"),    \
	        M(p, b, "payload_64", payload_hist[2], 0, "packets", "payload of 33..64 bytes"),   \
	        M(p, b, "payload_128", payload_hist[3], 0, "packets", "payload of 65..128 bytes"), \
	        M(p, b, "payload_256", payload_hist[4], 0, "packets",                              \
	          "payload of 129..256 bytes"),                                                    \
	        M(p, b, "payload_512", payload_hist[5], 0, "packets",                              \
	          "payload of 257..512 bytes"),                                                    \
	        M(p, b, "payload_1024", payload_hist[6], 0, "packets",                             \
	          "payload of 513..1024 bytes"),                                                   \
	        M(p, b, "payload_more", payload_hist[7], 0, "packets", "payload over 1024 bytes"), \
	        G(p, b, "iat_min", FIELD_REAL, get_iat_min, "s", "shortest gap between packets"),  \
	        G(p, b, "iat_max", FIELD_REAL, get_iat_max, "s", "longest gap between packets"),   \
	        G(p, b, "iat_mean", FIELD_REAL, get_iat_mean, "s", "mean gap between packets"),    \
	        G(p, b, "iat_std", FIELD_REAL, get_iat_std, "s",                                   \
	          "population deviation of the gaps"),                                             \
	        M(p, b, "iat_16us", iat_hist[0], 0, "gaps", "gaps under 16.4 us"),                 \
	        M(p, b, "iat_131us", iat_hist[1], 0, "gaps", "gaps under 131 us"),                 \
	        M(p, b, "iat_1ms", iat_hist[2], 0, "gaps", "gaps under 1.05 ms"),                  \
	        M(p, b, "iat_8ms", iat_hist[3], 0, "gaps", "gaps under 8.39 ms"),                  \
	        M(p, b, "iat_67ms", iat_hist[4], 0, "gaps", "gaps under 67.1 ms"),                 \
	        M(p, b, "iat_537ms", iat_hist[5], 0, "gaps", "gaps under 537 ms"),                 \
	        M(p, b, "iat_4s", iat_hist[6], 0, "gaps", "gaps under 4.29 s"),                    \
	        M(p, b, "iat_more", iat_hist[7], 0, "gaps", "longer gaps"),                        \
	        M(p, b, "first_1", first_payload[0], 0, "bytes", "payload of the 1st packet"),     \
	        M(p, b, "first_2", first_payload[1], 0, "bytes", "payload of the 2nd packet"),     \
	        M(p, b, "first_3", first_payload[2], 0, "bytes", "payload of the 3rd packet"),     \
	        M(p, b, "first_4", first_payload[3], 0, "bytes", "payload of the 4th packet"),     \
	        M(p, b, "first_5", first_payload[4], 0, "bytes", "payload of the 5th packet"),     \
	        M(p, b, "first_6", first_payload[5], 0, "bytes", "payload of the 6th packet"),     \
	        M(p, b, "first_7", first_payload[6], 0, "bytes", "payload of the 7th packet"),     \
	        M(p, b, "first_8", first_payload[7], 0, "bytes", "payload of the 8th packet"),     \
	        M(p, b, "head_bytes", head.bytes, 0, "bytes",                                      \
	          "of its first payload, looked at: 8 or fewer"),                                  \
	        M(p, b, "head_text", head.text, 0, "bytes", "of these, printable ASCII"),          \
	        M(p, b, "head_zero", head.zero, 0, "bytes", "of these, 0"),                        \
	        M(p, b, "head_high", head.high, 0, "bytes", "of these, 128 or more"),              \
	        M(p, b, "tcp_flags", tcp_flags, 6, "",                                             \
	          "OR of the flags: FIN 1, SYN 2, ... CWR 128"),                                   \
	        M(p, b, "fin", tcp_flag[0], 219, "packets", "with FIN"),                           \
	        M(p, b, "syn", tcp_flag[1], 218, "packets", "with SYN"),                           \
	        M(p, b, "rst", tcp_flag[2], 220, "packets", "with RST"),                           \
	        M(p, b, "psh", tcp_flag[3], 221, "packets", "with PSH"),                           \
	        M(p, b, "ack", tcp_flag[4], 222, "packets", "with ACK"),                           \
	        M(p, b, "urg", tcp_flag[5], 223, "packets", "with URG"),                           \
	        M(p, b, "ece", tcp_flag[6], 0, "packets", "with ECE"),                             \
	        M(p, b, "cwr", tcp_flag[7], 0, "packets", "with CWR"),                             \
	        M(p, b, "window_first", window_first, 0, "", "first TCP window, unscaled"),        \
	        M(p, b, "window_min", window_min, 0, "", "smallest TCP window, unscaled"),         \
	        M(p, b, "window_max", window_max, 0, "", "largest TCP window, unscaled"),          \
	        M(p, b, "retransmits", retransmits, 0, "packets", "segments sent again, or late"), \
	        M(p, b, "out_of_order", out_of_order, 0, "packets",                                \
	          "segments that leave a hole before"),                                            \
	        M(p, b, "ttl_min", ttl_min, 52, "", "smallest TTL or hop limit"),                  \
	        M(p, b, "ttl_max", ttl_max, 53, "", "largest TTL or hop limit"),                   \
	        G(p, b, "dscp", FIELD_COUNT, get_dscp, "", "DSCP of the first packet"),            \
	        G(p, b, "ecn_seen", FIELD_COUNT, get_ecn_seen, "",                                 \
	          "bit n: ECN codepoint n was seen"),                                              \
	        M(p, b, "fragments", fragments, 0, "packets", "IP fragments"),                     \
	        G(p, b, "coalesced", FIELD_COUNT, get_coalesced, "",                               \
	          "1: some came as GSO/GRO super-packets, their inner gaps unknown")

#define F(name, type, get, ie, unit, meaning)                                                      \
	{                                                                                          \
		name, type, unit, ie, meaning, get, 0, 0, 0                                        \
	}

const struct field fields[] = {
	F("src_ip", FIELD_ADDRESS, get_src_ip, 8, "", "who began: the initiator's address"),
	F("dst_ip", FIELD_ADDRESS, get_dst_ip, 12, "", "the responder's address"),
	F("src_port", FIELD_COUNT, get_src_port, 7, "", "the initiator's port; 0: none"),
	F("dst_port", FIELD_COUNT, get_dst_port, 11, "", "the responder's port; 0: none"),
	F("protocol", FIELD_COUNT, get_protocol, 4, "", "IP protocol number of the upper layer"),
	F("duration", FIELD_SECONDS, get_duration, 0, "s", "first to last packet"),
	F("bytes", FIELD_COUNT, get_bytes, 0, "bytes", "both directions, layer 2 without FCS"),
	F("packets", FIELD_COUNT, get_packets, 0, "packets", "both directions"),
	F("bytes_per_second", FIELD_REAL, get_bytes_per_second, 0, "bytes/s",
	  "bytes / duration; 0 when that is 0"),
	F("packets_per_second", FIELD_REAL, get_packets_per_second, 0, "packets/s",
	  "packets / duration; 0 when that is 0"),
	F("avg_packet_size", FIELD_REAL, get_avg_packet_size, 0, "bytes", "bytes / packets"),
	F("start_time", FIELD_SECONDS, get_start_time, 154, "s", "first packet, since 1970"),
	F("end_time", FIELD_SECONDS, get_end_time, 155, "s", "last packet, since 1970"),
	F("flow_end_reason", FIELD_TEXT, get_end_reason, 136, "",
	  "idle, active, end_of_flow, forced or lack_of_resources"),
	F("protocol_name", FIELD_TEXT, get_protocol_name, 0, "", "IANA's keyword"),
	F("ip_version", FIELD_COUNT, get_ip_version, 60, "", "4 or 6"),
	F("interface", FIELD_TEXT, get_interface, 82, "", "where it was seen; empty from files"),
	F("direction", FIELD_TEXT, get_direction, 61, "",
	  "of the initiator's packets: ingress or egress; empty from files"),
	F("vlan_id", FIELD_COUNT, get_vlan_id, 58, "", "outer VLAN tag; 0: none"),
	F("inner_vlan_id", FIELD_COUNT, get_inner_vlan_id, 243, "", "inner VLAN tag; 0: none"),
	F("icmp_type", FIELD_COUNT, get_icmp_type, 176, "", "of the initiator's first packet"),
	F("icmp_code", FIELD_COUNT, get_icmp_code, 177, "", "of the initiator's first packet"),
	SIDE_FIELDS("fwd_", 0),
	SIDE_FIELDS("rev_", 1),
	F("class", FIELD_TEXT, get_class, 0, "", "what the classifier takes the flow for"),
	F("class_probability", FIELD_REAL, get_class_probability, 0, "", "how sure it is, 0 to 1"),
	F("anomaly_score", FIELD_REAL, get_anomaly_score, 0, "",
	  "of the isolation forest: -1 most unusual, 0 least"),
	F("is_anomaly", FIELD_FLAG, get_is_anomaly, 0, "", "1: below the model's threshold"),
	F("anomaly_reasons", FIELD_TEXT, get_anomaly_reasons, 0, "",
	  "features that moved the score most, with their usual range"),
};

const size_t n_fields = sizeof(fields) / sizeof(fields[0]);

const char *field_type_name(enum field_type type)
{
	static const char *const names[] = {
		[FIELD_COUNT] = "integer",   [FIELD_REAL] = "real", [FIELD_SECONDS] = "seconds",
		[FIELD_ADDRESS] = "address", [FIELD_TEXT] = "text", [FIELD_FLAG] = "flag",
	};

	return names[type];
}

const char *record_end_name(enum record_end end)
{
	static const char *const names[] = {
		[RECORD_LIVE] = "live",     [RECORD_IDLE] = "idle",
		[RECORD_ACTIVE] = "active", [RECORD_END_OF_FLOW] = "end_of_flow",
		[RECORD_FORCED] = "forced", [RECORD_LACK_OF_RESOURCES] = "lack_of_resources",
	};

	return names[end];
}
