// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Flows from files. Captures go packet by packet into a flow table, so that a look can be had at a
 * flow when it has a certain number of packets: a model meets flows that are not over, and has to
 * be trained on such. CSV has only the ends.
 */
#include "dataset_flows.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "feature.h"
#include "field.h"
#include "frame.h"
#include "key.h"
#include "label_ndpi.h"
#include "source.h"
#include "table.h"

#define SWEEP_NS      5000000000ULL
#define PROGRESS_MASK 0xfff /* tell progress every 4,096 packets or rows */

int flows_is_capture(const char *path)
{
	static const uint8_t magics[][4] = {
		{ 0xd4, 0xc3, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0xc3, 0xd4 }, { 0x4d, 0x3c, 0xb2, 0xa1 },
		{ 0xa1, 0xb2, 0x3c, 0x4d }, { 0x0a, 0x0d, 0x0d, 0x0a }, { 0x34, 0xcd, 0xb2, 0xa1 },
		{ 0xa1, 0xb2, 0xcd, 0x34 },
	};
	struct source source;
	const uint8_t *first;
	int result;
	size_t i;

	if (!strcmp(path, "-"))
		return 0; /* what is looked at could not be put back */
	result = source_open(&source, path);
	if (result)
		return result;
	first = source_fill(&source, 4);
	for (i = 0; first && i < sizeof(magics) / sizeof(magics[0]); i++)
		if (!memcmp(first, magics[i], 4))
			result = 1;
	source_close(&source);
	return result;
}

/* A capture being read. */
struct reading {
	const struct flows_options *o;
	const char *path;
	struct table *table;
	struct label_ndpi *ndpi; /* NULL: not asked for */
	int stopped;             /* what take() returned */
	double values[FEATURE_FIELDS];
};

static uint64_t flow_number(const struct flow_record *r)
{
	struct flow_key key = r->key;

	key_make_canonical(&key);
	return (uint64_t)key_hash(&key, 1) << 32 ^ key_hash(&key, 2) ^
	       r->start_ns * 0x9e3779b97f4a7c15ULL;
}

static void show(struct reading *g, const struct flow_record *r, bool is_snapshot)
{
	const struct flows_options *o = g->o;
	struct flows_view view = {
		.path = g->path,
		.values = g->values,
		.record = r,
		.flow = flow_number(r),
		.packets = (uint64_t)r->fwd->packets + r->rev->packets,
		.is_snapshot = is_snapshot,
		.who = { .file = -1,
		         .src_port = r->key.src_port,
		         .dst_port = r->key.dst_port,
		         .protocol = r->key.protocol,
		         .start_ns = r->start_ns,
		         .end_ns = r->end_ns },
	};
	size_t i;

	if (g->stopped)
		return;
	memcpy(view.who.src, r->key.src, 16);
	memcpy(view.who.dst, r->key.dst, 16);
	if (g->ndpi && !is_snapshot)
		view.label = label_ndpi_find(g->ndpi, &r->key, r->end == RECORD_ACTIVE);
	for (i = 0; i < o->n_needed; i++)
		g->values[o->needed[i]] = feature_field_value(o->needed[i], r);
	g->stopped = o->take(o->arg, &view);
}

static void emit(void *arg, const struct flow_record *record)
{
	struct flow_record r = *record;

	r.wall_ns = 0;
	show(arg, &r, false);
}

static void look(struct reading *g)
{
	struct flow_record r;
	uint64_t packets;
	size_t i;

	if (!table_last(g->table, &r))
		return;
	r.wall_ns = 0;
	packets = (uint64_t)r.fwd->packets + r.rev->packets;
	for (i = 0; i < g->o->n_snapshots; i++)
		if (packets == g->o->snapshot[i])
			show(g, &r, true);
}

/* Behind the table, which reports a flow of the same key that is over when the packet comes. */
static int label_packet(struct reading *g, const struct flow_packet *k,
                        const struct capture_packet *frame)
{
	struct flow_record r;

	if (!g->ndpi || !table_last(g->table, &r))
		return 0;
	return label_ndpi_add(g->ndpi, k, frame->data, frame->captured);
}

static int add_frame(struct reading *g, const struct capture_packet *frame)
{
	struct flow_packet k;

	if (frame_parse(&k, frame) != FLOW_OK)
		return 0;
	if (table_add_packet(g->table, &k) || label_packet(g, &k, frame))
		return -ENOMEM;
	if (g->o->n_snapshots)
		look(g);
	return 0;
}

static int read_packets(struct reading *g, struct capture *capture, char *error, size_t size)
{
	enum capture_status status;
	struct capture_packet frame;
	uint64_t next_sweep_ns = 0, n = 0;

	while ((status = capture_next(capture, &frame)) == CAPTURE_PACKET && !g->stopped) {
		if (frame.time_ns >= next_sweep_ns) {
			table_sweep(g->table, frame.time_ns);
			if (g->ndpi)
				label_ndpi_sweep(g->ndpi, frame.time_ns);
			next_sweep_ns = frame.time_ns + SWEEP_NS;
		}
		if (add_frame(g, &frame)) {
			snprintf(error, size, "%s: no memory for more flows; try --max-flows",
			         g->path);
			return -ENOMEM;
		}
		if (g->o->progress && !(++n & PROGRESS_MASK))
			g->o->progress(g->o->progress_arg, capture_progress(capture));
	}
	table_flush(g->table, RECORD_FORCED);
	if (g->stopped || status != CAPTURE_FAILED)
		return g->stopped;
	snprintf(error, size, "%s", capture_error(capture));
	return -EIO;
}

