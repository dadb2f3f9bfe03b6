// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * CSV.
 *
 * A row is looked for in the source's bytes, which are asked for more until the row's end is there,
 * then copied whole and cut into cells in place. A quoted cell may hold commas, line ends and
 * doubled quotes. A row has as many cells as the header, NUL bytes are refused, and a row has at
 * most 1 MB, so that what is no CSV ends early with its line.
 */
#include "csv.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

#define SECONDS_MAX 9000000000ULL /* so that nanoseconds fit; later times are this */

struct csv {
	struct source source;
	char *name;
	char *row; /* the row at hand, cut into cells */
	size_t row_capacity;
	char **cell; /* [n_columns] */
	size_t n_columns;
	char *header; /* a copy of the first row; column names point into it */
	char **column;
	uint64_t line;      /* of the row at hand */
	uint64_t next_line; /* behind it */
	char error[512];
};

int csv_fail(struct csv *c, const char *format, ...)
{
	int used = snprintf(c->error, sizeof(c->error), "%s: line %llu: ", c->name,
	                    (unsigned long long)c->line);
	va_list args;

	if (used > 0 && (size_t)used < sizeof(c->error)) {
		va_start(args, format);
		vsnprintf(c->error + used, sizeof(c->error) - used, format, args);
		va_end(args);
	}
	return -EINVAL;
}

/* What the search for a row's end knows between two looks. */
struct scan {
	size_t at;
	bool quoted;
	uint64_t lines; /* line ends passed */
};

/* Go on to the LF that ends the row, outside quotes. False: not in these n bytes. */
static bool scan_row(struct scan *s, const uint8_t *bytes, size_t n)
{
	for (; s->at < n; s->at++) {
		if (bytes[s->at] == '"')
			s->quoted = !s->quoted;
		if (bytes[s->at] != '\n')
			continue;
		s->lines++;
		if (!s->quoted)
			return true;
	}
	return false;
}

static int keep_row(struct csv *c, const uint8_t *bytes, size_t n)
{
	char *larger;

	if (n + 1 > c->row_capacity) {
		larger = realloc(c->row, n + 1);
		if (!larger)
			return csv_fail(c, "no memory for a row of %zu bytes", n);
		c->row = larger;
		c->row_capacity = n + 1;
	}
	if (memchr(bytes, 0, n))
		return csv_fail(c, "has a NUL byte; this is no CSV file");
	memcpy(c->row, bytes, n);
	while (n && (c->row[n - 1] == '\n' || c->row[n - 1] == '\r'))
		n--;
	c->row[n] = '\0';
	return 1;
}

/* Read a row into c->row, without its line end: 1; 0 at the end; negative: an error. */
static int read_row(struct csv *c)
{
	struct scan s = { 0 };
	const char *why;
	int kept;

	c->line = c->next_line;
	while (!scan_row(&s, c->source.pos, source_left(&c->source))) {
		if (source_left(&c->source) > CSV_ROW_MAX)
			return csv_fail(c, "is longer than 1 MB%s; is this a CSV file?",
			                s.quoted ? " or has a quote that is not closed" : "");
		if (source_fill(&c->source, source_left(&c->source) + 1))
			continue;
		why = source_error(&c->source);
		if (*why)
			return csv_fail(c, "%s", why);
		if (s.quoted)
			return csv_fail(c, "has a quote that is not closed");
		if (!s.at)
			return 0;
		s.lines++;
		break;
	}
	if (s.at < source_left(&c->source))
		s.at++; /* the LF */
	kept = keep_row(c, c->source.pos, s.at);
	c->source.pos += s.at;
	c->next_line += s.lines;
	return kept;
}

/* Take the quotes off a cell that begins with one; the end of it comes back, NULL: malformed. */
static char *unquote(char *from)
{
	char *to = from++;

	for (; *from; *to++ = *from++) {
		if (*from != '"')
			continue;
		if (from[1] != '"')
			break;
		from++;
	}
	if (*from != '"')
		return NULL;
	*to = '\0';
	return from + 1;
}

/* Cut the row into at most max cells. How many there are, or a negative errno. */
static int cut_row(struct csv *c, char **cell, size_t max)
{
	char *p = c->row;
	size_t n = 0;
	char last;

	do {
		if (n == max)
			return csv_fail(c, "has more than %zu cells", max);
		cell[n++] = p;
		p = *p == '"' ? unquote(p) : p + strcspn(p, ",");
		if (!p || (*p && *p != ','))
			return csv_fail(c, "cell %zu: text behind the closing quote", n);
		last = *p;
		*p++ = '\0';
	} while (last);
	return (int)n;
}

int csv_next(struct csv *c)
{
	int n;

	do {
		n = read_row(c);
		if (n <= 0)
			return n;
	} while (!*c->row);
	n = cut_row(c, c->cell, c->n_columns);
	if (n < 0)
		return n;
	if ((size_t)n < c->n_columns)
		return csv_fail(c, "has %d cells where the header has %zu", n, c->n_columns);
	return 1;
}

