// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Flows as points: bytes/s against packets/s, coloured by how unusual they are, and the same with
 * the average packet size as a third dimension.
 *
 * A flow of one packet has no rate (the guide calls it 0): on a scale of decades it lies on a line
 * of its own, marked 0, below the least rate. The most unusual are drawn last, on top.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot_kinds.h"
#include "plot_text.h"
#include "units.h"

/* The scales of the three axes. */
struct space {
	struct plot_scale bytes, packets, size;
};

static void widen(double *low, double *high, bool *zero, double value)
{
	if (value <= 0) {
		*zero = true;
		return;
	}
	if (*low == 0 || value < *low)
		*low = value;
	if (value > *high)
		*high = value;
}

static struct plot_scale fit(const struct plot_data *d, double (*of)(const struct plot_flow *))
{
	double low = 0, high = 0;
	bool zero = false;
	size_t i;

	for (i = 0; i < plot_data_points(d); i++)
		widen(&low, &high, &zero, of(plot_data_point(d, i)));
	return plot_scale_fit(low, high, zero);
}

static struct space fit_space(const struct plot_data *d)
{
	return (struct space){
		.bytes = fit(d, plot_flow_bytes_per_second),
		.packets = fit(d, plot_flow_packets_per_second),
		.size = fit(d, plot_flow_packet_size),
	};
}

/* Which flows a block of points has. */
enum points { SCORED, PLAIN, UNUSUAL, N_POINTS };

static const char *const blocks[] = {
	[SCORED] = "$scored",
	[PLAIN] = "$plain",
	[UNUSUAL] = "$unusual",
};

static bool is_in(const struct plot_flow *f, enum points which)
{
	switch (which) {
	case SCORED:
		return !isnan(f->score);
	case PLAIN:
		return isnan(f->score);
	default:
		return f->is_anomaly;
	}
}

/* One point a line: x y z score. How many there are comes back. */
static size_t put_block(struct buf *b, const struct plot_data *d, const struct space *s,
                        enum points which)
{
	size_t i = plot_data_points(d), n = 0;

	buf_format(b, "%s << END\n", blocks[which]);
	while (i--) {
		const struct plot_flow *f = plot_data_point(d, i);

		if (!is_in(f, which))
			continue;
		buf_format(b, "%.9g %.9g %.9g %.9g\n",
		           plot_scale_place(&s->bytes, plot_flow_bytes_per_second(f)),
		           plot_scale_place(&s->packets, plot_flow_packets_per_second(f)),
		           plot_scale_place(&s->size, plot_flow_packet_size(f)),
		           isnan(f->score) ? 0 : f->score);
		n++;
	}
	buf_text(b, "END\n");
	return n;
}

static void put_palette(struct buf *b, const struct plot_data *d, const struct plot_page *page)
{
	double low = d->least_score, high = d->most_score;
	int i;

	if (high - low < 1e-6) { /* one colour needs a range, too */
		low -= .01;
		high += .01;
	}
	buf_text(b, "set palette defined (");
	for (i = 0; i < PLOT_PALETTE; i++)
		buf_format(b, "%s%d '%s'", i ? ", " : "", i, plot_palette[i]);
	buf_format(b,
	           ")\nset cbrange [%.9g:%.9g]\nset cblabel 'anomaly score (lower: more unusual)' "
	           "font ',%u'\nset cbtics font ',%u'\n",
	           low, high, plot_letters(page, 9), plot_letters(page, 9));
}

/* The line at the bottom: what the points are. */
static void put_legend(struct buf *b, const struct plot_data *d, const struct plot_page *page,
                       unsigned int height)
{
	char shown[UNITS_TEXT + 8], all[UNITS_TEXT + 8];
	const char *colour = d->scored ? ""
	                               : "; all in one colour: the records have no anomaly_score "
	                                 "(weir apply adds it)";

	units_grouped(all, d->all.flows);
	units_grouped(shown, plot_data_points(d));
	buf_text(b, "set label 3 '");
	if (plot_data_points(d) == d->all.flows)
		buf_format(b, "a point a flow%s", colour);
	else
		buf_format(b, "%s of %s flows: %san even sample%s", shown, all,
		           d->scored ? "the most unusual, and " : "", colour);
	buf_format(b, "' at screen 0.5,%.4f center font ',%u' tc rgb '#555555' front\n",
	           14.0 / height, plot_letters(page, 9));
}

