// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ONNX: golden models go out and come back with the same answers; a small file is bent into the
 * forms that others write, and into what must be refused.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model_import.h"
#include "onnx.h"

#ifndef HAVE_ONNX

static void without_its_library_onnx_says_what_to_install(void **state)
{
	static const char reason[] = "this weir was built without ONNX; install libprotobuf-c-dev "
	                             "and protobuf-c-compiler and build it again";
	struct model m = { 0 };
	char error[300];
	size_t length;
	void *data;

	assert_false(onnx_is_built);
	assert_null(onnx_import("", 0, error, sizeof(error)));
	assert_string_equal(error, reason);
	assert_int_equal(onnx_export(&m, &data, &length, error, sizeof(error)), -ENOTSUP);
	assert_string_equal(error, reason);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_its_library_onnx_says_what_to_install),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

#include <onnx.pb-c.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define ROWS_MAX      600
#define CLASSES_MAX   20

static char *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "r");
	char *text;

	if (!file)
		fail_msg("%s: cannot open", path);
	fseek(file, 0, SEEK_END);
	*length = (size_t)ftell(file);
	rewind(file);
	text = malloc(*length + 1);
	assert_int_equal(fread(text, 1, *length, file), *length);
	text[*length] = '\0';
	fclose(file);
	return text;
}

/* Rows in float32, since that is what an ONNX model takes. */
static double *read_rows(const char *data, uint32_t n_features, size_t *n)
{
	double *rows = malloc(ROWS_MAX * n_features * sizeof(*rows));
	char path[200], *text, *at, *end;
	size_t length, i = 0;

	snprintf(path, sizeof(path), "tests/golden/%s.rows", data);
	at = text = read_file(path, &length);
	for (;; at = end) {
		double x = strtod(at, &end);

		if (end == at)
			break;
		assert_true(i < ROWS_MAX * n_features);
		rows[i++] = (float)x;
	}
	free(text);
	*n = i / n_features;
	return rows;
}

static struct model *import_golden(const char *data, const char *name)
{
	char path[200], *text, error[300];
	size_t length;
	struct model *m;

	snprintf(path, sizeof(path), "tests/golden/%s-%s.json", data, name);
	text = read_file(path, &length);
	m = model_import_json(text, length, error, sizeof(error));
	free(text);
	assert_non_null(m);
	return m;
}

static struct model *there_and_back(const struct model *m)
{
	char error[300] = "";
	struct model *back;
	size_t length;
	void *data;

	assert_int_equal(onnx_export(m, &data, &length, error, sizeof(error)), 0);
	back = onnx_import(data, length, error, sizeof(error));
	free(data);
	if (!back)
		fail_msg("%s", error);
	return back;
}

static void ask(const struct model *m, double *out, const double *rows, size_t n)
{
	if (m->kind == MODEL_ANOMALY)
		model_score_samples(m, out, rows, n);
	else
		model_predict_proba(m, out, rows, n);
}

