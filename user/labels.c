// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Labels by five-tuple and time.
 *
 * Rows that name a whole five-tuple are chained by its hash, the same for both directions. The rest
 * are few and looked through in order. A flow and a label that name the same five-tuple belong
 * together when the label's time is within a second of the flow's, or when the label begins before
 * the flow and does not say that it has ended: one label may stand for a flow that timeouts cut.
 */
#include "labels.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "key.h"

#define TEXTS_MAX 4096
#define SLACK_NS  1000000000ULL /* clocks and roundings of whoever made the labels */

enum given {
	GIVEN_FILE = 1,
	GIVEN_SRC = 2,
	GIVEN_DST = 4,
	GIVEN_SRC_PORT = 8,
	GIVEN_DST_PORT = 16,
	GIVEN_PROTOCOL = 32,
	GIVEN_HOST = 64,
	GIVEN_START = 128,
	GIVEN_END = 256,
	GIVEN_TUPLE = GIVEN_SRC | GIVEN_DST | GIVEN_SRC_PORT | GIVEN_DST_PORT | GIVEN_PROTOCOL,
};

struct label {
	struct label_flow flow;
	uint8_t host[16];
	uint32_t given;
	uint32_t text; /* index of texts */
	uint32_t next; /* the next of its chain, + 1 */
};

struct labels {
	struct label *row;
	size_t n, capacity;
	char **file; /* absolute names */
	size_t n_files;
	char **text;
	size_t n_texts;
	uint32_t *chain; /* [n_chains], first of each, + 1 */
	uint32_t n_chains;
	uint32_t *general; /* rows without a whole five-tuple */
	size_t n_general;
};

int labels_parse_address(const char *text, uint8_t address[16])
{
	memset(address, 0, 16);
	if (inet_pton(AF_INET, text, address + 12) == 1) {
		address[10] = address[11] = 0xff;
		return 0;
	}
	return inet_pton(AF_INET6, text, address) == 1 ? 0 : -EINVAL;
}

