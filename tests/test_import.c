// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Models of other libraries: golden answers of scikit-learn and XGBoost (tests/golden/make.py) on
 * every row, and what is refused.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model_draft.h"
#include "model_import.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static char *read_file(const char *name, size_t *length)
{
	char path[200], *text;
	FILE *file;

	snprintf(path, sizeof(path), "tests/golden/%s", name);
	file = fopen(path, "r");
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

/* Numbers of a file, and how many lines they are in. */
static double *read_numbers(const char *name, size_t *n_lines, size_t *n_numbers)
{
	size_t length, room = 1024;
	char *text = read_file(name, &length), *at = text, *end;
	double *numbers = malloc(room * sizeof(*numbers));

	*n_lines = *n_numbers = 0;
	for (;;) {
		double x = strtod(at, &end);

		if (end == at)
			break;
		if (*n_numbers == room)
			numbers = realloc(numbers, (room *= 2) * sizeof(*numbers));
		numbers[(*n_numbers)++] = x;
		*n_lines += *end == '\n';
		at = end;
	}
	free(text);
	return numbers;
}

static struct model *import(const char *name)
{
	size_t length;
	char *text = read_file(name, &length), error[300] = "";
	struct model *m = model_import_json(text, length, error, sizeof(error));

	free(text);
	if (!m)
		fail_msg("%s: %s", name, error);
	return m;
}

/* Steps of float64 between two numbers of one sign. */
static uint64_t ulps(double a, double b)
{
	int64_t i, k;

	memcpy(&i, &a, sizeof(i));
	memcpy(&k, &b, sizeof(k));
	return i > k ? (uint64_t)(i - k) : (uint64_t)(k - i);
}

struct golden {
	struct model *m;
	double *rows, *answers;
	size_t n, width; /* answers of a row */
};

static void open_golden(struct golden *g, const char *data, const char *name)
{
	char file[100];
	size_t n_rows, n_numbers;

	snprintf(file, sizeof(file), "%s.rows", data);
	g->rows = read_numbers(file, &n_rows, &n_numbers);
	snprintf(file, sizeof(file), "%s-%s.out", data, name);
	g->answers = read_numbers(file, &g->n, &g->width);
	g->width /= g->n;
	snprintf(file, sizeof(file), "%s-%s.json", data, name);
	g->m = import(file);
	assert_true(g->n >= 100 && g->n <= n_rows);
	assert_int_equal(n_numbers, n_rows * g->m->n_features);
}

static void close_golden(struct golden *g)
{
	model_close(g->m);
	free(g->rows);
	free(g->answers);
}

/* In a batch and row by row. */
static void forests_of_scikit_learn_answer_the_same_in_every_bit(void **state)
{
	static const char *const cases[][2] = {
		{ "iris", "forest" },   { "wine", "forest" },  { "breast", "forest" },
		{ "digits", "forest" }, { "flows", "forest" }, { "wine", "extra" },
		{ "flows", "extra" },
	};
	size_t i, k;

	for (i = 0; i < LENGTH(cases); i++) {
		struct golden g;
		double *proba, alone[20];

		open_golden(&g, cases[i][0], cases[i][1]);
		assert_int_equal(g.m->n_classes, g.width);
		proba = malloc(g.n * g.width * sizeof(*proba));
		model_predict_proba(g.m, proba, g.rows, g.n);
		assert_memory_equal(proba, g.answers, g.n * g.width * sizeof(*proba));
		for (k = 0; k < g.n; k++) {
			model_predict_proba(g.m, alone, g.rows + k * g.m->n_features, 1);
			assert_memory_equal(alone, g.answers + k * g.width,
			                    g.width * sizeof(*alone));
		}
		free(proba);
		close_golden(&g);
	}
}

static void isolation_forests_score_within_four_ulp(void **state)
{
	static const char *const cases[] = { "breast", "digits", "flows" };
	uint64_t worst = 0;
	size_t i, k;

	for (i = 0; i < LENGTH(cases); i++) {
		struct golden g;
		double *score;

		open_golden(&g, cases[i], "isolation");
		score = malloc(g.n * sizeof(*score));
		model_score_samples(g.m, score, g.rows, g.n);
		for (k = 0; k < g.n; k++) {
			uint64_t apart = ulps(score[k], g.answers[k]);

			worst = apart > worst ? apart : worst;
		}
		free(score);
		close_golden(&g);
	}
	print_message("# worst: %llu ulp\n", (unsigned long long)worst);
	assert_true(worst <= 4);
}

/* The sums to the bit, on rows in float32; exp() differs between libraries by an ulp. */
static void boosting_of_scikit_learn_sums_the_same_in_every_bit(void **state)
{
	static const char *const cases[] = { "iris", "breast", "flows" };
	size_t i, k, c;

	for (i = 0; i < LENGTH(cases); i++) {
		struct golden g;
		uint32_t n_outputs;

		open_golden(&g, cases[i], "boost");
		n_outputs = g.m->forest.n_outputs;
		assert_int_equal(g.width, n_outputs + g.m->n_classes);
		for (k = 0; k < g.n; k++) {
			const double *answer = g.answers + k * g.width;
			double *row = g.rows + k * g.m->n_features, out[20];
			float cast[40];

			model_scale_row(g.m, cast, row);
			forest_apply(&g.m->forest, out, cast, 1);
			assert_memory_equal(out, answer, n_outputs * sizeof(*out));
			for (c = 0; c < g.m->n_features; c++)
				row[c] = cast[c];
			model_predict_proba(g.m, out, row, 1);
			for (c = 0; c < g.m->n_classes; c++)
				assert_true(fabs(out[c] - answer[n_outputs + c]) < 1e-15);
		}
		close_golden(&g);
	}
}

static void xgboost_answers_within_a_millionth(void **state)
{
	static const char *const cases[] = { "iris", "breast" };
	size_t i, k;

	for (i = 0; i < LENGTH(cases); i++) {
		struct golden g;
		double *proba;

		open_golden(&g, cases[i], "xgboost");
		assert_int_equal(g.m->n_classes, g.width);
		assert_string_equal(g.m->feature_names[1], "f1");
		assert_string_equal(g.m->class_names[1], "1");
		proba = malloc(g.n * g.width * sizeof(*proba));
		model_predict_proba(g.m, proba, g.rows, g.n);
		for (k = 0; k < g.n * g.width; k++)
			assert_true(fabs(proba[k] - g.answers[k]) < 1e-6);
		free(proba);
		close_golden(&g);
	}
}

static void names_scaler_and_notes_come_along(void **state)
{
	struct model *m = import("flows-isolation.json");

	assert_int_equal(m->kind, MODEL_ANOMALY);
	assert_true(m->schema == 0);
	assert_string_equal(m->feature_names[0], "duration");
	assert_non_null(m->mean);
	assert_true(m->threshold < -0.4 && m->threshold > -0.8);
	assert_int_equal(m->forest.max_samples, 256);
	assert_string_equal(m->about, "{\"made_by\":\"IsolationForest 1.2.1\"}");
	model_close(m);
	m = import("flows-forest.json");
	assert_int_equal(m->n_classes, 15);
	assert_string_equal(m->class_names[0], "db");
	assert_string_equal(m->class_names[14], "winrpc");
	model_close(m);
}

static void thresholds_are_rounded_down_to_float32(void **state)
{
	static const struct {
		double threshold;
		float rounded;
	} cases[] = {
		{ 0.5, 0.5f },         { 0.1, 0x1.999998p-4f }, { -0.1, -0x1.99999ap-4f },
		{ 1e-60, 0 },          { -1e-60, -0x1p-149f },  { 1e300, 3.402823466e38f },
		{ -1e300, -INFINITY },
	};
	size_t i;

	for (i = 0; i < LENGTH(cases); i++)
		assert_true(draft_threshold(cases[i].threshold) == cases[i].rounded);
}

#define HEAD "{\"format\":\"weir-model\",\"version\":1,"
#define TWO  "\"feature_names\":[\"a\"],\"class_names\":[\"x\",\"y\"],"
#define TREE(feature, left, right, value)                                                          \
	"\"trees\":[{\"feature\":" feature ",\"threshold\":[0.5,0,0],\"left\":" left               \
	",\"right\":" right ",\"cover\":[2,1,1],\"value\":" value "}]}"
#define GOOD TREE("[0,-1,-1]", "[1,0,0]", "[2,0,0]", "[1,0,0,1]")

static void what_is_no_model_is_told_in_one_line(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ "", "line 1: the end of the text where a value is wanted" },
		{ "{\n\"format\":\n}", "line 3: a value is wanted" },
		{ "[]", "it is neither of tools/export_sklearn.py nor of XGBoost" },
		{ "{\"format\":\"onnx\"}",
		  "it is neither of tools/export_sklearn.py nor of XGBoost" },
		{ "{\"format\":\"weir-model\",\"version\":2}", "version: 1 is wanted" },
		{ HEAD "\"kind\":\"tree\"}", "kind: forest, boost, anomaly or xgboost is wanted" },
		{ HEAD "\"kind\":\"forest\"}",
		  "it has 0 features and 0 classes; up to 4096 and 4096 can be" },
		{ HEAD "\"kind\":\"forest\",\"feature_names\":[\"a\"],\"class_names\":[\"x\"]}",
		  "it has 1 classes" },
		{ HEAD TWO "\"kind\":\"anomaly\"}", "it has 2 classes" },
		{ HEAD "\"kind\":\"forest\",\"feature_names\":[7],\"class_names\":[\"x\",\"y\"]}",
		  "feature_names: a text is wanted (at 0)" },
		{ HEAD TWO "\"kind\":\"forest\"}", "trees: an array is wanted" },
		{ HEAD TWO "\"kind\":\"forest\",\"trees\":[]}",
		  "the forest has no tree, feature or output (at 0)" },
		{ HEAD TWO "\"kind\":\"forest\",\"trees\":[7]}",
		  "tree 0: a tree has no array 'feature'" },
		{ HEAD TWO "\"kind\":\"forest\"," TREE("[0,-1]", "[1,0,0]", "[2,0,0]", "[1,0,0,1]"),
		  "tree 0: a tree's arrays have unequal lengths" },
		{ HEAD TWO
		  "\"kind\":\"forest\"," TREE("[1,-1,-1]", "[1,0,0]", "[2,0,0]", "[1,0,0,1]"),
		  "tree 0: its branches make no tree" },
		{ HEAD TWO
		  "\"kind\":\"forest\"," TREE("[0,-1,-1]", "[0,0,0]", "[2,0,0]", "[1,0,0,1]"),
		  "tree 0: its branches make no tree" },
		{ HEAD TWO
		  "\"kind\":\"forest\"," TREE("[0,-1,-1]", "[1,0,0]", "[3,0,0]", "[1,0,0,1]"),
		  "tree 0: its branches make no tree" },
		{ HEAD TWO
		  "\"kind\":\"forest\"," TREE("[0,-1,-1]", "[-1,0,0]", "[2,0,0]", "[1,0,0,1]"),
		  "tree 0: a tree's children are out of range" },
		{ HEAD TWO
		  "\"kind\":\"forest\"," TREE("[0,-1,-1]", "[1,0,0]", "[2.5,0,0]", "[1,0,0,1]"),
		  "tree 0: a tree's indices are not whole numbers" },
		{ HEAD TWO
		  "\"kind\":\"forest\"," TREE("[0,-1,-1]", "[1,0,0]", "[2,0,0]", "[1,0,0]"),
		  "tree 0: value: an array of 4 numbers is wanted" },
		{ HEAD TWO
		  "\"kind\":\"forest\"," TREE("[0,-1,-1]", "[1,0,0]", "[2,0,0]", "[1,0,0,1e999]"),
		  "tree 0: value: a finite number is wanted (at 3)" },
		{ HEAD TWO "\"kind\":\"forest\",\"scaler\":{\"mean\":[1],\"scale\":[0]}," GOOD,
		  "its scaler is not finite or not above 0 (at 0)" },
		{ HEAD TWO "\"kind\":\"forest\",\"scaler\":{\"mean\":[1]}," GOOD,
		  "scale: an array of 1 numbers is wanted" },
		{ HEAD TWO "\"kind\":\"boost\"," GOOD,
		  "baseline: an array of 1 numbers is wanted" },
		{ HEAD "\"kind\":\"anomaly\",\"feature_names\":[\"a\"]," GOOD,
		  "threshold: a finite number is wanted" },
		{ HEAD "\"kind\":\"anomaly\",\"feature_names\":[\"a\"],\"threshold\":0,"
		       "\"max_samples\":0," GOOD,
		  "max_samples: a count is wanted" },
		{ HEAD "\"kind\":\"xgboost\",\"xgboost\":{}}",
		  "xgboost: a model of XGBoost is wanted" },
		{ "{\"learner\":{}}",
		  "objective: binary:logistic, multi:softprob or multi:softmax is wanted" },
	};
	size_t i;

	for (i = 0; i < LENGTH(cases); i++) {
		char *text = strdup(cases[i].text), error[300] = "";

		assert_null(model_import_json(text, strlen(text), error, sizeof(error)));
		assert_string_equal(error, cases[i].reason);
		free(text);
	}
}

