/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What pictures are drawn from: flow records, summed up in bounded memory while they are read. The
 * totals, the volume, protocols and ports are exact however many records there are.
 */
#ifndef WEIR_PLOT_DATA_H
#define WEIR_PLOT_DATA_H

#include "flows_csv.h"
#include "plot_bins.h"
#include "plot_pick.h"
#include "plot_top.h"

#define PLOT_ANOMALIES 5000  /* points kept for their score */
#define PLOT_POINTS    20000 /* points in all */
#define PLOT_BARS      300   /* flows kept for their bytes */
#define PLOT_PORTS     65536

struct plot_sum {
	uint64_t flows, packets, bytes;
};

/* Protocols whose ports are told apart. */
enum plot_ported {
	PLOT_TCP,
	PLOT_UDP,
	PLOT_SCTP,
	PLOT_OTHER,
	PLOT_N_PORTED,
};

struct plot_port {
	uint64_t bytes;
	uint64_t flows;
};

struct plot_data {
	struct plot_sum all;
	uint64_t first_ns, last_ns; /* of the records' times; 0, 0 without */
	uint64_t untimed;           /* records without start_time */
	struct plot_sum protocol[256];
	struct plot_port *port;   /* [PLOT_N_PORTED][PLOT_PORTS], by the responder's port */
	struct plot_top *hosts;   /* bytes of their flows; first: as initiator */
	struct plot_top *classes; /* flows */
	struct plot_bins bins;
	struct plot_pick anomalies; /* by score, the most unusual */
	struct plot_sample others;
	struct plot_pick largest; /* by bytes */
	uint64_t classed;         /* records with a class */
	uint64_t scored;          /* with a score */
	uint64_t unusual;         /* with is_anomaly */
	double least_score, most_score;
};

/* NULL: no memory. */
struct plot_data *plot_data_new(void);

/* Add a file. 0, or negative with one line in error; what came before the fault is added. */
int plot_data_read(struct plot_data *d, const char *path, char *error, size_t size);

/* After the last file: put the picked flows in order. */
void plot_data_finish(struct plot_data *d);

/* The flows shown as points, the unusual first: i < plot_data_points(). */
size_t plot_data_points(const struct plot_data *d);
const struct plot_flow *plot_data_point(const struct plot_data *d, size_t i);

/* Accepts NULL. */
void plot_data_free(struct plot_data *d);

#endif
