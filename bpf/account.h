/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's maps, and account(), which puts a packet into its flow or names why not.
 *
 * The flow table is behind one call, table_add().
 *
 * One preallocated hash map per CPU and epoch: one writer each, so no locks and no atomics. A slot
 * is (epoch & 1) * cpus + cpu. The agent flips the epoch, waits until no program can still hold
 * the old one, and then owns the retired slots alone: reading them loses no update.
 *
 * A full table costs detail, never totals: such packets go to overflow counters by interface,
 * direction and protocol. A table that is half full wakes the agent, once an epoch.
 */
#ifndef WEIR_ACCOUNT_H
#define WEIR_ACCOUNT_H

#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>

#include "head.h"

/* Which of the two halves of the slots is being written. The agent alone changes it. */
volatile __u32 epoch;

const volatile struct flow_config config SEC(".rodata.config") = { .cpus = 1, .half = ~0U };

struct flow_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024); /* set by the agent, as all sizes here */
	__uint(key_size, sizeof(struct flow_key));
	__uint(value_size, sizeof(struct flow_entry));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct flow_map);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct flow_stats);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct flow_overflow);
	__type(value, struct flow_count);
} overflow SEC(".maps");

/* Where a new flow's partial is made: too large for the stack beside the packet's facts. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flow_entry);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} wake SEC(".maps");

static __always_inline void table_overflow(__u32 slot, struct flow_stats *s,
                                           const struct flow_packet *k)
{
	struct flow_overflow key = {
		.slot = slot,
		.ifindex = k->key.ifindex,
		.protocol = k->key.protocol,
		.direction = k->key.direction,
	};
	struct flow_count first = { .packets = k->segments, .bytes = k->length };
	struct flow_count *count = bpf_map_lookup_elem(&overflow, &key);

	if (count) {
		count->packets += k->segments;
		count->bytes += k->length;
	} else if (bpf_map_update_elem(&overflow, &key, &first, BPF_NOEXIST)) {
		s->unattributed += k->segments;
	}
}

static __always_inline enum flow_cause table_insert(void *map, __u32 slot, struct flow_stats *s,
                                                    const struct flow_packet *k)
{
	__u32 zero = 0;
	struct flow_partial *fresh = bpf_map_lookup_elem(&scratch, &zero);
	long failed;

	if (!fresh)
		return FLOW_INSERT_FAILED;
	flow_start(fresh, k);
	failed = bpf_map_update_elem(map, &k->key, fresh, BPF_NOEXIST);
	if (failed == -E2BIG) {
		table_overflow(slot, s, k);
		return FLOW_TABLE_FULL;
	}
	if (failed)
		return FLOW_INSERT_FAILED;
	if (++s->flows == config.half)
		bpf_ringbuf_output(&wake, &slot, sizeof(slot), BPF_RB_FORCE_WAKEUP);
	return FLOW_OK;
}

/*
 * Look at the head of a payload. XDP reads what lies beside the headers, and asks for the rest of a
 * frame in several buffers (5.18). At TC payload is often not beside them, on the way out of TCP
 * never: ask. What the kernel does not give stays unknown.
 */
static __always_inline void look_at_head(void *ctx, int is_xdp, struct flow_packet *k)
{
	const struct xdp_md *xdp = ctx;
	const struct __sk_buff *skb = ctx;
	__u32 size = head_size(k), at = k->headers;
	__u64 word = 0;

	flow_zero(&k->head);
	if (is_xdp)
		head_look(k, (void *)(long)xdp->data, (void *)(long)xdp->data_end);
	if (k->head.bytes || (is_xdp && !config.frags))
		return;
	asm volatile("" : "+r"(size)); /* the limits are for the verifier, not for clang */
	if (size < 1 || size > HEAD_MOST)
		return;
	if (is_xdp ? bpf_xdp_load_bytes(ctx, at, &word, size)
	           : bpf_skb_load_bytes(ctx, at - (skb->vlan_present ? 4 : 0), &word, size))
		return;
	head_note(k, word, size);
}

static __always_inline enum flow_cause table_add(void *ctx, int is_xdp, __u32 slot,
                                                 struct flow_stats *s, struct flow_packet *k)
{
	struct flow_partial *partial;
	void *map = bpf_map_lookup_elem(&flows, &slot);

	if (!map)
		return FLOW_NO_TABLE;
	partial = bpf_map_lookup_elem(map, &k->key);
	if (partial ? flow_wants_head(partial, k) : k->payload)
		look_at_head(ctx, is_xdp, k);
	if (!partial)
		return table_insert(map, slot, s, k);
	flow_add(partial, k);
	return FLOW_OK;
}

/* Count a packet where it belongs; cause is what the parser said of it, ctx the program's own. */
static __always_inline void account(void *ctx, int is_xdp, struct flow_packet *k,
                                    enum flow_cause cause)
{
	__u32 slot = (epoch & 1) * config.cpus + bpf_get_smp_processor_id();
	struct flow_stats *s = bpf_map_lookup_elem(&stats, &slot);

	if (!s)
		return; /* cannot be: the agent makes a slot for every possible CPU */
	s->seen.packets += k->segments;
	s->seen.bytes += k->length;
	if (cause == FLOW_OK)
		cause = table_add(ctx, is_xdp, slot, s, k);
	if (cause < FLOW_N_CAUSES) {
		s->cause[cause].packets += k->segments;
		s->cause[cause].bytes += k->length;
	}
}

#endif
