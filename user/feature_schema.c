// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The feature schema: the table of all features, sets of them, and their hash.
 *
 * Left out on purpose, since a model would learn the network it was trained on: addresses, source
 * ports, TTL, sequence numbers, absolute times. What has no upper limit goes through log1p, times
 * in microseconds first, since an isolation forest cuts between minimum and maximum and would see
 * nothing but the largest flow otherwise. Histograms are shares of the packets, which do not grow
 * with the flow.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "feature.h"
#include "field.h"

#define US 1e6 /* seconds to microseconds */

#define FLOW(name, rule, a, b, n, meaning)                                                         \
	{                                                                                          \
		name, FEATURE_FLOW, rule, a, b, n, meaning                                         \
	}
#define BIN(p, bin, meaning)                                                                       \
	FLOW(p "payload_" bin "_share", FEATURE_SHARE, p "payload_" bin, p "packets", 0,           \
	     "share of its packets " meaning)
#define FLAG(p, flag, meaning)                                                                     \
	FLOW(p flag "_log", FEATURE_LOG, p flag, NULL, 1, "log1p of its packets with " meaning)
#define GAP(p, which, meaning)                                                                     \
	FLOW(p "iat_" which "_log", FEATURE_LOG, p "iat_" which, NULL, US,                         \
	     "log1p of the " meaning " between its packets in us")
#define HEAD(p, what, meaning)                                                                     \
	FLOW(p "head_" what, FEATURE_NTH, p "head_" what, p "head_bytes", 1,                       \
	     "of its first 8 payload bytes, how many are " meaning "; -1: not seen")
/* Shares say little where one side sends a hundred times more: there the logarithms differ. */
#define RATIO(what, field)                                                                         \
	FLOW(what "_ratio_log", FEATURE_RATIO, "fwd_" field, "rev_" field, 0,                      \
	     "log1p of the initiator's " field " less log1p of the responder's")

/* One direction; p is the prefix of its fields and features. */
#define SIDE(p)                                                                                    \
	FLOW(p "packets_log", FEATURE_LOG, p "packets", NULL, 1, "log1p of its packets"),          \
	        FLOW(p "bytes_log", FEATURE_LOG, p "bytes", NULL, 1, "log1p of its bytes"),        \
	        FLOW(p "payload_log", FEATURE_LOG, p "payload_bytes", NULL, 1,                     \
	             "log1p of its payload bytes"),                                                \
	        FLOW(p "data_packets_log", FEATURE_REST, p "packets", p "payload_0", 0,            \
	             "log1p of its packets with payload"),                                         \
	        FLOW(p "payload_min", FEATURE_VALUE, p "payload_min", NULL, 0,                     \
	             "smallest payload"),                                                          \
	        FLOW(p "payload_max", FEATURE_VALUE, p "payload_max", NULL, 0, "largest payload"), \
	        FLOW(p "payload_mean", FEATURE_VALUE, p "payload_mean", NULL, 0, "mean payload"),  \
	        FLOW(p "payload_std", FEATURE_VALUE, p "payload_std", NULL, 0,                     \
	             "deviation of the payload"),                                                  \
	        BIN(p, "0", "without payload"), BIN(p, "32", "with a payload of 1..32 bytes"),     \
	        BIN(p, "64", "of 33..64"), BIN(p, "128", "of 65..128"),                            \
	        BIN(p, "256", "of 129..256"), BIN(p, "512", "of 257..512"),                        \
	        BIN(p, "1024", "of 513..1024"), BIN(p, "more", "of more"),                         \
	        GAP(p, "min", "shortest gap"), GAP(p, "max", "longest gap"),                       \
	        GAP(p, "mean", "mean gap"), GAP(p, "std", "deviation of the gaps"),                \
	        FLAG(p, "fin", "FIN"), FLAG(p, "syn", "SYN"), FLAG(p, "rst", "RST"),               \
	        FLAG(p, "psh", "PSH"), FLAG(p, "ack", "ACK"), FLAG(p, "urg", "URG"),               \
	        FLOW(p "window_first", FEATURE_VALUE, p "window_first", NULL, 0,                   \
	             "first TCP window, unscaled"),                                                \
	        HEAD(p, "text", "printable ASCII"), HEAD(p, "zero", "0"),                          \
	        HEAD(p, "high", "128 or more")

#define PORTS(name, rule, a, n, meaning)                                                           \
	{                                                                                          \
		name, FEATURE_PORTS, rule, a, NULL, n, meaning                                     \
	}
#define NTH(p, k)                                                                                  \
	{                                                                                          \
		p "first_" #k, FEATURE_FIRST8, FEATURE_NTH, p "first_" #k, p "packets", k,         \
		        "payload of its packet " #k "; -1: there was none"                         \
	}
