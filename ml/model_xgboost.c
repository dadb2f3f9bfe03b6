// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The JSON of XGBoost 1.x and 2.x, trees for classes (gbtree; binary:logistic, multi:softprob and
 * multi:softmax). There a row goes left when it is below the threshold, so the threshold becomes
 * the next smaller float32. The library sums in float32, we in float64: probabilities agree within
 * some 1e-6. Rows hold no NaN, so the side of missing values does not matter.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "model_draft.h"
#include "model_import.h"

struct booster {
	struct model_draft *d;
	const struct json *j;
	uint32_t learner, trees, info; /* tokens */
	uint32_t *tree, *output;       /* [n_trees]: token, and which output it adds to */
	uint32_t n_trees;
	struct forest_branch *branches;
	double *values;
	uint32_t capacity;
};

/* The member at a path of names, ended by NULL; 0: not there. */
static uint32_t find(const struct json *j, uint32_t t, const char *const *names)
{
	for (; *names; names++) {
		t = json_member(j, t, *names);
		if (!t)
			return 0;
	}
	return t;
}
#define FIND(b, t, ...) find((b)->j, t, (const char *const[]){ __VA_ARGS__, NULL })

static double number_at(const struct booster *b, uint32_t t)
{
	return t ? json_number(b->j, t) : NAN;
}

/* Log-odds, or just numbers, that every sum begins with. */
static int take_baseline(struct booster *b)
{
	double base = number_at(b, FIND(b, b->learner, "learner_model_param", "base_score"));
	uint32_t i;

	if (!isfinite(base))
		return draft_fail(b->d, "base_score: a number is wanted");
	if (b->d->m.n_classes == 2) {
		if (base <= 0 || base >= 1)
			return draft_fail(b->d, "base_score: a probability is wanted");
		base = log(base / (1 - base));
	}
	for (i = 0; i < b->d->forest->n_outputs; i++)
		b->d->forest->baseline[i] = base;
	return 0;
}

static int begin(struct booster *b)
{
	uint32_t objective = FIND(b, b->learner, "objective", "name");
	const char *name = objective ? json_text(b->j, objective) : NULL;
	double classes = number_at(b, FIND(b, b->learner, "learner_model_param", "num_class"));
	double features = number_at(b, FIND(b, b->learner, "learner_model_param", "num_feature"));
	bool binary = name && !strcmp(name, "binary:logistic");
	int status;

	if (!binary && (!name || strncmp(name, "multi:soft", 10)))
		return draft_fail(b->d, "objective: binary:logistic, multi:softprob or "
		                        "multi:softmax is wanted");
	if (!(features >= 1 && features <= UINT32_MAX) ||
	    !(binary || (classes >= 3 && classes <= UINT32_MAX)))
		return draft_fail(b->d, "num_feature or num_class is out of range");
	status = draft_begin(b->d, MODEL_BOOST_CLASSIFIER, (uint64_t)features,
	                     binary ? 2 : (uint64_t)classes);
	return status ? status : take_baseline(b);
}

/* Its own names of features, if it has them all. */
static void take_names(struct booster *b)
{
	uint32_t names = json_member(b->j, b->learner, "feature_names"), i, t = json_first(names);

	if (!names || json_type(b->j, names) != JSON_ARRAY ||
	    b->j->tokens[names].count != b->d->m.n_features)
		return;
	for (i = 0; i < b->d->m.n_features; i++, t = json_next(b->j, t))
		if (json_text(b->j, t))
			b->d->m.feature_names[i] = json_text(b->j, t);
}

/* Which trees there are, and what each adds to. */
static int find_trees(struct booster *b)
{
	uint32_t booster = json_member(b->j, b->learner, "gradient_booster"), name, i, t, u;

	name = booster ? json_member(b->j, booster, "name") : 0;
	if (!name || !json_text(b->j, name) || strcmp(json_text(b->j, name), "gbtree"))
		return draft_fail(b->d, "gradient_booster: gbtree is wanted");
	b->trees = FIND(b, booster, "model", "trees");
	b->info = FIND(b, booster, "model", "tree_info");
	if (!b->trees || !b->info || json_type(b->j, b->trees) != JSON_ARRAY ||
	    json_type(b->j, b->info) != JSON_ARRAY ||
	    b->j->tokens[b->trees].count != b->j->tokens[b->info].count)
		return draft_fail(b->d, "trees and tree_info: arrays of one length are wanted");
	b->n_trees = b->j->tokens[b->trees].count;
	b->tree = calloc(b->n_trees + 1, sizeof(*b->tree));
	b->output = calloc(b->n_trees + 1, sizeof(*b->output));
	if (!b->tree || !b->output)
		return draft_fail(b->d, "no memory");
	t = json_first(b->trees);
	u = json_first(b->info);
	for (i = 0; i < b->n_trees; i++, t = json_next(b->j, t), u = json_next(b->j, u)) {
		double output = json_number(b->j, u);

		if (!(output >= 0 && output < b->d->forest->n_outputs))
			return draft_fail(b->d, "tree_info: a class is wanted (at %u)", i);
		b->tree[i] = t;
		b->output[i] = (uint32_t)output;
	}
	return 0;
}

