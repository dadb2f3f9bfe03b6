/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pipeline that live and file runs share: counted packets in, table, summary, outputs; and the
 * books of what was seen and where it went.
 */
#ifndef WEIR_COLLECT_H
#define WEIR_COLLECT_H

#include "alert_options.h"
#include "drain.h"
#include "http_options.h"
#include "opt.h"
#include "sink.h"
#include "watch.h"

struct collect;

/* The options that `monitor` and `read` have in common; include COLLECT_OPTIONS(struct, member). */
struct collect_options {
	uint64_t interval_ns;
	uint64_t idle_ns;
	uint64_t active_ns;
	uint64_t max_flows;
	uint64_t top;
	bool uniflow;
	struct opt_list outputs;
	struct watch_options watch;
	struct alert_options alerts;
	struct http_options http;
	struct top *screen; /* of weir top; NULL: none */
};

extern const struct collect_options collect_defaults;

/* clang-format off */
#define COLLECT_OPTIONS(type, m)                                                                   \
	{ "interval", 'i', "TIME", OPT_DURATION, offsetof(type, m.interval_ns),                    \
	  10000000, 300000000000, NULL, "drain the kernel, expire flows and report this often" },  \
	{ "idle-timeout", 0, "TIME", OPT_DURATION, offsetof(type, m.idle_ns), 0,                   \
	  UINT64_MAX, NULL, "a flow without packets for longer ends; 0: never" },                  \
	{ "active-timeout", 0, "TIME", OPT_DURATION, offsetof(type, m.active_ns), 0,               \
	  UINT64_MAX, NULL, "a flow that goes on is reported after this; 0: never" },              \
	{ "max-flows", 0, "N", OPT_NUMBER, offsetof(type, m.max_flows), 1, 1000000000,             \
	  NULL, "flows kept at most; beyond, the least used leaves early" },                       \
	{ "uniflow", 0, NULL, OPT_FLAG, offsetof(type, m.uniflow), 0, 0, NULL,                     \
	  "one record for each direction, as the guide has it" },                                  \
	{ "top", 'n', "N", OPT_NUMBER, offsetof(type, m.top), 1, 64, NULL,                         \
	  "rows shown by the table and the summary" },                                             \
	{ "output", 'o', "KIND:PATH", OPT_LIST, offsetof(type, m.outputs), 0, 0, NULL,             \
	  "table:, csv:PATH, json:PATH or stats:PATH; may be given again; PATH - is stdout" },                                 \
	WATCH_OPTIONS(type, m.watch),                                                              \
	ALERT_OPTIONS(type, m.alerts)
/* clang-format on */

/*
 * NULL on failure with one line in error; errno is EINVAL when the options make no sense. live:
 * times are CLOCK_MONOTONIC and reports are made.
 */
struct collect *collect_open(const struct collect_options *options, bool live, const char *source,
                             char *error, size_t size);

/* The first interval begins now: between opening and this, hooks were attached. */
void collect_begin(struct collect *c);

/* Of files: see intake.h. Parse a frame into the room, then tell what the parser said. */
struct flow_packet *collect_room(struct collect *c);
void collect_packet(struct collect *c, enum flow_cause cause);
void collect_boundary(struct collect *c);

/* What a drain brings: pass &to to drain_run(). */
void collect_from_drain(struct collect *c, struct drain_to *to);

/* Report the flows that have ended by now_ns of the table's clock. */
void collect_expire(struct collect *c, uint64_t now_ns);

/* An interval is over: expire by now_ns of the table's clock, and report if live. */
void collect_tick(struct collect *c, uint64_t now_ns);

/* What the run goes on to need once all is open: enum priv_need. */
unsigned int collect_needs(const struct collect *c);

/*
 * Live: start the processes that run beside this one, confined to less rights than it has, or not.
 * 0, or negative with one line in error. Of files they start with collect_open().
 */
int collect_launch(struct collect *c, bool confined, char *error, size_t size);

/* Read models and rules again. -ENOENT: there are none; else 0 or -EINVAL with a line in error. */
int collect_reload(struct collect *c, char *error, size_t size);

/* Take a line that people should read about what was learned. False: there is none. */
bool collect_news(struct collect *c, char *line, size_t size);

/* Is there an output left to work for? */
bool collect_wanted(const struct collect *c);

/* What was seen so far and where it went. */
const struct books *collect_books(const struct collect *c);

/* Packets seen so far. */
uint64_t collect_seen(const struct collect *c);

/*
 * End: all flows out (once), outputs closed, summary printed, memory freed. 0, or -EIO when an
 * output failed or the books do not balance.
 */
int collect_close(struct collect *c);

/* End before anything was counted: leave the outputs as they were, free, print nothing. */
void collect_abandon(struct collect *c);

#endif
