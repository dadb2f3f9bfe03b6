// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The books for machines: one JSON object a report and one at the end, all counted since the start.
 * What went where by cause, and by interface and protocol what found the kernel's table full.
 */
#include <inttypes.h>

#include "addr.h"
#include "alert.h"
#include "field.h"
#include "ifname.h"
#include "sink.h"

static void put_count(struct buf *b, const char *name, const struct flow_count *n)
{
	buf_format(b, "\"%s\":{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 "}", name,
	           (uint64_t)n->packets, (uint64_t)n->bytes);
}

static void put_causes(struct buf *b, const struct books *books)
{
	const char *separator = "";
	int i;

	buf_text(b, ",\"causes\":{");
	for (i = FLOW_OK + 1; i < FLOW_N_CAUSES; i++) {
		buf_text(b, separator);
		put_count(b, books_cause_name(i), &books->stats.cause[i]);
		separator = ",";
	}
	buf_char(b, ',');
	put_count(b, "no_memory", &books->no_memory);
	buf_char(b, '}');
}

static void put_overflow(struct buf *b, const struct books *books)
{
	struct flow_count sum = { 0 };
	size_t i;

	for (i = 0; i < books->n_overflow; i++) {
		sum.packets += books->overflow[i].count.packets;
		sum.bytes += books->overflow[i].count.bytes;
	}
	buf_char(b, ',');
	put_count(b, "overflow", &sum);
	buf_text(b, ",\"overflow_by\":[");
	for (i = 0; i < books->n_overflow; i++) {
		const struct books_overflow *o = &books->overflow[i];
		const char *name = o->key.ifindex ? ifname_of(o->key.ifindex) : NULL;

		buf_text(b, i ? ",{\"interface\":" : "{\"interface\":");
		field_put_json_text(b, name ? name : "");
		buf_format(b, ",\"direction\":\"%s\",\"protocol\":%u,",
		           o->key.direction == FLOW_EGRESS ? "egress" : "ingress", o->key.protocol);
		put_count(b, "count", &o->count);
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

static void put_alerts(struct buf *b, const struct alerts *alerts)
{
	struct alerts_counts n;

	alerts_count(alerts, &n);
	buf_format(b,
	           ",\"alerts\":{\"open\":%u,\"opened\":%" PRIu64 ",\"resolved\":%" PRIu64
	           ",\"suppressed\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"waiting\":%" PRIu64
	           ",\"undelivered\":%" PRIu64 "}",
	           n.open, n.opened, n.resolved, n.suppressed, n.delivered, n.waiting,
	           n.undelivered);
}

static void put_line(struct sink *s, const struct sink_report *r, const char *final)
{
	const struct books *books = r->books;
	struct flow_count left = books_difference(books);
	struct buf *b = &s->out.text;

	buf_text(b, "{\"time\":");
	buf_seconds(b, r->now_ns);
	buf_format(b, ",\"final\":%s,\"source\":", final);
	field_put_json_text(b, r->source);
	buf_format(b, ",\"live_flows\":%u,\"records\":%" PRIu64 ",", r->live_flows, r->records);
	put_count(b, "seen", &books->stats.seen);
	buf_char(b, ',');
	put_count(b, "in_flows", &books->added);
	put_causes(b, books);
	put_overflow(b, books);
	if (r->alerts)
		put_alerts(b, r->alerts);
	if (r->judged) {
		buf_text(b, ",\"judged\":");
		judged_put_json(r->judged, b);
	}
	buf_format(b, ",\"complete\":%s}\n", left.packets || left.bytes ? "false" : "true");
}

static void report(struct sink *s, const struct sink_report *r)
{
	put_line(s, r, "false");
}

static void final(struct sink *s, const struct sink_report *r)
{
	put_line(s, r, "true");
}

const struct sink_kind sink_stats = {
	.name = "stats",
	.help = "JSON Lines, the books at each report: seen, in flows, and why not",
	.needs_path = true,
	.report = report,
	.final = final,
};
