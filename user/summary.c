// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The closing summary, like the guide's analyze_basic_stats: packets by protocol, sources and
 * destinations by packets. Fed by records, so that live and file runs share it.
 */
#include "summary.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "ifname.h"
#include "tally.h"
#include "units.h"

struct summary {
	struct flow_count protocols[256];
	struct tally *sources;
	struct tally *destinations;
	uint64_t records;
	uint64_t ends[RECORD_LACK_OF_RESOURCES + 1];
};

struct summary *summary_new(void)
{
	struct summary *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sources = tally_new();
	s->destinations = tally_new();
	if (s->sources && s->destinations)
		return s;
	summary_free(s);
	return NULL;
}

void summary_free(struct summary *s)
{
	if (!s)
		return;
	tally_free(s->sources);
	tally_free(s->destinations);
	free(s);
}

void summary_add_record(struct summary *s, const struct flow_record *r)
{
	const struct flow_key *k = &r->key;

	s->records++;
	s->ends[r->end]++;
	s->protocols[k->protocol].packets += (uint64_t)r->fwd->packets + r->rev->packets;
	s->protocols[k->protocol].bytes += r->fwd->bytes + r->rev->bytes;
	tally_add(s->sources, k->src, k->ip_version, r->fwd->packets, r->fwd->bytes);
	tally_add(s->sources, k->dst, k->ip_version, r->rev->packets, r->rev->bytes);
	tally_add(s->destinations, k->dst, k->ip_version, r->fwd->packets, r->fwd->bytes);
	tally_add(s->destinations, k->src, k->ip_version, r->rev->packets, r->rev->bytes);
}

static void print_protocols(struct buf *b, const char *title, const struct flow_count *counts)
{
	bool done[256] = { false };
	char packets[UNITS_TEXT + 8], bytes[UNITS_TEXT], number[24];
	const char *name;
	int i, best;

	buf_format(b, "%s\n", title);
	for (;;) {
		for (best = -1, i = 0; i < 256; i++)
			if (!done[i] && counts[i].packets &&
			    (best < 0 || counts[i].packets > counts[best].packets))
				best = i;
		if (best < 0)
			return;
		done[best] = true;
		name = addr_protocol_name(best);
		snprintf(number, sizeof(number), "protocol %d", best);
		buf_format(b, "  %-14s %15s packets  %10s\n", name ? name : number,
		           units_grouped(packets, counts[best].packets),
		           units_bytes(bytes, counts[best].bytes));
	}
}

static void print_talkers(struct buf *b, const char *title, const struct tally *t, size_t n)
{
	struct tally_row rows[64];
	char address[ADDR_TEXT], packets[UNITS_TEXT + 8], bytes[UNITS_TEXT];
	size_t i;

	n = tally_top(t, rows, n < 64 ? n : 64);
	buf_format(b, "%s\n", title);
	for (i = 0; i < n; i++) {
		addr_format(rows[i].address, rows[i].version, address);
		buf_format(b, "  %-39s %15s packets  %10s\n", address,
		           units_grouped(packets, rows[i].packets),
		           units_bytes(bytes, rows[i].bytes));
	}
	if (tally_error(t))
		buf_format(
		        b,
		        "  (more addresses than are kept: each count may lack up to %s packets)\n",
		        units_grouped(packets, tally_error(t)));
}

/* By interface, direction and protocol, in the order they were first met. */
static void print_overflow(struct buf *b, const struct books *books, size_t n)
{
	char packets[UNITS_TEXT + 8], bytes[UNITS_TEXT], number[24];
	const char *name;
	size_t i = 0;

	if (books->n_overflow)
		buf_text(b, "In no flow, as the kernel's table was full (--kernel-flows)\n");
	for (i = 0; i < books->n_overflow && i < n; i++) {
		const struct books_overflow *o = &books->overflow[i];

		name = addr_protocol_name(o->key.protocol);
		snprintf(number, sizeof(number), "protocol %u", o->key.protocol);
		buf_format(b, "  %-14s %15s packets  %10s  %s %s\n", name ? name : number,
		           units_grouped(packets, o->count.packets),
		           units_bytes(bytes, o->count.bytes), ifname_of(o->key.ifindex),
		           o->key.direction == FLOW_EGRESS ? "egress" : "ingress");
	}
	if (i < books->n_overflow)
		buf_format(b, "  and %zu more rows; -o stats:PATH has them all\n",
		           books->n_overflow - i);
}

void summary_print(const struct summary *s, const struct books *books, struct buf *b, size_t n)
{
	static const struct {
		enum record_end end;
		const char *text;
	} ends[] = {
		{ RECORD_IDLE, "went idle" },
		{ RECORD_ACTIVE, "reported while active" },
		{ RECORD_END_OF_FLOW, "ended by TCP" },
		{ RECORD_FORCED, "still open at the end" },
		{ RECORD_LACK_OF_RESOURCES, "pushed out for lack of room" },
	};
	char text[UNITS_TEXT + 8];
	const char *separator = ": ";
	size_t i;

	if (s->records) {
		print_protocols(b, "Packets by protocol", s->protocols);
		print_talkers(b, "Top sources", s->sources, n);
		print_talkers(b, "Top destinations", s->destinations, n);
	}
	print_overflow(b, books, n);
	buf_format(b, "Flow records: %s", units_grouped(text, s->records));
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (!s->ends[ends[i].end])
			continue;
		buf_format(b, "%s%s %s", separator, units_grouped(text, s->ends[ends[i].end]),
		           ends[i].text);
		separator = ", ";
	}
	buf_char(b, '\n');
	books_print(books, b);
	if (books->emitted.packets != books->added.packets)
		buf_format(b, "INCOMPLETE: %" PRIu64 " packets in flows, %" PRIu64 " in records\n",
		           (uint64_t)books->added.packets, (uint64_t)books->emitted.packets);
}
