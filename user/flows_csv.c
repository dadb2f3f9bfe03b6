// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Flow records out of CSV.
 *
 * The columns are found by name, so that other columns, their order and their number do not matter.
 * Rates are not read: bytes, packets and duration give them. A cell that is not what its column
 * says is an error with its line, never a guess. csv.c is the reader for those who want all cells.
 */
#include "flows_csv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "flows_csv_cut.h"
#include "source.h"

#define SECONDS_MAX 9000000000ULL /* so that nanoseconds fit; later times are this */

enum column {
	SRC_IP,
	DST_IP,
	SRC_PORT,
	DST_PORT,
	PROTOCOL,
	DURATION,
	BYTES,
	PACKETS,
	START_TIME,
	CLASS,
	CLASS_PROBABILITY,
	ANOMALY_SCORE,
	IS_ANOMALY,
	ANOMALY_REASONS,
	N_COLUMNS,
};

static const struct {
	const char *name;
	bool needed;
} columns[] = {
	[SRC_IP] = { "src_ip", true },
	[DST_IP] = { "dst_ip", true },
	[SRC_PORT] = { "src_port", false },
	[DST_PORT] = { "dst_port", false },
	[PROTOCOL] = { "protocol", true },
	[DURATION] = { "duration", true },
	[BYTES] = { "bytes", true },
	[PACKETS] = { "packets", true },
	[START_TIME] = { "start_time", false },
	[CLASS] = { "class", false },
	[CLASS_PROBABILITY] = { "class_probability", false },
	[ANOMALY_SCORE] = { "anomaly_score", false },
	[IS_ANOMALY] = { "is_anomaly", false },
	[ANOMALY_REASONS] = { "anomaly_reasons", false },
};
_Static_assert(sizeof(columns) / sizeof(columns[0]) == N_COLUMNS, "a column has no name");
_Static_assert(N_COLUMNS <= FLOWS_CUT_WANTED, "more columns than are cut");

struct flows_csv {
	struct source source;
	struct flows_cut cut;
	int8_t slot[N_COLUMNS]; /* index in cut.cell; -1: the column is not there */
	uint64_t lines;         /* line ends passed */
	uint64_t line;          /* of the row at hand */
	char *name;
	char error[512];
};

static int refuse(struct flows_csv *f, const char *what)
{
	snprintf(f->error, sizeof(f->error), "%s: line %llu: %s", f->name,
	         (unsigned long long)f->line, what);
	return -EINVAL;
}

static int refuse_cell(struct flows_csv *f, enum column c, const char *wanted)
{
	struct flows_text cell = f->cut.cell[f->slot[c]];

	snprintf(f->error, sizeof(f->error), "%s: line %llu: column '%s': '%.*s' is no %s", f->name,
	         (unsigned long long)f->line, columns[c].name, (int)(cell.n < 32 ? cell.n : 32),
	         cell.at, wanted);
	return -EINVAL;
}

/* Digits alone, at most max. */
static int read_whole(struct flows_csv *f, enum column c, uint64_t max, uint64_t *value)
{
	struct flows_text cell;
	uint64_t x = 0;
	size_t i;

	*value = 0;
	if (f->slot[c] < 0)
		return 0;
	cell = f->cut.cell[f->slot[c]];
	if (!cell.n || cell.n > 19)
		return refuse_cell(f, c, "count");
	for (i = 0; i < cell.n; i++) {
		if ((unsigned char)(cell.at[i] - '0') > 9)
			return refuse_cell(f, c, "count");
		x = x * 10 + (uint64_t)(cell.at[i] - '0');
	}
	*value = x;
	return x <= max ? 0 : refuse_cell(f, c, "count in range");
}

/*
 * Digits with at most one point, as nearly all numbers are: exact, since whole numbers below 1e15
 * and powers of ten up to 1e15 are, and a quotient is rounded once. False: it is written otherwise.
 */
static bool read_plain(struct flows_text cell, double *value)
{
	size_t i = cell.n && cell.at[0] == '-', digits = 0;
	double power = 1, per = 1;
	uint64_t x = 0;

	for (; i < cell.n; i++) {
		if (cell.at[i] == '.' && per == 1) {
			per = 10;
			continue;
		}
		if ((unsigned char)(cell.at[i] - '0') > 9 || ++digits > 15)
			return false;
		x = x * 10 + (uint64_t)(cell.at[i] - '0');
		power *= per;
	}
	*value = (cell.at[0] == '-' ? -(double)x : (double)x) / power;
	return digits > 0;
}

