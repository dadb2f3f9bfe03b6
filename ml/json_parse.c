// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Recursive descent with a bound on the depth. A value is one token; what belongs to it follows,
 * and its token knows where that ends.
 */
#include "json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX  64
#define LENGTH_MAX (1U << 30)
#define TOKENS_MIN 256

struct parser {
	struct json *j;
	size_t at, length;
	uint32_t capacity;
	const char *wrong; /* the first fault, at `at` */
};

static bool stop(struct parser *p, const char *wrong)
{
	if (!p->wrong)
		p->wrong = wrong;
	return false;
}

static char here(const struct parser *p)
{
	return p->j->text[p->at];
}

static void skip_space(struct parser *p)
{
	while (strchr(" \t\n\r", here(p)) && here(p))
		p->at++;
}

/* The number of a new token, or UINT32_MAX. */
static uint32_t add_token(struct parser *p, enum json_type type)
{
	struct json *j = p->j;

	if (j->n_tokens == p->capacity) {
		uint32_t capacity = p->capacity ? p->capacity * 2 : TOKENS_MIN;
		struct json_token *grown = realloc(j->tokens, capacity * sizeof(*grown));

		if (!grown) {
			stop(p, "no memory");
			return UINT32_MAX;
		}
		j->tokens = grown;
		p->capacity = capacity;
	}
	j->tokens[j->n_tokens] = (struct json_token){ .type = type, .at = (uint32_t)p->at };
	return j->n_tokens++;
}

static bool take_hex(struct parser *p, uint32_t *code)
{
	int i;

	*code = 0;
	for (i = 0; i < 4; i++, p->at++) {
		char c = here(p);

		if (c >= '0' && c <= '9')
			*code = *code << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			*code = *code << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return stop(p, "\\u wants four hexadecimal digits");
	}
	return true;
}

static char *put_utf8(char *to, uint32_t code)
{
	if (code < 0x80) {
		*to++ = (char)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*to++ = (char)(0xe0 | code >> 12);
		} else {
			*to++ = (char)(0xf0 | code >> 18);
			*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (code & 0x3f));
	return to;
}

/* Behind "\u". */
static bool take_unicode(struct parser *p, char **to)
{
	uint32_t code, low;

	if (!take_hex(p, &code))
		return false;
	if (code >= 0xd800 && code < 0xdc00) {
		if (here(p) != '\\' || p->j->text[p->at + 1] != 'u')
			return stop(p, "half a surrogate pair");
		p->at += 2;
		if (!take_hex(p, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return stop(p, "half a surrogate pair");
		code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
	} else if ((code >= 0xdc00 && code < 0xe000) || !code) {
		return stop(p, code ? "half a surrogate pair" : "a NUL character in a string");
	}
	*to = put_utf8(*to, code);
	return true;
}

/* Behind the backslash. */
static bool take_escape(struct parser *p, char **to)
{
	static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	char c = here(p);
	const char *found = c ? strchr(names, c) : NULL;

	if (c != 'u' && !found)
		return stop(p, "an unknown escape");
	p->at++;
	if (c == 'u')
		return take_unicode(p, to);
	*(*to)++ = meant[found - names];
	return true;
}

static bool take_text(struct parser *p)
{
	uint32_t t;
	char *to;

	p->at++;
	t = add_token(p, JSON_TEXT);
	if (t == UINT32_MAX)
		return false;
	to = p->j->text + p->at;
	while (here(p) != '"') {
		if ((unsigned char)here(p) < 0x20)
			return stop(p, p->at == p->length ? "the end of the text in a string"
			                                  : "a control character in a string");
		if (here(p) != '\\') {
			*to++ = here(p);
			p->at++;
			continue;
		}
		p->at++;
		if (!take_escape(p, &to))
			return false;
	}
	p->at++;
	*to = '\0'; /* at the closing quote or before it */
	p->j->tokens[t].next = p->j->n_tokens;
	return true;
}

static bool take_digits(struct parser *p)
{
	if (here(p) < '0' || here(p) > '9')
		return stop(p, "a digit is wanted");
	while (here(p) >= '0' && here(p) <= '9')
		p->at++;
	return true;
}

static bool take_number(struct parser *p)
{
	uint32_t t = add_token(p, JSON_NUMBER);
	bool zero;

	if (t == UINT32_MAX)
		return false;
	if (here(p) == '-')
		p->at++;
	zero = here(p) == '0';
	if (!take_digits(p))
		return false;
	if (zero && p->j->text[p->at - 1] != '0')
		return stop(p, "a number begins with 0");
	if (here(p) == '.') {
		p->at++;
		if (!take_digits(p))
			return false;
	}
	if (here(p) == 'e' || here(p) == 'E') {
		p->at++;
		if (here(p) == '+' || here(p) == '-')
			p->at++;
		if (!take_digits(p))
			return false;
	}
	p->j->tokens[t].next = p->j->n_tokens;
	return true;
}

static bool take_word(struct parser *p)
{
	static const struct {
		const char *text;
		enum json_type type;
	} words[] = { { "null", JSON_NULL }, { "false", JSON_FALSE }, { "true", JSON_TRUE } };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i].text);
		uint32_t t;

		if (strncmp(p->j->text + p->at, words[i].text, n))
			continue;
		t = add_token(p, words[i].type);
		if (t == UINT32_MAX)
			return false;
		p->at += n;
		p->j->tokens[t].next = p->j->n_tokens;
		return true;
	}
	return stop(p, p->at == p->length ? "the end of the text where a value is wanted"
	                                  : "a value is wanted");
}

