// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Quantities: digits, perhaps a point and digits, a unit from a table. Without floating point, so
 * that what was written is what is meant or is refused.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "quantity.h"

/* Units from small to large; the one without a name is that of bare numbers. */
struct unit {
	const char *name;
	uint64_t size;
};

static const struct unit number_units[] = {
	{ "", 1 }, { "k", 1000 }, { "M", 1000000 }, { "G", 1000000000 }, { NULL, 0 },
};

static const struct unit duration_units[] = {
	{ "ns", 1 },         { "us", 1000 },       { "ms", 1000000 },      { "", 1000000000 },
	{ "s", 1000000000 }, { "m", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 },
	{ NULL, 0 },
};

static const struct unit *const kind_units[] = {
	[QUANTITY_NUMBER] = number_units,
	[QUANTITY_DURATION] = duration_units,
};

static const struct unit *find_unit(const struct unit *units, const char *name)
{
	for (; units->name; units++)
		if (!strcmp(units->name, name))
			return units;
	return NULL;
}

int quantity_parse(enum quantity_kind kind, const char *text, uint64_t *value)
{
	const struct unit *unit = find_unit(kind_units[kind], text + strspn(text, "0123456789."));
	uint64_t sum = 0, scale;
	bool is_over = false;

	if (!unit || !isdigit((unsigned char)*text))
		return -EINVAL;
	for (; isdigit((unsigned char)*text); text++)
		is_over |= __builtin_mul_overflow(sum, 10, &sum) ||
		           __builtin_add_overflow(sum, (uint64_t)(*text - '0'), &sum);
	is_over |= __builtin_mul_overflow(sum, unit->size, &sum);
	if (*text == '.' && !isdigit((unsigned char)*++text))
		return -EINVAL;
	for (scale = unit->size; isdigit((unsigned char)*text); text++) {
		if ((!scale || scale % 10) && *text != '0')
			return -EINVAL;
		scale /= 10;
		is_over |= __builtin_add_overflow(sum, scale * (uint64_t)(*text - '0'), &sum);
	}
	if (strcmp(text, unit->name))
		return -EINVAL;
	if (is_over)
		return -ERANGE;
	*value = sum;
	return 0;
}

void quantity_format(enum quantity_kind kind, uint64_t value, char *text, size_t size)
{
	const struct unit *units = kind_units[kind];
	const struct unit *best = find_unit(units, "");

	if (value)
		for (best = units++; units->name; units++)
			if (!(value % units->size))
				best = units;
	snprintf(text, size, "%llu%s", (unsigned long long)(value / best->size), best->name);
}
