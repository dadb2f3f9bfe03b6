// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel programs against the same text compiled natively: whatever a packet is, both must
 * account it alike, byte for byte of the partial.
 *
 * Packets go in by BPF_PROG_TEST_RUN, with their time beside them (config.test_clock), so that
 * inter-arrival times are compared too; what test-run cannot make (tags stripped by the receiver,
 * headers outside the linear part, segmentation) goes over a veth pair in a network namespace of
 * its own. The process stays on one CPU: its table is all there is to read.
 *
 * Exits with 77 where BPF programs may not be loaded. Longer than most files: the bench that all
 * cases stand on is two thirds of it, and of no use elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <net/if.h>
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
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>

#include "capture.h"
#include "../packet.h"

#define SKIPPED      77
#define SHORT_MAX    54 /* below this, recent kernels refuse socket buffers with cut IP headers */
#define LINEAR_MAX   65536 /* of a frame that test-run might take */
#define FRAGS_LENGTH 20000
#define TCX_INGRESS  46
#define TCX_EGRESS   47

extern const char weir_bpf_start[], weir_bpf_end[];

/* A loaded set of programs, with tables for this CPU alone. */
struct kernel {
	struct bpf_object *object;
	struct ring_buffer *ring;
	uint32_t cpus, cpu;
	uint32_t half, entries;
	uint32_t wakes, woken_slot;
	volatile uint32_t *epoch;
	int table[2]; /* by epoch */
	int flows, stats, overflow;
};

struct hook {
	const char *program;
	enum flow_direction direction;
	enum parse_link link;
	bool xdp;
	uint32_t min, max; /* lengths of frames that test-run takes here, found at the start */
};

static struct hook hooks[] = {
	{ .program = "weir_xdp", .direction = FLOW_INGRESS, .link = PARSE_ETHERNET, .xdp = true },
	{ .program = "weir_ingress", .direction = FLOW_INGRESS, .link = PARSE_ETHERNET },
	{ .program = "weir_egress", .direction = FLOW_EGRESS, .link = PARSE_ETHERNET },
	{ .program = "weir_ingress_ip", .direction = FLOW_INGRESS, .link = PARSE_IP },
	{ .program = "weir_egress_ip", .direction = FLOW_EGRESS, .link = PARSE_IP },
};

#define N_HOOKS (sizeof(hooks) / sizeof(hooks[0]))

/* A packet on its way into a hook. */
struct shot {
	const uint8_t *data;
	uint32_t length;
	uint64_t time_ns;
	uint32_t gso_size, gso_segs;
};

static struct kernel shared; /* for the cases that need no tables of a special size */
static struct packet frame;

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

static int kernel_prepare(struct kernel *k, uint32_t overflow_entries)
{
	struct flow_config config = {
		.cpus = k->cpus, .half = k->half, .frags = 1, .test_clock = 1
	};
	struct bpf_program *xdp = bpf_object__find_program_by_name(k->object, "weir_xdp");
	struct bpf_map *rodata = map_like(k->object, ".rodata.config");
	int error = -ENOENT;

	if (!xdp || !rodata)
		return error;
	error = bpf_map__set_initial_value(rodata, &config, sizeof(config));
	if (!error)
		error = bpf_map__set_max_entries(map_like(k->object, "flows"), 2 * k->cpus);
	if (!error)
		error = bpf_map__set_max_entries(map_like(k->object, "stats"), 2 * k->cpus);
	if (!error)
		error = bpf_map__set_max_entries(map_like(k->object, "overflow"), overflow_entries);
	if (!error)
		error = bpf_program__set_flags(xdp, BPF_F_XDP_HAS_FRAGS);
	return error;
}

/* 0, or a negative errno. */
static int lookup_partial(int table, const struct flow_key *key, struct flow_partial *partial)
{
	struct flow_entry entry;
	int error = bpf_map_lookup_elem(table, key, &entry);

	if (!error)
		*partial = entry.partial;
	return error;
}

static int kernel_tables(struct kernel *k)
{
	uint32_t half, slot;

	for (half = 0; half < 2; half++) {
		k->table[half] = bpf_map_create(BPF_MAP_TYPE_HASH, "weir_table",
		                                sizeof(struct flow_key), sizeof(struct flow_entry),
		                                k->entries, NULL);
		if (k->table[half] < 0)
			return -errno;
		slot = half * k->cpus + k->cpu;
		if (bpf_map_update_elem(k->flows, &slot, &k->table[half], BPF_ANY))
			return -errno;
	}
	return 0;
}

