// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A report's numbers as JSON. Flows shown as points are arrays, their columns named once, so that
 * 20,000 of them are some 2 MB. Real numbers there have six digits: enough for the eye.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "books.h"
#include "field.h"
#include "plot.h"
#include "plot_bars.h"
#include "report.h"

#define BINS      1500
#define BARS      50
#define LANES     100
#define ANOMALIES 500
#define UNFLAGGED 20 /* of the most unusual, where none is called an anomaly */

static void put_text(struct buf *b, const char *key, const char *value)
{
	buf_format(b, ",\"%s\":", key);
	field_put_json_text(b, value);
}

static void put_six(struct buf *b, double value)
{
	if (isfinite(value))
		buf_format(b, "%.6g", value);
	else
		buf_text(b, "null");
}

static void put_sum(struct buf *b, const struct plot_sum *sum)
{
	buf_format(b, "\"flows\":%" PRIu64 ",\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64,
	           sum->flows, sum->packets, sum->bytes);
}

static void put_files(struct buf *b, const struct report *r)
{
	size_t i;

	buf_text(b, ",\"files\":[");
	for (i = 0; i < r->n_files; i++) {
		buf_text(b, i ? "," : "");
		field_put_json_text(b, r->files[i]);
	}
	buf_char(b, ']');
}

static void put_summary(struct buf *b, const struct plot_data *d, const struct report *r)
{
	buf_text(b, "\"weir\":\"" WEIR_VERSION "\"");
	if (r->title)
		put_text(b, "title", r->title);
	put_files(b, r);
	buf_text(b, ",\"total\":{");
	put_sum(b, &d->all);
	buf_format(b,
	           ",\"hosts\":%" PRIu64 ",\"hosts_exact\":%s,\"classed\":%" PRIu64
	           ",\"scored\":%" PRIu64 ",\"anomalies\":%" PRIu64 "}",
	           plot_top_names(d->hosts), plot_top_error(d->hosts) ? "false" : "true",
	           d->classed, d->scored, d->unusual);
	if (d->scored) {
		buf_text(b, ",\"scores\":[");
		put_six(b, d->least_score);
		buf_char(b, ',');
		put_six(b, d->most_score);
		buf_char(b, ']');
	}
	if (d->all.flows && !d->untimed) {
		buf_text(b, ",\"first\":");
		buf_seconds(b, d->first_ns);
		buf_text(b, ",\"last\":");
		buf_seconds(b, d->last_ns);
	}
}

static void put_palette(struct buf *b)
{
	int i;

	buf_text(b, ",\"palette\":[");
	for (i = 0; i < PLOT_PALETTE; i++)
		buf_format(b, "%s\"%s\"", i ? "," : "", plot_palette[i]);
	buf_char(b, ']');
}

static void put_volume(struct buf *b, struct plot_bins *bins)
{
	size_t i;

	plot_bins_coarsen(bins, BINS);
	buf_text(b, ",\"volume\":{\"start\":");
	buf_seconds(b, bins->first * plot_bins_width(bins));
	buf_text(b, ",\"width\":");
	buf_seconds(b, plot_bins_width(bins));
	buf_text(b, ",\"bytes\":[");
	for (i = 0; i < bins->used; i++)
		buf_format(b, "%s%" PRIu64, i ? "," : "", bins->bin[i].bytes);
	buf_text(b, "],\"packets\":[");
	for (i = 0; i < bins->used; i++)
		buf_format(b, "%s%" PRIu64, i ? "," : "", bins->bin[i].packets);
	buf_text(b, "]}");
}

static void put_bars(struct buf *b, const char *key, const struct plot_bars *bars)
{
	size_t i;

	buf_format(b, ",\"%s\":{\"bars\":[", key);
	for (i = 0; i < bars->used; i++) {
		buf_text(b, i ? ",{\"name\":" : "{\"name\":");
		field_put_json_text(b, bars->bar[i].name);
		buf_char(b, ',');
		put_sum(b, &bars->bar[i].sum);
		buf_format(b, ",\"first\":%" PRIu64 "}", bars->bar[i].first);
	}
	buf_format(b, "],\"error\":%" PRIu64 ",\"others\":{\"names\":%" PRIu64 ",", bars->error,
	           bars->n_others);
	put_sum(b, &bars->others);
	buf_text(b, "}}");
}

/* A class is its place in the list of classes; -1: none, or not in the list. */
static int class_of(const struct plot_flow *f, const struct plot_bars *classes)
{
	size_t i;

	for (i = 0; *f->class_name && i < classes->used; i++)
		if (!strcmp(classes->bar[i].name, f->class_name))
			return (int)i;
	return -1;
}

static void put_flow(struct buf *b, const struct plot_flow *f, const struct plot_bars *classes)
{
	buf_char(b, '[');
	field_put_json_text(b, f->src_ip);
	buf_char(b, ',');
	field_put_json_text(b, f->dst_ip);
	buf_format(b, ",%u,%u,%u,", f->src_port, f->dst_port, f->protocol);
	buf_seconds(b, f->start_ns);
	buf_char(b, ',');
	buf_seconds(b, f->duration_ns);
	buf_format(b, ",%" PRIu64 ",%" PRIu64 ",", f->bytes, f->packets);
	put_six(b, f->score);
	buf_format(b, ",%d,%d", f->is_anomaly, class_of(f, classes));
}

