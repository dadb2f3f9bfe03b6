/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Alert rules as read from text; weir-rules(5) describes the language.
 *
 *     rule port-scan
 *         severity high
 *         flow protocol = 6
 *         when distinct dst_port per src_ip > 100 in 10s
 *         and  incomplete_ratio > 0.5
 *         group src_ip
 *         hold 1m
 *         limit 10 per 1m
 *         text "{src_ip} probed {value} ports"
 *
 * A rule looks at the flows that pass its tests. Its conditions hold of a key (the values of some
 * fields) over a window; a rule without conditions holds of each flow that passes.
 */
#ifndef WEIR_RULE_H
#define WEIR_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field.h"
#include "record.h"

#define RULE_TESTS      16
#define RULE_CONDITIONS 8
#define RULE_DISTINCT   2 /* conditions of a rule that count different values */
#define RULE_NAME       40
#define RULE_TEXT       256
#define RULE_MAX        256 /* rules of a file */

enum rule_severity {
	RULE_INFO,
	RULE_LOW,
	RULE_MEDIUM,
	RULE_HIGH,
	RULE_CRITICAL,
};

/* What a key is made of, a bit each. No bit: all flows together. */
enum rule_part {
	RULE_SRC_IP = 1,
	RULE_DST_IP = 2,
	RULE_SRC_PORT = 4,
	RULE_DST_PORT = 8,
	RULE_PROTOCOL = 16,
	RULE_INTERFACE = 32,
	RULE_VLAN = 64,
};

/* What is added up over a window. */
enum rule_column {
	COLUMN_FLOWS, /* flows that began ... */
	COLUMN_UNANSWERED,
	COLUMN_INCOMPLETE,
	COLUMN_REFUSED,
	COLUMN_GAPS, /* between the beginnings of two, seconds */
	COLUMN_GAP_SUM,
	COLUMN_GAP_SQUARES,
	COLUMN_PACKETS_OUT,
	COLUMN_PACKETS_IN,
	COLUMN_BYTES_OUT,
	COLUMN_BYTES_IN,
	COLUMN_ENDED, /* flows that ended, and their bytes */
	COLUMN_SIZE_SUM,
	COLUMN_SIZE_SQUARES,
	N_COLUMNS,
};

enum rule_measure {
	MEASURE_FLOWS,
	MEASURE_UNANSWERED,
	MEASURE_INCOMPLETE,
	MEASURE_REFUSED,
	MEASURE_UNANSWERED_RATIO,
	MEASURE_INCOMPLETE_RATIO,
	MEASURE_REFUSED_RATIO,
	MEASURE_PACKETS,
	MEASURE_PACKETS_OUT,
	MEASURE_PACKETS_IN,
	MEASURE_BYTES,
	MEASURE_BYTES_OUT,
	MEASURE_BYTES_IN,
	MEASURE_OUT_IN_RATIO,
	MEASURE_IN_OUT_RATIO,
	MEASURE_MEAN_OUT,
	MEASURE_MEAN_IN,
	MEASURE_GAP_MEAN,
	MEASURE_GAP_VARIATION,
	MEASURE_ENDED,
	MEASURE_SIZE_MEAN,
	MEASURE_SIZE_VARIATION,
	MEASURE_DISTINCT, /* of a field */
	MEASURE_FAMILIAR, /* the key was seen while learning */
	MEASURE_NOVEL,    /* something was learnt, and the key was not seen then */
	MEASURE_GROWTH,   /* of the first condition's measure since then */
	N_MEASURES,
};

enum rule_unit {
	UNIT_COUNT,
	UNIT_BYTES,
	UNIT_RATIO,
	UNIT_SHARE, /* 0 to 1, told in percent */
	UNIT_SECONDS,
	UNIT_FLAG,
};

struct rule_measure_row {
	const char *name;
	enum rule_unit unit;
	uint32_t columns; /* bits of enum rule_column that it is made of */
	const char *meaning;
};

extern const struct rule_measure_row rule_measures[N_MEASURES];

/* Both ends belong to it. */
struct rule_range {
	double from, to;
};

struct rule_network {
	uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint8_t bits;        /* of 128 */
};

/* One comparison of a flow; holds if any of n does. */
struct rule_test {
	int16_t subject; /* rule_subject() */
	uint16_t n;
	bool negated;
	enum field_type type;
	union {
		struct rule_range *range;
		struct rule_network *network;
		char **text;
	};
};

enum rule_operator {
	RULE_LESS,
	RULE_LESS_EQUAL,
	RULE_MORE,
	RULE_MORE_EQUAL,
	RULE_EQUAL,
	RULE_NOT_EQUAL,
};

struct rule_condition {
	enum rule_measure measure;
	enum rule_operator op;
	bool zscore;     /* the measure's deviations from what the baseline says */
	int16_t subject; /* of MEASURE_DISTINCT */
	double threshold;
};

struct rule {
	char name[RULE_NAME + 1];
	unsigned int line;
	enum rule_severity severity;
	uint8_t n_tests, n_conditions, n_distinct;
	struct rule_test test[RULE_TESTS];
	struct rule_condition condition[RULE_CONDITIONS];
	uint32_t key, group; /* bits of enum rule_part; group is part of key */
	uint32_t limit;      /* alerts that open, per limit_ns */
	uint64_t window_ns, hold_ns, limit_ns;
	char text[RULE_TEXT + 1];
	uint64_t print; /* of its words: rules of the same words have the same */
};

struct rules {
	struct rule *rule;
	size_t n;
};

/* The built-in rules, as text of the same language. */
extern const char rules_builtin[];

/* Two more, of hosts as sources and as destinations, for alerts_raise_host(). */
extern const char rules_of_hosts[];

/* From a file. NULL on failure with one line in error: "FILE: line N: ...". */
struct rules *rules_open(const char *path, char *error, size_t size);

/* From text of n bytes. */
struct rules *rules_parse(const char *name, const char *text, size_t n, char *error, size_t size);

/* Accepts NULL. */
void rules_free(struct rules *rules);

/* "info", "low", ... */
const char *rule_severity_name(enum rule_severity severity);

/* ">", ">=", ... */
const char *rule_operator_name(enum rule_operator op);
bool rule_compare(double value, enum rule_operator op, double threshold);

/* A name of a key's bits, "src_ip+dst_ip" or "all", in text; it comes back. */
#define RULE_KEY_NAME 64
const char *rule_key_name(uint32_t key, char text[RULE_KEY_NAME]);

/* The bits of a key's name; negative: no such thing. */
int rule_key_parse(const char *name);

/*
 * What tests may look at: the fields (field.h), and of the interval is_new, has_ended,
 * interval_bytes, interval_bytes_out, interval_bytes_in, interval_packets. Its number; negative:
 * there is no such thing.
 */
int rule_subject(const char *name);
const struct field *rule_subject_field(int subject);

/* Do all of a rule's tests hold of the flow? What is absent fails every test, negated or not. */
bool rule_takes(const struct rule *rule, const struct flow_record *flow);

#endif
