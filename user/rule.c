// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reading rules: a line is a statement, its first word says which. What is true of a rule as a
 * whole is checked when the next begins.
 */
#include "rule.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quantity.h"
#include "rule_parse.h"
#include "source.h"

#define FILE_MAX  ((size_t)1 << 20)
#define SECOND    1000000000ULL
#define TIME_MAX  (30 * 86400 * SECOND)
#define LIMIT_MAX 1000000

struct parser {
	struct rule_cursor c;
	struct rules *rules;
	struct rule *rule;              /* that is being read; NULL before the first */
	int (*going)(struct parser *p); /* what "and" goes on with */
	unsigned int at[8];             /* line of each statement of the rule; 0: none */
};

enum statement {
	AT_SEVERITY,
	AT_FLOW,
	AT_WHEN,
	AT_GROUP,
	AT_HOLD,
	AT_LIMIT,
	AT_TEXT,
};

static int parse_tests(struct parser *p)
{
	p->going = parse_tests;
	do {
		if (rule_parse_test(&p->c, p->rule))
			return -EINVAL;
	} while (rule_word_is(&p->c, "and"));
	return 0;
}

static int parse_conditions(struct parser *p)
{
	p->going = parse_conditions;
	do {
		if (rule_parse_condition(&p->c, p->rule))
			return -EINVAL;
	} while (rule_word_is(&p->c, "and"));
	return 0;
}

static int parse_severity(struct parser *p)
{
	char word[RULE_WORD];
	int i;

	rule_word(&p->c, word, NULL);
	for (i = RULE_INFO; i <= RULE_CRITICAL; i++)
		if (!strcmp(word, rule_severity_name((enum rule_severity)i))) {
			p->rule->severity = (enum rule_severity)i;
			return 0;
		}
	return rule_fail(
	        &p->c, "'%s' is no severity; there are info, low, medium, high and critical", word);
}

static int parse_group(struct parser *p)
{
	char word[RULE_WORD];
	int key;

	rule_word(&p->c, word, NULL);
	key = rule_key_parse(word);
	if (key < 0)
		return rule_fail(&p->c,
		                 "'%s' is no key: all, or src_ip, dst_ip, src_port, dst_port, "
		                 "protocol, interface, vlan_id, joined by + without spaces",
		                 word);
	p->rule->group = (uint32_t)key;
	return 0;
}

static int parse_hold(struct parser *p)
{
	return rule_parse_duration(&p->c, "hold", 0, TIME_MAX, &p->rule->hold_ns);
}

static int parse_limit(struct parser *p)
{
	char word[RULE_WORD];
	uint64_t n;

	if (!rule_word(&p->c, word, NULL) || quantity_parse(QUANTITY_NUMBER, word, &n) || !n ||
	    n > LIMIT_MAX)
		return rule_fail(&p->c,
		                 "'limit' wants a number from 1 to %d, as in: limit 10 per 1m",
		                 LIMIT_MAX);
	if (!rule_word_is(&p->c, "per"))
		return rule_fail(&p->c, "'per' is missing, as in: limit 10 per 1m");
	p->rule->limit = (uint32_t)n;
	return rule_parse_duration(&p->c, "per", SECOND, TIME_MAX, &p->rule->limit_ns);
}

static int parse_text(struct parser *p)
{
	char word[RULE_WORD];
	bool quoted;
	size_t length = rule_word(&p->c, word, &quoted);

	if (!quoted || !length)
		return rule_fail(&p->c,
		                 "a text in quotes is missing, as in: text \"{src_ip} ...\"");
	if (length > RULE_TEXT)
		return rule_fail(&p->c, "the text is longer than %d bytes", RULE_TEXT);
	memcpy(p->rule->text, word, length + 1);
	return 0;
}

static const struct {
	const char *word;
	int (*parse)(struct parser *p);
} statements[] = {
	[AT_SEVERITY] = { "severity", parse_severity },
	[AT_FLOW] = { "flow", parse_tests },
	[AT_WHEN] = { "when", parse_conditions },
	[AT_GROUP] = { "group", parse_group },
	[AT_HOLD] = { "hold", parse_hold },
	[AT_LIMIT] = { "limit", parse_limit },
	[AT_TEXT] = { "text", parse_text },
};

#define N_STATEMENTS (sizeof(statements) / sizeof(statements[0]))

/* What cannot be said before the whole rule is known. */
static int finish_rule(struct parser *p)
{
	char key[RULE_KEY_NAME], group[RULE_KEY_NAME];
	struct rule_cursor at = p->c;
	struct rule *r = p->rule;

	if (!r)
		return 0;
	at.line = r->line;
	if (!r->n_tests && !r->n_conditions)
		return rule_fail(&at, "rule '%s' has neither 'flow' nor 'when': it says nothing",
		                 r->name);
	if (!r->n_conditions)
		r->key = p->at[AT_GROUP] ? r->group : RULE_SRC_IP;
	if (!p->at[AT_GROUP])
		r->group = r->key;
	at.line = p->at[AT_GROUP];
	if (r->group & ~r->key)
		return rule_fail(&at, "the group %s is no part of the key %s",
		                 rule_key_name(r->group, group), rule_key_name(r->key, key));
	at.line = p->at[AT_TEXT];
	return rule_check_text(&at, r);
}

