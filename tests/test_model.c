// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Models: saved and opened again, damaged in every byte, refused with one reason, and asked.
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "model_file.h"

#define FEATURES      2
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *feature_names[] = { "bytes", "packets" };
static const char *class_names[] = { "dns", "tls", "caf\xc3\xa9" };
static const double mean[FEATURES] = { 10, 0.5 }, scale[FEATURES] = { 4, 3 };
static const double usual[FEATURES * 3] = { 1, 2, 3, -4, 5, 6 };

/* Three trees: a stump on each feature and a leaf. */
static struct forest *make_forest(enum forest_kind kind, uint32_t n_outputs)
{
	static const double value[][3] = { { 0.25, 0.5, 0.25 }, { 1, 0, 0 }, { 0.5, 0, 0.5 } };
	struct forest *f = forest_new(kind, FEATURES, n_outputs);
	int32_t feature;

	for (feature = 0; feature < FEATURES; feature++) {
		const struct forest_branch stump[] = {
			{ feature, 0.5f, 1, 2, 9, NULL },
			{ -1, 0, 0, 0, 5, value[feature] },
			{ -1, 0, 0, 0, 4, value[2] },
		};

		assert_int_equal(forest_add_tree(f, stump, 3), 0);
	}
	assert_int_equal(forest_add_tree(f, &(struct forest_branch){ -1, 0, 0, 0, 9, value[1] }, 1),
	                 0);
	f->max_samples = kind == FOREST_PATH ? 256 : 0;
	if (f->baseline)
		f->baseline[0] = -0.125;
	return f;
}

static struct model make_model(enum model_kind kind, struct forest *f)
{
	struct model m = {
		.kind = kind,
		.schema = 0x1122334455667788,
		.n_features = FEATURES,
		.n_classes = kind == MODEL_ANOMALY            ? 0
		             : kind == MODEL_BOOST_CLASSIFIER ? 2
		                                              : 3,
		.feature_names = feature_names,
		.class_names = class_names,
		.mean = mean,
		.scale = scale,
		.forest = *f,
		.threshold = -0.5,
		.usual = usual,
		.about = "{\"rows\":7}",
	};
	int i;

	for (i = 0; i < MODEL_QUANTILES; i++)
		m.quantile[i] = i / 100.0 - 1;
	return m;
}

static struct forest *forest_of(enum model_kind kind)
{
	return kind == MODEL_ANOMALY            ? make_forest(FOREST_PATH, 1)
	       : kind == MODEL_BOOST_CLASSIFIER ? make_forest(FOREST_SUM, 1)
	                                        : make_forest(FOREST_MEAN, 3);
}

static char *encode(const struct model *m, size_t *length)
{
	char error[300];
	void *data;

	if (model_encode(m, &data, length, error, sizeof(error)))
		fail_msg("%s", error);
	return data;
}

/* The bytes of a small model. */
static char *make_bytes(enum model_kind kind, size_t *length)
{
	struct forest *f = forest_of(kind);
	struct model m = make_model(kind, f);
	char *bytes = encode(&m, length);

	forest_free(f);
	return bytes;
}

static char folder[] = "/tmp/weir-test-XXXXXX";
static char path[100];

static int make_folder(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/model", folder);
	return 0;
}

static int remove_folder(void **state)
{
	unlink(path);
	return rmdir(folder);
}

static void a_saved_model_comes_back_the_same(void **state)
{
	enum model_kind kind;

	for (kind = 0; kind <= MODEL_ANOMALY; kind++) {
		struct forest *f = forest_of(kind);
		struct model m = make_model(kind, f), *back;
		size_t length, again_length;
		char error[300], *bytes = encode(&m, &length), *again;

		assert_int_equal(model_save(&m, path, error, sizeof(error)), 0);
		back = model_open(path, error, sizeof(error));
		assert_non_null(back);
		assert_int_equal(back->kind, kind);
		assert_true(back->schema == m.schema);
		assert_int_equal(back->n_features, FEATURES);
		assert_int_equal(back->n_classes, m.n_classes);
		assert_string_equal(back->feature_names[1], "packets");
		if (kind == MODEL_FOREST_CLASSIFIER)
			assert_string_equal(back->class_names[2], class_names[2]);
		assert_memory_equal(back->mean, mean, sizeof(mean));
		assert_memory_equal(back->scale, scale, sizeof(scale));
		assert_memory_equal(back->usual, usual, sizeof(usual));
		assert_memory_equal(back->quantile, m.quantile, sizeof(m.quantile));
		assert_true(back->threshold == -0.5);
		assert_string_equal(back->about, m.about);
		assert_memory_equal(back->forest.nodes, f->nodes, f->n_nodes * sizeof(*f->nodes));
		assert_int_equal(back->forest.max_samples, f->max_samples);
		again = encode(back, &again_length);
		assert_int_equal(again_length, length);
		assert_memory_equal(again, bytes, length);
		model_close(back);
		free(again);
		free(bytes);
		forest_free(f);
	}
}

