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
 * On veth nothing is lost when the batch is at most 256 frames, the ring of the peer: the peer
 * reads on the CPU that sends, between two batches.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "dice.h"
#include "trafficgen.h"

#define PLAN_MAX  (1U << 22)
#define RUN_MAX   (1U << 20) /* packets in one system call: how soon a signal is heeded */
#define FRAME_MAX 3400       /* the kernel keeps a frame within a page */

extern const char trafficgen_bpf_start[], trafficgen_bpf_end[];

struct options {
	const char *iface;
	uint64_t packets;
	uint32_t flows, first_flow, size_min, size_max, vlan, batch, rate, cpu;
	uint64_t seed;
	double zipf; /* < 0: the flows in turn */
	int protocol, ipv6, json;
	uint8_t mac[ETH_ALEN];
};

struct device {
	uint64_t sent, sent_bytes, dropped;
};

struct generator {
	struct bpf_object *object;
	struct trafficgen_config *config;
	struct trafficgen_count *count;
	int program;
	uint8_t frame[FRAME_MAX];
};

enum { PROTOCOL_MIX = 0 };

static volatile sig_atomic_t stopped;

static const char usage[] =
        "usage: trafficgen IFACE [options]\n"
        "  --packets N       how many (1000000)\n"
        "  --flows N         of how many flows (1000)\n"
        "  --first-flow N    number of the first (0)\n"
        "  --zipf S          flows at random, rank k with weight 1/k^S, 0 uniform (all in turn)\n"
        "  --size N[:M]      frame length without FCS, or a uniform range (64)\n"
        "  --protocol WHICH  udp, tcp, icmp or mix, by flow number (udp)\n"
        "  --ipv6            IPv6 instead of IPv4\n"
        "  --vlan ID         802.1Q tag\n"
        "  --dst-mac MAC     receiver (02:00:00:00:00:02, so that its stack drops them at once)\n"
        "  --rate PPS        packets a second, 0 as fast as can be (0)\n"
        "  --batch N         frames between two looks at the receive queue, 1..256 (64)\n"
        "  --cpu N           CPU to run on (the one it is on)\n"
        "  --seed N          of all chance (1)\n"
        "  --json            the result as one JSON object\n";

static const struct option names[] = {
	{ "packets", 1, NULL, 'p' }, { "flows", 1, NULL, 'f' },   { "first-flow", 1, NULL, 'F' },
	{ "zipf", 1, NULL, 'z' },    { "size", 1, NULL, 's' },    { "protocol", 1, NULL, 'P' },
	{ "ipv6", 0, NULL, '6' },    { "vlan", 1, NULL, 'v' },    { "dst-mac", 1, NULL, 'm' },
	{ "rate", 1, NULL, 'r' },    { "batch", 1, NULL, 'b' },   { "cpu", 1, NULL, 'c' },
	{ "seed", 1, NULL, 'S' },    { "json", 0, NULL, 'j' },    { "help", 0, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

/* A decimal number that fills text, or ends at the character in *end when end is given. */
static int parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *value, char **end)
{
	char *rest;

	errno = 0;
	*value = strtoull(text, &rest, 10);
	if (errno || rest == text || *text == '-' || (!end && *rest) || *value < low ||
	    *value > high) {
		fprintf(stderr, "trafficgen: %s: not a number from %llu to %llu\n", text,
		        (unsigned long long)low, (unsigned long long)high);
		return -1;
	}
	if (end)
		*end = rest;
	return 0;
}

static int parse_size(const char *text, struct options *o)
{
	uint64_t low, high;
	char *rest;

	if (parse_number(text, 1, FRAME_MAX, &low, &rest))
		return -1;
	high = low;
	if (*rest == ':' ? parse_number(rest + 1, low, FRAME_MAX, &high, NULL) : *rest) {
		fprintf(stderr, "trafficgen: %s: not a size N or a range N:M\n", text);
		return -1;
	}
	o->size_min = low;
	o->size_max = high;
	return 0;
}

static int parse_protocol(const char *text, struct options *o)
{
	static const struct {
		const char *name;
		int number;
	} known[] = { { "udp", IPPROTO_UDP },
		      { "tcp", IPPROTO_TCP },
		      { "icmp", IPPROTO_ICMP },
		      { "mix", PROTOCOL_MIX } };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(text, known[i].name)) {
			o->protocol = known[i].number;
			return 0;
		}
	fprintf(stderr, "trafficgen: %s: protocol is udp, tcp, icmp or mix\n", text);
	return -1;
}

