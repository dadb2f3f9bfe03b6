// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Field values as CSV and JSON. Numbers are the same text in both; only text and absence differ. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "addr.h"
#include "digits.h"
#include "field.h"

#define SECOND_DECIMALS 9

static bool is_absent(const struct field *f, const union field_value *v)
{
	return (f->type == FIELD_TEXT && !v->text) || (f->type == FIELD_REAL && isnan(v->real)) ||
	       (f->type == FIELD_FLAG && v->count == FIELD_ABSENT);
}

char *field_put_number(char *to, const struct field *f, const union field_value *v)
{
	if (f->type == FIELD_REAL)
		return digits_put_real(to, v->real);
	if (f->type == FIELD_SECONDS)
		return digits_put_decimal(to, v->count, SECOND_DECIMALS);
	return digits_put(to, v->count);
}

static void put_number(struct buf *b, const struct field *f, const union field_value *v)
{
	if (!buf_room(b, DIGITS_ROOM))
		b->length = field_put_number(b->data + b->length, f, v) - b->data;
}

static void put_csv_text(struct buf *b, const char *text)
{
	const char *p;

	if (!strpbrk(text, "\",\r\n=+-@\t")) {
		buf_text(b, text);
		return;
	}
	buf_char(b, '"');
	if (strchr("=+-@\t\r", *text))
		buf_char(b, '\'');
	for (p = text; *p; p++) {
		if (*p == '"')
			buf_char(b, '"');
		buf_char(b, *p);
	}
	buf_char(b, '"');
}

void field_put_csv(struct buf *b, const struct field *f, const union field_value *v)
{
	char address[ADDR_TEXT];

	if (is_absent(f, v))
		return;
	if (f->type == FIELD_ADDRESS)
		buf_put(b, address, addr_format(v->ip.address, v->ip.version, address));
	else if (f->type != FIELD_TEXT)
		put_number(b, f, v);
	else
		put_csv_text(b, v->text);
}

/* Length of the UTF-8 sequence at p, 0 if it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *p)
{
	size_t n = p[0] < 0x80       ? 1
	           : p[0] >> 5 == 6  ? 2
	           : p[0] >> 4 == 14 ? 3
	           : p[0] >> 3 == 30 ? 4
	                             : 0;
	size_t i;

	for (i = 1; i < n; i++)
		if (p[i] >> 6 != 2)
			return 0;
	if ((n == 2 && p[0] < 0xc2) || (n == 3 && p[0] == 0xe0 && p[1] < 0xa0) ||
	    (n == 3 && p[0] == 0xed && p[1] >= 0xa0) || (n == 4 && p[0] == 0xf0 && p[1] < 0x90) ||
	    (n == 4 && (p[0] > 0xf4 || (p[0] == 0xf4 && p[1] >= 0x90))))
		return 0;
	return n;
}

void field_put_json_text(struct buf *b, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;

	buf_char(b, '"');
	while (*p) {
		n = utf8_length(p);
		if (*p < 0x20 || *p == 0x7f)
			buf_format(b, "\\u%04x", *p);
		else if (*p == '"' || *p == '\\')
			buf_format(b, "\\%c", *p);
		else if (n)
			buf_put(b, p, n);
		else
			buf_text(b, "\xef\xbf\xbd");
		p += n ? n : 1;
	}
	buf_char(b, '"');
}

void field_put_json(struct buf *b, const struct field *f, const union field_value *v)
{
	char address[ADDR_TEXT];

	if (is_absent(f, v)) {
		buf_text(b, "null");
	} else if (f->type == FIELD_ADDRESS) {
		buf_char(b, '"');
		buf_put(b, address, addr_format(v->ip.address, v->ip.version, address));
		buf_char(b, '"');
	} else if (f->type == FIELD_FLAG) {
		buf_text(b, v->count ? "true" : "false");
	} else if (f->type != FIELD_TEXT) {
		put_number(b, f, v);
	} else {
		field_put_json_text(b, v->text);
	}
}
