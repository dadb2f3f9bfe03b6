// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What tests of rules look at, and how they are decided. Subjects are numbered: the fields of a
 * record, then what is known of the interval alone.
 */
#include "rule.h"

#include <math.h>
#include <string.h>

#define GETTER(name, expression)                                                                   \
	static void name(const struct flow_record *r, const struct field *f, union field_value *v) \
	{                                                                                          \
		v->count = (expression);                                                           \
	}

GETTER(get_is_new, r->is_new)
GETTER(get_has_ended, r->end != RECORD_LIVE)
GETTER(get_interval_bytes, r->moved_bytes[0] + r->moved_bytes[1])
GETTER(get_interval_bytes_out, r->moved_bytes[0])
GETTER(get_interval_bytes_in, r->moved_bytes[1])
GETTER(get_interval_packets, r->moved_packets[0] + r->moved_packets[1])

#define F(name, type, get, unit, meaning)                                                          \
	{                                                                                          \
		name, type, unit, 0, meaning, get, 0, 0, 0                                         \
	}

static const struct field extra[] = {
	F("is_new", FIELD_FLAG, get_is_new, "", "the flow was not seen in earlier intervals"),
	F("has_ended", FIELD_FLAG, get_has_ended, "", "this is the flow's last interval"),
	F("interval_bytes", FIELD_COUNT, get_interval_bytes, "bytes", "of this interval"),
	F("interval_bytes_out", FIELD_COUNT, get_interval_bytes_out, "bytes",
	  "of it, from the source"),
	F("interval_bytes_in", FIELD_COUNT, get_interval_bytes_in, "bytes", "of it, back to it"),
	F("interval_packets", FIELD_COUNT, get_interval_packets, "packets", "of this interval"),
};

int rule_subject(const char *name)
{
	size_t i;

	for (i = 0; i < n_fields; i++)
		if (!strcmp(fields[i].name, name))
			return (int)i;
	for (i = 0; i < sizeof(extra) / sizeof(extra[0]); i++)
		if (!strcmp(extra[i].name, name))
			return (int)(n_fields + i);
	return -1;
}

const struct field *rule_subject_field(int subject)
{
	return (size_t)subject < n_fields ? &fields[subject] : &extra[subject - n_fields];
}

static bool is_inside(const uint8_t *address, const struct rule_network *n)
{
	unsigned int bytes = n->bits / 8, rest = n->bits % 8;

	return !memcmp(address, n->address, bytes) &&
	       (!rest || !((address[bytes] ^ n->address[bytes]) >> (8 - rest)));
}

static bool any_network(const struct rule_test *t, const uint8_t *address)
{
	uint16_t i;

	for (i = 0; i < t->n; i++)
		if (is_inside(address, &t->network[i]))
			return true;
	return false;
}

static bool any_text(const struct rule_test *t, const char *text)
{
	uint16_t i;

	for (i = 0; i < t->n; i++)
		if (!strcmp(text, t->text[i]))
			return true;
	return false;
}

static bool any_range(const struct rule_test *t, double value)
{
	uint16_t i;

	for (i = 0; i < t->n; i++)
		if (value >= t->range[i].from && value <= t->range[i].to)
			return true;
	return false;
}

static bool test_holds(const struct rule_test *t, const struct flow_record *flow)
{
	const struct field *f = rule_subject_field(t->subject);
	union field_value v;

	f->get(flow, f, &v);
	switch (t->type) {
	case FIELD_ADDRESS:
		return any_network(t, v.ip.address) != t->negated;
	case FIELD_TEXT:
		return v.text && any_text(t, v.text) != t->negated;
	case FIELD_REAL:
		return !isnan(v.real) && any_range(t, v.real) != t->negated;
	case FIELD_FLAG:
		return v.count != FIELD_ABSENT && any_range(t, (double)v.count) != t->negated;
	default:
		return any_range(t, (double)v.count) != t->negated;
	}
}

bool rule_takes(const struct rule *rule, const struct flow_record *flow)
{
	uint8_t i;

	for (i = 0; i < rule->n_tests; i++)
		if (!test_holds(&rule->test[i], flow))
			return false;
	return true;
}
