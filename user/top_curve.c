// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The traffic over time as a curve of block characters, newest at the right: each line of it has
 * eight steps (five in ASCII). A column is the busiest of what falls into it, so that peaks do not
 * vanish in a narrow window.
 */
#include <stdio.h>
#include <string.h>

#include "top_view.h"
#include "units.h"

#define SCALE_WIDTH 22 /* " peak 12.3 MB/s, 2 min" */

static double at(const struct top_model *m, uint64_t i)
{
	return m->history[i % TOP_HISTORY];
}

/* Values of the columns, and how much time they span. */
static int sample(const struct top_model *m, double *column, int n, uint64_t *span_ns)
{
	uint64_t kept = m->n_history < TOP_HISTORY ? m->n_history : TOP_HISTORY, i, first;
	int k;

	memset(column, 0, n * sizeof(*column));
	if (m->config.live && kept > (uint64_t)n)
		kept = n;
	first = m->n_history - kept;
	*span_ns = kept * m->history_ns;
	for (i = 0; i < kept; i++) {
		k = m->config.live ? n - (int)kept + (int)i : (int)(i * n / kept);
		if (at(m, first + i) > column[k])
			column[k] = at(m, first + i);
	}
	return kept;
}

static wchar_t block(const struct top_canvas *c, int eighths)
{
	static const char ascii[] = " ..::||##";

	if (eighths <= 0)
		return L' ';
	if (eighths > 8)
		eighths = 8;
	return c->unicode ? (wchar_t)(0x2580 + eighths) : (wchar_t)ascii[eighths];
}

static void put_scale(struct top_canvas *c, int y, int count, const struct top_model *m,
                      double peak, uint64_t span_ns)
{
	char rate[UNITS_TEXT], span[UNITS_TEXT], text[64];
	int x = c->width - SCALE_WIDTH;

	units_bytes(rate, peak);
	units_duration(span, span_ns);
	if (count == 1) {
		snprintf(text, sizeof(text), " %s/s, %s", rate, span);
		top_canvas_put(c, y, x, SCALE_WIDTH, TOP_DIM, text);
		return;
	}
	snprintf(text, sizeof(text), " %s/s at most", rate);
	top_canvas_put(c, y, x, SCALE_WIDTH, TOP_DIM, text);
	snprintf(text, sizeof(text), m->config.live ? " in the last %s" : " in %s", span);
	top_canvas_put(c, y + count - 1, x, SCALE_WIDTH, TOP_DIM, text);
}

void top_curve_draw(struct top_canvas *c, int y, int count, const struct top_model *m)
{
	double column[TOP_HISTORY], peak = 0;
	int n = c->width - SCALE_WIDTH, x, line, eighths;
	uint64_t span_ns;

	n = n > TOP_HISTORY ? TOP_HISTORY : n;
	if (n < 8 || count < 1 || !sample(m, column, n, &span_ns))
		return;
	for (x = 0; x < n; x++)
		peak = column[x] > peak ? column[x] : peak;
	put_scale(c, y, count, m, peak, span_ns);
	for (x = 0; x < n && peak > 0; x++) {
		eighths = column[x] / peak * 8 * count + 0.5;
		if (column[x] > 0 && !eighths)
			eighths = 1; /* little is not nothing */
		for (line = 0; line < count; line++)
			top_canvas_char(c, y + count - 1 - line, x, TOP_CURVE,
			                block(c, eighths - 8 * line));
	}
}