#define DATA(p, k)                                                                                 \
	{                                                                                          \
		p "data_" #k, FEATURE_FIRST8, FEATURE_DATA, p "first_1", NULL, k,                  \
		        "payload " #k " of its first eight that are not empty; -1: there was none" \
	}
#define FIRST8(p)                                                                                  \
	NTH(p, 1), NTH(p, 2), NTH(p, 3), NTH(p, 4), NTH(p, 5), NTH(p, 6), NTH(p, 7), NTH(p, 8),    \
	        DATA(p, 1), DATA(p, 2), DATA(p, 3), DATA(p, 4)
#define GUIDE(name, meaning)                                                                       \
	{                                                                                          \
		name, FEATURE_GUIDE, FEATURE_VALUE, name, NULL, 0, meaning                         \
	}
#define HOST(name, meaning)                                                                        \
	{                                                                                          \
		"host_" name, FEATURE_HOST, FEATURE_HOSTS, NULL, NULL, 0, meaning                  \
	}

const struct feature features[] = {
	FLOW("is_tcp", FEATURE_IS, "protocol", NULL, 6, "1 if TCP"),
	FLOW("is_udp", FEATURE_IS, "protocol", NULL, 17, "1 if UDP"),
	FLOW("is_icmp", FEATURE_ICMP, "protocol", NULL, 0, "1 if ICMP or ICMPv6"),
	FLOW("is_other", FEATURE_OTHER, "protocol", NULL, 0, "1 if another protocol"),
	FLOW("duration_log", FEATURE_LOG, "duration", NULL, US, "log1p of the duration in us"),
	FLOW("bytes_per_second_log", FEATURE_LOG, "bytes_per_second", NULL, 1,
	     "log1p of bytes per second"),
	FLOW("packets_per_second_log", FEATURE_LOG, "packets_per_second", NULL, 1,
	     "log1p of packets per second"),
	FLOW("packet_size", FEATURE_VALUE, "avg_packet_size", NULL, 0, "mean packet, both ways"),
	FLOW("fwd_packets_share", FEATURE_PART, "fwd_packets", "rev_packets", 0,
	     "the initiator's share of the packets"),
	FLOW("fwd_bytes_share", FEATURE_PART, "fwd_bytes", "rev_bytes", 0,
	     "the initiator's share of the bytes"),
	FLOW("fwd_payload_share", FEATURE_PART, "fwd_payload_bytes", "rev_payload_bytes", 0,
	     "the initiator's share of the payload"),
	FLOW("fwd_data_packets_share", FEATURE_PART, "fwd_data_packets", "rev_data_packets", 0,
	     "the initiator's share of the packets with payload"),
	RATIO("packets", "packets"),
	RATIO("payload", "payload_bytes"),
	RATIO("data_packets", "data_packets"),
	RATIO("payload_max", "payload_max"),
	SIDE("fwd_"),
	SIDE("rev_"),

	PORTS("dst_port", FEATURE_VALUE, "dst_port", 0, "the responder's port"),
	PORTS("icmp_type", FEATURE_VALUE, "icmp_type", 0, "ICMP type of the first packet"),

	FIRST8("fwd_"),
	FIRST8("rev_"),

	GUIDE("duration", "seconds"),
	GUIDE("bytes", "both directions"),
	GUIDE("packets", "both directions"),
	GUIDE("bytes_per_second", "0 when the duration is 0"),
	GUIDE("packets_per_second", "0 when the duration is 0"),
	GUIDE("avg_packet_size", "bytes / packets"),

	HOST("is_source", "1: as who began the flows; 0: as who was asked"),
	HOST("flows_log", "log1p of the flows that began in the window"),
	HOST("peers_log", "log1p of the distinct hosts at the other end"),
	HOST("ports_log", "log1p of the distinct destination ports"),
	HOST("pairs_log", "log1p of the distinct pairs of peer and destination port"),
	HOST("flows_per_pair_log", "log1p of the flows for each such pair"),
	HOST("packets_out_log", "log1p of the packets it sent"),
	HOST("packets_in_log", "log1p of the packets it got"),
	HOST("bytes_out_log", "log1p of the bytes it sent"),
	HOST("bytes_in_log", "log1p of the bytes it got"),
	HOST("no_reply_share", "share of the flows that got no reply"),
	HOST("syn_share", "share of the flows with a SYN and nothing after it"),
	HOST("rst_share", "share of the flows with a RST"),
	HOST("tcp_share", "share of the flows that are TCP"),
	HOST("udp_share", "share of the flows that are UDP"),
	HOST("icmp_share", "share of the flows that are ICMP"),
	HOST("flow_bytes_mean", "mean of log1p of a flow's bytes"),
	HOST("flow_bytes_std", "deviation of it"),
	HOST("flow_packets_mean", "mean of log1p of a flow's packets"),
	HOST("flow_packets_std", "deviation of it"),
	HOST("flow_time_mean", "mean of log1p of a flow's duration in us"),
	HOST("flow_time_std", "deviation of it"),
	HOST("payload_mean_log", "log1p of the mean payload of its flows' packets"),
};