static bool take_value(struct parser *p, int depth);

static bool take_member(struct parser *p, int depth)
{
	if (here(p) != '"')
		return stop(p, "a member's name is wanted");
	if (!take_text(p))
		return false;
	skip_space(p);
	if (here(p) != ':')
		return stop(p, "':' is wanted");
	p->at++;
	return take_value(p, depth);
}

static bool take_many(struct parser *p, enum json_type type, int depth)
{
	const char end = type == JSON_OBJECT ? '}' : ']';
	uint32_t t = add_token(p, type), count = 0;

	if (t == UINT32_MAX)
		return false;
	if (depth == DEPTH_MAX)
		return stop(p, "too deep");
	p->at++;
	skip_space(p);
	while (here(p) != end) {
		if (count && here(p) != ',')
			return stop(p, type == JSON_OBJECT ? "',' or '}' is wanted"
			                                   : "',' or ']' is wanted");
		p->at += count > 0;
		skip_space(p);
		if (!(type == JSON_OBJECT ? take_member(p, depth + 1) : take_value(p, depth + 1)))
			return false;
		skip_space(p);
		count++;
	}
	p->at++;
	p->j->tokens[t].count = count;
	p->j->tokens[t].next = p->j->n_tokens;
	return true;
}

static bool take_value(struct parser *p, int depth)
{
	skip_space(p);
	switch (here(p)) {
	case '{':
		return take_many(p, JSON_OBJECT, depth);
	case '[':
		return take_many(p, JSON_ARRAY, depth);
	case '"':
		return take_text(p);
	case '-':
	case '0' ... '9':
		return take_number(p);
	default:
		return take_word(p);
	}
}

static size_t line_of(const struct parser *p)
{
	size_t line = 1, i;

	for (i = 0; i < p->at; i++)
		line += p->j->text[i] == '\n';
	return line;
}

int json_parse(struct json *j, char *text, size_t length, char *error, size_t size)
{
	struct parser p = { .j = j, .length = length };

	*j = (struct json){ .text = text };
	if (length > LENGTH_MAX) {
		snprintf(error, size, "it is longer than %u bytes", LENGTH_MAX);
		return -EFBIG;
	}
	if (take_value(&p, 0)) {
		skip_space(&p);
		if (p.at == length)
			return 0;
		stop(&p, "more text behind the value");
	}
	snprintf(error, size, "line %zu: %s", line_of(&p), p.wrong);
	json_clear(j);
	return -EINVAL;
}
