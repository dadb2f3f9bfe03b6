// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bench: what a packet costs in weir's kernel programs, beside programs that do less.
 *
 * Each hook's generator (bench.bpf.c) is run a million times by BPF_PROG_TEST_RUN over a pattern
 * of flow numbers made here, with each contender as its tail call in turn: nothing, empty, time,
 * minimal, weir; then all again, the last two in turned order, so that what else the machine does
 * meets them alike. A round's cost of a contender is its time less that of "nothing" in the same
 * round; CPU time of the thread, not wall time. The ratio is the median of the rounds' own ratios.
 *
 * Where the kernel happens to put a table changes its cost by some percent for as long as it lives.
 * So the tables are made anew several times, with some rounds each. They are filled first, which
 * gives the price of a new flow.
 *
 * weir's programs are those of this build, set up as the agent does, but that no CPU behind the one
 * that runs has a table.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "dice.h"
#include "flow.h"
#include "log.h"
#include "opt.h"

#define LEAST_ENTRIES 65536 /* the agent's own table size */
#define ROUNDS_MAX    33    /* with the same tables */
#define OPENINGS_MAX  9     /* tables made */
#define SAMPLES_MAX   (ROUNDS_MAX * OPENINGS_MAX)
#define TARGET_RATIO  1.4

extern const char bench_bpf_start[], bench_bpf_end[];
extern const char weir_bpf_start[], weir_bpf_end[];

enum contender {
	NOTHING,
	EMPTY,
	TIME,
	MINIMAL,
	WEIR,
	N_CONTENDERS,
};

struct hook {
	const char *name, *drive, *target;
	const char *program[N_CONTENDERS];
};

static const struct hook hooks[] = {
	{ "XDP",
	  "drive_xdp",
	  "xdp_target",
	  { NULL, "empty_xdp", "time_xdp", "minimal_xdp", "weir_xdp" } },
	{ "TC",
	  "drive_tc",
	  "tc_target",
	  { NULL, "empty_tc", "time_tc", "minimal_tc", "weir_ingress" } },
};

#define N_HOOKS (sizeof(hooks) / sizeof(hooks[0]))

struct pattern {
	const char *name;
	uint32_t flows;
	double exponent; /* of Zipf's law; 0 is uniform */
};

static const struct pattern patterns[] = {
	{ "1", 1, 0 },
	{ "1,024", 1024, 0 },
	{ "65,536", 65536, 0 },
	{ "1,048,576", 1048576, 0 },
	{ "1,048,576 Zipf", 1048576, 1 },
};

#define N_PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

struct settings {
	uint64_t rounds, openings, cpu;
	int protocol; /* 0 UDP, 1 TCP */
};

struct bench {
	const struct settings *settings;
	struct bpf_object *base, *weir;
	uint32_t *pattern;
	uint32_t *position;
	uint8_t frame[64];
	struct flow_stats *stats; /* of that table's slot */
};

/* Of one hook and pattern, ns. */
struct result {
	double round[N_CONTENDERS][SAMPLES_MAX];
	uint32_t n; /* of these */
	double insert[N_CONTENDERS][OPENINGS_MAX];
	uint64_t memory[N_CONTENDERS];
};

static const struct opt rows[] = {
	{ "rounds", 0, "N", OPT_NUMBER, offsetof(struct settings, rounds), 1, ROUNDS_MAX, NULL,
	  "how often each is measured with the same tables" },
	{ "tables", 0, "N", OPT_NUMBER, offsetof(struct settings, openings), 1, OPENINGS_MAX, NULL,
	  "how often the tables are made anew" },
	{ "cpu", 0, "N", OPT_NUMBER, offsetof(struct settings, cpu), 0, CPU_SETSIZE - 1, NULL,
	  "run on this CPU" },
	{ "protocol", 0, "NAME", OPT_CHOICE, offsetof(struct settings, protocol), 0, 0, "udp|tcp",
	  "of the packets, 64 bytes each" },
};