static int parse_mac(const char *text, struct options *o)
{
	unsigned int m[ETH_ALEN];
	int i, used = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5],
	           &used) != 6 ||
	    text[used]) {
		fprintf(stderr, "trafficgen: %s: not a MAC address\n", text);
		return -1;
	}
	for (i = 0; i < ETH_ALEN; i++)
		o->mac[i] = m[i];
	return 0;
}

static int parse_zipf(const char *text, struct options *o)
{
	char *rest;

	o->zipf = strtod(text, &rest);
	if (rest != text && !*rest && o->zipf >= 0 && o->zipf <= 5)
		return 0;
	fprintf(stderr, "trafficgen: %s: not a number from 0 to 5\n", text);
	return -1;
}

static int parse_u32(const char *text, uint64_t low, uint64_t high, uint32_t *value)
{
	uint64_t wide;

	if (parse_number(text, low, high, &wide, NULL))
		return -1;
	*value = wide;
	return 0;
}

static int parse_option(int name, const char *text, struct options *o)
{
	switch (name) {
	case 'p':
		return parse_number(text, 1, UINT64_MAX, &o->packets, NULL);
	case 'f':
		return parse_u32(text, 1, 1U << 24, &o->flows);
	case 'F':
		return parse_u32(text, 0, 1U << 24, &o->first_flow);
	case 'z':
		return parse_zipf(text, o);
	case 's':
		return parse_size(text, o);
	case 'P':
		return parse_protocol(text, o);
	case '6':
		o->ipv6 = 1;
		return 0;
	case 'v':
		return parse_u32(text, 1, 4094, &o->vlan);
	case 'm':
		return parse_mac(text, o);
	case 'r':
		return parse_u32(text, 0, 1000000000, &o->rate);
	case 'b':
		return parse_u32(text, 1, 256, &o->batch);
	case 'c':
		return parse_u32(text, 0, CPU_SETSIZE - 1, &o->cpu);
	case 'S':
		return parse_number(text, 0, UINT64_MAX, &o->seed, NULL);
	case 'j':
		o->json = 1;
		return 0;
	default:
		return -1;
	}
}

/* Bytes of headers before the transport header, and the least frame that holds it as well. */
static uint32_t headers_length(const struct options *o)
{
	return ETH_HLEN + (o->vlan ? 4 : 0) + (o->ipv6 ? 40 : 20);
}

static int check_sizes(struct options *o)
{
	struct ifreq request = { 0 };
	uint32_t least = headers_length(o) + 20, most;
	int s = socket(AF_INET, SOCK_DGRAM, 0), failed;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", o->iface);
	failed = s < 0 || ioctl(s, SIOCGIFMTU, &request);
	close(s);
	if (failed) {
		fprintf(stderr, "trafficgen: %s: %s\n", o->iface, strerror(errno));
		return -1;
	}
	most = request.ifr_mtu + ETH_HLEN + (o->vlan ? 4 : 0);
	if (most > FRAME_MAX)
		most = FRAME_MAX;
	if (!o->size_min)
		o->size_min = o->size_max = least > 64 ? least : 64;
	if (o->size_min >= least && o->size_max <= most)
		return 0;
	fprintf(stderr, "trafficgen: frames of %u:%u bytes: with these headers %s takes %u:%u\n",
	        o->size_min, o->size_max, o->iface, least, most);
	return -1;
}

static uint8_t flow_protocol(const struct options *o, uint32_t flow)
{
	static const uint8_t mix[8] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_UDP,
		                        IPPROTO_TCP, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP };
	uint8_t protocol = o->protocol == PROTOCOL_MIX ? mix[flow % 8] : o->protocol;

	return protocol == IPPROTO_ICMP && o->ipv6 ? IPPROTO_ICMPV6 : protocol;
}