static void what_may_be_missing_is_missing_when_it_comes_back(void **state)
{
	struct forest *f = make_forest(FOREST_MEAN, 3);
	struct model m = make_model(MODEL_FOREST_CLASSIFIER, f), *back;
	char error[300];

	m.mean = m.scale = m.usual = NULL;
	m.about = NULL;
	memset(m.quantile, 0, sizeof(m.quantile));
	assert_int_equal(model_save(&m, path, error, sizeof(error)), 0);
	back = model_open(path, error, sizeof(error));
	assert_non_null(back);
	assert_null(back->mean);
	assert_null(back->scale);
	assert_null(back->usual);
	assert_string_equal(back->about, "{}");
	model_close(back);
	forest_free(f);
}

/* Ask it everything; a sanitizer complains if it reaches outside. */
static void use(const struct model *m)
{
	double rows[20 * MODEL_QUANTILES] = { 0 }, out[20 * 8];
	size_t n;

	assert_true(m->n_features <= MODEL_QUANTILES && m->n_classes <= 8);
	for (n = 0; n < 20 * (size_t)m->n_features; n++)
		rows[n] = n % 7;
	for (n = 1; n <= 20; n += 19)
		if (m->kind == MODEL_ANOMALY)
			model_score_samples(m, out, rows, n);
		else
			model_predict_proba(m, out, rows, n);
}

static bool is_usable(const void *bytes, size_t length, char *error, size_t size)
{
	/* A copy of just this length, so that reading past its end is found. */
	char *copy = malloc(length ? length : 1);
	struct model *m;

	memcpy(copy, bytes, length);
	m = model_from_bytes(copy, length, error, size);
	if (m)
		use(m);
	model_close(m);
	free(copy);
	return m;
}

static void a_model_cut_anywhere_is_refused(void **state)
{
	char error[300];
	size_t length, i;
	char *bytes = make_bytes(MODEL_FOREST_CLASSIFIER, &length);

	assert_true(is_usable(bytes, length, error, sizeof(error)));
	for (i = 0; i < length; i++)
		assert_false(is_usable(bytes, i, error, sizeof(error)));
	assert_string_equal(error, "it is 1638 bytes long and says 1639");
	free(bytes);
}

static void a_model_with_any_bit_turned_is_refused(void **state)
{
	enum model_kind kind;
	char error[300];

	for (kind = 0; kind <= MODEL_ANOMALY; kind++) {
		size_t length, i;
		char *bytes = make_bytes(kind, &length);

		for (i = 0; i < length * 8; i++) {
			bytes[i / 8] ^= (char)(1 << i % 8);
			assert_false(is_usable(bytes, length, error, sizeof(error)));
			bytes[i / 8] ^= (char)(1 << i % 8);
		}
		assert_true(is_usable(bytes, length, error, sizeof(error)));
		free(bytes);
	}
}

static void sign(char *bytes, size_t length)
{
	uint64_t sum = model_checksum(bytes, length);

	memcpy(bytes + offsetof(struct model_header, checksum), &sum, sizeof(sum));
}

