// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Words, ticks and scales of pictures.
 *
 * All ticks are written out with the same units as everywhere in weir, so that gnuplot's own
 * formats, which know neither, are not asked. Names come from records and may be hostile: they
 * reach gnuplot only through plot_text_quote().
 */
#include "plot_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "field.h"
#include "units.h"

#define MINUTE 60.0
#define HOUR   3600.0
#define DAY    86400.0

/*
 * Bytes of the character at p that may be drawn, 0: replace the byte. Not drawn are controls, line
 * and paragraph separators, and what turns the direction of writing round.
 */
static size_t printable(const unsigned char *p)
{
	size_t n = p[0] < 0x80       ? 1
	           : p[0] >> 5 == 6  ? 2
	           : p[0] >> 4 == 14 ? 3
	           : p[0] >> 3 == 30 ? 4
	                             : 0;
	size_t i;

	if (p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0))
		return 0;
	for (i = 1; i < n; i++)
		if (p[i] >> 6 != 2)
			return 0;
	if (p[0] == 0xe2 && p[1] == 0x80 && ((p[2] >= 0xa8 && p[2] <= 0xae) || p[2] == 0x8f))
		return 0;
	return p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9 ? 0 : n;
}

/* gnuplot 5.4 takes a string that begins with an apostrophe for an empty one: a space goes first.
 */
static void quote(struct buf *b, const char *text, size_t max, bool tick)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;

	buf_text(b, *p == '\'' ? "' " : "'");
	for (; *p && max; max--, p += n ? n : 1) {
		n = printable(p);
		if (*p == '\'' || (*p == '%' && tick))
			buf_char(b, (char)*p);
		if (n)
			buf_put(b, p, n);
		else
			buf_char(b, '?');
	}
	buf_text(b, *p ? "...'" : "'");
}

void plot_text_quote(struct buf *b, const char *text, size_t max)
{
	quote(b, text, max, false);
}

void plot_text_tick(struct buf *b, const char *text, size_t max)
{
	quote(b, text, max, true);
}

void plot_text_csv(struct buf *b, const char *text)
{
	static const struct field cell = { .type = FIELD_TEXT };
	union field_value value;
	char clean[256];
	size_t i;

	snprintf(clean, sizeof(clean), "%s", text);
	for (i = 0; clean[i]; i++)
		if ((unsigned char)clean[i] < 0x20 || clean[i] == 0x7f)
			clean[i] = '?';
	value.text = clean;
	field_put_csv(b, &cell, &value);
}

struct plot_scale plot_scale_fit(double low, double high, bool has_zero)
{
	struct plot_scale s = { .high = high > 0 ? high * 1.08 : 1 };

	if (low <= 0 || high / low <= 100)
		return s;
	s.logarithmic = true;
	s.low = pow(10, floor(log10(low)));
	s.high = pow(10, ceil(log10(high) + 0.02));
	if (has_zero) {
		s.zero = s.low / 10;
		s.low = s.zero / 2;
	}
	return s;
}

/* 1, 2 or 5 times a power of ten, so that at most n steps make span. */
static double round_step(double span, int n)
{
	double unit = pow(10, floor(log10(span / n)));
	double part = span / n / unit;

	return unit * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

/* As everywhere, but without ".0", and with a fraction below 1. */
static void put_tick(struct buf *b, const char *separator, double value, double at,
                     const char *unit)
{
	char text[UNITS_TEXT], *zero;

	if (value > 0 && value < 1)
		snprintf(text, sizeof(text), "%g %s", value, unit);
	else
		units_count(text, value, unit);
	zero = strstr(text, ".0 ");
	if (zero)
		memmove(zero, zero + 2, strlen(zero + 2) + 1);
	buf_format(b, "%s'%s' %.17g", separator, text, at);
}

static void put_linear(struct buf *b, const struct plot_scale *s, const char *unit, int n)
{
	double step = round_step(s->high, n);
	int i;

	put_tick(b, "", 0, 0, unit);
	for (i = 1; i * step <= s->high; i++)
		put_tick(b, ", ", i * step, i * step, unit);
}

static void put_decades(struct buf *b, const struct plot_scale *s, const char *unit, int n)
{
	double first = s->zero > 0 ? s->zero * 10 : pow(10, ceil(log10(s->low) - 1e-9)), value;
	int every = 1 + (int)(log10(s->high / first) / n), i;
	const char *separator = "";

	if (s->zero > 0) {
		put_tick(b, "", 0, s->zero, unit);
		separator = ", ";
	}
	for (i = 0; (value = first * pow(10, i)) <= s->high * 1.001; i += every) {
		put_tick(b, separator, value, value, unit);
		separator = ", ";
	}
}

void plot_text_axis(struct buf *b, const char *axis, const struct plot_scale *s, const char *unit,
                    int n)
{
	if (s->logarithmic)
		buf_format(b, "set logscale %s 10\n", axis);
	buf_format(b, "set %srange [%.17g:%.17g]\nset %stics (", axis, s->low, s->high, axis);
	(s->logarithmic ? put_decades : put_linear)(b, s, unit, n);
	buf_text(b, ")\n");
}

static void format_time(double seconds, const char *format, char *text, size_t size)
{
	time_t t = (time_t)floor(seconds);
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(text, size, format, &tm))
		snprintf(text, size, "%.0f", seconds);
}