static int read_capture(const struct flows_options *o, const char *path, char *error, size_t size)
{
	struct reading g = { .o = o, .path = path };
	struct table_config config = {
		.idle_ns = o->idle_ns,
		.active_ns = o->active_ns,
		.max_flows = o->max_flows,
		.emit = emit,
		.arg = &g,
	};
	struct capture *capture = capture_open(path, error, size);
	int result = -EINVAL;

	if (!capture)
		return result;
	if (o->by_ndpi)
		g.ndpi = label_ndpi_new(o->max_flows, o->idle_ns, error, size);
	g.table = table_new(&config);
	if (!g.table)
		snprintf(error, size, "%s: no memory for a flow table", path);
	else if (!o->by_ndpi || g.ndpi)
		result = read_packets(&g, capture, error, size);
	table_free(g.table);
	label_ndpi_free(g.ndpi);
	capture_close(capture);
	return result;
}

/* Which columns say who a flow was; -1: the file does not tell. */
struct who_columns {
	int src_ip, dst_ip, src_port, dst_port, protocol, start_time, duration, packets;
};

static int find_columns(const struct flows_options *o, struct csv *csv, const char *path,
                        int *column, struct who_columns *who, char *error, size_t size)
{
	size_t i;

	for (i = 0; i < o->n_needed; i++) {
		column[i] = csv_column(csv, fields[o->needed[i]].name);
		if (column[i] >= 0)
			continue;
		snprintf(error, size,
		         "%s: has no column '%s', which %s need; the guide's eleven columns do for "
		         "--features guide6 and guide3, 'weir read -o csv:' writes all",
		         path, fields[o->needed[i]].name, o->asked_by);
		return -EINVAL;
	}
	who->src_ip = csv_column(csv, "src_ip");
	who->dst_ip = csv_column(csv, "dst_ip");
	who->src_port = csv_column(csv, "src_port");
	who->dst_port = csv_column(csv, "dst_port");
	who->protocol = csv_column(csv, "protocol");
	who->start_time = csv_column(csv, "start_time");
	who->duration = csv_column(csv, "duration");
	who->packets = csv_column(csv, "packets");
	return 0;
}

static int read_whole(struct csv *csv, int column, double max, double *value)
{
	*value = 0;
	if (column < 0)
		return 0;
	if (csv_number(csv, column, value))
		return -EINVAL;
	if (*value >= 0 && *value <= max)
		return 0;
	return csv_fail(csv, "column '%s': %.32s is out of range", csv_column_name(csv, column),
	                csv_text(csv, column));
}

static int read_who(struct csv *csv, const struct who_columns *c, struct flows_view *view)
{
	struct label_flow *w = &view->who;
	double src_port, dst_port, protocol, duration, packets;

	if (read_whole(csv, c->src_port, 65535, &src_port) ||
	    read_whole(csv, c->dst_port, 65535, &dst_port) ||
	    read_whole(csv, c->protocol, 255, &protocol) ||
	    read_whole(csv, c->duration, 9e9, &duration) ||
	    read_whole(csv, c->packets, 1e18, &packets))
		return -EINVAL;
	w->src_port = src_port;
	w->dst_port = dst_port;
	w->protocol = protocol;
	view->packets = packets;
	if (c->src_ip >= 0 && labels_parse_address(csv_text(csv, c->src_ip), w->src))
		return csv_fail(csv, "column 'src_ip': '%.64s' is no address",
		                csv_text(csv, c->src_ip));
	if (c->dst_ip >= 0 && labels_parse_address(csv_text(csv, c->dst_ip), w->dst))
		return csv_fail(csv, "column 'dst_ip': '%.64s' is no address",
		                csv_text(csv, c->dst_ip));
	w->start_ns = 0;
	w->end_ns = UINT64_MAX;
	if (c->start_time < 0)
		return 0;
	if (csv_time(csv, c->start_time, &w->start_ns))
		return -EINVAL;
	w->end_ns = w->start_ns + (uint64_t)llround(duration * 1e9);
	return 0;
}

static int read_rows(const struct flows_options *o, struct csv *csv, const char *path,
                     const int *column, const struct who_columns *who)
{
	double values[FEATURE_FIELDS] = { 0 };
	struct flows_view view = { .path = path, .values = values, .csv = csv, .who.file = -1 };
	int status;
	size_t i;

	while ((status = csv_next(csv)) > 0) {
		for (i = 0; i < o->n_needed; i++)
			if (csv_number(csv, column[i], &values[o->needed[i]]))
				return -EINVAL;
		if (read_who(csv, who, &view))
			return -EINVAL;
		view.flow++;
		status = o->take(o->arg, &view);
		if (status)
			return status;
		if (o->progress && !(view.flow & PROGRESS_MASK))
			o->progress(o->progress_arg, csv_progress(csv));
	}
	return status;
}

static int read_csv(const struct flows_options *o, const char *path, char *error, size_t size)
{
	struct csv *csv = csv_open(path, error, size);
	struct who_columns who;
	int column[FEATURE_FIELDS], result;

	if (!csv)
		return -EINVAL;
	result = find_columns(o, csv, path, column, &who, error, size);
	if (!result) {
		result = read_rows(o, csv, path, column, &who);
		if (result == -EINVAL && *csv_error(csv))
			snprintf(error, size, "%s", csv_error(csv));
	}
	csv_close(csv);
	return result;
}

int flows_read(const struct flows_options *o, const char *path, char *error, size_t size)
{
	int is_capture = flows_is_capture(path);

	if (is_capture < 0) {
		snprintf(error, size, "%s: cannot open: %s", path, strerror(-is_capture));
		return -EINVAL;
	}
	return is_capture ? read_capture(o, path, error, size) : read_csv(o, path, error, size);
}
