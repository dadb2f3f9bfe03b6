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
#include "tally.h"
#include "units.h"

struct summary {
	struct flow_count protocols[256];
	struct flow_count overflow[256];
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

void summary_add_overflow(struct summary *s, const struct flow_overflow *key,
                          const struct flow_count *n)
{
	s->overflow[key->protocol].packets += n->packets;
	s->overflow[key->protocol].bytes += n->bytes;
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

static bool any(const struct flow_count *counts)
{
	int i;

	for (i = 0; i < 256; i++)
		if (counts[i].packets)
			return true;
	return false;
}

void summary_print(const struct summary *s, struct buf *b, size_t n)
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
	if (any(s->overflow))
		print_protocols(b, "In no flow, as the kernel's table was full", s->overflow);
	buf_format(b, "Flow records: %s", units_grouped(text, s->records));
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (!s->ends[ends[i].end])
			continue;
		buf_format(b, "%s%s %s", separator, units_grouped(text, s->ends[ends[i].end]),
		           ends[i].text);
		separator = ", ";
	}
	buf_char(b, '\n');
}

static const struct {
	const char *name;
	const char *meaning;
} causes[] = {
#define CAUSE_ROW(id, name, meaning) [id] = { name, meaning },
	FLOW_CAUSES(CAUSE_ROW)
#undef CAUSE_ROW
};
_Static_assert(sizeof(causes) / sizeof(causes[0]) == FLOW_N_CAUSES, "a cause has no name");

const char *summary_cause_name(enum flow_cause cause)
{
	return causes[cause].name;
}

const char *summary_cause_meaning(enum flow_cause cause)
{
	return causes[cause].meaning;
}

int64_t summary_difference(const struct flow_stats *stats, uint64_t added, uint64_t no_memory)
{
	uint64_t told = added + no_memory;
	int i;

	for (i = FLOW_OK + 1; i < FLOW_N_CAUSES; i++)
		told += stats->cause[i].packets;
	return (int64_t)(stats->seen.packets - told);
}

void summary_print_completeness(struct buf *b, const struct flow_stats *stats, uint64_t added,
                                uint64_t no_memory)
{
	int64_t difference = summary_difference(stats, added, no_memory);
	char text[UNITS_TEXT + 8];
	int i;

	buf_format(b, "%s: seen %s packets = ", difference ? "INCOMPLETE" : "Complete",
	           units_grouped(text, stats->seen.packets));
	buf_format(b, "%s in flows", units_grouped(text, added));
	for (i = FLOW_OK + 1; i < FLOW_N_CAUSES; i++)
		if (stats->cause[i].packets)
			buf_format(b, " + %s %s", units_grouped(text, stats->cause[i].packets),
			           causes[i].name);
	if (no_memory)
		buf_format(b, " + %s no_memory", units_grouped(text, no_memory));
	if (difference)
		buf_format(b, "; unexplained: %" PRId64, difference);
	buf_char(b, '\n');
}
