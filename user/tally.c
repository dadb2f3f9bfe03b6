// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A hash of addresses that stays small. When it is full the lower half of the counts is dropped,
 * and the largest dropped is added to the error that every count may have (lossy counting, Manku
 * and Motwani 2002, with rounds of our own length). A scan with forged addresses thus cannot fill
 * memory, and heavy senders stay.
 */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 131072 /* a power of two */
#define MOST  65536
#define BINS  1024

struct tally {
	size_t used;
	uint64_t error;
	struct tally_row rows[SLOTS]; /* packets 0: free */
};

struct tally *tally_new(void)
{
	return calloc(1, sizeof(struct tally));
}

void tally_free(struct tally *t)
{
	free(t);
}

static struct tally_row *row_of(struct tally *t, const uint8_t address[16], int version)
{
	uint64_t high, low;
	size_t i;

	memcpy(&high, address, 8);
	memcpy(&low, address + 8, 8);
	high = high * 0x9e3779b97f4a7c15ULL ^ low;
	high ^= high >> 32; /* the last bytes of an address, which differ most, are the highest */
	i = high * 0xd1b54a32d192ed03ULL >> 40;
	for (i &= SLOTS - 1; t->rows[i].packets; i = (i + 1) & (SLOTS - 1))
		if (t->rows[i].version == version && !memcmp(t->rows[i].address, address, 16))
			break;
	return &t->rows[i];
}

/*
 * The median of the counts, rounded up to the last of a bin: bins of one packet where that is
 * small, as nearly always, wider ones else.
 */
static uint64_t median_of(const struct tally *t)
{
	size_t bins[BINS], i, below;
	int shift = 0;

	for (;; shift++) {
		memset(bins, 0, sizeof(bins));
		for (i = 0; i < SLOTS; i++)
			if (t->rows[i].packets >> shift < BINS)
				bins[t->rows[i].packets >> shift] += t->rows[i].packets > 0;
		for (i = 0, below = 0; i < BINS; i++) {
			below += bins[i];
			if (below > t->used / 2)
				return ((i + 1) << shift) - 1;
		}
	}
}

/* Drop the lower half. Without memory for the rest, drop all: the error tells. */
static void prune(struct tally *t)
{
	struct tally_row *kept = calloc(MOST, sizeof(*kept));
	uint64_t limit = kept ? median_of(t) : UINT64_MAX, most = 0;
	size_t i, n_kept = 0;

	for (i = 0; i < SLOTS; i++) {
		if (t->rows[i].packets > limit)
			kept[n_kept++] = t->rows[i];
		else if (t->rows[i].packets > most)
			most = t->rows[i].packets;
	}
	t->error += most;
	t->used = n_kept;
	memset(t->rows, 0, sizeof(t->rows));
	for (i = 0; i < n_kept; i++)
		*row_of(t, kept[i].address, kept[i].version) = kept[i];
	free(kept);
}

void tally_add(struct tally *t, const uint8_t address[16], int version, uint64_t packets,
               uint64_t bytes)
{
	struct tally_row *row;

	if (!packets)
		return;
	row = row_of(t, address, version);
	if (!row->packets && t->used == MOST) {
		prune(t);
		row = row_of(t, address, version);
	}
	if (!row->packets) {
		memcpy(row->address, address, 16);
		row->version = version;
		t->used++;
	}
	row->packets += packets;
	row->bytes += bytes;
}

static int comes_before(const struct tally_row *a, const struct tally_row *b)
{
	if (a->packets != b->packets)
		return a->packets > b->packets;
	return memcmp(a->address, b->address, 16) < 0;
}

size_t tally_top(const struct tally *t, struct tally_row *rows, size_t n)
{
	size_t i, at, used = 0;

	for (i = 0; n && i < SLOTS; i++) {
		if (!t->rows[i].packets)
			continue;
		if (used == n && !comes_before(&t->rows[i], &rows[n - 1]))
			continue;
		at = used < n ? used++ : n - 1;
		for (; at > 0 && comes_before(&t->rows[i], &rows[at - 1]); at--)
			rows[at] = rows[at - 1];
		rows[at] = t->rows[i];
	}
	return used;
}

uint64_t tally_error(const struct tally *t)
{
	return t->error;
}
