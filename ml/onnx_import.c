// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * From an ONNX graph to a model. libprotobuf-c reads the bytes; here the graph is understood: which
 * node is the ensemble, what is done to rows before it and to its answer behind it. Everything
 * else is refused by name, since to pass over an operator would be to answer wrongly.
 *
 * Weights are float32 in most files, so answers agree with the original within some 1e-7.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "onnx.h"
#include "onnx_attribute.h"
#include "onnx_ensemble.h"

#define LENGTH_MAX ((size_t)1 << 30)

const bool onnx_is_built = true;

struct reader {
	struct model_draft d;
	struct onnx_ensemble e;
	const Onnx__Model *model;
	const Onnx__Node *node;   /* the ensemble */
	const Onnx__Node *scaler; /* or NULL */
	const char *behind;       /* the last operator behind it that changes numbers, or NULL */
	bool is_classifier, is_anomaly;
	struct json names;
	char *names_text;
};

static const char *find_meta(const struct reader *r, const char *key)
{
	size_t i;

	for (i = 0; i < r->model->n_metadata_props; i++)
		if (!strcmp(onnx_text(r->model->metadata_props[i]->key), key))
			return onnx_text(r->model->metadata_props[i]->value);
	return NULL;
}

static int take_nodes(struct reader *r)
{
	const Onnx__Attribute *modes = onnx_find(r->node, "nodes_modes");
	struct onnx_ensemble *e = &r->e;
	size_t n = modes ? modes->n_strings : 0, n_values, n_cover;
	int status;

	if (!n || n > UINT32_MAX)
		return draft_fail(&r->d, "nodes_modes: names are wanted");
	e->n_nodes = n;
	e->mode = modes->strings;
	if ((status = onnx_integers(&r->d, r->node, "nodes", "treeids", &e->tree, n)) ||
	    (status = onnx_integers(&r->d, r->node, "nodes", "nodeids", &e->node, n)) ||
	    (status = onnx_integers(&r->d, r->node, "nodes", "featureids", &e->feature, n)) ||
	    (status = onnx_integers(&r->d, r->node, "nodes", "truenodeids", &e->yes, n)) ||
	    (status = onnx_integers(&r->d, r->node, "nodes", "falsenodeids", &e->no, n)) ||
	    (status = onnx_numbers(&r->d, r->node, "nodes_values", &e->threshold, &n_values)) ||
	    (status = onnx_numbers(&r->d, r->node, "nodes_hitrates", &e->cover, &n_cover)))
		return status;
	if (n_values != n)
		return draft_fail(&r->d, "nodes_values: %zu numbers are wanted", n);
	if (n_cover != n) {
		free(e->cover);
		e->cover = NULL;
	}
	return 0;
}

static int take_weights(struct reader *r)
{
	const char *prefix = r->is_classifier ? "class" : "target";
	struct onnx_ensemble *e = &r->e;
	char name[32];
	int status;

	snprintf(name, sizeof(name), "%s_weights", prefix);
	if ((status = onnx_numbers(&r->d, r->node, name, &e->weight, &e->n_weights)) ||
	    (status = onnx_integers(&r->d, r->node, prefix, "treeids", &e->weight_tree,
	                            e->n_weights)) ||
	    (status = onnx_integers(&r->d, r->node, prefix, "nodeids", &e->weight_node,
	                            e->n_weights)) ||
	    (status = onnx_integers(&r->d, r->node, prefix, "ids", &e->weight_output,
	                            e->n_weights)) ||
	    (status = onnx_numbers(&r->d, r->node, "base_values", &e->base, &e->n_base)))
		return status;
	if (e->n_weights > UINT32_MAX)
		return draft_fail(&r->d, "it has too many weights");
	return 0;
}

static bool is_one_of(const char *op, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(op, *names))
			return true;
	return false;
}

/* Operators that change the shape or type of a row or an answer, but no number. */
static bool is_neutral(const struct reader *r, const Onnx__Node *node)
{
	const char *op = onnx_text(node->op_type);
	const Onnx__Attribute *to = onnx_find(node, "to"), *norm = onnx_find(node, "norm");

	if (!strcmp(op, "Cast"))
		return r->node || (to && (to->i == TENSOR_FLOAT || to->i == TENSOR_DOUBLE));
	if (!strcmp(op, "Normalizer")) /* shares add up to 1 as they are */
		return r->node && norm && !strcmp(onnx_text(norm->s), "L1");
	return !strcmp(op, "Identity") || (r->node && !strcmp(op, "ZipMap"));
}

