// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Captures through the kernel programs: every Ethernet frame of WEIR_CAPTURES/dev must be counted
 * as it is natively. Exits with 77 where BPF programs may not be loaded.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture.h"
#include "kernel.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures_count_as_they_do_natively),
	};

	return kernel_run(tests, sizeof(tests) / sizeof(tests[0]));
}