static const struct opt_command command = {
	.name = "bench",
	.arguments = "",
	.summary = "Measure what a packet costs in the kernel programs.",
	.options = rows,
	.n_options = sizeof(rows) / sizeof(rows[0]),
};

static void *map_share(const struct bpf_object *object, const char *name, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fd = bpf_object__find_map_fd_by_name(object, name);
	void *at = mmap(NULL, (size + page - 1) / page * page, PROT_READ | PROT_WRITE, MAP_SHARED,
	                fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static uint64_t map_memory(int fd)
{
	char path[64], line[128];
	uint64_t bytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file) &&
	       sscanf(line, "memlock: %" SCNu64, &bytes) != 1)
		;
	if (file)
		fclose(file);
	return bytes;
}

static int base_open(struct bench *b, uint32_t entries)
{
	struct bpf_map *minimal;

	b->base = bpf_object__open_mem(bench_bpf_start, bench_bpf_end - bench_bpf_start, NULL);
	minimal = b->base ? bpf_object__find_map_by_name(b->base, "minimal") : NULL;
	if (!minimal || bpf_map__set_max_entries(minimal, entries) || bpf_object__load(b->base))
		return -1;
	b->pattern = map_share(b->base, "pattern", 8 * BENCH_PACKETS);
	b->position = map_share(b->base, ".bss", sizeof(*b->position));
	return b->pattern && b->position ? 0 : -1;
}

static int weir_open(struct bench *b, uint32_t entries)
{
	uint32_t cpus = b->settings->cpu + 1, lines = flow_index_lines(entries);
	struct flow_config config = { .cpus = cpus,
		                      .tables = cpus,
		                      .entries = entries,
		                      .index = lines,
		                      .half = entries,
		                      .seed = { 0x243f6a8885a308d3, 0x13198a2e03707344,
		                                0xa4093822299f31d0, 0x082efa98ec4e6c89,
		                                0x452821e638d01377, 0xbe5466cf34e90c6c },
		                      .frags = 1 };
	struct bpf_map *constants, *table, *highs, *places, *stats;
	struct bpf_program *program;

	b->weir = bpf_object__open_mem(weir_bpf_start, weir_bpf_end - weir_bpf_start, NULL);
	if (!b->weir)
		return -1;
	constants = bpf_object__find_map_by_name(b->weir, ".rodata.config");
	table = bpf_object__find_map_by_name(b->weir, "entries");
	highs = bpf_object__find_map_by_name(b->weir, "highs");
	places = bpf_object__find_map_by_name(b->weir, "places");
	stats = bpf_object__find_map_by_name(b->weir, "stats");
	bpf_object__for_each_program(program, b->weir)
	{
		if (bpf_program__type(program) == BPF_PROG_TYPE_XDP)
			bpf_program__set_flags(program, BPF_F_XDP_HAS_FRAGS);
	}
	if (bpf_map__set_initial_value(constants, &config, sizeof(config)) ||
	    bpf_map__set_max_entries(table, 2 * cpus * entries) ||
	    bpf_map__set_max_entries(highs, 2 * cpus * entries) ||
	    bpf_map__set_max_entries(places, 2 * cpus * lines) ||
	    bpf_map__set_max_entries(stats, 2 * cpus) || bpf_object__load(b->weir))
		return -1;
	b->stats = map_share(b->weir, "stats", 2 * cpus * sizeof(*b->stats));
	return b->stats ? 0 : -1;
}

static void bench_close(struct bench *b)
{
	size_t page = sysconf(_SC_PAGESIZE), stats;

	stats = (2 * (b->settings->cpu + 1) * sizeof(*b->stats) + page - 1) / page * page;
	if (b->pattern)
		munmap(b->pattern, 8 * BENCH_PACKETS);
	if (b->position)
		munmap(b->position, page);
	if (b->stats)
		munmap(b->stats, stats);
	bpf_object__close(b->base);
	bpf_object__close(b->weir);
}

