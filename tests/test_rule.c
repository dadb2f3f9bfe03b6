// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The language of alert rules: what is read, and the exact message for what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rule.h"

#define CASE(test) cmocka_unit_test(test)

static struct rules *parse(const char *text, char error[512])
{
	error[0] = '\0';
	return rules_parse("r", text, strlen(text), error, 512);
}

static struct rules *parse_good(const char *text)
{
	char error[512];
	struct rules *rules = parse(text, error);

	assert_string_equal(error, "");
	assert_non_null(rules);
	return rules;
}

struct bad {
	const char *text, *message;
};

static const struct bad bad[] = {
	{ "", "line 1: there is no rule in it; weir-rules(5) shows some" },
	{ "# only\n\n# words\n", "line 3: there is no rule in it; weir-rules(5) shows some" },
	{ "severity high\n", "line 1: 'severity' stands before the first 'rule NAME'" },
	{ "rule\n", "line 1: a rule's name is 1 to 40 letters, digits and - _ . (is '')" },
	{ "rule a/b\n", "line 1: a rule's name is 1 to 40 letters, digits and - _ . (is 'a/b')" },
	{ "rule a b\n", "line 1: 'b' was not expected here" },
	{ "\nrule a\n\n", "line 2: rule 'a' has neither 'flow' nor 'when': it says nothing" },
	{ "rule a\nflow bytes > 1\nrule a\n", "line 3: there is a rule 'a' already, on line 1" },
	{ "rule a\nnonsense 5\n",
	  "line 2: 'nonsense' begins no statement; there are rule, severity, flow, when, and, "
	  "group, hold, limit and text" },
	{ "rule a\nand bytes > 5\n",
	  "line 2: 'and' has no 'flow' or 'when' on the line before it" },
	{ "rule a\nflow bytes > 1\nhold 5s\nand bytes > 5\n",
	  "line 4: 'and' has no 'flow' or 'when' on the line before it" },
	{ "rule a\nhold 5s\nhold 6s\n",
	  "line 3: 'hold' a second time in this rule; before on line 2" },
	{ "rule a\nseverity loud\n",
	  "line 2: 'loud' is no severity; there are info, low, medium, high and critical" },
	{ "rule a\nhold\n", "line 2: a time is missing behind 'hold', as 10s, 5m or 1h" },
	{ "rule a\nhold soon\n", "line 2: 'soon' behind 'hold' is no time, as 10s, 5m and 1h are" },
	{ "rule a\nhold 31d\n", "line 2: 'hold 31d' is not between 0 and 30d" },
	{ "rule a\nlimit 0 per 1m\n",
	  "line 2: 'limit' wants a number from 1 to 1000000, as in: limit 10 per 1m" },
	{ "rule a\nlimit 10 1m\n", "line 2: 'per' is missing, as in: limit 10 per 1m" },
	{ "rule a\ntext hello\n",
	  "line 2: a text in quotes is missing, as in: text \"{src_ip} ...\"" },
	{ "rule a\ntext \"hello\n", "line 2: the text behind \" does not end on this line" },
	{ "rule a\nflow bytes > 1\ntext \"{nobody}\"\n",
	  "line 3: the text cannot say {nobody}; weir-rules(5) lists what it can" },
	{ "rule a\nflow bytes > 1\ntext \"{bytes\"\n",
	  "line 3: a '{' in the text has no '}' behind a name" },
	{ "rule a\nwhen flows per src_ip > 1 in 1s\ntext \"{bytes}\"\n",
	  "line 3: the text cannot say {bytes}; weir-rules(5) lists what it can" },
	{ "rule a\nwhen flows per src_ip > 1 in 1s\ntext \"{value2}\"\n",
	  "line 3: the text cannot say {value2}; weir-rules(5) lists what it can" },
	{ "rule a\nwhen flows per src_ip > 1 in 1s\ngroup dst_ip\n",
	  "line 3: the group dst_ip is no part of the key src_ip" },
	{ "rule a\ngroup wife\n",
	  "line 2: 'wife' is no key: all, or src_ip, dst_ip, src_port, dst_port, protocol, "
	  "interface, vlan_id, joined by + without spaces" },
	{ "rule a\nflow\n", "line 2: a test of a flow is missing, as in: dst_port in 80,443" },
	{ "rule a\nflow weight > 5\n",
	  "line 2: there is no field 'weight'; 'weir fields' lists them" },
	{ "rule a\nflow unanswered > 5\n",
	  "line 2: 'unanswered' is no field of a flow; it belongs behind 'when'" },
	{ "rule a\nflow bytes\n",
	  "line 2: a comparison is missing behind 'bytes': < <= > >= = or !=" },
	{ "rule a\nflow bytes about 5\n",
	  "line 2: 'about' is no comparison; there are < <= > >= = and !=" },
	{ "rule a\nflow bytes >\n", "line 2: a value is missing behind 'bytes >'" },
	{ "rule a\nflow bytes > much\n", "line 2: 'much' is no number, which 'bytes' is" },
	{ "rule a\nflow bytes > 0x10\n", "line 2: '0x10' is no number, which 'bytes' is" },
	{ "rule a\nflow bytes > inf\n", "line 2: 'inf' is no number, which 'bytes' is" },
	{ "rule a\nflow bytes > 1e3\n", "line 2: '1e3' is no number, which 'bytes' is" },
	{ "rule a\nflow duration > 5x\n",
	  "line 2: '5x' is no time (as 10s or 250ms), which 'duration' is" },
	{ "rule a\nflow dst_port in 80,\n",
	  "line 2: a value is missing in the list behind 'dst_port in'" },
	{ "rule a\nflow dst_port in 90-80\n", "line 2: the range '90-80' ends before it begins" },
	{ "rule a\nflow dst_port not 80\n", "line 2: 'in' is missing behind 'dst_port not'" },
	{ "rule a\nflow not dst_port = 80\n",
	  "line 2: 'not dst_port' says nothing; as in: dst_port not in ..." },
	{ "rule a\nflow src_ip > 10.0.0.1\n",
	  "line 2: 'src_ip' is no number: it can be compared by = != and in" },
	{ "rule a\nflow src_ip = home\n",
	  "line 2: 'home' is no address, no network (as 10.0.0.0/8), and none of private and "
	  "multicast" },
	{ "rule a\nflow src_ip in 10.0.0.1/8\n",
	  "line 2: '10.0.0.1/8' has bits behind its prefix" },
	{ "rule a\nflow src_ip in 10.0.0.0/33\n",
	  "line 2: '10.0.0.0/33' is no address, no network (as 10.0.0.0/8), and none of private "
	  "and multicast" },
	{ "rule a\nflow bytes > 1 or bytes < 2\n", "line 2: 'or' was not expected here" },
	{ "rule a\nwhen\n",
	  "line 2: a condition is missing, as in: flows per src_ip > 100 in 10s" },
	{ "rule a\nwhen dst_port = 80\n",
	  "line 2: 'dst_port' is a field of one flow; it belongs behind 'flow'" },
	{ "rule a\nwhen joy per src_ip > 5 in 1s\n",
	  "line 2: there is no measure 'joy'; weir-rules(5) lists them" },
	{ "rule a\nwhen flows > 5 in 1s\n",
	  "line 2: 'per' and a key are missing behind 'flows', as in: flows per src_ip > 100 in "
	  "10s" },
	{ "rule a\nwhen flows per src_ip + dst_ip > 5 in 1s\n",
	  "line 2: '+' is no comparison; there are < <= > >= = and !=" },
	{ "rule a\nwhen flows per bytes > 5 in 1s\n",
	  "line 2: 'bytes' is no key: all, or src_ip, dst_ip, src_port, dst_port, protocol, "
	  "interface, vlan_id, joined by + without spaces" },
	{ "rule a\nwhen flows per src_ip+src_ip > 5 in 1s\n",
	  "line 2: 'src_ip+src_ip' is no key: all, or src_ip, dst_ip, src_port, dst_port, "
	  "protocol, interface, vlan_id, joined by + without spaces" },
	{ "rule a\nwhen flows per src_ip > 5\n",
	  "line 2: 'in' and a time are missing behind the condition on 'flows', as in: flows per "
	  "src_ip > 100 in 10s" },
	{ "rule a\nwhen flows per src_ip > 5 in 1ms\n",
	  "line 2: 'in 1ms' is not between 1s and 1d" },
	{ "rule a\nwhen flows per src_ip >\n", "line 2: a number is missing behind 'flows >'" },
	{ "rule a\nwhen flows per src_ip > lots in 1s\n",
	  "line 2: 'lots' is no number, as 100, 0.5 and 10M are" },
	{ "rule a\nwhen gap_mean per src_ip > lots in 1s\n",
	  "line 2: 'lots' is no time, as 10s and 250ms are" },
	{ "rule a\nwhen distinct per src_ip > 1 in 1s\n",
	  "line 2: there is no field 'per'; 'weir fields' lists them" },
	{ "rule a\nwhen distinct\n", "line 2: a field is missing behind 'distinct'" },
	{ "rule a\nwhen distinct dst_port per src_ip > 50001 in 1s\n",
	  "line 2: different values are counted up to 50000" },
	{ "rule a\nwhen flows per src_ip > 5 in 1s\nand bytes per dst_ip > 5\n",
	  "line 3: one rule has one key: here is dst_ip, before was src_ip" },
	{ "rule a\nwhen flows per src_ip > 5 in 1s and bytes > 5 in 2s\n",
	  "line 2: one rule has one window, and this is another than before" },
	{ "rule a\nwhen novel\n",
	  "line 2: 'novel' cannot come first: it is about the conditions before it" },
	{ "rule a\nwhen growth per src_ip > 5 in 1s\n",
	  "line 2: 'growth' cannot come first: it is about the conditions before it" },
	{ "rule a\nwhen not flows per src_ip > 5 in 1s\n",
	  "line 2: 'not flows' says nothing; turn the comparison round" },
	{ "rule a\nwhen zscore distinct dst_ip per src_ip > 5 in 1s\n",
	  "line 2: 'zscore' cannot be of 'distinct'" },
	{ "rule a\nwhen zscore bytes per src_ip > 5 in 1s and zscore novel\n",
	  "line 2: 'zscore' cannot be of 'novel'" },
	{ "rule a\x01\n", "line 1: has the control character 0x01; this is no text" },
};

