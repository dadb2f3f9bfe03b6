// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The alert engine: looks at flows go to the windows of the rules that take them; at the end of an
 * interval what holds goes to the book, and what changed there to the sinks.
 *
 * Time inside is a clock that never goes back: it moves by what the given time moves, or by one
 * interval where that went back. What is added before a tick belongs to the time of the tick
 * before; it is evaluated first and then the clock moves, so that a gap in the ticks hides nothing.
 */
#include "alert.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alert_book.h"
#include "alert_sink.h"
#include "alert_window.h"
#include "judged.h"
#include "log.h"
#include "opt.h"

#define SECOND   1000000000ULL
#define RECENT   256
#define REMIND   (60 * SECOND)
#define PATIENCE SECOND /* at the end */

struct alerts {
	struct alerts_config config;
	struct alert_seed seed;
	struct rules *rules;
	struct window *window[RULE_MAX]; /* NULL: the rule has no conditions */
	bool told_full[RULE_MAX];
	bool told_baseline, is_learning, has_learnt;
	struct book *book;
	struct rules *host_rules; /* 0: of sources, 1: of destinations */
	struct book *host_book;
	struct alert_sink *sink[OPT_LIST_MAX];
	size_t n_sinks;
	struct book_time now;
	uint64_t reminded_ns;
	uint64_t pushed_out; /* of windows that are gone */
	struct alert_note recent[RECENT];
	uint64_t n_recent;
};

static void emit(void *arg, const struct alert_note *note)
{
	struct alerts *a = arg;
	size_t i;

	for (i = 0; i < a->n_sinks; i++)
		if (!note->is_reminder || alert_sink_wants_reminders(a->sink[i]))
			alert_sink_send(a->sink[i], note);
	if (!note->is_reminder)
		a->recent[a->n_recent++ % RECENT] = *note;
}

static struct rules *read_rules(const struct alerts *a, char *error, size_t size)
{
	if (a->config.rules)
		return rules_open(a->config.rules, error, size);
	return rules_parse("built-in rules", rules_builtin, strlen(rules_builtin), error, size);
}

static struct window *new_window(const struct alerts *a, const struct rule *rule)
{
	const struct window_config config = {
		.rule = rule,
		.interval_ns = a->config.interval_ns,
		.now_ns = a->now.steady_ns,
		.max_keys = a->config.max_keys,
		.usual = a->config.usual,
		.usual_arg = a->config.usual_arg,
	};

	return window_new(&config);
}

static void free_windows(struct window **windows)
{
	size_t i;

	for (i = 0; i < RULE_MAX; i++)
		window_free(windows[i]);
}

/* Windows for the rules that have none in windows[] yet. 0, or -ENOMEM. */
static int fill_windows(const struct alerts *a, const struct rules *rules, struct window **windows)
{
	size_t i;

	for (i = 0; i < rules->n; i++) {
		if (!rules->rule[i].n_conditions || windows[i])
			continue;
		windows[i] = new_window(a, &rules->rule[i]);
		if (!windows[i])
			return -ENOMEM;
	}
	return 0;
}

static int open_sinks(struct alerts *a, char *error, size_t size)
{
	size_t i;

	if (a->config.n_sinks > OPT_LIST_MAX) {
		snprintf(error, size, "at most %d sinks for alerts", OPT_LIST_MAX);
		return -EINVAL;
	}
	for (i = 0; i < a->config.n_sinks; i++) {
		a->sink[i] = alert_sink_open(a->config.sinks[i], error, size);
		if (!a->sink[i])
			return -EINVAL;
		a->n_sinks++;
	}
	return 0;
}

static int open_all(struct alerts *a, char *error, size_t size)
{
	a->rules = read_rules(a, error, size);
	if (!a->rules)
		return -EINVAL;
	a->book = book_new(&a->seed, emit, a);
	a->host_rules = rules_parse("rules of hosts", rules_of_hosts, strlen(rules_of_hosts), error,
	                            size);
	a->host_book = book_new(&a->seed, emit, a);
	if (!a->host_rules)
		return -EINVAL;
	if (!a->book || !a->host_book || fill_windows(a, a->rules, a->window)) {
		snprintf(error, size, "cannot start the alerts: no memory");
		return -EINVAL;
	}
	return open_sinks(a, error, size);
}

static void free_all(struct alerts *a)
{
	free_windows(a->window);
	book_free(a->book);
	book_free(a->host_book);
	rules_free(a->rules);
	rules_free(a->host_rules);
	free(a);
}

struct alerts *alerts_open(const struct alerts_config *config, char *error, size_t size)
{
	struct alerts *a = calloc(1, sizeof(*a));
	struct alerts_counts lost = { 0 };
	size_t i;

