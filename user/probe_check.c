// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Feature probes for weir doctor: load or make the smallest thing that needs the feature. Answers
 * of "no" for lack of rights look like lack of the feature; the caller checks the rights first.
 */
#include "probe_check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOPBACK    1
#define TCX_INGRESS 46 /* BPF_TCX_INGRESS of linux/bpf.h since 6.6 */
#define TCX_EGRESS  47

static bool has_xdp(void)
{
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL) == 1;
}

static bool has_tc(void)
{
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SCHED_CLS, NULL) == 1;
}

static bool has_maps(void)
{
	return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_HASH, NULL) == 1 &&
	       libbpf_probe_bpf_map_type(BPF_MAP_TYPE_ARRAY_OF_MAPS, NULL) == 1 &&
	       libbpf_probe_bpf_map_type(BPF_MAP_TYPE_PERCPU_ARRAY, NULL) == 1;
}

static bool has_ring_buffer(void)
{
	return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) == 1;
}

static bool has_batch(void)
{
	uint32_t cursor, key, value, n = 1;
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "weir_check", sizeof(key), sizeof(value), 1,
	                         NULL);
	bool there;

	if (map < 0)
		return false;
	there = !bpf_map_lookup_batch(map, NULL, &cursor, &key, &value, &n, NULL) ||
	        errno == ENOENT;
	close(map);
	return there;
}

static bool has_tcx(void)
{
	return probe_check_tcx(LOOPBACK, false) >= 0;
}

static bool has_frags(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_get_buff_len, NULL) == 1;
}

static bool has_membarrier(void)
{
	return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0;
}

uint32_t probe_check_xdp(uint32_t ifindex)
{
	__u32 id = 0;

	return bpf_xdp_query_id(ifindex, 0, &id) ? 0 : id;
}

int probe_check_tcx(uint32_t ifindex, bool egress)
{
	__u32 ids[64], n = 64;

	if (bpf_prog_query(ifindex, egress ? TCX_EGRESS : TCX_INGRESS, 0, NULL, ids, &n))
		return -1;
	return n;
}

size_t probe_check_kernel(const struct probe_check **checks)
{
	static struct probe_check all[] = {
		{ "XDP programs", "4.8", false, false, "--mode tc only" },
		{ "TC programs", "4.1", false, true, NULL },
		{ "hash, array-of-maps and per-CPU maps", "4.12", false, true, NULL },
		{ "batch operations on maps", "5.6", false, true, NULL },
		{ "BPF ring buffer", "5.8", false, true, NULL },
		{ "TCX links", "6.6", false, false,
		  "clsact filters instead: a weir that is killed leaves them behind" },
		{ "XDP fragments", "5.18", false, false,
		  "XDP counts only the first buffer of a jumbo frame" },
		{ "membarrier as grace period", "4.3", false, false,
		  "drains wait by replacing a map, a little slower" },
	};
	static bool (*const ask[])(void) = { has_xdp,         has_tc,  has_maps,  has_batch,
		                             has_ring_buffer, has_tcx, has_frags, has_membarrier };
	size_t i, n = sizeof(all) / sizeof(all[0]);

	_Static_assert(sizeof(all) / sizeof(all[0]) == sizeof(ask) / sizeof(ask[0]), "unasked");
	libbpf_set_print(NULL);
	for (i = 0; i < n; i++)
		all[i].there = ask[i]();
	*checks = all;
	return n;
}
