// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* CSV per RFC 4180, but with bare LF line ends, as every reader takes and Unix tools expect. */
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

static void write_record(struct buf *b, const struct flow_record *r)
{
	union field_value v;
	size_t i;

	for (i = 0; i < n_fields; i++) {
		if (i)
			buf_char(b, ',');
		if (field_is_zero(&fields[i], r)) {
			buf_char(b, '0');
			continue;
		}
		fields[i].get(r, &fields[i], &v);
		if (fields[i].type == FIELD_COUNT && v.count < 10) /* most of them */
			buf_char(b, '0' + v.count);
		else
			field_put_csv(b, &fields[i], &v);
	}
	buf_char(b, '\n');
}

const struct sink_kind sink_csv = {
	.name = "csv",
	.help = "one line a record, the guide's columns first",
	.needs_path = true,
	.begin = begin,
	.write = write_record,
};
