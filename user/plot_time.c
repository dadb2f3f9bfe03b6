// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Pictures along time: the volume of all flows, and the largest flows as bars. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot_kinds.h"
#include "plot_text.h"
#include "units.h"

static double seconds_of(uint64_t ns)
{
	return (double)(ns / 1000000000) + (double)(ns % 1000000000) / 1e9;
}

static double volume_rate(const struct plot_bins *bins, size_t i)
{
	return (double)bins->bin[i].bytes * 1e9 / (double)plot_bins_width(bins);
}

void plot_volume_script(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	struct plot_bins *bins = &d->bins;
	char label[96], width[UNITS_TEXT];
	struct plot_scale scale;
	double step, most = 0;
	size_t i;

	plot_bins_coarsen(bins, PLOT_BINS_SHOWN);
	step = seconds_of(plot_bins_width(bins));
	buf_text(b, "$volume << END\n");
	for (i = 0; i < bins->used; i++) {
		buf_format(b, "%.17g %.17g\n", (double)i * step, volume_rate(bins, i));
		if (volume_rate(bins, i) > most)
			most = volume_rate(bins, i);
	}
	buf_format(b, "%.17g 0\nEND\n", (double)i * step);
	scale = plot_scale_fit(0, most, true);
	plot_text_axis(b, "y", &scale, "B/s", 6);
	plot_text_times(b, bins->first * plot_bins_width(bins), (double)bins->used * step, label,
	                sizeof(label));
	buf_format(b,
	           "set xlabel '%s'\nset ylabel 'bytes per second, means over %s'\n"
	           "set rmargin at screen %.4f\n"
	           "plot $volume using 1:2 with fillsteps fs solid 0.35 fc rgb '%s' notitle, "
	           "'' using 1:2 with steps lw 1.5 lc rgb '%s' notitle\n",
	           label, units_duration(width, plot_bins_width(bins)), 1 - 30.0 / page->width,
	           plot_blue, plot_blue);
}

void plot_volume_table(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	struct plot_bins *bins = &d->bins;
	size_t i;

	plot_bins_coarsen(bins, PLOT_BINS_SHOWN);
	buf_text(b, "time,seconds,bytes,packets,bytes_per_second\n");
	for (i = 0; i < bins->used; i++) {
		buf_seconds(b, (bins->first + i) * plot_bins_width(bins));
		buf_char(b, ',');
		buf_seconds(b, plot_bins_width(bins));
		buf_format(b, ",%" PRIu64 ",%" PRIu64 ",", bins->bin[i].bytes,
		           bins->bin[i].packets);
		buf_real(b, volume_rate(bins, i));
		buf_char(b, '\n');
	}
}

/* Bars of the timeline: those flows of d->largest that fit, in order of their start. */
struct lanes {
	size_t n;
	const struct plot_flow *flow[PLOT_TOP_MAX];
};

static int by_start(const void *a, const void *b)
{
	const struct plot_flow *x = *(const struct plot_flow *const *)a;
	const struct plot_flow *y = *(const struct plot_flow *const *)b;

	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return x->row < y->row ? -1 : 1;
}

static void find_lanes(struct lanes *lanes, const struct plot_data *d, size_t top)
{
	lanes->n = d->largest.used < top ? d->largest.used : top;
	for (size_t i = 0; i < lanes->n; i++)
		lanes->flow[i] = &d->largest.flow[i];
	qsort(lanes->flow, lanes->n, sizeof(lanes->flow[0]), by_start);
}

static void name_flow(const struct plot_flow *f, char *name, size_t size)
{
	char src[24], dst[24];

	plot_text_shorten(f->src_ip, src, sizeof(src));
	plot_text_shorten(f->dst_ip, dst, sizeof(dst));
	if (f->dst_port)
		snprintf(name, size, "%s to %s port %u", src, dst, f->dst_port);
	else
		snprintf(name, size, "%s to %s", src, dst);
}

/* The times shown: of the lanes, not of all flows. */
static double lanes_range(const struct lanes *lanes, uint64_t *from)
{
	uint64_t to = 0, end;
	size_t i;

	*from = lanes->flow[0]->start_ns;
	for (i = 0; i < lanes->n; i++) {
		end = lanes->flow[i]->start_ns + lanes->flow[i]->duration_ns;
		if (end > to)
			to = end;
	}
	return to > *from ? seconds_of(to - *from) : 1e-3;
}

