// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The baseline. Rates are kept interval by interval, up to a limit; beyond, each new one takes the
 * place of a random old one, so that weeks are told by an even sample of them (reservoir sampling,
 * Vitter 1985). The same goes for flows.
 */
#include "baseline.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_fit.h"
#include "fit_anomaly.h"
#include "rng.h"
#include "units.h"

#define SERIES     (BASELINE_GROUPS * BASELINE_RATES)
#define INTERVALS  20000 /* kept; more than a day of 5 s intervals */
#define HOURS      24
#define HOUR_LEAST 2 /* days that must have told of an hour */

/* Mean and squared deviations, one by one (Welford 1962). */
struct running {
	uint64_t n;
	double mean, squares;
};

struct hour {
	uint32_t days;
	uint64_t last_day;
	struct running rate[SERIES];
};

struct baseline {
	uint32_t most;
	uint64_t flows;     /* offered to the sample */
	uint64_t intervals; /* seen */
	size_t n_kept;      /* in values */
	double now[SERIES]; /* amounts of the interval that is open */
	double *values;     /* [INTERVALS][SERIES] */
	struct running total[SERIES];
	struct hour hours[HOURS];
	struct running flow_bytes, flow_packets; /* the guide's: rates of single flows */
	struct feature_set set;
	struct matrix *sample;
	struct rng dice;
	uint64_t random_state;
};

static const char *const group_names[] = {
	[BASELINE_ALL] = "",       [BASELINE_TCP] = "tcp.",     [BASELINE_UDP] = "udp.",
	[BASELINE_ICMP] = "icmp.", [BASELINE_OTHER] = "other.",
};

static const char *const rate_names[] = {
	[BASELINE_BYTES] = "bytes_per_second",
	[BASELINE_PACKETS] = "packets_per_second",
	[BASELINE_FLOWS] = "flows_per_second",
};

static void running_add(struct running *r, double value)
{
	double from = value - r->mean;

	r->n++;
	r->mean += from / r->n;
	r->squares += from * (value - r->mean);
}

static double running_deviation(const struct running *r)
{
	return r->n > 1 ? sqrt(r->squares / (r->n - 1)) : 0;
}

struct baseline *baseline_new(uint32_t sample, uint64_t random_state)
{
	struct baseline *b = calloc(1, sizeof(*b));
	const char *names[FEATURE_MAX];
	char error[128];
	size_t i;

	if (!b || feature_set_parse(&b->set, BASELINE_FEATURES, error, sizeof(error)))
		goto fail;
	for (i = 0; i < b->set.n; i++)
		names[i] = b->set.feature[i]->name;
	b->most = sample;
	b->random_state = random_state;
	rng_seed(&b->dice, random_state, 0);
	b->sample = matrix_new(b->set.n, names);
	if (b->sample && matrix_add_group(b->sample, "live") == 0)
		return b;
fail:
	baseline_free(b);
	return NULL;
}

void baseline_free(struct baseline *b)
{
	if (!b)
		return;
	matrix_free(b->sample);
	free(b->values);
	free(b);
}

static enum baseline_group group_of(const struct flow_record *r)
{
	switch (r->key.protocol) {
	case 6:
		return BASELINE_TCP;
	case 17:
		return BASELINE_UDP;
	case 1:
	case 58:
		return BASELINE_ICMP;
	default:
		return BASELINE_OTHER;
	}
}

void baseline_add(struct baseline *b, const struct flow_record *r)
{
	double amounts[BASELINE_RATES] = {
		[BASELINE_BYTES] = r->moved_bytes[0] + r->moved_bytes[1],
		[BASELINE_PACKETS] = r->moved_packets[0] + r->moved_packets[1],
		[BASELINE_FLOWS] = r->is_new,
	};
	int group = group_of(r), i;

	for (i = 0; i < BASELINE_RATES; i++) {
		b->now[BASELINE_ALL * BASELINE_RATES + i] += amounts[i];
		b->now[group * BASELINE_RATES + i] += amounts[i];
	}
}

