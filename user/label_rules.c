// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Label rules: words by a cursor over one line at a time, kept in flat arrays: rules own a run of
 * conditions, conditions a run of ranges. A comparison is a range too; what is open at one end goes
 * to infinity, and < and > go to the next double.
 */
#include "label_rules.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feature.h"
#include "field.h"
#include "source.h"

#define TEXT_MAX ((size_t)1 << 20)
#define WORD_MAX 64

struct range {
	double from, to; /* both belong to it */
};

struct condition {
	int16_t field;
	bool negated;
	size_t first, n; /* ranges */
};

struct rule {
	char *label;
	size_t first, n; /* conditions */
};

struct label_rules {
	struct rule *rule;
	size_t n_rules;
	struct condition *condition;
	size_t n_conditions;
	struct range *range;
	size_t n_ranges;
	int16_t *field;
	size_t n_fields;
};

struct cursor {
	struct label_rules *rules;
	const char *name;
	const char *p, *end; /* what is left of the line */
	unsigned line;
	char *error;
	size_t size;
};

static int __attribute__((format(printf, 2, 3))) fail(struct cursor *c, const char *format, ...)
{
	int used = snprintf(c->error, c->size, "%s: line %u: ", c->name, c->line);
	va_list args;

	if (used >= 0 && (size_t)used < c->size) {
		va_start(args, format);
		vsnprintf(c->error + used, c->size - used, format, args);
		va_end(args);
	}
	return -EINVAL;
}

/* Room for one more in the array that the pointer at `array` names; it doubles. */
static bool grow(void *array, size_t n, size_t item)
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

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_space(struct cursor *c)
{
	while (c->p < c->end && is_space(*c->p))
		c->p++;
}

/* The next word into word; operators and commas are words of their own. Its length; 0: no more. */
static size_t next_word(struct cursor *c, char word[WORD_MAX])
{
	static const char special[] = "<>=!,";
	size_t n = 0;

	skip_space(c);
	if (c->p < c->end && strchr(special, *c->p)) {
		word[n++] = *c->p++;
		if (word[0] != ',' && c->p < c->end && *c->p == '=')
			word[n++] = *c->p++;
	} else {
		while (c->p < c->end && !is_space(*c->p) && !strchr(special, *c->p) &&
		       n < WORD_MAX - 1)
			word[n++] = *c->p++;
	}
	word[n] = '\0';
	return n;
}

static bool take_word(struct cursor *c, const char *wanted)
{
	const char *before = c->p;
	char word[WORD_MAX];

	if (next_word(c, word) && !strcmp(word, wanted))
		return true;
	c->p = before;
	return false;
}

static int add_range(struct cursor *c, double from, double to)
{
	struct label_rules *r = c->rules;

	if (!grow(&r->range, r->n_ranges, sizeof(*r->range)))
		return fail(c, "no memory");
	r->range[r->n_ranges++] = (struct range){ from, to };
	r->condition[r->n_conditions - 1].n++;
	return 0;
}

/* A number that is all of text, or its part before a '-' that is not its sign; *rest is behind. */
static bool parse_number(const char *text, double *value, char **rest)
{
	*value = strtod(text, rest);
	return *rest != text && isfinite(*value);
}

/* 80,443,8000-8099 */
static int parse_list(struct cursor *c)
{
	char word[WORD_MAX];
	double from, to;
	char *rest;

	do {
		if (!next_word(c, word))
			return fail(c, "numbers are missing behind 'in', as in 80,443");
		if (!parse_number(word, &from, &rest))
			return fail(c, "'%s' is no number", word);
		to = from;
		if (*rest == '-' && !parse_number(rest + 1, &to, &rest))
			return fail(c, "'%s' is no range, as 8000-8099 is", word);
		if (*rest || to < from)
			return fail(c, "'%s' is no number and no range", word);
		if (add_range(c, from, to))
			return -EINVAL;
	} while (take_word(c, ","));
	return 0;
}

static int parse_comparison(struct cursor *c, const char *operator)
{
	struct condition *k = &c->rules->condition[c->rules->n_conditions - 1];
	char word[WORD_MAX];
	double x;
	char *rest;

	if (!next_word(c, word) || !parse_number(word, &x, &rest) || *rest)
		return fail(c,
		            "a number is missing behind '%s'%s%s", operator, * word ? ", here is "
		                                                                    : "",
		            word);
	k->negated = operator[0] == '!';
	if (!strcmp(operator, "<"))
		return add_range(c, -INFINITY, nextafter(x, -INFINITY));
	if (!strcmp(operator, "<="))
		return add_range(c, -INFINITY, x);
	if (!strcmp(operator, ">"))
		return add_range(c, nextafter(x, INFINITY), INFINITY);
	if (!strcmp(operator, ">="))
		return add_range(c, x, INFINITY);
	return add_range(c, x, x); /* == and != */
}

static int note_field(struct cursor *c, int16_t field)
{
	struct label_rules *r = c->rules;
	size_t i;

	for (i = 0; i < r->n_fields; i++)
		if (r->field[i] == field)
			return 0;
	if (!grow(&r->field, r->n_fields, sizeof(*r->field)))
		return fail(c, "no memory");
	r->field[r->n_fields++] = field;
	return 0;
}

