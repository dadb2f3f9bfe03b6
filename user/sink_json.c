// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON Lines: one object a record, the field table's names as keys. */
#include "field.h"
#include "sink.h"

static void write_record(struct buf *b, const struct flow_record *r)
{
	union field_value v;
	size_t i;

	for (i = 0; i < n_fields; i++) {
		buf_text(b, i ? ",\"" : "{\"");
		buf_text(b, fields[i].name);
		buf_text(b, "\":");
		if (field_is_zero(&fields[i], r)) {
			buf_char(b, '0');
			continue;
		}
		fields[i].get(r, &fields[i], &v);
		field_put_json(b, &fields[i], &v);
	}
	buf_text(b, "}\n");
}

const struct sink_kind sink_json = {
	.name = "json",
	.help = "JSON Lines, one object a record",
	.needs_path = true,
	.write = write_record,
};
