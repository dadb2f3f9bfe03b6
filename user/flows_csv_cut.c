// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rows out of CSV bytes, quickly.
 *
 * A record of weir has some 150 cells, of which a picture wants a dozen: the first ones and, where
 * models judged, the last ones. A row without quotes, as nearly all are, is not copied: its end is
 * found by memchr(), its commas are counted eight bytes at a time, and the wanted cells are looked
 * for from the nearer end. A row with quotes is copied and cut in full.
 */
#include "flows_csv_cut.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

#define ONES  0x0101010101010101ULL
#define LOWS  0x7f7f7f7f7f7f7f7fULL
#define BATCH (255 * 8) /* bytes until a lane of the sum could overflow */

/* A one in each byte of eight that is a comma. */
static uint64_t commas_in(uint64_t eight)
{
	uint64_t x = eight ^ (ONES * ',');

	return (~(((x & LOWS) + LOWS) | x | LOWS) >> 7) & ONES;
}

static size_t sum_lanes(uint64_t lanes)
{
	lanes = (lanes & 0x00ff00ff00ff00ffULL) + (lanes >> 8 & 0x00ff00ff00ff00ffULL);
	return (lanes * 0x0001000100010001ULL) >> 48;
}

static size_t count_commas(const char *p, const char *end)
{
	uint64_t eight, lanes;
	const char *stop;
	size_t n = 0;

	while (end - p >= 8) {
		stop = end - p > BATCH ? p + BATCH : end;
		for (lanes = 0; stop - p >= 8; p += 8) {
			memcpy(&eight, p, 8);
			lanes += commas_in(eight);
		}
		n += sum_lanes(lanes);
	}
	for (; p < end; p++)
		n += *p == ',';
	return n;
}

/* The wanted cells of columns up to the middle, from the front. Returns how many they were. */
static size_t cut_front(struct flows_cut *cut, const char *p, const char *end, size_t middle)
{
	size_t column = 0, i;
	const char *from;

	for (i = 0; i < cut->n_wanted && cut->column[i] <= middle; i++) {
		for (; column < cut->column[i]; column++) {
			while (*p != ',')
				p++;
			p++;
		}
		for (from = p; p < end && *p != ','; p++)
			;
		cut->cell[i] = (struct flows_text){ from, (size_t)(p - from) };
	}
	return i;
}

/* The wanted cells first.. from the back, where the row has n_columns. */
static void cut_back(struct flows_cut *cut, const char *start, const char *end, size_t first)
{
	size_t column = cut->n_columns - 1, i;
	const char *to = end;

	for (i = cut->n_wanted; i-- > first; column--) {
		for (; column > cut->column[i]; column--) {
			while (*--to != ',')
				;
		}
		for (end = to; to > start && to[-1] != ','; to--)
			;
		cut->cell[i] = (struct flows_text){ to, (size_t)(end - to) };
		if (to > start)
			to--;
	}
}

static int cut_plain(struct flows_cut *cut, const char *p, const char *end, const char **why)
{
	size_t middle = cut->n_columns / 2;

	*why = "has more or fewer cells than the header";
	if (count_commas(p, end) + 1 != cut->n_columns)
		return -EINVAL;
	cut_back(cut, p, end, cut_front(cut, p, end, middle));
	return 1;
}

/* Take the quotes off the cell at *p, which begins with one; false: the closing one is missing. */
static bool unquote(char **p, const char *end, struct flows_text *cell)
{
	char *to = *p, *from = *p + 1;

	cell->at = to;
	for (; from < end; *to++ = *from++) {
		if (*from != '"')
			continue;
		if (from + 1 == end || from[1] != '"')
			break;
		from++;
	}
	cell->n = (size_t)(to - cell->at);
	*p = from + 1;
	return from < end;
}

/*
 * Cut a row that may have quotes, in place, into at most max cells. How many there are; negative:
 * text behind a closing quote, or more than max.
 */
static int cut_quoted(char *row, size_t length, struct flows_text *cell, size_t max)
{
	const char *end = row + length;
	char *p = row;
	size_t n = 0;

	for (;; p++) {
		if (n == max)
			return -EINVAL;
		cell[n] = (struct flows_text){ p, 0 };
		if (p < end && *p == '"') {
			if (!unquote(&p, end, &cell[n]))
				return -EINVAL;
		} else {
			while (p < end && *p != ',')
				p++;
			cell[n].n = (size_t)(p - cell[n].at);
		}
		n++;
		if (p == end)
			return (int)n;
		if (*p != ',')
			return -EINVAL;
	}
}

