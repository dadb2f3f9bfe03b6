// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * From a model to an ONNX graph that any runtime takes (ai.onnx.ml version 1, float32):
 *
 *     classifier    features -> TreeEnsembleClassifier -> label, probabilities
 *     anomaly       features -> TreeEnsembleRegressor -> Mul(-1/c) -> Pow(2, .) -> Neg -> score
 *
 * Schema, names, threshold and notes travel as metadata that begin with "weir.".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "onnx.h"
#include "onnx_attribute.h"
#include "onnx_ensemble.h"

enum {
	ATTRIBUTE_INT = 2,
	ATTRIBUTE_STRING = 3,
	ATTRIBUTE_FLOATS = 6,
	ATTRIBUTE_INTS = 7,
	ATTRIBUTE_STRINGS = 8,
};

#define ATTRIBUTES 18
#define NODES      4
#define ENTRIES    6
#define OPSETS     2

/* All messages of a file; lists of pointers are what protobuf-c wants. */
struct writer {
	const struct model *m;
	struct onnx_columns c;
	Onnx__Model model;
	Onnx__Graph graph;
	Onnx__OperatorSet opset[OPSETS], *opsets[OPSETS];
	Onnx__Entry entry[ENTRIES], *entries[ENTRIES];
	Onnx__Node node[NODES], *nodes[NODES];
	char *names[NODES][4]; /* of inputs and outputs */
	Onnx__Attribute attribute[ATTRIBUTES], *attributes[ATTRIBUTES];
	Onnx__Tensor constant[2], *constants[2];
	float constant_value[2];
	Onnx__Value value[3], *inputs[1], *outputs[2], *inner[1];
	Onnx__Type type[3];
	Onnx__TensorType tensor[3];
	Onnx__Shape shape[3];
	Onnx__Dimension dimension[3][2], *dimensions[3][2];
	char *feature_names;
	char threshold[32], samples[16], schema[20];
};

static Onnx__Attribute *add_attribute(struct writer *w, char *name, int type)
{
	Onnx__Node *node = &w->node[0];
	Onnx__Attribute *a = &w->attribute[node->n_attribute];

	onnx__attribute__init(a);
	a->name = name;
	a->has_type = 1;
	a->type = type;
	w->attributes[node->n_attribute++] = a;
	node->attribute = w->attributes;
	return a;
}

static void add_integers(struct writer *w, char *name, int64_t *integers, size_t n)
{
	Onnx__Attribute *a = add_attribute(w, name, ATTRIBUTE_INTS);

	a->ints = integers;
	a->n_ints = n;
}

static void add_floats(struct writer *w, char *name, float *floats, size_t n)
{
	Onnx__Attribute *a = add_attribute(w, name, ATTRIBUTE_FLOATS);

	a->floats = floats;
	a->n_floats = n;
}

static void add_strings(struct writer *w, char *name, char **strings, size_t n)
{
	Onnx__Attribute *a = add_attribute(w, name, ATTRIBUTE_STRINGS);

	a->strings = strings;
	a->n_strings = n;
}

static Onnx__Node *add_node(struct writer *w, char *op, char *domain, size_t n_in, size_t n_out)
{
	size_t n = w->graph.n_node++;
	Onnx__Node *node = &w->node[n];

	onnx__node__init(node);
	node->name = node->op_type = op;
	node->domain = domain;
	node->input = w->names[n];
	node->n_input = n_in;
	node->output = w->names[n] + n_in;
	node->n_output = n_out;
	w->nodes[n] = node;
	w->graph.node = w->nodes;
	return node;
}

static void add_ensemble(struct writer *w)
{
	struct onnx_columns *c = &w->c;
	size_t n = c->n_nodes;

	add_integers(w, "nodes_treeids", c->tree, n);
	add_integers(w, "nodes_nodeids", c->node, n);
	add_integers(w, "nodes_featureids", c->feature, n);
	add_strings(w, "nodes_modes", c->mode, n);
	add_floats(w, "nodes_values", c->threshold, n);
	add_floats(w, "nodes_hitrates", c->cover, n);
	add_integers(w, "nodes_truenodeids", c->yes, n);
	add_integers(w, "nodes_falsenodeids", c->no, n);
	add_integers(w, "nodes_missing_value_tracks_true", c->missing, n);
}