static void kernel_close(struct kernel *k)
{
	ring_buffer__free(k->ring);
	if (k->epoch && k->epoch != MAP_FAILED)
		munmap((void *)k->epoch, sysconf(_SC_PAGESIZE));
	if (k->table[0] >= 0)
		close(k->table[0]);
	if (k->table[1] >= 0)
		close(k->table[1]);
	bpf_object__close(k->object);
}

/* 0, or a negative errno. */
static int kernel_open(struct kernel *k, uint32_t entries, uint32_t half, uint32_t overflow_entries)
{
	int error;

	memset(k, 0, sizeof(*k));
	k->cpus = libbpf_num_possible_cpus();
	k->cpu = sched_getcpu();
	k->half = half;
	k->entries = entries;
	k->table[0] = k->table[1] = -1;
	k->object = bpf_object__open_mem(weir_bpf_start, weir_bpf_end - weir_bpf_start, NULL);
	if (!k->object)
		return -errno;
	error = kernel_prepare(k, overflow_entries);
	if (!error)
		error = bpf_object__load(k->object);
	if (error)
		goto out;
	k->flows = bpf_object__find_map_fd_by_name(k->object, "flows");
	k->stats = bpf_object__find_map_fd_by_name(k->object, "stats");
	k->overflow = bpf_object__find_map_fd_by_name(k->object, "overflow");
	k->epoch = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
	                bpf_map__fd(map_like(k->object, ".bss")), 0);
	k->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(k->object, "wake"), on_wake, k,
	                           NULL);
	error = k->ring && k->epoch != MAP_FAILED ? kernel_tables(k) : -ENOMEM;
out:
	if (error)
		kernel_close(k);
	return error;
}

static int kernel_program(const struct kernel *k, const struct hook *hook)
{
	struct bpf_program *program = bpf_object__find_program_by_name(k->object, hook->program);

	return program ? bpf_program__fd(program) : -ENOENT;
}

static int current_table(const struct kernel *k)
{
	return k->table[*k->epoch & 1];
}

static void get_stats(const struct kernel *k, struct flow_stats *stats)
{
	uint32_t slot = (*k->epoch & 1) * k->cpus + k->cpu;

	assert_int_equal(bpf_map_lookup_elem(k->stats, &slot, stats), 0);
}

/* Forget all flows and counts of the current epoch. */
static void forget(const struct kernel *k)
{
	static const struct flow_stats none;
	uint32_t slot = (*k->epoch & 1) * k->cpus + k->cpu;
	struct flow_key key;

	assert_int_equal(bpf_map_update_elem(k->stats, &slot, &none, BPF_ANY), 0);
	while (!bpf_map_get_next_key(current_table(k), NULL, &key))
		assert_int_equal(bpf_map_delete_elem(current_table(k), &key), 0);
}

/* Put a packet into a hook: 0 or a negative errno where test-run refuses such a frame. */
static int shoot(const struct kernel *k, const struct hook *hook, const struct shot *shot)
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

/* What the same text makes of it here. */
static enum flow_cause parse_natively(struct flow_packet *p, const struct hook *hook,
                                      const struct shot *shot)
{
	memset(p, 0, sizeof(*p));
	p->time_ns = shot->time_ns;
	p->key.ifindex = 1; /* test-run's packets come from the loopback device */
	p->key.direction = hook->direction;
	return parse_packet(p, shot->data, shot->data + shot->length, shot->length, hook->link, 0);
}

static void expect_count(struct flow_stats *stats, enum flow_cause cause, uint64_t packets,
                         uint64_t bytes)
{
	stats->seen.packets += packets;
	stats->seen.bytes += bytes;
	stats->cause[cause].packets += packets;
	stats->cause[cause].bytes += bytes;
}

static void assert_alike(const void *is, const void *must, size_t size, const struct hook *hook,
                         const char *name, uint32_t length, const char *what)
{
	const uint8_t *a = is, *b = must;
	size_t i;

	for (i = 0; i < size; i++)
		if (a[i] != b[i])
			fail_msg("%s, %s of %u bytes: %s differs at byte %zu: %02x, natively %02x",
			         hook->program, name, length, what, i, a[i], b[i]);
}

static bool may_be_refused(const struct hook *hook, uint32_t length)
{
	return length < hook->min || length > hook->max || (!hook->xdp && length < SHORT_MAX);
}

