// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bench_fold: what a flow costs the agent: drained from the kernel, folded into the flow table,
 * kept in memory.
 *
 * All of it is the agent's own: probe_open() on a scratch veth in a network namespace of this
 * process, drain_run(), table_add_partial(). The kernel's tables, of every CPU in turn, are filled
 * through the TC program by BPF_PROG_TEST_RUN with a packet a flow; each filling is drained once,
 * and that is timed: CPU time of the thread, system calls included, and the clock's.
 *
 * Three passes over the same flows: the first packets (flows are made), the answers (a second side
 * of each is made), and the first direction once more (partials are merged).
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "drain.h"
#include "log.h"
#include "opt.h"
#include "probe.h"
#include "table.h"

#define TARGET_NS    1500
#define TARGET_BYTES 500000000
#define BATCHES_MAX  4096

struct settings {
	uint64_t flows, fill, kernel_flows;
};

#define AT(member) offsetof(struct settings, member)

static const struct opt rows[] = {
	{ "flows", 0, "N", OPT_NUMBER, AT(flows), 1, 1 << 24, NULL,
	  "live in the agent at the end" },
	{ "fill", 0, "N", OPT_NUMBER, AT(fill), 1, 1 << 24, NULL,
	  "of them in the kernel at each drain" },
	{ "kernel-flows", 0, "N", OPT_NUMBER, AT(kernel_flows), 0, 1 << 24, NULL,
	  "entries of each CPU's kernel table; 0: the agent's own choice" },
};

static const struct opt_command command = {
	.name = "bench_fold",
	.arguments = "",
	.summary = "Measure what a flow costs the agent in time and memory.",
	.options = rows,
	.n_options = sizeof(rows) / sizeof(rows[0]),
};

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t payload[22]; /* 64 bytes in all */
} __attribute__((packed));

struct bench {
	const struct settings *settings;
	struct probe *probe;
	struct drain *drain;
	struct table *table;
	struct drain_to to;
	struct frame frame;
	uint64_t folded, failed; /* partials */
	uint64_t lost;           /* packets in no flow */
	uint64_t records;
};

struct pass {
	const char *name;
	bool answers;
	double cpu_ns[BATCHES_MAX], wall_ns[BATCHES_MAX]; /* a flow */
	uint32_t batches;
};

static void count_record(void *arg, const struct flow_record *record)
{
	struct bench *b = arg;

	b->records++;
}

static void take_partial(void *arg, const struct flow_key *key, const struct flow_partial *part)
{
	struct bench *b = arg;

	b->folded++;
	b->failed += !!table_add_partial(b->table, key, part);
}

static void take_overflow(void *arg, const struct flow_overflow *key, const struct flow_count *n)
{
	struct bench *b = arg;

	b->lost += n->packets;
}

static void take_stats(void *arg, const struct flow_stats *stats)
{
	struct bench *b = arg;

	b->lost += stats->seen.packets - stats->cause[FLOW_OK].packets;
}

static double now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* Bytes of this process in memory. */
static uint64_t resident(void)
{
	uint64_t all = 0, pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file || fscanf(file, "%" SCNu64 " %" SCNu64, &all, &pages) != 2)
		log_error("bench_fold: cannot read /proc/self/statm: %s", strerror(errno));
	if (file)
		fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static int open_probe(struct bench *b)
{
	static const char *const interfaces[] = { "fold0" };
	struct probe_config config = { .interfaces = interfaces,
		                       .n_interfaces = 1,
		                       .mode = PROBE_TC,
		                       .kernel_flows = b->settings->kernel_flows };
	char error[512];

	if (unshare(CLONE_NEWNET)) {
		log_error("bench_fold: cannot make a network namespace: %s; are you root?",
		          strerror(errno));
		return -1;
	}
	/* Without IPv6, or the kernel's own solicitations would be flows as well. */
	if (system("PATH=$PATH:/usr/sbin:/sbin; cd /proc/sys/net/ipv6/conf 2>/dev/null && "
	           "for i in all default; do echo 1 >$i/disable_ipv6; done; "
	           "ip link add fold0 type veth peer name fold1 && "
	           "ip link set fold1 up && ip link set fold0 up")) {
		log_error("bench_fold: cannot make a veth; is iproute2 there?");
		return -1;
	}
	b->probe = probe_open(&config, error, sizeof(error));
	if (!b->probe)
		log_error("bench_fold: %s", error);
	return b->probe ? 0 : -1;
}

static int bench_open(struct bench *b, const struct settings *s)
{
	struct table_config config = { .max_flows = UINT32_MAX, .emit = count_record, .arg = b };

	*b = (struct bench){ .settings = s };
	b->to = (struct drain_to){ take_partial, take_overflow, take_stats, b };
	b->frame.eth = (struct ethhdr){ { 2 }, { 2 }, htons(ETH_P_IP) };
	b->frame.ip = (struct iphdr){ .version = 4,
		                      .ihl = 5,
		                      .tot_len = htons(sizeof(b->frame) - sizeof(b->frame.eth)),
		                      .ttl = 64,
		                      .protocol = IPPROTO_UDP };
	b->frame.udp.len = htons(sizeof(b->frame.udp) + sizeof(b->frame.payload));
	if (open_probe(b))
		return -1;
	b->drain = drain_open(b->probe);
	b->table = table_new(&config);
	if (b->drain && b->table)
		return 0;
	log_error("bench_fold: cannot start: no memory");
	return -1;
}