static void golden_models_come_back_with_the_same_answers(void **state)
{
	static const char *const cases[][2] = {
		{ "iris", "forest" },      { "wine", "forest" },      { "breast", "forest" },
		{ "digits", "forest" },    { "flows", "forest" },     { "wine", "extra" },
		{ "flows", "extra" },      { "iris", "boost" },       { "breast", "boost" },
		{ "flows", "boost" },      { "iris", "xgboost" },     { "breast", "xgboost" },
		{ "breast", "isolation" }, { "digits", "isolation" }, { "flows", "isolation" },
	};
	static double before[ROWS_MAX * CLASSES_MAX], after[ROWS_MAX * CLASSES_MAX];
	double worst = 0;
	size_t i, k, n;

	for (i = 0; i < LENGTH(cases); i++) {
		struct model *m = import_golden(cases[i][0], cases[i][1]);
		struct model *back = there_and_back(m);
		double *rows = read_rows(cases[i][0], m->n_features, &n);

		assert_int_equal(back->kind, m->kind);
		assert_int_equal(back->n_features, m->n_features);
		assert_int_equal(back->n_classes, m->n_classes);
		assert_int_equal(back->forest.n_trees, m->forest.n_trees);
		assert_int_equal(back->forest.n_nodes, m->forest.n_nodes);
		assert_true(back->threshold == m->threshold);
		assert_string_equal(back->about, m->about);
		for (k = 0; k < m->n_features; k++)
			assert_string_equal(back->feature_names[k], m->feature_names[k]);
		for (k = 0; k < m->n_classes; k++)
			assert_string_equal(back->class_names[k], m->class_names[k]);
		ask(m, before, rows, n);
		ask(back, after, rows, n);
		for (k = 0; k < n * (m->n_classes ? m->n_classes : 1); k++)
			worst = fmax(worst, fabs(before[k] - after[k]));
		free(rows);
		model_close(m);
		model_close(back);
	}
	print_message("# worst: %g\n", worst);
	assert_true(worst < 1e-6);
}

static void the_schema_comes_back(void **state)
{
	struct model *m = import_golden("iris", "forest"), *back;

	m->schema = 0xfedcba9876543210;
	back = there_and_back(m);
	assert_true(back->schema == 0xfedcba9876543210);
	model_close(back);
	model_close(m);
}

/* The smallest file: one stump, feature 0 above 0.5, to be bent. */
struct stump {
	Onnx__Model model;
	Onnx__Graph graph;
	Onnx__Node node, second, *nodes[2];
	Onnx__Attribute attribute[20], *attributes[20];
	Onnx__Tensor tensor;
	Onnx__Entry entry, *entries[1];
};

static Onnx__Attribute *add(struct stump *s, const char *name)
{
	Onnx__Attribute *a = &s->attribute[s->node.n_attribute];

	onnx__attribute__init(a);
	a->name = (char *)name;
	s->attributes[s->node.n_attribute++] = a;
	return a;
}

static Onnx__Attribute *get(struct stump *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->node.n_attribute; i++)
		if (!strcmp(s->attribute[i].name, name))
			return &s->attribute[i];
	fail_msg("no attribute %s", name);
	return NULL;
}

static void add_ints(struct stump *s, const char *name, const int64_t *ints, size_t n)
{
	Onnx__Attribute *a = add(s, name);

	a->ints = (int64_t *)ints;
	a->n_ints = n;
}

static void add_floats(struct stump *s, const char *name, const float *floats, size_t n)
{
	Onnx__Attribute *a = add(s, name);

	a->floats = (float *)floats;
	a->n_floats = n;
}

static void add_strings(struct stump *s, const char *name, const char *const *strings, size_t n)
{
	Onnx__Attribute *a = add(s, name);

	a->strings = (char **)strings;
	a->n_strings = n;
}