static void add_classifier(struct writer *w)
{
	const struct forest *f = &w->m->forest;
	struct onnx_columns *c = &w->c;
	Onnx__Node *node = add_node(w, "TreeEnsembleClassifier", "ai.onnx.ml", 1, 2);

	node->input[0] = "features";
	node->output[0] = "label";
	node->output[1] = "probabilities";
	add_ensemble(w);
	add_integers(w, "class_treeids", c->weight_tree, c->n_weights);
	add_integers(w, "class_nodeids", c->weight_node, c->n_weights);
	add_integers(w, "class_ids", c->weight_output, c->n_weights);
	add_floats(w, "class_weights", c->weight, c->n_weights);
	add_strings(w, "classlabels_strings", (char **)w->m->class_names, w->m->n_classes);
	if (f->baseline)
		add_floats(w, "base_values", c->base, f->n_outputs);
	add_attribute(w, "post_transform", ATTRIBUTE_STRING)->s = f->kind == FOREST_MEAN ? "NONE"
	                                                          : f->n_outputs == 1 ? "LOGISTIC"
	                                                                              : "SOFTMAX";
}

static void add_constant(struct writer *w, char *name, double value)
{
	size_t n = w->graph.n_initializer++;
	Onnx__Tensor *t = &w->constant[n];

	onnx__tensor__init(t);
	w->constant_value[n] = (float)value;
	t->name = name;
	t->has_data_type = 1;
	t->data_type = TENSOR_FLOAT;
	t->float_data = &w->constant_value[n];
	t->n_float_data = 1;
	w->constants[n] = t;
	w->graph.initializer = w->constants;
}

static void add_step(struct writer *w, char *op, char *to, char *from, char *with)
{
	Onnx__Node *node = add_node(w, op, "", with ? 2 : 1, 1);

	node->input[0] = from;
	if (with)
		node->input[1] = with;
	node->output[0] = to;
}

static void add_anomaly(struct writer *w)
{
	struct onnx_columns *c = &w->c;
	double usual = forest_average_path(w->m->forest.max_samples);
	Onnx__Node *node = add_node(w, "TreeEnsembleRegressor", "ai.onnx.ml", 1, 1);
	Onnx__Attribute *targets;

	node->input[0] = "features";
	node->output[0] = "path";
	add_ensemble(w);
	add_integers(w, "target_treeids", c->weight_tree, c->n_weights);
	add_integers(w, "target_nodeids", c->weight_node, c->n_weights);
	add_integers(w, "target_ids", c->weight_output, c->n_weights);
	add_floats(w, "target_weights", c->weight, c->n_weights);
	targets = add_attribute(w, "n_targets", ATTRIBUTE_INT);
	targets->has_i = 1;
	targets->i = 1;
	add_attribute(w, "aggregate_function", ATTRIBUTE_STRING)->s = "SUM";
	add_attribute(w, "post_transform", ATTRIBUTE_STRING)->s = "NONE";
	add_constant(w, "scale", usual > 0 ? -1 / usual : 0);
	add_constant(w, "two", 2);
	add_step(w, "Mul", "exponent", "path", "scale");
	add_step(w, "Pow", "power", "two", "exponent");
	add_step(w, "Neg", "score", "power", NULL);
}

/* A tensor [N, width] that goes in or comes out. */
static Onnx__Value *make_value(struct writer *w, int i, char *name, int type, int64_t width)
{
	onnx__value__init(&w->value[i]);
	onnx__type__init(&w->type[i]);
	onnx__tensor_type__init(&w->tensor[i]);
	onnx__shape__init(&w->shape[i]);
	onnx__dimension__init(&w->dimension[i][0]);
	onnx__dimension__init(&w->dimension[i][1]);
	w->value[i].name = name;
	w->value[i].type = &w->type[i];
	w->type[i].tensor_type = &w->tensor[i];
	w->tensor[i].has_elem_type = 1;
	w->tensor[i].elem_type = type;
	w->tensor[i].shape = &w->shape[i];
	w->dimension[i][0].dim_param = "N";
	w->dimension[i][1].has_dim_value = 1;
	w->dimension[i][1].dim_value = width;
	w->dimensions[i][0] = &w->dimension[i][0];
	w->dimensions[i][1] = &w->dimension[i][1];
	w->shape[i].dim = w->dimensions[i];
	w->shape[i].n_dim = width ? 2 : 1;
	return &w->value[i];
}