	if (!a) {
		snprintf(error, size, "cannot start the alerts: no memory");
		return NULL;
	}
	a->config = *config;
	if (!a->config.max_keys)
		a->config.max_keys = ALERTS_KEYS;
	if (!a->config.interval_ns)
		a->config.interval_ns = SECOND;
	a->now.steady_ns = 1; /* 0 stands for never */
	alert_seed_make(&a->seed);
	if (!open_all(a, error, size))
		return a;
	for (i = 0; i < a->n_sinks; i++)
		alert_sink_close(a->sink[i], &lost);
	free_all(a);
	return NULL;
}

unsigned int alerts_needs(const struct alerts *a)
{
	unsigned int needs = 0;
	size_t i;

	for (i = 0; i < a->n_sinks; i++)
		needs |= alert_sink_needs(a->sink[i]);
	return needs;
}

int alerts_launch(struct alerts *a, bool confined, char *error, size_t size)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < a->n_sinks && !failed; i++)
		failed = alert_sink_launch(a->sink[i], confined, error, size);
	return failed;
}

/* Where the rules of before are among the new ones; UINT32_MAX: nowhere. */
static void match_rules(const struct rules *before, const struct rules *after,
                        uint32_t moved[RULE_MAX])
{
	uint32_t i, k;

	for (i = 0; i < RULE_MAX; i++)
		moved[i] = UINT32_MAX;
	for (i = 0; i < before->n; i++)
		for (k = 0; k < after->n; k++)
			if (before->rule[i].print == after->rule[k].print &&
			    !strcmp(before->rule[i].name, after->rule[k].name))
				moved[i] = k;
}

/* The windows of before, each where its rule is now; those left have lost theirs. */
static void take_windows(struct alerts *a, const uint32_t moved[RULE_MAX],
                         const struct rules *rules, struct window **windows)
{
	struct window_counts counts;
	uint32_t i;

	for (i = 0; i < RULE_MAX; i++) {
		if (a->window[i] && moved[i] != UINT32_MAX) {
			window_free(windows[moved[i]]);
			windows[moved[i]] = a->window[i];
			window_set_rule(a->window[i], &rules->rule[moved[i]]);
		} else if (a->window[i]) {
			window_count(a->window[i], &counts);
			a->pushed_out += counts.pushed_out;
			window_free(a->window[i]);
		}
	}
	memcpy(a->window, windows, sizeof(a->window));
	memset(a->told_full, 0, sizeof(a->told_full));
}

int alerts_reload(struct alerts *a, char *error, size_t size)
{
	struct window *windows[RULE_MAX] = { 0 };
	struct rules *rules = read_rules(a, error, size);
	uint32_t moved[RULE_MAX];

	if (!rules)
		return -EINVAL;
	if (fill_windows(a, rules, windows)) {
		snprintf(error, size, "cannot take new rules: no memory");
		free_windows(windows);
		rules_free(rules);
		return -EINVAL;
	}
	match_rules(a->rules, rules, moved);
	book_renumber(a->book, moved, a->now);
	take_windows(a, moved, rules, windows);
	rules_free(a->rules);
	a->rules = rules;
	return 0;
}