/* Nodes 7 (root), 3 (true) and 5 (false) of tree 2; weights for two classes a leaf. */
static void make_stump(struct stump *s)
{
	static const int64_t tree[] = { 2, 2, 2, 2 }, node[] = { 3, 7, 5 };
	static const int64_t feature[] = { 0, 0, 0 }, yes[] = { 0, 3, 0 }, no[] = { 0, 5, 0 };
	static const int64_t weight_node[] = { 5, 3, 3, 5 }, weight_class[] = { 1, 0, 1, 0 };
	static const float value[] = { 0, 0.5f, 0 };
	static const float weight[] = { 0.75f, 1, 0, 0.25f };
	static const char *const mode[] = { "LEAF", "BRANCH_LEQ", "LEAF" };
	static const char *const label[] = { "no", "yes" };

	memset(s, 0, sizeof(*s));
	onnx__model__init(&s->model);
	onnx__graph__init(&s->graph);
	onnx__node__init(&s->node);
	onnx__node__init(&s->second);
	onnx__tensor__init(&s->tensor);
	onnx__entry__init(&s->entry);
	s->model.graph = &s->graph;
	s->graph.node = s->nodes;
	s->graph.n_node = 1;
	s->nodes[0] = &s->node;
	s->nodes[1] = &s->second;
	s->entries[0] = &s->entry;
	s->model.metadata_props = s->entries;
	s->node.op_type = "TreeEnsembleClassifier";
	s->node.attribute = s->attributes;
	add_ints(s, "nodes_treeids", tree, 3);
	add_ints(s, "nodes_nodeids", node, 3);
	add_ints(s, "nodes_featureids", feature, 3);
	add_ints(s, "nodes_truenodeids", yes, 3);
	add_ints(s, "nodes_falsenodeids", no, 3);
	add_strings(s, "nodes_modes", mode, 3);
	add_floats(s, "nodes_values", value, 3);
	add_ints(s, "class_treeids", tree, 4);
	add_ints(s, "class_nodeids", weight_node, 4);
	add_ints(s, "class_ids", weight_class, 4);
	add_floats(s, "class_weights", weight, 4);
	add_strings(s, "classlabels_strings", label, 2);
}

static struct model *import_stump(const struct stump *s, char *error, size_t size)
{
	size_t length = onnx__model__get_packed_size(&s->model);
	uint8_t *data = malloc(length + 1);
	struct model *m;

	onnx__model__pack(&s->model, data);
	m = onnx_import(data, length, error, size);
	free(data);
	return m;
}

/* Probability of the second class below, on and above the threshold. */
static void check_stump(const struct stump *s, double below, double on, double above)
{
	static const double rows[] = { 0.49999997, 0.5, 0.50000006 };
	const double wanted[] = { below, on, above };
	char error[300] = "";
	struct model *m = import_stump(s, error, sizeof(error));
	double proba[3][2];
	int i;

	if (!m)
		fail_msg("%s", error);
	assert_int_equal(m->n_classes, 2);
	model_predict_proba(m, proba[0], rows, 3);
	for (i = 0; i < 3; i++) {
		assert_true(fabs(proba[i][1] - wanted[i]) < 1e-15);
		assert_true(fabs(proba[i][0] - (1 - wanted[i])) < 1e-15);
	}
	model_close(m);
}

static void nodes_may_come_in_any_order(void **state)
{
	struct stump s;

	make_stump(&s);
	check_stump(&s, 0, 0, 0.75);
}

static void every_comparison_of_numbers_is_known(void **state)
{
	static const struct {
		const char *mode;
		double below, on, above;
	} cases[] = {
		{ "BRANCH_LEQ", 0, 0, 0.75 },
		{ "BRANCH_LT", 0, 0.75, 0.75 },
		{ "BRANCH_GT", 0.75, 0.75, 0 },
		{ "BRANCH_GTE", 0.75, 0, 0 },
	};
	struct stump s;
	size_t i;

	for (i = 0; i < LENGTH(cases); i++) {
		const char *const mode[] = { "LEAF", cases[i].mode, "LEAF" };

		make_stump(&s);
		get(&s, "nodes_modes")->strings = (char **)mode;
		check_stump(&s, cases[i].below, cases[i].on, cases[i].above);
	}
}

static void thresholds_and_weights_may_be_tensors_of_doubles(void **state)
{
	static const double value[] = { 0, 0.5 - 1e-12, 0 };
	struct stump s;
	int raw;

	for (raw = 0; raw < 2; raw++) {
		make_stump(&s);
		get(&s, "nodes_values")->n_floats = 0;
		add(&s, "nodes_values_as_tensor")->t = &s.tensor;
		s.tensor.has_data_type = 1;
		s.tensor.data_type = 11;
		if (raw) {
			s.tensor.has_raw_data = 1;
			s.tensor.raw_data.data = (uint8_t *)value;
			s.tensor.raw_data.len = sizeof(value);
		} else {
			s.tensor.double_data = (double *)value;
			s.tensor.n_double_data = 3;
		}
		check_stump(&s, 0, 0.75, 0.75);
	}
}