/* One packet alone: counted alike, and nothing else was. False where test-run does not take it. */
static bool compare_alone(const struct kernel *k, const struct hook *hook, const struct shot *shot,
                          const char *name)
{
	struct flow_stats is, must = { 0 };
	struct flow_partial partial, native;
	struct flow_packet p;
	struct flow_key key;
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
	error = bpf_map_get_next_key(current_table(k), NULL, &key);
	if (!error != (cause == FLOW_OK))
		fail_msg("%s, %s of %u bytes: cause %d, but %s flow", hook->program, name,
		         shot->length, cause, error ? "no" : "a");
	if (error)
		return true;
	assert_alike(&key, &p.key, sizeof(key), hook, name, shot->length, "key");
	assert_int_equal(lookup_partial(current_table(k), &key, &partial), 0);
	flow_start(&native, &p);
	assert_alike(&partial, &native, sizeof(native), hook, name, shot->length, "partial");
	return true;
}

static void every_cut_of_every_packet_counts_as_it_does_natively(void **state)
{
	struct shot shot = { .data = frame.data, .time_ns = 1234567890123456789ULL };
	size_t i, h, runs = 0, refused = 0;
	uint32_t step;

	for (i = 0; i < packet_n_cases; i++) {
		packet_build(&frame, packet_cases[i].op);
		for (h = 0; h < N_HOOKS; h++) {
			if (hooks[h].link != packet_cases[i].link || packet_cases[i].stripped)
				continue;
			for (shot.length = 14; shot.length <= frame.length; shot.length += step) {
				/* In the payload of a long frame not every byte. */
				step = shot.length < 300 || shot.length + 71 >= frame.length ? 1
				                                                             : 71;
				if (compare_alone(&shared, &hooks[h], &shot, packet_cases[i].name))
					runs++;
				else
					refused++;
			}
		}
	}
	printf("  %zu runs; %zu frames that test-run does not take\n", runs, refused);
	assert_true(runs > 2 * refused);
}

/* The flows that a hook should have made, by key. */
struct record {
	struct flow_key key;
	struct flow_partial partial;
};

struct ledger {
	void *root;
	size_t flows;
	struct flow_stats stats;
};

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct flow_key));
}

static void ledger_add(struct ledger *l, const struct flow_packet *p, enum flow_cause cause)
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

static void ledger_clear(struct ledger *l)
{
	tdestroy(l->root, free);
	memset(l, 0, sizeof(*l));
}

/* Live packets have times of their own; gaps within a super-packet are not known. */
static void leave_out_times(struct flow_partial *p)
{
	p->first_ns = p->last_ns = p->iat_sq = 0;
	p->iat_min = p->iat_max = p->iat_sq_high = 0;
	p->iat_adjust = 0;
	memset(p->iat_hist, 0, sizeof(p->iat_hist));
	p->marks &= ~FLOW_COALESCED;
}

static void compare_ledger(const struct kernel *k, const struct ledger *l, const struct hook *hook,
                           const char *name, bool timeless)
{
	struct flow_key key, *from = NULL;
	struct flow_partial partial, native;
	struct flow_stats stats;
	size_t flows = 0;
	void **found;

	get_stats(k, &stats);
	assert_alike(&stats, &l->stats, sizeof(stats), hook, name, 0, "stats");
	while (!bpf_map_get_next_key(current_table(k), from, &key)) {
		found = tfind(&key, &l->root, by_key);
		if (!found)
			fail_msg("%s, %s: a flow that there is not", hook->program, name);
		native = (*(struct record **)found)->partial;
		assert_int_equal(lookup_partial(current_table(k), &key, &partial), 0);
		if (timeless) {
			leave_out_times(&partial);
			leave_out_times(&native);
		}
		assert_alike(&partial, &native, sizeof(native), hook, name, 0, "partial");
		from = &key;
		flows++;
	}
	assert_int_equal(flows, l->flows);
}

static void the_packets_of_a_flow_add_up_as_they_do_natively(void **state)
{
	struct ledger l = { 0 };
	struct shot shot = { .data = frame.data };
	struct flow_packet p;
	uint32_t i, size, h;
	uint64_t now, random = 1;

	for (h = 0; h < 3; h++) {
		forget(&shared);
		for (i = 0, now = 1000; i < 3000; i++) {
			random = random * 6364136223846793005ULL + 1442695040888963407ULL;
			size = (random >> 33) % 5 ? (random >> 40) % 1461 : 0;
			packet_build(&frame,
			             (const struct packet_op[]){
			                     ETH, IP4, TCP(random >> 56), PAY(size), { 0 } });
			frame.data[38] = random >> 50;        /* sequence number */
			frame.data[48] = random >> 34;        /* window */
			frame.data[22] = 32 + (random >> 60); /* TTL */
			now += 1ULL << (random >> 58) % 40;
			shot.length = frame.length;
			shot.time_ns = i % 50 ? now : now - 100000;
			assert_int_equal(shoot(&shared, &hooks[h], &shot), 0);
			ledger_add(&l, &p, parse_natively(&p, &hooks[h], &shot));
		}
		assert_int_equal(l.flows, 1);
		compare_ledger(&shared, &l, &hooks[h], "one flow", false);
		ledger_clear(&l);
	}
}