/* Copy a row and cut it into cut->all, which has room for n_columns. How many there are. */
static int copy_row(struct flows_cut *cut, const char *p, size_t n, const char **why)
{
	char *larger;
	int found;

	*why = "no memory";
	if (n > cut->capacity) {
		larger = realloc(cut->copy, n);
		if (!larger)
			return -ENOMEM;
		cut->copy = larger;
		cut->capacity = n;
	}
	memcpy(cut->copy, p, n);
	found = cut_quoted(cut->copy, n, cut->all, cut->n_columns);
	*why = "has text behind a closing quote, or more cells than the header";
	return found;
}

static int cut_copy(struct flows_cut *cut, const char *p, size_t n, const char **why)
{
	int found = copy_row(cut, p, n, why);
	size_t i;

	if (found < 0)
		return found;
	*why = "has fewer cells than the header";
	if ((size_t)found != cut->n_columns)
		return -EINVAL;
	for (i = 0; i < cut->n_wanted; i++)
		cut->cell[i] = cut->all[cut->column[i]];
	return 1;
}

/* Length of the row at p, with its LF; 0: it does not end in n bytes. Quotes may hold line ends. */
static size_t row_length(const char *p, size_t n, uint64_t *lines)
{
	const char *lf = memchr(p, '\n', n);
	bool quoted = false;
	size_t i;

	*lines = 1;
	if (!lf || !memchr(p, '"', (size_t)(lf - p)))
		return lf ? (size_t)(lf - p) + 1 : 0;
	for (*lines = 0, i = 0; i < n; i++) {
		quoted ^= p[i] == '"';
		if (p[i] != '\n')
			continue;
		++*lines;
		if (!quoted)
			return i + 1;
	}
	return 0;
}

/* Make the next row be at hand whole: its length, 0 at the end, or negative. */
static ssize_t find_row(struct source *s, uint64_t *lines, const char **why)
{
	size_t n, left;

	for (;;) {
		left = source_left(s);
		n = row_length((const char *)s->pos, left, lines);
		if (n)
			return (ssize_t)n;
		*why = "is longer than 1 MB; is this a CSV file?";
		if (left > FLOWS_CUT_ROW_MAX)
			return -EINVAL;
		if (source_fill(s, left + 1))
			continue;
		*why = source_error(s);
		return **why ? -EIO : (ssize_t)left; /* the last line may lack its LF */
	}
}

/* The next row that is not empty, without its line end: 1, 0 or negative. */
static int take_row(struct source *s, struct flows_text *row, uint64_t *lines, const char **why)
{
	uint64_t passed;
	ssize_t n;

	do {
		n = find_row(s, &passed, why);
		if (n <= 0)
			return (int)n;
		*lines += passed;
		row->at = (const char *)s->pos;
		s->pos += n;
		if (n && row->at[n - 1] == '\n')
			n--;
		if (n && row->at[n - 1] == '\r')
			n--;
	} while (!n);
	row->n = (size_t)n;
	*why = "has a NUL byte; this is no CSV file";
	return memchr(row->at, 0, row->n) ? -EINVAL : 1;
}

int flows_cut_next(struct flows_cut *cut, struct source *source, uint64_t *lines, const char **why)
{
	struct flows_text row;
	int got = take_row(source, &row, lines, why);

	if (got <= 0)
		return got;
	if (memchr(row.at, '"', row.n))
		return cut_copy(cut, row.at, row.n, why);
	return cut_plain(cut, row.at, row.at + row.n, why);
}

int flows_cut_header(struct flows_cut *cut, struct source *source, uint64_t *lines,
                     const char **why)
{
	struct flows_text row;
	int got = take_row(source, &row, lines, why);

	if (got <= 0)
		return got;
	if (row.n > 3 && !memcmp(row.at, "\xef\xbb\xbf", 3)) { /* a byte order mark */
		row.at += 3;
		row.n -= 3;
	}
	cut->n_columns = count_commas(row.at, row.at + row.n) + 1;
	cut->all = calloc(cut->n_columns, sizeof(*cut->all));
	*why = "no memory";
	return cut->all ? copy_row(cut, row.at, row.n, why) : -ENOMEM;
}

void flows_cut_clear(struct flows_cut *cut)
{
	free(cut->all);
	free(cut->copy);
}
