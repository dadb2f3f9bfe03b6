// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs of somebody else, each with one verdict, for attach.sh. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int xdp_pass(void)
{
	return XDP_PASS;
}

SEC("tc/ok")
int tc_ok(void)
{
	return TC_ACT_OK;
}

SEC("tc/shot")
int tc_shot(void)
{
	return TC_ACT_SHOT;
}

SEC("tc/redirect")
int tc_redirect(void)
{
	return bpf_redirect(1, BPF_F_INGRESS); /* into loopback */
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