/* A 64-byte frame; the generator fills in source address and port. */
static void frame_init(struct bench *b)
{
	struct ethhdr eth = { .h_dest = { 2 }, .h_source = { 2 }, .h_proto = htons(ETH_P_IP) };
	struct iphdr ip = { .version = 4,
		            .ihl = 5,
		            .tot_len = htons(sizeof(b->frame) - sizeof(eth)),
		            .ttl = 64,
		            .protocol = b->settings->protocol ? IPPROTO_TCP : IPPROTO_UDP,
		            .daddr = htonl(0xc6120001) };
	uint8_t *transport = b->frame + sizeof(eth) + sizeof(ip);

	memcpy(b->frame, &eth, sizeof(eth));
	memcpy(b->frame + sizeof(eth), &ip, sizeof(ip));
	transport[3] = b->settings->protocol ? 443 & 0xff : 53;
	if (b->settings->protocol) {
		transport[12] = 5 << 4;
		transport[13] = FLOW_ACK;
	} else {
		transport[5] = sizeof(b->frame) - sizeof(eth) - sizeof(ip);
	}
}

static int bench_open(struct bench *b, const struct settings *s, const struct pattern *p)
{
	uint32_t entries = p->flows + p->flows / 4;

	if (entries < LEAST_ENTRIES)
		entries = LEAST_ENTRIES;
	*b = (struct bench){ .settings = s };
	frame_init(b);
	return base_open(b, entries) || weir_open(b, entries) ? -1 : 0;
}

/* Elements of an mmapped array are 8 bytes apart. */
static int pattern_fill(struct bench *b, const struct pattern *p)
{
	struct dice dice = { 1 };
	struct dice_zipf zipf;

	if (dice_zipf_init(&zipf, p->flows, p->exponent))
		return -1;
	for (uint32_t i = 0; i < BENCH_PACKETS; i++)
		b->pattern[2 * i] = dice_zipf_draw(&zipf, &dice);
	dice_zipf_clear(&zipf);
	return 0;
}

static double thread_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int program_fd(const struct bench *b, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(b->base, name);

	if (!program)
		program = bpf_object__find_program_by_name(b->weir, name);
	return program ? bpf_program__fd(program) : -1;
}

/* Run the contender over the first n entries of the pattern. ns per packet, negative: failed. */
static double run(const struct bench *b, const struct hook *h, enum contender c, uint32_t n)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = b->frame, .data_size_in = sizeof(b->frame),
	            .repeat = n);
	int target = bpf_object__find_map_fd_by_name(b->base, h->target), zero = 0, fd;
	double start;

	if (h->program[c]) {
		fd = program_fd(b, h->program[c]);
		if (bpf_map_update_elem(target, &zero, &fd, BPF_ANY))
			return -1;
	} else {
		bpf_map_delete_elem(target, &zero);
	}
	*b->position = 0;
	start = thread_time();
	if (bpf_prog_test_run_opts(program_fd(b, h->drive), &opts))
		return -1;
	return (thread_time() - start) / n;
}

/* Fill the tables with all flows; n must not be more than the pattern holds. */
static int fill(struct bench *b, const struct hook *h, uint32_t flows, struct result *r,
                uint32_t opening)
{
	double own, minimal, weir;

	for (uint32_t i = 0; i < flows; i++)
		b->pattern[2 * i] = i;
	own = run(b, h, NOTHING, flows);
	minimal = run(b, h, MINIMAL, flows);
	weir = run(b, h, WEIR, flows);
	r->insert[MINIMAL][opening] = minimal - own;
	r->insert[WEIR][opening] = weir - own;
	return own < 0 || minimal < 0 || weir < 0 ? -1 : 0;
}

