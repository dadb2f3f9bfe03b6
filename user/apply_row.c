// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rows of flows with verdicts. The columns of verdicts are those of the field table; where an input
 * has them already, from an earlier run, they are left out and made anew at the end.
 */
#include "apply_row.h"

#include <stdbool.h>
#include <string.h>

#include "feature.h"
#include "field.h"

static const char *const said[] = { "class", "class_probability", "anomaly_score", "is_anomaly",
	                            "anomaly_reasons" };

#define N_SAID (sizeof(said) / sizeof(said[0]))

static bool is_said(const char *name)
{
	size_t i;

	for (i = 0; i < N_SAID; i++)
		if (!strcmp(said[i], name))
			return true;
	return false;
}

void apply_put_text(struct buf *b, const char *text)
{
	static const struct field f = { .type = FIELD_TEXT };
	union field_value v = { .text = text };

	field_put_csv(b, &f, &v);
}

static void put_record_header(struct buf *b)
{
	size_t i;

	for (i = 0; i < n_fields; i++)
		if (!is_said(fields[i].name))
			buf_format(b, "%s%s", i ? "," : "", fields[i].name);
}

static void put_csv_header(struct buf *b, const struct csv *csv)
{
	size_t i, n = 0;

	for (i = 0; i < csv_columns(csv); i++) {
		if (is_said(csv_column_name(csv, i)))
			continue;
		if (n++)
			buf_char(b, ',');
		apply_put_text(b, csv_column_name(csv, i));
	}
}

void apply_put_row(struct buf *b, const struct flows_view *view)
{
	union field_value v;
	size_t i, n = 0;

	for (i = 0; view->record && i < n_fields; i++) {
		if (is_said(fields[i].name))
			continue;
		if (n++)
			buf_char(b, ',');
		fields[i].get(view->record, &fields[i], &v);
		field_put_csv(b, &fields[i], &v);
	}
	for (i = 0; view->csv && i < csv_columns(view->csv); i++) {
		if (is_said(csv_column_name(view->csv, i)))
			continue;
		if (n++)
			buf_char(b, ',');
		apply_put_text(b, csv_text(view->csv, i));
	}
}

void apply_put_header(struct buf *b, const struct flows_view *view)
{
	if (view->csv)
		put_csv_header(b, view->csv);
	else
		put_record_header(b);
}

void apply_put_verdict_header(struct buf *b)
{
	size_t i;

	for (i = 0; i < N_SAID; i++)
		buf_format(b, ",%s", said[i]);
	buf_char(b, '\n');
}

void apply_put_verdict(struct buf *b, const struct verdict *verdict)
{
	struct flow_record r = { .verdict = verdict };
	union field_value v;
	size_t i;

	for (i = 0; i < N_SAID; i++) {
		const struct field *f = &fields[feature_field(said[i])];

		buf_char(b, ',');
		f->get(&r, f, &v);
		field_put_csv(b, f, &v);
	}
	buf_char(b, '\n');
}
