// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Adding up what was seen and where it went. */
#include "books.h"

#include <inttypes.h>

#include "units.h"

static const struct {
	const char *name;
	const char *meaning;
} causes[] = {
#define CAUSE_ROW(id, name, meaning) [id] = { name, meaning },
	FLOW_CAUSES(CAUSE_ROW)
#undef CAUSE_ROW
};
_Static_assert(sizeof(causes) / sizeof(causes[0]) == FLOW_N_CAUSES, "a cause has no name");

const char *books_cause_name(enum flow_cause cause)
{
	return causes[cause].name;
}

const char *books_cause_meaning(enum flow_cause cause)
{
	return causes[cause].meaning;
}

void books_add_stats(struct books *b, const struct flow_stats *stats)
{
	const uint64_t *from = (const uint64_t *)stats;
	uint64_t *into = (uint64_t *)&b->stats;
	size_t i;

	for (i = 0; i < sizeof(*stats) / sizeof(uint64_t); i++)
		into[i] += from[i];
}

static bool is_row_of(const struct flow_overflow *a, const struct flow_overflow *b)
{
	return a->ifindex == b->ifindex && a->protocol == b->protocol &&
	       a->direction == b->direction;
}

void books_add_overflow(struct books *b, const struct flow_overflow *key,
                        const struct flow_count *count)
{
	size_t i;

	for (i = 0; i < b->n_overflow; i++)
		if (is_row_of(&b->overflow[i].key, key))
			break;
	if (i == BOOKS_OVERFLOW) {
		b->overflow[--i].key = (struct flow_overflow){ 0 };
	} else if (i == b->n_overflow) {
		b->overflow[i] = (struct books_overflow){ .key = *key };
		b->overflow[i].key.slot = 0;
		b->n_overflow++;
	}
	b->overflow[i].count.packets += count->packets;
	b->overflow[i].count.bytes += count->bytes;
}

struct flow_count books_difference(const struct books *b)
{
	struct flow_count left = b->stats.seen;
	int i;

	left.packets -= b->added.packets + b->no_memory.packets;
	left.bytes -= b->added.bytes + b->no_memory.bytes;
	for (i = FLOW_OK + 1; i < FLOW_N_CAUSES; i++) {
		left.packets -= b->stats.cause[i].packets;
		left.bytes -= b->stats.cause[i].bytes;
	}
	return left;
}

bool books_are_closed(const struct books *b)
{
	struct flow_count left = books_difference(b);

	return !left.packets && !left.bytes && b->emitted.packets == b->added.packets &&
	       b->emitted.bytes == b->added.bytes;
}

void books_print(const struct books *b, struct buf *text)
{
	struct flow_count left = books_difference(b);
	char n[UNITS_TEXT + 8], bytes[UNITS_TEXT];
	int i;

	buf_format(text, "%s: seen %s packets",
	           left.packets || left.bytes ? "INCOMPLETE" : "Complete",
	           units_grouped(n, b->stats.seen.packets));
	buf_format(text, " (%s) = ", units_bytes(bytes, b->stats.seen.bytes));
	buf_format(text, "%s in flows", units_grouped(n, b->added.packets));
	for (i = FLOW_OK + 1; i < FLOW_N_CAUSES; i++)
		if (b->stats.cause[i].packets)
			buf_format(text, " + %s %s", units_grouped(n, b->stats.cause[i].packets),
			           causes[i].name);
	if (b->no_memory.packets)
		buf_format(text, " + %s no_memory", units_grouped(n, b->no_memory.packets));
	if (left.packets || left.bytes)
		buf_format(text, "; unexplained: %" PRId64 " packets, %" PRId64 " bytes",
		           (int64_t)left.packets, (int64_t)left.bytes);
	buf_char(text, '\n');
}
