// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bench_watch: does watching keep up? A table of a million live flows, each of which moves in every
 * interval: what the end of an interval costs with models and alert rules, against its length.
 *
 * The flows are of 15 services with packets of their own sizes and gaps, both ways; a random forest
 * or boosting as `weir train` makes them and an isolation forest are grown from a part of them. An
 * interval is table_look() of all, alone, with the judging (watch), and with the built-in alert
 * rules behind it; what each adds is told in processor time of this thread, as the machine may be
 * shared. Between intervals a packet moves each flow, which is not counted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alert.h"
#include "dataset_fit.h"
#include "feature.h"
#include "fit_anomaly.h"
#include "log.h"
#include "opt.h"
#include "rng.h"
#include "table.h"
#include "watch.h"

#define SECOND   1000000000ULL
#define SERVICES 15
#define PACKETS  8 /* of a flow, on average, before the first interval */
#define ERROR    512

enum grown { FOREST, BOOSTING, SMALL, ANOMALY, N_MODELS };

enum stage { LOOK, JUDGE, ALERT, N_STAGES };

struct settings {
	uint64_t flows, rounds, rows, depth, interval_ns;
};

#define AT(member) offsetof(struct settings, member)

static const struct opt rows[] = {
	{ "flows", 0, "N", OPT_NUMBER, AT(flows), 1000, 1 << 24, NULL, "live, and moving" },
	{ "rounds", 0, "N", OPT_NUMBER, AT(rounds), 1, 100, NULL, "intervals of each kind" },
	{ "rows", 0, "N", OPT_NUMBER, AT(rows), 500, 1 << 24, NULL, "flows the models grow from" },
	{ "depth", 0, "N", OPT_NUMBER, AT(depth), 1, 100, NULL, "of the trees that classify" },
	{ "interval", 0, "TIME", OPT_DURATION, AT(interval_ns), SECOND, 300 * SECOND, NULL,
	  "what there is time for" },
};

static const struct opt_command command = {
	.name = "bench_watch",
	.arguments = "",
	.summary = "Measure what judging flows costs, against the interval.",
	.options = rows,
	.n_options = sizeof(rows) / sizeof(rows[0]),
};

struct bench {
	const struct settings *s;
	struct table *table;
	struct rng dice;
	uint64_t now_ns;
	struct feature_set set[2]; /* of classifiers, of anomalies */
	struct matrix *train[2];
	struct watch *watch;
	struct alerts *alerts; /* NULL: nobody is told */
	uint64_t looks, classes, anomalies;
	char folder[64], path[N_MODELS][128];
	char error[ERROR];
};

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void put_address(__u8 to[16], uint32_t net, uint32_t host)
{
	memset(to, 0, 16);
	to[10] = to[11] = 0xff;
	to[12] = net;
	to[13] = host >> 16;
	to[14] = host >> 8;
	to[15] = host;
}

static uint32_t service_of(uint32_t flow)
{
	return flow * 2654435761u % SERVICES;
}

/* A packet of this flow; its service decides on protocol, sizes and gaps, chance on the rest. */
static void send(struct bench *b, uint32_t flow, bool answer, uint8_t flags)
{
	uint32_t service = service_of(flow), most = 40 + (answer ? 90 : 25) * service;
	bool odd = flow >= b->s->rows && flow % 512 == 0; /* unlike all that was learned from */
	struct flow_packet p = { .segments = 1, .headers = 54, .link_length = 14, .ttl = 64 };

	put_address(answer ? p.key.dst : p.key.src, 10, flow % 20000);
	put_address(answer ? p.key.src : p.key.dst, 198, flow % 50021);
	p.key.ip_version = 4;
	p.key.protocol = service % 3 ? 6 : 17;
	p.key.src_port = answer ? 20 + service * 61 : 1024 + flow / 1000003 + flow % 60000;
	p.key.dst_port = answer ? 1024 + flow / 1000003 + flow % 60000 : 20 + service * 61;
	p.payload = flags & FLOW_SYN ? 0 : odd ? 9000 : rng_below(&b->dice, most);
	p.ip_length = 40 + p.payload;
	p.length = p.ip_length + 14;
	p.tcp_flags = p.key.protocol == 6 ? flags : 0;
	p.tcp_window = 64000;
	p.time_ns = b->now_ns;
	if (table_add_packet(b->table, &p))
		log_error("bench_watch: no memory for a flow");
}

/* All flows begin: packet by packet, so that each has its gaps. */
static void begin_flows(struct bench *b)
{
	uint32_t flow;
	int i;

	for (i = 0; i < PACKETS; i++) {
		for (flow = 0; flow < b->s->flows; flow++)
			if (i < 2 || rng_below(&b->dice, SERVICES) >= service_of(flow) / 2)
				send(b, flow, i % 2,
				     i < 2 ? FLOW_SYN | (i ? FLOW_ACK : 0) : FLOW_ACK);
		b->now_ns += 1000000 + rng_below(&b->dice, 100000000);
	}
}

