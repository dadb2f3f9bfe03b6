// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rights and signs of life of a watching weir: priv.c and notify.c in the order of a run. */
#include "guard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "log.h"
#include "priv_filter.h"

void guard_init(struct guard *g, const struct guard_options *options)
{
	*g = (struct guard){ .options = *options, .notify = { .manager = -1, .heartbeat = -1 } };
}

static void on_watchdog(void *arg)
{
	const struct guard *g = arg;

	notify_manager(&g->notify, "WATCHDOG=1");
}

int guard_open(struct guard *g, struct loop *loop, char *error, size_t size)
{
	const char *heartbeat = g->options.heartbeat;
	int failed = notify_open(&g->notify, heartbeat);

	if (failed) {
		snprintf(error, size,
		         "--heartbeat %s: cannot open for writing: %s; take another path",
		         heartbeat, strerror(-failed));
		return failed;
	}
	if (g->notify.watchdog_ns)
		failed = loop_every(loop, g->notify.watchdog_ns / 2, on_watchdog, g);
	if (failed)
		snprintf(error, size, "cannot set up the watchdog: %s", strerror(-failed));
	return failed;
}

int guard_drop(struct guard *g, const struct priv_config *wanted)
{
	struct priv_config config = *wanted;
	char told[512] = "";
	int failed;

	config.user = g->options.user;
	if (g->options.sandbox) {
		g->needs = config.needs;
		failed = priv_drop(&config, told, sizeof(told));
	} else {
		failed = config.launch ? config.launch(config.arg, told, sizeof(told)) : 0;
	}
	if (failed)
		log_error("%s", told);
	else if (*told)
		log_info("%s", told);
	return failed;
}

/* How it goes is the completeness line. */
static void tell_status(const struct guard *g, const struct books *books)
{
	struct buf line = { 0 };

	books_print(books, &line);
	buf_char(&line, '\0');
	if (!line.error)
		notify_status(&g->notify, line.data);
	buf_clear(&line);
}

/* A system call that the filter does not know is weir's mistake: say so, once. */
static void check_filter(struct guard *g)
{
	int call;

	if (g->told_denied || !priv_filter_denied(&call))
		return;
	g->told_denied = true;
	log_warn("the filter denied system call %d; please report it; --sandbox=no goes without",
	         call);
}

void guard_begin(struct guard *g, const struct books *books)
{
	tell_status(g, books);
	notify_manager(&g->notify, "READY=1");
}

void guard_tick(struct guard *g, const struct books *books)
{
	check_filter(g);
	tell_status(g, books);
}

void guard_end(struct guard *g)
{
	notify_manager(&g->notify, "STOPPING=1");
	if (g->needs & PRIV_NET_ADMIN)
		priv_raise_net_admin();
}

void guard_close(struct guard *g)
{
	check_filter(g);
	notify_close(&g->notify);
}
