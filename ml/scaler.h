/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* StandardScaler: mean and (population) standard deviation of each column; 1 where that is 0. */
#ifndef WEIR_SCALER_H
#define WEIR_SCALER_H

#include "matrix.h"

/* mean[n_columns], scale[n_columns]. Weights are not used, as scikit-learn's fit(X) has none. */
void scaler_fit(double *mean, double *scale, const struct matrix *m);

/* (x - mean) / scale for every row, in place. */
void scaler_transform(struct matrix *m, const double *mean, const double *scale);

#endif
