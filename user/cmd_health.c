// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * weir health: is a `weir monitor --heartbeat FILE` alive? For the probes of containers, which have
 * no shell: the file's age decides, its line tells.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "log.h"
#include "notify.h"

#define SECOND 1000000000ULL

struct health_options {
	const char *heartbeat;
	uint64_t within_ns;
};

static const struct opt options[] = {
	{ "heartbeat", 0, "FILE", OPT_TEXT, offsetof(struct health_options, heartbeat), 0, 0, NULL,
	  "the file that 'weir monitor --heartbeat FILE' renews" },
	{ "within", 0, "TIME", OPT_DURATION, offsetof(struct health_options, within_ns), SECOND,
	  UINT64_MAX, NULL, "healthy if it was renewed in this time; more than the interval" },
};

static int judge(const struct health_options *o)
{
	char line[512];
	double age;
	int failed = notify_read_heartbeat(o->heartbeat, &age, line, sizeof(line));

	if (failed) {
		log_error("%s: no sign of life: %s; is 'weir monitor --heartbeat %s' running?",
		          o->heartbeat, strerror(-failed), o->heartbeat);
		return CMD_FAILED;
	}
	if (age * 1e9 > o->within_ns) {
		log_error("%s: no sign of life for %.0f s; last: %s", o->heartbeat, age, line);
		return CMD_FAILED;
	}
	printf("%s\n", line);
	return CMD_DONE;
}

static int run(const struct opt_command *self, int argc, char **argv)
{
	struct health_options o = { .within_ns = 30 * SECOND };

	switch (opt_parse(self, &o, &argc, argv)) {
	case OPT_HELP:
		return CMD_DONE;
	case OPT_WRONG:
		return CMD_USAGE;
	default:
		break;
	}
	if (argc || !o.heartbeat) {
		log_error("health: which file? weir health --heartbeat FILE, as given to monitor");
		return CMD_USAGE;
	}
	return judge(&o);
}

const struct opt_command cmd_health = {
	.name = "health",
	.arguments = "",
	.summary = "is a watching weir alive? for the probes of containers",
	.options = options,
	.n_options = CMD_COUNT(options),
	.run = run,
};