static void add_values(struct writer *w)
{
	w->graph.input = w->inputs;
	w->graph.output = w->outputs;
	w->graph.n_input = 1;
	w->inputs[0] = make_value(w, 0, "features", TENSOR_FLOAT, w->m->n_features);
	if (w->m->kind == MODEL_ANOMALY) {
		w->outputs[w->graph.n_output++] = make_value(w, 1, "score", TENSOR_FLOAT, 1);
		/* Checkers do not know what comes out of a regressor. */
		w->inner[w->graph.n_value_info++] = make_value(w, 2, "path", TENSOR_FLOAT, 1);
		w->graph.value_info = w->inner;
		return;
	}
	w->outputs[w->graph.n_output++] = make_value(w, 1, "label", TENSOR_STRING, 0);
	w->outputs[w->graph.n_output++] = make_value(w, 2, "probabilities", TENSOR_FLOAT,
	                                             w->m->n_classes);
}

static void add_entry(struct writer *w, char *key, char *value)
{
	Onnx__Entry *entry = &w->entry[w->model.n_metadata_props];

	onnx__entry__init(entry);
	entry->key = key;
	entry->value = value;
	w->entries[w->model.n_metadata_props++] = entry;
	w->model.metadata_props = w->entries;
}

static char *list_names(const struct model *m)
{
	char *list = NULL;
	size_t length;
	FILE *to = open_memstream(&list, &length);
	uint32_t i;

	for (i = 0; to && i < m->n_features; i++) {
		putc(i ? ',' : '[', to);
		json_put_text(to, m->feature_names[i]);
	}
	if (!to)
		return NULL;
	putc(']', to);
	if (!fclose(to))
		return list;
	free(list);
	return NULL;
}

static void add_metadata(struct writer *w)
{
	static char *const kinds[] = { "forest", "boost", "anomaly" };

	snprintf(w->schema, sizeof(w->schema), "%016llx", (unsigned long long)w->m->schema);
	add_entry(w, "weir.kind", kinds[w->m->kind]);
	add_entry(w, "weir.schema", w->schema);
	add_entry(w, "weir.feature_names", w->feature_names);
	add_entry(w, "weir.about", (char *)w->m->about);
	if (w->m->kind != MODEL_ANOMALY)
		return;
	snprintf(w->threshold, sizeof(w->threshold), "%.17g", w->m->threshold);
	snprintf(w->samples, sizeof(w->samples), "%u", w->m->forest.max_samples);
	add_entry(w, "weir.threshold", w->threshold);
	add_entry(w, "weir.max_samples", w->samples);
}

static void add_opset(struct writer *w, char *domain, int64_t version)
{
	Onnx__OperatorSet *opset = &w->opset[w->model.n_opset_import];

	onnx__operator_set__init(opset);
	opset->domain = domain;
	opset->has_version = 1;
	opset->version = version;
	w->opsets[w->model.n_opset_import++] = opset;
	w->model.opset_import = w->opsets;
}

static void fill_model(struct writer *w)
{
	onnx__model__init(&w->model);
	onnx__graph__init(&w->graph);
	w->model.has_ir_version = 1;
	w->model.ir_version = 7;
	w->model.producer_name = "weir";
	w->model.producer_version = WEIR_VERSION;
	w->model.graph = &w->graph;
	w->graph.name = "weir";
	add_opset(w, "", 13);
	add_opset(w, "ai.onnx.ml", 1);
	add_metadata(w);
	add_values(w);
	if (w->m->kind == MODEL_ANOMALY)
		add_anomaly(w);
	else
		add_classifier(w);
}

static int pack(struct writer *w, void **data, size_t *length)
{
	if (onnx_columns_fill(&w->c, w->m))
		return -ENOMEM;
	w->feature_names = list_names(w->m);
	if (!w->feature_names)
		return -ENOMEM;
	fill_model(w);
	*length = onnx__model__get_packed_size(&w->model);
	*data = malloc(*length);
	if (!*data)
		return -ENOMEM;
	onnx__model__pack(&w->model, *data);
	return 0;
}

int onnx_export(const struct model *m, void **data, size_t *length, char *error, size_t size)
{
	struct writer *w = calloc(1, sizeof(*w));
	int status = -ENOMEM;

	if (w) {
		w->m = m;
		status = pack(w, data, length);
		onnx_columns_clear(&w->c);
		free(w->feature_names);
		free(w);
	}
	if (status)
		snprintf(error, size, "no memory");
	return status;
}