static bool is_name(const char *word)
{
	const char *c;

	for (c = word; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			return false;
	return *word && c - word <= RULE_NAME;
}

static int begin_rule(struct parser *p)
{
	struct rules *all = p->rules;
	char word[RULE_WORD];
	size_t i;

	if (finish_rule(p))
		return -EINVAL;
	rule_word(&p->c, word, NULL);
	if (!is_name(word))
		return rule_fail(&p->c,
		                 "a rule's name is 1 to %d letters, digits and - _ . (is '%s')",
		                 RULE_NAME, word);
	for (i = 0; i < all->n; i++)
		if (!strcmp(all->rule[i].name, word))
			return rule_fail(&p->c, "there is a rule '%s' already, on line %u", word,
			                 all->rule[i].line);
	if (all->n == RULE_MAX)
		return rule_fail(&p->c, "a file has at most %d rules", RULE_MAX);
	if (!rule_grow(&all->rule, all->n, sizeof(*all->rule)))
		return rule_fail(&p->c, "no memory");
	p->rule = &all->rule[all->n++];
	*p->rule = (struct rule){ .line = p->c.line,
		                  .severity = RULE_MEDIUM,
		                  .limit = 10,
		                  .limit_ns = 60 * SECOND,
		                  .hold_ns = 60 * SECOND };
	snprintf(p->rule->name, sizeof(p->rule->name), "%.*s", RULE_NAME, word);
	memset(p->at, 0, sizeof(p->at));
	p->going = NULL;
	return 0;
}

static int begin_statement(struct parser *p, const char *word)
{
	size_t i;

	for (i = 0; i < N_STATEMENTS; i++)
		if (!strcmp(statements[i].word, word))
			break;
	if (i == N_STATEMENTS)
		return rule_fail(&p->c,
		                 "'%s' begins no statement; there are rule, severity, flow, when, "
		                 "and, group, hold, limit and text",
		                 word);
	if (p->at[i])
		return rule_fail(&p->c, "'%s' a second time in this rule; before on line %u", word,
		                 p->at[i]);
	p->at[i] = p->c.line;
	p->going = NULL;
	return statements[i].parse(p);
}

static int parse_statement(struct parser *p)
{
	char word[RULE_WORD];

	rule_word(&p->c, word, NULL);
	if (!strcmp(word, "rule"))
		return begin_rule(p);
	if (!p->rule)
		return rule_fail(&p->c, "'%s' stands before the first 'rule NAME'", word);
	if (strcmp(word, "and"))
		return begin_statement(p, word);
	if (!p->going)
		return rule_fail(&p->c, "'and' has no 'flow' or 'when' on the line before it");
	return p->going(p);
}

/* FNV-1a over the words of the line: blanks and comments do not make another rule. */
static void add_print(struct parser *p, struct rule_cursor line)
{
	char word[RULE_WORD];
	const char *c;
	bool quoted;

	while (!rule_is_at_end(&line)) {
		rule_word(&line, word, &quoted);
		for (c = word; *c; c++)
			p->rule->print = (p->rule->print ^ (uint8_t)*c) * 0x100000001b3;
		p->rule->print = (p->rule->print ^ (quoted ? 0x100 : 0x101)) * 0x100000001b3;
	}
}

static int parse_line(struct parser *p, const char *text, const char *end)
{
	struct rule_cursor line;
	char word[RULE_WORD];

	p->c.line++;
	if (rule_line(&p->c, text, end))
		return -EINVAL;
	if (rule_is_at_end(&p->c))
		return 0;
	line = p->c;
	if (parse_statement(p))
		return -EINVAL;
	if (!rule_is_at_end(&p->c)) {
		rule_word(&p->c, word, NULL);
		return rule_fail(&p->c, "'%s' was not expected here", word);
	}
	add_print(p, line);
	return 0;
}

static int parse_lines(struct parser *p, const char *text, const char *end)
{
	const char *newline;

	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline)
			newline = end;
		if (parse_line(p, text, newline))
			return -EINVAL;
		if (newline == end)
			break;
	}
	if (p->rules->n)
		return finish_rule(p);
	p->c.line = p->c.line ? p->c.line : 1;
	return rule_fail(&p->c, "there is no rule in it; weir-rules(5) shows some");
}

struct rules *rules_parse(const char *name, const char *text, size_t n, char *error, size_t size)
{
	struct parser p = { .c = { .name = name, .error = error, .size = size } };

	p.rules = calloc(1, sizeof(*p.rules));
	if (!p.rules) {
		snprintf(error, size, "%s: no memory", name);
		return NULL;
	}
	if (!parse_lines(&p, text, text + n))
		return p.rules;
	rules_free(p.rules);
	return NULL;
}

struct rules *rules_open(const char *path, char *error, size_t size)
{
	struct rules *rules = NULL;
	struct source source;
	int failed = source_open(&source, path);

	if (failed) {
		snprintf(error, size, "%s: cannot open: %s", path, strerror(-failed));
		return NULL;
	}
	if (source_fill(&source, FILE_MAX))
		snprintf(error, size, "%s: is too long for rules: 1 MB or more", path);
	else if (*source_error(&source))
		snprintf(error, size, "%s: %s", path, source_error(&source));
	else
		rules = rules_parse(path, (const char *)source.pos,
		                    (size_t)(source.end - source.pos), error, size);
	source_close(&source);
	return rules;
}

void rules_free(struct rules *rules)
{
	size_t i;

	if (!rules)
		return;
	for (i = 0; i < rules->n; i++)
		rule_clear(&rules->rule[i]);
	free(rules->rule);
	free(rules);
}