/* A number, NaN where the cell is empty or the column absent. */
static int read_real(struct flows_csv *f, enum column c, double *value)
{
	struct flows_text cell;
	char text[64], *end;

	*value = NAN;
	if (f->slot[c] < 0 || !f->cut.cell[f->slot[c]].n)
		return 0;
	cell = f->cut.cell[f->slot[c]];
	if (read_plain(cell, value))
		return 0;
	if (cell.n >= sizeof(text))
		return refuse_cell(f, c, "number");
	memcpy(text, cell.at, cell.n);
	text[cell.n] = '\0';
	*value = strtod(text, &end);
	return *end || !isfinite(*value) ? refuse_cell(f, c, "number") : 0;
}

/* Seconds as other programs write them: 6e-06. */
static int read_exponent(struct flows_csv *f, enum column c, uint64_t *ns)
{
	double seconds;

	if (read_real(f, c, &seconds) || isnan(seconds) || seconds < 0 || seconds > SECONDS_MAX)
		return refuse_cell(f, c, "number of seconds");
	*ns = (uint64_t)llround(seconds * 1e9);
	return 0;
}

/* Seconds, exactly, as nanoseconds. */
static int read_time(struct flows_csv *f, enum column c, uint64_t *ns)
{
	uint64_t seconds = 0, part = 0, unit = 1000000000;
	struct flows_text cell;
	size_t i = 0;

	*ns = 0;
	if (f->slot[c] < 0)
		return 0;
	cell = f->cut.cell[f->slot[c]];
	for (; i < cell.n && (unsigned char)(cell.at[i] - '0') <= 9; i++)
		if (seconds < SECONDS_MAX)
			seconds = seconds * 10 + (uint64_t)(cell.at[i] - '0');
	if (!i || (i < cell.n && cell.at[i] != '.'))
		return read_exponent(f, c, ns);
	for (i++; i < cell.n; i++) {
		if ((unsigned char)(cell.at[i] - '0') > 9)
			return read_exponent(f, c, ns);
		unit /= 10;
		part += (uint64_t)(cell.at[i] - '0') * unit;
	}
	*ns = (seconds < SECONDS_MAX ? seconds : SECONDS_MAX) * 1000000000 + part;
	return 0;
}

static bool is_word(struct flows_text cell, const char *word)
{
	return cell.n == strlen(word) && !memcmp(cell.at, word, cell.n);
}

/* As weir, pandas and people write them. */
static int read_truth(struct flows_csv *f, enum column c, bool *value)
{
	struct flows_text cell;

	*value = false;
	if (f->slot[c] < 0 || !f->cut.cell[f->slot[c]].n)
		return 0;
	cell = f->cut.cell[f->slot[c]];
	*value = is_word(cell, "1") || is_word(cell, "true") || is_word(cell, "True");
	if (*value || is_word(cell, "0") || is_word(cell, "false") || is_word(cell, "False"))
		return 0;
	return refuse_cell(f, c, "0 or 1");
}

static struct flows_text text_of(const struct flows_csv *f, enum column c)
{
	return f->slot[c] < 0 ? (struct flows_text){ "", 0 } : f->cut.cell[f->slot[c]];
}

int flows_csv_next(struct flows_csv *f, struct flows_row *row)
{
	uint64_t protocol, src_port, dst_port;
	const char *why;
	int got;

	f->line = f->lines + 1;
	got = flows_cut_next(&f->cut, &f->source, &f->lines, &why);
	if (got <= 0)
		return got ? refuse(f, why) : 0;
	if (read_whole(f, SRC_PORT, 65535, &src_port) ||
	    read_whole(f, DST_PORT, 65535, &dst_port) || read_whole(f, PROTOCOL, 255, &protocol) ||
	    read_whole(f, BYTES, 1ULL << 60, &row->bytes) ||
	    read_whole(f, PACKETS, 1ULL << 60, &row->packets) ||
	    read_time(f, DURATION, &row->duration_ns) || read_time(f, START_TIME, &row->start_ns) ||
	    read_real(f, CLASS_PROBABILITY, &row->probability) ||
	    read_real(f, ANOMALY_SCORE, &row->score) || read_truth(f, IS_ANOMALY, &row->is_anomaly))
		return -EINVAL;
	row->src_ip = text_of(f, SRC_IP);
	row->dst_ip = text_of(f, DST_IP);
	row->class_name = text_of(f, CLASS);
	row->reasons = text_of(f, ANOMALY_REASONS);
	row->src_port = (uint16_t)src_port;
	row->dst_port = (uint16_t)dst_port;
	row->protocol = (uint8_t)protocol;
	return 1;
}

