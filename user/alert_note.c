// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Alerts as text: the rule's own words with their {names} filled in, JSON, Alertmanager's JSON. */
#include "alert_note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "addr.h"
#include "ifname.h"
#include "quantity.h"
#include "rule_text.h"
#include "units.h"

#define SECOND 1000000000ULL

/* Alertmanager forgets what is not repeated; reminders come every minute. */
#define ALERTMANAGER_LIFE (5 * 60 * SECOND)

static void put_part(struct buf *b, const struct flow_key *k, uint32_t part)
{
	char address[ADDR_TEXT];

	switch (part) {
	case RULE_SRC_IP:
		buf_put(b, address, addr_format(k->src, k->ip_version, address));
		break;
	case RULE_DST_IP:
		buf_put(b, address, addr_format(k->dst, k->ip_version, address));
		break;
	case RULE_SRC_PORT:
		buf_u64(b, k->src_port);
		break;
	case RULE_DST_PORT:
		buf_u64(b, k->dst_port);
		break;
	case RULE_PROTOCOL:
		buf_u64(b, k->protocol);
		break;
	case RULE_VLAN:
		buf_u64(b, k->vlan[0]);
		break;
	default:
		buf_text(b, k->ifindex ? ifname_of(k->ifindex) : "none");
		break;
	}
}

/* Copied out of the buffer, cut if need be, and the buffer emptied. */
static void settle(struct buf *b, char *text, size_t size)
{
	size_t n = b->length < size ? b->length : size - 1;

	if (n)
		memcpy(text, b->data, n);
	text[n] = '\0';
	buf_clear(b);
}

static void put_key(struct buf *b, const struct flow_key *key, uint32_t bits)
{
	char name[RULE_KEY_NAME];
	uint32_t part, n = 0;

	if (!bits)
		buf_text(b, "all");
	for (part = 1; part <= bits; part <<= 1) {
		if (!(bits & part))
			continue;
		buf_format(b, "%s%s=", n++ ? " " : "", rule_key_name(part, name));
		put_part(b, key, part);
	}
}

static void put_amount(struct buf *b, const struct rule_condition *k, double value)
{
	char text[UNITS_TEXT];

	if (k->zscore)
		buf_format(b, "%.3g", value);
	else if (rule_measures[k->measure].unit == UNIT_BYTES)
		buf_text(b, units_bytes(text, value));
	else if (rule_measures[k->measure].unit == UNIT_SECONDS)
		buf_text(b, units_duration(text, (uint64_t)(value * 1e9)));
	else if (rule_measures[k->measure].unit == UNIT_SHARE)
		buf_format(b, "%.0f %%", 100 * value);
	else if (rule_measures[k->measure].unit == UNIT_RATIO)
		buf_format(b, "%.3g", value);
	else
		buf_format(b, "%.0f", value);
}

static void put_time(struct buf *b, uint64_t ns)
{
	char text[32];

	quantity_format(QUANTITY_DURATION, ns, text, sizeof(text));
	buf_text(b, text);
}

/* A field of the flow that a rule without conditions met. */
static void put_field(struct buf *b, const struct flow_record *flow, const char *name)
{
	const struct field *f = rule_subject_field(rule_subject(name));
	union field_value v;

	f->get(flow, f, &v);
	if (f->type == FIELD_TEXT)
		buf_text(b, v.text ? v.text : "none");
	else
		field_put_csv(b, f, &v);
}

static void put_name(struct buf *b, const struct alert_cause *cause, const char *name)
{
	const struct rule *r = cause->rule;
	int value = rule_text_value(name);

	if (value >= 0)
		put_amount(b, &r->condition[value], cause->values[value]);
	else if (!strcmp(name, "rule"))
		buf_text(b, r->name);
	else if (!strcmp(name, "severity"))
		buf_text(b, rule_severity_name(r->severity));
	else if (!strcmp(name, "key"))
		put_key(b, cause->key, r->group);
	else if (!strcmp(name, "count"))
		buf_u64(b, cause->count);
	else if (!strcmp(name, "window"))
		put_time(b, r->window_ns);
	else if (!strcmp(name, "threshold") && r->n_conditions)
		put_amount(b, &r->condition[0], r->condition[0].threshold);
	else if (cause->flow && rule_subject(name) >= 0)
		put_field(b, cause->flow, name);
	else if (rule_key_parse(name) > 0)
		put_part(b, cause->key, (uint32_t)rule_key_parse(name));
}

/* Without a text: "src_ip=10.0.0.1: flows 120 > 100 in 10s". */
static void put_usual_text(struct buf *b, const struct alert_cause *cause)
{
	const struct rule *r = cause->rule;
	const struct rule_condition *k = &r->condition[0];

	put_key(b, cause->key, r->group);
	if (!r->n_conditions) {
		buf_text(b, ": a flow to ");
		put_part(b, cause->key, RULE_DST_IP);
		buf_format(b, " port %u", cause->key->dst_port);
		return;
	}
	buf_format(b, ": %s%s", k->zscore ? "zscore " : "", rule_measures[k->measure].name);
	if (k->measure == MEASURE_DISTINCT)
		buf_format(b, " %s", rule_subject_field(k->subject)->name);
	buf_char(b, ' ');
	put_amount(b, k, cause->values[0]);
	buf_format(b, " %s ", rule_operator_name(k->op));
	put_amount(b, k, k->threshold);
	buf_text(b, " in ");
	put_time(b, r->window_ns);
}