static void bench_close(struct bench *b)
{
	table_free(b->table);
	drain_close(b->drain);
	probe_close(b->probe);
}

static void address_frame(struct frame *frame, uint32_t flow, bool answer)
{
	uint32_t client = htonl(0x0a000000 + flow), server = htonl(0xc6120000 + flow % 4096);

	frame->ip.saddr = answer ? server : client;
	frame->ip.daddr = answer ? client : server;
	frame->udp.source = htons(answer ? 53 : 40000);
	frame->udp.dest = htons(answer ? 40000 : 53);
}

static int pin(uint32_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* One packet of each of these flows, on the CPU of the batch. */
static int fill(struct bench *b, uint32_t first, uint32_t n, bool answers)
{
	int program = probe_program(b->probe, "weir_ingress");
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = &b->frame, .data_size_in = sizeof(b->frame),
	            .repeat = 1);

	for (uint32_t flow = first; flow < first + n; flow++) {
		address_frame(&b->frame, flow, answers);
		if (bpf_prog_test_run_opts(program, &run)) {
			log_error("bench_fold: cannot run the TC program: %s", strerror(errno));
			return -1;
		}
	}
	return 0;
}

static int drain_batch(struct bench *b, struct pass *p, uint32_t n)
{
	double cpu = now_ns(CLOCK_THREAD_CPUTIME_ID), wall = now_ns(CLOCK_MONOTONIC);
	uint64_t before = b->folded;
	int failed = drain_run(b->drain, &b->to);

	p->cpu_ns[p->batches] = (now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / n;
	p->wall_ns[p->batches++] = (now_ns(CLOCK_MONOTONIC) - wall) / n;
	if (!failed && !b->failed && !b->lost && !b->records && b->folded - before == n)
		return 0;
	log_error("bench_fold: drained %" PRIu64 " partials of %u, %" PRIu64 " not folded, %" PRIu64
	          " packets lost, %" PRIu64 " records: %s",
	          b->folded - before, n, b->failed, b->lost, b->records, strerror(-failed));
	return -1;
}

static int run_pass(struct bench *b, struct pass *p)
{
	uint32_t flows = b->settings->flows, step = b->settings->fill, done, n;
	uint32_t cpus = sysconf(_SC_NPROCESSORS_ONLN);

	for (done = 0; done < flows && p->batches < BATCHES_MAX; done += n) {
		n = flows - done < step ? flows - done : step;
		pin(p->batches % cpus); /* if that is not ours to use, where we are will do */
		if (fill(b, done, n, p->answers) || drain_batch(b, p, n))
			return -1;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values, uint32_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void print_target(const char *what, double value, double limit, const char *unit)
{
	printf("target: %s; %.0f %s; at most %.0f; %s\n", what, value, unit, limit,
	       value <= limit ? "met" : "missed");
}

static int measure(struct bench *b)
{
	static struct pass passes[] = { { .name = "new flows" },
		                        { .name = "answers", .answers = true },
		                        { .name = "known flows" } };
	uint64_t before = resident(), after[3];
	double cpu[3], flows = b->settings->flows;

	printf("Drain and fold of %" PRIu64 " flows, %" PRIu64 " at a time: ns a flow, medians\n"
	       "%-14s %8s %8s %26s %16s\n",
	       b->settings->flows, b->settings->fill, "", "CPU", "clock",
	       "resident MB, bytes a flow", "table's own MB");
	for (int i = 0; i < 3; i++) {
		struct pass *p = &passes[i];

		if (run_pass(b, p))
			return 1;
		after[i] = resident() - before;
		cpu[i] = median(p->cpu_ns, p->batches);
		printf("%-14s %8.0f %8.0f %17.1f %8.0f %16.1f\n", p->name, cpu[i],
		       median(p->wall_ns, p->batches), after[i] / 1e6, after[i] / flows,
		       table_memory(b->table) / 1e6);
	}
	printf("Memory of the kernel's maps: %.1f MB, tables of %u flows for each CPU and epoch\n",
	       probe_memory(b->probe) / 1e6, probe_maps(b->probe)->kernel_flows);
	print_target("drain + fold, new flows", cpu[0], TARGET_NS, "ns");
	print_target("drain + fold, known flows", cpu[2], TARGET_NS, "ns");
	print_target("agent memory, flows one way", after[0] / flows, TARGET_BYTES / 1e6,
	             "bytes a flow");
	print_target("agent memory, both ways", after[1] / flows, TARGET_BYTES / 1e6,
	             "bytes a flow");
	return 0;
}

int main(int argc, char **argv)
{
	struct settings s = { .flows = 1000000, .fill = 60000 };
	enum opt_result parsed = opt_parse(&command, &s, &argc, argv);
	struct bench b;
	int result = 1;

	if (parsed != OPT_GO || argc > 0)
		return parsed == OPT_HELP ? 0 : 2;
	if (!bench_open(&b, &s))
		result = measure(&b);
	bench_close(&b);
	return result;
}
