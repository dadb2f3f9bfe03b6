// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Amounts for people. */
#include "units.h"

#include <stdio.h>
#include <string.h>

static const char *scaled(char *text, double value, const char *unit)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P" };
	int i = 0;

	while (value >= 999.5 && i < 5) {
		value /= 1000;
		i++;
	}
	snprintf(text, UNITS_TEXT, i && value < 99.95 ? "%.1f %s%s" : "%.0f %s%s", value,
	         prefixes[i], unit);
	if (text[strlen(text) - 1] == ' ')
		text[strlen(text) - 1] = '\0';
	return text;
}

const char *units_bytes(char text[UNITS_TEXT], double bytes)
{
	return scaled(text, bytes, "B");
}

const char *units_count(char text[UNITS_TEXT], double count, const char *unit)
{
	return scaled(text, count, unit);
}

const char *units_duration(char text[UNITS_TEXT], uint64_t ns)
{
	double s = ns / 1e9;

	if (ns < 1000000)
		snprintf(text, UNITS_TEXT, "%.0f us", s * 1e6);
	else if (s < 0.9995)
		snprintf(text, UNITS_TEXT, "%.0f ms", s * 1e3);
	else if (s < 99.95)
		snprintf(text, UNITS_TEXT, "%.1f s", s);
	else if (s < 5970)
		snprintf(text, UNITS_TEXT, "%.0f min", s / 60);
	else if (s < 3600 * 99.5)
		snprintf(text, UNITS_TEXT, "%.0f h", s / 3600);
	else
		snprintf(text, UNITS_TEXT, "%.0f d", s / 86400);
	return text;
}

const char *units_grouped(char text[UNITS_TEXT + 8], uint64_t n)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n), i, to = 0;

	for (i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text[to++] = ',';
		text[to++] = digits[i];
	}
	text[to] = '\0';
	return text;
}