static void the_smallest_forest_is_taken(void **state)
{
	char text[] = HEAD TWO "\"kind\":\"forest\"," GOOD, error[300];
	const double rows[] = { 0.5, 0.6 };
	double proba[4];
	struct model *m = model_import_json(text, sizeof(text) - 1, error, sizeof(error));

	assert_non_null(m);
	memset(text, 'x', sizeof(text));
	assert_string_equal(m->class_names[1], "y");
	model_predict_proba(m, proba, rows, 2);
	assert_true(proba[0] == 1 && proba[1] == 0 && proba[2] == 0 && proba[3] == 1);
	model_close(m);
}

/* XGBoost: below goes left; trees of unequal numbers a class; log-odds of base_score. */
static char *xgboost(const char *objective, const char *info, const char *trees)
{
	char *text;

	if (asprintf(&text,
	             "{\"learner\":{\"feature_names\":[\"bytes\"],\"gradient_booster\":{\"model\":"
	             "{\"tree_info\":%s,\"trees\":[%s]},\"name\":\"gbtree\"},"
	             "\"learner_model_param\":{\"base_score\":\"2.5E-1\",\"num_class\":\"3\","
	             "\"num_feature\":\"1\"},\"objective\":{\"name\":\"%s\"}}}",
	             info, trees, objective) < 0)
		return NULL;
	return text;
}