int baseline_sample(struct baseline *b, const struct flow_record *r)
{
	double row[FEATURE_MAX], seconds = (r->end_ns - r->start_ns) / 1e9;
	uint64_t place = b->flows++;

	running_add(&b->flow_bytes, seconds > 0 ? (r->fwd->bytes + r->rev->bytes) / seconds : 0);
	running_add(&b->flow_packets,
	            seconds > 0 ? ((double)r->fwd->packets + r->rev->packets) / seconds : 0);
	if (place >= b->most)
		place = rng_below(&b->dice, b->flows);
	if (place >= b->most)
		return 0;
	feature_from_record(&b->set, row, r);
	if (place >= b->sample->n_rows)
		return matrix_add_row(b->sample, row, NULL, 1, 0);
	memcpy(b->sample->values + place * b->set.n, row, b->set.n * sizeof(*row));
	return 0;
}

static void add_hour(struct baseline *b, const double *rates, uint64_t now_ns)
{
	uint64_t hours = now_ns / 3600000000000ULL, day = hours / HOURS + 1;
	struct hour *h = &b->hours[hours % HOURS];
	int i;

	h->days += h->last_day != day;
	h->last_day = day;
	for (i = 0; i < SERIES; i++)
		running_add(&h->rate[i], rates[i]);
}

int baseline_tick(struct baseline *b, uint64_t interval_ns, uint64_t now_ns)
{
	uint64_t place = b->intervals;
	double seconds = interval_ns / 1e9;
	int i;

	if (!b->values)
		b->values = calloc(INTERVALS, sizeof(b->now));
	if (!b->values)
		return -ENOMEM;
	if (seconds <= 0)
		return 0;
	for (i = 0; i < SERIES; i++)
		b->now[i] /= seconds;
	b->intervals++;
	if (place >= INTERVALS)
		place = rng_below(&b->dice, b->intervals);
	if (place < INTERVALS) {
		memcpy(b->values + place * SERIES, b->now, sizeof(b->now));
		if (place >= b->n_kept)
			b->n_kept = place + 1;
	}
	for (i = 0; i < SERIES; i++)
		running_add(&b->total[i], b->now[i]);
	add_hour(b, b->now, now_ns);
	memset(b->now, 0, sizeof(b->now));
	return 0;
}

size_t baseline_intervals(const struct baseline *b)
{
	return b->intervals;
}

uint64_t baseline_flows(const struct baseline *b)
{
	return b->flows;
}

bool baseline_rate(const struct baseline *b, enum baseline_group group, enum baseline_what what,
                   struct baseline_rate *rate)
{
	double *values = b->n_kept > 1 ? calloc(b->n_kept, sizeof(*values)) : NULL;
	struct running all = { 0 };
	size_t i;

	if (!values)
		return false;
	for (i = 0; i < b->n_kept; i++) {
		values[i] = b->values[i * SERIES + group * BASELINE_RATES + what];
		running_add(&all, values[i]);
	}
	dataset_fit_sort(values, b->n_kept);
	*rate = (struct baseline_rate){
		.mean = all.mean,
		.deviation = running_deviation(&all),
		.low = dataset_fit_quantile(values, b->n_kept, 0.05),
		.median = dataset_fit_quantile(values, b->n_kept, 0.5),
		.high = dataset_fit_quantile(values, b->n_kept, 0.95),
	};
	free(values);
	return true;
}

/* The series of this name, -1: there is none. */
static int find_series(const char *name)
{
	char full[64];
	int group, what;

	for (group = 0; group < BASELINE_GROUPS; group++)
		for (what = 0; what < BASELINE_RATES; what++) {
			snprintf(full, sizeof(full), "%s%s", group_names[group], rate_names[what]);
			if (!strcmp(full, name))
				return group * BASELINE_RATES + what;
		}
	return -1;
}

bool baseline_by_name(const struct baseline *b, const char *name, int hour, double *mean,
                      double *deviation)
{
	int series = find_series(name);
	const struct running *r;

	if (series < 0)
		return false;
	r = &b->total[series];
	if (hour >= 0 && hour < HOURS && b->hours[hour].days >= HOUR_LEAST)
		r = &b->hours[hour].rate[series];
	*mean = r->mean;
	*deviation = running_deviation(r);
	return r->n > 1;
}

