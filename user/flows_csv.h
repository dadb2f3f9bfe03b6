/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Flow records out of CSV as weir (or the Python guide) writes them, as fast as pictures want. */
#ifndef WEIR_FLOWS_CSV_H
#define WEIR_FLOWS_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the row at hand, not terminated. */
struct flows_text {
	const char *at;
	size_t n;
};

struct flows_row {
	struct flows_text src_ip, dst_ip;
	uint16_t src_port, dst_port; /* 0 where the column is absent */
	uint8_t protocol;
	bool is_anomaly;
	uint64_t start_ns; /* since 1970; 0 where the column is absent */
	uint64_t duration_ns;
	uint64_t bytes, packets;
	double probability;           /* of the class; NaN: not told */
	double score;                 /* as score_samples: -1 .. 0; NaN: not judged */
	struct flows_text class_name; /* n 0: not told */
	struct flows_text reasons;    /* n 0: none */
};

struct flows_csv;

/*
 * Open PATH ("-": stdin), plain or gzip, and read its header. NULL on failure with one line in
 * error: the file, the reason, the next step; also when it is a capture.
 */
struct flows_csv *flows_csv_open(const char *path, char *error, size_t size);

/* Is there a column start_time? */
bool flows_csv_has_times(const struct flows_csv *f);

/* The next record: 1; 0 at the end; negative, and flows_csv_error() tells. Valid until the next. */
int flows_csv_next(struct flows_csv *f, struct flows_row *row);

/* "FILE: line N: what is wrong". */
const char *flows_csv_error(const struct flows_csv *f);

/* How far through the file, 0..1; negative where that is unknown. */
double flows_csv_progress(const struct flows_csv *f);

/* Accepts NULL. */
void flows_csv_close(struct flows_csv *f);

#endif
