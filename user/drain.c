// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The drain. A CPU reads the epoch once a packet and may hold an entry of the old epoch for as long
 * as its program runs; programs run inside RCU read sections. So: count the epoch up, wait for a
 * grace period, and nobody else has the retired tables any more. membarrier(GLOBAL) is such a
 * period; where it is refused (nohz_full), updating a map of maps waits for one.
 *
 * Their entries are then read where the programs have put them, from first to last, without a
 * system call or a copy. Nothing is cleared but the counters: what the index still says is of an
 * epoch that is over.
 */
#include "drain.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OVERFLOW_MAX 4096 /* entries of the kernel's overflow map */

struct drain {
	const struct probe_maps *maps;
	struct ring_buffer *wake;
	struct flow_overflow *overflow_keys;
	struct flow_count *overflow_counts;
};

static int ignore_wake(void *arg, void *data, size_t size)
{
	return 0; /* that it came is all it says */
}

/* What is not there answers ENOENT; a kernel before 5.6 does not know the call. */
static bool has_batch(struct drain *d)
{
	uint32_t cursor, n = OVERFLOW_MAX;

	return !bpf_map_lookup_batch(d->maps->overflow, NULL, &cursor, d->overflow_keys,
	                             d->overflow_counts, &n, NULL) ||
	       errno != EINVAL;
}

struct drain *drain_open(const struct probe *p)
{
	struct drain *d = calloc(1, sizeof(*d));
	int failed;

	if (!d)
		return NULL;
	d->maps = probe_maps(p);
	d->overflow_keys = calloc(OVERFLOW_MAX, sizeof(*d->overflow_keys));
	d->overflow_counts = calloc(OVERFLOW_MAX, sizeof(*d->overflow_counts));
	d->wake = ring_buffer__new(d->maps->wake, ignore_wake, NULL, NULL);
	failed = d->overflow_keys && d->overflow_counts && d->wake ? 0 : ENOMEM;
	if (!failed && !has_batch(d))
		failed = EOPNOTSUPP;
	if (!failed)
		return d;
	drain_close(d);
	errno = failed;
	return NULL;
}

/* The right is asked for before the key is looked up. */
bool drain_is_allowed(const struct drain *d)
{
	const struct flow_overflow key = { 0 };
	struct flow_count count;

	return !bpf_map_lookup_elem(d->maps->overflow, &key, &count) || errno != EPERM;
}

void drain_close(struct drain *d)
{
	if (!d)
		return;
	ring_buffer__free(d->wake);
	free(d->overflow_keys);
	free(d->overflow_counts);
	free(d);
}

/* After this no program that saw the old epoch is still running. */
static int wait_grace_period(struct drain *d)
{
	uint32_t zero = 0;

	if (!syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		return 0;
	return bpf_map_update_elem(d->maps->grace, &zero, &d->maps->grace_inner, BPF_ANY) ? -errno
	                                                                                  : 0;
}

/* Of a CPU, in the epoch whose slots begin there. */
static void drain_table(const struct probe_maps *maps, uint32_t from, uint32_t cpu,
                        const struct drain_to *to)
{
	size_t first = (size_t)((from ? maps->tables : 0) + cpu) * maps->kernel_flows;
	const struct flow_entry *e = maps->entries + first;
	const struct flow_high *high = maps->highs + first;
	uint64_t n = maps->stats[from + cpu].flows;
	struct flow_partial part;

	for (uint64_t i = 0; i < n; i++) {
		flow_read(&part, &e[i], &high[i]);
		to->partial(to->arg, &e[i].key, &part);
	}
}

/* The overflow map is shared by both epochs: read all, take the retired slots' entries. */
static int drain_overflow(struct drain *d, uint32_t from, const struct drain_to *to)
{
	uint32_t cursor, n = OVERFLOW_MAX, i;
	const struct flow_overflow *key;

	if (bpf_map_lookup_batch(d->maps->overflow, NULL, &cursor, d->overflow_keys,
	                         d->overflow_counts, &n, NULL) &&
	    errno != ENOENT)
		return -errno;
	for (i = 0; i < n; i++) {
		key = &d->overflow_keys[i];
		if (key->slot < from || key->slot >= from + d->maps->cpus)
			continue;
		to->overflow(to->arg, key, &d->overflow_counts[i]);
		bpf_map_delete_elem(d->maps->overflow, key);
	}
	return 0;
}

/* Take the counters of a retired slot; the next epoch finds zeros. */
static void take_stats(struct flow_stats *sum, struct flow_stats *slot)
{
	const uint64_t *from = (const uint64_t *)slot;
	uint64_t *into = (uint64_t *)sum;
	size_t i;

	_Static_assert(sizeof(*sum) % sizeof(uint64_t) == 0,
	               "flow_stats is not all 64-bit counters");
	for (i = 0; i < sizeof(*sum) / sizeof(uint64_t); i++)
		into[i] += from[i];
	memset(slot, 0, sizeof(*slot));
}

int drain_run(struct drain *d, const struct drain_to *to)
{
	uint32_t from = (*d->maps->epoch & 1) * d->maps->cpus, cpu;
	struct flow_stats sum = { 0 };
	int failed;

	__atomic_store_n(d->maps->epoch, *d->maps->epoch + 1, __ATOMIC_SEQ_CST);
	failed = wait_grace_period(d);
	if (failed)
		return failed;
	for (cpu = 0; cpu < d->maps->cpus; cpu++) {
		if (cpu < d->maps->tables)
			drain_table(d->maps, from, cpu, to);
		take_stats(&sum, &d->maps->stats[from + cpu]);
	}
	if (sum.cause[FLOW_TABLE_FULL].packets)
		failed = drain_overflow(d, from, to);
	to->stats(to->arg, &sum);
	return failed;
}

int drain_wake_fd(const struct drain *d)
{
	return ring_buffer__epoll_fd(d->wake);
}

void drain_hush(struct drain *d)
{
	ring_buffer__consume(d->wake);
}
