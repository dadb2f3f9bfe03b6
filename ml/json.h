/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON read into one flat array of tokens (RFC 8259), for models made elsewhere. Input is hostile:
 * depth and length are bounded, numbers are left as text until they are asked for.
 */
#ifndef WEIR_JSON_H
#define WEIR_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_TEXT,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_token {
	uint32_t type;
	uint32_t at;    /* offset of its text; JSON_TEXT: decoded, NUL at its end */
	uint32_t count; /* elements of an array; members of an object, a name token before each */
	uint32_t next;  /* token behind all that belongs to it */
};

struct json {
	char *text;
	struct json_token *tokens; /* tokens[0] is the whole */
	uint32_t n_tokens;
};

/*
 * text[length] is borrowed, must be '\0', and is written to (escapes are decoded where they are).
 * 0, or negative with the line and reason in error.
 */
int json_parse(struct json *j, char *text, size_t length, char *error, size_t size);

void json_clear(struct json *j);

/* Text that may not be changed: is it JSON? False also when there is no memory. */
bool json_is_valid(const char *text, size_t length);

/* The value of a member, or 0 when t is no object or has none of that name. */
uint32_t json_member(const struct json *j, uint32_t t, const char *name);

/* A JSON_TEXT's text; NULL for others. */
const char *json_text(const struct json *j, uint32_t t);

/* A JSON_NUMBER, or a JSON_TEXT that is one through and through (XGBoost); NaN for others. */
double json_number(const struct json *j, uint32_t t);

/* Text as a JSON string, quotes and all. */
void json_put_text(FILE *to, const char *text);

/* The text of t and all in it, without spaces; allocated, NULL: no memory. */
char *json_print(const struct json *j, uint32_t t);

static inline enum json_type json_type(const struct json *j, uint32_t t)
{
	return j->tokens[t].type;
}

/* The first element or name in t, and what follows t; count tells how many there are. */
static inline uint32_t json_first(uint32_t t)
{
	return t + 1;
}

static inline uint32_t json_next(const struct json *j, uint32_t t)
{
	return j->tokens[t].next;
}

#endif
