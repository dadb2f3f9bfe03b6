// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The JSON in which models of other libraries come here:
 *
 *     { "format": "weir-model", "version": 1,
 *       "kind": "forest" | "boost" | "anomaly" | "xgboost",
 *       "feature_names": ["a", ...],
 *       "class_names": ["x", ...],              not for an anomaly
 *       "scaler": { "mean": [...], "scale": [...] },        optional
 *       "threshold": -0.5, "max_samples": 256,  of an anomaly; score_samples below is one
 *       "baseline": [...],                      of a boost, a number an output
 *       "about": {...},                         optional, kept as it is
 *       "trees": [ { "feature": [0, -1, -1], "threshold": [0.5, 0, 0],
 *                    "left": [1, 0, 0], "right": [2, 0, 0], "cover": [9, 4, 5],
 *                    "value": [...] }, ... ] }
 *
 * feature -1 is a leaf; value holds the leaves' numbers in the order of the leaves: class shares
 * (forest), the summand (boost: tree t adds to output t modulo their number) or the path length
 * (anomaly). A row goes left when it is <= threshold; thresholds are float64 and are rounded down
 * to float32, which changes nothing for rows in float32. scikit-learn's forests cast rows so
 * themselves; its HistGradientBoosting compares in float64, so there a row whose value is no
 * float32 can go another way when it lies within half a float32 step of a threshold.
 *
 * "xgboost" has the library's own JSON as "xgboost" in place of trees. Such JSON alone, as its
 * save_model() writes it, is read as well.
 */
#include "model_import.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "model_draft.h"

struct import {
	struct model_draft d;
	struct json j;
	struct forest_branch *branches; /* of one tree */
	double *values;                 /* of its leaves */
	uint32_t n_branches, n_values;  /* capacities */
};

/* The n numbers of an array into to[]. 0 or negative. */
static int take_numbers(struct import *im, double *to, uint32_t array, uint32_t n, const char *name)
{
	const struct json *j = &im->j;
	uint32_t i, t = json_first(array);

	if (!array || json_type(j, array) != JSON_ARRAY || j->tokens[array].count != n)
		return draft_fail(&im->d, "%s: an array of %u numbers is wanted", name, n);
	for (i = 0; i < n; i++, t = json_next(j, t)) {
		to[i] = json_number(j, t);
		if (!isfinite(to[i]))
			return draft_fail(&im->d, "%s: a finite number is wanted (at %u)", name, i);
	}
	return 0;
}

static int take_names(struct import *im, const char **names, uint32_t array, uint32_t n,
                      const char *what)
{
	const struct json *j = &im->j;
	uint32_t i, t = json_first(array);

	if (json_type(j, array) != JSON_ARRAY || j->tokens[array].count != n)
		return draft_fail(&im->d, "%s: an array of %u names is wanted", what, n);
	for (i = 0; i < n; i++, t = json_next(j, t)) {
		names[i] = json_text(j, t);
		if (!names[i])
			return draft_fail(&im->d, "%s: a text is wanted (at %u)", what, i);
	}
	return 0;
}

static bool grow(void *array, uint32_t *capacity, uint32_t n, size_t size)
{
	void *old, *grown;

	if (n <= *capacity)
		return true;
	memcpy(&old, array, sizeof(old));
	grown = realloc(old, n * size);
	if (!grown)
		return false;
	memcpy(array, &grown, sizeof(grown));
	*capacity = n;
	return true;
}

/* The arrays of a tree, walked side by side. */
enum column {
	FEATURE,
	THRESHOLD,
	LEFT,
	RIGHT,
	COVER,
	COLUMNS,
};

static const char *const column_names[COLUMNS] = { "feature", "threshold", "left", "right",
	                                           "cover" };

static int begin_tree(struct import *im, uint32_t tree, uint32_t at[COLUMNS], uint32_t *n)
{
	const struct json *j = &im->j;
	int i;

	for (i = 0; i < COLUMNS; i++) {
		uint32_t array = json_member(j, tree, column_names[i]);

		if (!array || json_type(j, array) != JSON_ARRAY)
			return draft_fail(&im->d, "a tree has no array '%s'", column_names[i]);
		if (i && j->tokens[array].count != *n)
			return draft_fail(&im->d, "a tree's arrays have unequal lengths");
		*n = j->tokens[array].count;
		at[i] = json_first(array);
	}
	if (!grow(&im->branches, &im->n_branches, *n, sizeof(*im->branches)))
		return draft_fail(&im->d, "no memory");
	return 0;
}

