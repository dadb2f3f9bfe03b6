// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Finding things in JSON that was read (json_parse.c), and putting them into text again. */
#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void json_clear(struct json *j)
{
	free(j->tokens);
	*j = (struct json){ 0 };
}

bool json_is_valid(const char *text, size_t length)
{
	char *copy = malloc(length + 1), error[80];
	struct json j = { 0 };
	bool valid;

	if (!copy)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	valid = !json_parse(&j, copy, length, error, sizeof(error));
	json_clear(&j);
	free(copy);
	return valid;
}

uint32_t json_member(const struct json *j, uint32_t t, const char *name)
{
	uint32_t at = json_first(t), i;

	if (json_type(j, t) != JSON_OBJECT)
		return 0;
	for (i = 0; i < j->tokens[t].count; i++) {
		if (!strcmp(json_text(j, at), name))
			return json_next(j, at);
		at = json_next(j, json_next(j, at));
	}
	return 0;
}

const char *json_text(const struct json *j, uint32_t t)
{
	return json_type(j, t) == JSON_TEXT ? j->text + j->tokens[t].at : NULL;
}

double json_number(const struct json *j, uint32_t t)
{
	const char *text = j->text + j->tokens[t].at;
	double value;
	char *end;

	if (json_type(j, t) != JSON_NUMBER && json_type(j, t) != JSON_TEXT)
		return NAN;
	value = strtod(text, &end);
	return end == text || (json_type(j, t) == JSON_TEXT && *end) ? NAN : value;
}

void json_put_text(FILE *to, const char *text)
{
	putc('"', to);
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			fprintf(to, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(to, "\\u%04x", *text);
		else
			putc(*text, to);
	putc('"', to);
}

static uint32_t print(FILE *to, const struct json *j, uint32_t t)
{
	static const char *const words[] = { "null", "false", "true" };
	const struct json_token *token = &j->tokens[t];
	bool object = token->type == JSON_OBJECT;
	uint32_t i, at = json_first(t);

	if (token->type < JSON_NUMBER) {
		fputs(words[token->type], to);
	} else if (token->type == JSON_NUMBER) {
		const char *text = j->text + token->at;

		fwrite(text, 1, strspn(text, "+-.eE0123456789"), to);
	} else if (token->type == JSON_TEXT) {
		json_put_text(to, json_text(j, t));
	} else {
		putc(object ? '{' : '[', to);
		for (i = 0; i < token->count; i++) {
			if (i)
				putc(',', to);
			at = print(to, j, at);
			if (object) {
				putc(':', to);
				at = print(to, j, at);
			}
		}
		putc(object ? '}' : ']', to);
	}
	return token->next;
}

char *json_print(const struct json *j, uint32_t t)
{
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	if (!to)
		return NULL;
	print(to, j, t);
	if (!fclose(to))
		return text;
	free(text);
	return NULL;
}