const size_t n_features = sizeof(features) / sizeof(features[0]);

const char *feature_block_name(enum feature_block block)
{
	static const char *const names[] = {
		[FEATURE_FLOW] = "flow",    [FEATURE_PORTS] = "ports", [FEATURE_FIRST8] = "first8",
		[FEATURE_GUIDE] = "guide6", [FEATURE_HOST] = "host",
	};

	return names[block];
}

int feature_field(const char *name)
{
	size_t i;

	for (i = 0; i < n_fields; i++)
		if (!strcmp(fields[i].name, name))
			return (int)i;
	return -1;
}

static void need(struct feature_set *set, int16_t field)
{
	size_t i;

	if (field < 0)
		return;
	for (i = 0; i < set->n_needed; i++)
		if (set->needed[i] == field)
			return;
	set->needed[set->n_needed++] = field;
}

/* Each feature once: a name given again is no mistake. */
static void set_add(struct feature_set *set, const struct feature *f)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (set->feature[i] == f)
			return;
	set->feature[set->n] = f;
	set->a[set->n] = f->a ? feature_field(f->a) : -1;
	set->b[set->n] = f->b ? feature_field(f->b) : -1;
	for (i = 0; i < (f->rule == FEATURE_DATA ? (size_t)FLOW_FIRST : 1); i++)
		need(set, set->a[set->n] < 0 ? -1 : (int16_t)(set->a[set->n] + (int16_t)i));
	need(set, set->b[set->n]);
	set->is_host = f->block == FEATURE_HOST;
	set->n++;
}

static bool word_is(const char *word, size_t length, const char *name)
{
	return strlen(name) == length && !memcmp(word, name, length);
}

/* Does this word of a list, which may be a block's name, mean the feature? */
static bool word_means(const char *word, size_t length, const struct feature *f)
{
	if (word_is(word, length, "guide3"))
		return f->block == FEATURE_GUIDE &&
		       (strstr(f->name, "per_second") || strstr(f->name, "size"));
	return word_is(word, length, feature_block_name(f->block)) ||
	       word_is(word, length, f->name);
}

/* A host's window and a flow are different things. */
static int check_unit(const struct feature_set *set, char *error, size_t size)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if ((set->feature[i]->block == FEATURE_HOST) != set->is_host) {
			snprintf(error, size,
			         "features of hosts and of flows cannot be in one model; choose "
			         "host, or others");
			return -EINVAL;
		}
	return 0;
}

int feature_set_parse(struct feature_set *set, const char *list, char *error, size_t size)
{
	size_t length, i;
	bool known;

	memset(set, 0, sizeof(*set));
	for (;; list += length + 1) {
		length = strcspn(list, ",");
		known = false;
		for (i = 0; i < n_features; i++)
			if (word_means(list, length, &features[i])) {
				set_add(set, &features[i]);
				known = true;
			}
		if (!known) {
			snprintf(error, size,
			         "'%.*s' is no feature; there are the blocks flow, ports, first8, "
			         "guide6, guide3 and host, and what 'weir fields --features' lists",
			         (int)(length < 64 ? length : 64), list);
			return -EINVAL;
		}
		if (!list[length])
			return check_unit(set, error, size);
	}
}

int feature_set_from_names(struct feature_set *set, const char *const *names, size_t n, char *error,
                           size_t size)
{
	size_t i, k;

	memset(set, 0, sizeof(*set));
	for (i = 0; i < n; i++) {
		for (k = 0; k < n_features && strcmp(features[k].name, names[i]); k++)
			;
		if (k < n_features)
			set_add(set, &features[k]);
		if (set->n != i + 1) { /* unknown, or there before */
			snprintf(error, size, "its feature %zu, '%.64s', is %s", i + 1, names[i],
			         k < n_features ? "there twice" : "unknown to this weir");
			return -EINVAL;
		}
	}
	return check_unit(set, error, size);
}

static uint64_t fnv(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3;
	while (*text++);
	return hash;
}

uint64_t feature_set_hash(const struct feature_set *set)
{
	uint64_t hash = 0xcbf29ce484222325;
	char version[16];
	size_t i;

	snprintf(version, sizeof(version), "%d", FEATURE_VERSION);
	hash = fnv(hash, version);
	for (i = 0; i < set->n; i++)
		hash = fnv(hash, set->feature[i]->name);
	return hash;
}