static int take_branch(struct import *im, struct forest_branch *b, uint32_t at[COLUMNS])
{
	double x[COLUMNS];
	int i;

	for (i = 0; i < COLUMNS; i++) {
		x[i] = json_number(&im->j, at[i]);
		at[i] = json_next(&im->j, at[i]);
		if (!isfinite(x[i]))
			return draft_fail(&im->d, "a tree's '%s' is no finite number",
			                  column_names[i]);
	}
	if (x[FEATURE] != floor(x[FEATURE]) || x[FEATURE] < -1 || x[FEATURE] > INT32_MAX ||
	    x[LEFT] != floor(x[LEFT]) || x[RIGHT] != floor(x[RIGHT]))
		return draft_fail(&im->d, "a tree's indices are not whole numbers");
	if (x[FEATURE] >= 0 &&
	    (x[LEFT] < 0 || x[RIGHT] < 0 || x[LEFT] > UINT32_MAX || x[RIGHT] > UINT32_MAX))
		return draft_fail(&im->d, "a tree's children are out of range");
	*b = (struct forest_branch){
		.feature = (int32_t)x[FEATURE],
		.threshold = draft_threshold(x[THRESHOLD]),
		.cover = (float)x[COVER],
	};
	if (b->feature >= 0) {
		b->left = (uint32_t)x[LEFT];
		b->right = (uint32_t)x[RIGHT];
	}
	return 0;
}

/* Give the leaves among n branches their values. */
static int take_values(struct import *im, uint32_t tree, uint32_t n)
{
	uint32_t width = im->d.m.kind == MODEL_FOREST_CLASSIFIER ? im->d.m.n_classes : 1;
	uint64_t leaves = 0, i;
	double *next;
	int status;

	for (i = 0; i < n; i++)
		leaves += im->branches[i].feature < 0;
	if (leaves * width > UINT32_MAX / sizeof(double) ||
	    !grow(&im->values, &im->n_values, (uint32_t)(leaves * width), sizeof(*im->values)))
		return draft_fail(&im->d, "no memory");
	status = take_numbers(im, im->values, json_member(&im->j, tree, "value"),
	                      (uint32_t)(leaves * width), "value");
	next = im->values;
	for (i = 0; !status && i < n; i++)
		if (im->branches[i].feature < 0) {
			im->branches[i].value = next;
			next += width;
		}
	return status;
}

static int take_tree(struct import *im, uint32_t tree)
{
	uint32_t at[COLUMNS], n = 0, i;
	int status = begin_tree(im, tree, at, &n);

	for (i = 0; !status && i < n; i++)
		status = take_branch(im, &im->branches[i], at);
	if (!status)
		status = take_values(im, tree, n);
	if (status)
		return status;
	status = forest_add_tree(im->d.forest, im->branches, n);
	if (status == -EINVAL)
		return draft_fail(&im->d, "its branches make no tree");
	return status ? draft_fail(&im->d, "no memory") : 0;
}

static int take_trees(struct import *im, uint32_t root)
{
	uint32_t trees = json_member(&im->j, root, "trees"), i, t = json_first(trees);
	char reason[120];

	if (!trees || json_type(&im->j, trees) != JSON_ARRAY)
		return draft_fail(&im->d, "trees: an array is wanted");
	for (i = 0; i < im->j.tokens[trees].count; i++, t = json_next(&im->j, t)) {
		if (!take_tree(im, t))
			continue;
		snprintf(reason, sizeof(reason), "%s", im->d.error);
		return draft_fail(&im->d, "tree %u: %s", i, reason);
	}
	return 0;
}

static int take_scaler(struct import *im, uint32_t root)
{
	uint32_t scaler = json_member(&im->j, root, "scaler");
	int status;

	if (!scaler || json_type(&im->j, scaler) == JSON_NULL)
		return 0;
	status = draft_scaler(&im->d);
	if (!status)
		status = take_numbers(im, im->d.mean, json_member(&im->j, scaler, "mean"),
		                      im->d.m.n_features, "mean");
	if (!status)
		status = take_numbers(im, im->d.scale, json_member(&im->j, scaler, "scale"),
		                      im->d.m.n_features, "scale");
	return status;
}

