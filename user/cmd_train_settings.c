// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * weir train: from options to the settings of the three trainers. What an option means may depend
 * on the kind of model; what is not given is as the trainer has it.
 */
#include <errno.h>
#include <string.h>

#include "cmd_learn.h"
#include "cmd_train.h"
#include "log.h"

/* Of a forest: what a split looks at. */
static int read_split_features(struct train_options *o)
{
	struct train_forest *f = &o->fit.forest;

	if (!strcmp(o->max_features, "sqrt")) {
		f->max_features = TRAIN_SQRT;
	} else if (!strcmp(o->max_features, "log2")) {
		f->max_features = TRAIN_LOG2;
	} else if (!strcmp(o->max_features, "all")) {
		f->max_features = TRAIN_ALL;
	} else {
		if (learn_real("max-features", o->max_features, 1e-9, FEATURE_MAX,
		               &f->max_features_value))
			return -EINVAL;
		f->max_features = strchr(o->max_features, '.') ? TRAIN_FRACTION : TRAIN_COUNT;
	}
	return 0;
}

/* Of other models: the part that a tree looks at. */
static int read_tree_features(const char *text, double *part)
{
	if (!strcmp(text, "all")) {
		*part = 1;
		return 0;
	}
	if (!strchr(text, '.')) {
		log_error("--max-features: '%s' is for --algorithm forest; the trees of other "
		          "models take all or a part as 0.5",
		          text);
		return -EINVAL;
	}
	return learn_real("max-features", text, 1e-9, 1, part);
}

static int read_max_features(struct train_options *o)
{
	if (!o->max_features)
		return 0;
	if (o->fit.kind == MODEL_FOREST_CLASSIFIER)
		return read_split_features(o);
	return read_tree_features(o->max_features, o->fit.kind == MODEL_ANOMALY
	                                                   ? &o->fit.isolation.max_features
	                                                   : &o->fit.boost.max_features);
}

static int read_max_samples(struct train_options *o)
{
	double x;

	if (!o->max_samples || !strcmp(o->max_samples, "auto"))
		return 0;
	if (o->fit.kind == MODEL_ANOMALY) {
		if (learn_real("max-samples", o->max_samples, 2, 1e9, &x))
			return -EINVAL;
		o->fit.isolation.max_samples = (uint32_t)x;
		return 0;
	}
	return learn_real("max-samples", o->max_samples, 1e-9, 1, &o->fit.forest.max_samples);
}

static int read_reals(struct train_options *o)
{
	if (learn_real("test-size", o->test_size, 0.01, 0.99, &o->test_part) ||
	    learn_real("learning-rate", o->learning_rate, 1e-6, 10, &o->fit.boost.learning_rate) ||
	    learn_real("l2-regularization", o->l2_regularization, 0, 1e9,
	               &o->fit.boost.l2_regularization) ||
	    learn_real("false-positive-rate", o->false_positive_rate, 0, 0.5,
	               &o->false_positive_part) ||
	    (o->contamination &&
	     learn_real("contamination", o->contamination, 1e-9, 0.5, &o->contamination_part)))
		return -EINVAL;
	return read_max_features(o) || read_max_samples(o) ? -EINVAL : 0;
}

int train_settings(struct train_options *o, bool anomaly)
{
	struct train_common common = {
		.random_state = o->data.random_state,
		.n_jobs = (uint32_t)o->n_jobs,
	};
	struct dataset_fit_settings *s = &o->fit;
	enum train_class_weight weight = o->class_weight ? TRAIN_WEIGHT_BALANCED
	                                                 : TRAIN_WEIGHT_NONE;

	s->kind = anomaly        ? MODEL_ANOMALY
	          : o->algorithm ? MODEL_FOREST_CLASSIFIER
	                         : MODEL_BOOST_CLASSIFIER;
	s->forest = train_forest_defaults;
	s->boost = train_boost_defaults;
	s->isolation = train_isolation_defaults;
	s->forest.common = s->boost.common = s->isolation.common = common;
	s->forest.class_weight = s->boost.class_weight = weight;
	s->forest.n_estimators = s->isolation.n_estimators = o->n_estimators;
	s->forest.max_depth = s->boost.max_depth = o->max_depth;
	s->forest.min_samples_split = o->min_samples_split;
	s->forest.bootstrap = o->bootstrap;
	if (o->min_samples_leaf)
		s->forest.min_samples_leaf = s->boost.min_samples_leaf = o->min_samples_leaf;
	s->boost.max_iter = o->max_iter;
	s->boost.max_leaf_nodes = o->max_leaf_nodes;
	s->boost.max_bins = o->max_bins;
	return read_reals(o);
}