/* Malice: the checksum fits. */
static void a_model_with_any_byte_forged_is_refused_or_harmless(void **state)
{
	static const unsigned char forged[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	enum model_kind kind;
	unsigned int usable = 0, refused = 0;
	char error[300];

	for (kind = 0; kind <= MODEL_ANOMALY; kind++) {
		size_t length, i, k;
		char *bytes = make_bytes(kind, &length);

		for (i = 0; i < length; i++)
			for (k = 0; k < LENGTH(forged); k++) {
				char was = bytes[i];

				bytes[i] = (char)forged[k];
				sign(bytes, length);
				if (is_usable(bytes, length, error, sizeof(error)))
					usable++;
				else
					refused++;
				bytes[i] = was;
			}
		free(bytes);
	}
	assert_true(usable > 1000 && refused > 1000);
}

static void what_is_wrong_is_told_in_one_line(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *reason;
	} cases[] = {
#define FIELD(name) offsetof(struct model_header, name)
		{ FIELD(magic), 1, "it is not a weir model file" },
		{ FIELD(version), 2, "its version is 2, this weir reads 1" },
		{ FIELD(length), 1, "it is 1639 bytes long and says 1" },
		{ FIELD(kind), 3, "its kind is not known" },
		{ FIELD(forest_kind), 1, "its kind of forest does not fit its kind of model" },
		{ FIELD(n_classes), 1, "its number of classes does not fit its kind" },
		{ FIELD(n_outputs), 4, "its number of outputs does not fit its classes" },
		{ FIELD(n_features), 0,
		  "it has 0 features and 3 classes; up to 4096 and 4096 can be" },
		{ FIELD(flags), 4, "its header has unknown parts" },
		{ FIELD(unused), 1, "its header has unknown parts" },
		{ FIELD(n_nodes), 0xffffffff, "its parts do not fill its length" },
		{ FIELD(threshold) + 4, 0x7ff80000, "its threshold is no finite number" },
		{ 128 + 12, 0x7f000000, "its quantiles do not ascend (at 2)" },
	};
	char error[300];
	size_t i;

	for (i = 0; i < LENGTH(cases); i++) {
		size_t length;
		char *bytes = make_bytes(MODEL_FOREST_CLASSIFIER, &length);

		memcpy(bytes + cases[i].at, &cases[i].value, sizeof(cases[i].value));
		sign(bytes, length);
		assert_false(is_usable(bytes, length, error, sizeof(error)));
		assert_string_equal(error, cases[i].reason);
		free(bytes);
	}
}

static void what_cannot_be_opened_is_told_with_the_next_step(void **state)
{
	static const char zeros[200];
	char error[300], wanted[300];
	FILE *file;

	unlink(path);
	assert_null(model_open(path, error, sizeof(error)));
	snprintf(wanted, sizeof(wanted),
	         "%s: cannot read the model: No such file or directory; make one with 'weir "
	         "train' or 'weir model import'",
	         path);
	assert_string_equal(error, wanted);

	assert_null(model_open(folder, error, sizeof(error)));
	assert_non_null(strstr(error, ": Is a directory; "));

	file = fopen(path, "w");
	assert_null(model_open(path, error, sizeof(error)));
	assert_non_null(strstr(error, ": it is empty or not a file; "));
	fwrite(zeros, 1, sizeof(zeros), file);
	fclose(file);
	assert_null(model_open(path, error, sizeof(error)));
	snprintf(wanted, sizeof(wanted),
	         "%s: cannot use the model: it is not a weir model file; make one with 'weir "
	         "train' or 'weir model import'",
	         path);
	assert_string_equal(error, wanted);
}

static void names_and_notes_that_are_no_text_are_not_saved(void **state)
{
	static char longest[257];
	static const struct {
		const char *name, *about, *reason;
	} cases[] = {
		{ "", "{}", "a name is empty, too long or not UTF-8 text (at 1)" },
		{ "a\x1b[2J", "{}", "a name is empty, too long or not UTF-8 text (at 1)" },
		{ "\xc3", "{}", "a name is empty, too long or not UTF-8 text (at 1)" },
		{ "\xc0\x80", "{}", "a name is empty, too long or not UTF-8 text (at 1)" },
		{ "\xed\xa0\x80", "{}", "a name is empty, too long or not UTF-8 text (at 1)" },
		{ "\xc2\x9b", "{}", "a name is empty, too long or not UTF-8 text (at 1)" },
		{ longest, "{}", "a name is empty, too long or not UTF-8 text (at 1)" },
		{ longest + 1, "{}", NULL },
		{ "\xf0\x9f\x8c\x8a", "{}", NULL },
		{ "b", "", "its notes are not a JSON object" },
		{ "b", "[]", "its notes are not a JSON object" },
		{ "b", "{\"a\":}", "its notes are not a JSON object" },
		{ "b", " {}", "its notes are not a JSON object" },
	};
	struct forest *f = make_forest(FOREST_MEAN, 3);
	size_t i;

	memset(longest, 'x', sizeof(longest) - 1);
	for (i = 0; i < LENGTH(cases); i++) {
		struct model m = make_model(MODEL_FOREST_CLASSIFIER, f);
		const char *names[] = { "a", cases[i].name };
		char error[300], wanted[300];

		m.feature_names = names;
		m.about = cases[i].about;
		snprintf(wanted, sizeof(wanted), "%s: cannot save the model: %s", path,
		         cases[i].reason);
		if (!cases[i].reason) {
			assert_int_equal(model_save(&m, path, error, sizeof(error)), 0);
		} else {
			assert_int_equal(model_save(&m, path, error, sizeof(error)), -EINVAL);
			assert_string_equal(error, wanted);
		}
	}
	forest_free(f);
}

