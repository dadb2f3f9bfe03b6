// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Adding up verdicts, as the guide's monitor_traffic sums up its flows. */
#include "judged.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "field.h"
#include "units.h"

void judged_reset(struct judged *j, uint32_t most)
{
	j->flows = j->scored = j->anomalies = 0;
	j->n_classes = j->n_top = 0;
	j->most = most < JUDGED_TOP ? most : JUDGED_TOP;
	j->windows = j->host_anomalies = j->n_top_hosts = 0;
	memset(j->classes, 0, sizeof(j->classes));
}

static void add_class(struct judged *j, const char *name)
{
	uint32_t i;

	for (i = 0; i < j->n_classes; i++)
		if (!strncmp(j->classes[i].name, name, JUDGED_NAME - 1))
			break;
	if (i == j->n_classes && i < JUDGED_CLASSES) {
		snprintf(j->classes[i].name, JUDGED_NAME, "%s", name);
		j->n_classes++;
	}
	j->classes[i].flows++;
}

static void add_top(struct judged *j, const struct flow_record *r)
{
	double score = r->verdict->anomaly_score;
	uint32_t i;

	if (!j->most ||
	    (j->n_top == j->most && score >= j->top[j->n_top - 1].verdict.anomaly_score))
		return;
	i = j->n_top < j->most ? j->n_top++ : j->n_top - 1;
	for (; i > 0 && j->top[i - 1].verdict.anomaly_score > score; i--)
		j->top[i] = j->top[i - 1];
	j->top[i] = (struct judged_anomaly){
		.key = r->key,
		.packets = (uint64_t)r->fwd->packets + r->rev->packets,
		.bytes = r->fwd->bytes + r->rev->bytes,
		.verdict = *r->verdict,
	};
	j->top[i].verdict.class_name = NULL;
	if (r->verdict->has_class)
		snprintf(j->top[i].class_name, JUDGED_NAME, "%s", r->verdict->class_name);
}

void judged_add(struct judged *j, const struct flow_record *r)
{
	j->flows++;
	if (r->verdict->has_class)
		add_class(j, r->verdict->class_name);
	j->scored += r->verdict->has_score;
	if (!r->verdict->is_anomaly)
		return;
	j->anomalies++;
	add_top(j, r);
}

void judged_add_host(struct judged *j, const struct judged_host *host)
{
	uint32_t i;

	j->windows++;
	if (!host->verdict.is_anomaly)
		return;
	j->host_anomalies++;
	i = j->n_top_hosts < j->most ? j->n_top_hosts++ : j->most;
	if (i == j->most &&
	    (!i || host->verdict.anomaly_score >= j->top_host[--i].verdict.anomaly_score))
		return;
	for (; i > 0 && j->top_host[i - 1].verdict.anomaly_score > host->verdict.anomaly_score; i--)
		j->top_host[i] = j->top_host[i - 1];
	j->top_host[i] = *host;
}

/* Classes by their number of flows, largest first, into order. */
static uint32_t sort_classes(const struct judged *j, uint32_t order[JUDGED_CLASSES + 1])
{
	uint32_t n = j->n_classes + (j->classes[JUDGED_CLASSES].flows > 0), i, at, which;

	for (i = 0; i < n; i++) {
		which = i < j->n_classes ? i : JUDGED_CLASSES;
		for (at = i; at > 0 && j->classes[order[at - 1]].flows < j->classes[which].flows;
		     at--)
			order[at] = order[at - 1];
		order[at] = which;
	}
	return n;
}

static const char *class_name(const struct judged *j, uint32_t i)
{
	return i < JUDGED_CLASSES ? j->classes[i].name : "(others)";
}

static void print_anomaly(const struct judged_anomaly *a, struct buf *b)
{
	char from[ADDR_TEXT], to[ADDR_TEXT], bytes[UNITS_TEXT], packets[UNITS_TEXT], number[8];
	const char *name = addr_protocol_name(a->key.protocol);

	addr_format(a->key.src, a->key.ip_version, from);
	addr_format(a->key.dst, a->key.ip_version, to);
	snprintf(number, sizeof(number), "%u", a->key.protocol);
	buf_format(b, "  %.3f  %s %s > %s port %u, %s packets, %s", a->verdict.anomaly_score,
	           name ? name : number, from, to, a->key.dst_port,
	           units_count(packets, a->packets, ""), units_bytes(bytes, a->bytes));
	if (a->verdict.has_class) {
		buf_text(b, ", ");
		buf_escaped(b, a->class_name);
	}
	if (a->verdict.why[0]) {
		buf_text(b, "; ");
		buf_escaped(b, a->verdict.why);
	}
	buf_char(b, '\n');
}

static const char *role(const struct judged_host *h)
{
	return h->is_source ? "source" : "destination";
}