static int take_operator(struct reader *r, const Onnx__Node *node)
{
	static const char *const score[] = { "Mul", "Pow", "Neg", NULL };
	static const char *const links[] = { "Sigmoid", "Softmax", NULL };
	const char *op = onnx_text(node->op_type);

	if (!strncmp(op, "TreeEnsemble", 12)) {
		if (r->node)
			return draft_fail(&r->d, "it has more than one tree ensemble");
		r->node = node;
		r->is_classifier = !strcmp(op, "TreeEnsembleClassifier");
		if (!r->is_classifier && strcmp(op, "TreeEnsembleRegressor"))
			return draft_fail(&r->d, "the operator %.40s is not supported", op);
		return 0;
	}
	if (!strcmp(op, "Scaler") && !r->node && !r->scaler) {
		r->scaler = node;
		return 0;
	}
	if (r->node && !r->is_classifier && !r->behind && is_one_of(op, links)) {
		r->behind = op;
		return 0;
	}
	if (is_neutral(r, node) || (r->is_anomaly && r->node && is_one_of(op, score)))
		return 0;
	return draft_fail(&r->d, "the operator %.40s is not supported here", op);
}

static int take_graph(struct reader *r)
{
	const char *kind = find_meta(r, "weir.kind");
	size_t i;
	int status;

	if (!r->model->graph)
		return draft_fail(&r->d, "it has no graph");
	r->is_anomaly = kind && !strcmp(kind, "anomaly");
	for (i = 0; i < r->model->graph->n_node; i++) {
		status = take_operator(r, r->model->graph->node[i]);
		if (status)
			return status;
	}
	return r->node ? 0 : draft_fail(&r->d, "it has no TreeEnsembleClassifier or Regressor");
}

static int take_transform(struct reader *r)
{
	const Onnx__Attribute *post = onnx_find(r->node, "post_transform");
	const Onnx__Attribute *how = onnx_find(r->node, "aggregate_function");
	const char *name = post && post->s ? post->s : "NONE";

	if (!strcmp(name, "LOGISTIC") || (r->behind && !strcmp(r->behind, "Sigmoid")))
		r->e.transform = ONNX_LOGISTIC;
	else if (!strcmp(name, "SOFTMAX") || r->behind)
		r->e.transform = ONNX_SOFTMAX;
	else if (strcmp(name, "NONE"))
		return draft_fail(&r->d, "post_transform: %.20s is not supported", name);
	r->e.average = how && !strcmp(onnx_text(how->s), "AVERAGE");
	if (how && !r->e.average && strcmp(onnx_text(how->s), "SUM"))
		return draft_fail(&r->d, "aggregate_function: %.20s is not supported",
		                  onnx_text(how->s));
	return 0;
}

static size_t count_outputs(const struct reader *r)
{
	const Onnx__Attribute *strings = onnx_find(r->node, "classlabels_strings");
	const Onnx__Attribute *integers = onnx_find(r->node, "classlabels_int64s");
	const Onnx__Attribute *targets = onnx_find(r->node, "n_targets");

	if (!r->is_classifier)
		return targets && targets->has_i && targets->i > 0 ? (size_t)targets->i : 1;
	return strings && strings->n_strings ? strings->n_strings : integers ? integers->n_ints : 0;
}

/* The kind of model, and how many classes. */
static int take_kind(struct reader *r, enum model_kind *kind, size_t *n_classes)
{
	size_t n = count_outputs(r);

	if (n > MODEL_CLASSES_MAX)
		return draft_fail(&r->d, "it has %zu classes; up to %u can be", n,
		                  MODEL_CLASSES_MAX);
	r->e.n_outputs = (uint32_t)n;
	*n_classes = n;
	*kind = MODEL_BOOST_CLASSIFIER;
	if (r->is_anomaly) {
		*kind = MODEL_ANOMALY;
		*n_classes = 0;
		return n == 1 && !r->is_classifier
		               ? 0
		               : draft_fail(&r->d, "an anomaly model has one target");
	}
	if (r->e.transform == ONNX_NONE) {
		*kind = MODEL_FOREST_CLASSIFIER;
		if (!r->is_classifier)
			return draft_fail(&r->d, "a regressor without Sigmoid or Softmax behind it "
			                         "knows no classes");
		return r->e.n_base ? draft_fail(&r->d, "base_values without a post_transform are "
		                                       "not supported")
		                   : 0;
	}
	if (r->e.transform == ONNX_LOGISTIC && n == 1)
		*n_classes = 2;
	else if (r->e.transform == ONNX_LOGISTIC && n != 2)
		return draft_fail(&r->d, "LOGISTIC of %zu classes is not supported", n);
	if (r->e.n_base && r->e.n_base != n && !(r->e.n_base == 1 && n <= 2))
		return draft_fail(&r->d, "base_values: a number for each class is wanted");
	return 0;
}

/* Names we wrote ourselves, as a JSON array. */
static size_t parse_names(struct reader *r)
{
	const char *written = find_meta(r, "weir.feature_names");
	char error[100];

	r->names_text = written ? strdup(written) : NULL;
	if (!r->names_text ||
	    json_parse(&r->names, r->names_text, strlen(written), error, sizeof(error)) ||
	    json_type(&r->names, 0) != JSON_ARRAY)
		return 0;
	return r->names.tokens[0].count;
}