static int find_columns(struct flows_csv *f)
{
	char what[160];
	size_t i;
	int c;

	memset(f->slot, -1, sizeof(f->slot));
	for (i = 0; i < f->cut.n_columns; i++) {
		for (c = 0; c < N_COLUMNS && !is_word(f->cut.all[i], columns[c].name); c++)
			;
		if (c == N_COLUMNS)
			continue;
		if (f->slot[c] >= 0) {
			snprintf(what, sizeof(what), "the column '%s' is there twice",
			         columns[c].name);
			return refuse(f, what);
		}
		f->slot[c] = (int8_t)f->cut.n_wanted;
		f->cut.column[f->cut.n_wanted++] = (uint16_t)i;
	}
	for (c = 0; c < N_COLUMNS; c++) {
		if (!columns[c].needed || f->slot[c] >= 0)
			continue;
		snprintf(what, sizeof(what),
		         "there is no column '%s'; flow records are what weir read -o csv:FILE "
		         "writes",
		         columns[c].name);
		return refuse(f, what);
	}
	return 0;
}

/* The first bytes of pcap, in either byte order and resolution, and of pcapng. */
static bool is_capture(struct source *s)
{
	static const uint8_t magics[][4] = {
		{ 0xd4, 0xc3, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0xc3, 0xd4 }, { 0x4d, 0x3c, 0xb2, 0xa1 },
		{ 0xa1, 0xb2, 0x3c, 0x4d }, { 0x0a, 0x0d, 0x0d, 0x0a },
	};
	const uint8_t *first = source_peek(s, 4);
	size_t i;

	for (i = 0; first && i < sizeof(magics) / sizeof(magics[0]); i++)
		if (!memcmp(first, magics[i], 4))
			return true;
	return false;
}

static int read_header(struct flows_csv *f)
{
	const char *why = "";
	int n;

	f->line = 1;
	if (is_capture(&f->source)) {
		snprintf(f->error, sizeof(f->error),
		         "%s: cannot read flow records: this is a capture; make them first: weir "
		         "read -o csv:flows.csv %s",
		         f->name, f->name);
		return -EINVAL;
	}
	n = flows_cut_header(&f->cut, &f->source, &f->lines, &why);
	if (n > CSV_COLUMNS_MAX)
		return refuse(f, "has too many columns; is this a CSV file?");
	if (n < 0)
		return refuse(f, why);
	if (!n)
		return refuse(f, "is empty; a header with the names of the columns is expected");
	f->cut.n_columns = (size_t)n;
	return find_columns(f);
}

struct flows_csv *flows_csv_open(const char *path, char *error, size_t size)
{
	struct flows_csv *f = calloc(1, sizeof(*f));
	int failed;

	if (!f) {
		snprintf(error, size, "%s: no memory", path);
		return NULL;
	}
	failed = source_open(&f->source, path);
	if (failed) {
		snprintf(error, size, "%s: cannot open: %s", path, strerror(-failed));
		free(f);
		return NULL;
	}
	f->name = strdup(path);
	if (!f->name)
		snprintf(f->error, sizeof(f->error), "%s: no memory", path);
	if (f->name && !read_header(f))
		return f;
	snprintf(error, size, "%s", f->error);
	flows_csv_close(f);
	return NULL;
}

bool flows_csv_has_times(const struct flows_csv *f)
{
	return f->slot[START_TIME] >= 0;
}

const char *flows_csv_error(const struct flows_csv *f)
{
	return f->error;
}

double flows_csv_progress(const struct flows_csv *f)
{
	return source_progress(&f->source);
}

void flows_csv_close(struct flows_csv *f)
{
	if (!f)
		return;
	source_close(&f->source);
	flows_cut_clear(&f->cut);
	free(f->name);
	free(f);
}
