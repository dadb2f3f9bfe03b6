// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Totals, rates, books and alerts as JSON, for the live page. */
#include "page_text.h"

#include <inttypes.h>
#include <string.h>

#include "alert.h"
#include "field.h"
#include "judged.h"

void page_history_add(struct page_history *h, const struct sink_report *r)
{
	uint64_t at = h->n++ % PAGE_HISTORY;

	h->at[at].time_ns = r->now_ns;
	h->at[at].interval_ns = r->interval_ns;
	h->at[at].bytes = r->moved.bytes;
	h->at[at].packets = r->moved.packets;
	h->at[at].flows = r->judged ? r->judged->flows : 0;
	h->at[at].anomalies = r->judged ? r->judged->anomalies : 0;
}

static void put_count(struct buf *b, const char *name, const struct flow_count *n)
{
	buf_format(b, ",\"%s\":{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 "}", name,
	           (uint64_t)n->packets, (uint64_t)n->bytes);
}

/* Oldest first; columns: end, length, bytes, packets, flows judged, anomalies. */
static void put_rates(struct buf *b, const struct page_history *h)
{
	uint64_t i = h->n > PAGE_HISTORY ? h->n - PAGE_HISTORY : 0;
	const char *separator = "";

	buf_text(b, ",\"rates\":[");
	for (; i < h->n; i++) {
		uint64_t at = i % PAGE_HISTORY;

		buf_format(b, "%s[%.3f,%.3f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]",
		           separator, h->at[at].time_ns / 1e9, h->at[at].interval_ns / 1e9,
		           h->at[at].bytes, h->at[at].packets, h->at[at].flows,
		           h->at[at].anomalies);
		separator = ",";
	}
	buf_char(b, ']');
}

/* The line for people, and for each cause that there was its name, meaning and counts. */
static void put_books(struct buf *b, const struct books *books)
{
	struct flow_count left = books_difference(books);
	struct buf line = { 0 };
	const char *separator = "";
	int i;

	books_print(books, &line);
	if (line.length)
		line.length--; /* the line's end */
	buf_char(&line, '\0');
	buf_format(b, ",\"complete\":%s,\"books\":", left.packets || left.bytes ? "false" : "true");
	field_put_json_text(b, line.error ? "" : line.data);
	buf_clear(&line);
	buf_text(b, ",\"causes\":[");
	for (i = FLOW_OK + 1; i < FLOW_N_CAUSES; i++) {
		if (!books->stats.cause[i].packets)
			continue;
		buf_format(b, "%s{\"name\":\"%s\",\"meaning\":", separator, books_cause_name(i));
		field_put_json_text(b, books_cause_meaning(i));
		put_count(b, "count", &books->stats.cause[i]);
		buf_char(b, '}');
		separator = ",";
	}
	buf_char(b, ']');
	put_count(b, "seen", &books->stats.seen);
	put_count(b, "in_flows", &books->added);
	put_count(b, "no_memory", &books->no_memory);
}

static void put_counts(struct buf *b, const struct alerts *alerts)
{
	struct alerts_counts n;

	alerts_count(alerts, &n);
	buf_format(b,
	           "{\"open\":%u,\"opened\":%" PRIu64 ",\"resolved\":%" PRIu64
	           ",\"suppressed\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"waiting\":%" PRIu64
	           ",\"undelivered\":%" PRIu64 "}",
	           n.open, n.opened, n.resolved, n.suppressed, n.delivered, n.waiting,
	           n.undelivered);
}

static void put_models(struct buf *b, const char *const *models)
{
	const char *separator = "";
	int i;

	buf_text(b, ",\"models\":[");
	for (i = 0; i < PAGE_MODELS; i++) {
		if (!models[i])
			continue;
		buf_text(b, separator);
		field_put_json_text(b, models[i]);
		separator = ",";
	}
	buf_char(b, ']');
}

void page_text_head(struct buf *b, const struct sink_report *r, const struct page_history *h,
                    const char *const *models)
{
	buf_text(b, "\"weir\":\"" WEIR_VERSION "\",\"source\":");
	field_put_json_text(b, r->source);
	buf_text(b, ",\"time\":");
	buf_seconds(b, r->now_ns);
	buf_text(b, ",\"interval\":");
	buf_seconds(b, r->interval_ns);
	buf_format(b, ",\"live_flows\":%u,\"records\":%" PRIu64, r->live_flows, r->records);
	put_count(b, "moved", &r->moved);
	put_books(b, r->books);
	put_rates(b, h);
	put_models(b, models);
	buf_text(b, ",\"alerts\":");
	if (r->alerts)
		put_counts(b, r->alerts);
	else
		buf_text(b, "null");
	buf_text(b, ",\"judged\":");
	if (r->judged)
		judged_put_json(r->judged, b);
	else
		buf_text(b, "null");
}

static void put_event(struct buf *b, const struct alert_event *e)
{
	buf_text(b, "{\"opened\":");
	buf_seconds(b, e->opened_ns);
	buf_text(b, ",\"changed\":");
	buf_seconds(b, e->changed_ns);
	buf_format(b, ",\"event\":\"%s\",\"rule\":", e->is_open ? "open" : "resolve");
	field_put_json_text(b, e->rule);
	buf_text(b, ",\"severity\":");
	field_put_json_text(b, e->severity);
	buf_text(b, ",\"key\":");
	field_put_json_text(b, e->key);
	buf_text(b, ",\"text\":");
	field_put_json_text(b, e->text);
	buf_text(b, ",\"value\":");
	buf_real(b, e->value);
	buf_text(b, ",\"threshold\":");
	buf_real(b, e->threshold);
	buf_char(b, '}');
}

void page_text_alerts(struct buf *b, const struct sink_report *r)
{
	struct alert_event events[PAGE_ALERTS];
	size_t n = r->alerts ? alerts_recent(r->alerts, events, PAGE_ALERTS) : 0, i;

	buf_text(b, "{\"time\":");
	buf_seconds(b, r->now_ns);
	buf_text(b, ",\"counts\":");
	if (r->alerts)
		put_counts(b, r->alerts);
	else
		buf_text(b, "null");
	buf_text(b, ",\"events\":[");
	for (i = 0; i < n; i++) {
		buf_text(b, i ? "," : "");
		put_event(b, &events[i]);
	}
	buf_text(b, "]}");
}
