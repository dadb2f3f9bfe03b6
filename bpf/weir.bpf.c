// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel programs: at each hook, parse the packet, account it, let it pass.
 *
 * XDP sees packets as they come off the wire; TC sees socket buffers, where one may carry many
 * wire packets (GSO on the way out, GRO on the way in) and the VLAN tag may lie beside the frame.
 * The verdict is always "go on" (XDP_PASS, TC_ACT_UNSPEC): a collector drops nothing and hides
 * nothing from other programs. Nothing here depends on BTF or on a kernel's own structs.
 */
#include "account.h"

#include <linux/pkt_cls.h>

#include "parse_common.h"

#define GSO_BY_FRAGS 0xffff
#define SINGLE_MOST  1522 /* Ethernet's largest ordinary frame: no buffer is smaller */
#define HEADERS_MAX  512  /* no chain of headers the parser follows is longer in practice */

static __always_inline __u64 xdp_time(const struct xdp_md *ctx, const void *data)
{
	const __u64 *stamp = (void *)(long)ctx->data_meta;

	if (config.test_clock && (const void *)(stamp + 1) <= data)
		return *stamp;
	return bpf_ktime_get_ns();
}

/*
 * A frame in several buffers is as long as the kernel says, but asking costs a tenth of all. So it
 * is asked only when the first buffer does not tell: what cannot be followed in it, is longer by
 * its IP header, or fills so much that more may follow.
 */
static __always_inline enum flow_cause parse_xdp(struct xdp_md *ctx, struct flow_packet *k,
                                                 const struct parse_place *at)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 wire = end - data, whole;
	__u64 now = k->time_ns;
	enum flow_cause cause;
	int again;

	for (again = 0; again < 2; again++) {
		flow_zero(k);
		k->time_ns = now;
		k->key.ifindex = at->ifindex;
		k->key.direction = at->direction;
		cause = parse_packet(k, data, end, wire, PARSE_ETHERNET, 0);
		if (!config.frags || (cause == FLOW_OK && !k->is_clipped && wire <= SINGLE_MOST))
			break;
		whole = bpf_xdp_get_buff_len(ctx);
		if (whole == wire)
			break;
		wire = whole;
	}
	return cause;
}

SEC("xdp")
int weir_xdp(struct xdp_md *ctx)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct parse_place at = { ctx->ingress_ifindex, FLOW_INGRESS };
	struct flow_packet *k = packet_room();
	enum flow_cause cause = FLOW_OK;

	if (!k)
		return XDP_PASS;
	k->time_ns = xdp_time(ctx, data);
	if (end - data > SINGLE_MOST || !parse_common(k, data, end, end - data, &at))
		cause = parse_xdp(ctx, k, &at);
	account(ctx, 1, k, cause);
	return XDP_PASS;
}

/* Tell the wire packets in a super-packet, from what segmentation will do or coalescing did. */
static __always_inline void count_segments(struct __sk_buff *skb, struct flow_packet *k,
                                           enum flow_cause cause)
{
	__u32 size = skb->gso_size, segments = skb->gso_segs, more;

	if (!size)
		return;
	if (cause != FLOW_OK) { /* headers unknown: as many packets, none of their headers */
		k->segments = segments ? segments : 1;
		return;
	}
	if (size == GSO_BY_FRAGS && segments)
		size = k->payload / segments; /* SCTP: the lengths are its chunks' own */
	if (!segments || (segments - 1) * (__u64)size >= k->payload)
		segments = (k->payload + size - 1) / size; /* untrusted senders leave it 0 */
	if (segments <= 1)
		return;
	more = (segments - 1) * k->headers;
	k->segments = segments;
	k->segment_payload = size;
	k->length += more;
	k->ip_length += more - (segments - 1) * k->link_length;
}

/* Headers may lie outside the linear part: then, and only then, ask for them to be pulled in. */
static __always_inline int pull_headers(struct __sk_buff *skb)
{
	__u32 linear = (void *)(long)skb->data_end - (void *)(long)skb->data;

	if (skb->len <= linear || linear >= HEADERS_MAX)
		return 0;
	return !bpf_skb_pull_data(skb, skb->len < HEADERS_MAX ? skb->len : HEADERS_MAX);
}

static __always_inline enum flow_cause parse_skb(struct __sk_buff *skb, struct flow_packet *k,
                                                 const struct parse_place *at, enum parse_link link)
{
	__u32 tag = skb->vlan_present ? PARSE_STRIPPED | skb->vlan_tci : 0;
	__u64 now = k->time_ns;
	enum flow_cause cause;
	int again;

	for (again = 0; again < 2; again++) {
		flow_zero(k);
		k->time_ns = now;
		k->key.ifindex = at->ifindex;
		k->key.direction = at->direction;
		cause = parse_packet(k, (void *)(long)skb->data, (void *)(long)skb->data_end,
		                     skb->len, link, tag);
		if (cause == FLOW_OK || cause == FLOW_NOT_IP || !pull_headers(skb))
			break;
	}
	return cause;
}

/* A tag beside the frame is left to parse_skb(). */
static __always_inline int handle_skb(struct __sk_buff *skb, enum flow_direction direction,
                                      enum parse_link link)
{
	struct parse_place at = { skb->ifindex, direction };
	struct flow_packet *k = packet_room();
	enum flow_cause cause = FLOW_OK;

	if (!k)
		return TC_ACT_UNSPEC;
	k->time_ns = config.test_clock ? skb->tstamp : bpf_ktime_get_ns();
	if (link != PARSE_ETHERNET || skb->vlan_present ||
	    !parse_common(k, (void *)(long)skb->data, (void *)(long)skb->data_end, skb->len, &at))
		cause = parse_skb(skb, k, &at, link);
	count_segments(skb, k, cause);
	account(skb, 0, k, cause);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int weir_ingress(struct __sk_buff *skb)
{
	return handle_skb(skb, FLOW_INGRESS, PARSE_ETHERNET);
}

SEC("tc")
int weir_egress(struct __sk_buff *skb)
{
	return handle_skb(skb, FLOW_EGRESS, PARSE_ETHERNET);
}

/* Devices without a link-layer header: tunnels, WireGuard, PPP. */
SEC("tc")
int weir_ingress_ip(struct __sk_buff *skb)
{
	return handle_skb(skb, FLOW_INGRESS, PARSE_IP);
}

SEC("tc")
int weir_egress_ip(struct __sk_buff *skb)
{
	return handle_skb(skb, FLOW_EGRESS, PARSE_IP);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
