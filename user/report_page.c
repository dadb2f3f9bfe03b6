// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A report's page: the frame of web/report.html with style, scripts and data put in.
 *
 * The scripts lie in this program, put there at build time (see Makefile), so that the page needs
 * no network. Its policy allows only what carries this page's nonce: nothing that comes with the
 * data can run, and the data is JSON that the scripts show as text.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "plot.h"
#include "plot_gnuplot.h"
#include "report.h"

extern const char report_html_start[], report_html_end[];
extern const char report_css_start[], report_css_end[];
extern const char report_js_start[], report_js_end[];
extern const char report_d3_start[], report_d3_end[];

/* What the page is made of. */
struct parts {
	struct plot_data *data;
	const struct report *report;
	char nonce[33];
	char *note; /* why there are no pictures */
	size_t note_size;
};

bool report_has_charts(void)
{
	return &report_d3_end[0] > &report_d3_start[0];
}

static void put_span(struct buf *b, const char *start, const char *end)
{
	buf_put(b, start, (size_t)(end - start));
}

static void put_base64(struct buf *b, const struct buf *bytes)
{
	static const char letters[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes->data;
	size_t i, n;
	uint32_t x;

	for (i = 0; i < bytes->length; i += 3, p += 3) {
		n = bytes->length - i;
		x = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0);
		buf_char(b, letters[x >> 18]);
		buf_char(b, letters[x >> 12 & 63]);
		buf_char(b, n > 1 ? letters[x >> 6 & 63] : '=');
		buf_char(b, n > 2 ? letters[x & 63] : '=');
	}
}

/* The charts that need a library; lists are drawn without. Many points are smaller as pixels. */
static const struct {
	const char *kind;
	enum plot_format format;
	const char *type;
} stills[] = {
	{ "volume", PLOT_SVG, "svg+xml" },
	{ "anomalies", PLOT_PNG, "png" },
	{ "anomalies-3d", PLOT_PNG, "png" },
	{ "timeline", PLOT_SVG, "svg+xml" },
};

/* The name of the file without its folders. */
static const char *source_of(const struct report *r)
{
	const char *slash = r->n_files == 1 ? strrchr(r->files[0], '/') : NULL;

	return slash ? slash + 1 : r->n_files == 1 ? r->files[0] : "all files";
}

/* A picture of gnuplot's as an image, in which no script could run. */
static int put_picture(struct buf *b, const struct parts *p, size_t which)
{
	const struct plot_kind *kind = plot_kind_find(stills[which].kind);
	struct plot_page page = { .width = 960, .top = 20, .source = source_of(p->report) };
	struct buf script = { 0 }, image = { 0 };
	int failed;

	if (plot_check(kind, p->data, p->note, p->note_size))
		return 0;
	page.format = stills[which].format;
	plot_script(&script, kind, p->data, &page);
	failed = plot_gnuplot_run(&script, &image, p->note, p->note_size);
	if (!failed) {
		buf_format(b, "<figure><img alt=\"%s\" width=\"960\" src=\"data:image/%s;base64,",
		           kind->title, stills[which].type);
		put_base64(b, &image);
		buf_text(b, "\"></figure>\n");
	}
	buf_clear(&script);
	buf_clear(&image);
	return failed;
}

static void put_pictures(struct buf *b, const struct parts *p)
{
	size_t i, n = sizeof(stills) / sizeof(stills[0]);

	for (i = 0; i < n && !report_has_charts(); i++)
		if (put_picture(b, p, i))
			return; /* the note tells why */
	*p->note = '\0';
}

static void put_nonce(struct buf *b, const struct parts *p)
{
	buf_text(b, p->nonce);
}

static void put_css(struct buf *b, const struct parts *p)
{
	put_span(b, report_css_start, report_css_end);
}

static void put_js(struct buf *b, const struct parts *p)
{
	put_span(b, report_js_start, report_js_end);
}

static void put_d3(struct buf *b, const struct parts *p)
{
	put_span(b, report_d3_start, report_d3_end);
}

static void put_data(struct buf *b, const struct parts *p)
{
	report_json(b, p->data, p->report);
}

static const struct {
	const char *mark;
	void (*put)(struct buf *b, const struct parts *p);
} marks[] = {
	{ "{{nonce}}", put_nonce }, { "{{css}}", put_css },   { "{{js}}", put_js },
	{ "{{d3}}", put_d3 },       { "{{data}}", put_data }, { "{{pictures}}", put_pictures },
};

/* Put in what the mark at text stands for; its length, or 0: there is none. */
static size_t put_mark(struct buf *b, const char *text, size_t left, const struct parts *p)
{
	size_t i, n;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		n = strlen(marks[i].mark);
		if (n > left || memcmp(text, marks[i].mark, n))
			continue;
		marks[i].put(b, p);
		return n;
	}
	return 0;
}

static int make_nonce(char nonce[33])
{
	unsigned char random[16];
	int i;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	for (i = 0; i < 16; i++)
		sprintf(nonce + 2 * i, "%02x", random[i]);
	return 0;
}

int report_page(struct buf *b, struct plot_data *d, const struct report *r, char *note, size_t size)
{
	struct parts parts = { .data = d, .report = r, .note = note, .note_size = size };
	const char *p = report_html_start, *open;
	size_t n;

	*note = '\0';
	if (make_nonce(parts.nonce))
		return -EIO;
	while (p < report_html_end) {
		n = put_mark(b, p, (size_t)(report_html_end - p), &parts);
		p += n;
		if (n || p == report_html_end)
			continue;
		open = memchr(p + 1, '{', (size_t)(report_html_end - p - 1));
		put_span(b, p, open ? open : report_html_end);
		p = open ? open : report_html_end;
	}
	return b->error;
}