/* Every packet must have gone into a flow, or the figures are of something else. */
static int check(const struct bench *b, const struct pattern *p, uint64_t packets)
{
	const struct flow_stats *s = &b->stats[b->settings->cpu];

	if (s->seen.packets == packets && s->cause[FLOW_OK].packets == packets &&
	    s->flows == p->flows)
		return 0;
	log_error("bench: %" PRIu64 " packets, of them %" PRIu64 " in %" PRIu64 " flows; expected "
	          "%" PRIu64 " in %u",
	          (uint64_t)s->seen.packets, (uint64_t)s->cause[FLOW_OK].packets,
	          (uint64_t)s->flows, packets, p->flows);
	return -1;
}

/* The contenders in their order, but that minimal and weir take turns in being first. */
static enum contender whose_turn(uint32_t round, uint32_t i)
{
	return round % 2 && i >= MINIMAL ? MINIMAL + WEIR - i : i;
}

static int measure_round(const struct bench *b, const struct hook *h, struct result *r)
{
	uint32_t at = r->n++;

	for (uint32_t i = 0; i < N_CONTENDERS; i++) {
		enum contender c = whose_turn(at, i);
		double ns = run(b, h, c, BENCH_PACKETS);

		if (ns < 0)
			return -1;
		r->round[c][at] = ns - (c == NOTHING ? 0 : r->round[NOTHING][at]);
	}
	return 0;
}

/* With tables of its own. */
static int measure_opening(const struct settings *s, const struct hook *h, const struct pattern *p,
                           struct result *r, uint32_t opening)
{
	struct bench b;
	int failed = -1;

	if (bench_open(&b, s, p) || fill(&b, h, p->flows, r, opening) || pattern_fill(&b, p))
		goto out;
	run(&b, h, MINIMAL, BENCH_PACKETS); /* warm up */
	run(&b, h, WEIR, BENCH_PACKETS);
	for (uint32_t round = 0; round < s->rounds; round++)
		if (measure_round(&b, h, r))
			goto out;
	r->memory[MINIMAL] = map_memory(bpf_object__find_map_fd_by_name(b.base, "minimal"));
	r->memory[WEIR] = (map_memory(bpf_object__find_map_fd_by_name(b.weir, "entries")) +
	                   map_memory(bpf_object__find_map_fd_by_name(b.weir, "highs")) +
	                   map_memory(bpf_object__find_map_fd_by_name(b.weir, "places"))) /
	                  (2 * (s->cpu + 1));
	failed = check(&b, p, p->flows + (1 + s->rounds) * (uint64_t)BENCH_PACKETS);
out:
	if (failed)
		log_error("bench: cannot measure %s: %s; are you root?", h->name, strerror(errno));
	bench_close(&b);
	return failed;
}

static int measure(const struct settings *s, const struct hook *h, const struct pattern *p,
                   struct result *r)
{
	for (uint32_t opening = 0; opening < s->openings; opening++)
		if (measure_opening(s, h, p, r, opening))
			return -1;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Of n values; sorts a copy. */
struct spread {
	double least, quarter, median, three_quarters, most;
};

static struct spread spread_of(const double *values, uint32_t n)
{
	double sorted[SAMPLES_MAX];

	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), compare);
	return (struct spread){ .least = sorted[0],
		                .quarter = sorted[(n - 1) / 4],
		                .median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2,
		                .three_quarters = sorted[n - 1 - (n - 1) / 4],
		                .most = sorted[n - 1] };
}

static struct spread ratio_of(const struct result *r)
{
	double ratio[SAMPLES_MAX];

	for (uint32_t i = 0; i < r->n; i++)
		ratio[i] = r->round[WEIR][i] / r->round[MINIMAL][i];
	return spread_of(ratio, r->n);
}

static void print_costs(const struct hook *h, const struct pattern *p, const struct result *r)
{
	struct spread ratio = ratio_of(r);

	printf("%-4s %-15s", h->name, p->name);
	for (enum contender c = 0; c < N_CONTENDERS; c++) {
		struct spread ns = spread_of(r->round[c], r->n);

		if (c < MINIMAL)
			printf(" %7.1f", ns.median);
		else
			printf(" %7.1f (%5.1f-%5.1f)", ns.median, ns.least, ns.most);
	}
	printf(" %8.2f (%.2f-%.2f)\n", ratio.median, ratio.quarter, ratio.three_quarters);
	fflush(stdout);
}

