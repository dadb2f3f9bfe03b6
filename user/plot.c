// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The pictures' common frame: terminal, title, source and range, margins. All places are fractions
 * of the picture computed from pixels here, so that titles and legends keep clear of each other at
 * every size.
 */
#include "plot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plot_kinds.h"
#include "plot_text.h"
#include "units.h"

const char plot_blue[] = "#0072b2", plot_orange[] = "#e69f00", plot_green[] = "#009e73",
           plot_red[] = "#d55e00", plot_grey[] = "#8a8f98";

/* Lightness (CIE L*) rises by about 10 from one to the next: it reads in grey, too. */
const char *const plot_palette[PLOT_PALETTE] = {
	"#3b1a63", "#3b4a8f", "#2a7596", "#239b8b", "#57bd6b", "#a9d64a", "#f7e425",
};

const struct plot_kind plot_kinds[] = {
	{ "volume", "Traffic volume over time", "start_time", plot_volume_script, plot_volume_table,
	  .5 },
	{ "protocols", "Protocol distribution", NULL, plot_protocols_script, plot_protocols_table,
	  .5 },
	{ "anomalies", "Network flow anomalies", NULL, plot_anomalies_script, plot_points_table,
	  .62 },
	{ "anomalies-3d", "Network flows in three dimensions", NULL, plot_space_script,
	  plot_points_table, .75 },
	{ "talkers", "Top talkers", NULL, plot_talkers_script, plot_talkers_table, .6 },
	{ "ports", "Top ports of responders", NULL, plot_ports_script, plot_ports_table, .6 },
	{ "classes", "Traffic classes", "class", plot_classes_script, plot_classes_table, .6 },
	{ "timeline", "The largest flows over time", "start_time", plot_timeline_script,
	  plot_timeline_table, .7 },
};
const size_t plot_n_kinds = sizeof(plot_kinds) / sizeof(plot_kinds[0]);

const struct plot_kind *plot_kind_find(const char *name)
{
	size_t i;

	for (i = 0; i < plot_n_kinds; i++)
		if (!strcmp(plot_kinds[i].name, name))
			return &plot_kinds[i];
	return NULL;
}

int plot_check(const struct plot_kind *kind, const struct plot_data *d, char *error, size_t size)
{
	bool lacks = false;

	if (!d->all.flows) {
		snprintf(error, size, "cannot draw %s: there are no records", kind->name);
		return -ENODATA;
	}
	if (kind->needs)
		lacks = strcmp(kind->needs, "class") ? d->untimed : !d->classed;
	if (!lacks)
		return 0;
	snprintf(error, size, "cannot draw %s: there is no column '%s'%s", kind->name, kind->needs,
	         strcmp(kind->needs, "class") ? "; weir read -o csv:FILE writes it"
	                                      : "; weir apply adds it");
	return -ENODATA;
}

unsigned int plot_letters(const struct plot_page *page, unsigned int points)
{
	return page->format == PLOT_SVG ? points * 4 / 3 : points;
}

static void put_terminal(struct buf *b, const struct plot_page *page, unsigned int height)
{
	unsigned int letters = plot_letters(page, 10);

	if (page->format == PLOT_PDF)
		buf_format(b, "set terminal pdfcairo noenhanced size %.3fin,%.3fin",
		           page->width / 96.0, height / 96.0);
	else
		buf_format(b, "set terminal %s noenhanced size %u,%u",
		           page->format == PLOT_PNG ? "pngcairo" : "svg", page->width, height);
	buf_format(b, " font 'Sans,%u' background rgb '#ffffff'\n", letters);
}

/* "flows.csv, 2024-10-28 12:30:00 to 12:31:07 UTC: 1,234 flows, 5.6 MB" */
static void put_subtitle(struct buf *b, const struct plot_data *d, const struct plot_page *page)
{
	char text[256], range[96] = "", bytes[UNITS_TEXT], flows[UNITS_TEXT + 8], source[64];
	size_t n = strlen(page->source);

	snprintf(source, sizeof(source), "%s%s", n > 40 ? "..." : "",
	         page->source + (n > 40 ? n - 37 : 0));
	if (!d->untimed)
		plot_text_range(d->first_ns, d->last_ns, range, sizeof(range));
	snprintf(text, sizeof(text), "%s%s%s: %s flow%s, %s", source, *range ? ", " : "", range,
	         units_grouped(flows, d->all.flows), units_s(d->all.flows),
	         units_bytes(bytes, (double)d->all.bytes));
	plot_text_quote(b, text, 160);
}

void plot_script(struct buf *b, const struct plot_kind *kind, struct plot_data *d,
                 const struct plot_page *page)
{
	unsigned int height = (unsigned int)(page->width * kind->height);

	put_terminal(b, page, height);
	buf_format(b,
	           "set encoding utf8\nset termoption noenhanced\nset border lc rgb '#555555'\n"
	           "set tics nomirror tc rgb '#333333'\nset grid lc rgb '#dddddd' lt 1\n"
	           "set tmargin at screen %.4f\nset label 1 '%s' at screen 0.5,%.4f center font "
	           "',%u' front\nset label 2 ",
	           1 - 72.0 / height, kind->title, 1 - 20.0 / height, plot_letters(page, 14));
	put_subtitle(b, d, page);
	buf_format(b, " at screen 0.5,%.4f center font ',%u' tc rgb '#555555' front\n",
	           1 - 43.0 / height, plot_letters(page, 9));
	kind->script(b, d, page);
}