static size_t count_features(const struct reader *r)
{
	const Onnx__Graph *graph = r->model->graph;
	const Onnx__Shape *shape = NULL;
	int64_t most = 0;
	size_t i;

	if (graph->n_input == 1 && graph->input[0]->type && graph->input[0]->type->tensor_type)
		shape = graph->input[0]->type->tensor_type->shape;
	if (shape && shape->n_dim == 2 && shape->dim[1]->dim_value > 0)
		return (size_t)shape->dim[1]->dim_value;
	for (i = 0; i < r->e.n_nodes; i++)
		if (r->e.feature[i] > most)
			most = r->e.feature[i];
	return (size_t)most + 1;
}

static void take_names(struct reader *r, size_t n_named)
{
	const Onnx__Attribute *strings = onnx_find(r->node, "classlabels_strings");
	const Onnx__Attribute *integers = onnx_find(r->node, "classlabels_int64s");
	uint32_t i, t = json_first(0);

	for (i = 0; i < n_named; i++, t = json_next(&r->names, t))
		if (json_text(&r->names, t))
			r->d.m.feature_names[i] = json_text(&r->names, t);
	for (i = 0; i < r->d.m.n_classes && r->is_classifier; i++)
		if (strings && strings->n_strings)
			r->d.m.class_names[i] = onnx_text(strings->strings[i]);
		else
			draft_number_class(&r->d, i, integers->ints[i]);
}

/* Scaler: (x - offset) * scale. */
static int take_scaler(struct reader *r)
{
	double *offset = NULL, *scale = NULL;
	size_t n_offset, n_scale, n = r->d.m.n_features, i;
	int status = draft_scaler(&r->d);

	if (!status)
		status = onnx_numbers(&r->d, r->scaler, "offset", &offset, &n_offset);
	if (!status)
		status = onnx_numbers(&r->d, r->scaler, "scale", &scale, &n_scale);
	if (!status && ((n_offset != 1 && n_offset != n) || (n_scale != 1 && n_scale != n)))
		status = draft_fail(&r->d, "Scaler: %zu numbers are wanted", n);
	for (i = 0; !status && i < n; i++) {
		r->d.mean[i] = offset[n_offset == 1 ? 0 : i];
		r->d.scale[i] = 1 / scale[n_scale == 1 ? 0 : i];
	}
	free(offset);
	free(scale);
	return status;
}

/* What only our own files tell. */
static int take_meta(struct reader *r)
{
	const char *schema = find_meta(r, "weir.schema"), *about = find_meta(r, "weir.about");
	const char *threshold = find_meta(r, "weir.threshold");
	const char *samples = find_meta(r, "weir.max_samples");

	r->d.m.schema = schema ? strtoull(schema, NULL, 16) : 0;
	r->d.about = about && *about == '{' ? strdup(about) : NULL;
	if (!r->is_anomaly)
		return 0;
	if (!samples || !threshold)
		return draft_fail(&r->d,
		                  "an anomaly model has weir.max_samples and weir.threshold");
	r->d.forest->max_samples = (uint32_t)strtoul(samples, NULL, 10);
	r->d.m.threshold = strtod(threshold, NULL);
	return 0;
}

static int take_model(struct reader *r)
{
	enum model_kind kind = 0;
	size_t n_classes = 0, n_named, n;
	int status;

	if ((status = take_graph(r)) || (status = take_nodes(r)) || (status = take_weights(r)) ||
	    (status = take_transform(r)) || (status = take_kind(r, &kind, &n_classes)))
		return status;
	n = count_features(r);
	n_named = parse_names(r);
	if (n_named && n_named != n)
		return draft_fail(&r->d, "it has %zu names for %zu features", n_named, n);
	if ((status = draft_begin(&r->d, kind, n, n_classes)))
		return status;
	take_names(r, n_named);
	if ((r->scaler && (status = take_scaler(r))) || (status = take_meta(r)))
		return status;
	return onnx_take_trees(&r->d, &r->e);
}

static void clear(struct reader *r)
{
	free(r->e.threshold);
	free(r->e.cover);
	free(r->e.weight);
	free(r->e.base);
	json_clear(&r->names);
	free(r->names_text);
	draft_clear(&r->d);
}

struct model *onnx_import(const void *data, size_t length, char *error, size_t size)
{
	struct reader r = { .d = { .error = error, .size = size } };
	Onnx__Model *model = length <= LENGTH_MAX ? onnx__model__unpack(NULL, length, data) : NULL;
	struct model *m = NULL;

	if (!model) {
		snprintf(error, size, "it is neither JSON nor an ONNX file");
		return NULL;
	}
	r.model = model;
	if (!take_model(&r))
		m = draft_finish(&r.d);
	clear(&r);
	onnx__model__free_unpacked(model, NULL);
	return m;
}