enum column {
	FEATURE,
	CONDITION,
	LEFT,
	RIGHT,
	HESSIAN,
	COLUMNS,
};

/* Columns of a tree, walked side by side. */
static int begin_tree(struct booster *b, uint32_t tree, uint32_t at[COLUMNS], uint32_t *n)
{
	static const char *const names[] = { "split_indices", "split_conditions", "left_children",
		                             "right_children", "sum_hessian" };
	uint32_t types = json_member(b->j, tree, "categories"), i;

	if (types && b->j->tokens[types].count)
		return draft_fail(b->d, "it splits by category, which is not supported");
	for (i = 0; i < COLUMNS; i++) {
		uint32_t array = json_member(b->j, tree, names[i]);

		if (!array || json_type(b->j, array) != JSON_ARRAY ||
		    (i && b->j->tokens[array].count != *n))
			return draft_fail(b->d, "it has no array '%s', or one of other length",
			                  names[i]);
		*n = b->j->tokens[array].count;
		at[i] = json_first(array);
	}
	if (*n <= b->capacity)
		return 0;
	free(b->branches);
	free(b->values);
	b->branches = calloc(*n, sizeof(*b->branches));
	b->values = calloc(*n, sizeof(*b->values));
	b->capacity = b->branches && b->values ? *n : 0;
	return b->capacity ? 0 : draft_fail(b->d, "no memory");
}

static int take_branch(struct booster *b, uint32_t i, uint32_t at[COLUMNS])
{
	struct forest_branch *branch = &b->branches[i];
	double x[COLUMNS];
	int k;

	for (k = 0; k < COLUMNS; k++) {
		x[k] = json_number(b->j, at[k]);
		at[k] = json_next(b->j, at[k]);
		if (!(fabs(x[k]) <= UINT32_MAX) && k != CONDITION && k != HESSIAN)
			return draft_fail(b->d, "a node's index is out of range (at %u)", i);
	}
	if (!isfinite(x[CONDITION]) || !(x[HESSIAN] >= 0))
		return draft_fail(b->d, "a node's numbers are not finite (at %u)", i);
	*branch = (struct forest_branch){ .feature = -1, .cover = (float)x[HESSIAN] };
	if (x[LEFT] < 0) {
		b->values[i] = x[CONDITION];
		branch->value = &b->values[i];
		return 0;
	}
	if (x[FEATURE] < 0 || x[FEATURE] > INT32_MAX || x[RIGHT] < 0)
		return draft_fail(b->d, "a node's index is out of range (at %u)", i);
	branch->feature = (int32_t)x[FEATURE];
	branch->threshold = nextafterf((float)x[CONDITION], -INFINITY);
	branch->left = (uint32_t)x[LEFT];
	branch->right = (uint32_t)x[RIGHT];
	return 0;
}

static int take_tree(struct booster *b, uint32_t tree)
{
	uint32_t at[COLUMNS], n = 0, i;
	int status = begin_tree(b, tree, at, &n);

	for (i = 0; !status && i < n; i++)
		status = take_branch(b, i, at);
	if (status)
		return status;
	status = forest_add_tree(b->d->forest, b->branches, n);
	if (status == -EINVAL)
		return draft_fail(b->d, "its branches make no tree");
	return status ? draft_fail(b->d, "no memory") : 0;
}

static int take_trees(struct booster *b)
{
	uint32_t n = b->n_trees, *order = draft_order(b->d, b->output, &n), i;
	int status = order ? 0 : -ENOMEM;
	char reason[120];

	for (i = 0; i < n && !status; i++) {
		if (order[i] == DRAFT_NONE) {
			status = draft_add_nothing(b->d);
			continue;
		}
		status = take_tree(b, b->tree[order[i]]);
		if (status) {
			snprintf(reason, sizeof(reason), "%s", b->d->error);
			draft_fail(b->d, "tree %u: %s", order[i], reason);
		}
	}
	free(order);
	return status;
}

int import_xgboost(struct model_draft *d, const struct json *j, uint32_t t)
{
	struct booster b = { .d = d, .j = j };
	int status;

	b.learner = json_member(j, t, "learner");
	if (!b.learner)
		return draft_fail(d, "xgboost: a model of XGBoost is wanted");
	status = begin(&b);
	if (!status)
		status = find_trees(&b);
	if (!status)
		take_names(&b);
	if (!status)
		status = take_trees(&b);
	free(b.tree);
	free(b.output);
	free(b.branches);
	free(b.values);
	return status;
}
