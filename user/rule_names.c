// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The words of rules: severities, operators, keys, measures. */
#include "rule.h"

#include <stdio.h>
#include <string.h>

#define C(column) (1u << COLUMN_##column)

const struct rule_measure_row rule_measures[] = {
	[MEASURE_FLOWS] = { "flows", UNIT_COUNT, C(FLOWS), "flows that began" },
	[MEASURE_UNANSWERED] = { "unanswered", UNIT_COUNT, C(UNANSWERED),
	                         "of them, those to which nothing came back" },
	[MEASURE_INCOMPLETE] = { "incomplete", UNIT_COUNT, C(INCOMPLETE),
	                         "TCP: a SYN and never an ACK from who sent it; others: "
	                         "unanswered" },
	[MEASURE_REFUSED] = { "refused", UNIT_COUNT, C(REFUSED),
	                      "TCP: answered by RST without SYN and ACK" },
	[MEASURE_UNANSWERED_RATIO] = { "unanswered_ratio", UNIT_SHARE, C(FLOWS) | C(UNANSWERED),
	                               "unanswered / flows" },
	[MEASURE_INCOMPLETE_RATIO] = { "incomplete_ratio", UNIT_SHARE, C(FLOWS) | C(INCOMPLETE),
	                               "incomplete / flows" },
	[MEASURE_REFUSED_RATIO] = { "refused_ratio", UNIT_SHARE, C(FLOWS) | C(REFUSED),
	                            "refused / flows" },
	[MEASURE_PACKETS] = { "packets", UNIT_COUNT, C(PACKETS_OUT) | C(PACKETS_IN),
	                      "packets of both directions" },
	[MEASURE_PACKETS_OUT] = { "packets_out", UNIT_COUNT, C(PACKETS_OUT),
	                          "packets from initiators" },
	[MEASURE_PACKETS_IN] = { "packets_in", UNIT_COUNT, C(PACKETS_IN), "packets back to them" },
	[MEASURE_BYTES] = { "bytes", UNIT_BYTES, C(BYTES_OUT) | C(BYTES_IN),
	                    "bytes of both directions" },
	[MEASURE_BYTES_OUT] = { "bytes_out", UNIT_BYTES, C(BYTES_OUT), "bytes from initiators" },
	[MEASURE_BYTES_IN] = { "bytes_in", UNIT_BYTES, C(BYTES_IN), "bytes back to them" },
	[MEASURE_OUT_IN_RATIO] = { "out_in_ratio", UNIT_RATIO, C(BYTES_OUT) | C(BYTES_IN),
	                           "bytes_out / bytes_in (at least 1)" },
	[MEASURE_IN_OUT_RATIO] = { "in_out_ratio", UNIT_RATIO, C(BYTES_OUT) | C(BYTES_IN),
	                           "bytes_in / bytes_out (at least 1)" },
	[MEASURE_MEAN_OUT] = { "mean_out", UNIT_BYTES, C(BYTES_OUT) | C(PACKETS_OUT),
	                       "bytes_out / packets_out" },
	[MEASURE_MEAN_IN] = { "mean_in", UNIT_BYTES, C(BYTES_IN) | C(PACKETS_IN),
	                      "bytes_in / packets_in" },
	[MEASURE_GAP_MEAN] = { "gap_mean", UNIT_SECONDS, C(GAPS) | C(GAP_SUM),
	                       "mean time from one flow's beginning to the next" },
	[MEASURE_GAP_VARIATION] = { "gap_variation", UNIT_RATIO,
	                            C(GAPS) | C(GAP_SUM) | C(GAP_SQUARES),
	                            "deviation of these times / their mean; 0: like a clock" },
	[MEASURE_ENDED] = { "ended", UNIT_COUNT, C(ENDED), "flows that ended" },
	[MEASURE_SIZE_MEAN] = { "size_mean", UNIT_BYTES, C(ENDED) | C(SIZE_SUM),
	                        "mean bytes of flows that ended" },
	[MEASURE_SIZE_VARIATION] = { "size_variation", UNIT_RATIO,
	                             C(ENDED) | C(SIZE_SUM) | C(SIZE_SQUARES),
	                             "deviation of their bytes / mean; 0: all alike" },
	[MEASURE_DISTINCT] = { "distinct", UNIT_COUNT, C(FLOWS),
	                       "different values of a field among flows that began" },
	[MEASURE_FAMILIAR] = { "familiar", UNIT_FLAG, C(FLOWS),
	                       "the key was seen while the baseline was learnt" },
	[MEASURE_NOVEL] = { "novel", UNIT_FLAG, C(FLOWS),
	                    "a baseline was learnt, and the key was not seen then" },
	[MEASURE_GROWTH] = { "growth", UNIT_RATIO, C(FLOWS),
	                     "the first condition's measure / its largest while the baseline was "
	                     "learnt (at least 1)" },
};

static const char *const severities[] = {
	[RULE_INFO] = "info", [RULE_LOW] = "low",           [RULE_MEDIUM] = "medium",
	[RULE_HIGH] = "high", [RULE_CRITICAL] = "critical",
};

static const char *const operators[] = {
	[RULE_LESS] = "<",        [RULE_LESS_EQUAL] = "<=", [RULE_MORE] = ">",
	[RULE_MORE_EQUAL] = ">=", [RULE_EQUAL] = "=",       [RULE_NOT_EQUAL] = "!=",
};

/* Bit i of a key. */
static const char *const parts[] = { "src_ip",   "dst_ip",    "src_port", "dst_port",
	                             "protocol", "interface", "vlan_id" };

#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

const char *rule_severity_name(enum rule_severity severity)
{
	return severities[severity];
}

const char *rule_operator_name(enum rule_operator op)
{
	return operators[op];
}

bool rule_compare(double value, enum rule_operator op, double threshold)
{
	switch (op) {
	case RULE_LESS:
		return value < threshold;
	case RULE_LESS_EQUAL:
		return value <= threshold;
	case RULE_MORE:
		return value > threshold;
	case RULE_MORE_EQUAL:
		return value >= threshold;
	case RULE_EQUAL:
		return value == threshold;
	default:
		return value < threshold || value > threshold;
	}
}

const char *rule_key_name(uint32_t key, char text[RULE_KEY_NAME])
{
	size_t i, n = 0;

	snprintf(text, RULE_KEY_NAME, "all");
	for (i = 0; i < N_PARTS; i++)
		if (key >> i & 1)
			n += (size_t)snprintf(text + n, RULE_KEY_NAME - n, "%s%s", n ? "+" : "",
			                      parts[i]);
	return text;
}

static int part_bit(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < N_PARTS; i++)
		if (strlen(parts[i]) == length && !strncmp(parts[i], name, length))
			return 1 << i;
	return 0;
}

int rule_key_parse(const char *name)
{
	int key = 0, bit;
	size_t length;

	if (!strcmp(name, "all"))
		return 0;
	for (;; name += length + 1) {
		length = strcspn(name, "+");
		bit = part_bit(name, length);
		if (!bit || key & bit)
			return -1;
		key |= bit;
		if (!name[length])
			return key;
	}
}