static void each_epoch_has_its_own_table_and_counts(void **state)
{
	static const struct packet_op op[] = { ETH, IP6, UDP, PAY(20), { 0 } };
	struct shot shot = { .data = frame.data };
	struct ledger l[2] = { { 0 }, { 0 } };
	struct flow_packet p;
	uint32_t i;

	packet_build(&frame, op);
	shot.length = frame.length;
	for (i = 0; i < 2; i++) {
		*shared.epoch = i;
		forget(&shared);
	}
	for (i = 0; i < 30; i++) {
		*shared.epoch = i; /* its lowest bit counts */
		shot.time_ns = i * 1000000;
		assert_int_equal(shoot(&shared, &hooks[i % 3 == 0], &shot), 0);
		ledger_add(&l[i & 1], &p, parse_natively(&p, &hooks[i % 3 == 0], &shot));
	}
	for (i = 0; i < 2; i++) {
		*shared.epoch = i;
		compare_ledger(&shared, &l[i], &hooks[0], "epochs", false);
		forget(&shared);
		ledger_clear(&l[i]);
	}
	*shared.epoch = 0;
}

static void a_cpu_without_a_table_is_a_cause(void **state)
{
	static const struct packet_op op[] = { ETH, IP4, UDP, PAY(20), { 0 } };
	struct flow_stats is, must = { 0 };
	struct shot shot = { .data = frame.data };

	packet_build(&frame, op);
	shot.length = frame.length;
	forget(&shared);
	assert_int_equal(bpf_map_delete_elem(shared.flows, &shared.cpu), 0);
	assert_int_equal(shoot(&shared, &hooks[0], &shot), 0);
	assert_int_equal(bpf_map_update_elem(shared.flows, &shared.cpu, &shared.table[0], BPF_ANY),
	                 0);
	expect_count(&must, FLOW_NO_TABLE, 1, frame.length);
	get_stats(&shared, &is);
	assert_memory_equal(&is, &must, sizeof(is));
}

static void super_packets_count_as_what_goes_over_the_wire(void **state)
{
	static const struct {
		const char *name;
		struct packet_op op[6];
		uint32_t payload, gso_size, gso_segs;
		uint32_t segments, headers, ip_headers;
	} rows[] = {
		{ "TCP",
		  { ETH, IP4, TCP(FLOW_ACK | FLOW_PSH), PAY(3000) },
		  3000,
		  1000,
		  3,
		  3,
		  54,
		  40 },
		{ "a last segment that is short",
		  { ETH, IP4, TCP(FLOW_ACK), PAY(2001) },
		  2001,
		  1000,
		  3,
		  3,
		  54,
		  40 },
		{ "segments not told",
		  { ETH, IP6, TCP(FLOW_ACK), PAY(2500) },
		  2500,
		  1200,
		  0,
		  3,
		  74,
		  60 },
		{ "too many segments told",
		  { ETH, IP4, TCP(FLOW_ACK), PAY(2500) },
		  2500,
		  1200,
		  40,
		  3,
		  54,
		  40 },
		{ "UDP", { ETH, IP6, UDP, PAY(2400) }, 2400, 1200, 2, 2, 62, 48 },
		{ "TCP options in a VLAN",
		  { ETH, TAG(0x8100, 5), IP4, TCP_OPTIONS(FLOW_ACK, 3), PAY(99) },
		  99,
		  10,
		  10,
		  10,
		  70,
		  52 },
		{ "one segment", { ETH, IP4, TCP(FLOW_ACK), PAY(700) }, 700, 1000, 1, 1, 54, 40 },
		{ "no payload", { ETH, IP4, TCP(FLOW_ACK) }, 0, 1000, 1, 1, 54, 40 },
	};
	struct shot shot = { .data = frame.data };
	struct flow_partial partial;
	struct flow_packet p;
	struct flow_stats stats;
	struct flow_key key;
	size_t i, h, segment;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (h = 1; h < 3; h++) {
			uint64_t n = rows[i].segments, payload = rows[i].payload;
			uint64_t size = rows[i].gso_size, left = payload, square = 0;

			packet_build(&frame, rows[i].op);
			shot.length = frame.length;
			shot.gso_size = size;
			shot.gso_segs = rows[i].gso_segs;
			forget(&shared);
			assert_int_equal(shoot(&shared, &hooks[h], &shot), 0);
			assert_int_equal(parse_natively(&p, &hooks[h], &shot), FLOW_OK);
			assert_int_equal(bpf_map_get_next_key(current_table(&shared), NULL, &key),
			                 0);
			assert_alike(&key, &p.key, sizeof(key), &hooks[h], rows[i].name,
			             frame.length, "key");
			assert_int_equal(lookup_partial(current_table(&shared), &key, &partial), 0);
			assert_int_equal(partial.packets, n);
			assert_int_equal(partial.bytes, n * rows[i].headers + payload);
			assert_int_equal(partial.ip_bytes, n * rows[i].ip_headers + payload);
			assert_int_equal(partial.payload_bytes, payload);
			assert_int_equal(partial.tcp_flag[4], key.protocol == 6 ? n : 0);
			for (segment = 0; segment < n; segment++) {
				uint64_t one = left < size ? left : size;

				square += (rows[i].headers + one) * (rows[i].headers + one);
				if (segment < 8)
					assert_int_equal(partial.first_payload[segment], one);
				left -= one;
			}
			assert_int_equal(partial.length_sq, square);
			assert_int_equal(!!(partial.marks & FLOW_COALESCED), n > 1);
			get_stats(&shared, &stats);
			assert_int_equal(stats.seen.packets, n);
			assert_int_equal(stats.seen.bytes, n * rows[i].headers + payload);
			assert_memory_equal(&stats.cause[FLOW_OK], &stats.seen, 16);
		}
	}
}

