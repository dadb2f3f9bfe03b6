// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The bench of the kernel tests: see kernel.h. */
#include <errno.h>
#include <sched.h>
#include <search.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include <linux/bpf.h>

#include "kernel.h"

#include "head.h"

#define SKIPPED 77

extern const char weir_bpf_start[], weir_bpf_end[];

struct hook hooks[N_HOOKS] = {
	{ .program = "weir_xdp", .direction = FLOW_INGRESS, .link = PARSE_ETHERNET, .xdp = true },
	{ .program = "weir_ingress", .direction = FLOW_INGRESS, .link = PARSE_ETHERNET },
	{ .program = "weir_egress", .direction = FLOW_EGRESS, .link = PARSE_ETHERNET },
	{ .program = "weir_ingress_ip", .direction = FLOW_INGRESS, .link = PARSE_IP },
	{ .program = "weir_egress_ip", .direction = FLOW_EGRESS, .link = PARSE_IP },
};

struct kernel shared;
struct packet frame;

static struct bpf_map *map_like(const struct bpf_object *object, const char *part)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) if (strstr(bpf_map__name(map), part)) return map;
	return NULL;
}

static int on_wake(void *context, void *data, size_t size)
{
	struct kernel *k = context;

	k->wakes++;
	if (size == sizeof(k->woken_slot))
		memcpy(&k->woken_slot, data, size);
	return 0;
}

/* Others each time. */
static uint64_t draw_seed(void)
{
	static uint64_t state = 20261128;

	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state ^ state >> 29;
}

static int kernel_prepare(struct kernel *k, uint32_t overflow_entries)
{
	struct flow_config config = {
		.cpus = k->cpus,
		.tables = k->entries ? k->tables : 0,
		.entries = k->entries,
		.index = flow_index_lines(k->entries),
		.half = k->half,
		.frags = 1,
		.test_clock = 1,
	};
	struct bpf_program *xdp = bpf_object__find_program_by_name(k->object, "weir_xdp");
	struct bpf_map *rodata = map_like(k->object, ".rodata.config");
	int error = -ENOENT;

	if (!xdp || !rodata)
		return error;
	for (size_t i = 0; i < sizeof(config.seed) / sizeof(config.seed[0]); i++)
		config.seed[i] = draw_seed();
	config.seed[1] |= 1;
	config.seed[3] = -config.seed[1]; /* in a sum of words times secrets they would cancel */
	error = bpf_map__set_initial_value(rodata, &config, sizeof(config));
	if (!error)
		error = bpf_map__set_max_entries(map_like(k->object, "entries"),
		                                 2 * k->tables * k->entries + 1);
	if (!error)
		error = bpf_map__set_max_entries(map_like(k->object, "highs"),
		                                 2 * k->tables * k->entries + 1);
	if (!error)
		error = bpf_map__set_max_entries(map_like(k->object, "places"),
		                                 2 * k->tables * config.index);
	if (!error)
		error = bpf_map__set_max_entries(map_like(k->object, "stats"), 2 * k->cpus);
	if (!error)
		error = bpf_map__set_max_entries(map_like(k->object, "overflow"), overflow_entries);
	if (!error)
		error = bpf_program__set_flags(xdp, BPF_F_XDP_HAS_FRAGS);
	return error;
}

/* Of a map of something of this size for each entry. */
static size_t map_size(const struct kernel *k, size_t each)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (2 * (size_t)k->tables * k->entries * each + page) / page * page;
}

static const void *map_read(const struct kernel *k, const char *name, size_t each)
{
	const void *at = mmap(NULL, map_size(k, each), PROT_READ, MAP_SHARED,
	                      bpf_map__fd(map_like(k->object, name)), 0);

	return at == MAP_FAILED ? NULL : at;
}

