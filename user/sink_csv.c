// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* CSV per RFC 4180, but with bare LF line ends, as every reader takes and Unix tools expect. */
#include <math.h>

#include "digits.h"
#include "field.h"
#include "sink.h"

static void begin(struct sink *s)
{
	size_t i;

	for (i = 0; i < n_fields; i++) {
		if (i)
			buf_char(&s->out.text, ',');
		buf_text(&s->out.text, fields[i].name);
	}
	buf_char(&s->out.text, '\n');
}

/* Room for a row of numbers alone; NULL: no memory. */
static char *row_room(struct buf *b)
{
	return buf_room(b, n_fields * (DIGITS_ROOM + 1)) ? NULL : b->data + b->length;
}

/* A number and its end, or NULL and the value that is none. */
static char *put_number(char *to, const struct field *f, const struct flow_record *r,
                        union field_value *v)
{
	if (field_is_zero(f, r)) {
		*to = '0';
		return to + 1;
	}
	if (f->size)
		return digits_put(to, field_member(f, r));
	f->get(r, f, v);
	if (f->type == FIELD_COUNT || f->type == FIELD_SECONDS ||
	    (f->type == FIELD_REAL && !isnan(v->real)))
		return field_put_number(to, f, v);
	return NULL;
}

/* Numbers are nearly all of it: they do not ask for room, which is there for all that can follow.
 */
static void write_record(struct buf *b, const struct flow_record *r)
{
	const struct field *f;
	char *to = row_room(b), *end;
	union field_value v;

	for (f = fields; to && f < fields + n_fields; f++) {
		end = put_number(to, f, r, &v);
		if (!end) {
			b->length = to - b->data;
			field_put_csv(b, f, &v);
			end = row_room(b);
			if (!end)
				return;
		}
		*end = ',';
		to = end + 1;
	}
	if (!to)
		return;
	to[-1] = '\n';
	b->length = to - b->data;
}

const struct sink_kind sink_csv = {
	.name = "csv",
	.help = "one line a record, the guide's columns first",
	.needs_path = true,
	.begin = begin,
	.write = write_record,
};