static void bad_rules_are_refused_with_their_line_and_reason(void **state)
{
	char error[512];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(parse(bad[i].text, error));
		assert_int_equal(strncmp(error, "r: ", 3), 0);
		assert_string_equal(error + 3, bad[i].message);
	}
}

static void too_much_of_anything_is_refused(void **state)
{
	static char text[300 * 64];
	char error[512];
	size_t n = 0;
	int i;

	strcpy(text, "rule a\nflow bytes > 1");
	for (i = 0; i < RULE_TESTS; i++)
		strcat(text, " and bytes > 1");
	assert_null(parse(text, error));
	assert_string_equal(error, "r: line 2: a rule has at most 16 tests of a flow");
	for (i = 0; i <= RULE_MAX; i++)
		n += (size_t)sprintf(text + n, "rule r%d\nflow bytes > 1\n", i);
	assert_null(parse(text, error));
	assert_string_equal(error, "r: line 513: a file has at most 256 rules");
	n = (size_t)sprintf(text, "rule a\nflow dst_port in 0");
	for (i = 0; i < 256; i++)
		n += (size_t)sprintf(text + n, ",%d", i % 10);
	assert_null(parse(text, error));
	assert_string_equal(error, "r: line 2: a list has at most 256 elements");
	memset(text, 'x', 1001);
	strcpy(text + 1001, "\n");
	assert_null(parse(text, error));
	assert_string_equal(error, "r: line 1: is longer than 1000 bytes");
	strcpy(text, "rule a\nwhen distinct bytes per all > 1 in 1s and distinct src_ip > 1 and "
	             "distinct dst_ip > 1");
	assert_null(parse(text, error));
	assert_string_equal(error, "r: line 2: a rule counts different values of at most 2 fields");
}

