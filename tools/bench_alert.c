// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bench_alert [FLOWS]: what a look at a flow costs the alert engine, with the built-in rules and
 * FLOWS (100,000 unless told) live flows of a network: 2,000 clients inside, servers outside by
 * Zipf's law, a twentieth of the flows new in each interval, DNS and TCP; every
 * flow moves in every interval. CPU time, since the machine may be shared.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "alert.h"
#include "rng.h"

#define CLIENTS   2000
#define SERVERS   50000
#define INTERVALS 24
#define INTERVAL  5000000000ULL

struct flow {
	struct flow_key key;
	struct flow_side fwd, rev;
	bool is_old;
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void put_address(uint8_t to[16], uint32_t net, uint32_t host)
{
	memset(to, 0, 16);
	to[10] = to[11] = 0xff;
	to[12] = (uint8_t)net;
	to[13] = (uint8_t)(host >> 16);
	to[14] = (uint8_t)(host >> 8);
	to[15] = (uint8_t)host;
}

static void begin(struct flow *f, struct rng *rng)
{
	bool dns = rng_below(rng, 3) == 0;
	double u = rng_real(rng);

	memset(f, 0, sizeof(*f));
	put_address(f->key.src, 10, (uint32_t)rng_below(rng, CLIENTS));
	put_address(f->key.dst, dns ? 10 : 198, dns ? 53 : (uint32_t)(SERVERS * u * u * u));
	f->key.src_port = (uint16_t)(1024 + rng_below(rng, 60000));
	f->key.dst_port = dns ? 53 : 443;
	f->key.protocol = dns ? 17 : 6;
	f->key.ip_version = 4;
	f->fwd.packets = f->rev.packets = dns ? 1 : 10;
	f->fwd.bytes = dns ? 80 : 1200;
	f->rev.bytes = dns ? 180 : 9000;
	f->fwd.marks = dns ? 0 : FLOW_SYN_ONLY;
	f->fwd.tcp_flags = dns ? 0 : FLOW_SYN | FLOW_ACK;
	f->fwd.tcp_flag[1] = !dns;
	f->fwd.tcp_flag[4] = dns ? 0 : 9;
}

static void look(struct alerts *a, struct flow *f, uint64_t now_ns)
{
	struct flow_record r = { .key = f->key,
		                 .fwd = &f->fwd,
		                 .rev = &f->rev,
		                 .start_ns = now_ns,
		                 .end_ns = now_ns,
		                 .moved_packets = { f->fwd.packets, f->rev.packets },
		                 .moved_bytes = { f->fwd.bytes, f->rev.bytes },
		                 .is_new = !f->is_old };

	alerts_add(a, &r);
	f->is_old = true;
}

static void renew(struct flow *flows, size_t n, struct rng *rng)
{
	size_t i;

	for (i = 0; i < n / 20; i++)
		begin(&flows[rng_below(rng, n)], rng);
}

/* The middle intervals: the windows are full by then. */
static void run(struct alerts *a, struct flow *flows, size_t n, struct rng *rng)
{
	uint64_t now_ns = 1000 * INTERVAL;
	double looks = 0, ticks = 0, start, middle;
	struct alerts_counts counts;
	struct rusage usage;
	int i, measured = 0;
	size_t k;

	for (i = 0; i < INTERVALS; i++) {
		renew(flows, n, rng);
		start = seconds();
		for (k = 0; k < n; k++)
			look(a, &flows[k], now_ns);
		middle = seconds();
		alerts_tick(a, now_ns += INTERVAL);
		if (i < INTERVALS / 2)
			continue;
		looks += middle - start;
		ticks += seconds() - middle;
		measured++;
	}
	alerts_count(a, &counts);
	getrusage(RUSAGE_SELF, &usage);
	printf("alert: %.0f ns a look, %.2f ms a tick, %zu live flows, built-in rules; %llu "
	       "alerts, "
	       "%llu keys pushed out, %ld MB\n",
	       looks * 1e9 / (double)n / measured, ticks * 1e3 / measured, n,
	       (unsigned long long)counts.opened, (unsigned long long)counts.pushed_out,
	       usage.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
	struct alerts_config config = { .interval_ns = INTERVAL };
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000, i;
	struct flow *flows = n ? calloc(n, sizeof(*flows)) : NULL;
	struct alerts *a;
	struct rng rng;
	char error[512];

	a = alerts_open(&config, error, sizeof(error));
	if (!a || !flows) {
		fprintf(stderr, "bench_alert: %s\n", a ? "how many flows?" : error);
		return 1;
	}
	rng_seed(&rng, 1, 0);
	for (i = 0; i < n; i++)
		begin(&flows[i], &rng);
	run(a, flows, n, &rng);
	alerts_close(a);
	free(flows);
	return 0;
}