static void put_points(struct buf *b, const struct plot_data *d, const struct plot_bars *classes)
{
	size_t i;

	buf_text(b, ",\"columns\":[\"src_ip\",\"dst_ip\",\"src_port\",\"dst_port\",\"protocol\","
	            "\"start_time\",\"duration\",\"bytes\",\"packets\",\"anomaly_score\","
	            "\"is_anomaly\",\"class\",\"class_probability\",\"reasons\"],\"points\":[");
	for (i = 0; i < plot_data_points(d); i++) {
		buf_text(b, i ? ",\n" : "");
		put_flow(b, plot_data_point(d, i), classes);
		buf_char(b, ']');
	}
	buf_char(b, ']');
}

/* The list of anomalies; the most unusual of all where none is called one. */
static void put_anomalies(struct buf *b, const struct plot_data *d, const struct plot_bars *classes)
{
	size_t i, n = 0, max = d->unusual ? ANOMALIES : UNFLAGGED;

	buf_text(b, ",\"anomalies\":[");
	for (i = 0; i < d->anomalies.used && n < max; i++) {
		const struct plot_flow *f = &d->anomalies.flow[i];

		if (d->unusual && !f->is_anomaly)
			continue;
		buf_text(b, n++ ? ",\n" : "");
		put_flow(b, f, classes);
		buf_char(b, ',');
		put_six(b, f->probability);
		buf_char(b, ',');
		field_put_json_text(b, f->reasons);
		buf_char(b, ']');
	}
	buf_char(b, ']');
}

static void put_lanes(struct buf *b, const struct plot_data *d, const struct plot_bars *classes)
{
	size_t i, n = d->largest.used < LANES ? d->largest.used : LANES;

	buf_text(b, ",\"largest\":[");
	for (i = 0; i < n; i++) {
		buf_text(b, i ? ",\n" : "");
		put_flow(b, &d->largest.flow[i], classes);
		buf_char(b, ']');
	}
	buf_char(b, ']');
}

static void put_beside(struct buf *b, const struct report *r)
{
	int i;

	buf_text(b, ",\"books\":[");
	buf_put(b, r->stats.data, r->stats.length);
	buf_text(b, "],\"models\":[");
	buf_put(b, r->models.data, r->models.length);
	buf_text(b, "],\"causes\":{\"no_memory\":\"the agent had no memory for the flow\"");
	for (i = FLOW_OK + 1; i < FLOW_N_CAUSES; i++)
		put_text(b, books_cause_name((enum flow_cause)i),
		         books_cause_meaning((enum flow_cause)i));
	buf_char(b, '}');
}

/* Names of the protocols that were met. */
static void put_protocols(struct buf *b, const struct plot_data *d)
{
	const char *separator = "";
	char name[32];
	int i;

	buf_text(b, ",\"protocol_names\":{");
	for (i = 0; i < 256; i++) {
		if (!d->protocol[i].flows)
			continue;
		plot_protocol_name((uint8_t)i, name, sizeof(name));
		buf_format(b, "%s\"%d\":\"%s\"", separator, i, name);
		separator = ",";
	}
	buf_char(b, '}');
}

/* '<', '>' and '&' are in no place of JSON but within strings, where they may be escapes. */
static void put_escaped(struct buf *to, const struct buf *json)
{
	size_t from = 0, i;

	for (i = 0; i < json->length; i++) {
		if (json->data[i] != '<' && json->data[i] != '>' && json->data[i] != '&')
			continue;
		buf_put(to, json->data + from, i - from);
		buf_format(to, "\\u%04x", (unsigned char)json->data[i]);
		from = i + 1;
	}
	buf_put(to, json->data + from, json->length - from);
	if (json->error)
		to->error = json->error;
}

void report_json(struct buf *b, struct plot_data *d, const struct report *r)
{
	static void (*const lists[])(struct plot_bars *, const struct plot_data *, size_t) = {
		plot_bars_protocols,
		plot_bars_hosts,
		plot_bars_ports,
	};
	static const char *const names[] = { "protocols", "talkers", "ports" };
	struct plot_bars bars, classes;
	struct buf json = { 0 };
	size_t i;

	plot_bars_classes(&classes, d, BARS);
	buf_char(&json, '{');
	put_summary(&json, d, r);
	put_palette(&json);
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		lists[i](&bars, d, BARS);
		put_bars(&json, names[i], &bars);
	}
	put_bars(&json, "classes", &classes);
	if (!d->untimed) {
		put_volume(&json, &d->bins);
		put_lanes(&json, d, &classes);
	}
	put_points(&json, d, &classes);
	put_anomalies(&json, d, &classes);
	put_protocols(&json, d);
	put_beside(&json, r);
	buf_char(&json, '}');
	put_escaped(b, &json);
	buf_clear(&json);
}