#define STUMP(value)                                                                               \
	"{\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],\"split_indices\":[0,0,0],"     \
	"\"split_conditions\":[0.5,-" value "," value "],\"sum_hessian\":[2,1,1]}"

static void a_row_on_the_threshold_of_xgboost_goes_right(void **state)
{
	char *text = xgboost("binary:logistic", "[0]", STUMP("0.75")), error[300];
	const double rows[] = { 0.5, 0.49999997 }, odds = log(0.25 / 0.75);
	struct model *m = model_import_json(text, strlen(text), error, sizeof(error));
	double proba[4];

	assert_non_null(m);
	assert_string_equal(m->feature_names[0], "bytes");
	model_predict_proba(m, proba, rows, 2);
	assert_true(fabs(proba[1] - 1 / (1 + exp(-odds - 0.75))) < 1e-15);
	assert_true(fabs(proba[3] - 1 / (1 + exp(-odds + 0.75))) < 1e-15);
	model_close(m);
	free(text);
}

static void trees_of_xgboost_find_their_class_in_any_order(void **state)
{
	char *text = xgboost("multi:softprob", "[2,0,2]", STUMP("1") "," STUMP("2") "," STUMP("4")),
	     error[300];
	const double row = 1;
	const double raw[] = { 2, 0, 5 };
	struct model *m = model_import_json(text, strlen(text), error, sizeof(error));
	double proba[3], sum = 0;
	int i;

	assert_non_null(m);
	for (i = 0; i < 3; i++)
		sum += exp(raw[i]);
	model_predict_proba(m, proba, &row, 1);
	for (i = 0; i < 3; i++)
		assert_true(fabs(proba[i] - exp(raw[i]) / sum) < 1e-15);
	model_close(m);
	free(text);
}