/* Weights for one of two classes speak for the second, as runtimes have it. */
static void weights_of_one_class_tell_those_of_the_other(void **state)
{
	static const int64_t node[] = { 3, 5 }, class[] = { 0, 0 };
	static const float weight[] = { 0.125f, 0.75f };
	struct stump s;

	make_stump(&s);
	get(&s, "class_treeids")->n_ints = 2;
	get(&s, "class_nodeids")->ints = (int64_t *)node;
	get(&s, "class_nodeids")->n_ints = 2;
	get(&s, "class_ids")->ints = (int64_t *)class;
	get(&s, "class_ids")->n_ints = 2;
	get(&s, "class_weights")->floats = (float *)weight;
	get(&s, "class_weights")->n_floats = 2;
	check_stump(&s, 0.125, 0.125, 0.75);
	add(&s, "post_transform")->s = "LOGISTIC";
	add_floats(&s, "base_values", weight, 1);
	check_stump(&s, 1 / (1 + exp(-0.25)), 1 / (1 + exp(-0.25)), 1 / (1 + exp(-0.875)));
}

static void softmax_of_two_is_the_difference(void **state)
{
	static const float base[] = { 0.25f, 0.5f };
	struct stump s;

	make_stump(&s);
	add(&s, "post_transform")->s = "SOFTMAX";
	add_floats(&s, "base_values", base, 2);
	check_stump(&s, 1 / (1 + exp(0.75)), 1 / (1 + exp(0.75)), 1 / (1 + exp(-0.75)));
}

static void a_tree_for_several_sums_is_added_for_each(void **state)
{
	static const char *const label[] = { "a", "b", "c" };
	const double row = 1, e[] = { exp(0.25), exp(0.75), 1 };
	struct stump s;
	struct model *m;
	double proba[3];
	char error[300];
	int i;

	make_stump(&s);
	add(&s, "post_transform")->s = "SOFTMAX";
	get(&s, "classlabels_strings")->strings = (char **)label;
	get(&s, "classlabels_strings")->n_strings = 3;
	m = import_stump(&s, error, sizeof(error));
	assert_non_null(m);
	model_predict_proba(m, proba, &row, 1);
	for (i = 0; i < 3; i++)
		assert_true(fabs(proba[i] - e[i] / (e[0] + e[1] + e[2])) < 1e-15);
	model_close(m);
}

static void a_scaler_before_and_shapes_behind_are_understood(void **state)
{
	static const float offset[] = { 2 }, scale[] = { 0.5f };
	Onnx__Attribute attribute[2], *attributes[] = { &attribute[0], &attribute[1] };
	const double rows[] = { 3, 3.0001 };
	struct stump s;
	struct model *m;
	double proba[2][2];
	char error[300];

	make_stump(&s);
	onnx__attribute__init(&attribute[0]);
	onnx__attribute__init(&attribute[1]);
	attribute[0].name = "offset";
	attribute[0].floats = (float *)offset;
	attribute[0].n_floats = 1;
	attribute[1].name = "scale";
	attribute[1].floats = (float *)scale;
	attribute[1].n_floats = 1;
	s.second.op_type = "Scaler";
	s.second.attribute = attributes;
	s.second.n_attribute = 2;
	s.nodes[0] = &s.second;
	s.nodes[1] = &s.node;
	s.graph.n_node = 2;
	m = import_stump(&s, error, sizeof(error));
	assert_non_null(m);
	assert_true(m->mean[0] == 2 && m->scale[0] == 2);
	model_predict_proba(m, proba[0], rows, 2);
	assert_true(proba[0][1] == 0 && proba[1][1] == 0.75);
	model_close(m);

	make_stump(&s);
	s.second.op_type = "ZipMap";
	s.graph.n_node = 2;
	check_stump(&s, 0, 0, 0.75);
}