static void a_model_that_cannot_be_saved_leaves_what_was_there(void **state)
{
	struct forest *f = make_forest(FOREST_MEAN, 3);
	struct model m = make_model(MODEL_FOREST_CLASSIFIER, f), *back;
	char error[300];

	assert_int_equal(model_save(&m, path, error, sizeof(error)), 0);
	m.threshold = NAN;
	assert_int_equal(model_save(&m, path, error, sizeof(error)), -EINVAL);
	back = model_open(path, error, sizeof(error));
	assert_non_null(back);
	assert_true(back->threshold == -0.5);
	model_close(back);
	m.threshold = 0;
	assert_int_equal(model_save(&m, "/dev/null", error, sizeof(error)), -EEXIST);
	assert_string_equal(error, "/dev/null: cannot save the model: something that is no file is "
	                           "there; name another file with -o");
	assert_int_equal(model_save(&m, folder, error, sizeof(error)), -EISDIR);
	assert_int_equal(model_save(&m, "/nowhere/model", error, sizeof(error)), -ENOENT);
	assert_string_equal(error, "/nowhere/model: cannot save the model: No such file or "
	                           "directory; name another file with -o");
	forest_free(f);
}

static void saving_leaves_no_other_file_behind(void **state)
{
	struct forest *f = make_forest(FOREST_MEAN, 3);
	struct model m = make_model(MODEL_FOREST_CLASSIFIER, f);
	char error[300];

	assert_int_equal(model_save(&m, path, error, sizeof(error)), 0);
	assert_int_equal(model_save(&m, path, error, sizeof(error)), 0);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	forest_free(f);
}

static void a_model_may_lie_at_any_address(void **state)
{
	size_t length, shift;
	char *bytes = make_bytes(MODEL_BOOST_CLASSIFIER, &length), error[300];
	char *room = malloc(length + 16);

	for (shift = 0; shift < 16; shift++) {
		struct model *m;

		memcpy(room + shift, bytes, length);
		m = model_from_bytes(room + shift, length, error, sizeof(error));
		assert_non_null(m);
		use(m);
		model_close(m);
	}
	free(room);
	free(bytes);
}

/* Just above the threshold in float64, on it once cast: goes left, as in scikit-learn. */
static void rows_are_scaled_in_float64_and_then_cast(void **state)
{
	struct forest *f = make_forest(FOREST_MEAN, 3);
	struct model m = make_model(MODEL_FOREST_CLASSIFIER, f);
	const double row[FEATURES] = { 12 + 4e-8, 2 + 3e-6 };
	float scaled[FEATURES];
	double proba[3];

	model_scale_row(&m, scaled, row);
	assert_true(scaled[0] == 0.5f);
	assert_true(scaled[1] > 0.5f);
	model_predict_proba(&m, proba, row, 1);
	assert_true(proba[0] == (0.25 + 0.5 + 1) / 3);
	assert_true(proba[1] == 0.5 / 3);
	assert_true(proba[2] == 0.75 / 3);
	m.mean = NULL;
	model_scale_row(&m, scaled, row);
	assert_true(scaled[0] == 12 && scaled[1] == (float)row[1]);
	forest_free(f);
}

static void sums_become_probabilities(void **state)
{
	const double rows[][FEATURES] = { { 0, 0 }, { 100, 0 }, { 100, 100 } };
	const double sum[] = { -0.125 + 0.25 + 1 + 1, -0.125 + 0.5 + 1 + 1,
		               -0.125 + 0.5 + 0.5 + 1 };
	struct forest *f = make_forest(FOREST_SUM, 1);
	struct model m = make_model(MODEL_BOOST_CLASSIFIER, f);
	double proba[3][2];
	int i;

	model_predict_proba(&m, proba[0], rows[0], 3);
	for (i = 0; i < 3; i++) {
		assert_true(fabs(proba[i][1] - 1 / (1 + exp(-sum[i]))) < 1e-15);
		assert_true(proba[i][0] == 1 - proba[i][1]);
	}
	forest_free(f);
}

