// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The {names} in the text of a rule, checked when it is read. */
#include "rule_text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "rule_parse.h"

const char *rule_text_next(const char *text, char name[RULE_NAME + 1])
{
	const char *end = strchr(text, '}');
	size_t length = end ? (size_t)(end - text - 1) : 0;

	name[0] = '\0';
	if (*text != '{' || !end || length > RULE_NAME)
		return NULL;
	memcpy(name, text + 1, length);
	name[length] = '\0';
	return end + 1;
}

int rule_text_value(const char *name)
{
	if (strncmp(name, "value", 5))
		return -1;
	if (!name[5])
		return 0;
	return name[5] >= '1' && name[5] <= '0' + RULE_CONDITIONS && !name[6] ? name[5] - '1' : -1;
}

static bool is_known(const struct rule *rule, const char *name)
{
	static const char *const words[] = { "rule",   "severity",  "key",
		                             "window", "threshold", "count" };
	int value = rule_text_value(name), key;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i], name))
			return true;
	if (value >= 0)
		return value < rule->n_conditions;
	if (!rule->n_conditions)
		return rule_subject(name) >= 0;
	key = rule_key_parse(name);
	return key > 0 && !(key & (key - 1));
}

int rule_check_text(struct rule_cursor *c, const struct rule *rule)
{
	const char *p = rule->text, *next;
	char name[RULE_NAME + 1];

	for (; *p; p = next) {
		next = p + 1;
		if (*p != '{')
			continue;
		next = rule_text_next(p, name);
		if (!next)
			return rule_fail(c, "a '{' in the text has no '}' behind a name");
		if (!is_known(rule, name))
			return rule_fail(
			        c, "the text cannot say {%s}; weir-rules(5) lists what it can",
			        name);
	}
	return 0;
}
