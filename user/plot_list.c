// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Pictures of lists, as bars that lie: protocols, talkers, ports, classes. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot_bars.h"
#include "plot_kinds.h"
#include "plot_text.h"
#include "units.h"

/* What of a bar its length shows. */
enum measure { FLOWS, BYTES };

static double length_of(const struct plot_bar *bar, enum measure m)
{
	return (double)(m == FLOWS ? bar->sum.flows : bar->sum.bytes);
}

static void put_names(struct buf *b, const struct plot_bars *bars, const struct plot_page *page)
{
	size_t i, n, longest = 4;

	buf_text(b, "set ytics (");
	for (i = 0; i < bars->used; i++) {
		n = strlen(bars->bar[i].name);
		longest = n > longest ? n : longest;
		buf_text(b, i ? ", " : "");
		plot_text_tick(b, bars->bar[i].name, 40);
		buf_format(b, " %zu", i);
	}
	longest = longest > 43 ? 43 : longest;
	buf_format(b, ") scale 0\nset lmargin at screen %.4f\n",
	           (22 + 8.0 * (double)longest) / page->width);
}

/* What each bar says at its end: "1.2 MB in 34 flows". */
static void put_notes(struct buf *b, const struct plot_bars *bars, enum measure m,
                      const struct plot_page *page)
{
	char bytes[UNITS_TEXT], flows[UNITS_TEXT + 8], text[96];
	size_t i;

	for (i = 0; i < bars->used; i++) {
		const struct plot_bar *bar = &bars->bar[i];
		const char *s = units_s(bar->sum.flows);

		units_bytes(bytes, (double)bar->sum.bytes);
		units_grouped(flows, bar->sum.flows);
		if (m == FLOWS && bar->sum.bytes)
			snprintf(text, sizeof(text), "%s flow%s, %s", flows, s, bytes);
		else if (m == FLOWS)
			snprintf(text, sizeof(text), "%s flow%s", flows, s);
		else
			snprintf(text, sizeof(text), "%s in %s flow%s", bytes, flows, s);
		buf_format(b,
		           "set label %zu '%s' at first %.17g,%zu left offset 0.7,0 font ',%u' tc "
		           "rgb '#333333' front\n",
		           i + 10, text, length_of(bar, m), i, plot_letters(page, 9));
	}
}

/*
 * A linear scale, or by decades where the bars span more than three (true comes back); room for
 * notes at the end.
 */
static bool put_lengths(struct buf *b, const struct plot_bars *bars, enum measure m)
{
	double most = length_of(&bars->bar[0], m), least = length_of(&bars->bar[bars->used - 1], m);
	struct plot_scale scale = plot_scale_fit(least > 0 && most / least > 1000 ? least : 0, most,
	                                         false);

	if (scale.logarithmic) {
		scale.low = scale.low / 2;
		scale.high = most * pow(most / scale.low, .45);
	} else {
		scale.high = most > 0 ? most * 1.38 : 1;
	}
	plot_text_axis(b, "x", &scale, m == BYTES ? "B" : "", 6);
	buf_format(b, "least = %.17g\n", scale.low);
	return scale.logarithmic;
}

static void put_others(struct buf *b, const struct plot_bars *bars, const char *what,
                       enum measure m)
{
	char amount[UNITS_TEXT + 8], n[UNITS_TEXT + 8], error[UNITS_TEXT];

	buf_format(b, "set xlabel \"%s", m == BYTES ? "bytes" : "flows");
	if (bars->n_others) {
		if (m == BYTES)
			units_bytes(amount, (double)bars->others.bytes);
		else
			units_grouped(amount, bars->others.flows);
		buf_format(b, "; not shown: %s other %s with %s", units_grouped(n, bars->n_others),
		           what, amount);
	}
	if (bars->error)
		buf_format(b, "; each may be too low by %s",
		           units_count(error, (double)bars->error, m == BYTES ? "B" : ""));
	buf_text(b, "\"\n");
}

