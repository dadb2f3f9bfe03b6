// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Lines of a rules file taken apart. A line is looked through once as a whole, for its length, its
 * comment and its quotes; after that no word can fail.
 */
#include "rule_parse.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quantity.h"

int rule_fail(struct rule_cursor *c, const char *format, ...)
{
	int used = snprintf(c->error, c->size, "%s: line %u: ", c->name, c->line);
	va_list args;

	if (used >= 0 && (size_t)used < c->size) {
		va_start(args, format);
		vsnprintf(c->error + used, c->size - (size_t)used, format, args);
		va_end(args);
	}
	return -EINVAL;
}

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static bool is_special(char byte)
{
	return byte && strchr("<>=!,\"", byte);
}

int rule_line(struct rule_cursor *c, const char *text, const char *end)
{
	bool quoted = false;
	const char *p;

	if (end - text > RULE_LINE)
		return rule_fail(c, "is longer than %d bytes", RULE_LINE);
	for (p = text; p < end && (quoted || *p != '#'); p++) {
		if (((unsigned char)*p < 0x20 && !is_space(*p)) || *p == 0x7f)
			return rule_fail(c, "has the control character 0x%02x; this is no text",
			                 (unsigned char)*p);
		if (*p == '"')
			quoted = !quoted;
	}
	if (quoted)
		return rule_fail(c, "the text behind \" does not end on this line");
	c->p = text;
	c->end = p;
	return 0;
}

static void skip_space(struct rule_cursor *c)
{
	while (c->p < c->end && is_space(*c->p))
		c->p++;
}

bool rule_is_at_end(const struct rule_cursor *c)
{
	struct rule_cursor ahead = *c;

	skip_space(&ahead);
	return ahead.p == ahead.end;
}

size_t rule_word(struct rule_cursor *c, char word[RULE_WORD], bool *quoted)
{
	size_t n = 0;

	skip_space(c);
	if (quoted)
		*quoted = c->p < c->end && *c->p == '"';
	if (c->p < c->end && *c->p == '"') {
		for (c->p++; *c->p != '"'; c->p++)
			word[n++] = *c->p;
		c->p++;
	} else if (c->p < c->end && is_special(*c->p)) {
		word[n++] = *c->p++;
		if (word[0] != ',' && c->p < c->end && *c->p == '=')
			word[n++] = *c->p++;
	} else {
		while (c->p < c->end && !is_space(*c->p) && !is_special(*c->p))
			word[n++] = *c->p++;
	}
	word[n] = '\0';
	return n;
}

bool rule_word_is(struct rule_cursor *c, const char *wanted)
{
	const char *before = c->p;
	char word[RULE_WORD];
	bool quoted;

	if (rule_word(c, word, &quoted) && !quoted && !strcmp(word, wanted))
		return true;
	c->p = before;
	return false;
}

/* Digits, perhaps a point and digits: strtod() would also take 0x10, inf and nan. */
static bool parse_number(const char *text, double *value)
{
	static const char units[] = "kMGT";
	const char *digits = text + (*text == '-'), *unit;
	char *rest;

	if (!isdigit((unsigned char)*digits) || digits[strspn(digits, "0")] == 'x' ||
	    digits[strspn(digits, "0")] == 'X' || strpbrk(digits, "eEpP"))
		return false;
	*value = strtod(text, &rest);
	unit = *rest ? strchr(units, *rest) : NULL;
	if (unit) {
		*value *= pow(1000, (double)(unit - units + 1));
		rest++;
	}
	return !*rest && isfinite(*value);
}

bool rule_parse_amount(const char *text, enum rule_amount kind, double *value)
{
	uint64_t ns;

	if (kind == AMOUNT_NUMBER)
		return parse_number(text, value);
	if (quantity_parse(QUANTITY_DURATION, text, &ns))
		return false;
	*value = kind == AMOUNT_NS ? (double)ns : (double)ns / 1e9;
	return true;
}

int rule_parse_duration(struct rule_cursor *c, const char *what, uint64_t least, uint64_t most,
                        uint64_t *ns)
{
	char word[RULE_WORD], from[32], to[32];
	uint64_t value;

	if (!rule_word(c, word, NULL))
		return rule_fail(c, "a time is missing behind '%s', as 10s, 5m or 1h", what);
	if (quantity_parse(QUANTITY_DURATION, word, &value))
		return rule_fail(c, "'%s' behind '%s' is no time, as 10s, 5m and 1h are", word,
		                 what);
	quantity_format(QUANTITY_DURATION, least, from, sizeof(from));
	quantity_format(QUANTITY_DURATION, most, to, sizeof(to));
	if (value < least || value > most)
		return rule_fail(c, "'%s %s' is not between %s and %s", what, word, from, to);
	*ns = value;
	return 0;
}

int rule_parse_operator(struct rule_cursor *c, const char *behind, enum rule_operator *op)
{
	char word[RULE_WORD];
	int i;

	rule_word(c, word, NULL);
	if (!strcmp(word, "=="))
		word[1] = '\0';
	for (i = RULE_LESS; i <= RULE_NOT_EQUAL; i++)
		if (!strcmp(word, rule_operator_name((enum rule_operator)i))) {
			*op = (enum rule_operator)i;
			return 0;
		}
	if (!*word)
		return rule_fail(c,
		                 "a comparison is missing behind '%s': < <= > >= = or !=", behind);
	return rule_fail(c, "'%s' is no comparison; there are < <= > >= = and !=", word);
}

bool rule_grow(void *array, size_t n, size_t item)
{
	void *larger;

	if (n & (n - 1))
		return true;
	memcpy(&larger, array, sizeof(larger));
	larger = realloc(larger, (n ? 2 * n : 1) * item);
	if (larger)
		memcpy(array, &larger, sizeof(larger));
	return larger != NULL;
}