static void xdp_frames_in_fragments_count_their_whole_length(void **state)
{
	static const uint32_t lengths[] = { 100, 3000, 4096, 5000, 9014, FRAGS_LENGTH };
	struct shot shot = { .data = frame.data, .time_ns = 5 };
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		packet_build(&frame, (const struct packet_op[]){
		                             ETH, IP4, UDP, PAY(lengths[i] - 42), { 0 } });
		shot.length = frame.length;
		assert_true(frame.length <= hooks[0].max);
		compare_alone(&shared, &hooks[0], &shot, "XDP in fragments");
	}
}

/* The n-th flow of a protocol: told apart by source port, or address where there is none. */
static void build_flow(uint8_t protocol, uint32_t n)
{
	if (protocol == PARSE_TCP)
		packet_build(&frame, (const struct packet_op[]){ ETH, IP4, TCP(FLOW_SYN), { 0 } });
	else if (protocol == PARSE_UDP)
		packet_build(&frame, (const struct packet_op[]){ ETH, IP4, UDP, PAY(50), { 0 } });
	else
		packet_build(&frame,
		             (const struct packet_op[]){ ETH, IP4, ICMP(8, 0), PAY(56), { 0 } });
	frame.data[28] = n >> 8;
	frame.data[29] = n;
}

static uint64_t shoot_flow(const struct kernel *k, const struct hook *hook, uint8_t protocol,
                           uint32_t n)
{
	struct shot shot = { .data = frame.data, .time_ns = n };

	build_flow(protocol, n);
	shot.length = frame.length;
	assert_int_equal(shoot(k, hook, &shot), 0);
	return frame.length;
}

static void get_overflow(const struct kernel *k, uint8_t protocol, enum flow_direction direction,
                         struct flow_count *count)
{
	struct flow_overflow key = {
		.slot = k->cpu, .ifindex = 1, .protocol = protocol, .direction = direction
	};

	if (bpf_map_lookup_elem(k->overflow, &key, count))
		memset(count, 0, sizeof(*count));
}