/* Bars; where split, the part called first in another colour. */
static void put_bars(struct buf *b, const struct plot_bars *bars, enum measure m, bool split)
{
	size_t i;

	buf_text(b, "$bars << END\n");
	for (i = 0; i < bars->used; i++)
		buf_format(b, "%zu %.17g %.17g\n", i, length_of(&bars->bar[i], m),
		           (double)bars->bar[i].first);
	buf_format(b, "END\nset yrange [%zu:-1]\nset grid noytics\n",
	           bars->used < 4 ? 4 : bars->used);
	if (!split) {
		buf_format(b,
		           "plot $bars using (least):1:(least):2:($1-0.38):($1+0.38) with "
		           "boxxyerror fs solid 0.85 noborder fc rgb '%s' notitle\n",
		           plot_blue);
		return;
	}
	buf_format(b,
	           "set key at graph 0.98, graph 0.03 right bottom samplen 1\n"
	           "plot $bars using (least):1:(least):($3<least?least:$3):($1-0.38):($1+0.38) "
	           "with boxxyerror fs solid 0.85 noborder fc rgb '%s' title 'flows it began', "
	           "'' using (least):1:($3<least?least:$3):2:($1-0.38):($1+0.38) with boxxyerror "
	           "fs solid 0.85 noborder fc rgb '%s' title 'flows it answered'\n",
	           plot_blue, plot_orange);
}

static void put_list(struct buf *b, const struct plot_bars *bars, const char *what, enum measure m,
                     const struct plot_page *page)
{
	bool decades;

	put_names(b, bars, page);
	decades = put_lengths(b, bars, m);
	put_notes(b, bars, m, page);
	put_others(b, bars, what, m);
	buf_format(b, "set rmargin at screen %.4f\n", 1 - 30.0 / page->width);
	put_bars(b, bars, m, !decades && !strcmp(what, "hosts"));
}

static void put_row(struct buf *b, const char *name, const struct plot_sum *sum)
{
	plot_text_csv(b, name);
	buf_format(b, ",%" PRIu64 ",%" PRIu64 "\n", sum->flows, sum->bytes);
}

static void put_table(struct buf *b, const struct plot_bars *bars, const char *what)
{
	size_t i;

	buf_format(b, "%s,flows,bytes\n", what);
	for (i = 0; i < bars->used; i++)
		put_row(b, bars->bar[i].name, &bars->bar[i].sum);
	if (bars->n_others)
		put_row(b, "(others)", &bars->others);
}

void plot_protocols_script(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	struct plot_bars bars;

	plot_bars_protocols(&bars, d, page->top);
	put_list(b, &bars, "protocols", FLOWS, page);
}

void plot_protocols_table(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	struct plot_bars bars;

	plot_bars_protocols(&bars, d, page->top);
	put_table(b, &bars, "protocol");
}

void plot_talkers_script(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	struct plot_bars bars;

	plot_bars_hosts(&bars, d, page->top);
	put_list(b, &bars, "hosts", BYTES, page);
}

void plot_talkers_table(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	struct plot_bars bars;

	plot_bars_hosts(&bars, d, page->top);
	put_table(b, &bars, "host");
}

void plot_ports_script(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	struct plot_bars bars;

	plot_bars_ports(&bars, d, page->top);
	put_list(b, &bars, "ports", BYTES, page);
}

void plot_ports_table(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	struct plot_bars bars;

	plot_bars_ports(&bars, d, page->top);
	put_table(b, &bars, "port");
}

void plot_classes_script(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	struct plot_bars bars;

	plot_bars_classes(&bars, d, page->top);
	put_list(b, &bars, "classes", FLOWS, page);
}

void plot_classes_table(struct buf *b, struct plot_data *d, const struct plot_page *page)
{
	struct plot_bars bars;

	plot_bars_classes(&bars, d, page->top);
	put_table(b, &bars, "class");
}