static void a_rule_is_read_as_written(void **state)
{
	struct rules *rules = parse_good("# a comment\n"
	                                 "rule port-scan  # behind a statement\r\n"
	                                 "\tseverity high\n"
	                                 "\tflow protocol = 6 and dst_port != 80\n"
	                                 "\twhen distinct dst_port per src_ip+dst_ip > 100 in 10s\n"
	                                 "\tand  incomplete_ratio >= 0.5 and not familiar\n"
	                                 "\tgroup src_ip\n"
	                                 "\thold 2m\n"
	                                 "\tlimit 3 per 1h\n"
	                                 "\ttext \"{src_ip} # {value}\"\n"
	                                 "rule b\n"
	                                 "\tflow bytes > 1.5k");
	const struct rule *r = rules->rule;

	assert_int_equal(rules->n, 2);
	assert_string_equal(r->name, "port-scan");
	assert_int_equal(r->severity, RULE_HIGH);
	assert_int_equal(r->n_tests, 2);
	assert_int_equal(r->n_conditions, 3);
	assert_int_equal(r->n_distinct, 1);
	assert_int_equal(r->condition[0].measure, MEASURE_DISTINCT);
	assert_int_equal(r->condition[0].op, RULE_MORE);
	assert_true(r->condition[0].threshold == 100);
	assert_int_equal(r->condition[1].measure, MEASURE_INCOMPLETE_RATIO);
	assert_int_equal(r->condition[1].op, RULE_MORE_EQUAL);
	assert_true(r->condition[1].threshold == 0.5);
	assert_int_equal(r->condition[2].measure, MEASURE_FAMILIAR);
	assert_true(r->condition[2].threshold == 0);
	assert_int_equal(r->key, RULE_SRC_IP | RULE_DST_IP);
	assert_int_equal(r->group, RULE_SRC_IP);
	assert_true(r->window_ns == 10000000000 && r->hold_ns == 120000000000);
	assert_true(r->limit == 3 && r->limit_ns == 3600000000000);
	assert_string_equal(r->text, "{src_ip} # {value}");
	r++;
	assert_int_equal(r->severity, RULE_MEDIUM);
	assert_int_equal(r->key, RULE_SRC_IP);
	assert_true(r->limit == 10 && r->hold_ns == 60000000000 && !r->window_ns);
	rules_free(rules);
}