static void a_full_table_loses_detail_but_no_packet(void **state)
{
	struct flow_count tcp, udp, icmp;
	struct flow_stats stats;
	struct kernel k;
	uint32_t i;

	assert_int_equal(kernel_open(&k, 64, ~0U, 2), 0); /* two protocols overflow, a third not */
	for (i = 0; i < 64; i++)
		shoot_flow(&k, &hooks[0], PARSE_UDP, i);
	get_stats(&k, &stats);
	assert_int_equal(stats.flows, 64);
	assert_int_equal(stats.cause[FLOW_TABLE_FULL].packets, 0);
	for (i = 0; i < 100; i++)
		shoot_flow(&k, &hooks[0], PARSE_TCP, i);
	for (i = 0; i < 30; i++)
		shoot_flow(&k, &hooks[2], PARSE_UDP, i); /* out: other flows than those in */
	for (i = 0; i < 7; i++)
		shoot_flow(&k, &hooks[0], PARSE_ICMP, i);
	for (i = 0; i < 64; i++)
		shoot_flow(&k, &hooks[1], PARSE_UDP, i); /* known flows are still counted */
	get_stats(&k, &stats);
	get_overflow(&k, PARSE_TCP, FLOW_INGRESS, &tcp);
	get_overflow(&k, PARSE_UDP, FLOW_EGRESS, &udp);
	get_overflow(&k, PARSE_ICMP, FLOW_INGRESS, &icmp);
	kernel_close(&k);
	assert_int_equal(tcp.packets, 100);
	assert_int_equal(tcp.bytes, 100 * 54);
	assert_int_equal(udp.packets, 30);
	assert_int_equal(udp.bytes, 30 * 92);
	assert_int_equal(icmp.packets, 0);
	assert_int_equal(stats.unattributed, 7);
	assert_int_equal(stats.flows, 64);
	assert_int_equal(stats.cause[FLOW_OK].packets, 128);
	assert_int_equal(stats.cause[FLOW_OK].bytes, 128 * 92);
	assert_int_equal(stats.cause[FLOW_TABLE_FULL].packets, 137);
	assert_int_equal(stats.cause[FLOW_TABLE_FULL].bytes, 100 * 54 + 30 * 92 + 7 * 98);
	assert_int_equal(stats.seen.packets, 265);
}

static void a_half_full_table_wakes_the_agent_once_an_epoch(void **state)
{
	struct kernel k;
	uint32_t i, round;

	assert_int_equal(kernel_open(&k, 64, 32, 16), 0);
	for (round = 0; round < 2; round++) {
		*k.epoch = round;
		for (i = 0; i < 31; i++)
			shoot_flow(&k, &hooks[0], PARSE_UDP, i);
		ring_buffer__consume(k.ring);
		assert_int_equal(k.wakes, round);
		for (i = 20; i < 32; i++)
			shoot_flow(&k, &hooks[0], PARSE_UDP, i);
		ring_buffer__consume(k.ring);
		assert_int_equal(k.wakes, round + 1);
		assert_int_equal(k.woken_slot, round * k.cpus + k.cpu);
		for (i = 0; i < 100; i++)
			shoot_flow(&k, &hooks[0], PARSE_UDP, i);
		ring_buffer__consume(k.ring);
		assert_int_equal(k.wakes, round + 1);
	}
	kernel_close(&k);
}

/* A veth pair in a namespace of its own: what is sent into w0 comes out of w1. */
struct wire {
	int home; /* the namespace to return to */
	int socket;
	uint32_t from, to;
};

static void wire_close(struct wire *w)
{
	if (w->socket >= 0)
		close(w->socket);
	assert_int_equal(setns(w->home, CLONE_NEWNET), 0); /* and the pair is gone */
	close(w->home);
}