static int parse_condition(struct cursor *c)
{
	struct label_rules *r = c->rules;
	char word[WORD_MAX];
	int field;

	if (!next_word(c, word))
		return fail(c, "a condition is missing, as in: dst_port in 80,443");
	field = feature_field(word);
	if (field < 0)
		return fail(c, "there is no field '%s'; 'weir fields' lists them", word);
	if (fields[field].type == FIELD_TEXT || fields[field].type == FIELD_ADDRESS)
		return fail(c, "the field '%s' is no number, which rules need", word);
	if (note_field(c, (int16_t)field))
		return -EINVAL;
	if (!grow(&r->condition, r->n_conditions, sizeof(*r->condition)))
		return fail(c, "no memory");
	r->condition[r->n_conditions++] = (struct condition){ .field = (int16_t)field,
		                                              .first = r->n_ranges };
	r->rule[r->n_rules - 1].n++;
	r->condition[r->n_conditions - 1].negated = take_word(c, "not");
	if (take_word(c, "in"))
		return parse_list(c);
	if (r->condition[r->n_conditions - 1].negated)
		return fail(c, "'in' is missing behind 'not'");
	if (!next_word(c, word) || !strchr("<>=!", word[0]) || !strcmp(word, "=") ||
	    !strcmp(word, "!"))
		return fail(c, "'%s' is no comparison; there are < <= > >= == != in and not in",
		            word);
	return parse_comparison(c, word);
}

static int parse_rule(struct cursor *c)
{
	struct label_rules *r = c->rules;
	char word[WORD_MAX];

	if (!next_word(c, word))
		return 0;
	if (!grow(&r->rule, r->n_rules, sizeof(*r->rule)))
		return fail(c, "no memory");
	r->rule[r->n_rules] = (struct rule){ strdup(word), r->n_conditions, 0 };
	if (!r->rule[r->n_rules++].label)
		return fail(c, "no memory");
	skip_space(c);
	if (c->p == c->end)
		return 0;
	if (!take_word(c, "if"))
		return fail(c, "behind the class '%s' stands neither 'if' nor the end of the line",
		            word);
	do {
		if (parse_condition(c))
			return -EINVAL;
	} while (take_word(c, "and"));
	if (next_word(c, word))
		return fail(c, "'%s' was not expected here; conditions are joined by 'and'", word);
	return 0;
}

static int parse_lines(struct cursor *c, const char *text, const char *end)
{
	const char *next, *comment;

	if (memchr(text, 0, end - text)) {
		c->line = 1;
		return fail(c, "has a NUL byte; this is no text");
	}
	for (; text < end; text = next) {
		next = memchr(text, '\n', end - text);
		next = next ? next + 1 : end;
		comment = memchr(text, '#', next - text);
		c->line++;
		c->p = text;
		c->end = comment ? comment : next[-1] == '\n' ? next - 1 : next;
		if (parse_rule(c))
			return -EINVAL;
	}
	return c->rules->n_rules ? 0 : fail(c, "no rule; one is: other");
}

struct label_rules *label_rules_parse(const char *name, const char *text, size_t n, char *error,
                                      size_t size)
{
	struct cursor c = { .name = name, .error = error, .size = size };

	c.rules = calloc(1, sizeof(*c.rules));
	if (!c.rules) {
		snprintf(error, size, "%s: no memory", name);
		return NULL;
	}
	if (!parse_lines(&c, text, text + n))
		return c.rules;
	label_rules_free(c.rules);
	return NULL;
}

struct label_rules *label_rules_open(const char *path, char *error, size_t size)
{
	struct label_rules *rules = NULL;
	struct source source;
	int failed = source_open(&source, path);

	if (failed) {
		snprintf(error, size, "%s: cannot open: %s", path, strerror(-failed));
		return NULL;
	}
	if (source_fill(&source, TEXT_MAX))
		snprintf(error, size, "%s: is too long for rules: 1 MB or more", path);
	else if (*source_error(&source))
		snprintf(error, size, "%s: %s", path, source_error(&source));
	else
		rules = label_rules_parse(path, (const char *)source.pos, source_left(&source),
		                          error, size);
	source_close(&source);
	return rules;
}

void label_rules_free(struct label_rules *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; i < r->n_rules; i++)
		free(r->rule[i].label);
	free(r->rule);
	free(r->condition);
	free(r->range);
	free(r->field);
	free(r);
}

size_t label_rules_fields(const struct label_rules *r, const int16_t **list)
{
	*list = r->field;
	return r->n_fields;
}

static bool holds(const struct label_rules *r, const struct condition *k, double value)
{
	size_t i;

	for (i = k->first; i < k->first + k->n; i++)
		if (value >= r->range[i].from && value <= r->range[i].to)
			return !k->negated;
	return k->negated;
}

const char *label_rules_apply(const struct label_rules *r, const double *values)
{
	size_t i, k;

	for (i = 0; i < r->n_rules; i++) {
		const struct rule *rule = &r->rule[i];

		for (k = 0; k < rule->n; k++)
			if (!holds(r, &r->condition[rule->first + k],
			           values[r->condition[rule->first + k].field]))
				break;
		if (k == rule->n)
			return rule->label;
	}
	return NULL;
}