void alerts_close(struct alerts *a)
{
	struct alerts_counts counts = { 0 };
	struct timespec t;
	uint64_t until_ns;
	size_t i;

	if (!a)
		return;
	clock_gettime(CLOCK_REALTIME, &t);
	until_ns = (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec + PATIENCE;
	for (i = 0; i < a->n_sinks; i++)
		alert_sink_stop(a->sink[i], until_ns);
	for (i = 0; i < a->n_sinks; i++)
		alert_sink_close(a->sink[i], &counts);
	free_all(a);
}

void alerts_learn(struct alerts *a, bool learning)
{
	a->is_learning = learning;
	a->has_learnt |= learning;
}

void alerts_add(struct alerts *a, const struct flow_record *flow)
{
	struct alert_cause cause = { .key = &flow->key, .flow = flow, .count = 1 };
	struct alert_look look;
	uint32_t i;

	if (flow->end == RECORD_ACTIVE)
		return;
	alert_look_make(&look, flow, &a->seed);
	for (i = 0; i < a->rules->n; i++) {
		cause.rule = &a->rules->rule[i];
		if (a->window[i] && !window_cares(a->window[i], &look))
			continue;
		if (!rule_takes(cause.rule, flow))
			continue;
		if (a->window[i])
			window_add(a->window[i], &look, a->is_learning);
		else if (!a->is_learning)
			book_raise(a->book, i, &cause, a->now);
	}
}

void alerts_raise_host(struct alerts *a, const struct judged_host *host)
{
	static const struct flow_side none;
	struct flow_record r = { .fwd = &none, .rev = &none, .verdict = &host->verdict };
	struct alert_cause cause = { .key = &r.key, .flow = &r, .count = 1 };
	uint32_t rule = host->is_source ? 0 : 1;

	if (a->is_learning)
		return;
	memcpy(host->is_source ? r.key.src : r.key.dst, host->host, 16);
	r.key.ip_version = host->ip_version;
	cause.rule = &a->host_rules->rule[rule];
	book_raise(a->host_book, rule, &cause, a->now);
}

struct raise {
	struct alerts *alerts;
	uint32_t rule;
};

static void raise_key(void *arg, const struct flow_key *key, const double *values)
{
	const struct raise *r = arg;
	const struct alert_cause cause = {
		.rule = &r->alerts->rules->rule[r->rule], .key = key, .values = values, .count = 1
	};

	book_raise(r->alerts->book, r->rule, &cause, r->alerts->now);
}

/* Once for each rule. */
static void tell_full(struct alerts *a, uint32_t i, const struct window_counts *counts)
{
	if (!counts->pushed_out || a->told_full[i])
		return;
	a->told_full[i] = true;
	log_warn("alerts: rule %s: more than %" PRIu32 " keys at once; those seen least leave "
	         "early, %" PRIu64 " so far",
	         a->rules->rule[i].name, a->config.max_keys, counts->pushed_out);
}

static void tell_baseline(struct alerts *a, uint32_t i, const struct window_counts *counts)
{
	if (!counts->missed_baseline || a->told_baseline)
		return;
	a->told_baseline = true;
	log_info("alerts: rule %s: there is no baseline of what it scores, so it cannot hold; "
	         "give --baseline",
	         a->rules->rule[i].name);
}

static void evaluate(struct alerts *a)
{
	struct window_counts counts;
	const struct window_mode mode = { a->is_learning, a->has_learnt };
	struct raise raise = { .alerts = a };
	uint32_t i;

	for (i = 0; i < a->rules->n; i++) {
		if (!a->window[i])
			continue;
		raise.rule = i;
		window_evaluate(a->window[i], mode, raise_key, &raise);
		window_count(a->window[i], &counts);
		tell_full(a, i, &counts);
		tell_baseline(a, i, &counts);
	}
}

static void move_clock(struct alerts *a, uint64_t now_ns)
{
	bool is_first = !a->now.wall_ns;
	uint32_t i;

	a->now.steady_ns += !is_first && now_ns > a->now.wall_ns ? now_ns - a->now.wall_ns
	                                                         : a->config.interval_ns;
	a->now.wall_ns = now_ns;
	for (i = 0; i < a->rules->n; i++)
		if (a->window[i])
			window_move(a->window[i], a->now.steady_ns);
}

void alerts_tick(struct alerts *a, uint64_t now_ns)
{
	struct book_time now = { .steady_ns = a->now.steady_ns, .wall_ns = now_ns };

	evaluate(a);
	book_settle(a->book, a->rules, now);
	book_settle(a->host_book, a->host_rules, now);
	move_clock(a, now_ns);
	if (a->now.steady_ns - a->reminded_ns >= REMIND) {
		book_remind(a->book, now_ns);
		book_remind(a->host_book, now_ns);
		a->reminded_ns = a->now.steady_ns;
	}
}

size_t alerts_recent(const struct alerts *a, struct alert_event *events, size_t n)
{
	const struct alert_note *note;
	size_t i;

	if (n > RECENT)
		n = RECENT;
	if (n > a->n_recent)
		n = (size_t)a->n_recent;
	for (i = 0; i < n; i++) {
		note = &a->recent[(a->n_recent - 1 - i) % RECENT];
		events[i] = (struct alert_event){
			.opened_ns = note->opened_ns,
			.changed_ns = note->changed_ns,
			.is_open = note->is_open,
			.rule = note->rule,
			.severity = rule_severity_name(note->severity),
			.key = note->key_text,
			.text = note->text,
			.value = note->value,
			.threshold = note->threshold,
		};
	}
	return n;
}

void alerts_count(const struct alerts *a, struct alerts_counts *counts)
{
	struct window_counts window;
	struct book_counts book, hosts;
	size_t i;

	book_count(a->book, &book);
	book_count(a->host_book, &hosts);
	*counts = (struct alerts_counts){ .opened = book.opened + hosts.opened,
		                          .resolved = book.resolved + hosts.resolved,
		                          .suppressed = book.suppressed + hosts.suppressed,
		                          .open = book.open + hosts.open,
		                          .pushed_out = a->pushed_out };
	for (i = 0; i < RULE_MAX; i++) {
		if (!a->window[i])
			continue;
		window_count(a->window[i], &window);
		counts->pushed_out += window.pushed_out;
	}
	for (i = 0; i < a->n_sinks; i++)
		alert_sink_count(a->sink[i], counts);
}
