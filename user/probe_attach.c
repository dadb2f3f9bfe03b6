// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Choose hooks and attach to them.
 *
 * Always by links, which the kernel removes with the process: XDP in one mode only, TCX at the head
 * of its list, so that no other program's verdict hides a packet from us. Before Linux 6.6 there
 * is no TCX: there a clsact filter, its qdisc made only if absent and never removed. Other
 * programs and qdiscs are not touched. Loopback gets ingress alone, as each of its packets passes
 * both ways.
 */
#include "probe_attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ATTACH_TCX_INGRESS 46 /* BPF_TCX_INGRESS of linux/bpf.h since 6.6 */
#define ATTACH_TCX_EGRESS  47
#define ATTACH_BEFORE      (1U << 3) /* BPF_F_BEFORE: with no one named, before all */

enum probe_mode probe_auto_mode(const struct netdev *dev, char *why, size_t size)
{
	unsigned int id = 0;

	*why = '\0';
	if (!dev->has_link_layer) {
		snprintf(why, size, "no link layer, which XDP cannot know");
		return PROBE_TC;
	}
	if (!dev->native_xdp) {
		snprintf(why, size, "native XDP does not pay on %s",
		         dev->driver[0] ? dev->driver : "this device");
		return PROBE_TC;
	}
	if (!bpf_xdp_query_id(dev->ifindex, 0, &id) && id) {
		snprintf(why, size, "another XDP program (id %u) is attached", id);
		return PROBE_TC;
	}
	snprintf(why, size, "%s runs XDP natively", dev->driver);
	return PROBE_XDP;
}

static int check_device(const struct netdev *dev, const struct probe_config *config, char *error,
                        size_t size)
{
	if (!dev->supported) {
		snprintf(error, size,
		         "%s: hardware type %u is neither Ethernet nor plain IP; weir cannot read "
		         "it",
		         dev->name, dev->type);
		return -EPROTONOSUPPORT;
	}
	if (!dev->up) {
		snprintf(error, size, "%s: the interface is down; bring it up: ip link set %s up",
		         dev->name, dev->name);
		return -ENETDOWN;
	}
	if (!dev->has_link_layer && config->mode != PROBE_AUTO && config->mode != PROBE_TC) {
		snprintf(error, size, "%s: has no link layer, which XDP cannot know; try --mode tc",
		         dev->name);
		return -EPROTONOSUPPORT;
	}
	return 0;
}

/* By index: a link may have alternative names. */
static int check_twice(const struct probe *p, size_t n, char *error, size_t size)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p->devices[i].ifindex == p->devices[n].ifindex) {
			snprintf(error, size, "%s: named twice; once is enough",
			         p->devices[n].name);
			return -EEXIST;
		}
	return 0;
}

int probe_choose(struct probe *p, const struct probe_config *config, char *error, size_t size)
{
	char known[256];
	size_t i;
	int failed;

	p->may_fall_back = config->mode == PROBE_AUTO;
	for (i = 0; i < config->n_interfaces; i++) {
		failed = netdev_read(config->interfaces[i], &p->devices[i]);
		if (failed == -ENODEV) {
			netdev_list(known, sizeof(known));
			snprintf(error, size, "%s: no such interface; there are: %s",
			         config->interfaces[i], known);
			return failed;
		}
		if (failed) {
			snprintf(error, size, "%s: cannot ask for its state: %s",
			         config->interfaces[i], strerror(-failed));
			return failed;
		}
		failed = check_device(&p->devices[i], config, error, size);
		if (!failed)
			failed = check_twice(p, i, error, size);
		if (failed)
			return failed;
		p->modes[i] = config->mode;
		if (config->mode == PROBE_AUTO)
			p->modes[i] = probe_auto_mode(&p->devices[i], p->attached[i].note,
			                              sizeof(p->attached[i].note));
		p->n_attached = i + 1;
	}
	return 0;
}

bool probe_wants_program(const struct probe *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->n_attached; i++) {
		const struct netdev *dev = &p->devices[i];
		bool tc_in = p->modes[i] == PROBE_TC || p->may_fall_back;

		if (!strcmp(name, "weir_xdp") && p->modes[i] != PROBE_TC)
			return true;
		if (!strcmp(name, "weir_ingress") && tc_in && dev->has_link_layer)
			return true;
		if (!strcmp(name, "weir_egress") && dev->has_link_layer && !dev->loopback)
			return true;
		if (!strcmp(name, "weir_ingress_ip") && tc_in && !dev->has_link_layer)
			return true;
		if (!strcmp(name, "weir_egress_ip") && !dev->has_link_layer)
			return true;
	}
	return false;
}

static uint32_t program_id(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &length) ? 0 : info.id;
}

static struct probe_hook *new_hook(struct probe *p, uint32_t ifindex, bool egress)
{
	struct probe_hook *hook = &p->hooks[p->n_hooks++];

	*hook = (struct probe_hook){ .link = -1, .ifindex = ifindex, .egress = egress };
	return hook;
}

static void explain_xdp(const struct netdev *dev, enum probe_mode mode, int failed, char *error,
                        size_t size)
{
	const char *kind = mode == PROBE_XDP ? "native" : "generic";
	unsigned int id = 0;

	bpf_xdp_query_id(dev->ifindex, 0, &id);
	if (id)
		snprintf(error, size,
		         "%s: cannot attach XDP in %s mode: another program is attached (id %u); "
		         "try "
		         "--mode tc",
		         dev->name, kind, id);
	else if (failed == -EOPNOTSUPP)
		snprintf(error, size,
		         "%s: cannot attach XDP in %s mode: its driver%s%s has no support; try "
		         "--mode tc",
		         dev->name, kind, *dev->driver ? " " : "", dev->driver);
	else
		snprintf(error, size,
		         "%s: cannot attach XDP in %s mode: %s (an MTU of %u, LRO or too few "
		         "queues may "
		         "be why); try --mode tc",
		         dev->name, kind, strerror(-failed), dev->mtu);
}