static void classes_may_be_numbers(void **state)
{
	static const int64_t label[] = { -9223372036854775807 - 1, 80 };
	struct stump s;
	struct model *m;
	char error[300];

	make_stump(&s);
	get(&s, "classlabels_strings")->n_strings = 0;
	add_ints(&s, "classlabels_int64s", label, 2);
	m = import_stump(&s, error, sizeof(error));
	assert_non_null(m);
	assert_string_equal(m->class_names[0], "-9223372036854775808");
	assert_string_equal(m->class_names[1], "80");
	assert_string_equal(m->feature_names[0], "f0");
	model_close(m);
}

static void a_regressor_with_a_sigmoid_behind_knows_two_classes(void **state)
{
	static const int64_t node[] = { 3, 5 }, target[] = { 0, 0 }, tree[] = { 2, 2 };
	static const float weight[] = { -1, 1 };
	struct stump s;

	make_stump(&s);
	s.node.op_type = "TreeEnsembleRegressor";
	add_ints(&s, "target_treeids", tree, 2);
	add_ints(&s, "target_nodeids", node, 2);
	add_ints(&s, "target_ids", target, 2);
	add_floats(&s, "target_weights", weight, 2);
	s.second.op_type = "Sigmoid";
	s.graph.n_node = 2;
	check_stump(&s, 1 / (1 + exp(1)), 1 / (1 + exp(1)), 1 / (1 + exp(-1)));
}

static void bend(struct stump *s, int how)
{
	static const int64_t minus[] = { -1, -1, -1, -1 }, same[] = { 3, 3, 5 };
	static const int64_t circle[] = { 0, 7, 0 }, two[] = { 0, 2, 0, 1 },
	                     root[] = { 7, 3, 3, 5 };
	static const float infinite[] = { 0, INFINITY, 0 };
	static const char *const equal[] = { "LEAF", "BRANCH_EQ", "LEAF" };

	switch (how) {
	case 0:
		s->model.graph = NULL;
		break;
	case 1:
		s->graph.n_node = 0;
		break;
	case 2:
		s->second.op_type = "TreeEnsembleClassifier";
		s->graph.n_node = 2;
		break;
	case 3:
		s->second.op_type = "LinearClassifier";
		s->graph.n_node = 2;
		break;
	case 4:
		get(s, "nodes_modes")->n_strings = 0;
		break;
	case 5:
		get(s, "nodes_nodeids")->n_ints = 2;
		break;
	case 6:
		get(s, "nodes_values")->floats = (float *)infinite;
		break;
	case 7:
		get(s, "nodes_values")->n_floats = 2;
		break;
	case 8:
		get(s, "nodes_modes")->strings = (char **)equal;
		break;
	case 9:
		get(s, "nodes_nodeids")->ints = (int64_t *)same;
		break;
	case 10:
		get(s, "nodes_truenodeids")->ints = (int64_t *)circle;
		break;
	case 11:
		get(s, "nodes_truenodeids")->ints = (int64_t *)minus;
		break;
	case 12:
		get(s, "nodes_featureids")->ints = (int64_t *)minus;
		break;
	case 13:
		get(s, "class_ids")->ints = (int64_t *)two;
		break;
	case 14:
		get(s, "class_nodeids")->ints = (int64_t *)root;
		break;
	case 15:
		get(s, "class_treeids")->ints = (int64_t *)minus;
		break;
	case 16:
		get(s, "classlabels_strings")->n_strings = 1;
		break;
	case 17:
		add(s, "post_transform")->s = "PROBIT";
		break;
	case 18:
		s->node.op_type = "TreeEnsembleRegressor";
		break;
	case 19:
		s->entry.key = "weir.kind";
		s->entry.value = "anomaly";
		s->model.n_metadata_props = 1;
		break;
	case 20:
		s->second.op_type = "Normalizer";
		s->nodes[0] = &s->second;
		s->nodes[1] = &s->node;
		s->graph.n_node = 2;
		break;
	case 21:
		s->entry.key = "weir.feature_names";
		s->entry.value = "[\"a\",\"b\"]";
		s->model.n_metadata_props = 1;
		break;
	}
}

