// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * trafficgen: send an exactly known number of packets of exactly known flows, some millions a
 * second, out of an interface.
 *
 * BPF_PROG_TEST_RUN with live frames (Linux 5.18) hands page after page to an XDP program, which
 * writes the next packet of a plan into it and redirects it to the interface (ndo_xdp_xmit). The
 * plan (flow, length, protocol of each packet) is made here, in advance, and used again from its
 * start when it is shorter than the run. The program counts what it sends. The interface's own
 * counters, read before and after, tell what it took and dropped; other packets it sent meanwhile
 * (IPv6 router solicitations) are in them, so tests turn IPv6 off.
 *
 * On veth nothing is lost with the batch of 64: the far end reads as many, on the CPU that sends,
 * between two batches, and its ring holds 256. With more it may lag and drop; the device tells.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "dice.h"
#include "log.h"
#include "netdev.h"
#include "opt.h"
#include "trafficgen.h"
#include "trafficgen_settings.h"

#define PLAN_MAX    (1U << 22)
#define RATE_BURSTS 10 /* a second, with --rate; a call takes about 20 ms whatever it sends */
#define RUN_MAX     (1U << 20) /* packets in one system call: how soon a signal is heeded */

extern const char trafficgen_bpf_start[], trafficgen_bpf_end[];

struct device {
	uint64_t packets, bytes, dropped;
};

struct generator {
	struct bpf_object *object;
	struct trafficgen_config *config;
	struct trafficgen_packet *plan;
	const volatile struct trafficgen_count *count;
	int program;
	uint8_t frame[FRAME_MAX];
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = 1;
}

static uint8_t flow_protocol(const struct settings *s, uint32_t flow)
{
	static const uint8_t mix[8] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_UDP,
		                        IPPROTO_TCP, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP };
	static const uint8_t pure[] = { [PROTOCOL_UDP] = IPPROTO_UDP,
		                        [PROTOCOL_TCP] = IPPROTO_TCP,
		                        [PROTOCOL_ICMP] = IPPROTO_ICMP };
	uint8_t protocol = s->protocol == PROTOCOL_MIX ? mix[flow % 8] : pure[s->protocol];

	return protocol == IPPROTO_ICMP && s->ipv6 ? IPPROTO_ICMPV6 : protocol;
}

static uint32_t plan_length(const struct settings *s)
{
	uint64_t n = PLAN_MAX;

	if (s->exponent < 0) /* whole rounds; several when lengths vary and the flows are few */
		n = s->flows * (uint64_t)(s->size_min == s->size_max ? 1 : 65536 / s->flows + 1);
	return n < s->packets ? n : s->packets;
}

/* Fill the n entries of the plan. Returns how many flows the run uses, 0 without memory. */
static uint32_t plan_fill(struct trafficgen_packet *plan, uint32_t n, const struct settings *s)
{
	struct dice dice = { s->seed };
	struct dice_zipf zipf = { 0 };
	uint8_t *used = calloc(s->flows, 1);
	uint32_t i, flow, flows = 0;

	if (used && (s->exponent < 0 || !dice_zipf_init(&zipf, s->flows, s->exponent))) {
		for (i = 0; i < n; i++) {
			flow = s->exponent < 0 ? i % s->flows : dice_zipf_draw(&zipf, &dice);
			flows += !used[flow];
			used[flow] = 1;
			plan[i].flow = flow;
			plan[i].length = s->size_min +
			                 dice_below(&dice, s->size_max - s->size_min + 1);
			plan[i].protocol = flow_protocol(s, flow);
		}
		dice_zipf_clear(&zipf);
	}
	free(used);
	return flows;
}

