// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The screen of weir top as an output. `top` makes and frees it; -o does not know it. */
#include "log.h"
#include "sink.h"
#include "top.h"

static void record(struct sink *s, const struct flow_record *r)
{
	top_record(s->state, r);
}

static void look(struct sink *s, const struct flow_record *r)
{
	top_look(s->state, r);
}

static void report(struct sink *s, const struct sink_report *r)
{
	top_report(s->state, r);
}

/* Of files all is there only now, and a person has time. */
static void final(struct sink *s, const struct sink_report *r)
{
	char error[256];

	if (s->config->live)
		return;
	top_report(s->state, r);
	if (top_browse(s->state, error, sizeof(error)))
		log_error("%s", error);
}

const struct sink_kind sink_top = {
	.name = "top",
	.help = "the screen of weir top",
	.record = record,
	.look = look,
	.report = report,
	.final = final,
};