static int take_number(struct import *im, double *to, uint32_t root, const char *name)
{
	uint32_t t = json_member(&im->j, root, name);

	*to = t ? json_number(&im->j, t) : NAN;
	return isfinite(*to) ? 0 : draft_fail(&im->d, "%s: a finite number is wanted", name);
}

/* What only an anomaly has. */
static int take_anomaly(struct import *im, uint32_t root)
{
	double samples;
	int status = take_number(im, &im->d.m.threshold, root, "threshold");

	if (!status)
		status = take_number(im, &samples, root, "max_samples");
	if (!status && (samples < 1 || samples > UINT32_MAX))
		status = draft_fail(&im->d, "max_samples: a count is wanted");
	if (!status)
		im->d.forest->max_samples = (uint32_t)samples;
	return status;
}

static int take_kind(struct import *im, uint32_t root, enum model_kind *kind, bool *xgboost)
{
	static const char *const names[] = {
		[MODEL_FOREST_CLASSIFIER] = "forest",
		[MODEL_BOOST_CLASSIFIER] = "boost",
		[MODEL_ANOMALY] = "anomaly",
	};
	uint32_t t = json_member(&im->j, root, "kind");
	const char *name = t ? json_text(&im->j, t) : NULL;
	int i;

	*xgboost = name && !strcmp(name, "xgboost");
	*kind = MODEL_BOOST_CLASSIFIER;
	for (i = 0; name && i <= MODEL_ANOMALY; i++)
		if (!strcmp(name, names[i])) {
			*kind = i;
			return 0;
		}
	if (*xgboost)
		return 0;
	return draft_fail(&im->d, "kind: forest, boost, anomaly or xgboost is wanted");
}

static uint32_t count_of(const struct import *im, uint32_t array)
{
	return array && json_type(&im->j, array) == JSON_ARRAY ? im->j.tokens[array].count : 0;
}

static int take_own(struct import *im, uint32_t root)
{
	uint32_t features = json_member(&im->j, root, "feature_names");
	uint32_t classes = json_member(&im->j, root, "class_names");
	struct model_draft *d = &im->d;
	enum model_kind kind;
	bool xgboost;
	int status = take_kind(im, root, &kind, &xgboost);

	if (status)
		return status;
	if (xgboost)
		status = import_xgboost(d, &im->j, json_member(&im->j, root, "xgboost"));
	else
		status = draft_begin(d, kind, count_of(im, features), count_of(im, classes));
	if (!status && features)
		status = take_names(im, d->m.feature_names, features, d->m.n_features,
		                    "feature_names");
	if (!status && classes)
		status = take_names(im, d->m.class_names, classes, d->m.n_classes, "class_names");
	if (!status)
		status = take_scaler(im, root);
	if (status || xgboost)
		return status;
	if (kind == MODEL_ANOMALY)
		status = take_anomaly(im, root);
	if (kind == MODEL_BOOST_CLASSIFIER)
		status = take_numbers(im, d->forest->baseline,
		                      json_member(&im->j, root, "baseline"), d->forest->n_outputs,
		                      "baseline");
	return status ? status : take_trees(im, root);
}

static int take_any(struct import *im)
{
	uint32_t format = json_member(&im->j, 0, "format"), about;
	const char *name = format ? json_text(&im->j, format) : NULL;
	uint32_t version = json_member(&im->j, 0, "version");

	if (json_member(&im->j, 0, "learner"))
		return import_xgboost(&im->d, &im->j, 0);
	if (!name || strcmp(name, "weir-model"))
		return draft_fail(&im->d,
		                  "it is neither of tools/export_sklearn.py nor of XGBoost");
	if (!version || json_number(&im->j, version) != 1)
		return draft_fail(&im->d, "version: 1 is wanted");
	about = json_member(&im->j, 0, "about");
	if (about && json_type(&im->j, about) == JSON_OBJECT)
		im->d.about = json_print(&im->j, about);
	return take_own(im, 0);
}

struct model *model_import_json(char *text, size_t length, char *error, size_t size)
{
	struct import im = { .d = { .error = error, .size = size } };
	struct model *m = NULL;

	if (json_parse(&im.j, text, length, error, size))
		return NULL;
	if (!take_any(&im))
		m = draft_finish(&im.d);
	draft_clear(&im.d);
	json_clear(&im.j);
	free(im.branches);
	free(im.values);
	return m;
}