/* Memory shared with an array map of the loaded object; stays until the process ends. */
static void *map_share(const struct generator *g, const char *name, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fd = bpf_object__find_map_fd_by_name(g->object, name);
	void *memory = mmap(NULL, (size + page - 1) / page * page, PROT_READ | PROT_WRITE,
	                    MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void link_init(struct trafficgen_config *config, const struct settings *s)
{
	static const uint8_t source[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };

	memcpy(config->link, s->receiver, ETH_ALEN);
	memcpy(config->link + ETH_ALEN / 2, source, ETH_ALEN);
	config->link[ETH_ALEN] = htons(s->ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	config->tag = s->vlan ? ETH_P_8021Q << 16 | s->vlan : 0;
}

static int generator_open(struct generator *g, const struct settings *s)
{
	size_t size = trafficgen_bpf_end - trafficgen_bpf_start, length;
	struct bpf_object *object = bpf_object__open_mem(trafficgen_bpf_start, size, NULL);
	struct bpf_map *map;

	g->object = object;
	if (!object)
		return -1;
	map = bpf_object__find_map_by_name(object, ".rodata");
	g->config = map ? (void *)bpf_map__initial_value(map, &length) : NULL;
	if (!g->config)
		return -1;
	*g->config = (struct trafficgen_config){
		.ifindex = s->ifindex,
		.planned = plan_length(s),
		.frame = s->size_max,
		.ip_offset = settings_ip_offset(s),
		.first_flow = s->first_flow,
		.ipv6 = s->ipv6,
	};
	link_init(g->config, s);
	map = bpf_object__find_map_by_name(object, "plan");
	if (bpf_map__set_max_entries(map, g->config->planned) || bpf_object__load(object))
		return -1;
	g->plan = map_share(g, "plan", g->config->planned * sizeof(*g->plan));
	g->count = map_share(g, ".bss", sizeof(*g->count));
	g->program = bpf_program__fd(bpf_object__find_program_by_name(object, "trafficgen"));
	return g->plan && g->count ? 0 : -1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static void sleep_until(double when)
{
	struct timespec t = { .tv_sec = when, .tv_nsec = (when - (time_t)when) * 1e9 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* Send. A signal ends a run early, between two batches; what was sent is counted all the same. */
static int generator_run(struct generator *g, const struct settings *s)
{
	uint64_t step = s->rate ? s->rate / RATE_BURSTS + 1 : RUN_MAX, done = 0;
	double start = now();

	while (!stopped && done < s->packets) {
		uint64_t left = s->packets - done;
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = g->frame,
		            .data_size_in = s->size_max, .repeat = left < step ? left : step,
		            .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = s->batch);

		if (bpf_prog_test_run_opts(g->program, &run) && errno != EINTR) {
			log_error("cannot run with live frames: %s%s", strerror(errno),
			          errno == EINVAL ? "; needs Linux 5.18" : "");
			return -1;
		}
		done = g->count->packets + g->count->refused;
		if (s->rate)
			sleep_until(start + (double)done / s->rate);
	}
	return 0;
}

static struct device device_read(const char *iface)
{
	return (struct device){ .packets = netdev_counter(iface, "tx_packets"),
		                .bytes = netdev_counter(iface, "tx_bytes"),
		                .dropped = netdev_counter(iface, "tx_dropped") };
}

/* What the device did since before. The receiver may still be reading: wait a second at most. */
static struct device device_settle(const char *iface, uint64_t packets, const struct device *before)
{
	struct device d;
	double end = now() + 1;

	do {
		d = device_read(iface);
		d.packets -= before->packets;
		d.bytes -= before->bytes;
		d.dropped -= before->dropped;
	} while (d.packets + d.dropped < packets && now() < end && !usleep(1000));
	return d;
}

static int report(const struct settings *s, const volatile struct trafficgen_count *c,
                  uint32_t flows, double seconds, const struct device *d)
{
	const char *form = s->json ? "{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64
	                             ",\"flows\":%u,\"seconds\":%.6f,\"mpps\":%.3f,"
	                             "\"device_packets\":%" PRIu64 ",\"device_bytes\":%" PRIu64
	                             ",\"device_dropped\":%" PRIu64 "}\n"
	                           : "%" PRIu64 " packets, %" PRIu64
	                             " bytes, %u flows in %.3f s: %.3f Mpps\n"
	                             "device: %" PRIu64 " packets, %" PRIu64 " bytes sent, %" PRIu64
	                             " packets dropped\n";

	printf(form, (uint64_t)c->packets, (uint64_t)c->bytes, flows, seconds,
	       c->packets / seconds * 1e-6, d->packets, d->bytes, d->dropped);
	if (c->refused)
		log_error("%" PRIu64 " packets could not be made", (uint64_t)c->refused);
	if (d->packets >= c->packets)
		return c->refused != 0;
	log_error("%s: sent less than was made; is it up, and the far end? Does that read frames "
	          "(ethtool -K PEER gro on)?",
	          s->iface);
	return 1;
}

static int generate(const struct settings *s)
{
	struct generator g = { 0 };
	struct device before, after;
	uint32_t flows;
	double start, seconds;
	int result = 1;

	if (generator_open(&g, s)) {
		log_error("cannot load the generator: %s; are you root?", strerror(errno));
		goto out;
	}
	flows = plan_fill(g.plan, g.config->planned, s);
	if (!flows) {
		log_error("cannot make the plan: no memory");
		goto out;
	}
	before = device_read(s->iface);
	start = now();
	if (generator_run(&g, s))
		goto out;
	seconds = now() - start;
	after = device_settle(s->iface, g.count->packets, &before);
	result = report(s, g.count, flows, seconds, &after);
out:
	bpf_object__close(g.object);
	return result;
}

static int pin(uint64_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

int main(int argc, char **argv)
{
	struct settings s = { .packets = 1000000,
		              .flows = 1000,
		              .mac = "02:00:00:00:00:02",
		              .exponent = -1,
		              .batch = 64,
		              .seed = 1,
		              .cpu = sched_getcpu() };
	enum opt_result parsed = opt_parse(&settings_command, &s, &argc, argv);
	int wrong;

	if (parsed != OPT_GO)
		return parsed == OPT_HELP ? 0 : 2;
	if (argc != 1) {
		log_error("name one interface; try: trafficgen --help");
		return 2;
	}
	s.iface = argv[0];
	wrong = settings_check(&s);
	if (wrong)
		return wrong;
	if (pin(s.cpu)) {
		log_error("cannot run on CPU %" PRIu64 ": %s", s.cpu, strerror(errno));
		return 1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	return generate(&s);
}