/* 0, or negative with the reason in error. */
static int attach_xdp(struct probe *p, size_t i, char *error, size_t size)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	const struct netdev *dev = &p->devices[i];
	struct probe_attached *a = &p->attached[i];
	int program = probe_program(p, "weir_xdp"), link, failed;

	opts.flags = p->modes[i] == PROBE_XDP ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
	link = bpf_link_create(program, dev->ifindex, BPF_XDP, &opts);
	if (link < 0) {
		failed = -errno;
		explain_xdp(dev, p->modes[i], failed, error, size);
		return failed;
	}
	new_hook(p, 0, false)->link = link;
	a->ingress_id = program_id(program);
	failed = bpf_xdp_query(dev->ifindex, 0, &query);
	if (failed || (query.drv_prog_id != a->ingress_id && query.skb_prog_id != a->ingress_id)) {
		snprintf(error, size,
		         "%s: XDP was attached but is not what the kernel reports there; try "
		         "--mode tc",
		         dev->name);
		return -EIO;
	}
	a->ingress = query.drv_prog_id == a->ingress_id ? "xdp native" : "xdp generic";
	return 0;
}

static int attach_clsact(struct probe *p, const struct netdev *dev, int program, bool egress)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = dev->ifindex,
	            .attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = program);
	struct probe_hook *ours;
	int failed = bpf_tc_hook_create(&hook);

	if (failed && failed != -EEXIST)
		return failed;
	failed = bpf_tc_attach(&hook, &opts);
	if (failed)
		return failed;
	ours = new_hook(p, dev->ifindex, egress);
	ours->handle = opts.handle;
	ours->priority = opts.priority;
	return 0;
}

/* Is our program on the interface's list? The kernel's word, not the return of the attach call. */
static bool tcx_has(const struct netdev *dev, int type, uint32_t id)
{
	__u32 ids[64], n = 64, i;

	if (bpf_prog_query(dev->ifindex, type, 0, NULL, ids, &n))
		return false;
	for (i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static int attach_tc(struct probe *p, size_t i, bool egress, char *error, size_t size)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = ATTACH_BEFORE);
	const struct netdev *dev = &p->devices[i];
	struct probe_attached *a = &p->attached[i];
	const char *name = dev->has_link_layer ? (egress ? "weir_egress" : "weir_ingress")
	                                       : (egress ? "weir_egress_ip" : "weir_ingress_ip");
	int type = egress ? ATTACH_TCX_EGRESS : ATTACH_TCX_INGRESS;
	int program = probe_program(p, name), link = -1, failed = 0;
	const char *how = "tcx";
	uint32_t id = program_id(program);

	if (!p->no_tcx)
		link = bpf_link_create(program, dev->ifindex, type, &opts);
	if (link >= 0) {
		new_hook(p, 0, egress)->link = link;
		if (!tcx_has(dev, type, id))
			failed = -EIO;
	} else if (p->no_tcx || errno == EINVAL) {
		how = "clsact";
		failed = attach_clsact(p, dev, program, egress);
	} else {
		failed = -errno;
	}
	if (failed) {
		snprintf(error, size, "%s: cannot attach to TC %s (%s): %s; see 'weir doctor %s'",
		         dev->name, egress ? "egress" : "ingress", how, strerror(-failed),
		         dev->name);
		return failed;
	}
	*(egress ? &a->egress : &a->ingress) = how;
	*(egress ? &a->egress_id : &a->ingress_id) = id;
	return 0;
}

static int attach_device(struct probe *p, size_t i, char *error, size_t size)
{
	struct probe_attached *a = &p->attached[i];
	const struct netdev *dev = &p->devices[i];
	int failed = 0;

	a->ifindex = dev->ifindex;
	memcpy(a->name, dev->name, sizeof(a->name));
	a->egress = "none";
	if (p->modes[i] != PROBE_TC) {
		failed = attach_xdp(p, i, error, size);
		if (failed && p->may_fall_back) {
			snprintf(a->note, sizeof(a->note), "native XDP was refused (%s)",
			         strerror(-failed));
			p->modes[i] = PROBE_TC;
			failed = 0;
		}
	}
	if (!failed && p->modes[i] == PROBE_TC)
		failed = attach_tc(p, i, false, error, size);
	if (!failed && !dev->loopback)
		failed = attach_tc(p, i, true, error, size);
	return failed;
}

int probe_attach(struct probe *p, char *error, size_t size)
{
	size_t i;
	int failed = 0;

	for (i = 0; i < p->n_attached && !failed; i++)
		failed = attach_device(p, i, error, size);
	return failed;
}

static void remove_filter(const struct probe_hook *ours)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ours->ifindex,
	            .attach_point = ours->egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = ours->handle, .priority = ours->priority);

	bpf_tc_detach(&hook, &opts);
}

void probe_detach(struct probe *p)
{
	size_t i;

	for (i = 0; i < p->n_hooks; i++) {
		if (p->hooks[i].link >= 0)
			close(p->hooks[i].link);
		else if (p->hooks[i].ifindex)
			remove_filter(&p->hooks[i]);
	}
	p->n_hooks = 0;
}
