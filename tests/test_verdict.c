// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Two models of flows at once: what each says does not depend on the other, whether the features of
 * one are made for it or lent by the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataset_fit.h"
#include "feature.h"
#include "fit_anomaly.h"
#include "record.h"
#include "rng.h"
#include "verdict.h"

#define CASE(test) cmocka_unit_test(test)
#define ROWS       400
#define FLOWS      200 /* more than a batch, and no multiple of one */

static struct flow_side sides[FLOWS][2];
static struct flow_record flows[FLOWS];
static const struct flow_record *records[FLOWS];

static int make_flows(void **state)
{
	struct rng dice;

	rng_seed(&dice, 7, 0);
	for (int i = 0; i < FLOWS; i++) {
		for (int s = 0; s < 2; s++) {
			struct flow_side *side = &sides[i][s];

			side->packets = 1 + (uint32_t)rng_below(&dice, 50);
			side->bytes = 60 + rng_below(&dice, 100000);
			side->ip_bytes = side->bytes - 14;
			side->payload_bytes = side->bytes - 54;
			side->length_sq = side->bytes * 100;
			side->payload_hist[rng_below(&dice, FLOW_BINS)] = side->packets;
			side->iat_hist[rng_below(&dice, FLOW_BINS)] = side->packets - 1;
			side->tcp_flag[4] = side->packets;
			side->last_ns = rng_below(&dice, 1000000000);
		}
		flows[i] = (struct flow_record){ .fwd = &sides[i][0],
			                         .rev = &sides[i][1],
			                         .end_ns = 1000000000 };
		flows[i].key.protocol = i % 3 ? 6 : 17;
		flows[i].key.dst_port = (uint16_t)rng_below(&dice, 1000);
		records[i] = &flows[i];
	}
	return 0;
}

/* A model of that kind and these features, grown from noise, as a file. */
static void make_model(const char *path, enum model_kind kind, const char *list)
{
	struct dataset_fit_settings s = { .kind = kind,
		                          .forest = train_forest_defaults,
		                          .isolation = train_isolation_defaults };
	const char *names[FEATURE_MAX];
	double row[FEATURE_MAX];
	struct feature_set set;
	struct fitted fitted = { 0 };
	struct matrix *m;
	struct rng dice;
	char error[256];

	assert_int_equal(feature_set_parse(&set, list, error, sizeof(error)), 0);
	for (size_t k = 0; k < set.n; k++)
		names[k] = set.feature[k]->name;
	m = matrix_new(set.n, names);
	assert_non_null(m);
	matrix_add_group(m, "all");
	rng_seed(&dice, 1, 0);
	for (size_t i = 0; i < ROWS; i++) {
		for (size_t k = 0; k < set.n; k++)
			row[k] = 10 * rng_real(&dice);
		assert_int_equal(
		        matrix_add_row(m, row, row[0] + row[1] > 10 ? "more" : "less", 1, 0), 0);
	}
	assert_int_equal(matrix_sort_classes(m), 0);
	s.forest.n_estimators = s.isolation.n_estimators = 10;
	if (dataset_fit(&fitted, &s, m, error, sizeof(error)))
		fail_msg("%s", error);
	fitted.model.threshold = -0.64;
	assert_int_equal(model_save(&fitted.model, path, error, sizeof(error)), 0);
	dataset_fit_clear(&fitted);
	matrix_free(m);
}

enum which { WIDE, SAME, NARROW, UNUSUAL, GUIDE, N_MODELS };

static const struct {
	enum model_kind kind;
	const char *list, *path;
} models[N_MODELS] = {
	[WIDE] = { MODEL_FOREST_CLASSIFIER, "first8,ports,flow", "build/test_verdict.wide" },
	[SAME] = { MODEL_FOREST_CLASSIFIER, "flow", "build/test_verdict.same" },
	[NARROW] = { MODEL_FOREST_CLASSIFIER, "ports", "build/test_verdict.narrow" },
	[UNUSUAL] = { MODEL_ANOMALY, "flow", "build/test_verdict.unusual" },
	[GUIDE] = { MODEL_ANOMALY, "guide6", "build/test_verdict.guide" },
};

static int make_models(void **state)
{
	for (int i = 0; i < N_MODELS; i++)
		make_model(models[i].path, models[i].kind, models[i].list);
	return make_flows(state);
}

static int remove_models(void **state)
{
	for (int i = 0; i < N_MODELS; i++)
		remove(models[i].path);
	return 0;
}

static void load(struct verdicts *v, enum which which)
{
	char error[256];

	if (verdicts_load(v, models[which].path, error, sizeof(error)))
		fail_msg("%s", error);
}

/* Each alone; then both, one after the other, and again with others in their places. */
static void what_a_model_says_does_not_depend_on_the_other(void **state)
{
	static struct verdict alone[N_MODELS][FLOWS], both[FLOWS];
	static const enum which pairs[][2] = {
		{ WIDE, UNUSUAL }, { NARROW, UNUSUAL }, { SAME, UNUSUAL }, { SAME, GUIDE },
		{ WIDE, GUIDE },   { WIDE, UNUSUAL },   { NARROW, GUIDE },
	};
	struct verdicts *v, *kept = verdicts_new();
	int anomalies = 0;

	for (int i = 0; i < N_MODELS; i++) {
		v = verdicts_new();
		load(v, i);
		verdicts_judge(v, alone[i], records, FLOWS);
		verdicts_free(v);
	}
	for (size_t p = 0; p < sizeof(pairs) / sizeof(pairs[0]); p++) {
		const struct verdict *class = alone[pairs[p][0]], *score = alone[pairs[p][1]];

		load(kept, pairs[p][p % 2]);
		load(kept, pairs[p][1 - p % 2]);
		verdicts_judge(kept, both, records, FLOWS);
		for (int i = 0; i < FLOWS; i++) {
			assert_true(both[i].class_probability == class[i].class_probability);
			assert_true(both[i].anomaly_score == score[i].anomaly_score);
			assert_int_equal(both[i].is_anomaly, score[i].is_anomaly);
			assert_string_equal(both[i].why, score[i].why);
			anomalies += both[i].is_anomaly;
		}
	}
	assert_in_range(anomalies, 1, 7 * FLOWS - 1);
	verdicts_free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_a_model_says_does_not_depend_on_the_other),
	};

	return cmocka_run_group_tests_name("verdict", tests, make_models, remove_models);
}
