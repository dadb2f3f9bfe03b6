/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bench that the tests of the kernel programs stand on: load them, put packets into a hook, and
 * hold what was counted against the same text compiled natively, byte for byte of the partial.
 *
 * Packets go in by BPF_PROG_TEST_RUN, with their time beside them (config.test_clock), so that
 * inter-arrival times are compared too. The process stays on one CPU: its table is all there is to
 * read.
 */
#ifndef WEIR_TESTS_BPF_KERNEL_H
#define WEIR_TESTS_BPF_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../packet.h"

/* A loaded set of programs, with tables for this CPU alone. */
struct kernel {
	struct bpf_object *object;
	struct ring_buffer *ring;
	uint32_t cpus, cpu;
	uint32_t half, entries;
	uint32_t wakes, woken_slot;
	volatile uint32_t *epoch;
	uint32_t tables;                      /* CPUs up to ours have some */
	const struct flow_entry *entries_map; /* [2 * tables][entries] */
	const struct flow_high *highs_map;    /* likewise */
	int stats, overflow;
};

struct hook {
	const char *program;
	enum flow_direction direction;
	enum parse_link link;
	bool xdp;
	uint32_t min, max; /* lengths of frames that test-run takes here, found at the start */
};

/* A packet on its way into a hook. */
struct shot {
	const uint8_t *data;
	uint32_t length;
	uint64_t time_ns;
	uint32_t gso_size, gso_segs;
};

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

#define SHORT_MAX  54    /* below this, recent kernels refuse socket buffers with cut IP headers */
#define LINEAR_MAX 65536 /* of a frame that test-run might take */
#define N_HOOKS    5

extern struct hook hooks[N_HOOKS];
extern struct kernel shared; /* for the cases that need no tables of a special size */
extern struct packet frame;

struct CMUnitTest;

/* Stay on one CPU, load into shared, run the n cases. The exit code. */
int kernel_run(const struct CMUnitTest *cases, size_t n);

void kernel_close(struct kernel *k);

/* No entries: the CPU has no table. 0, or a negative errno. */
int kernel_open(struct kernel *k, uint32_t entries, uint32_t half, uint32_t overflow_entries);
int kernel_program(const struct kernel *k, const struct hook *hook);

/* The n-th flow of the current epoch. False: there are fewer. */
bool get_flow(const struct kernel *k, uint32_t n, struct record *flow);
void get_stats(const struct kernel *k, struct flow_stats *stats);

/* Packets that all CPUs saw in the current epoch. */
uint64_t seen_anywhere(const struct kernel *k);

/* Forget all flows and counts of the current epoch. */
void forget(const struct kernel *k);

/* Put a packet into a hook: 0, or a negative errno where test-run refuses such a frame. */
int shoot(const struct kernel *k, const struct hook *hook, const struct shot *shot);

/* What the same text makes of it here. */
enum flow_cause parse_natively(struct flow_packet *p, const struct hook *hook,
                               const struct shot *shot);
void expect_count(struct flow_stats *stats, enum flow_cause cause, uint64_t packets,
                  uint64_t bytes);
void assert_alike(const void *is, const void *must, size_t size, const struct hook *hook,
                  const char *name, uint32_t length, const char *what);
bool may_be_refused(const struct hook *hook, uint32_t length);

/* One packet alone: counted alike, and nothing else was. False where test-run does not take it. */
bool compare_alone(const struct kernel *k, const struct hook *hook, const struct shot *shot,
                   const char *name);
void ledger_add(struct ledger *l, const struct flow_packet *p, enum flow_cause cause);
void ledger_clear(struct ledger *l);

/* timeless: live packets have times of their own, which are left out. */
void compare_ledger(const struct kernel *k, const struct ledger *l, const struct hook *hook,
                    const char *name, bool timeless);

#endif
