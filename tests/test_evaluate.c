// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reports: baselines, intervals by file, texts, and a fit from rows to answers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataset_fit.h"
#include "evaluate.h"
#include "evaluate_ports.h"

#define CASE(test) cmocka_unit_test(test)

static const char *const classes[] = { "dns", "tls", "web" };

/* Ten rows of two files: all right in the first, none in the second. */
static struct evaluate_rows two_files(void)
{
	static const int32_t truth[] = { 0, 0, 1, 1, 2, 0, 0, 1, 1, 2 };
	static const int32_t predicted[] = { 0, 0, 1, 1, 2, 1, 1, 2, 2, 0 };
	static const int32_t ports[] = { 0, 0, 1, 1, 1, 0, 0, 1, 1, 1 };
	static const double confidence[] = { .9, .9, .9, .9, .9, .6, .6, .6, .6, .6 };
	static const uint32_t group[] = { 0, 0, 0, 0, 0, 1, 1, 1, 1, 1 };

	return (struct evaluate_rows){ 10,         truth, predicted, ports,   0,
		                       confidence, group, 2,         classes, 3 };
}

static void a_model_is_told_beside_its_baselines(void **state)
{
	struct evaluate_rows rows = two_files();
	struct evaluate_result r;

	assert_int_equal(evaluate_classes(&r, &rows, 1), 0);
	assert_true(r.accuracy.value == 0.5);
	assert_true(r.ports_accuracy == 0.8);
	assert_true(r.majority_accuracy == 0.4);
	assert_true(fabs(r.majority_macro_f1 - 0.8 / 1.4 / 3) < 1e-12);
	assert_true(fabs(r.calibration_error - 0.35) < 1e-12);
	rows.ports = NULL;
	rows.majority = -1;
	assert_int_equal(evaluate_classes(&r, &rows, 1), 0);
	assert_true(isnan(r.ports_accuracy) && isnan(r.majority_accuracy));
}

/* Two files of which one is all right: a draw has 0, 1 or 2 of it. */
static void an_interval_hangs_on_files_not_rows(void **state)
{
	struct evaluate_rows rows = two_files();
	static const uint32_t one_file[10];
	struct evaluate_result r, again;

	assert_int_equal(evaluate_classes(&r, &rows, 1), 0);
	assert_true(r.accuracy.low == 0 && r.accuracy.high == 1);
	assert_int_equal(evaluate_classes(&again, &rows, 1), 0);
	assert_memory_equal(&r.macro_f1, &again.macro_f1, sizeof(r.macro_f1));
	rows.group = one_file;
	rows.n_groups = 1;
	assert_int_equal(evaluate_classes(&r, &rows, 1), 0);
	assert_true(r.accuracy.low == 0.5 && r.accuracy.high == 0.5);
}

static void the_texts_say_so(void **state)
{
	struct evaluate_rows rows = two_files();
	struct evaluate_result r;
	struct buf b = { 0 };

	evaluate_classes(&r, &rows, 1);
	assert_int_equal(evaluate_put_text(&b, &rows, &r), 0);
	buf_char(&b, '\0');
	assert_non_null(
	        strstr(b.data, "\n    accuracy                           0.50        10\n"));
	assert_non_null(strstr(b.data, "this model                    0.500 [0.000, 1.000]"));
	assert_non_null(strstr(b.data, "by port and protocol alone    0.800"));
	assert_non_null(strstr(b.data, "always 'dns'                  0.400"));
	assert_non_null(strstr(b.data,
	                       "       dns     tls     web\ndns       2       2       .\n"
	                       "tls       .       2       2\nweb       1       .       1\n"));
	b.length = 0;
	assert_int_equal(evaluate_put_csv(&b, &rows, &r), 0);
	buf_char(&b, '\0');
	assert_string_equal(b.data, "class,precision,recall,f1,support\n"
	                            "dns,0.666667,0.5,0.571429,4\ntls,0.5,0.5,0.5,4\n"
	                            "web,0.333333,0.5,0.4,2\naccuracy,,,0.5,10\n"
	                            "macro avg,,,0.490476,10\n");
	b.length = 0;
	assert_int_equal(evaluate_put_json(&b, &rows, &r), 0);
	buf_char(&b, '\0');
	assert_non_null(strstr(b.data, "\"accuracy\":0.5,\"accuracy_interval\":[0,1]"));
	assert_non_null(strstr(b.data, "\"confusion\":[[2,2,0],[0,2,2],[1,0,1]]"));
	buf_clear(&b);
}

static void attacks_are_compared_with_what_is_normal(void **state)
{
	static const double score[] = { -.4, -.4, -.5, -.4, -.9, -.8, -.3, -.9 };
	static const int32_t truth[] = { 1, 1, 1, 1, 0, 0, 2, -1 };
	static const uint32_t group[] = { 0, 0, 1, 1, 2, 2, 3, 3 };
	static const char *const names[] = { "flood", "normal", "scan" };
	static const uint8_t is_normal[] = { 0, 1, 0 };
	struct evaluate_scores s = { 8, score, truth, group, 4, names, 3, is_normal, -0.45 };
	struct evaluate_anomaly r;
	struct buf b = { 0 };

	assert_int_equal(evaluate_anomalies(&r, &s, 1), 0);
	assert_int_equal(r.n_attacks, 2);
	assert_int_equal(r.normal, 4);
	assert_int_equal(r.false_alerts, 1);
	assert_int_equal(r.unknown, 1);
	assert_string_equal(r.attack[0].name, "flood");
	assert_true(r.attack[0].roc_auc.value == 1 && r.attack[0].alerts == 2);
	assert_true(r.attack[1].roc_auc.value == 0 && r.attack[1].alerts == 0);
	assert_int_equal(r.attack[2].n, 3);
	evaluate_anomaly_csv(&b, &r);
	buf_char(&b, '\0');
	assert_non_null(strstr(b.data, "flood,2,2,1,1\nscan,1,0,0,"));
	assert_non_null(strstr(b.data, "\nnormal,4,1,,\n"));
	buf_clear(&b);
	free(r.attack);
}

