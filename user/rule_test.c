// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reading the tests of a rule: "protocol in 6,17", "dst_ip not in private", "not is_anomaly". All
 * comparisons of numbers become ranges, open ends go to infinity, < and > to the next double.
 */
#include "rule_parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quantity.h"

#define LIST_MAX 256

/* Networks with a name. */
static const struct {
	const char *name;
	const char *list[12];
} named[] = {
	{ "private",
	  { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
	    "127.0.0.0/8", "0.0.0.0/8", "fc00::/7", "fe80::/10", "::/127" } },
	{ "multicast", { "224.0.0.0/4", "255.255.255.255", "ff00::/8" } },
};

static enum rule_amount amount_of(const struct field *f)
{
	if (f->type == FIELD_SECONDS)
		return AMOUNT_NS;
	return f->type == FIELD_REAL && !strcmp(f->unit, "s") ? AMOUNT_SECONDS : AMOUNT_NUMBER;
}

static int no_amount(struct rule_cursor *c, const struct field *f, const char *word)
{
	return amount_of(f) == AMOUNT_NUMBER
	               ? rule_fail(c, "'%s' is no number, which '%s' is", word, f->name)
	               : rule_fail(c, "'%s' is no time (as 10s or 250ms), which '%s' is", word,
	                           f->name);
}

/* Room for one more element of the list. */
static int make_room(struct rule_cursor *c, struct rule_test *t, size_t item)
{
	if (t->n == LIST_MAX)
		return rule_fail(c, "a list has at most %d elements", LIST_MAX);
	/* all pointers of the union are one to rule_grow() */
	return rule_grow(&t->range, t->n, item) ? 0 : rule_fail(c, "no memory");
}

static int add_range(struct rule_cursor *c, struct rule_test *t, double from, double to)
{
	if (make_room(c, t, sizeof(*t->range)))
		return -EINVAL;
	t->range[t->n++] = (struct rule_range){ from, to };
	return 0;
}

static int add_text(struct rule_cursor *c, struct rule_test *t, const char *word)
{
	char *copy;

	if (make_room(c, t, sizeof(*t->text)))
		return -EINVAL;
	copy = strdup(word);
	if (!copy)
		return rule_fail(c, "no memory");
	t->text[t->n++] = copy;
	return 0;
}

/* "10.0.0.0/8", "2001:db8::1". False: it is none. */
static bool parse_network(const char *word, struct rule_network *n)
{
	const char *slash = strchr(word, '/');
	size_t length = slash ? (size_t)(slash - word) : strlen(word);
	uint64_t bits = 0;
	char text[64];
	int base;

	if (length >= sizeof(text))
		return false;
	memcpy(text, word, length);
	text[length] = '\0';
	memset(n, 0, sizeof(*n));
	base = strchr(text, ':') ? 0 : 96;
	if (base)
		n->address[10] = n->address[11] = 0xff;
	if (inet_pton(base ? AF_INET : AF_INET6, text, n->address + base / 8) != 1)
		return false;
	if (slash &&
	    (strspn(slash + 1, "0123456789") != strlen(slash + 1) ||
	     quantity_parse(QUANTITY_NUMBER, slash + 1, &bits) || bits > (uint64_t)(128 - base)))
		return false;
	n->bits = slash ? (uint8_t)(base + (int)bits) : 128;
	return true;
}

/* Does the address go on behind its network's bits? Then it was meant otherwise. */
static bool has_host_bits(const struct rule_network *n)
{
	unsigned int i;

	for (i = n->bits; i < 128; i++)
		if (n->address[i / 8] >> (7 - i % 8) & 1)
			return true;
	return false;
}

static int add_network(struct rule_cursor *c, struct rule_test *t, const char *word)
{
	struct rule_network network;

	if (!parse_network(word, &network))
		return rule_fail(c,
		                 "'%s' is no address, no network (as 10.0.0.0/8), and none of "
		                 "private and multicast",
		                 word);
	if (has_host_bits(&network))
		return rule_fail(c, "'%s' has bits behind its prefix", word);
	if (make_room(c, t, sizeof(*t->network)))
		return -EINVAL;
	t->network[t->n++] = network;
	return 0;
}

static int add_networks(struct rule_cursor *c, struct rule_test *t, const char *word)
{
	const char *const *each;
	size_t i;

	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (strcmp(named[i].name, word))
			continue;
		for (each = named[i].list; *each; each++)
			if (add_network(c, t, *each))
				return -EINVAL;
		return 0;
	}
	return add_network(c, t, word);
}