static void print_rates(const struct baseline *b, enum baseline_group group, const char *name,
                        struct buf *text)
{
	char mean[UNITS_TEXT], deviation[UNITS_TEXT], packets[UNITS_TEXT], flows[UNITS_TEXT];
	struct baseline_rate bytes, pps, fps;

	if (!baseline_rate(b, group, BASELINE_BYTES, &bytes) ||
	    !baseline_rate(b, group, BASELINE_PACKETS, &pps) ||
	    !baseline_rate(b, group, BASELINE_FLOWS, &fps) || pps.mean == 0)
		return;
	buf_format(text, "  %-6s %10s/s +- %s/s, %s, %s new flows/s\n", name,
	           units_bytes(mean, bytes.mean), units_bytes(deviation, bytes.deviation),
	           units_count(packets, pps.mean, "pps"), units_count(flows, fps.mean, ""));
}

void baseline_print(const struct baseline *b, struct buf *text)
{
	static const char *const names[] = {
		[BASELINE_ALL] = "all",   [BASELINE_TCP] = "TCP",     [BASELINE_UDP] = "UDP",
		[BASELINE_ICMP] = "ICMP", [BASELINE_OTHER] = "other",
	};
	char count[UNITS_TEXT + 8];
	int group;

	buf_format(text, "Baseline: %" PRIu64 " intervals, ", b->intervals);
	buf_format(text, "%s flows\n", units_grouped(count, b->flows));
	for (group = 0; group < BASELINE_GROUPS; group++)
		print_rates(b, group, names[group], text);
	buf_format(text,
	           "  avg_bytes_per_second %.6g, std %.6g; avg_packets_per_second %.6g, "
	           "std %.6g (of flows)\n",
	           b->flow_bytes.mean, running_deviation(&b->flow_bytes), b->flow_packets.mean,
	           running_deviation(&b->flow_packets));
}

static void put_rate(const struct baseline_rate *r, struct buf *text)
{
	const double values[] = { r->mean, r->deviation, r->low, r->median, r->high };
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		buf_text(text, i ? "," : "[");
		buf_real(text, values[i]);
	}
	buf_char(text, ']');
}

void baseline_put_json(const struct baseline *b, struct buf *text)
{
	struct baseline_rate rate;
	int series;

	buf_format(text,
	           "{\"made_by\":\"weir monitor --baseline\",\"flows\":%" PRIu64
	           ",\"intervals\":%" PRIu64 ",\"rates\":{",
	           b->flows, b->intervals);
	for (series = 0; series < SERIES; series++) {
		if (!baseline_rate(b, series / BASELINE_RATES, series % BASELINE_RATES, &rate))
			break;
		buf_format(text, "%s\"%s%s\":", series ? "," : "",
		           group_names[series / BASELINE_RATES],
		           rate_names[series % BASELINE_RATES]);
		put_rate(&rate, text);
	}
	buf_text(text, "}}");
}

const struct matrix *baseline_rows(const struct baseline *b)
{
	return b->sample;
}

double baseline_alarms(const struct baseline *b, const struct model *m)
{
	size_t n = b->sample->n_rows, i, alarms = 0;
	double *score = n ? calloc(n, sizeof(*score)) : NULL;

	if (!score)
		return 1;
	model_score_samples(m, score, b->sample->values, n);
	for (i = 0; i < n; i++)
		alarms += score[i] < m->threshold;
	free(score);
	return (double)alarms / n;
}

struct model *baseline_train(const struct baseline *b, double false_positive_rate, char *error,
                             size_t size)
{
	struct fit_anomaly fit = { .false_positive_rate = false_positive_rate,
		                   .random_state = b->random_state,
		                   .schema = feature_set_hash(&b->set),
		                   .n_jobs = 1 };
	struct model *model = NULL;
	struct buf about = { 0 };

	baseline_put_json(b, &about);
	buf_char(&about, '\0');
	if (about.error) {
		snprintf(error, size, "no memory");
	} else {
		fit.about = about.data;
		model = fit_anomaly(&fit, b->sample, error, size);
	}
	buf_clear(&about);
	return model;
}