static void sums_of_several_classes_go_through_softmax(void **state)
{
	struct forest *f = make_forest(FOREST_SUM, 3);
	struct model m = make_model(MODEL_BOOST_CLASSIFIER, f);
	const double rows[][FEATURES] = { { 0, 0 }, { 100, 100 } };
	const double raw[][3] = { { 0.125, 1, 1 }, { 0.375, 0.5, 1 } };
	double proba[2][3];
	int i, k;

	m.n_classes = 3;
	model_predict_proba(&m, proba[0], rows[0], 2);
	for (i = 0; i < 2; i++) {
		double sum = exp(raw[i][0]) + exp(raw[i][1]) + exp(raw[i][2]);

		for (k = 0; k < 3; k++)
			assert_true(fabs(proba[i][k] - exp(raw[i][k]) / sum) < 1e-15);
	}
	f->baseline[0] = 5000;
	m.forest = *f;
	model_predict_proba(&m, proba[0], rows[0], 1);
	assert_true(proba[0][0] == 1 && proba[0][1] == 0);
	forest_free(f);
}

static void path_lengths_become_scores(void **state)
{
	const double rows[][FEATURES] = { { 0, 0 }, { 100, 100 } };
	struct forest *f = make_forest(FOREST_PATH, 1);
	struct model m = make_model(MODEL_ANOMALY, f);
	double score[2];

	model_score_samples(&m, score, rows[0], 2);
	assert_true(fabs(score[0] + pow(2, -(2.25 / 3) / forest_average_path(256))) < 1e-15);
	assert_true(fabs(score[1] + pow(2, -(2.0 / 3) / forest_average_path(256))) < 1e-15);
	m.forest.max_samples = 1;
	model_score_samples(&m, score, rows[0], 2);
	assert_true(score[0] == -0.5);
	forest_free(f);
}

/* More rows than a block, and rows so wide that few fit. */
static void many_rows_are_asked_block_by_block(void **state)
{
	enum { WIDE = 4000, ROWS = 30 };
	static const double share[][2] = { { 1, 0 }, { 0, 1 } };
	const struct forest_branch stump[] = {
		{ WIDE - 1, 0.5f, 1, 2, 2, NULL },
		{ -1, 0, 0, 0, 1, share[0] },
		{ -1, 0, 0, 0, 1, share[1] },
	};
	struct forest *f = forest_new(FOREST_MEAN, WIDE, 2);
	struct model m = { .kind = MODEL_FOREST_CLASSIFIER, .n_features = WIDE, .n_classes = 2 };
	double *rows = calloc(WIDE * ROWS, sizeof(*rows)), proba[ROWS][2];
	int i;

	assert_int_equal(forest_add_tree(f, stump, 3), 0);
	m.forest = *f;
	for (i = 0; i < ROWS; i++)
		rows[i * WIDE + WIDE - 1] = i % 3;
	model_predict_proba(&m, proba[0], rows, ROWS);
	for (i = 0; i < ROWS; i++)
		assert_true(proba[i][1] == (i % 3 ? 1 : 0));
	free(rows);
	forest_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_saved_model_comes_back_the_same),
		cmocka_unit_test(what_may_be_missing_is_missing_when_it_comes_back),
		cmocka_unit_test(a_model_cut_anywhere_is_refused),
		cmocka_unit_test(a_model_with_any_bit_turned_is_refused),
		cmocka_unit_test(a_model_with_any_byte_forged_is_refused_or_harmless),
		cmocka_unit_test(what_is_wrong_is_told_in_one_line),
		cmocka_unit_test(what_cannot_be_opened_is_told_with_the_next_step),
		cmocka_unit_test(names_and_notes_that_are_no_text_are_not_saved),
		cmocka_unit_test(a_model_that_cannot_be_saved_leaves_what_was_there),
		cmocka_unit_test(saving_leaves_no_other_file_behind),
		cmocka_unit_test(a_model_may_lie_at_any_address),
		cmocka_unit_test(rows_are_scaled_in_float64_and_then_cast),
		cmocka_unit_test(sums_become_probabilities),
		cmocka_unit_test(sums_of_several_classes_go_through_softmax),
		cmocka_unit_test(path_lengths_become_scores),
		cmocka_unit_test(many_rows_are_asked_block_by_block),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