/* "80" or "8000-8099". */
static int add_numbers(struct rule_cursor *c, struct rule_test *t, const struct field *f,
                       char *word)
{
	char *dash = *word ? strchr(word + 1, '-') : NULL;
	double from, to;

	if (dash)
		*dash = '\0';
	if (!rule_parse_amount(word, amount_of(f), &from))
		return no_amount(c, f, word);
	to = from;
	if (dash && !rule_parse_amount(dash + 1, amount_of(f), &to))
		return no_amount(c, f, dash + 1);
	if (to < from)
		return rule_fail(c, "the range '%s-%s' ends before it begins", word, dash + 1);
	return add_range(c, t, from, to);
}

static int add_element(struct rule_cursor *c, struct rule_test *t, const struct field *f,
                       char *word)
{
	if (f->type == FIELD_ADDRESS)
		return add_networks(c, t, word);
	if (f->type == FIELD_TEXT)
		return add_text(c, t, word);
	return add_numbers(c, t, f, word);
}

static int parse_list(struct rule_cursor *c, struct rule_test *t, const struct field *f)
{
	char word[RULE_WORD];

	do {
		if (!rule_word(c, word, NULL) || !strcmp(word, ","))
			return rule_fail(c, "a value is missing in the list behind '%s in'",
			                 f->name);
		if (add_element(c, t, f, word))
			return -EINVAL;
	} while (rule_word_is(c, ","));
	return 0;
}

static int parse_comparison(struct rule_cursor *c, struct rule_test *t, const struct field *f)
{
	enum rule_operator op;
	char word[RULE_WORD];
	bool quoted;
	double x;

	if (rule_parse_operator(c, f->name, &op))
		return -EINVAL;
	if (!rule_word(c, word, &quoted) && !quoted)
		return rule_fail(c, "a value is missing behind '%s %s'", f->name,
		                 rule_operator_name(op));
	t->negated = op == RULE_NOT_EQUAL;
	if (op == RULE_EQUAL || op == RULE_NOT_EQUAL)
		return add_element(c, t, f, word);
	if (f->type == FIELD_ADDRESS || f->type == FIELD_TEXT)
		return rule_fail(c, "'%s' is no number: it can be compared by = != and in",
		                 f->name);
	if (!rule_parse_amount(word, amount_of(f), &x))
		return no_amount(c, f, word);
	if (op == RULE_LESS || op == RULE_LESS_EQUAL)
		return add_range(c, t, -INFINITY, op == RULE_LESS ? nextafter(x, -INFINITY) : x);
	return add_range(c, t, op == RULE_MORE ? nextafter(x, INFINITY) : x, INFINITY);
}

static int no_subject(struct rule_cursor *c, const char *word)
{
	int i;

	if (!*word)
		return rule_fail(c, "a test of a flow is missing, as in: dst_port in 80,443");
	for (i = 0; i < N_MEASURES; i++)
		if (!strcmp(rule_measures[i].name, word))
			return rule_fail(c, "'%s' is no field of a flow; it belongs behind 'when'",
			                 word);
	return rule_fail(c, "there is no field '%s'; 'weir fields' lists them", word);
}

int rule_parse_test(struct rule_cursor *c, struct rule *rule)
{
	struct rule_test *t = &rule->test[rule->n_tests];
	bool negated = rule_word_is(c, "not");
	const struct field *f;
	char word[RULE_WORD];
	int subject;

	if (rule->n_tests == RULE_TESTS)
		return rule_fail(c, "a rule has at most %d tests of a flow", RULE_TESTS);
	rule_word(c, word, NULL);
	subject = rule_subject(word);
	if (subject < 0)
		return no_subject(c, word);
	f = rule_subject_field(subject);
	*t = (struct rule_test){ .subject = (int16_t)subject, .type = f->type };
	rule->n_tests++;
	if (f->type == FIELD_FLAG) {
		t->negated = negated;
		return add_range(c, t, 1, 1);
	}
	if (negated)
		return rule_fail(c, "'not %s' says nothing; as in: %s not in ...", word, word);
	t->negated = rule_word_is(c, "not");
	if (rule_word_is(c, "in"))
		return parse_list(c, t, f);
	if (t->negated)
		return rule_fail(c, "'in' is missing behind '%s not'", word);
	return parse_comparison(c, t, f);
}

void rule_clear(struct rule *rule)
{
	uint16_t k;
	uint8_t i;

	for (i = 0; i < rule->n_tests; i++) {
		if (rule->test[i].type == FIELD_TEXT)
			for (k = 0; k < rule->test[i].n; k++)
				free(rule->test[i].text[k]);
		free(rule->test[i].range);
	}
}