/* The index of text in a list of strings, added if it is new; negative: no memory. */
static int64_t intern(char ***list, size_t *n, const char *text)
{
	char **larger;
	size_t i;

	for (i = *n; i > 0; i--) /* the last ones are the likeliest */
		if (!strcmp((*list)[i - 1], text))
			return i - 1;
	larger = realloc(*list, (*n + 1) * sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	*list = larger;
	larger[*n] = strdup(text);
	return larger[*n] ? (int64_t)(*n)++ : -ENOMEM;
}

/* The name a file goes by here: absolute and without links where it exists. */
static void file_name(const char *folder, const char *file, char name[PATH_MAX])
{
	char joined[PATH_MAX], *real;

	if (*file == '/' || !folder)
		snprintf(joined, sizeof(joined), "%s", file);
	else if (snprintf(joined, sizeof(joined), "%s/%s", folder, file) >= PATH_MAX)
		joined[0] = '\0';
	real = realpath(joined, NULL);
	snprintf(name, PATH_MAX, "%s", real ? real : joined);
	free(real);
}

/* What the columns are, and where; a row is read by going through them. */
struct reader {
	struct labels *labels;
	struct csv *csv;
	const char *folder;
	int column[9], label;
	char last_file[PATH_MAX];
	int64_t last_file_number;
};

static const char *const column_names[9] = { "file",     "src_ip",     "dst_ip",
	                                     "src_port", "dst_port",   "protocol",
	                                     "host",     "start_time", "end_time" };

static int read_whole(struct reader *r, int column, double max, double *value)
{
	int failed = csv_number(r->csv, column, value);

	if (!failed && (*value < 0 || *value > max || *value != (uint32_t)*value))
		failed = csv_fail(r->csv, "column '%s': '%.32s' is out of range",
		                  csv_column_name(r->csv, column), csv_text(r->csv, column));
	return failed;
}

static int read_file(struct reader *r, const char *text, int64_t *number)
{
	char name[PATH_MAX];

	if (strcmp(text, r->last_file)) {
		file_name(r->folder, text, name);
		r->last_file_number = intern(&r->labels->file, &r->labels->n_files, name);
		snprintf(r->last_file, sizeof(r->last_file), "%s", text);
	}
	*number = r->last_file_number;
	return *number < 0 ? csv_fail(r->csv, "no memory") : 0;
}

static int read_address(struct reader *r, int column, uint8_t address[16])
{
	if (labels_parse_address(csv_text(r->csv, column), address))
		return csv_fail(r->csv, "column '%s': '%.64s' is no address",
		                csv_column_name(r->csv, column), csv_text(r->csv, column));
	return 0;
}

static int read_cell(struct reader *r, int which, struct label *row)
{
	int column = r->column[which];
	double x = 0;
	int failed;

	switch (1 << which) {
	case GIVEN_FILE:
		return read_file(r, csv_text(r->csv, column), &row->flow.file);
	case GIVEN_SRC:
		return read_address(r, column, row->flow.src);
	case GIVEN_DST:
		return read_address(r, column, row->flow.dst);
	case GIVEN_HOST:
		return read_address(r, column, row->host);
	case GIVEN_SRC_PORT:
		failed = read_whole(r, column, 65535, &x);
		row->flow.src_port = x;
		return failed;
	case GIVEN_DST_PORT:
		failed = read_whole(r, column, 65535, &x);
		row->flow.dst_port = x;
		return failed;
	case GIVEN_PROTOCOL:
		failed = read_whole(r, column, 255, &x);
		row->flow.protocol = x;
		return failed;
	case GIVEN_START:
		return csv_time(r->csv, column, &row->flow.start_ns);
	default:
		return csv_time(r->csv, column, &row->flow.end_ns);
	}
}

static int read_row(struct reader *r, struct label *row)
{
	int64_t text = intern(&r->labels->text, &r->labels->n_texts, csv_text(r->csv, r->label));
	int i;

	if (text < 0)
		return csv_fail(r->csv, "no memory");
	if (text >= TEXTS_MAX)
		return csv_fail(r->csv, "is one of over %d different labels; is that the class?",
		                TEXTS_MAX);
	memset(row, 0, sizeof(*row));
	row->flow.end_ns = UINT64_MAX;
	row->text = text;
	for (i = 0; i < 9; i++) {
		if (r->column[i] < 0 || !*csv_text(r->csv, r->column[i]))
			continue;
		row->given |= 1 << i;
		if (read_cell(r, i, row))
			return -EINVAL;
	}
	if (!row->given)
		return csv_fail(r->csv, "says of nothing that it is '%.32s'",
		                csv_text(r->csv, r->label));
	return 0;
}

static int read_rows(struct reader *r)
{
	struct labels *l = r->labels;
	struct label *larger;
	int status;

	while ((status = csv_next(r->csv)) > 0) {
		if (l->n == l->capacity) {
			l->capacity = l->capacity ? 2 * l->capacity : 1024;
			larger = realloc(l->row, l->capacity * sizeof(*larger));
			if (!larger)
				return csv_fail(r->csv, "no memory");
			l->row = larger;
		}
		if (read_row(r, &l->row[l->n]))
			return -EINVAL;
		l->n++;
	}
	return status;
}

static uint32_t flow_hash(const struct label_flow *flow)
{
	struct flow_key key;

	memset(&key, 0, sizeof(key));
	memcpy(key.src, flow->src, 16);
	memcpy(key.dst, flow->dst, 16);
	key.src_port = flow->src_port;
	key.dst_port = flow->dst_port;
	key.protocol = flow->protocol;
	key_make_canonical(&key);
	return key_hash(&key, 0);
}

/* Rows are chained from the last to the first, so that a chain is in the file's order. */
static int make_chains(struct labels *l)
{
	size_t i;

	for (l->n_chains = 16; l->n_chains < 2 * l->n; l->n_chains *= 2)
		;
	l->chain = calloc(l->n_chains, sizeof(*l->chain));
	l->general = calloc(l->n + 1, sizeof(*l->general));
	if (!l->chain || !l->general)
		return -ENOMEM;
	for (i = 0; i < l->n; i++)
		if ((l->row[i].given & GIVEN_TUPLE) != GIVEN_TUPLE)
			l->general[l->n_general++] = i;
	for (i = l->n; i-- > 0;) {
		uint32_t *first = &l->chain[flow_hash(&l->row[i].flow) & (l->n_chains - 1)];

		if ((l->row[i].given & GIVEN_TUPLE) != GIVEN_TUPLE)
			continue;
		l->row[i].next = *first;
		*first = i + 1;
	}
	return 0;
}

static int load(struct reader *r, const char *path, char *error, size_t size)
{
	int i, failed;

	r->csv = csv_open(path, error, size);
	if (!r->csv)
		return -EINVAL;
	for (i = 0; i < 9; i++)
		r->column[i] = csv_column(r->csv, column_names[i]);
	r->label = csv_column(r->csv, "label");
	if (r->label < 0) {
		snprintf(error, size, "%s: has no column 'label'; its header has to name one",
		         path);
		return -EINVAL;
	}
	failed = read_rows(r);
	if (failed)
		snprintf(error, size, "%s", csv_error(r->csv));
	else if ((failed = make_chains(r->labels)))
		snprintf(error, size, "%s: no memory", path);
	return failed;
}

struct labels *labels_open(const char *path, char *error, size_t size)
{
	struct reader r = { .labels = calloc(1, sizeof(struct labels)) };
	char *copy = strdup(path);
	int failed = -ENOMEM;

	if (r.labels && copy) {
		r.folder = dirname(copy);
		failed = load(&r, path, error, size);
	} else {
		snprintf(error, size, "%s: no memory", path);
	}
	csv_close(r.csv);
	free(copy);
	if (!failed)
		return r.labels;
	labels_free(r.labels);
	return NULL;
}

void labels_free(struct labels *l)
{
	size_t i;

	if (!l)
		return;
	for (i = 0; i < l->n_files; i++)
		free(l->file[i]);
	for (i = 0; i < l->n_texts; i++)
		free(l->text[i]);
	free(l->file);
	free(l->text);
	free(l->row);
	free(l->chain);
	free(l->general);
	free(l);
}

int64_t labels_file(const struct labels *l, const char *path)
{
	char name[PATH_MAX];
	size_t i;

	file_name(NULL, path, name);
	for (i = 0; i < l->n_files; i++)
		if (!strcmp(l->file[i], name))
			return i;
	return -1;
}

static bool same_flow(const struct label_flow *a, const struct label_flow *b)
{
	if (a->protocol != b->protocol)
		return false;
	if (a->src_port == b->src_port && a->dst_port == b->dst_port &&
	    !memcmp(a->src, b->src, 16) && !memcmp(a->dst, b->dst, 16))
		return true;
	return a->src_port == b->dst_port && a->dst_port == b->src_port &&
	       !memcmp(a->src, b->dst, 16) && !memcmp(a->dst, b->src, 16);
}

static bool file_fits(const struct label *row, int64_t file)
{
	return !(row->given & GIVEN_FILE) || row->flow.file == file;
}

/* How far a flow begins from the label, or UINT64_MAX where they cannot be the same. */
static uint64_t time_between(const struct label *row, const struct label_flow *flow)
{
	uint64_t from = row->flow.start_ns, to = row->flow.end_ns;

	if (!(row->given & (GIVEN_START | GIVEN_END)))
		return UINT64_MAX - 1; /* always, if nothing is nearer */
	if ((row->given & GIVEN_START) && from > flow->end_ns && from - flow->end_ns > SLACK_NS)
		return UINT64_MAX;
	if ((row->given & GIVEN_END) && to < flow->start_ns && flow->start_ns - to > SLACK_NS)
		return UINT64_MAX;
	return from > flow->start_ns ? from - flow->start_ns : flow->start_ns - from;
}

static bool general_fits(const struct label *row, const struct label_flow *flow)
{
	uint32_t given = row->given;

	return !((given & GIVEN_SRC && memcmp(row->flow.src, flow->src, 16)) ||
	         (given & GIVEN_DST && memcmp(row->flow.dst, flow->dst, 16)) ||
	         (given & GIVEN_SRC_PORT && row->flow.src_port != flow->src_port) ||
	         (given & GIVEN_DST_PORT && row->flow.dst_port != flow->dst_port) ||
	         (given & GIVEN_PROTOCOL && row->flow.protocol != flow->protocol) ||
	         (given & GIVEN_HOST && memcmp(row->host, flow->src, 16) &&
	          memcmp(row->host, flow->dst, 16)) ||
	         (given & GIVEN_START && row->flow.start_ns > flow->end_ns) ||
	         (given & GIVEN_END && row->flow.end_ns < flow->start_ns));
}

const char *labels_find(const struct labels *l, const struct label_flow *flow)
{
	uint32_t i = l->chain[flow_hash(flow) & (l->n_chains - 1)];
	const struct label *best = NULL, *row;
	uint64_t nearest = UINT64_MAX, apart;
	size_t k;

	for (; i; i = row->next) {
		row = &l->row[i - 1];
		if (!file_fits(row, flow->file) || !same_flow(&row->flow, flow))
			continue;
		apart = time_between(row, flow);
		if (apart < nearest) {
			nearest = apart;
			best = row;
		}
	}
	for (k = 0; !best && k < l->n_general; k++) {
		row = &l->row[l->general[k]];
		if (file_fits(row, flow->file) && general_fits(row, flow))
			best = row;
	}
	return best ? l->text[best->text] : NULL;
}

const char *labels_find_host(const struct labels *l, int64_t file, const uint8_t host[16],
                             uint64_t start_ns, uint64_t end_ns)
{
	const struct label *row;
	size_t k;

	for (k = 0; k < l->n_general; k++) {
		row = &l->row[l->general[k]];
		if (row->given & GIVEN_TUPLE || !file_fits(row, file) ||
		    (row->given & GIVEN_HOST && memcmp(row->host, host, 16)) ||
		    (row->given & GIVEN_START && row->flow.start_ns > end_ns) ||
		    (row->given & GIVEN_END && row->flow.end_ns < start_ns))
			continue;
		return l->text[row->text];
	}
	return NULL;
}