/* A flow from 10.0.0.1 port 4000 to 192.0.2.7 port 443, TCP, 1000 bytes forth, 500 back, 2 s. */
static void make_flow(struct flow_record *r, struct flow_side part[2])
{
	static const uint8_t from[16] = { [10] = 0xff, 0xff, 10, 0, 0, 1 };
	static const uint8_t to[16] = { [10] = 0xff, 0xff, 192, 0, 2, 7 };

	memset(r, 0, sizeof(*r));
	memset(part, 0, 2 * sizeof(*part));
	memcpy(r->key.src, from, 16);
	memcpy(r->key.dst, to, 16);
	r->key.src_port = 4000;
	r->key.dst_port = 443;
	r->key.protocol = 6;
	r->key.ip_version = 4;
	r->fwd = &part[0];
	r->rev = &part[1];
	part[0].bytes = 1000;
	part[1].bytes = 500;
	part[0].packets = part[1].packets = 5;
	r->end_ns = 2000000000;
}

static void tests_of_flows_hold_when_they_should(void **state)
{
	static const struct {
		const char *test;
		bool holds;
	} cases[] = {
		{ "bytes > 1499", true },
		{ "bytes > 1500", false },
		{ "bytes >= 1.5k", true },
		{ "bytes < 1500", false },
		{ "bytes <= 1500", true },
		{ "bytes = 1500", true },
		{ "bytes == 1500", true },
		{ "bytes != 1500", false },
		{ "bytes > -1", true },
		{ "duration > 1999ms", true },
		{ "duration > 2", false },
		{ "bytes_per_second = 750", true },
		{ "fwd_iat_mean < 1ms", true },
		{ "dst_port in 80,443", true },
		{ "dst_port in 80, 440-450", true },
		{ "dst_port not in 80,443", false },
		{ "dst_port in 80-442", false },
		{ "src_ip in private", true },
		{ "dst_ip in private", false },
		{ "dst_ip not in private and dst_ip not in multicast", true },
		{ "src_ip in 10.0.0.0/8", true },
		{ "src_ip in 10.0.0.0/31", true },
		{ "src_ip in 10.0.0.2/31", false },
		{ "src_ip = 10.0.0.1", true },
		{ "src_ip != 10.0.0.1", false },
		{ "src_ip in ::/0", true },
		{ "src_ip in 2001:db8::/32,10.0.0.1", true },
		{ "src_ip in 0.0.0.0/0", true },
		{ "protocol_name = TCP", true },
		{ "protocol_name in UDP, \"TCP\"", true },
		{ "protocol_name != TCP", false },
		{ "class = web", false }, /* what is absent fails, ... */
		{ "class != web", false },
		{ "anomaly_score < 0", false },
		{ "is_anomaly", false },
		{ "not is_anomaly", false }, /* ... negated or not */
		{ "is_new", false },
		{ "not is_new", true },
		{ "interval_bytes = 70", true },
		{ "not has_ended", true },
	};
	struct flow_side part[2];
	struct flow_record flow;
	struct rules *rules;
	char text[128];
	size_t i;

	make_flow(&flow, part);
	flow.moved_bytes[0] = 30;
	flow.moved_bytes[1] = 40;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "rule a\nflow %s\n", cases[i].test);
		rules = parse_good(text);
		if (rule_takes(rules->rule, &flow) != cases[i].holds)
			fail_msg("%s: is %d", cases[i].test, !cases[i].holds);
		rules_free(rules);
	}
}

