// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Text is taken apart by the locale's rules (mbrtowc, wcwidth): what has no width of its own
 * (combining marks, direction overrides) is not shown, so that nothing moves what stands beside it.
 */
#include "top_canvas.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

int top_canvas_reset(struct top_canvas *c, int width, int height)
{
	size_t n = (size_t)width * height, i;
	struct top_cell *cells = realloc(c->cells, (n ? n : 1) * sizeof(*cells));

	if (!cells) {
		top_canvas_clear(c);
		return -ENOMEM;
	}
	for (i = 0; i < n; i++)
		cells[i] = (struct top_cell){ L' ', TOP_PLAIN };
	c->cells = cells;
	c->width = width;
	c->height = height;
	return 0;
}

void top_canvas_clear(struct top_canvas *c)
{
	free(c->cells);
	c->cells = NULL;
	c->width = c->height = 0;
}

void top_canvas_char(struct top_canvas *c, int y, int x, enum top_style style, wchar_t ch)
{
	if (y >= 0 && y < c->height && x >= 0 && x < c->width)
		c->cells[y * c->width + x] = (struct top_cell){ ch, style };
}

/* What is shown of the next character: its cells into out[4], bytes taken; n cells. */
static size_t next_glyph(const struct top_canvas *c, const char *text, wchar_t out[4], int *n)
{
	static const wchar_t hex[] = L"0123456789abcdef";
	unsigned char byte = *text;
	mbstate_t state = { 0 };
	wchar_t wide = byte;
	size_t taken = 1;
	int width = 1;

	if (byte >= 0x80) {
		taken = c->unicode ? mbrtowc(&wide, text, strlen(text), &state) : (size_t)-1;
		width = taken < (size_t)-2 ? wcwidth(wide) : 0;
		taken = taken < (size_t)-2 ? taken : 1;
	}
	*n = 1;
	if (byte < 0x20 || byte == 0x7f) {
		memcpy(out, (wchar_t[4]){ L'\\', L'x', hex[byte >> 4], hex[byte & 15] },
		       4 * sizeof(*out));
		*n = 4;
	} else if (width < 1) {
		out[0] = L'?';
	} else {
		out[0] = wide;
		out[1] = 0;
		*n = width;
	}
	return taken;
}

int top_canvas_width(const struct top_canvas *c, const char *text)
{
	wchar_t glyph[4];
	int width = 0, n;

	while (*text) {
		text += next_glyph(c, text, glyph, &n);
		width += n;
	}
	return width;
}

int top_canvas_put(struct top_canvas *c, int y, int x, int width, enum top_style style,
                   const char *text)
{
	int end = width < 0 || width > c->width - x ? c->width : x + width, n, i;
	bool cut = top_canvas_width(c, text) > end - x;
	wchar_t glyph[4];

	while (*text) {
		text += next_glyph(c, text, glyph, &n);
		if (x + n > end - cut)
			break;
		for (i = 0; i < n; i++)
			top_canvas_char(c, y, x++, style, glyph[i]);
	}
	if (cut && x < end)
		top_canvas_char(c, y, x++, style, L'~');
	return x;
}

int top_canvas_format(struct top_canvas *c, int y, int x, enum top_style style, const char *format,
                      ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return top_canvas_put(c, y, x, -1, style, text);
}

void top_canvas_paint(struct top_canvas *c, int y, enum top_style style)
{
	int x;

	for (x = 0; y >= 0 && y < c->height && x < c->width; x++)
		c->cells[y * c->width + x].style = style;
}

void top_canvas_line(const struct top_canvas *c, int y, char *text, size_t size)
{
	const struct top_cell *cell = &c->cells[y * c->width];
	int last = c->width, x;
	char bytes[MB_LEN_MAX];
	mbstate_t state = { 0 };
	size_t used = 0, n;

	while (last && cell[last - 1].c == L' ')
		last--;
	for (x = 0; x < last; x++) {
		n = cell[x].c ? wcrtomb(bytes, cell[x].c, &state) : 0;
		if (n >= (size_t)-2 || used + n >= size)
			break;
		memcpy(text + used, bytes, n);
		used += n;
	}
	text[used] = '\0';
}
