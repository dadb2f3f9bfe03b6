/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From rows of normal traffic to an anomaly model in use: fit, threshold, keep. */
#ifndef WEIR_FIT_ANOMALY_H
#define WEIR_FIT_ANOMALY_H

#include <stddef.h>
#include <stdint.h>

#include "matrix.h"
#include "model.h"

struct fit_anomaly {
	double false_positive_rate; /* of rows held back, which the threshold comes from */
	uint64_t random_state;
	uint64_t schema;
	uint32_t n_jobs;   /* 0: all processors */
	const char *about; /* JSON, kept in the model */
};

/* The model comes back opened and is the caller's; NULL with one line in error. */
struct model *fit_anomaly(const struct fit_anomaly *p, const struct matrix *m, char *error,
                          size_t size);

#endif
