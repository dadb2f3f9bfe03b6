/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which rows to learn from and which to be asked about. */
#ifndef WEIR_SPLIT_H
#define WEIR_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "dataset.h"

enum split_kind {
	SPLIT_BY_FILE, /* all of a file on one side */
	SPLIT_BY_TIME, /* the last part by the start of the flows */
	SPLIT_RANDOM,  /* flows drawn; flatters when flows of a file are alike */
};

/*
 * Cut into n_folds (by files or at random; classes are spread evenly over the folds as far as files
 * can be): fold[n_rows] = 0 .. n_folds - 1. SPLIT_BY_TIME cuts into n_folds parts of equal length
 * in rows. 0, -ENOMEM, or -EINVAL when there are fewer files or flows than folds.
 */
int split_folds(int32_t *fold, const struct dataset *d, enum split_kind kind, size_t n_folds,
                uint64_t seed);

/* Put about `part` of the rows into fold 1, the rest into 0. Errors as above. */
int split_part(int32_t *fold, const struct dataset *d, enum split_kind kind, double part,
               uint64_t seed);

#endif