static void move_flows(struct bench *b)
{
	uint32_t flow;

	b->now_ns += b->s->interval_ns;
	for (flow = 0; flow < b->s->flows; flow++)
		send(b, flow, rng_below(&b->dice, 2), FLOW_ACK | FLOW_PSH);
}

static void learn(void *arg, const struct flow_record *r)
{
	struct bench *b = arg;
	double row[FEATURE_MAX];
	char name[32];
	int k;

	if (b->looks++ >= b->s->rows)
		return;
	snprintf(name, sizeof(name), "service %d", (r->key.dst_port - 20) / 61);
	for (k = 0; k < 2; k++) {
		feature_from_record(&b->set[k], row, r);
		if (matrix_add_row(b->train[k], row, k ? NULL : name, 1, 0) < 0)
			log_error("bench_watch: no memory for rows");
	}
}

static int open_rows(struct bench *b, int k, const char *features_of)
{
	const char *names[FEATURE_MAX];
	size_t i;

	if (feature_set_parse(&b->set[k], features_of, b->error, sizeof(b->error)))
		return -1;
	for (i = 0; i < b->set[k].n; i++)
		names[i] = b->set[k].feature[i]->name;
	b->train[k] = matrix_new(b->set[k].n, names);
	return b->train[k] && matrix_add_group(b->train[k], "bench") == 0 ? 0 : -1;
}

static int grow_classifier(struct bench *b, enum grown which)
{
	struct dataset_fit_settings settings = { .kind = which == FOREST ? MODEL_FOREST_CLASSIFIER
		                                                         : MODEL_BOOST_CLASSIFIER,
		                                 .forest = train_forest_defaults,
		                                 .boost = train_boost_defaults,
		                                 .schema = feature_set_hash(&b->set[0]) };
	struct fitted f = { 0 };
	int failed;

	settings.forest.max_depth = b->s->depth;
	if (which == SMALL) {
		settings.boost.max_iter = 20;
		settings.boost.max_leaf_nodes = 15;
	}
	failed = dataset_fit(&f, &settings, b->train[0], b->error, sizeof(b->error));
	if (!failed)
		failed = model_save(&f.model, b->path[which], b->error, sizeof(b->error));
	dataset_fit_clear(&f);
	return failed;
}

static int grow_anomaly(struct bench *b, const char *path)
{
	struct fit_anomaly fit = { .false_positive_rate = 0.01,
		                   .schema = feature_set_hash(&b->set[1]) };
	struct model *m = fit_anomaly(&fit, b->train[1], b->error, sizeof(b->error));
	int failed = m ? model_save(m, path, b->error, sizeof(b->error)) : -1;

	model_close(m);
	return failed;
}

static int grow(struct bench *b)
{
	static const char *const names[] = { "forest", "boosting", "small", "anomaly" };
	int i;

	strcpy(b->folder, "/tmp/weir-bench-XXXXXX");
	if (!mkdtemp(b->folder)) {
		snprintf(b->error, sizeof(b->error), "cannot make a folder in /tmp");
		return -1;
	}
	for (i = 0; i < N_MODELS; i++)
		snprintf(b->path[i], sizeof(b->path[i]), "%s/%s", b->folder, names[i]);
	if (open_rows(b, 0, "flow,ports,first8") || open_rows(b, 1, "flow"))
		return -1;
	table_look(b->table, NULL, NULL, 0, learn);
	if (matrix_sort_classes(b->train[0]))
		return -1;
	for (i = 0; i < ANOMALY; i++)
		if (grow_classifier(b, i))
			return -1;
	return grow_anomaly(b, b->path[ANOMALY]);
}

static void pass(void *arg, const struct flow_record *r)
{
	struct bench *b = arg;

	b->classes += r->verdict && r->verdict->has_class;
	b->anomalies += r->verdict && r->verdict->is_anomaly;
	if (b->alerts)
		alerts_add(b->alerts, r);
}

static void look(void *arg, const struct flow_record *r)
{
	struct bench *b = arg;

	b->looks++;
	if (b->watch)
		watch_record(b->watch, r);
}

/* Nanoseconds of an interval's end, all of it. */
static double interval(struct bench *b)
{
	double start;

	move_flows(b);
	b->looks = b->classes = b->anomalies = 0;
	start = cpu_ns();
	table_look(b->table, NULL, NULL, 0, look);
	if (b->watch)
		watch_settle(b->watch);
	if (b->alerts)
		alerts_tick(b->alerts, b->now_ns);
	return cpu_ns() - start;
}

