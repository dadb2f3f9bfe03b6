// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The pipeline. For files, packets are parsed elsewhere and come in one by one; live, partials come
 * from the drain. Both end in the same table, and from there in the same records.
 *
 * Live, all is done in one thread. Files have three stages, in threads of their own where there are
 * processors for them: whoever parses, the table (intake.h), and the records on their way out
 * (outlet.h). What a stage writes no other one looks at until collect_close() has ended them all.
 */
#include "collect.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "alert.h"
#include "http.h"
#include "intake.h"
#include "log.h"
#include "outlet.h"
#include "priv.h"
#include "summary.h"
#include "table.h"

#define WRITERS 4 /* threads that make text of records, at most */
#define SECOND  1000000000ULL

const struct collect_options collect_defaults = {
	.interval_ns = 5 * SECOND,
	.idle_ns = 15 * SECOND,
	.active_ns = 60 * SECOND,
	.max_flows = 2000000,
	.top = 10,
};

struct collect {
	struct collect_options options;
	bool live;
	const char *source;
	struct table *table;
	struct summary *summary;
	struct sinks *sinks;
	struct watch *watch;   /* NULL: nothing is to be judged */
	struct alerts *alerts; /* NULL: none are wanted */
	struct http *http;     /* NULL: no live page is wanted */
	struct buf news;
	struct books books;
	uint64_t records;
	int64_t wall_ns; /* wall clock minus the table's */
	uint64_t last_tick_ns;
	uint64_t file_ns; /* of the last tick by the packets' clock */
	struct flow_count last_seen;
	struct flow_record *top;
	uint64_t *top_bytes;
	struct intake *intake; /* of files; live NULL, as is */
	struct outlet *outlet;
};

/* A record, or a look at a live flow, on its last stretch, judged if it was to be. */
static void pass_on(void *arg, const struct flow_record *r)
{
	struct collect *c = arg;

	if (c->alerts)
		alerts_add(c->alerts, r);
	if (r->end == RECORD_LIVE) {
		sinks_look(c->sinks, r);
		return;
	}
	c->records++;
	c->books.emitted.packets += (uint64_t)r->fwd->packets + r->rev->packets;
	c->books.emitted.bytes += r->fwd->bytes + r->rev->bytes;
	summary_add_record(c->summary, r);
	sinks_record(c->sinks, r);
}

/* A host that was unusual in a window of time. */
static void tell_host(void *arg, const struct judged_host *host)
{
	struct collect *c = arg;

	if (c->alerts)
		alerts_raise_host(c->alerts, host);
}

static void judge(void *arg, const struct flow_record *r)
{
	struct collect *c = arg;

	if (c->watch)
		watch_record(c->watch, r);
	else
		pass_on(c, r);
}

static void emit(void *arg, const struct flow_record *record)
{
	struct collect *c = arg;
	struct flow_record r = *record;

	r.wall_ns = c->wall_ns;
	if (c->outlet)
		outlet_record(c->outlet, &r);
	else
		judge(c, &r);
}