static uint32_t plan_length(const struct options *o)
{
	uint64_t n = PLAN_MAX;

	if (o->zipf < 0) /* whole rounds; several when lengths vary and the flows are few */
		n = o->flows * (uint64_t)(o->size_min == o->size_max ? 1 : 65536 / o->flows + 1);
	return n < o->packets ? n : o->packets;
}

/* Fill the n entries of the plan. Returns how many flows the run uses, 0 without memory. */
static uint32_t plan_fill(struct trafficgen_packet *plan, uint32_t n, const struct options *o)
{
	struct dice dice = { o->seed };
	struct dice_zipf zipf = { 0 };
	uint8_t *used = calloc(o->flows, 1);
	uint32_t i, flow, flows = 0;

	if (used && (o->zipf < 0 || !dice_zipf_init(&zipf, o->flows, o->zipf))) {
		for (i = 0; i < n; i++) {
			flow = o->zipf < 0 ? i % o->flows : dice_zipf_draw(&zipf, &dice);
			flows += !used[flow];
			used[flow] = 1;
			plan[i].flow = flow;
			plan[i].length = o->size_min +
			                 dice_below(&dice, o->size_max - o->size_min + 1);
			plan[i].protocol = flow_protocol(o, flow);
		}
		dice_zipf_clear(&zipf);
	}
	free(used);
	return flows;
}

static int plan_make(const struct generator *g, const struct options *o)
{
	uint32_t n = g->config->planned, flows;
	size_t page = sysconf(_SC_PAGESIZE), size;
	struct trafficgen_packet *plan;
	int fd = bpf_object__find_map_fd_by_name(g->object, "plan");

	size = (n * sizeof(*plan) + page - 1) / page * page;
	plan = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (plan == MAP_FAILED)
		return -1;
	flows = plan_fill(plan, n, o);
	munmap(plan, size);
	return flows ? (int)flows : -1;
}

static void frame_init(struct generator *g, const struct options *o)
{
	static const uint8_t source[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };
	uint16_t type = htons(o->ipv6 ? ETH_P_IPV6 : ETH_P_IP), tag[2];

	memcpy(g->frame, o->mac, ETH_ALEN);
	memcpy(g->frame + ETH_ALEN, source, ETH_ALEN);
	memcpy(g->frame + g->config->ip_offset - 2, &type, 2);
	if (o->vlan) {
		tag[0] = htons(ETH_P_8021Q);
		tag[1] = htons(o->vlan);
		memcpy(g->frame + 2 * ETH_ALEN, tag, sizeof(tag));
	}
}

static int generator_open(struct generator *g, const struct options *o)
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
		.ifindex = if_nametoindex(o->iface),
		.planned = plan_length(o),
		.frame = o->size_max,
		.ip_offset = ETH_HLEN + (o->vlan ? 4 : 0),
		.first_flow = o->first_flow,
		.ipv6 = o->ipv6,
	};
	map = bpf_object__find_map_by_name(object, "plan");
	if (bpf_map__set_max_entries(map, g->config->planned) || bpf_object__load(object))
		return -1;
	map = bpf_object__find_map_by_name(object, ".bss");
	g->count = map ? (void *)bpf_map__initial_value(map, &length) : NULL;
	g->program = bpf_program__fd(bpf_object__find_program_by_name(object, "trafficgen"));
	frame_init(g, o);
	return g->count ? 0 : -1;
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
static int generator_run(struct generator *g, const struct options *o)
{
	const volatile struct trafficgen_count *count = g->count;
	uint64_t step = o->rate ? o->rate / 100 + 1 : RUN_MAX, left;
	double start = now();

	while (!stopped && (left = o->packets - count->packets - count->refused) > 0) {
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = g->frame,
		            .data_size_in = o->size_max, .repeat = left < step ? left : step,
		            .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = o->batch);

		if (bpf_prog_test_run_opts(g->program, &run) && errno != EINTR) {
			fprintf(stderr, "trafficgen: cannot run with live frames: %s%s\n",
			        strerror(errno),
			        errno == EINVAL ? " (needs Linux 5.18)" : "");
			return -1;
		}
		if (o->rate)
			sleep_until(start + (double)count->packets / o->rate);
	}
	return 0;
}