static void what_is_not_understood_is_refused_by_name(void **state)
{
	static const char *const reasons[] = {
		"it has no graph",
		"it has no TreeEnsembleClassifier or Regressor",
		"it has more than one tree ensemble",
		"the operator LinearClassifier is not supported here",
		"nodes_modes: names are wanted",
		"nodes_nodeids: 3 integers are wanted",
		"nodes_values: a number is not finite (at 1)",
		"nodes_values: 3 numbers are wanted",
		"nodes of mode BRANCH_EQ are not supported",
		"two nodes have one number (tree 2)",
		"its nodes make no tree",
		"a node's child is not there",
		"a feature's number is out of range",
		"a weight is for class 2 of 2",
		"a weight belongs to no leaf",
		"a weight belongs to no leaf",
		"it has 1 classes",
		"post_transform: PROBIT is not supported",
		"target_treeids: 0 integers are wanted",
		"an anomaly model has one target",
		"the operator Normalizer is not supported here",
		"it has 2 names for 1 features",
	};
	int i;

	for (i = 0; i < (int)LENGTH(reasons); i++) {
		char error[300] = "";
		struct stump s;

		make_stump(&s);
		bend(&s, i);
		if (import_stump(&s, error, sizeof(error)))
			fail_msg("case %d is taken", i);
		assert_string_equal(error, reasons[i]);
	}
}

static void bytes_that_are_no_onnx_are_refused(void **state)
{
	char error[300];

	assert_null(onnx_import("hello", 5, error, sizeof(error)));
	assert_string_equal(error, "it is neither JSON nor an ONNX file");
	assert_null(onnx_import("", 0, error, sizeof(error)));
	assert_string_equal(error, "it has no graph");
}

/* Cut or with any byte turned it is refused or harmless. */
static void a_damaged_file_is_refused_or_harmless(void **state)
{
	struct stump s;
	unsigned int refused = 0;
	char error[300];
	uint8_t *data;
	size_t length, i;

	make_stump(&s);
	length = onnx__model__get_packed_size(&s.model);
	data = malloc(length);
	onnx__model__pack(&s.model, data);
	for (i = 0; i < length; i++) {
		struct model *m = onnx_import(data, i, error, sizeof(error));

		refused += !m;
		model_close(m);
	}
	assert_true(refused > length * 9 / 10);
	for (i = 0; i < length * 8; i++) {
		data[i / 8] ^= (uint8_t)(1 << i % 8);
		model_close(onnx_import(data, length, error, sizeof(error)));
		data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	free(data);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_models_come_back_with_the_same_answers),
		cmocka_unit_test(the_schema_comes_back),
		cmocka_unit_test(nodes_may_come_in_any_order),
		cmocka_unit_test(every_comparison_of_numbers_is_known),
		cmocka_unit_test(thresholds_and_weights_may_be_tensors_of_doubles),
		cmocka_unit_test(weights_of_one_class_tell_those_of_the_other),
		cmocka_unit_test(softmax_of_two_is_the_difference),
		cmocka_unit_test(a_tree_for_several_sums_is_added_for_each),
		cmocka_unit_test(a_scaler_before_and_shapes_behind_are_understood),
		cmocka_unit_test(classes_may_be_numbers),
		cmocka_unit_test(a_regressor_with_a_sigmoid_behind_knows_two_classes),
		cmocka_unit_test(what_is_not_understood_is_refused_by_name),
		cmocka_unit_test(bytes_that_are_no_onnx_are_refused),
		cmocka_unit_test(a_damaged_file_is_refused_or_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