/* Of a hook's patterns the one where weir costs most beside minimal. */
static void print_target(const struct hook *h, const struct result *results)
{
	const char *where = "";
	double worst = 0;

	for (size_t p = 0; p < N_PATTERNS; p++) {
		double ratio = ratio_of(&results[p]).median;

		if (ratio > worst) {
			worst = ratio;
			where = patterns[p].name;
		}
	}
	printf("target: kernel, %s, weir / minimal, most (at %s flows); %.2f; at most %.2f; %s\n",
	       h->name, where, worst, TARGET_RATIO, worst <= TARGET_RATIO ? "met" : "missed");
}

static void print_inserts(const struct result *results, uint32_t openings)
{
	printf("\nNew flows: ns each, and million a second on one CPU\n%-20s %18s %18s\n",
	       "hook flows", "minimal", "weir");
	for (size_t h = 0; h < N_HOOKS; h++)
		for (size_t p = 2; p < 4; p++) {
			const struct result *r = &results[h * N_PATTERNS + p];

			double minimal = spread_of(r->insert[MINIMAL], openings).median;
			double weir = spread_of(r->insert[WEIR], openings).median;

			printf("%-4s %-15s %9.0f %8.2f %9.0f %8.2f\n", hooks[h].name,
			       patterns[p].name, minimal, 1e3 / minimal, weir, 1e3 / weir);
		}
}

static void print_memory(const struct result *r, const struct pattern *p)
{
	uint32_t entries = p->flows + p->flows / 4;

	printf("\nMemory of one table of %u entries: MB, and bytes an entry\n", entries);
	printf("%-20s %9.1f %8.0f\n%-20s %9.1f %8.0f  (one a CPU and epoch)\n", "minimal",
	       r->memory[MINIMAL] * 1e-6, r->memory[MINIMAL] / (double)entries, "weir",
	       r->memory[WEIR] * 1e-6, r->memory[WEIR] / (double)entries);
}

static int bench_packets(const struct settings *s)
{
	static struct result results[N_HOOKS * N_PATTERNS];

	printf("Cost of a packet: ns, median of %" PRIu64
	       " rounds (least-most), ratio in each round "
	       "(middle half);\n64-byte %s; less the generator's; tables made %" PRIu64 " times\n",
	       s->rounds * s->openings, s->protocol ? "TCP" : "UDP", s->openings);
	printf("%-20s %7s %7s %7s %21s %21s %20s\n", "hook flows", "(gen.)", "empty", "time",
	       "minimal", "weir", "<= 1.4?");
	for (size_t h = 0; h < N_HOOKS; h++)
		for (size_t p = 0; p < N_PATTERNS; p++) {
			struct result *r = &results[h * N_PATTERNS + p];

			if (measure(s, &hooks[h], &patterns[p], r))
				return 1;
			print_costs(&hooks[h], &patterns[p], r);
		}
	print_inserts(results, s->openings);
	print_memory(&results[3], &patterns[3]);
	for (size_t h = 0; h < N_HOOKS; h++)
		print_target(&hooks[h], &results[h * N_PATTERNS]);
	return 0;
}

int main(int argc, char **argv)
{
	struct settings s = { .rounds = 3, .openings = 3, .cpu = 0 };
	enum opt_result parsed = opt_parse(&command, &s, &argc, argv);
	cpu_set_t set;

	if (parsed != OPT_GO || argc > 0)
		return parsed == OPT_HELP ? 0 : 2;
	CPU_ZERO(&set);
	CPU_SET(s.cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		log_error("bench: cannot run on CPU %" PRIu64 ": %s", s.cpu, strerror(errno));
		return 1;
	}
	return bench_packets(&s);
}
