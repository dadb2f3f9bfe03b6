// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel half of trafficgen: every run turns one frame into the next packet of the plan and
 * sends it out of the interface.
 *
 * Frames are recycled, and who reads them may have moved their bytes (a stack that takes the VLAN
 * tag off does), so all headers are written anew each time; the kernel itself resets the length.
 * Flow f is 10.0.0.0 + f (or 2001:db8::f) with source port 1024 + f mod 60,000, to 198.18.0.1
 * (2001:db8:ffff::1) and port 53 (UDP) or 443 (TCP). The checksums of IPv4, and of ICMP when its
 * data are zero, are right; that of UDP is 0, that of TCP and ICMPv6 is wrong: collectors do not
 * look, and the receiver's stack shall drop the packet.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "trafficgen.h"

const volatile struct trafficgen_config config;
struct trafficgen_count count;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct trafficgen_packet);
} plan SEC(".maps");

/* One header is written in two shapes: ports and so on, or ICMP's type, code and identifier. */
union transport {
	struct tcphdr tcp;
	__be16 word[10];
};

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline void write_ipv4(struct iphdr *ip, __u32 flow, __u32 length, __u8 protocol)
{
	__u32 from = 0x0a000000 + flow, to = 0xc6120001; /* 198.18.0.1, RFC 2544 */
	__u32 sum = 0x4500 + length + 0x4000 + (64 << 8 | protocol) + (from >> 16) +
	            (from & 0xffff) + (to >> 16) + (to & 0xffff);

	ip->version = 4;
	ip->ihl = 5;
	ip->tos = 0;
	ip->tot_len = bpf_htons(length);
	ip->id = 0;
	ip->frag_off = bpf_htons(0x4000); /* don't fragment */
	ip->ttl = 64;
	ip->protocol = protocol;
	ip->saddr = bpf_htonl(from);
	ip->daddr = bpf_htonl(to);
	ip->check = bpf_htons(fold(sum));
}

static __always_inline void write_ipv6(struct ipv6hdr *ip, __u32 flow, __u32 length, __u8 protocol)
{
	__builtin_memset(ip, 0, sizeof(*ip));
	ip->version = 6;
	ip->payload_len = bpf_htons(length - sizeof(*ip));
	ip->nexthdr = protocol;
	ip->hop_limit = 64;
	ip->saddr.in6_u.u6_addr32[0] = ip->daddr.in6_u.u6_addr32[0] = bpf_htonl(0x20010db8);
	ip->saddr.in6_u.u6_addr32[3] = bpf_htonl(flow);
	ip->daddr.in6_u.u6_addr32[1] = bpf_htonl(0xffff0000);
	ip->daddr.in6_u.u6_addr32[3] = bpf_htonl(1);
}

static __always_inline void write_transport(union transport *t, __u32 flow, __u32 length,
                                            __u8 protocol)
{
	__u16 port = 1024 + flow % 60000;

	__builtin_memset(t, 0, sizeof(*t));
	if (protocol == IPPROTO_TCP) {
		t->word[0] = bpf_htons(port);
		t->word[1] = bpf_htons(443);
		t->tcp.seq = bpf_htonl((__u32)count.packets);
		t->tcp.doff = 5;
		t->tcp.ack = 1;
		t->tcp.window = bpf_htons(8192);
	} else if (protocol == IPPROTO_UDP) {
		t->word[0] = bpf_htons(port);
		t->word[1] = bpf_htons(53);
		t->word[2] = bpf_htons(length);
	} else { /* echo request; its checksum covers the identifier */
		__u32 type = protocol == IPPROTO_ICMP ? 8 << 8 : 128 << 8;

		t->word[0] = bpf_htons(type);
		t->word[1] = bpf_htons(fold(type + port));
		t->word[2] = bpf_htons(port);
	}
}

/* Addresses, the tag if there is one, and the type. */
static __always_inline void write_link(__u16 *at)
{
	int i;

	for (i = 0; i < 6; i++)
		at[i] = config.link[i];
	if (config.tag) {
		at[6] = bpf_htons(config.tag >> 16);
		at[7] = bpf_htons(config.tag);
		at[8] = config.link[6];
	} else {
		at[6] = config.link[6];
	}
}

static __always_inline int write_packet(struct xdp_md *ctx, const struct trafficgen_packet *packet)
{
	void *end = (void *)(long)ctx->data_end;
	__u8 *ip = (void *)(long)ctx->data + config.ip_offset;
	__u32 header = config.ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	__u32 length = packet->length - config.ip_offset, flow = config.first_flow + packet->flow;

	if ((void *)(ip + header + sizeof(union transport)) > end)
		return -1;
	write_link((void *)(long)ctx->data);
	if (config.ipv6)
		write_ipv6((void *)ip, flow, length, packet->protocol);
	else
		write_ipv4((void *)ip, flow, length, packet->protocol);
	write_transport((void *)(ip + header), flow, length - header, packet->protocol);
	return 0;
}

SEC("xdp")
int trafficgen(struct xdp_md *ctx)
{
	__u32 at = count.next;
	const struct trafficgen_packet *packet = bpf_map_lookup_elem(&plan, &at);

	if (!packet)
		return XDP_ABORTED;
	count.next = at + 1 < config.planned ? at + 1 : 0;
	if ((packet->length != config.frame &&
	     bpf_xdp_adjust_tail(ctx, (int)packet->length - (int)config.frame)) ||
	    write_packet(ctx, packet)) {
		count.refused++;
		return XDP_DROP;
	}
	count.packets++;
	count.bytes += packet->length;
	return bpf_redirect(config.ifindex, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