static void what_xgboost_has_and_we_have_not_is_refused(void **state)
{
	static const struct {
		const char *objective, *info, *trees, *reason;
	} cases[] = {
		{ "reg:squarederror", "[0]", STUMP("1"),
		  "objective: binary:logistic, multi:softprob or multi:softmax is wanted" },
		{ "multi:softprob", "[3]", STUMP("1"), "tree_info: a class is wanted (at 0)" },
		{ "multi:softprob", "[0,1]", STUMP("1"),
		  "trees and tree_info: arrays of one length are wanted" },
		{ "multi:softprob", "[0]", "{\"categories\":[1]}",
		  "tree 0: it splits by category, which is not supported" },
		{ "multi:softprob", "[0]", "{}",
		  "tree 0: it has no array 'split_indices', or one of other length" },
	};
	size_t i;

	for (i = 0; i < LENGTH(cases); i++) {
		char *text = xgboost(cases[i].objective, cases[i].info, cases[i].trees), error[300];

		assert_null(model_import_json(text, strlen(text), error, sizeof(error)));
		assert_string_equal(error, cases[i].reason);
		free(text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(forests_of_scikit_learn_answer_the_same_in_every_bit),
		cmocka_unit_test(isolation_forests_score_within_four_ulp),
		cmocka_unit_test(boosting_of_scikit_learn_sums_the_same_in_every_bit),
		cmocka_unit_test(xgboost_answers_within_a_millionth),
		cmocka_unit_test(names_scaler_and_notes_come_along),
		cmocka_unit_test(thresholds_are_rounded_down_to_float32),
		cmocka_unit_test(what_is_no_model_is_told_in_one_line),
		cmocka_unit_test(the_smallest_forest_is_taken),
		cmocka_unit_test(a_row_on_the_threshold_of_xgboost_goes_right),
		cmocka_unit_test(trees_of_xgboost_find_their_class_in_any_order),
		cmocka_unit_test(what_xgboost_has_and_we_have_not_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