static void the_ports_baseline_learns_the_heaviest_class(void **state)
{
	static const char *const columns[] = { "x" };
	static const struct {
		const char *label;
		float weight;
		uint8_t protocol;
		uint16_t port;
	} rows[] = {
		{ "web", 1, 6, 80 },  { "tls", 1, 6, 443 },  { "web", 1, 6, 443 },
		{ "tls", 1, 6, 443 }, { "web", 0.5, 6, 25 }, { "mail", 0.6f, 6, 25 },
		{ "dns", 9, 17, 53 },
	};
	struct dataset_tag tag[7] = { 0 };
	struct dataset d = { .m = matrix_new(1, columns), .tag = tag };
	struct ports *p, *copy;
	struct buf b = { 0 };
	double x = 0;
	size_t i;

	for (i = 0; i < 7; i++) {
		matrix_add_row(d.m, &x, rows[i].label, rows[i].weight, matrix_add_group(d.m, "f"));
		tag[i].protocol = rows[i].protocol;
		tag[i].dst_port = rows[i].port;
	}
	matrix_sort_classes(d.m); /* dns mail tls web */
	p = ports_learn(&d, NULL, 0);
	ports_put(&b, p);
	buf_char(&b, '\0');
	assert_string_equal(b.data, "0;6=3;17=0;17/53=0;6/443=2;6/80=3;6/25=1");
	copy = ports_parse(b.data, 4);
	for (i = 0; i < 2; i++, p = copy) {
		assert_int_equal(ports_ask(p, 6, 443), 2);
		assert_int_equal(ports_ask(p, 6, 25), 1);
		assert_int_equal(ports_ask(p, 6, 9999), 3); /* the heaviest of TCP */
		assert_int_equal(ports_ask(p, 1, 0), 0);    /* of all */
		assert_int_equal(ports_majority(p), 0);
		if (!i)
			ports_free(p);
	}
	ports_free(copy);
	copy = ports_parse("99;6=7;x;6/70000=1;300=1;6/=;=", 4); /* spoilt: no class comes of it */
	assert_int_equal(ports_ask(copy, 6, 80), -1);
	ports_free(copy);
	buf_clear(&b);
	matrix_free(d.m);
}

static void a_fit_learns_what_rows_show(void **state)
{
	static const enum model_kind kinds[] = { MODEL_FOREST_CLASSIFIER, MODEL_BOOST_CLASSIFIER };
	static const char *const columns[] = { "x", "y" };
	struct matrix *m = matrix_new(2, columns);
	struct dataset_fit_settings s = { .forest = train_forest_defaults,
		                          .boost = train_boost_defaults,
		                          .isolation = train_isolation_defaults };
	int32_t predicted[300];
	double confidence[300];
	struct fitted f;
	char error[256];
	size_t i, k;

	for (i = 0; i < 300; i++)
		matrix_add_row(m, (double[]){ i * 1e6, i % 7 },
		               i < 100   ? "low"
		               : i < 200 ? "middle"
		                         : "top",
		               1, matrix_add_group(m, "f"));
	matrix_sort_classes(m);
	for (k = 0; k < 2; k++) {
		s.kind = kinds[k];
		assert_int_equal(dataset_fit(&f, &s, m, error, sizeof(error)), 0);
		assert_int_equal(dataset_fit_predict(&f.model, m, predicted, confidence), 0);
		for (i = 0; i < 300; i++)
			assert_int_equal(predicted[i], m->label[i]);
		assert_true(fabs(f.usual[1] - 149.5e6) < 1);
		assert_true(f.model.quantile[0] > 0.5 && f.model.quantile[100] <= 1);
		dataset_fit_clear(&f);
	}
	s.kind = MODEL_ANOMALY;
	assert_int_equal(dataset_fit(&f, &s, m, error, sizeof(error)), 0);
	assert_true(f.model.quantile[0] >= -1 && f.model.quantile[100] < 0);
	assert_true(f.model.quantile[0] < f.model.quantile[100]);
	dataset_fit_clear(&f);
	m->n_rows = 0;
	assert_true(dataset_fit(&f, &s, m, error, sizeof(error)) < 0);
	assert_string_equal(error, "there is no row to learn from");
	matrix_free(m);
}

static void a_quantile_lies_between_its_neighbours(void **state)
{
	double values[] = { 4, 1, 3, 2, 5 };

	dataset_fit_sort(values, 5);
	assert_true(values[0] == 1 && values[4] == 5);
	assert_true(dataset_fit_quantile(values, 5, 0) == 1);
	assert_true(dataset_fit_quantile(values, 5, 0.5) == 3);
	assert_true(dataset_fit_quantile(values, 5, 0.125) == 1.5);
	assert_true(dataset_fit_quantile(values, 5, 1) == 5);
	assert_true(dataset_fit_quantile(values, 0, 0.5) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_model_is_told_beside_its_baselines),
		CASE(an_interval_hangs_on_files_not_rows),
		CASE(the_texts_say_so),
		CASE(attacks_are_compared_with_what_is_normal),
		CASE(the_ports_baseline_learns_the_heaviest_class),
		CASE(a_fit_learns_what_rows_show),
		CASE(a_quantile_lies_between_its_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