static void blanks_and_comments_make_no_other_rule(void **state)
{
	struct rules *a = parse_good("rule a\nflow bytes > 1 and packets > 2\n");
	struct rules *b = parse_good("\n rule  a # x\n\n\tflow bytes>1  and packets > 2\n");
	struct rules *c = parse_good("rule a\nflow bytes > 1 and packets > 3\n");

	assert_true(a->rule->print == b->rule->print);
	assert_true(a->rule->print != c->rule->print);
	rules_free(a);
	rules_free(b);
	rules_free(c);
}

/* Each has a text and an entry in the manual's list; how many there are comes back. */
static size_t find_in_manual(const char *page, const char *text)
{
	struct rules *rules = parse_good(text);
	size_t i, n = rules->n;
	char wanted[64];

	for (i = 0; i < n; i++) {
		snprintf(wanted, sizeof(wanted), "\n.It Sy %s\n", rules->rule[i].name);
		if (!strstr(page, wanted))
			fail_msg("weir-rules.5 does not explain %s", rules->rule[i].name);
		assert_true(rules->rule[i].text[0]);
	}
	rules_free(rules);
	return n;
}

static size_t count_entries(const char *page)
{
	size_t n = 0;

	while ((page = strstr(page, "\n.It Sy "))) {
		page++;
		n++;
	}
	return n;
}

static void the_built_in_rules_are_good_and_in_the_manual(void **state)
{
	static char page[65536];
	FILE *f = fopen("user/weir-rules.5", "r");
	char wanted[64];
	size_t i, n;

	assert_non_null(f);
	n = fread(page, 1, sizeof(page) - 1, f);
	page[n] = '\0';
	fclose(f);
	n = find_in_manual(page, rules_builtin) + find_in_manual(page, rules_of_hosts);
	assert_int_equal(count_entries(page), n); /* and none that there is not */
	for (i = 0; i < N_MEASURES; i++) {
		snprintf(wanted, sizeof(wanted), "\n.It Cm %s", rule_measures[i].name);
		if (!strstr(page, wanted))
			fail_msg("weir-rules.5 does not explain %s", rule_measures[i].name);
	}
}

static void a_file_that_cannot_be_read_says_why(void **state)
{
	char error[512];

	assert_null(rules_open("build/no/such/file", error, sizeof(error)));
	assert_string_equal(error, "build/no/such/file: cannot open: No such file or directory");
	assert_null(rules_open("build", error, sizeof(error)));
	assert_non_null(strstr(error, "build: "));
	assert_null(rules_open("/dev/null", error, sizeof(error)));
	assert_string_equal(error,
	                    "/dev/null: line 1: there is no rule in it; weir-rules(5) shows some");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bad_rules_are_refused_with_their_line_and_reason),
		CASE(too_much_of_anything_is_refused),
		CASE(a_rule_is_read_as_written),
		CASE(tests_of_flows_hold_when_they_should),
		CASE(blanks_and_comments_make_no_other_rule),
		CASE(the_built_in_rules_are_good_and_in_the_manual),
		CASE(a_file_that_cannot_be_read_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
