// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Finding things in JSON that was read (json_parse.c). */
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