void kernel_close(struct kernel *k)
{
	ring_buffer__free(k->ring);
	if (k->epoch && k->epoch != MAP_FAILED)
		munmap((void *)k->epoch, sysconf(_SC_PAGESIZE));
	if (k->entries_map)
		munmap((void *)k->entries_map, map_size(k, sizeof(*k->entries_map)));
	if (k->highs_map)
		munmap((void *)k->highs_map, map_size(k, sizeof(*k->highs_map)));
	bpf_object__close(k->object);
}

int kernel_open(struct kernel *k, uint32_t entries, uint32_t half, uint32_t overflow_entries)
{
	int error;

	memset(k, 0, sizeof(*k));
	k->cpu = sched_getcpu();
	k->cpus = libbpf_num_possible_cpus();
	k->tables = k->cpu + 1;
	k->half = half;
	k->entries = entries;
	k->object = bpf_object__open_mem(weir_bpf_start, weir_bpf_end - weir_bpf_start, NULL);
	if (!k->object)
		return -errno;
	error = kernel_prepare(k, overflow_entries);
	if (!error)
		error = bpf_object__load(k->object);
	if (error)
		goto out;
	k->stats = bpf_object__find_map_fd_by_name(k->object, "stats");
	k->overflow = bpf_object__find_map_fd_by_name(k->object, "overflow");
	k->epoch = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
	                bpf_map__fd(map_like(k->object, ".bss")), 0);
	k->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(k->object, "wake"), on_wake, k,
	                           NULL);
	k->entries_map = map_read(k, "entries", sizeof(*k->entries_map));
	k->highs_map = map_read(k, "highs", sizeof(*k->highs_map));
	if (!k->ring || k->epoch == MAP_FAILED || !k->entries_map || !k->highs_map)
		error = -ENOMEM;
out:
	if (error)
		kernel_close(k);
	return error;
}

int kernel_program(const struct kernel *k, const struct hook *hook)
{
	struct bpf_program *program = bpf_object__find_program_by_name(k->object, hook->program);

	return program ? bpf_program__fd(program) : -ENOENT;
}

static uint32_t current_slot(const struct kernel *k)
{
	return (*k->epoch & 1) * k->cpus + k->cpu;
}

bool get_flow(const struct kernel *k, uint32_t n, struct record *flow)
{
	struct flow_stats stats;
	size_t at = ((*k->epoch & 1) * k->tables + k->cpu) * (size_t)k->entries + n;

	get_stats(k, &stats);
	if (n >= stats.flows)
		return false;
	flow->key = k->entries_map[at].key;
	flow_read(&flow->partial, &k->entries_map[at], &k->highs_map[at]);
	return true;
}

void get_stats(const struct kernel *k, struct flow_stats *stats)
{
	uint32_t slot = current_slot(k);

	assert_int_equal(bpf_map_lookup_elem(k->stats, &slot, stats), 0);
}

uint64_t seen_anywhere(const struct kernel *k)
{
	uint32_t first = (*k->epoch & 1) * k->cpus, slot;
	struct flow_stats stats;
	uint64_t packets = 0;

	for (slot = first; slot < first + k->cpus; slot++) {
		assert_int_equal(bpf_map_lookup_elem(k->stats, &slot, &stats), 0);
		packets += stats.seen.packets;
	}
	return packets;
}

void forget(const struct kernel *k)
{
	static const struct flow_stats none;
	uint32_t slot;

	for (slot = 0; slot < k->cpus; slot++) {
		uint32_t at = (*k->epoch & 1) * k->cpus + slot;

		assert_int_equal(bpf_map_update_elem(k->stats, &at, &none, BPF_ANY), 0);
	}
	*k->epoch += 2; /* what the index says is of an epoch that is over */
}