static bool wire_open(struct wire *w)
{
	static const char script[] =
	        "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null;"
	        "ip link add w0 mtu 9000 type veth peer name w1 mtu 9000 2>/dev/null &&"
	        "ip link set w0 up && ip link set w1 up";
	struct sockaddr_ll address = { .sll_family = AF_PACKET };
	int on = 1;

	w->socket = -1;
	w->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(w->home >= 0);
	if (unshare(CLONE_NEWNET) || system(script)) {
		wire_close(w);
		return false;
	}
	w->from = if_nametoindex("w0");
	w->to = if_nametoindex("w1");
	w->socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	address.sll_ifindex = w->from;
	assert_int_equal(bind(w->socket, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(setsockopt(w->socket, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
	return true;
}

/* linear: bytes of the frame that shall be in the linear part; only for frames over a page. */
static void wire_send(const struct wire *w, uint32_t linear, uint32_t gso_size)
{
	static uint8_t buffer[sizeof(struct virtio_net_hdr) + PACKET_MAX];
	struct virtio_net_hdr header = { .hdr_len = linear };

	if (gso_size) {
		header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		header.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		header.gso_size = gso_size;
		header.csum_start = 34;
		header.csum_offset = 16;
	}
	memcpy(buffer, &header, sizeof(header));
	memcpy(buffer + sizeof(header), frame.data, frame.length);
	if (send(w->socket, buffer, sizeof(header) + frame.length, 0) < 0)
		fail_msg("send of %u bytes: %s", frame.length, strerror(errno));
}

/* Where a program hangs on the wire. */
struct place {
	const char *name;
	size_t hook;
	int type;
	bool far; /* on the receiving end */
};

static const struct place places[] = {
	{ "TC egress", 2, TCX_EGRESS, false },
	{ "TC ingress", 1, TCX_INGRESS, true },
	{ "XDP", 0, BPF_XDP, true },
};

/* Add the frame as the hook there should see it: that many packets, one after the other. */
static void expect_frame(struct ledger *l, const struct wire *w, const struct place *at)
{
	struct shot shot = { .data = frame.data, .length = frame.length };
	struct flow_packet p;
	enum flow_cause cause = parse_natively(&p, &hooks[at->hook], &shot);

	p.key.ifindex = at->far ? w->to : w->from;
	ledger_add(l, &p, cause);
}

/*
 * On the way out, cut short as well: test-run does not take such socket buffers. On the way in the
 * kernel itself drops what ends inside a tag, so that only whole packets are sure to arrive.
 */
static void send_crafted(struct ledger *l, const struct wire *w, const struct place *at)
{
	uint32_t length;
	size_t i;

	for (i = 0; i < packet_n_cases; i++) {
		const struct packet_case *c = &packet_cases[i];
		bool whole = c->is.cause == FLOW_OK || c->is.cause == FLOW_TAGS;

		if (c->link != PARSE_ETHERNET || c->stripped || (at->far && !whole))
			continue;
		packet_build(&frame, c->op);
		length = frame.length;
		for (frame.length = at->far ? length : 15; frame.length < length; frame.length++) {
			wire_send(w, frame.length, 0);
			expect_frame(l, w, at);
			if (frame.length == SHORT_MAX)
				frame.length = length - 1;
		}
		wire_send(w, frame.length, 0);
		expect_frame(l, w, at);
	}
}

/* Frames of which nothing but the Ethernet header lies in the linear part. */
static void send_scattered(struct ledger *l, const struct wire *w, const struct place *at)
{
	static const struct packet_op op[][PACKET_OPS] = {
		{ ETH, IP4_OPTIONS(10), TCP_OPTIONS(FLOW_ACK, 10), PAY(5000) },
		{ ETH, TAG(0x8100, 9), IP6, EXT(0, 64), EXT(60, 128), UDP, PAY(8000) },
		{ ETH, LABEL(0), LABEL(1), IP4, SCTP, PAY(4500) },
	};
	size_t i;

	for (i = 0; i < sizeof(op) / sizeof(op[0]); i++) {
		packet_build(&frame, op[i]);
		wire_send(w, 14, 0);
		expect_frame(l, w, at);
	}
}

/* Sent as one of 10,500 bytes; expected as the eleven that segmentation makes of it. */
static void send_super_packet(struct ledger *l, const struct wire *w, const struct place *at)
{
	uint32_t i, flags, seq;

	packet_build(&frame,
	             (const struct packet_op[]){
	                     ETH, IP4, TCP(FLOW_ACK | FLOW_PSH | FLOW_CWR), PAY(10500), { 0 } });
	frame.data[33] = 77; /* a flow of its own */
	wire_send(w, 54, 1000);
	for (i = 0; i < 11; i++) {
		flags = FLOW_ACK | (i == 0 ? FLOW_CWR : 0) | (i == 10 ? FLOW_PSH : 0);
		packet_build(&frame,
		             (const struct packet_op[]){
		                     ETH, IP4, TCP(flags), PAY(i == 10 ? 500 : 1000), { 0 } });
		frame.data[33] = 77;
		seq = PACKET_SEQ + i * 1000;
		frame.data[38] = seq >> 24;
		frame.data[39] = seq >> 16;
		frame.data[40] = seq >> 8;
		frame.data[41] = seq;
		expect_frame(l, w, at);
	}
}

/* Until the hook has seen so many packets, or two seconds are over. */
static void await_packets(const struct kernel *k, uint64_t packets)
{
	time_t end = time(NULL) + 2;
	struct flow_stats stats;

	do {
		get_stats(k, &stats);
		sched_yield();
	} while (stats.seen.packets < packets && time(NULL) < end);
}

static void a_real_link_shows_the_packets_that_cross_it(void **state)
{
	LIBBPF_OPTS(bpf_link_create_opts, native, .flags = XDP_FLAGS_DRV_MODE);
	struct ledger l = { 0 };
	struct wire w;
	size_t i;
	int link;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct place *at = &places[i];
		const struct hook *hook = &hooks[at->hook];

		if (!wire_open(&w)) {
			printf("  skipped: no veth pair in a network namespace of its own\n");
			skip();
		}
		forget(&shared);
		link = bpf_link_create(kernel_program(&shared, hook), at->far ? w.to : w.from,
		                       at->type, hook->xdp ? &native : NULL);
		if (link < 0) {
			printf("skip - no link for %s: %s\n", at->name, strerror(errno));
			wire_close(&w);
			continue;
		}
		send_crafted(&l, &w, at);
		send_scattered(&l, &w, at);
		send_super_packet(&l, &w, at);
		await_packets(&shared, l.stats.seen.packets);
		close(link);
		wire_close(&w);
		compare_ledger(&shared, &l, hook, at->name, true);
		ledger_clear(&l);
	}
	forget(&shared);
}

/* What was replayed of the captures, and what could not be. */
struct replay {
	struct kernel kernel;
	uint64_t files, others, frames, refused, flows;
};

static struct replay replay;

/* One file through one hook. How many frames test-run does not take. */
static uint64_t replay_frames(const char *path, const struct hook *hook, struct ledger *l)
{
	char error[256];
	struct capture *capture = capture_open(path, error, sizeof(error));
	struct capture_packet packet;
	struct flow_packet p;
	struct shot shot;
	uint64_t refused = 0;

	if (!capture)
		return 0;
	while (capture_next(capture, &packet) == CAPTURE_PACKET) {
		if (packet.link != hook->link)
			continue;
		shot = (struct shot){ .data = packet.data,
			              .length = packet.captured,
			              .time_ns = packet.time_ns };
		if (packet.captured > LINEAR_MAX || shoot(&replay.kernel, hook, &shot)) {
			assert_true(may_be_refused(hook, packet.captured));
			refused++;
			continue;
		}
		ledger_add(l, &p, parse_natively(&p, hook, &shot));
	}
	capture_close(capture);
	return refused;
}

static int replay_file(const char *path, const struct stat *status, int type, struct FTW *at)
{
	struct ledger l = { 0 };
	uint64_t refused;
	size_t h;

	if (type != FTW_F)
		return 0;
	for (h = 0; h < 2; h++) { /* XDP and TC ingress; egress is the same text */
		forget(&replay.kernel);
		refused = replay_frames(path, &hooks[h], &l);
		compare_ledger(&replay.kernel, &l, &hooks[h], path, false);
		if (refused)
			printf("  %s: %s: %llu frames left out, test-run takes %u to %u bytes\n",
			       path, hooks[h].program, (unsigned long long)refused, hooks[h].min,
			       hooks[h].max);
		if (h == 0) {
			replay.files += l.stats.seen.packets > 0;
			replay.others += l.stats.seen.packets == 0;
			replay.frames += l.stats.seen.packets;
			replay.flows += l.flows;
		}
		replay.refused += refused;
		ledger_clear(&l);
	}
	return 0;
}

static void captures_count_as_they_do_natively(void **state)
{
	const char *captures = getenv("WEIR_CAPTURES");
	char path[4096];

	if (!captures || !*captures) {
		printf("  skipped: WEIR_CAPTURES is not set, there are no captures\n");
		skip();
	}
	snprintf(path, sizeof(path), "%s/dev", captures);
	assert_int_equal(kernel_open(&replay.kernel, 65536, ~0U, 16), 0);
	assert_int_equal(nftw(path, replay_file, 16, FTW_PHYS), 0);
	kernel_close(&replay.kernel);
	printf("  %llu files with Ethernet frames, %llu others; %llu frames, %llu flows; %llu "
	       "left out of XDP and TC\n",
	       (unsigned long long)replay.files, (unsigned long long)replay.others,
	       (unsigned long long)replay.frames, (unsigned long long)replay.flows,
	       (unsigned long long)replay.refused);
	assert_true(replay.files > 0);
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

/* Stay on one CPU, and load. 0, or the exit code. */
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
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_of_every_packet_counts_as_it_does_natively),
		cmocka_unit_test(the_packets_of_a_flow_add_up_as_they_do_natively),
		cmocka_unit_test(each_epoch_has_its_own_table_and_counts),
		cmocka_unit_test(a_cpu_without_a_table_is_a_cause),
		cmocka_unit_test(super_packets_count_as_what_goes_over_the_wire),
		cmocka_unit_test(xdp_frames_in_fragments_count_their_whole_length),
		cmocka_unit_test(a_full_table_loses_detail_but_no_packet),
		cmocka_unit_test(a_half_full_table_wakes_the_agent_once_an_epoch),
		cmocka_unit_test(a_real_link_shows_the_packets_that_cross_it),
		cmocka_unit_test(captures_count_as_they_do_natively),
	};
	int code = begin();

	if (code)
		return code;
	find_limits();
	code = cmocka_run_group_tests(tests, NULL, NULL);
	kernel_close(&shared);
	return code;
}