static void look(void *arg, const struct flow_record *record)
{
	struct collect *c = arg;
	struct flow_record r = *record;

	r.wall_ns = c->wall_ns;
	if (c->watch)
		watch_record(c->watch, &r);
	else
		pass_on(c, &r);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static void read_clocks(struct collect *c)
{
	if (c->live)
		c->wall_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
}

/* The processors we may run on. */
static uint32_t count_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

/* Files with alerts are watched as if they were live, by the packets' clock. */
static void file_tick(void *arg, uint64_t now_ns)
{
	struct collect *c = arg;

	table_look(c->table, NULL, NULL, 0, look);
	if (c->watch)
		watch_settle(c->watch);
	alerts_tick(c->alerts, now_ns);
	c->file_ns = now_ns + c->options.interval_ns;
}

/*
 * The stages of files. Judging and its sums go record by record, for which one thread does; alerts
 * want to see all in order, for which no other thread does.
 */
static int open_stages(struct collect *c)
{
	uint32_t processors = c->alerts ? 1 : count_processors(),
	         writers = c->watch ? 1 : processors;
	const struct outlet_config outlet = {
		.sinks = c->sinks,
		.n_threads = processors < 2      ? 0
		             : writers < WRITERS ? writers
		                                 : WRITERS,
		.pass = judge,
		.arg = c,
	};
	const struct intake_config intake = {
		.table = c->table,
		.books = &c->books,
		.idle_ns = c->options.idle_ns,
		.interval_ns = c->options.interval_ns,
		.threaded = processors > 1,
		.tick = c->alerts ? file_tick : NULL,
		.arg = c,
	};

	if (!c->alerts)
		c->outlet = outlet_new(&outlet);
	c->intake = c->outlet || c->alerts ? intake_new(&intake) : NULL;
	return c->intake ? 0 : -ENOMEM;
}

static void end_intake(struct collect *c)
{
	intake_end(c->intake);
	c->intake = NULL;
}

static void end_outlet(struct collect *c)
{
	outlet_end(c->outlet);
	c->outlet = NULL;
}

static void discard(struct collect *c)
{
	table_free(c->table);
	http_close(c->http);
	alerts_close(c->alerts);
	watch_close(c->watch);
	buf_clear(&c->news);
	summary_free(c->summary);
	free(c->top);
	free(c->top_bytes);
	free(c);
}

/* What the baseline has as usual; it knows of no single hosts. */
static bool usual_rate(void *arg, const char *measure, const char *key, double *mean,
                       double *deviation)
{
	const struct collect *c = arg;

	return c->watch && !strcmp(key, "all") && watch_usual(c->watch, measure, mean, deviation);
}

/* 0, or negative with one line in error. Alerts are wanted when there are rules or someone to tell.
 */
static int open_alerts(struct collect *c, char *error, size_t size)
{
	const struct alert_options *o = &c->options.alerts;
	static const char *const fallback[] = { "stderr:" };
	struct alerts_config config = {
		.rules = o->rules,
		.sinks = o->sinks.count ? o->sinks.item : fallback,
		.n_sinks = o->sinks.count ? o->sinks.count : 1,
		.interval_ns = c->options.interval_ns,
		.usual = usual_rate,
		.usual_arg = c,
	};

	if (!o->rules && !o->sinks.count)
		return 0;
	if (c->options.uniflow) {
		snprintf(error, size,
		         "--uniflow takes questions and answers apart, which alerts "
		         "tell by; leave out one of --uniflow and --alerts");
		return -EINVAL;
	}
	c->alerts = alerts_open(&config, error, size);
	if (!c->alerts)
		return -EIO;
	return c->live ? 0 : alerts_launch(c->alerts, false, error, size);
}

/* 0, or negative with one line in error. */
static int open_page(struct collect *c, char *error, size_t size)
{
	const struct collect_options *o = &c->options;
	struct page_config page = {
		.uniflow = o->uniflow,
		.idle_ns = o->idle_ns,
		.max_rows = o->max_flows < TOP_ROWS ? o->max_flows : TOP_ROWS,
		.models = { o->watch.classifier, o->watch.anomaly.item[0],
		            o->watch.anomaly.item[1] },
	};

	if (!o->http.listen)
		return 0;
	if (getrandom(&page.seed, sizeof(page.seed), 0) != sizeof(page.seed)) {
		snprintf(error, size, "--http: no random numbers");
		return -EIO;
	}
	c->http = http_open(&o->http, &page, error, size);
	return c->http ? 0 : -errno;
}

struct collect *collect_open(const struct collect_options *o, bool live, const char *source,
                             char *error, size_t size)
{
	struct collect *c = calloc(1, sizeof(*c));
	struct sink_config sinks = {
		.top = o->top,
		.live = live,
		.screen = o->screen,
		.ahead = !live && !watch_is_wanted(&o->watch) && !o->alerts.rules &&
		         !o->alerts.sinks.count,
	};
	struct table_config table = {
		.idle_ns = o->idle_ns,
		.active_ns = o->active_ns,
		.max_flows = o->max_flows,
		.uniflow = o->uniflow,
		.emit = emit,
		.arg = c,
	};
	int failed;

	if (c) {
		c->options = *o;
		c->live = live;
		c->source = source;
		c->table = table_new(&table);
		c->summary = summary_new();
		c->top = calloc(o->top, sizeof(*c->top));
		c->top_bytes = calloc(o->top, sizeof(*c->top_bytes));
		read_clocks(c);
	}
	if (!c || !c->table || !c->summary || !c->top || !c->top_bytes) {
		snprintf(error, size, "cannot start: no memory");
		if (c)
			discard(c);
		return NULL;
	}
	if (watch_is_wanted(&o->watch)) {
		const struct watch_config watch = {
			.interval_ns = o->interval_ns,
			.idle_ns = o->idle_ns,
			.active_ns = o->active_ns,
			.uniflow = o->uniflow,
			.top = o->top,
			.pass = pass_on,
			.host = tell_host,
			.arg = c,
		};

		c->watch = watch_open(&o->watch, &watch, error, size);
		if (!c->watch) {
			discard(c);
			errno = EIO;
			return NULL;
		}
	}
	failed = open_alerts(c, error, size);
	if (!failed)
		failed = open_page(c, error, size);
	if (failed) {
		discard(c);
		errno = -failed;
		return NULL;
	}
	sinks.page = c->http;
	c->sinks = sinks_open(o->outputs.item, o->outputs.count, &sinks, error, size);
	if (!c->sinks) {
		failed = errno;
		discard(c);
		errno = failed;
		return NULL;
	}
	if (!live && open_stages(c)) {
		snprintf(error, size, "cannot start: no memory");
		collect_abandon(c);
		errno = ENOMEM;
		return NULL;
	}
	return c;
}

/* The page is beside the point: without it the run goes on. */
static void start_page(struct collect *c)
{
	char told[320], error[160];

	if (http_start(c->http, told, sizeof(told), error, sizeof(error)))
		log_error("%s; going on without the live page", error);
	else
		log_info("%s", told);
}

void collect_begin(struct collect *c)
{
	if (c->http)
		start_page(c);
	c->last_tick_ns = clock_ns(CLOCK_MONOTONIC);
}

static void count(struct flow_count *n, uint64_t packets, uint64_t bytes)
{
	n->packets += packets;
	n->bytes += bytes;
}

void collect_boundary(struct collect *c)
{
	intake_boundary(c->intake);
}

struct flow_packet *collect_room(struct collect *c)
{
	return intake_room(c->intake);
}

void collect_packet(struct collect *c, enum flow_cause cause)
{
	intake_add(c->intake, cause);
}

static void take_partial(void *arg, const struct flow_key *key, const struct flow_partial *part)
{
	struct collect *c = arg;

	count(table_add_partial(c->table, key, part) ? &c->books.no_memory : &c->books.added,
	      flow_packets(part), flow_bytes(part));
}

static void take_overflow(void *arg, const struct flow_overflow *key, const struct flow_count *n)
{
	struct collect *c = arg;

	books_add_overflow(&c->books, key, n);
}

static void take_stats(void *arg, const struct flow_stats *stats)
{
	struct collect *c = arg;

	books_add_stats(&c->books, stats);
}

void collect_from_drain(struct collect *c, struct drain_to *to)
{
	*to = (struct drain_to){
		.partial = take_partial,
		.overflow = take_overflow,
		.stats = take_stats,
		.arg = c,
	};
}

static struct sink_report state_of(const struct collect *c, uint64_t now_ns)
{
	const struct flow_count *seen = &c->books.stats.seen;

	return (struct sink_report){
		.now_ns = now_ns,
		.top = c->top,
		.top_bytes = c->top_bytes,
		.live_flows = table_count(c->table),
		.records = c->records,
		.moved = { seen->packets - c->last_seen.packets, seen->bytes - c->last_seen.bytes },
		.books = &c->books,
		.judged = watch_total(c->watch),
		.alerts = c->alerts,
		.source = c->source,
	};
}

static void make_report(struct collect *c, uint64_t now_ns)
{
	struct sink_report r = state_of(c, now_ns + c->wall_ns);

	r.interval_ns = now_ns - c->last_tick_ns;
	r.n_top = table_look(c->table, c->top, c->top_bytes, c->options.top,
	                     c->watch || c->alerts || sinks_want_looks(c->sinks) ? look : NULL);
	if (c->watch) {
		watch_settle(c->watch);
		watch_clock(c->watch, r.now_ns);
	}
	if (c->alerts) {
		alerts_learn(c->alerts, watch_is_learning(c->watch));
		alerts_tick(c->alerts, r.now_ns);
	}
	r.judged = watch_interval(c->watch);
	sinks_report(c->sinks, &r);
	if (c->watch)
		watch_end_interval(c->watch, r.interval_ns, r.now_ns, &c->news);
	c->last_seen = c->books.stats.seen;
	c->last_tick_ns = now_ns;
}

void collect_expire(struct collect *c, uint64_t now_ns)
{
	read_clocks(c);
	table_sweep(c->table, now_ns);
}

void collect_tick(struct collect *c, uint64_t now_ns)
{
	collect_expire(c, now_ns);
	if (c->live)
		make_report(c, now_ns);
}

unsigned int collect_needs(const struct collect *c)
{
	unsigned int needs = c->alerts ? alerts_needs(c->alerts) : 0;

	if (c->options.watch.baseline_ns)
		needs |= PRIV_THREADS;
	if (c->options.watch.save)
		needs |= PRIV_WRITE_FILES;
	if (c->http)
		needs |= HTTP_NEEDS;
	return needs;
}

int collect_launch(struct collect *c, bool confined, char *error, size_t size)
{
	return c->alerts ? alerts_launch(c->alerts, confined, error, size) : 0;
}

int collect_reload(struct collect *c, char *error, size_t size)
{
	int failed;

	if (!c->watch && !c->alerts)
		return -ENOENT;
	failed = c->watch ? watch_reload(c->watch, error, size) : 0;
	if (!failed && c->alerts)
		failed = alerts_reload(c->alerts, error, size);
	return failed;
}

bool collect_news(struct collect *c, char *line, size_t size)
{
	char *end = c->news.length ? memchr(c->news.data, '\n', c->news.length) : NULL;
	size_t taken = end ? (size_t)(end + 1 - c->news.data) : 0;

	if (!end)
		return false;
	snprintf(line, size, "%.*s", (int)(end - c->news.data), c->news.data);
	c->news.length -= taken;
	memmove(c->news.data, end + 1, c->news.length);
	return true;
}

bool collect_wanted(const struct collect *c)
{
	return sinks_alive(c->sinks);
}

const struct books *collect_books(const struct collect *c)
{
	return &c->books;
}

uint64_t collect_seen(const struct collect *c)
{
	return c->books.stats.seen.packets;
}

/* The summary goes where people look: with the table on stdout, else beside the data on stderr. */
static int print_summary(struct collect *c, bool to_stdout)
{
	struct buf b = { 0 };

	if (watch_total(c->watch))
		judged_print(watch_total(c->watch), &b);
	summary_print(c->summary, &c->books, &b, c->options.top);
	fwrite(b.data, 1, b.length, to_stdout ? stdout : stderr);
	fflush(to_stdout ? stdout : stderr);
	buf_clear(&b);
	return books_are_closed(&c->books) ? 0 : -EIO;
}

int collect_close(struct collect *c)
{
	bool to_stdout = sinks_show_table(c->sinks);
	int failed, unbalanced;
	struct sink_report r;

	end_intake(c);
	table_flush(c->table, RECORD_FORCED);
	end_outlet(c);
	if (c->watch)
		watch_finish(c->watch);
	if (c->alerts)
		alerts_tick(c->alerts, c->live ? clock_ns(CLOCK_REALTIME) : c->file_ns);
	r = state_of(c, clock_ns(CLOCK_REALTIME));
	sinks_final(c->sinks, &r);
	failed = sinks_close(c->sinks);
	unbalanced = print_summary(c, to_stdout);
	discard(c);
	return failed ? failed : unbalanced;
}

void collect_abandon(struct collect *c)
{
	end_intake(c);
	end_outlet(c);
	sinks_abandon(c->sinks);
	discard(c);
}
