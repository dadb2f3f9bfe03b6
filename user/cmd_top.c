// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * weir top [IFACE...|FILE...]: flows on a screen, with keys. Interfaces are watched as by
 * `monitor`, files read as by `read`; the screen is one more output of these runs.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "cmd.h"
#include "cmd_learn.h"
#include "log.h"
#include "monitor.h"
#include "netdev.h"
#include "read.h"
#include "top.h"
#include "top_route.h"
#include "top_screen.h"

#define SECOND 1000000000ULL

static const struct opt options[] = { MONITOR_OPTIONS };

static bool is_file(const char *name)
{
	struct netdev device;
	struct stat status;

	return netdev_read(name, &device) && !stat(name, &status) && !S_ISDIR(status.st_mode);
}

/* The screen is on stdout: nothing else may be. 0, or -1 after a message. */
static int check_outputs(const char *option, const struct opt_list *list, bool path_needed)
{
	const char *colon;
	size_t i;

	for (i = 0; i < list->count; i++) {
		colon = strchr(list->item[i], ':');
		if (colon && strcmp(colon, ":-") && (colon[1] || !path_needed))
			continue;
		log_error("top: %s %s: the screen is on stdout; name a file, as csv:flows.csv",
		          option, list->item[i]);
		return -1;
	}
	return 0;
}

/* What makes no sense for files. 0, or -1 after a message. */
static int check_file_options(const struct monitor_options *o)
{
	const char *option = o->collect.watch.baseline_ns ? "baseline"
	                     : o->collect.watch.save      ? "save"
	                     : o->duration_ns             ? "duration"
	                                                  : NULL;

	if (option)
		log_error("top: --%s is for interfaces, not for files", option);
	return option ? -1 : 0;
}

static int open_screen(void *arg, struct loop *loop, char *error, size_t size)
{
	return top_open(arg, loop, error, size);
}

static void close_screen(void *arg)
{
	top_close(arg);
}

static struct top *make_top(const struct collect_options *o, bool live)
{
	struct top_config config = {
		.live = live,
		.uniflow = o->uniflow,
		.idle_ns = o->idle_ns,
		.max_rows = o->max_flows < TOP_ROWS ? o->max_flows : TOP_ROWS,
	};

	if (getrandom(&config.seed, sizeof(config.seed), 0) != sizeof(config.seed))
		return NULL;
	return top_new(&config);
}

static int show(struct monitor_options *o, char **names, int n, bool live)
{
	struct monitor_guest guest = {
		.needs = PRIV_TERMINAL,
		.open = open_screen,
		.close = close_screen,
	};
	struct top *t = make_top(&o->collect, live);
	int result;

	if (!t) {
		log_error("top: cannot start: no memory");
		return CMD_FAILED;
	}
	guest.arg = o->collect.screen = t;
	result = live ? monitor_run(o, names, n, &guest)
	              : read_run(&o->collect, names, n, learn_progress, learn_progress_end);
	top_close(t);
	top_free(t);
	return result;
}

static int check_and_show(struct monitor_options *o, char **names, int n)
{
	int files = 0, i;

	for (i = 0; i < n; i++)
		files += is_file(names[i]);
	if (files && files < n) {
		log_error("top: files and interfaces are not shown together");
		return CMD_USAGE;
	}
	if (n > PROBE_MAX_INTERFACES && !files) {
		log_error("top: %d interfaces are too many; at most %d", n, PROBE_MAX_INTERFACES);
		return CMD_USAGE;
	}
	if (files && check_file_options(o))
		return CMD_USAGE;
	return show(o, names, n, !files);
}

/* No operand: what the environment names, else the interface of the default route. */
static int choose_and_show(struct monitor_options *o)
{
	const char *variable = getenv("WEIR_INTERFACES");
	char *names[PROBE_MAX_INTERFACES + 1], route[32], *words;
	int n = 0, result;

	words = strdup(variable ? variable : "");
	if (words)
		n = monitor_interfaces(words, names, CMD_COUNT(names));
	if (!n && !top_route_interface(route, sizeof(route)))
		names[n++] = route;
	if (n) {
		result = check_and_show(o, names, n);
	} else {
		log_error("top: there is no default route; which interface? weir top IFACE...; "
		          "'ip link' lists them");
		result = CMD_USAGE;
	}
	free(words);
	return result;
}

static int run(const struct opt_command *self, int argc, char **argv)
{
	struct monitor_options o = { .collect = collect_defaults, .guard.sandbox = true };
	char error[256];

	o.collect.interval_ns = 2 * SECOND;
	switch (opt_parse(self, &o, &argc, argv)) {
	case OPT_HELP:
		return CMD_DONE;
	case OPT_WRONG:
		return CMD_USAGE;
	default:
		break;
	}
	setlocale(LC_CTYPE, "");
	if (check_outputs("-o", &o.collect.outputs, true) ||
	    check_outputs("--alerts", &o.collect.alerts.sinks, false))
		return CMD_USAGE;
	if (top_screen_check(error, sizeof(error))) {
		log_error("%s", error);
		return CMD_FAILED;
	}
	return argc ? check_and_show(&o, argv, argc) : choose_and_show(&o);
}

const struct opt_command cmd_top = {
	.name = "top",
	.arguments = "[IFACE|FILE]",
	.summary = "flows on a screen, live or of captures: sort, filter, group, look into",
	.details = "Without IFACE or FILE: the interface of the default route. Keys: ? lists them.",
	.options = options,
	.n_options = CMD_COUNT(options),
	.run = run,
};
