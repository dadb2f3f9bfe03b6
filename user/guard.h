/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What keeps a long run safe and supervised: rights given up, and signs of life. The options, and
 * the calls in the order of a run.
 */
#ifndef WEIR_GUARD_H
#define WEIR_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "books.h"
#include "loop.h"
#include "notify.h"
#include "priv.h"

struct guard_options {
	const char *user;
	bool sandbox;
	const char *heartbeat;
};

/* clang-format off */
#define GUARD_OPTIONS(type, m)                                                                     \
	{ "user", 'u', "NAME", OPT_TEXT, offsetof(type, m.user), 0, 0, NULL,                       \
	  "after attaching, go on as this user; without it root goes on as nobody" },              \
	{ "sandbox", 0, NULL, OPT_FLAG, offsetof(type, m.sandbox), 0, 0, NULL,                     \
	  "after attaching, give up all rights and filter system calls; =no keeps them" },         \
	{ "heartbeat", 0, "FILE", OPT_TEXT, offsetof(type, m.heartbeat), 0, 0, NULL,               \
	  "renew this file at each interval, for 'weir health'" }
/* clang-format on */

struct guard {
	struct guard_options options;
	struct notify notify;
	unsigned int needs;
	bool told_denied;
};

/* Before anything else can fail: guard_close() may follow without guard_open(). */
void guard_init(struct guard *g, const struct guard_options *options);

/* Open what tells that we live, and set the loop's watchdog. 0, or negative, the reason in error.
 */
int guard_open(struct guard *g, struct loop *loop, char *error, size_t size);

/*
 * All is open and attached: give up the rights that took, but for the needs, and say what is left;
 * the user is that of the options. Without a sandbox only launch what is to be launched. 0, or
 * negative after a message: then end at once.
 */
int guard_drop(struct guard *g, const struct priv_config *wanted);

/* The run begins: the service is ready. */
void guard_begin(struct guard *g, const struct books *books);

/* At each interval. */
void guard_tick(struct guard *g, const struct books *books);

/* The run ends: what was kept for removing hooks comes into effect. */
void guard_end(struct guard *g);

void guard_close(struct guard *g);

#endif
