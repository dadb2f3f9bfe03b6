/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's flow tables, behind one call, table_find().
 *
 * Each CPU has a table for each of two epochs, so there is one writer, and no locks and no atomics.
 * The agent flips the epoch, waits until no program can still hold the old one, and then owns the
 * retired tables alone: reading them loses no update.
 *
 * A table is an array of entries, filled from the front, which the agent reads where they lie
 * (user/drain.c), and an index that says where a key's entry is: lines of eight places, one cache
 * line each. A place is the epoch's number (32 bits), eight bits of the hash and the entry's number
 * (24 bits). It is free when it is of another epoch, so nothing is ever cleared. A key is looked
 * for from the line that its hash names, in the order in which places are taken, until one is free;
 * with half of the places in use at most, that is one line for nearly all. Should eight lines in a
 * row be taken, the table counts as full. The hash takes secret numbers, drawn at the start, lest
 * somebody choose flows that meet.
 *
 * Why not the kernel's own hash map: it puts 48 bytes before each key and the entries where it
 * likes, locks, and is read by copying. A packet of a known flow touches three cache lines here,
 * the index among them, TCP four.
 */
#ifndef WEIR_FLOW_TABLE_H
#define WEIR_FLOW_TABLE_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "flow.h"

#define TABLE_PLACES      8
#define TABLE_PROBES      (8 * TABLE_PLACES) /* places that are looked at */
#define TABLE_NUMBER_BITS 24
#define TABLE_HASH_BITS   8

/* Which of the two halves of the tables is being written, by its lowest bit. The agent alone counts
 * it up. */
volatile __u32 epoch;

const volatile struct flow_config config SEC(".rodata.config") = { .half = ~0U };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set by the agent, as all sizes here */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct flow_entry);
} entries SEC(".maps");

struct table_line {
	__u64 place[TABLE_PLACES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct table_line);
} places SEC(".maps");

/* The upper parts of the sums of the entries, by the same numbers; only a few have any. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct flow_high);
} highs SEC(".maps");

static __always_inline struct flow_high *flow_high(struct flow_partial *p)
{
	__u32 number = p->number;
	struct flow_high *high = bpf_map_lookup_elem(&highs, &number);

	if (high && !p->has_high) {
		flow_zero(high);
		p->has_high = 1;
	}
	return high;
}

static __always_inline void flow_clear(struct flow_partial *p)
{
	__u32 number = p->number;

	flow_zero(p);
	p->number = number;
}

enum table_result {
	TABLE_FOUND,
	TABLE_NEW, /* the entry's partial is to be begun, by who asked */
	TABLE_FULL,
	TABLE_NONE, /* this CPU has none */
};

static __always_inline __u64 key_word(const struct flow_key *key, int i)
{
	return ((const __u64 *)key)[i];
}

/* The halves of a word of the key, each with a secret number added, multiplied. */
static __always_inline __u64 table_hash_word(const struct flow_key *key, int i)
{
	__u64 word = key_word(key, i), secret = config.seed[i];
	__u32 low = (__u32)word + (__u32)secret, high = (word >> 32) + (secret >> 32);

	return (__u64)low * high;
}

/*
 * NH (Black et al., UMAC, 1999): whatever two keys are, their sums are equal for one secret of
 * 2^32. Then the sum's bits are spread, as MurmurHash3 does.
 */
static __always_inline __u64 table_hash(const struct flow_key *key)
{
	__u64 h = table_hash_word(key, 0) + table_hash_word(key, 1) + table_hash_word(key, 2) +
	          table_hash_word(key, 3) + table_hash_word(key, 4) + table_hash_word(key, 5);

	h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
	return h ^ h >> 33;
}

static __always_inline int key_equal(const struct flow_key *a, const struct flow_key *b)
{
	return !((key_word(a, 0) ^ key_word(b, 0)) | (key_word(a, 1) ^ key_word(b, 1)) |
	         (key_word(a, 2) ^ key_word(b, 2)) | (key_word(a, 3) ^ key_word(b, 3)) |
	         (key_word(a, 4) ^ key_word(b, 4)) | (key_word(a, 5) ^ key_word(b, 5)));
}

/*
 * The entry of a key in this CPU's table of the epoch (now), of which *used entries are in use. A
 * new one is counted there, and has its key and number.
 */
static __always_inline struct flow_entry *
table_find(enum table_result *result, __u32 now, __u32 cpu, __u64 *used, const struct flow_key *key)
{
	__u64 hash = table_hash(key), n = *used, place;
	__u64 mark = (__u64)(now + 1) << TABLE_HASH_BITS | hash >> (64 - TABLE_HASH_BITS);
	__u32 table = (now & 1) * config.tables + cpu, at, i;
	struct table_line *line;
	struct flow_entry *e;

	*result = TABLE_NONE;
	if (cpu >= config.tables)
		return NULL;
	for (i = 0; i < TABLE_PROBES; i++) {
		at = ((__u32)hash + i / TABLE_PLACES) & (config.index - 1);
		at += table * config.index;
		line = bpf_map_lookup_elem(&places, &at);
		if (!line)
			return NULL;
		place = line->place[i % TABLE_PLACES];
		if (place >> 32 != mark >> TABLE_HASH_BITS)
			goto free;
		at = place & ((1U << TABLE_NUMBER_BITS) - 1);
		/* An epoch's number comes again after 2^32 of them. */
		if (place >> TABLE_NUMBER_BITS != mark || at >= n)
			continue;
		at += table * config.entries;
		e = bpf_map_lookup_elem(&entries, &at);
		if (!e)
			return NULL;
		*result = TABLE_FOUND;
		if (key_equal(&e->key, key))
			return e;
	}
full:
	*result = TABLE_FULL;
	return NULL;
free:
	if (n >= config.entries)
		goto full;
	at = table * config.entries + n;
	e = bpf_map_lookup_elem(&entries, &at);
	if (!e)
		return NULL;
	e->key = *key;
	e->partial.number = at;
	line->place[i % TABLE_PLACES] = mark << TABLE_NUMBER_BITS | n;
	*used = n + 1;
	*result = TABLE_NEW;
	return e;
}

#endif
