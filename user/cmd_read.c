// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * weir read FILE...: flows from capture files, by the parser and accounting of the kernel programs.
 *
 * A file that is broken in the middle keeps what came before: all files are read, the flows are
 * reported, and the exit code tells. The first interrupt ends the reading, not the reporting.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "cmd.h"
#include "collect.h"
#include "frame.h"
#include "log.h"
#include "read.h"

struct read_options {
	struct collect_options collect;
};

static const struct opt options[] = { COLLECT_OPTIONS(struct read_options, collect) };

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void add_frame(struct collect *c, const struct capture_packet *frame)
{
	collect_packet(c, frame_parse(collect_room(c), frame));
}

static int read_file(struct collect *c, const char *path, read_progress progress)
{
	enum capture_status status = CAPTURE_END;
	struct capture_packet frame;
	struct capture *capture;
	uint32_t n = 0;
	char error[512];

	capture = capture_open(path, error, sizeof(error));
	if (!capture) {
		log_error("%s", error);
		return CMD_FAILED;
	}
	collect_boundary(c);
	while (!stopped) {
		status = capture_next(capture, &frame);
		if (status != CAPTURE_PACKET)
			break;
		add_frame(c, &frame);
		if (++n % 4096 == 0 && progress)
			progress(path, capture_progress(capture));
		if (n % 4096 == 0 && !collect_wanted(c))
			break;
	}
	if (stopped) /* the interrupt may have cut a read short */
		status = CAPTURE_END;
	if (status == CAPTURE_FAILED)
		log_error("%s", capture_error(capture));
	capture_close(capture);
	return status == CAPTURE_FAILED ? CMD_FAILED : CMD_DONE;
}

int read_run(const struct collect_options *o, char **paths, int n, read_progress progress,
             void (*progress_end)(void))
{
	int result = CMD_DONE, i;
	struct collect *c;
	char error[512];

	c = collect_open(o, false, paths[0], error, sizeof(error));
	if (!c) {
		log_error("%s", error);
		return errno == EINVAL ? CMD_USAGE : CMD_FAILED;
	}
	catch_signals();
	for (i = 0; i < n && !stopped && collect_wanted(c); i++)
		if (read_file(c, paths[i], progress) != CMD_DONE)
			result = CMD_FAILED;
	if (progress_end)
		progress_end();
	if (result == CMD_FAILED && !collect_seen(c))
		collect_abandon(c);
	else if (collect_close(c))
		result = CMD_FAILED;
	return result;
}

static int run(const struct opt_command *self, int argc, char **argv)
{
	struct read_options o = { .collect = collect_defaults };

	switch (opt_parse(self, &o, &argc, argv)) {
	case OPT_HELP:
		return CMD_DONE;
	case OPT_WRONG:
		return CMD_USAGE;
	default:
		break;
	}
	if (argc < 1) {
		log_error("read: which file? weir read FILE... ('-' is stdin)");
		return CMD_USAGE;
	}
	return read_run(&o.collect, argv, argc, NULL, NULL);
}

const struct opt_command cmd_read = {
	.name = "read",
	.arguments = "FILE...",
	.summary = "flows from pcap and pcapng files, also gzip-compressed; '-' is stdin",
	.options = options,
	.n_options = CMD_COUNT(options),
	.run = run,
};