int shoot(const struct kernel *k, const struct hook *hook, const struct shot *shot)
{
	static uint8_t stamped[sizeof(uint64_t) + PACKET_MAX];
	struct xdp_md md = { .data = sizeof(uint64_t) };
	struct __sk_buff skb = { .tstamp = shot->time_ns,
		                 .gso_size = shot->gso_size,
		                 .gso_segs = shot->gso_segs };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = shot->data, .data_size_in = shot->length,
	            .ctx_in = &skb, .ctx_size_in = sizeof(skb), .repeat = 1);

	if (hook->xdp) {
		memcpy(stamped, &shot->time_ns, sizeof(uint64_t));
		memcpy(stamped + sizeof(uint64_t), shot->data, shot->length);
		md.data_end = sizeof(uint64_t) + shot->length;
		run.data_in = stamped;
		run.data_size_in = md.data_end;
		run.ctx_in = &md;
		run.ctx_size_in = sizeof(md);
	}
	if (bpf_prog_test_run_opts(kernel_program(k, hook), &run))
		return -errno;
	assert_int_equal((int)run.retval, hook->xdp ? XDP_PASS : -1 /* TC_ACT_UNSPEC */);
	return 0;
}

enum flow_cause parse_natively(struct flow_packet *p, const struct hook *hook,
                               const struct shot *shot)
{
	enum flow_cause cause;

	memset(p, 0, sizeof(*p));
	p->time_ns = shot->time_ns;
	p->key.ifindex = 1; /* test-run's packets come from the loopback device */
	p->key.direction = hook->direction;
	cause = parse_packet(p, shot->data, shot->data + shot->length, shot->length, hook->link, 0);
	if (cause == FLOW_OK)
		head_look(p, shot->data, shot->data + shot->length);
	return cause;
}

void expect_count(struct flow_stats *stats, enum flow_cause cause, uint64_t packets, uint64_t bytes)
{
	stats->seen.packets += packets;
	stats->seen.bytes += bytes;
	stats->cause[cause].packets += packets;
	stats->cause[cause].bytes += bytes;
}

void assert_alike(const void *is, const void *must, size_t size, const struct hook *hook,
                  const char *name, uint32_t length, const char *what)
{
	const uint8_t *a = is, *b = must;
	size_t i;

	for (i = 0; i < size; i++)
		if (a[i] != b[i])
			fail_msg("%s, %s of %u bytes: %s differs at byte %zu: %02x, natively %02x",
			         hook->program, name, length, what, i, a[i], b[i]);
}

bool may_be_refused(const struct hook *hook, uint32_t length)
{
	return length < hook->min || length > hook->max || (!hook->xdp && length < SHORT_MAX);
}

bool compare_alone(const struct kernel *k, const struct hook *hook, const struct shot *shot,
                   const char *name)
{
	struct flow_stats is, must = { 0 };
	struct record flow;
	struct flow_partial native;
	struct flow_packet p;
	bool there;
	enum flow_cause cause = parse_natively(&p, hook, shot);
	int error;

	forget(k);
	error = shoot(k, hook, shot);
	if (error && may_be_refused(hook, shot->length))
		return false;
	if (error)
		fail_msg("%s, %s of %u bytes: test-run says %s", hook->program, name, shot->length,
		         strerror(-error));
	expect_count(&must, cause, 1, shot->length);
	must.flows = cause == FLOW_OK;
	get_stats(k, &is);
	assert_alike(&is, &must, sizeof(is), hook, name, shot->length, "stats");
	there = get_flow(k, 0, &flow);
	if (there != (cause == FLOW_OK))
		fail_msg("%s, %s of %u bytes: cause %d, but %s flow", hook->program, name,
		         shot->length, cause, there ? "a" : "no");
	if (!there)
		return true;
	assert_alike(&flow.key, &p.key, sizeof(p.key), hook, name, shot->length, "key");
	flow_start(&native, &p);
	assert_alike(&flow.partial, &native, sizeof(native), hook, name, shot->length, "partial");
	return true;
}

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct flow_key));
}

