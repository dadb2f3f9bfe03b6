/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * account(), which puts a packet into its flow or names why not, and the maps beside the tables.
 *
 * Counters are kept by slot, (epoch & 1) * cpus + cpu, for every CPU there can be.
 *
 * A full table costs detail, never totals: such packets go to overflow counters by interface,
 * direction and protocol. A table that is half full wakes the agent, once an epoch.
 */
#ifndef WEIR_ACCOUNT_H
#define WEIR_ACCOUNT_H

#include "head.h"
#include "flow_table.h"

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

/*
 * The packet that is being looked at. Not on the stack: of memory in a map the verifier remembers
 * nothing, so that all ways through the parser become one before the table.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flow_packet);
} packet SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} wake SEC(".maps");

/* Not for the programs: an update of it waits for a grace period (drain.c). */
struct grace_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct grace_map);
} grace SEC(".maps");

static __always_inline struct flow_packet *packet_room(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&packet, &zero);
}

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

static __always_inline enum flow_cause add_to_flow(void *ctx, int is_xdp, __u32 now, __u32 cpu,
                                                   __u32 slot, struct flow_stats *s,
                                                   struct flow_packet *k)
{
	enum table_result result;
	struct flow_entry *e = table_find(&result, now, cpu, &s->flows, &k->key);

	if (!e && result == TABLE_FULL) {
		table_overflow(slot, s, k);
		return FLOW_TABLE_FULL;
	}
	if (!e)
		return FLOW_NO_TABLE;
	if (result == TABLE_FOUND ? flow_wants_head(&e->partial, k) : k->payload)
		look_at_head(ctx, is_xdp, k);
	if (result == TABLE_FOUND) {
		flow_add(&e->partial, k);
		return FLOW_OK;
	}
	flow_start(&e->partial, k);
	if (s->flows == config.half)
		bpf_ringbuf_output(&wake, &slot, sizeof(slot), BPF_RB_FORCE_WAKEUP);
	return FLOW_OK;
}

/* Count a packet where it belongs; cause is what the parser said of it, ctx the program's own. */
static __always_inline void account(void *ctx, int is_xdp, struct flow_packet *k,
                                    enum flow_cause cause)
{
	__u32 now = epoch, cpu = bpf_get_smp_processor_id(), slot = (now & 1) * config.cpus + cpu;
	struct flow_stats *s = bpf_map_lookup_elem(&stats, &slot);

	if (!s)
		return; /* cannot be: the agent makes a slot for every possible CPU */
	s->seen.packets += k->segments;
	s->seen.bytes += k->length;
	if (cause == FLOW_OK)
		cause = add_to_flow(ctx, is_xdp, now, cpu, slot, s, k);
	if (cause < FLOW_N_CAUSES) {
		s->cause[cause].packets += k->segments;
		s->cause[cause].bytes += k->length;
	}
}

#endif
