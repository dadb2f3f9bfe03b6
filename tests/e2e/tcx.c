// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * tcx: what iproute2 cannot do with TCX and XDP links, for attach.sh and kill.sh.
 *
 *   tcx hold OBJECT PROGRAM IFACE   attach to TCX ingress, before all others; say "attached"; stay
 *                                   until killed
 *   tcx count IFACE                 how many programs each hook has: "xdp N ingress N egress N"
 *                                   (ingress and egress -1: this kernel has no TCX)
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TCX_INGRESS 46 /* of linux/bpf.h since 6.6 */
#define TCX_EGRESS  47
#define BEFORE      (1U << 3)

static int hold(const char *object_path, const char *name, int ifindex)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = BEFORE);
	struct bpf_object *object = bpf_object__open_file(object_path, NULL);
	struct bpf_program *program;

	if (!object)
		return -1;
	bpf_object__for_each_program(program, object)
	        bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), name));
	program = bpf_object__find_program_by_name(object, name);
	if (program)
		bpf_program__set_type(program, BPF_PROG_TYPE_SCHED_CLS);
	if (!program || bpf_object__load(object) ||
	    bpf_link_create(bpf_program__fd(program), ifindex, TCX_INGRESS, &opts) < 0)
		return -1;
	puts("attached");
	fflush(stdout);
	for (;;)
		pause();
}

static int count_tcx(int ifindex, int type)
{
	__u32 ids[64], n = 64;

	return bpf_prog_query(ifindex, type, 0, NULL, ids, &n) ? -1 : (int)n;
}

static int count(int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, xdp);

	if (bpf_xdp_query(ifindex, 0, &xdp))
		return -1;
	printf("xdp %d ingress %d egress %d\n",
	       !!xdp.drv_prog_id + !!xdp.skb_prog_id + !!xdp.hw_prog_id,
	       count_tcx(ifindex, TCX_INGRESS), count_tcx(ifindex, TCX_EGRESS));
	return 0;
}

int main(int argc, char **argv)
{
	const char *iface = argc > 2 ? argv[argc - 1] : "";
	int ifindex = if_nametoindex(iface), failed = -1;

	if (ifindex && argc == 5 && !strcmp(argv[1], "hold"))
		failed = hold(argv[2], argv[3], ifindex);
	else if (ifindex && argc == 3 && !strcmp(argv[1], "count"))
		failed = count(ifindex);
	if (failed)
		fprintf(stderr, "tcx %s %s: %s\n", argc > 1 ? argv[1] : "", iface, strerror(errno));
	return !!failed;
}