static int read_header(struct csv *c)
{
	char **cell = calloc(CSV_COLUMNS_MAX, sizeof(*cell));
	int n, i;

	if (!cell)
		return csv_fail(c, "no memory");
	c->column = cell;
	n = read_row(c);
	if (n == 0 || (n > 0 && !*c->row))
		return csv_fail(c, "is empty; a header with the names of the columns is expected");
	if (n < 0)
		return n;
	if (!strncmp(c->row, "\xef\xbb\xbf", 3)) /* a byte order mark, as some tools write */
		memmove(c->row, c->row + 3, strlen(c->row + 3) + 1);
	n = cut_row(c, cell, CSV_COLUMNS_MAX);
	if (n < 0)
		return n;
	c->n_columns = n;
	c->header = c->row;
	c->row = NULL;
	c->row_capacity = 0;
	c->cell = calloc(n, sizeof(*c->cell));
	for (i = 0; i < n; i++)
		if (csv_column(c, cell[i]) < i)
			return csv_fail(c, "the column '%.64s' is there twice", cell[i]);
	return c->cell ? 0 : csv_fail(c, "no memory");
}

static struct csv *start(struct csv *c, const char *name, char *error, size_t size)
{
	c->name = strdup(name);
	c->next_line = 1;
	if (!c->name) {
		snprintf(error, size, "%s: no memory", name);
	} else if (read_header(c)) {
		snprintf(error, size, "%s", c->error);
	} else {
		return c;
	}
	csv_close(c);
	return NULL;
}

struct csv *csv_open(const char *path, char *error, size_t size)
{
	struct csv *c = calloc(1, sizeof(*c));
	int failed = c ? source_open(&c->source, path) : -ENOMEM;

	if (failed) {
		snprintf(error, size, "%s: cannot open: %s", path, strerror(-failed));
		free(c);
		return NULL;
	}
	return start(c, path, error, size);
}

struct csv *csv_from_bytes(const char *name, const void *bytes, size_t n, char *error, size_t size)
{
	struct csv *c = calloc(1, sizeof(*c));

	if (!c) {
		snprintf(error, size, "%s: no memory", name);
		return NULL;
	}
	c->source.pos = bytes;
	c->source.end = c->source.pos + n;
	c->source.unpacked = n;
	c->source.fd = -1;
	c->source.ended = true;
	return start(c, name, error, size);
}

int csv_column(const struct csv *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n_columns; i++)
		if (!strcmp(c->column[i], name))
			return (int)i;
	return -1;
}

size_t csv_columns(const struct csv *c)
{
	return c->n_columns;
}

const char *csv_column_name(const struct csv *c, size_t column)
{
	return c->column[column];
}

const char *csv_text(const struct csv *c, size_t column)
{
	return c->cell[column];
}

int csv_number(struct csv *c, size_t column, double *value)
{
	const char *text = c->cell[column];
	char *end;
	double x;

	if (!*text)
		return csv_fail(c, "column '%.64s' is empty; a number is needed",
		                c->column[column]);
	x = strtod(text, &end);
	if (*end || end == text)
		return csv_fail(c, "column '%.64s': '%.32s' is no number", c->column[column], text);
	if (!isfinite(x))
		return csv_fail(c,
		                "column '%.64s' is %.32s; leave the row out, or put in the number "
		                "it stands for",
		                c->column[column], text);
	*value = x;
	return 0;
}

int csv_time(struct csv *c, size_t column, uint64_t *ns)
{
	const char *p = c->cell[column];
	uint64_t seconds = 0, part = 0, unit = 100000000;
	size_t n = strspn(p, "0123456789"), i;

	for (i = 0; i < n; i++)
		seconds = seconds > SECONDS_MAX ? seconds : seconds * 10 + (p[i] - '0');
	if (!n || (p[n] && p[n] != '.') || (p[n] && p[n + 1 + strspn(p + n + 1, "0123456789")]))
		return csv_fail(c, "column '%.64s': '%.32s' is no time in seconds since 1970",
		                c->column[column], p);
	for (p += n + !!p[n]; *p && unit; p++, unit /= 10)
		part += (*p - '0') * unit;
	*ns = (seconds < SECONDS_MAX ? seconds : SECONDS_MAX) * 1000000000 + part;
	return 0;
}

uint64_t csv_line(const struct csv *c)
{
	return c->line;
}

const char *csv_error(const struct csv *c)
{
	return c->error;
}

double csv_progress(const struct csv *c)
{
	return source_progress(&c->source);
}

void csv_close(struct csv *c)
{
	if (!c)
		return;
	source_close(&c->source);
	free(c->name);
	free(c->row);
	free(c->header);
	free(c->column);
	free(c->cell);
	free(c);
}
