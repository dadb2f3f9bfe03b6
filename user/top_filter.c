// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Words are cut at white space, quotes keep it. The cheap conditions read numbers; only plain text
 * has to write a flow out to be compared, so it is asked last.
 */
#include "top_filter.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "addr.h"

size_t top_endpoint(char *text, size_t size, const uint8_t address[16], int version, uint16_t port)
{
	char name[ADDR_TEXT];
	int n;

	addr_format(address, version, name);
	if (!port)
		n = snprintf(text, size, "%s", name);
	else
		n = snprintf(text, size, version == 4 ? "%s:%u" : "[%s]:%u", name, port);
	return (size_t)n < size ? (size_t)n : size - 1;
}

void top_protocol(char *text, size_t size, uint8_t protocol)
{
	const char *name = addr_protocol_name(protocol);

	if (name)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "%u", protocol);
}

/* The next word; false at the end. quoted tells a word in quotes, which is never a keyword. */
static bool next_word(const char **at, char word[TOP_FILTER_TEXT], bool *quoted)
{
	const char *p = *at;
	size_t n = 0;

	while (isspace((unsigned char)*p))
		p++;
	*quoted = *p == '"';
	if (!*p)
		return false;
	if (*quoted)
		p++;
	for (; *p && (*quoted ? *p != '"' : !isspace((unsigned char)*p)); p++)
		if (n < TOP_FILTER_TEXT - 1)
			word[n++] = *p;
	word[n] = '\0';
	*at = *quoted && *p ? p + 1 : p;
	return true;
}

static int set_number(struct top_term *t, const char *what, unsigned long max, char *error,
                      size_t size)
{
	char *end;
	unsigned long value = strtoul(t->text, &end, 10);

	if (!isdigit((unsigned char)t->text[0]) || *end || value > max) {
		snprintf(error, size, "%s \"%s\": no number up to %lu", what, t->text, max);
		return -EINVAL;
	}
	t->number = value;
	return 0;
}

static int set_protocol(struct top_term *t, char *error, size_t size)
{
	const char *name;
	int i;

	for (i = 0; i < 256; i++) {
		name = addr_protocol_name(i);
		if (name && !strcasecmp(name, t->text)) {
			t->number = i;
			return 0;
		}
	}
	if (isdigit((unsigned char)t->text[0]))
		return set_number(t, "proto", 255, error, size);
	snprintf(error, size, "proto \"%s\": no such protocol; TCP, UDP, ICMP or a number",
	         t->text);
	return -EINVAL;
}

/* What is behind the slash; false when it is no number of bits. */
static bool read_bits(const char *text, unsigned long most, unsigned long *bits)
{
	char *end;

	*bits = strtoul(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end && *bits <= most;
}

/* "10.0.0.0/8": the address as flow keys have it, and the bits that count. */
static int set_host(struct top_term *t, char *error, size_t size)
{
	bool is_ipv6 = strchr(t->text, ':');
	unsigned long most = is_ipv6 ? 128 : 32, bits = most;
	char text[TOP_FILTER_TEXT], *slash;

	snprintf(text, sizeof(text), "%s", t->text);
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	t->version = is_ipv6 ? 6 : 4;
	if (!is_ipv6)
		memcpy(t->address, (uint8_t[12]){ [10] = 0xff, [11] = 0xff }, 12);
	if ((slash && !read_bits(slash, most, &bits)) ||
	    inet_pton(is_ipv6 ? AF_INET6 : AF_INET, text, t->address + (is_ipv6 ? 0 : 12)) != 1) {
		snprintf(error, size, "host \"%s\": no address, as 10.0.0.1 or 10.0.0.0/8",
		         t->text);
		return -EINVAL;
	}
	t->prefix = bits + 128 - most;
	return 0;
}

static int set_value(struct top_term *t, char *error, size_t size)
{
	switch (t->kind) {
	case TOP_TERM_HOST:
		return set_host(t, error, size);
	case TOP_TERM_PORT:
		return set_number(t, "port", 65535, error, size);
	case TOP_TERM_DPORT:
		return set_number(t, "dport", 65535, error, size);
	case TOP_TERM_PROTO:
		return set_protocol(t, error, size);
	default:
		return 0;
	}
}

/* The condition that begins with word, its value behind it. */
static int parse_term(struct top_term *t, const char **at, char *error, size_t size)
{
	static const struct {
		const char *name;
		enum top_term_kind kind;
	} keywords[] = {
		{ "host", TOP_TERM_HOST },   { "port", TOP_TERM_PORT },
		{ "dport", TOP_TERM_DPORT }, { "proto", TOP_TERM_PROTO },
		{ "class", TOP_TERM_CLASS },
	};
	char word[TOP_FILTER_TEXT];
	bool quoted;
	size_t i;

	if (!next_word(at, word, &quoted)) {
		snprintf(error, size, "not: what?");
		return -EINVAL;
	}
	snprintf(t->text, sizeof(t->text), "%s", word);
	if (quoted)
		return 0;
	if (!strcasecmp(word, "anomalous"))
		t->kind = TOP_TERM_ANOMALOUS;
	for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (strcasecmp(word, keywords[i].name))
			continue;
		t->kind = keywords[i].kind;
		if (next_word(at, t->text, &quoted))
			return set_value(t, error, size);
		snprintf(error, size, "%s: which? \"%s\" in quotes looks for the word", word, word);
		return -EINVAL;
	}
	return 0;
}

