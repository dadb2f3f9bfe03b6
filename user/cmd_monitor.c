// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * weir monitor IFACE...: attach, give up the rights that took, then drain, fold and report at every
 * interval until a signal or the end of --duration; detach, drain what is left, report all flows,
 * sum up.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "collect.h"
#include "drain.h"
#include "guard.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "netdev.h"

/* The interface counted so many and the hooks none: something is wrong. */
#define SILENT_PACKETS 10

static const struct opt options[] = { MONITOR_OPTIONS };

struct monitor {
	struct probe *probe;
	struct drain *drain;
	struct collect *collect;
	struct loop *loop;
	struct drain_to to;
	struct guard guard;
	const struct monitor_guest *guest; /* NULL: none */
	uint64_t interface_packets;        /* of all interfaces, at the start */
	uint64_t moved;                    /* since then, until the last tick */
	bool checked;
	bool failed;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static uint64_t interface_packets(const struct monitor *m)
{
	const struct probe_attached *a;
	uint64_t packets = 0;
	size_t n, i;

	a = probe_attached(m->probe, &n);
	for (i = 0; i < n; i++)
		packets += netdev_counter(a[i].name, "rx_packets") +
		           netdev_counter(a[i].name, "tx_packets");
	return packets;
}

/*
 * An attach that succeeded and never runs has been seen in the wild: tell it from silence. What the
 * interface had counted an interval ago has long passed the hooks, were they there.
 */
static void check_hooks(struct monitor *m)
{
	uint64_t moved = m->moved;

	if (m->checked)
		return;
	m->moved = interface_packets(m) - m->interface_packets;
	if (!collect_seen(m->collect) && moved < SILENT_PACKETS)
		return;
	m->checked = true;
	if (!collect_seen(m->collect))
		log_warn("the interface counted %" PRIu64 " packets and the hooks none: another "
		         "program may hide them; try another --mode",
		         moved);
}

static void drain_now(struct monitor *m)
{
	int failed = drain_run(m->drain, &m->to);

	if (failed) {
		log_error("cannot read the kernel's flow tables: %s; stopping", strerror(-failed));
		m->failed = true;
		loop_stop(m->loop);
	}
}

static void on_wake(void *arg)
{
	struct monitor *m = arg;

	drain_hush(m->drain);
	drain_now(m);
}

static void on_tick(void *arg)
{
	struct monitor *m = arg;
	char line[256];

	drain_now(m);
	collect_tick(m->collect, now_ns());
	while (collect_news(m->collect, line, sizeof(line)))
		log_info("%s", line);
	check_hooks(m);
	guard_tick(&m->guard, collect_books(m->collect));
	if (!collect_wanted(m->collect))
		loop_stop(m->loop);
}

static void on_hangup(void *arg)
{
	struct monitor *m = arg;
	char error[512];
	int failed = collect_reload(m->collect, error, sizeof(error));

	if (failed == -ENOENT)
		loop_stop(m->loop);
	else if (failed)
		log_error("%s; going on with what was loaded before", error);
	else
		log_info("loaded models and rules again");
}

static void on_end(void *arg)
{
	struct monitor *m = arg;

	loop_stop(m->loop);
}

static void tell_attached(const struct monitor *m)
{
	const struct probe_attached *a;
	size_t n, i;

	a = probe_attached(m->probe, &n);
	for (i = 0; i < n; i++)
		log_info("%s: ingress %s, egress %s%s%s", a[i].name, a[i].ingress, a[i].egress,
		         a[i].note[0] ? "; auto: " : "", a[i].note);
	log_debug("kernel flow tables: %u entries a CPU and epoch, %" PRIu64 " bytes in all",
	          probe_maps(m->probe)->kernel_flows, probe_memory(m->probe));
}

static bool maps_work(void *arg)
{
	const struct monitor *m = arg;

	return drain_is_allowed(m->drain);
}

static int launch(void *arg, char *error, size_t size)
{
	const struct monitor *m = arg;

	return collect_launch(m->collect, m->guard.options.sandbox, error, size);
}

/* What the run still needs once all is open and attached. */
static unsigned int needs_of(const struct monitor *m)
{
	const struct probe_attached *a;
	unsigned int needs = collect_needs(m->collect) | (m->guest ? m->guest->needs : 0);
	size_t n, i;

	a = probe_attached(m->probe, &n);
	for (i = 0; i < n; i++)
		if (!strcmp(a[i].ingress, "clsact") || !strcmp(a[i].egress, "clsact"))
			needs |= PRIV_NET_ADMIN;
	return needs;
}

static int open_all(struct monitor *m, const struct monitor_options *o, char **names, int n,
                    char *source, size_t source_size, char *error, size_t size)
{
	struct probe_config config = {
		.interfaces = (const char *const *)names,
		.n_interfaces = n,
		.mode = o->mode,
		.kernel_flows = o->kernel_flows,
	};
	const struct probe_attached *a;
	size_t n_attached;

	m->loop = loop_open();
	if (!m->loop) {
		snprintf(error, size, "cannot make an event loop");
		return -1;
	}
	if (guard_open(&m->guard, m->loop, error, size))
		return -1;
	m->collect = collect_open(&o->collect, true, source, error, size);
	if (!m->collect)
		return -1;
	m->probe = probe_open(&config, error, size);
	if (!m->probe)
		return -1;
	m->drain = drain_open(m->probe);
	if (!m->drain) {
		snprintf(error, size,
		         errno == EOPNOTSUPP
		                 ? "this kernel lacks batch operations on maps (Linux 5.6); see "
		                   "'weir doctor'"
		                 : "cannot start: no memory");
		return -1;
	}
	a = probe_attached(m->probe, &n_attached);
	loop_on_hangup(m->loop, on_hangup, m);
	snprintf(source, source_size, n > 1 ? "%s and %d more" : "%s", a[0].name, n - 1);
	if (loop_add(m->loop, drain_wake_fd(m->drain), on_wake, m) ||
	    loop_every(m->loop, o->collect.interval_ns, on_tick, m) ||
	    (o->duration_ns && loop_after(m->loop, o->duration_ns, on_end, m))) {
		snprintf(error, size, "cannot set up the event loop: no memory or descriptors");
		return -1;
	}
	return 0;
}

/* Nothing more comes in; take what both epochs hold. */
static void finish(struct monitor *m)
{
	guard_end(&m->guard);
	probe_detach(m->probe);
	drain_now(m);
	drain_now(m);
	collect_expire(m->collect, now_ns());
}

static int open_guest(struct monitor *m, char *error, size_t size)
{
	return m->guest ? m->guest->open(m->guest->arg, m->loop, error, size) : 0;
}

static void close_guest(struct monitor *m)
{
	if (m->guest)
		m->guest->close(m->guest->arg);
}

static int watch_until_end(struct monitor *m, const struct monitor_options *o)
{
	struct priv_config rights = { .maps_work = maps_work, .launch = launch, .arg = m };
	char error[256];
	int result = CMD_DONE;

	tell_attached(m);
	collect_from_drain(m->collect, &m->to);
	m->interface_packets = interface_packets(m);
	if (open_guest(m, error, sizeof(error))) {
		log_error("%s", error);
		collect_abandon(m->collect);
		return CMD_FAILED;
	}
	rights.needs = needs_of(m);
	if (guard_drop(&m->guard, &rights)) {
		close_guest(m);
		collect_abandon(m->collect);
		return CMD_FAILED;
	}
	collect_begin(m->collect);
	guard_begin(&m->guard, collect_books(m->collect));
	if (loop_run(m->loop))
		result = CMD_FAILED;
	close_guest(m);
	finish(m);
	if (collect_close(m->collect) || m->failed)
		result = CMD_FAILED;
	return result;
}

int monitor_run(const struct monitor_options *o, char **names, int n,
                const struct monitor_guest *guest)
{
	struct monitor m = { .guest = guest };
	char error[640], source[64] = "";
	int result;

	guard_init(&m.guard, &o->guard);
	if (open_all(&m, o, names, n, source, sizeof(source), error, sizeof(error))) {
		log_error("%s", error);
		result = !m.collect && errno == EINVAL ? CMD_USAGE : CMD_FAILED;
		if (m.collect)
			collect_abandon(m.collect);
	} else {
		result = watch_until_end(&m, o);
	}
	guard_close(&m.guard);
	drain_close(m.drain);
	probe_close(m.probe);
	loop_close(m.loop);
	return result;
}

int monitor_interfaces(char *list, char **names, int size)
{
	char *rest, *word;
	int n = 0;

	for (word = strtok_r(list, " \t\n", &rest); word && n < size;
	     word = strtok_r(NULL, " \t\n", &rest))
		names[n++] = word;
	return n;
}

static int check_and_watch(const struct monitor_options *o, char **names, int n)
{
	if (n < 1) {
		log_error("monitor: which interface? weir monitor IFACE...; 'ip link' lists them");
		return CMD_USAGE;
	}
	if (n > PROBE_MAX_INTERFACES) {
		log_error("monitor: %d interfaces are too many; at most %d", n,
		          PROBE_MAX_INTERFACES);
		return CMD_USAGE;
	}
	return monitor_run(o, names, n, NULL);
}

static int run(const struct opt_command *self, int argc, char **argv)
{
	const char *variable = getenv("WEIR_INTERFACES");
	char *names[PROBE_MAX_INTERFACES + 1], *words;
	struct monitor_options o = { .collect = collect_defaults, .guard.sandbox = true };
	int result;

	switch (opt_parse(self, &o, &argc, argv)) {
	case OPT_HELP:
		return CMD_DONE;
	case OPT_WRONG:
		return CMD_USAGE;
	default:
		break;
	}
	if (argc || !variable)
		return check_and_watch(&o, argv, argc);
	words = strdup(variable);
	result = words ? check_and_watch(&o, names,
	                                 monitor_interfaces(words, names, CMD_COUNT(names)))
	               : CMD_FAILED;
	free(words);
	return result;
}

const struct opt_command cmd_monitor = {
	.name = "monitor",
	.arguments = "IFACE...",
	.summary = "flows of network interfaces, live",
	.options = options,
	.n_options = CMD_COUNT(options),
	.run = run,
};