void ledger_add(struct ledger *l, const struct flow_packet *p, enum flow_cause cause)
{
	struct record *fresh;
	void **found;

	expect_count(&l->stats, cause, p->segments, p->length);
	if (cause != FLOW_OK)
		return;
	found = tfind(&p->key, &l->root, by_key);
	if (found) {
		flow_add(&(*(struct record **)found)->partial, p);
		return;
	}
	fresh = malloc(sizeof(*fresh));
	assert_non_null(fresh);
	fresh->key = p->key;
	flow_start(&fresh->partial, p);
	assert_non_null(tsearch(fresh, &l->root, by_key));
	l->flows++;
	l->stats.flows++;
}

void ledger_clear(struct ledger *l)
{
	tdestroy(l->root, free);
	memset(l, 0, sizeof(*l));
}

/* Live packets have times of their own; gaps within a super-packet are not known. */
static void leave_out_times(struct flow_partial *p)
{
	p->first_ns = p->last_ns = p->iat_sq = 0;
	p->iat_min = p->iat_max = p->high.iat_sq = 0;
	p->iat_adjust = 0;
	memset(p->iat_hist, 0, sizeof(p->iat_hist));
	memset(p->high.iat_hist, 0, sizeof(p->high.iat_hist));
	p->marks &= ~FLOW_COALESCED;
}

void compare_ledger(const struct kernel *k, const struct ledger *l, const struct hook *hook,
                    const char *name, bool timeless)
{
	struct flow_partial native;
	struct flow_stats stats;
	struct record flow;
	uint32_t flows = 0;
	void **found;

	get_stats(k, &stats);
	assert_alike(&stats, &l->stats, sizeof(stats), hook, name, 0, "stats");
	for (; get_flow(k, flows, &flow); flows++) {
		found = tfind(&flow.key, &l->root, by_key);
		if (!found)
			fail_msg("%s, %s: a flow that there is not", hook->program, name);
		native = (*(struct record **)found)->partial;
		if (timeless) {
			leave_out_times(&flow.partial);
			leave_out_times(&native);
		}
		assert_alike(&flow.partial, &native, sizeof(native), hook, name, 0, "partial");
	}
	assert_int_equal(flows, l->flows);
}

/* The shortest and the longest frame that test-run takes at each hook. */
static void find_limits(void)
{
	static uint8_t zeros[LINEAR_MAX];
	uint32_t high, middle;
	size_t h;

	for (h = 0; h < N_HOOKS; h++) {
		struct shot shot = { .data = zeros };

		for (shot.length = 1; shoot(&shared, &hooks[h], &shot) && shot.length < 100;)
			shot.length++;
		hooks[h].min = hooks[h].max = shot.length;
		for (high = LINEAR_MAX; high - hooks[h].max > 1;) {
			middle = shot.length = (hooks[h].max + high) / 2;
			if (shoot(&shared, &hooks[h], &shot))
				high = middle;
			else
				hooks[h].max = middle;
		}
		printf("  test-run of %s takes frames of %u to %u bytes\n", hooks[h].program,
		       hooks[h].min, hooks[h].max);
	}
}

/* 0, or the exit code. */
static int begin(void)
{
	cpu_set_t here;
	int error;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	sched_setaffinity(0, sizeof(here), &here);
	if (geteuid() != 0) {
		printf("skip - the kernel programs: loading BPF needs root\n");
		return SKIPPED;
	}
	error = kernel_open(&shared, 1024, ~0U, 64);
	if (error == -EPERM || error == -EACCES) {
		printf("skip - the kernel programs: loading BPF is not permitted here\n");
		return SKIPPED;
	}
	if (error) {
		printf("not ok - the kernel programs do not load: %s\n", strerror(-error));
		return 1;
	}
	find_limits();
	return 0;
}

int kernel_run(const struct CMUnitTest *cases, size_t n)
{
	int code = begin();

	if (code)
		return code;
	code = _cmocka_run_group_tests("tests", cases, n, NULL, NULL);
	kernel_close(&shared);
	return code;
}