/* The interface's line of /proc/net/dev, which shows the caller's own network namespace. */
static int device_read(const char *iface, struct device *d)
{
	FILE *file = fopen("/proc/net/dev", "r");
	char line[512], *colon, *name;
	unsigned long long bytes, packets, errors, dropped;
	int found = 0;

	while (file && !found && fgets(line, sizeof(line), file)) {
		colon = strchr(line, ':');
		if (!colon)
			continue;
		*colon = '\0';
		name = line + strspn(line, " ");
		found = !strcmp(name, iface) &&
		        sscanf(colon + 1, "%*u %*u %*u %*u %*u %*u %*u %*u %llu %llu %llu %llu",
		               &bytes, &packets, &errors, &dropped) == 4;
	}
	if (file)
		fclose(file);
	if (!found)
		return -1;
	*d = (struct device){ .sent = packets, .sent_bytes = bytes, .dropped = dropped };
	return 0;
}

/* The receiver may still be reading: wait until all is sent or dropped, at most a second. */
static void device_settle(const char *iface, uint64_t packets, const struct device *before,
                          struct device *d)
{
	double end = now() + 1;

	do {
		if (device_read(iface, d))
			return;
		d->sent -= before->sent;
		d->sent_bytes -= before->sent_bytes;
		d->dropped -= before->dropped;
	} while (d->sent + d->dropped < packets && now() < end && !usleep(1000));
}

static void report(const struct options *o, const struct trafficgen_count *c, uint32_t flows,
                   double seconds, const struct device *d)
{
	const char *form =
	        o->json ? "{\"packets\":%llu,\"bytes\":%llu,\"flows\":%u,\"seconds\":%.6f,"
	                  "\"mpps\":%.3f,\"device_sent\":%llu,\"device_sent_bytes\":%llu,"
	                  "\"device_dropped\":%llu}\n"
	                : "%llu packets, %llu bytes, %u flows in %.3f s: %.3f Mpps\n"
	                  "device: %llu packets, %llu bytes sent, %llu packets dropped\n";

	printf(form, (unsigned long long)c->packets, (unsigned long long)c->bytes, flows, seconds,
	       c->packets / seconds * 1e-6, (unsigned long long)d->sent,
	       (unsigned long long)d->sent_bytes, (unsigned long long)d->dropped);
}

static int generate(const struct options *o)
{
	struct generator g = { 0 };
	struct device before = { 0 }, after = { 0 };
	int flows, result = 1;
	double start, seconds;

	if (generator_open(&g, o)) {
		fprintf(stderr, "trafficgen: cannot load its program: %s (needs root)\n",
		        strerror(errno));
		goto out;
	}
	flows = plan_make(&g, o);
	if (flows < 0) {
		fprintf(stderr, "trafficgen: cannot make the plan: %s\n", strerror(errno));
		goto out;
	}
	device_read(o->iface, &before);
	start = now();
	if (generator_run(&g, o))
		goto out;
	seconds = now() - start;
	device_settle(o->iface, g.count->packets, &before, &after);
	report(o, g.count, flows, seconds, &after);
	result = after.sent < g.count->packets || g.count->refused;
	if (result)
		fprintf(stderr,
		        "trafficgen: %s: not all were sent; is it up, and its peer? A veth's peer "
		        "needs GRO (ethtool -K PEER gro on) or an XDP program\n",
		        o->iface);
out:
	bpf_object__close(g.object);
	return result;
}

static int pin(uint32_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (!sched_setaffinity(0, sizeof(set), &set))
		return 0;
	fprintf(stderr, "trafficgen: CPU %u: %s\n", cpu, strerror(errno));
	return -1;
}

int main(int argc, char **argv)
{
	struct options o = { .packets = 1000000,
		             .flows = 1000,
		             .zipf = -1,
		             .batch = 64,
		             .seed = 1,
		             .cpu = sched_getcpu(),
		             .protocol = IPPROTO_UDP,
		             .mac = { 2, 0, 0, 0, 0, 2 } };
	int name;

	while ((name = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		if (name == 'h')
			return fputs(usage, stdout) < 0;
		if (parse_option(name, optarg, &o))
			return 2;
	}
	if (optind + 1 != argc) {
		fputs(usage, stderr);
		return 2;
	}
	o.iface = argv[optind];
	if (check_sizes(&o) || pin(o.cpu))
		return 1;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	return generate(&o);
}
