// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The defaults: scikit-learn's, but for boosting's max_features (train.h tells why). */
#include "train.h"

const struct train_forest train_forest_defaults = {
	.n_estimators = 100,
	.min_samples_split = 2,
	.min_samples_leaf = 1,
	.max_features = TRAIN_SQRT,
	.bootstrap = true,
	.max_samples = 1,
};

const struct train_boost train_boost_defaults = {
	.learning_rate = 0.1,
	.max_iter = 100,
	.max_leaf_nodes = 31,
	.min_samples_leaf = 20,
	.max_bins = 255,
	.max_features = 0.5,
};

const struct train_isolation train_isolation_defaults = {
	.n_estimators = 100,
	.max_samples = 256,
	.max_features = 1,
};
