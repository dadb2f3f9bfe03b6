// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Summing up flow records for pictures: see plot_data.h. */
#include "plot_data.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOSTS   65536
#define CLASSES 1024

struct plot_data *plot_data_new(void)
{
	struct plot_data *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->first_ns = UINT64_MAX;
	plot_bins_init(&d->bins);
	d->port = calloc((size_t)PLOT_N_PORTED * PLOT_PORTS, sizeof(*d->port));
	d->hosts = plot_top_new(HOSTS);
	d->classes = plot_top_new(CLASSES);
	if (d->port && d->hosts && d->classes && !plot_pick_init(&d->anomalies, PLOT_ANOMALIES) &&
	    !plot_sample_init(&d->others, PLOT_POINTS - PLOT_ANOMALIES) &&
	    !plot_pick_init(&d->largest, PLOT_BARS))
		return d;
	plot_data_free(d);
	return NULL;
}

void plot_data_free(struct plot_data *d)
{
	if (!d)
		return;
	free(d->port);
	plot_top_free(d->hosts);
	plot_top_free(d->classes);
	plot_pick_clear(&d->anomalies);
	plot_sample_clear(&d->others);
	plot_pick_clear(&d->largest);
	free(d);
}

static enum plot_ported ported(uint8_t protocol)
{
	switch (protocol) {
	case 6:
		return PLOT_TCP;
	case 17:
		return PLOT_UDP;
	case 132:
		return PLOT_SCTP;
	default:
		return PLOT_OTHER;
	}
}

static void add_sums(struct plot_data *d, const struct flows_row *row)
{
	struct plot_sum *of = &d->protocol[row->protocol];
	struct plot_port *port = &d->port[ported(row->protocol) * PLOT_PORTS + row->dst_port];

	d->all.flows++;
	d->all.packets += row->packets;
	d->all.bytes += row->bytes;
	of->flows++;
	of->packets += row->packets;
	of->bytes += row->bytes;
	port->bytes += row->bytes;
	port->flows++;
	plot_top_add(d->hosts, row->src_ip, row->bytes, true);
	plot_top_add(d->hosts, row->dst_ip, row->bytes, false);
	if (row->class_name.n)
		plot_top_add(d->classes, row->class_name, 1, false);
	d->classed += row->class_name.n > 0;
}

static void add_times(struct plot_data *d, const struct flows_row *row)
{
	uint64_t end = row->start_ns + row->duration_ns;

	if (row->start_ns < d->first_ns)
		d->first_ns = row->start_ns;
	if (end > d->last_ns)
		d->last_ns = end;
	plot_bins_add(&d->bins, row->start_ns, row->duration_ns, row->bytes, row->packets);
}

/* The most unusual have the lowest score; without scores all anomalies rank the same. */
static double rank_of(const struct flows_row *row)
{
	return isnan(row->score) ? 0 : -row->score;
}

static void add_sample(struct plot_data *d, const struct plot_flow *flow)
{
	struct plot_flow *place = plot_sample_place(&d->others);

	if (place)
		*place = *flow;
}

static void add_point(struct plot_data *d, const struct flows_row *row)
{
	bool judged = row->is_anomaly || !isnan(row->score);
	struct plot_flow flow, *place;

	if (judged && plot_pick_wants(&d->anomalies, rank_of(row))) {
		plot_flow_from_row(&flow, row, d->all.flows);
		flow.rank = rank_of(row);
		if (plot_pick_add(&d->anomalies, &flow, &flow))
			add_sample(d, &flow);
		return;
	}
	place = plot_sample_place(&d->others);
	if (place)
		plot_flow_from_row(place, row, d->all.flows);
}

static void add_judgement(struct plot_data *d, const struct flows_row *row)
{
	d->unusual += row->is_anomaly;
	if (isnan(row->score))
		return;
	if (!d->scored || row->score < d->least_score)
		d->least_score = row->score;
	if (!d->scored || row->score > d->most_score)
		d->most_score = row->score;
	d->scored++;
}

static void add_row(struct plot_data *d, const struct flows_row *row, bool timed)
{
	struct plot_flow flow;

	add_sums(d, row);
	d->untimed += !timed;
	if (timed)
		add_times(d, row);
	add_judgement(d, row);
	add_point(d, row);
	if (timed && plot_pick_wants(&d->largest, (double)row->bytes)) {
		plot_flow_from_row(&flow, row, d->all.flows);
		flow.rank = (double)row->bytes;
		plot_pick_add(&d->largest, &flow, NULL);
	}
}

int plot_data_read(struct plot_data *d, const char *path, char *error, size_t size)
{
	struct flows_csv *f = flows_csv_open(path, error, size);
	struct flows_row row;
	bool timed;
	int got;

	if (!f)
		return -EINVAL;
	timed = flows_csv_has_times(f);
	while ((got = flows_csv_next(f, &row)) > 0)
		add_row(d, &row, timed);
	if (got < 0)
		snprintf(error, size, "%s", flows_csv_error(f));
	flows_csv_close(f);
	return got;
}

void plot_data_finish(struct plot_data *d)
{
	if (d->first_ns == UINT64_MAX)
		d->first_ns = 0;
	plot_pick_sort(&d->anomalies);
	plot_pick_sort(&d->largest);
}

size_t plot_data_points(const struct plot_data *d)
{
	return d->anomalies.used + d->others.used;
}

const struct plot_flow *plot_data_point(const struct plot_data *d, size_t i)
{
	return i < d->anomalies.used ? &d->anomalies.flow[i]
	                             : &d->others.flow[i - d->anomalies.used];
}
