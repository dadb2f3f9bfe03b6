// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reading the conditions of a rule: "distinct dst_port per src_ip > 100 in 10s". Key and window
 * belong to the rule: the first condition sets them, later ones may leave them out.
 */
#include "rule_parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SECOND       1000000000ULL
#define WINDOW_MAX   (86400 * SECOND)
#define DISTINCT_MAX 50000 /* what counting by occupied cells is still good for */

static int no_measure(struct rule_cursor *c, const char *word)
{
	if (!*word)
		return rule_fail(c, "a condition is missing, as in: flows per src_ip > 100 in 10s");
	if (rule_subject(word) >= 0)
		return rule_fail(c, "'%s' is a field of one flow; it belongs behind 'flow'", word);
	return rule_fail(c, "there is no measure '%s'; weir-rules(5) lists them", word);
}

static int parse_measure(struct rule_cursor *c, struct rule_condition *k, char word[RULE_WORD])
{
	int i;

	rule_word(c, word, NULL);
	for (i = 0; i < N_MEASURES; i++)
		if (!strcmp(rule_measures[i].name, word))
			break;
	if (i == N_MEASURES)
		return no_measure(c, word);
	k->measure = (enum rule_measure)i;
	return 0;
}

static int parse_distinct(struct rule_cursor *c, struct rule *rule, struct rule_condition *k)
{
	char word[RULE_WORD];
	int subject;

	if (rule->n_distinct == RULE_DISTINCT)
		return rule_fail(c, "a rule counts different values of at most %d fields",
		                 RULE_DISTINCT);
	rule_word(c, word, NULL);
	subject = rule_subject(word);
	if (subject < 0 && *word)
		return rule_fail(c, "there is no field '%s'; 'weir fields' lists them", word);
	if (subject < 0)
		return rule_fail(c, "a field is missing behind 'distinct'");
	k->subject = (int16_t)subject;
	rule->n_distinct++;
	return 0;
}

static int parse_key(struct rule_cursor *c, struct rule *rule, const char *measure)
{
	char word[RULE_WORD], name[RULE_KEY_NAME];
	bool first = !rule->window_ns;
	int key;

	if (!rule_word_is(c, "per"))
		return first ? rule_fail(c,
		                         "'per' and a key are missing behind '%s', as in: flows "
		                         "per src_ip > 100 in 10s",
		                         measure)
		             : 0;
	rule_word(c, word, NULL);
	key = rule_key_parse(word);
	if (key < 0)
		return rule_fail(c,
		                 "'%s' is no key: all, or src_ip, dst_ip, src_port, dst_port, "
		                 "protocol, interface, vlan_id, joined by + without spaces",
		                 word);
	if (!first && (uint32_t)key != rule->key)
		return rule_fail(c, "one rule has one key: here is %s, before was %s", word,
		                 rule_key_name(rule->key, name));
	rule->key = (uint32_t)key;
	return 0;
}

static int parse_threshold(struct rule_cursor *c, struct rule_condition *k, const char *measure)
{
	bool is_time = rule_measures[k->measure].unit == UNIT_SECONDS && !k->zscore;
	char word[RULE_WORD];

	if (rule_parse_operator(c, measure, &k->op))
		return -EINVAL;
	if (!rule_word(c, word, NULL))
		return rule_fail(c, "a number is missing behind '%s %s'", measure,
		                 rule_operator_name(k->op));
	if (!rule_parse_amount(word, is_time ? AMOUNT_SECONDS : AMOUNT_NUMBER, &k->threshold))
		return rule_fail(c,
		                 is_time ? "'%s' is no time, as 10s and 250ms are"
		                         : "'%s' is no number, as 100, 0.5 and 10M are",
		                 word);
	if (k->measure == MEASURE_DISTINCT && k->threshold > DISTINCT_MAX)
		return rule_fail(c, "different values are counted up to %d", DISTINCT_MAX);
	return 0;
}

static int parse_window(struct rule_cursor *c, struct rule *rule, const char *measure)
{
	bool first = !rule->window_ns;
	uint64_t before = rule->window_ns;

	if (!rule_word_is(c, "in"))
		return first ? rule_fail(c,
		                         "'in' and a time are missing behind the condition on "
		                         "'%s', as in: flows per src_ip > 100 in 10s",
		                         measure)
		             : 0;
	if (rule_parse_duration(c, "in", SECOND, WINDOW_MAX, &rule->window_ns))
		return -EINVAL;
	if (!first && before != rule->window_ns)
		return rule_fail(c, "one rule has one window, and this is another than before");
	return 0;
}

static int comes_first(struct rule_cursor *c, const struct rule_condition *k)
{
	return rule_fail(c, "'%s' cannot come first: it is about the conditions before it",
	                 rule_measures[k->measure].name);
}

/* "familiar", "not novel". */
static int parse_flag(struct rule_cursor *c, struct rule *rule, struct rule_condition *k,
                      bool negated)
{
	if (!rule->window_ns)
		return comes_first(c, k);
	if (k->zscore)
		return rule_fail(c, "'zscore' cannot be of '%s'", rule_measures[k->measure].name);
	k->op = RULE_EQUAL;
	k->threshold = !negated;
	return 0;
}

static int parse_rest(struct rule_cursor *c, struct rule *rule, struct rule_condition *k,
                      const char *measure)
{
	if (k->measure == MEASURE_DISTINCT && parse_distinct(c, rule, k))
		return -EINVAL;
	if (k->zscore && (k->measure == MEASURE_DISTINCT || k->measure == MEASURE_GROWTH))
		return rule_fail(c, "'zscore' cannot be of '%s'", measure);
	if (k->measure == MEASURE_GROWTH && !rule->window_ns)
		return comes_first(c, k);
	if (parse_key(c, rule, measure) || parse_threshold(c, k, measure))
		return -EINVAL;
	return parse_window(c, rule, measure);
}

int rule_parse_condition(struct rule_cursor *c, struct rule *rule)
{
	struct rule_condition *k = &rule->condition[rule->n_conditions];
	bool negated = rule_word_is(c, "not");
	char word[RULE_WORD];

	if (rule->n_conditions == RULE_CONDITIONS)
		return rule_fail(c, "a rule has at most %d conditions", RULE_CONDITIONS);
	*k = (struct rule_condition){ .zscore = rule_word_is(c, "zscore") };
	if (parse_measure(c, k, word))
		return -EINVAL;
	rule->n_conditions++;
	if (rule_measures[k->measure].unit == UNIT_FLAG)
		return parse_flag(c, rule, k, negated);
	if (negated)
		return rule_fail(c, "'not %s' says nothing; turn the comparison round", word);
	return parse_rest(c, rule, k, word);
}