static void put_text(struct buf *b, const struct alert_cause *cause)
{
	const char *p = cause->rule->text, *next;
	char name[RULE_NAME + 1];

	if (!*p)
		put_usual_text(b, cause);
	for (; *p; p = next) {
		next = *p == '{' ? rule_text_next(p, name) : NULL;
		if (next) {
			put_name(b, cause, name);
		} else {
			buf_char(b, *p);
			next = p + 1;
		}
	}
}

void note_make(struct alert_note *note, const struct alert_cause *cause, uint64_t now_ns)
{
	const struct rule *r = cause->rule;
	struct buf b = { 0 };

	memset(note, 0, sizeof(*note));
	note->opened_ns = note->changed_ns = now_ns;
	note->is_open = true;
	note->severity = r->severity;
	note->group = r->group;
	note->key = *cause->key;
	note->count = cause->count;
	note->value = r->n_conditions ? cause->values[0] : 0;
	note->threshold = r->n_conditions ? r->condition[0].threshold : 0;
	memcpy(note->rule, r->name, sizeof(note->rule));
	put_key(&b, cause->key, r->group);
	settle(&b, note->key_text, sizeof(note->key_text));
	put_text(&b, cause);
	settle(&b, note->text, sizeof(note->text));
}

/* "src_ip":"10.0.0.1","dst_port":"22": for labels all values are text. */
static void put_labels(struct buf *b, const struct alert_note *note)
{
	char name[RULE_KEY_NAME], text[NOTE_KEY];
	struct buf value = { 0 };
	uint32_t part, n = 0;

	for (part = 1; part <= note->group; part <<= 1) {
		if (!(note->group & part))
			continue;
		put_part(&value, &note->key, part);
		settle(&value, text, sizeof(text));
		buf_format(b, "%s\"%s\":", n++ ? "," : "", rule_key_name(part, name));
		field_put_json_text(b, text);
	}
}

void note_put_json(struct buf *b, const struct alert_note *note)
{
	buf_format(b, "{\"event\":\"%s\",\"time\":", note->is_open ? "open" : "resolved");
	buf_seconds(b, note->changed_ns);
	buf_text(b, ",\"opened\":");
	buf_seconds(b, note->opened_ns);
	buf_format(b, ",\"rule\":\"%s\",\"severity\":\"%s\",\"key\":{", note->rule,
	           rule_severity_name(note->severity));
	put_labels(b, note);
	buf_text(b, "},\"value\":");
	buf_real(b, note->value);
	buf_text(b, ",\"threshold\":");
	buf_real(b, note->threshold);
	buf_format(b, ",\"count\":%" PRIu32 ",\"text\":", note->count);
	field_put_json_text(b, note->text);
	buf_char(b, '}');
}

/* RFC 3339, UTC, milliseconds. */
static void put_date(struct buf *b, uint64_t ns)
{
	time_t seconds = (time_t)(ns / SECOND);
	char text[40];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_format(b, "\"%s.%03uZ\"", text, (unsigned int)(ns / 1000000 % 1000));
}

void note_put_alertmanager(struct buf *b, const struct alert_note *note, const char *instance)
{
	buf_format(b, "{\"labels\":{\"alertname\":\"%s\",\"severity\":\"%s\",\"job\":\"weir\"",
	           note->rule, rule_severity_name(note->severity));
	buf_text(b, ",\"instance\":");
	field_put_json_text(b, instance);
	if (note->group)
		buf_char(b, ',');
	put_labels(b, note);
	buf_text(b, "},\"annotations\":{\"summary\":");
	field_put_json_text(b, note->text);
	buf_text(b, ",\"value\":\"");
	buf_real(b, note->value);
	buf_text(b, "\"},\"startsAt\":");
	put_date(b, note->opened_ns);
	buf_text(b, ",\"endsAt\":");
	put_date(b, note->changed_ns + (note->is_open ? ALERTMANAGER_LIFE : 0));
	buf_char(b, '}');
}

void note_put_line(struct buf *b, const struct alert_note *note)
{
	char after[UNITS_TEXT];

	if (note->is_open) {
		buf_format(b, "ALERT %s %s: %s", rule_severity_name(note->severity), note->rule,
		           note->text);
		if (note->count > 1)
			buf_format(b, " (and %" PRIu32 " more)", note->count - 1);
		return;
	}
	buf_format(b, "resolved %s: %s (after %s)", note->rule, note->key_text,
	           units_duration(after, note->changed_ns - note->opened_ns));
}