/* A flow, the least of the rounds; negative: not all flows were looked at, or judged. */
static double measure_stage(struct bench *b, enum stage stage)
{
	double least = -1, ns;
	uint32_t i;

	for (i = 0; i < b->s->rounds; i++) {
		ns = interval(b) / b->s->flows;
		if (b->looks != b->s->flows || (stage > LOOK && b->classes != b->s->flows)) {
			log_error("bench_watch: %" PRIu64 " looks and %" PRIu64
			          " classes of %" PRIu64 " flows",
			          b->looks, b->classes, b->s->flows);
			return -1;
		}
		if (least < 0 || ns < least)
			least = ns;
	}
	return least;
}

static int open_watch(struct bench *b, const char *classifier)
{
	struct watch_options options = { .classifier = classifier,
		                         .anomaly = { .item = { b->path[ANOMALY] }, .count = 1 } };
	const struct watch_config config = {
		.interval_ns = b->s->interval_ns, .top = 10, .pass = pass, .arg = b
	};

	b->watch = watch_open(&options, &config, b->error, sizeof(b->error));
	return b->watch ? 0 : -1;
}

static int open_alerts(struct bench *b)
{
	static const char *const sinks[] = { "json:/dev/null" };
	const struct alerts_config config = { .sinks = sinks,
		                              .n_sinks = 1,
		                              .interval_ns = b->s->interval_ns };

	b->alerts = alerts_open(&config, b->error, sizeof(b->error));
	return b->alerts ? 0 : -1;
}

static void print_target(const struct bench *b, const char *what, double ns)
{
	double seconds = ns * b->s->flows / 1e9, limit = b->s->interval_ns / 1e9;

	printf("target: look, judge (%s, isolation) and alert, %" PRIu64
	       " flows; %.2f s; at most %.0f s; %s\n",
	       what, b->s->flows, seconds, limit, seconds <= limit ? "met" : "missed");
}

/* One row: what each stage adds with this classifier. */
static int measure(struct bench *b, const char *name, const char *path, double alone)
{
	double judged, all;

	if (open_watch(b, path))
		return -1;
	judged = measure_stage(b, JUDGE);
	if (judged < 0 || open_alerts(b))
		return -1;
	all = measure_stage(b, ALERT);
	alerts_close(b->alerts);
	watch_close(b->watch);
	b->alerts = NULL;
	b->watch = NULL;
	if (all < 0)
		return -1;
	printf("%-24s %8.0f %8.0f %8.0f %8.0f   %.2f s an interval, %.2f %% anomalous\n", name,
	       alone, judged - alone, all - judged, all, all * b->s->flows / 1e9,
	       100.0 * b->anomalies / b->s->flows);
	print_target(b, name, all);
	return 0;
}

static int measure_all(struct bench *b)
{
	static const char *const names[] = { [FOREST] = "forest of 100",
		                             [BOOSTING] = "boosting of 100 by 31",
		                             [SMALL] = "boosting of 20 by 15" };
	double alone;
	int i;

	alone = measure_stage(b, LOOK);
	printf("%" PRIu64 " live flows, all moving, models grown from %zu of them: ns a flow\n"
	       "%-24s %8s %8s %8s %8s\n",
	       b->s->flows, b->train[0]->n_rows, "classifier", "look", "judge", "alert", "all");
	if (alone < 0)
		return -1;
	for (i = 0; i < ANOMALY; i++)
		if (measure(b, names[i], b->path[i], alone))
			return -1;
	return 0;
}

static void ignore(void *arg, const struct flow_record *r)
{
	log_error("bench_watch: a flow left the table");
}

static int bench_open(struct bench *b, const struct settings *s)
{
	const struct table_config config = { .max_flows = UINT32_MAX, .emit = ignore, .arg = b };

	*b = (struct bench){ .s = s, .now_ns = 1000 * SECOND, .error = "no memory" };
	rng_seed(&b->dice, 1, 0);
	b->table = table_new(&config);
	if (!b->table)
		return -1;
	begin_flows(b);
	return grow(b);
}

static void bench_close(struct bench *b)
{
	int i;

	alerts_close(b->alerts);
	watch_close(b->watch);
	table_free(b->table);
	for (i = 0; i < 2; i++)
		matrix_free(b->train[i]);
	for (i = 0; i < N_MODELS && *b->folder; i++)
		unlink(b->path[i]);
	if (*b->folder)
		rmdir(b->folder);
}

int main(int argc, char **argv)
{
	struct settings s = { 1000000, 2, 20000, 10, 5 * SECOND };
	enum opt_result parsed = opt_parse(&command, &s, &argc, argv);
	struct bench b;
	int failed;

	if (parsed != OPT_GO || argc > 0)
		return parsed == OPT_HELP ? 0 : 2;
	failed = bench_open(&b, &s);
	if (!failed)
		failed = measure_all(&b);
	if (failed)
		log_error("bench_watch: %s", b.error);
	bench_close(&b);
	return failed ? 1 : 0;
}