static void print_host(const struct judged_host *h, struct buf *b)
{
	char address[ADDR_TEXT], flows[UNITS_TEXT + 8];

	addr_format(h->host, h->ip_version, address);
	buf_format(b, "  %.3f  host %s as %s, %s flows", h->verdict.anomaly_score, address, role(h),
	           units_grouped(flows, h->flows));
	if (h->verdict.why[0]) {
		buf_text(b, "; ");
		buf_escaped(b, h->verdict.why);
	}
	buf_char(b, '\n');
}

static void print_hosts(const struct judged *j, struct buf *b)
{
	char windows[UNITS_TEXT + 8], unusual[UNITS_TEXT + 8];
	uint32_t i;

	buf_format(b, "Hosts: %s windows, %s unusual\n", units_grouped(windows, j->windows),
	           units_grouped(unusual, j->host_anomalies));
	for (i = 0; i < j->n_top_hosts; i++)
		print_host(&j->top_host[i], b);
}

static void print_flows(const struct judged *j, struct buf *b)
{
	uint32_t order[JUDGED_CLASSES + 1], n = sort_classes(j, order), i;
	char text[UNITS_TEXT + 8];

	buf_format(b, "Judged: %s flows", units_grouped(text, j->flows));
	if (j->scored)
		buf_format(b, ", %s anomalous", units_grouped(text, j->anomalies));
	for (i = 0; i < n; i++) {
		buf_text(b, i ? ", " : ": ");
		buf_escaped(b, class_name(j, order[i]));
		buf_format(b, " %s", units_grouped(text, j->classes[order[i]].flows));
	}
	buf_char(b, '\n');
	for (i = 0; i < j->n_top; i++)
		print_anomaly(&j->top[i], b);
}

void judged_print(const struct judged *j, struct buf *b)
{
	if (j->has_flows)
		print_flows(j, b);
	if (j->has_hosts)
		print_hosts(j, b);
}

static void put_anomaly(const struct judged_anomaly *a, struct buf *b)
{
	char from[ADDR_TEXT], to[ADDR_TEXT];

	addr_format(a->key.src, a->key.ip_version, from);
	addr_format(a->key.dst, a->key.ip_version, to);
	buf_format(b, "{\"anomaly_score\":");
	buf_real(b, a->verdict.anomaly_score);
	buf_format(b,
	           ",\"src_ip\":\"%s\",\"dst_ip\":\"%s\",\"src_port\":%u,\"dst_port\":%u,"
	           "\"protocol\":%u,\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"class\":",
	           from, to, a->key.src_port, a->key.dst_port, a->key.protocol, a->packets,
	           a->bytes);
	if (a->verdict.has_class)
		field_put_json_text(b, a->class_name);
	else
		buf_text(b, "null");
	buf_text(b, ",\"anomaly_reasons\":");
	field_put_json_text(b, a->verdict.why);
	buf_char(b, '}');
}

static void put_host(const struct judged_host *h, struct buf *b)
{
	char address[ADDR_TEXT];

	addr_format(h->host, h->ip_version, address);
	buf_text(b, "{\"anomaly_score\":");
	buf_real(b, h->verdict.anomaly_score);
	buf_format(b, ",\"host\":\"%s\",\"role\":\"%s\",\"window_start\":", address, role(h));
	buf_seconds(b, h->start_ns);
	buf_format(b, ",\"flows\":%" PRIu64 ",\"anomaly_reasons\":", h->flows);
	field_put_json_text(b, h->verdict.why);
	buf_char(b, '}');
}

static void put_hosts(const struct judged *j, struct buf *b)
{
	uint32_t i;

	buf_format(b, ",\"host_windows\":%" PRIu64 ",\"host_anomalies\":%" PRIu64 ",\"hosts\":[",
	           j->windows, j->host_anomalies);
	for (i = 0; i < j->n_top_hosts; i++) {
		buf_text(b, i ? "," : "");
		put_host(&j->top_host[i], b);
	}
	buf_char(b, ']');
}

void judged_put_json(const struct judged *j, struct buf *b)
{
	uint32_t order[JUDGED_CLASSES + 1], n = sort_classes(j, order), i;

	buf_format(b,
	           "{\"total_flows\":%" PRIu64 ",\"anomaly_flows\":%" PRIu64 ",\"traffic_types\":{",
	           j->flows, j->anomalies);
	for (i = 0; i < n; i++) {
		buf_text(b, i ? "," : "");
		field_put_json_text(b, class_name(j, order[i]));
		buf_format(b, ":%" PRIu64, j->classes[order[i]].flows);
	}
	buf_text(b, "},\"anomalies\":[");
	for (i = 0; i < j->n_top; i++) {
		buf_text(b, i ? "," : "");
		put_anomaly(&j->top[i], b);
	}
	buf_char(b, ']');
	if (j->has_hosts)
		put_hosts(j, b);
	buf_char(b, '}');
}