enum { TCP, UDP, ICMP, OTHER, N_GROUPS };

static int group_of(uint8_t protocol)
{
	return protocol == 6                     ? TCP
	       : protocol == 17                  ? UDP
	       : protocol == 1 || protocol == 58 ? ICMP
	                                         : OTHER;
}

/* The lanes of one group of protocols as boxes; returns how many. */
static size_t put_group(struct buf *b, const struct lanes *lanes, int group, uint64_t from,
                        double least)
{
	size_t i, n = 0;

	buf_format(b, "$group%d << END\n", group);
	for (i = 0; i < lanes->n; i++) {
		const struct plot_flow *f = lanes->flow[i];
		double start = seconds_of(f->start_ns - from);
		double length = seconds_of(f->duration_ns);

		if (group_of(f->protocol) != group)
			continue;
		if (length < least)
			length = least;
		buf_format(b, "%.9g %zu %.9g %.9g %.2f %.2f\n", start, i, start, start + length,
		           (double)i - .36, (double)i + .36);
		n++;
	}
	buf_text(b, "END\n");
	return n;
}

static void put_lane_names(struct buf *b, const struct lanes *lanes, const struct plot_page *page)
{
	size_t i, n, longest = 0;
	char name[128], bytes[UNITS_TEXT];

	buf_text(b, "set ytics (");
	for (i = 0; i < lanes->n; i++) {
		name_flow(lanes->flow[i], name, sizeof(name) - UNITS_TEXT - 2);
		n = strlen(name);
		snprintf(name + n, sizeof(name) - n, ", %s",
		         units_bytes(bytes, (double)lanes->flow[i]->bytes));
		n = strlen(name);
		longest = n > longest ? n : longest;
		buf_text(b, i ? ", " : "");
		plot_text_tick(b, name, 90);
		buf_format(b, " %zu", i);
	}
	buf_format(b, ") font ',%u' scale 0\nset lmargin at screen %.4f\n", plot_letters(page, 8),
	           (16 + 6.3 * (double)longest) / page->width);
}

void plot_timeline_script(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	static const char *const titles[] = { "TCP", "UDP", "ICMP", "other" };
	const char *const colours[] = { plot_blue, plot_orange, plot_green, plot_grey };
	size_t used[N_GROUPS];
	struct lanes lanes;
	const char *separator = "plot ";
	char label[96];
	uint64_t from;
	double span;
	int g;

	find_lanes(&lanes, d, page->top);
	span = lanes_range(&lanes, &from);
	for (g = 0; g < N_GROUPS; g++)
		used[g] = put_group(b, &lanes, g, from, span * .004);
	put_lane_names(b, &lanes, page);
	plot_text_times(b, from, span * 1.01, label, sizeof(label));
	buf_format(b,
	           "set xlabel '%s'\nset yrange [%zu:-1] \nset rmargin at screen %.4f\n"
	           "unset grid\nset grid xtics lc rgb '#dddddd' lt 1\n"
	           "set key at graph 1, graph 1 right bottom horizontal font ',%u' samplen 1\n",
	           label, lanes.n, 1 - 30.0 / page->width, plot_letters(page, 9));
	for (g = 0; g < N_GROUPS; g++) {
		if (!used[g])
			continue;
		buf_format(b,
		           "%s$group%d using 1:2:3:4:5:6 with boxxyerror fs solid 0.8 border lc "
		           "rgb '%s' fc rgb '%s' title '%s'",
		           separator, g, colours[g], colours[g], titles[g]);
		separator = ", ";
	}
	buf_char(b, '\n');
}

void plot_timeline_table(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	struct lanes lanes;
	size_t i;

	find_lanes(&lanes, d, page->top);
	buf_text(b, "src_ip,dst_ip,src_port,dst_port,protocol,start_time,duration,bytes,packets\n");
	for (i = 0; i < lanes.n; i++) {
		const struct plot_flow *f = lanes.flow[i];

		plot_text_csv(b, f->src_ip);
		buf_char(b, ',');
		plot_text_csv(b, f->dst_ip);
		buf_format(b, ",%u,%u,%u,", f->src_port, f->dst_port, f->protocol);
		buf_seconds(b, f->start_ns);
		buf_char(b, ',');
		buf_seconds(b, f->duration_ns);
		buf_format(b, ",%" PRIu64 ",%" PRIu64 "\n", f->bytes, f->packets);
	}
}
