// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The live page as an output. The pipeline opens and closes its server; -o does not know it. */
#include "http.h"
#include "sink.h"

static void record(struct sink *s, const struct flow_record *r)
{
	page_record(http_page(s->state), r);
}

static void look(struct sink *s, const struct flow_record *r)
{
	page_look(http_page(s->state), r);
}

static void report(struct sink *s, const struct sink_report *r)
{
	page_report(http_page(s->state), r);
	http_sweep(s->state);
}

const struct sink_kind sink_page = {
	.name = "page",
	.help = "the live page of --http",
	.record = record,
	.look = look,
	.report = report,
};
