// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * replay OPTION... INTERFACE CAPTURE: weir monitor, but its packets come out of a capture. They go
 * into the kernel's XDP program by BPF_PROG_TEST_RUN, with their time beside them; what the program
 * counted is drained, put together, judged and written by the agent's own code. So what there is of
 * a capture when its packets are seen live can be compared with what `weir read` makes of it.
 *
 * The clocks of this process are those of the packets. An interval ends with the first packet that
 * comes later, as it does when a file is read. Frames that the capture has cut, or that test-run
 * does not take, end it with exit code 3.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture.h"
#include "collect.h"
#include "drain.h"
#include "frame.h"
#include "log.h"
#include "probe.h"

#define FRAME_MAX 65536
#define REFUSED   3
#define SECOND    1000000000ULL

struct settings {
	struct collect_options collect;
};

static const struct opt rows[] = { COLLECT_OPTIONS(struct settings, collect) };

static const struct opt_command command = {
	.name = "replay",
	.arguments = "INTERFACE CAPTURE",
	.summary = "weir monitor on the packets of a capture.",
	.options = rows,
	.n_options = sizeof(rows) / sizeof(rows[0]),
};

struct replay {
	struct probe *probe;
	struct drain *drain;
	struct drain_to to;
	struct collect *collect;
	uint64_t interval_ns, next_ns;
};

static uint64_t packet_ns = 1; /* what all clocks say */

int clock_gettime(clockid_t clock, struct timespec *t)
{
	*t = (struct timespec){ packet_ns / SECOND, packet_ns % SECOND };
	return 0;
}

/* On one processor, as the packets of a flow are where a card spreads them by flow. */
static void stay_here(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* 0, or a negative errno. */
static int shoot(const struct replay *r, const struct capture_packet *frame)
{
	static uint8_t stamped[sizeof(uint64_t) + FRAME_MAX];
	struct xdp_md md = { .data = sizeof(uint64_t),
		             .data_end = sizeof(uint64_t) + frame->captured };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = stamped, .data_size_in = md.data_end,
	            .ctx_in = &md, .ctx_size_in = sizeof(md), .repeat = 1);

	if (frame->link != PARSE_ETHERNET || frame->captured != frame->length ||
	    frame->captured > FRAME_MAX)
		return -EINVAL;
	memcpy(stamped, &frame->time_ns, sizeof(uint64_t));
	memcpy(stamped + sizeof(uint64_t), frame->data, frame->captured);
	return bpf_prog_test_run_opts(probe_program(r->probe, "weir_xdp"), &run) ? -errno : 0;
}

/* What is in no flow ends no interval, as when a file is read. */
static bool is_in_a_flow(const struct capture_packet *frame)
{
	struct flow_packet k;

	return frame_parse(&k, frame) == FLOW_OK;
}

static int follow_clock(struct replay *r, uint64_t now_ns)
{
	packet_ns = now_ns;
	if (now_ns < r->next_ns)
		return 0;
	r->next_ns = now_ns + r->interval_ns;
	if (drain_run(r->drain, &r->to))
		return -1;
	collect_tick(r->collect, now_ns);
	return 0;
}

static int replay_file(struct replay *r, const char *path)
{
	struct capture_packet frame;
	char error[512];
	struct capture *capture = capture_open(path, error, sizeof(error));
	int failed = capture ? 0 : 1;

	if (!capture)
		log_error("%s", error);
	while (!failed && capture_next(capture, &frame) == CAPTURE_PACKET) {
		failed = is_in_a_flow(&frame) && follow_clock(r, frame.time_ns) ? 1 : 0;
		if (!failed && shoot(r, &frame))
			failed = REFUSED;
	}
	capture_close(capture);
	/* What both epochs hold. */
	if (!failed && (drain_run(r->drain, &r->to) || drain_run(r->drain, &r->to)))
		failed = 1;
	return failed;
}

static int open_all(struct replay *r, const struct collect_options *o, const char *interface)
{
	const struct probe_config config = { .interfaces = &interface,
		                             .n_interfaces = 1,
		                             .mode = PROBE_XDP_GENERIC,
		                             .test_clock = true };
	char error[512];

	r->interval_ns = o->interval_ns;
	r->collect = collect_open(o, true, interface, error, sizeof(error));
	if (r->collect)
		r->probe = probe_open(&config, error, sizeof(error));
	r->drain = r->probe ? drain_open(r->probe) : NULL;
	if (r->drain)
		return 0;
	log_error("%s", r->probe ? "cannot drain" : error);
	return -1;
}

int main(int argc, char **argv)
{
	struct settings s = { .collect = collect_defaults };
	struct replay r = { 0 };
	int result = 1;

	if (opt_parse(&command, &s, &argc, argv) != OPT_GO || argc != 2)
		return 2;
	stay_here();
	if (!open_all(&r, &s.collect, argv[0])) {
		collect_from_drain(r.collect, &r.to);
		collect_begin(r.collect);
		result = replay_file(&r, argv[1]);
	}
	if (r.collect && collect_close(r.collect) && !result)
		result = 1;
	drain_close(r.drain);
	probe_close(r.probe);
	return result;
}
