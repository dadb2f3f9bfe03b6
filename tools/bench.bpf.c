// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel half of bench: the generator, and the programs weir is compared with.
 *
 * The generator is what the test run starts. It takes the next flow number of the pattern, writes
 * it into the packet's source address and port, and tail-calls the program under test, which thus
 * is the very binary that runs in production. Without one the call falls through, and the cost is
 * the generator's own.
 *
 * The minimal flow counter is what one would write first: Ethernet, IPv4 or IPv6 without options,
 * ports, the time, one hash map shared by all CPUs, hence atomic additions, two counters.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bench.h"

#define UNUSED __attribute__((unused))

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BENCH_PACKETS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u32);
} pattern SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} xdp_target SEC(".maps"), tc_target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024); /* set before load */
	__type(key, struct bench_key);
	__type(value, struct bench_value);
} minimal SEC(".maps");

__u32 position;

static __always_inline void next_flow(void *data, void *end)
{
	struct iphdr *ip = data + ETH_HLEN;
	__be16 *ports = (void *)(ip + 1);
	__u32 at = position++ & (BENCH_PACKETS - 1);
	const __u32 *flow = bpf_map_lookup_elem(&pattern, &at);

	if (!flow || (void *)(ports + 2) > end)
		return;
	ip->saddr = bpf_htonl(0x0a000000 + *flow);
	ports[0] = *flow;
}

SEC("xdp.frags")
int drive_xdp(struct xdp_md *ctx)
{
	next_flow((void *)(long)ctx->data, (void *)(long)ctx->data_end);
	bpf_tail_call(ctx, &xdp_target, 0);
	return XDP_PASS;
}

SEC("tc")
int drive_tc(struct __sk_buff *skb)
{
	next_flow((void *)(long)skb->data, (void *)(long)skb->data_end);
	bpf_tail_call(skb, &tc_target, 0);
	return TC_ACT_UNSPEC;
}

SEC("xdp.frags")
int empty_xdp(struct xdp_md *ctx UNUSED)
{
	return XDP_PASS;
}

SEC("tc")
int empty_tc(struct __sk_buff *skb UNUSED)
{
	return TC_ACT_UNSPEC;
}

SEC("xdp.frags")
int time_xdp(struct xdp_md *ctx UNUSED)
{
	bpf_ktime_get_ns();
	return XDP_PASS;
}

SEC("tc")
int time_tc(struct __sk_buff *skb UNUSED)
{
	bpf_ktime_get_ns();
	return TC_ACT_UNSPEC;
}

/* The transport header, or NULL if there is no whole one or the packet is not IP. */
static __always_inline void *parse_addresses(void *data, void *end, struct bench_key *key)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct ipv6hdr *ip6 = (void *)(eth + 1);

	if ((void *)(ip + 1) > end)
		return NULL;
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		key->src[10] = key->src[11] = key->dst[10] = key->dst[11] = 0xff;
		__builtin_memcpy(key->src + 12, &ip->saddr, 4);
		__builtin_memcpy(key->dst + 12, &ip->daddr, 4);
		key->protocol = ip->protocol;
		return ip + 1;
	}
	if (eth->h_proto != bpf_htons(ETH_P_IPV6) || (void *)(ip6 + 1) > end)
		return NULL;
	__builtin_memcpy(key->src, &ip6->saddr, 16);
	__builtin_memcpy(key->dst, &ip6->daddr, 16);
	key->protocol = ip6->nexthdr;
	return ip6 + 1;
}

static __always_inline void count(void *data, void *end, __u32 length)
{
	struct bench_key key = {};
	struct bench_value fresh = { .packets = 1, .bytes = length, .last_ns = bpf_ktime_get_ns() };
	struct bench_value *value;
	__be16 *ports = parse_addresses(data, end, &key);

	if (!ports || (void *)(ports + 2) > end)
		return;
	if (key.protocol == IPPROTO_TCP || key.protocol == IPPROTO_UDP) {
		key.src_port = bpf_ntohs(ports[0]);
		key.dst_port = bpf_ntohs(ports[1]);
	}
	value = bpf_map_lookup_elem(&minimal, &key);
	if (!value) {
		bpf_map_update_elem(&minimal, &key, &fresh, BPF_NOEXIST);
		return;
	}
	__sync_fetch_and_add(&value->packets, 1);
	__sync_fetch_and_add(&value->bytes, length);
	value->last_ns = fresh.last_ns;
}

SEC("xdp.frags")
int minimal_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	count(data, end, end - data);
	return XDP_PASS;
}

SEC("tc")
int minimal_tc(struct __sk_buff *skb)
{
	count((void *)(long)skb->data, (void *)(long)skb->data_end, skb->len);
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