/* Points by colour; those called an anomaly lie on a larger one, which makes a ring. */
static void put_plot(struct buf *b, const struct plot_data *d, const struct space *s,
                     const char *command, const char *columns)
{
	const char *colour = d->scored ? plot_grey : plot_blue;
	size_t n[N_POINTS];
	int i;

	for (i = 0; i < N_POINTS; i++)
		n[i] = put_block(b, d, s, (enum points)i);
	if (n[UNUSUAL]) {
		buf_format(b,
		           "%s $unusual using %s with points pt 7 ps 1.15 lc rgb '%s' title "
		           "'ringed: anomaly'",
		           command, columns, plot_red);
		command = ",";
	}
	if (n[PLAIN]) {
		buf_format(b, "%s $plain using %s with points pt 7 ps 0.6 lc rgb '%s' title '%s'",
		           command, columns, colour, d->scored ? "not judged" : "flow");
		command = ",";
	}
	if (n[SCORED])
		buf_format(b, "%s $scored using %s:4 with points pt 7 ps 0.7 lc palette notitle",
		           command, columns);
	buf_char(b, '\n');
}

void plot_anomalies_script(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	unsigned int height = (unsigned int)(page->width * .62);
	struct space s = fit_space(d);

	plot_text_axis(b, "x", &s.bytes, "B/s", 8);
	plot_text_axis(b, "y", &s.packets, "pps", 8);
	if (d->scored)
		put_palette(b, d, page);
	put_legend(b, d, page, height);
	buf_format(b,
	           "set xlabel 'bytes per second'\nset ylabel 'packets per second'\n"
	           "set bmargin at screen %.4f\nset lmargin at screen %.4f\n"
	           "set rmargin at screen %.4f\nset key at graph 0.01, graph 0.98 left top "
	           "reverse Left samplen 1 box lc rgb '#cccccc' opaque\n",
	           72.0 / height, 92.0 / page->width, 1 - (d->scored ? 120.0 : 36.0) / page->width);
	put_plot(b, d, &s, "plot", "1:2");
}

void plot_space_script(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	unsigned int height = (unsigned int)(page->width * .75);
	struct space s = fit_space(d);

	plot_text_axis(b, "x", &s.bytes, "B/s", 5);
	plot_text_axis(b, "y", &s.packets, "pps", 5);
	plot_text_axis(b, "z", &s.size, "B", 5);
	if (d->scored)
		put_palette(b, d, page);
	put_legend(b, d, page, height);
	buf_format(
	        b,
	        "set view 62,38,1.0,0.9\nset xyplane 0\nset grid x y z vertical\nset ticslevel 0\n"
	        "set border 4095 lc rgb '#bbbbbb'\n"
	        "set xlabel 'bytes per second' rotate parallel offset 0,-1.6\n"
	        "set ylabel 'packets per second' rotate parallel offset 0,-1.6\n"
	        "set zlabel 'average packet size' rotate parallel offset -3.5,0\n"
	        "set xtics font ',%u' offset 0,-0.6\nset ytics font ',%u' offset 0.8,-0.4\n"
	        "set ztics font ',%u'\nset key at screen 0.02, screen %.4f left top reverse Left "
	        "samplen 1\n",
	        plot_letters(page, 8), plot_letters(page, 8), plot_letters(page, 8),
	        1 - 66.0 / height);
	put_plot(b, d, &s, "splot", "1:2:3");
}

void plot_points_table(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	size_t i;

	buf_text(b, "src_ip,dst_ip,src_port,dst_port,protocol,bytes_per_second,packets_per_second,"
	            "avg_packet_size,anomaly_score,is_anomaly\n");
	for (i = 0; i < plot_data_points(d); i++) {
		const struct plot_flow *f = plot_data_point(d, i);

		plot_text_csv(b, f->src_ip);
		buf_char(b, ',');
		plot_text_csv(b, f->dst_ip);
		buf_format(b, ",%u,%u,%u,", f->src_port, f->dst_port, f->protocol);
		buf_real(b, plot_flow_bytes_per_second(f));
		buf_char(b, ',');
		buf_real(b, plot_flow_packets_per_second(f));
		buf_char(b, ',');
		buf_real(b, plot_flow_packet_size(f));
		buf_char(b, ',');
		if (!isnan(f->score))
			buf_real(b, f->score);
		buf_format(b, ",%d\n", f->is_anomaly);
	}
}
