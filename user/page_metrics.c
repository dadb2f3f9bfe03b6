// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Metrics for Prometheus. Label values are weir's own words (causes of loss, nothing else),
 * so there are as many series as there are lines here, whatever the traffic.
 */
#include <inttypes.h>

#include "alert.h"
#include "judged.h"
#include "page_text.h"

static void put_head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_format(b, "# HELP weir_%s %s\n# TYPE weir_%s %s\n", name, help, name, type);
}

static void put_number(struct buf *b, const char *name, const char *type, const char *help,
                       uint64_t value)
{
	put_head(b, name, type, help);
	buf_format(b, "weir_%s %" PRIu64 "\n", name, value);
}

static void put_cause(struct buf *b, const char *name, const char *cause, uint64_t value)
{
	buf_format(b, "weir_%s{cause=\"%s\"} %" PRIu64 "\n", name, cause, value);
}

static void put_books(struct buf *b, const struct books *books)
{
	struct flow_count left = books_difference(books);
	static const char packets[] = "outside_flows_packets_total",
	                  bytes[] = "outside_flows_bytes_total";
	int i;

	put_number(b, "packets_total", "counter", "Packets seen by the hooks.",
	           books->stats.seen.packets);
	put_number(b, "bytes_total", "counter", "Bytes seen by the hooks, of layer 2.",
	           books->stats.seen.bytes);
	put_number(b, "flow_packets_total", "counter", "Packets put into flows.",
	           books->added.packets);
	put_number(b, "flow_bytes_total", "counter", "Bytes put into flows.", books->added.bytes);
	put_head(b, packets, "counter", "Packets seen that are in no flow, by cause.");
	for (i = FLOW_OK + 1; i < FLOW_N_CAUSES; i++)
		put_cause(b, packets, books_cause_name(i), books->stats.cause[i].packets);
	put_cause(b, packets, "no_memory", books->no_memory.packets);
	put_head(b, bytes, "counter", "Bytes seen that are in no flow, by cause.");
	for (i = FLOW_OK + 1; i < FLOW_N_CAUSES; i++)
		put_cause(b, bytes, books_cause_name(i), books->stats.cause[i].bytes);
	put_cause(b, bytes, "no_memory", books->no_memory.bytes);
	put_number(b, "books_complete", "gauge",
	           "1 when every packet seen is in a flow or under a cause.",
	           !left.packets && !left.bytes);
}

static void put_judged(struct buf *b, const struct judged *j)
{
	put_number(b, "interval_judged_flows", "gauge", "Flows judged in the last interval.",
	           j->flows);
	put_number(b, "interval_anomalies", "gauge", "Flows called anomalies in the last interval.",
	           j->anomalies);
}

static void put_alerts(struct buf *b, const struct alerts *alerts)
{
	struct alerts_counts n;

	alerts_count(alerts, &n);
	put_number(b, "alerts_open", "gauge", "Alerts that are open.", n.open);
	put_number(b, "alerts_opened_total", "counter", "Alerts that opened.", n.opened);
	put_number(b, "alerts_resolved_total", "counter", "Alerts that resolved.", n.resolved);
	put_number(b, "alerts_suppressed_total", "counter",
	           "Alerts held back by hold, limit, or too many open at once.", n.suppressed);
	put_number(b, "alerts_delivered_total", "counter", "Events taken by a sink.", n.delivered);
	put_number(b, "alerts_undelivered_total", "counter", "Events that a sink did not take.",
	           n.undelivered);
	put_number(b, "alerts_waiting", "gauge", "Events in the queues of sinks.", n.waiting);
}

void page_text_metrics(struct buf *b, const struct sink_report *r, uint64_t intervals)
{
	put_head(b, "build_info", "gauge", "The version, as a label.");
	buf_text(b, "weir_build_info{version=\"" WEIR_VERSION "\"} 1\n");
	put_books(b, r->books);
	put_number(b, "flows_live", "gauge", "Flows in the table.", r->live_flows);
	put_number(b, "records_total", "counter", "Flow records made.", r->records);
	put_number(b, "intervals_total", "counter", "Intervals published.", intervals);
	put_head(b, "interval_seconds", "gauge", "Length of the last interval.");
	buf_text(b, "weir_interval_seconds ");
	buf_seconds(b, r->interval_ns);
	buf_char(b, '\n');
	put_head(b, "last_interval_timestamp_seconds", "gauge", "When the last interval ended.");
	buf_text(b, "weir_last_interval_timestamp_seconds ");
	buf_seconds(b, r->now_ns);
	buf_char(b, '\n');
	if (r->judged)
		put_judged(b, r->judged);
	if (r->alerts)
		put_alerts(b, r->alerts);
}