/* The least of these steps of which at most 7 make span. */
static double time_step(double span)
{
	static const double steps[] = {
		1,        2,        5,         10,        15,        30,         MINUTE,
		120,      300,      600,       900,       1800,      HOUR,       2 * HOUR,
		3 * HOUR, 6 * HOUR, 12 * HOUR, DAY,       2 * DAY,   7 * DAY,    14 * DAY,
		30 * DAY, 90 * DAY, 180 * DAY, 365 * DAY, 730 * DAY, 1825 * DAY, 3650 * DAY,
	};
	size_t i;

	if (span <= 7)
		return round_step(span, 7);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (span / steps[i] <= 7)
			return steps[i];
	return 36500 * DAY;
}

/* Ticks of a short range count from its start. */
static void put_short_times(struct buf *b, double span)
{
	double step = time_step(span);
	char text[UNITS_TEXT];
	int i;

	for (i = 0; i * step <= span; i++)
		buf_format(b, "%s'%s' %.9g", i ? ", " : "",
		           i ? units_duration(text, (uint64_t)llround(i * step * 1e9)) : "0",
		           i * step);
}

static void put_clock_times(struct buf *b, double from, double span)
{
	double step = time_step(span), at = ceil(from / step) * step;
	const char *format = step >= 30 * DAY ? "%Y-%m"
	                     : step >= DAY    ? "%m-%d"
	                     : step >= MINUTE ? "%H:%M"
	                                      : "%H:%M:%S";
	const char *separator = "";
	char text[32];

	for (; at <= from + span; at += step) {
		format_time(at, format, text, sizeof(text));
		buf_format(b, "%s'%s' %.9g", separator, text, at - from);
		separator = ", ";
	}
}

void plot_text_times(struct buf *b, uint64_t from_ns, double span, char *label, size_t size)
{
	double from = (double)(from_ns / 1000000000) + (double)(from_ns % 1000000000) / 1e9;
	char text[32];

	buf_format(b, "set xrange [0:%.9g]\nset xtics (", span);
	format_time(from, span <= 7 ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d", text, sizeof(text));
	if (span <= 7) {
		put_short_times(b, span);
		snprintf(label, size, "time since %s.%03u UTC", text,
		         (unsigned int)(from_ns / 1000000 % 1000));
	} else {
		put_clock_times(b, from, span);
		snprintf(label, size, span < DAY ? "time (UTC), %s" : "time (UTC), from %s", text);
	}
	buf_text(b, ")\n");
}

void plot_text_range(uint64_t from_ns, uint64_t to_ns, char *text, size_t size)
{
	char from[32], to[32], day[32], last[32];

	format_time((double)(from_ns / 1000000000), "%Y-%m-%d %H:%M:%S", from, sizeof(from));
	format_time((double)(to_ns / 1000000000), "%Y-%m-%d %H:%M:%S", to, sizeof(to));
	snprintf(day, sizeof(day), "%.10s", from);
	snprintf(last, sizeof(last), "%.10s", to);
	if (!strcmp(from, to))
		snprintf(text, size, "%s UTC", from);
	else
		snprintf(text, size, "%s to %s UTC", from, strcmp(day, last) ? to : to + 11);
}

const char *plot_text_shorten(const char *address, char *text, size_t size)
{
	size_t n = strlen(address);

	if (n > 21)
		snprintf(text, size, "%.10s..%.9s", address, address + n - 9);
	else
		snprintf(text, size, "%s", address);
	return text;
}
