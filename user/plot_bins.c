// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Volume over time.
 *
 * The time range is not known before the last record, so bins begin 1 us wide and are put together,
 * always a whole number of them, when a flow lies outside their range. Bins begin at multiples of
 * their width since 1970. A flow's bytes are cut at the bins' edges by one rounded running sum,
 * so that its parts add up to what it carried.
 */
#include "plot_bins.h"

#include <string.h>

#define US 1000ULL
#define MS 1000000ULL
#define S  1000000000ULL
#define H  (3600 * S)

/* Each is a multiple of the one before it. */
static const uint64_t widths[] = {
	US,
	10 * US,
	100 * US,
	MS,
	10 * MS,
	100 * MS,
	S,
	10 * S,
	60 * S,
	600 * S,
	H,
	6 * H,
	24 * H,
	240 * H,
	24 * 100 * H,
	24 * 1000 * H,
	24 * 10000 * H,
	24 * 100000 * H,
};
#define N_WIDTHS (sizeof(widths) / sizeof(widths[0]))

/* How many fine bins may be put together for the eye; the quotient has to be a whole number. */
static const uint64_t rounds[] = { 1, 2, 3, 5 };

void plot_bins_init(struct plot_bins *b)
{
	memset(b, 0, sizeof(*b));
	b->group = 1;
}

uint64_t plot_bins_width(const struct plot_bins *b)
{
	return widths[b->width] * b->group;
}

/* Put every group bins, by their place since 1970, into one. */
static void merge(struct plot_bins *b, uint64_t group)
{
	uint64_t first = b->first / group, i, to;
	struct plot_bin bin;

	for (i = 0; i < b->used; i++) {
		bin = b->bin[i];
		b->bin[i] = (struct plot_bin){ 0 };
		to = (b->first + i) / group - first;
		b->bin[to].bytes += bin.bytes;
		b->bin[to].packets += bin.packets;
	}
	if (b->used)
		b->used = (b->first + b->used - 1) / group - first + 1;
	b->first = first;
}

/* Make room for from..to (bins of the present width); false: the width has to grow first. */
static bool reach(struct plot_bins *b, uint64_t from, uint64_t to)
{
	uint64_t last;

	if (!b->used) {
		b->first = from;
		b->used = 1;
	}
	last = b->first + b->used - 1;
	if (from > b->first)
		from = b->first;
	if (to < last)
		to = last;
	if (to - from >= PLOT_BINS)
		return false;
	if (from < b->first) {
		memmove(&b->bin[b->first - from], b->bin, b->used * sizeof(b->bin[0]));
		memset(b->bin, 0, (b->first - from) * sizeof(b->bin[0]));
		b->first = from;
	}
	b->used = to - from + 1;
	return true;
}

/* As a whole number; never more than all of it, though a double may round it up. */
static uint64_t part_of(uint64_t amount, double share)
{
	uint64_t part = (uint64_t)((double)amount * share + 0.5);

	return part < amount ? part : amount;
}

void plot_bins_add(struct plot_bins *b, uint64_t start_ns, uint64_t duration_ns, uint64_t bytes,
                   uint64_t packets)
{
	uint64_t end = start_ns + duration_ns, width, i, had = 0, had_packets = 0, now;
	struct plot_bin *bin;
	double share, per_ns;

	while (!reach(b, start_ns / widths[b->width], end / widths[b->width])) {
		merge(b, widths[b->width + 1] / widths[b->width]);
		b->width++;
	}
	width = widths[b->width];
	per_ns = duration_ns ? 1.0 / (double)duration_ns : 0;
	bin = &b->bin[start_ns / width - b->first];
	for (i = start_ns / width; i < end / width; i++, bin++) {
		share = (double)((i + 1) * width - start_ns) * per_ns;
		now = part_of(bytes, share);
		bin->bytes += now - had;
		had = now;
		now = part_of(packets, share);
		bin->packets += now - had_packets;
		had_packets = now;
	}
	bin->bytes += bytes - had;
	bin->packets += packets - had_packets;
}

void plot_bins_coarsen(struct plot_bins *b, size_t max)
{
	size_t i;

	while (b->used > max && b->width + 1 < N_WIDTHS) {
		for (i = 1; i < sizeof(rounds) / sizeof(rounds[0]); i++)
			if (b->used / rounds[i] + 2 <= max &&
			    widths[b->width + 1] / widths[b->width] % rounds[i] == 0) {
				merge(b, rounds[i]);
				b->group = rounds[i];
				return;
			}
		merge(b, widths[b->width + 1] / widths[b->width]);
		b->width++;
	}
}