int top_filter_parse(struct top_filter *f, const char *text, char *error, size_t size)
{
	struct top_filter new = { 0 };
	char word[TOP_FILTER_TEXT];
	const char *next = text;
	struct top_term *t;
	bool quoted;

	while (next_word(&next, word, &quoted)) {
		if (new.n == TOP_TERMS) {
			snprintf(error, size, "more than %d conditions", TOP_TERMS);
			return -EINVAL;
		}
		t = &new.terms[new.n++];
		t->negated = !quoted && !strcasecmp(word, "not");
		if (t->negated)
			text = next;
		if (parse_term(t, &text, error, size))
			return -EINVAL;
		next = text;
	}
	*f = new;
	return 0;
}

static bool is_host(const struct top_term *t, const uint8_t address[16], int version)
{
	int whole = t->prefix / 8, rest = t->prefix % 8;

	return t->version == version && !memcmp(t->address, address, whole) &&
	       (!rest || !((t->address[whole] ^ address[whole]) >> (8 - rest)));
}

static bool has_text(const struct top_term *t, const struct top_model *m, const struct top_row *row)
{
	char text[4 * ADDR_TEXT + TOP_NAME];
	const struct flow_key *k = &row->key;
	size_t n;

	n = top_endpoint(text, ADDR_TEXT + 8, k->src, k->ip_version, k->src_port);
	text[n++] = ' ';
	n += top_endpoint(text + n, ADDR_TEXT + 8, k->dst, k->ip_version, k->dst_port);
	text[n++] = ' ';
	top_protocol(text + n, 24, k->protocol);
	n += strlen(text + n);
	snprintf(text + n, sizeof(text) - n, " %s", m->class_name[row->class]);
	return strcasestr(text, t->text);
}

static bool holds(const struct top_term *t, const struct top_model *m, const struct top_row *row)
{
	const struct flow_key *k = &row->key;

	switch (t->kind) {
	case TOP_TERM_HOST:
		return is_host(t, k->src, k->ip_version) || is_host(t, k->dst, k->ip_version);
	case TOP_TERM_PORT:
		return k->src_port == t->number || k->dst_port == t->number;
	case TOP_TERM_DPORT:
		return k->dst_port == t->number;
	case TOP_TERM_PROTO:
		return k->protocol == t->number;
	case TOP_TERM_CLASS:
		return !strcasecmp(m->class_name[row->class], t->text);
	case TOP_TERM_ANOMALOUS:
		return row->marks & TOP_ANOMALY;
	default:
		return has_text(t, m, row);
	}
}

bool top_filter_passes(const struct top_filter *f, const struct top_model *m,
                       const struct top_row *row)
{
	int i, text;

	for (text = 0; text < 2; text++)
		for (i = 0; i < f->n; i++)
			if ((f->terms[i].kind == TOP_TERM_TEXT) == text &&
			    holds(&f->terms[i], m, row) == f->terms[i].negated)
				return false;
	return true;
}
