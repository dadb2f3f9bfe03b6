// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a row says: its rates, and itself as a record again. */
#include <string.h>

#include "top_model.h"

static double rate(const struct top_model *m, const struct top_row *row, const uint64_t *moved,
                   const uint64_t *all)
{
	uint64_t ns = row->end_ns - row->start_ns;

	if (!m->config.live)
		return ns ? (all[0] + all[1]) * 1e9 / ns : 0;
	if (row->tick + 1 != m->tick || !m->interval_ns)
		return 0;
	return (moved[0] + moved[1]) * 1e9 / m->interval_ns;
}

double top_row_bytes_rate(const struct top_model *m, const struct top_row *row)
{
	return rate(m, row, row->moved_bytes, row->bytes);
}

double top_row_packets_rate(const struct top_model *m, const struct top_row *row)
{
	return rate(m, row, row->moved_packets, row->packets);
}

static uint64_t start_of(const struct flow_side *fwd, const struct flow_side *rev)
{
	return !rev->packets || (fwd->packets && fwd->first_ns < rev->first_ns) ? fwd->first_ns
	                                                                        : rev->first_ns;
}

struct flow_record top_row_record(const struct top_model *m, const struct top_row *row,
                                  const struct top_side *side, struct verdict *v)
{
	*v = (struct verdict){
		.has_class = row->marks & TOP_CLASSIFIED,
		.has_score = row->marks & TOP_SCORED,
		.is_anomaly = row->marks & TOP_ANOMALY,
		.class_name = row->class ? m->class_name[row->class] : NULL,
		.class_probability = row->probability,
		.anomaly_score = row->score,
	};
	memcpy(v->why, side->why, sizeof(side->why));
	return (struct flow_record){
		.key = row->key,
		.fwd = &side->fwd,
		.rev = &side->rev,
		.start_ns = start_of(&side->fwd, &side->rev),
		.end_ns = row->end_ns - m->wall_ns,
		.wall_ns = m->wall_ns,
		.end = row->end,
		.verdict = v,
	};
}
