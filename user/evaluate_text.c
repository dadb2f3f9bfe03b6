// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What evaluate.c found, for people, as JSON and as CSV. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate.h"
#include "field.h"

#define NAME_MAX_SHOWN 28

static void put_line(struct buf *b, const char *name, struct evaluate_estimate accuracy,
                     struct evaluate_estimate f1, bool interval)
{
	buf_format(b, "%-*.*s  %5.3f", NAME_MAX_SHOWN, NAME_MAX_SHOWN, name, accuracy.value);
	if (interval)
		buf_format(b, " [%.3f, %.3f]", accuracy.low, accuracy.high);
	else
		buf_format(b, "%15s", "");
	buf_format(b, "  %5.3f", f1.value);
	if (interval)
		buf_format(b, " [%.3f, %.3f]", f1.low, f1.high);
	buf_char(b, '\n');
}

static void put_comparison(struct buf *b, const struct evaluate_rows *rows,
                           const struct evaluate_result *r)
{
	struct evaluate_estimate a = { 0 }, f = { 0 };
	char name[64];

	buf_format(b, "%-*s  %-20s  %s\n", NAME_MAX_SHOWN, "", "accuracy [95 %]",
	           "macro-F1 [95 %]");
	put_line(b, "this model", r->accuracy, r->macro_f1, true);
	if (!isnan(r->ports_accuracy)) {
		a.value = r->ports_accuracy;
		f.value = r->ports_macro_f1;
		put_line(b, "by port and protocol alone", a, f, false);
	}
	if (!isnan(r->majority_accuracy)) {
		a.value = r->majority_accuracy;
		f.value = r->majority_macro_f1;
		snprintf(name, sizeof(name), "always '%s'", rows->class_names[rows->majority]);
		put_line(b, name, a, f, false);
	}
	buf_format(b, "balanced accuracy %.3f; intervals by drawing files\n", r->balanced_accuracy);
}

/* Classes that are in the truth or the answers. */
static uint8_t *classes_used(const struct evaluate_rows *rows)
{
	uint8_t *used = calloc(rows->n_classes + 1, 1);
	size_t i;

	for (i = 0; used && i < rows->n; i++)
		used[rows->truth[i]] = used[rows->predicted[i]] = 1;
	return used;
}

static void put_confusion(struct buf *b, const struct evaluate_rows *rows, const uint64_t *counts,
                          const uint8_t *used)
{
	size_t n = rows->n_classes, i, k, width = 0;

	for (i = 0; i < n; i++)
		if (used[i] && strlen(rows->class_names[i]) > width)
			width = strlen(rows->class_names[i]);
	width = width > NAME_MAX_SHOWN ? NAME_MAX_SHOWN : width;
	buf_format(b, "%*s", (int)width, "");
	for (k = 0; k < n; k++)
		if (used[k])
			buf_format(b, " %7.7s", rows->class_names[k]);
	buf_char(b, '\n');
	for (i = 0; i < n; i++) {
		if (!used[i])
			continue;
		buf_format(b, "%*.*s", (int)width, (int)width, rows->class_names[i]);
		for (k = 0; k < n; k++)
			if (used[k] && counts[i * n + k])
				buf_format(b, " %7llu", (unsigned long long)counts[i * n + k]);
			else if (used[k])
				buf_format(b, " %7s", ".");
		buf_char(b, '\n');
	}
}

static void put_reliability(struct buf *b, const struct evaluate_result *r)
{
	size_t i;

	buf_format(b,
	           "the largest probability and how often it was right (expected calibration "
	           "error %.3f):\n",
	           r->calibration_error);
	for (i = 0; i < 10; i++)
		if (r->bins[i].n)
			buf_format(b, "  %.1f-%.1f  %7llu rows  said %.3f  was %.3f\n", i / 10.0,
			           (i + 1) / 10.0, (unsigned long long)r->bins[i].n,
			           r->bins[i].confidence, r->bins[i].accuracy);
}

int evaluate_put_text(struct buf *b, const struct evaluate_rows *rows,
                      const struct evaluate_result *r)
{
	size_t n = rows->n_classes;
	uint64_t *counts = calloc(n * n, sizeof(*counts));
	uint8_t *used = classes_used(rows);
	char *report = metrics_report(rows->truth, rows->predicted, rows->n, rows->class_names, n);
	int failed = counts && used && report ? 0 : -ENOMEM;

	if (!failed) {
		metrics_confusion(counts, rows->truth, rows->predicted, rows->n, n);
		buf_text(b, report);
		buf_char(b, '\n');
		put_comparison(b, rows, r);
		buf_text(b, "\nconfusion (rows are the truth, columns the answer):\n");
		put_confusion(b, rows, counts, used);
		buf_char(b, '\n');
		put_reliability(b, r);
	}
	free(counts);
	free(used);
	free(report);
	return failed;
}

static void put_number(struct buf *b, double x)
{
	if (isnan(x))
		buf_text(b, "null");
	else
		buf_format(b, "%.6g", x);
}

static void put_estimate(struct buf *b, const char *name, const struct evaluate_estimate *e)
{
	buf_format(b, "\"%s\":", name);
	put_number(b, e->value);
	buf_format(b, ",\"%s_interval\":[", name);
	put_number(b, e->low);
	buf_char(b, ',');
	put_number(b, e->high);
	buf_char(b, ']');
}

static void put_named(struct buf *b, const char *name, double x)
{
	buf_format(b, ",\"%s\":", name);
	put_number(b, x);
}

static void put_classes_json(struct buf *b, const struct evaluate_rows *rows,
                             const struct metrics_class *by_class)
{
	size_t i;

	buf_text(b, ",\"classes\":[");
	for (i = 0; i < rows->n_classes; i++) {
		buf_format(b, "%s{\"class\":", i ? "," : "");
		field_put_json_text(b, rows->class_names[i]);
		put_named(b, "precision", by_class[i].precision);
		put_named(b, "recall", by_class[i].recall);
		put_named(b, "f1", by_class[i].f1);
		buf_format(b, ",\"support\":%llu}", (unsigned long long)by_class[i].support);
	}
	buf_char(b, ']');
}

static void put_confusion_json(struct buf *b, const uint64_t *counts, size_t n)
{
	size_t i, k;

	buf_text(b, ",\"confusion\":[");
	for (i = 0; i < n; i++) {
		buf_text(b, i ? ",[" : "[");
		for (k = 0; k < n; k++)
			buf_format(b, "%s%llu", k ? "," : "",
			           (unsigned long long)counts[i * n + k]);
		buf_char(b, ']');
	}
	buf_char(b, ']');
}

static void put_bins_json(struct buf *b, const struct evaluate_result *r)
{
	size_t i;

	buf_text(b, ",\"reliability\":[");
	for (i = 0; i < 10; i++)
		buf_format(b, "%s{\"n\":%llu,\"confidence\":%.6g,\"accuracy\":%.6g}", i ? "," : "",
		           (unsigned long long)r->bins[i].n,
		           r->bins[i].n ? r->bins[i].confidence : 0,
		           r->bins[i].n ? r->bins[i].accuracy : 0);
	buf_char(b, ']');
}

int evaluate_put_json(struct buf *b, const struct evaluate_rows *rows,
                      const struct evaluate_result *r)
{
	size_t n = rows->n_classes;
	uint64_t *counts = calloc(n * n, sizeof(*counts));
	struct metrics_class *by_class = calloc(n + 1, sizeof(*by_class));
	int failed = counts && by_class ? 0 : -ENOMEM;

	if (!failed) {
		metrics_confusion(counts, rows->truth, rows->predicted, rows->n, n);
		metrics_by_class(by_class, rows->truth, rows->predicted, rows->n, n);
		buf_format(b, "{\"rows\":%zu,", rows->n);
		put_estimate(b, "accuracy", &r->accuracy);
		buf_char(b, ',');
		put_estimate(b, "macro_f1", &r->macro_f1);
		put_named(b, "balanced_accuracy", r->balanced_accuracy);
		put_named(b, "ports_accuracy", r->ports_accuracy);
		put_named(b, "ports_macro_f1", r->ports_macro_f1);
		put_named(b, "majority_accuracy", r->majority_accuracy);
		put_named(b, "majority_macro_f1", r->majority_macro_f1);
		put_named(b, "calibration_error", r->calibration_error);
		put_classes_json(b, rows, by_class);
		put_confusion_json(b, counts, n);
		put_bins_json(b, r);
		buf_text(b, "}\n");
	}
	free(counts);
	free(by_class);
	return failed;
}

static void put_csv_name(struct buf *b, const char *name)
{
	struct field text = { .type = FIELD_TEXT };
	union field_value v = { .text = name };

	field_put_csv(b, &text, &v);
}

int evaluate_put_csv(struct buf *b, const struct evaluate_rows *rows,
                     const struct evaluate_result *r)
{
	struct metrics_class *by_class = calloc(rows->n_classes + 1, sizeof(*by_class));
	size_t i;

	if (!by_class)
		return -ENOMEM;
	metrics_by_class(by_class, rows->truth, rows->predicted, rows->n, rows->n_classes);
	buf_text(b, "class,precision,recall,f1,support\n");
	for (i = 0; i < rows->n_classes; i++) {
		put_csv_name(b, rows->class_names[i]);
		buf_format(b, ",%.6g,%.6g,%.6g,%llu\n", by_class[i].precision, by_class[i].recall,
		           by_class[i].f1, (unsigned long long)by_class[i].support);
	}
	buf_format(b, "accuracy,,,%.6g,%zu\nmacro avg,,,%.6g,%zu\n", r->accuracy.value, rows->n,
	           r->macro_f1.value, rows->n);
	free(by_class);
	return 0;
}

static double part(uint64_t n, uint64_t of)
{
	return of ? (double)n / of : 0;
}

static void put_attack(struct buf *b, const struct evaluate_attack *a)
{
	buf_format(b, "%-*.*s  %7llu  ", NAME_MAX_SHOWN, NAME_MAX_SHOWN, a->name,
	           (unsigned long long)a->n);
	if (isnan(a->roc_auc.value))
		buf_format(b, "%-21s", "-");
	else
		buf_format(b, "%5.3f [%.3f, %.3f]", a->roc_auc.value, a->roc_auc.low,
		           a->roc_auc.high);
	buf_format(b, "  %6.3f  %5.1f %%\n", isnan(a->average_precision) ? 0 : a->average_precision,
	           100 * part(a->alerts, a->n));
}

void evaluate_anomaly_text(struct buf *b, const struct evaluate_scores *s,
                           const struct evaluate_anomaly *r)
{
	size_t i;

	buf_format(b, "%-*s  %7s  %-20s  %6s  %s\n", NAME_MAX_SHOWN, "", "rows", "ROC-AUC [95 %]",
	           "PR-AUC", "alerts");
	for (i = 0; i < r->n_attacks; i++)
		put_attack(b, &r->attack[i]);
	if (r->n_attacks != 1)
		put_attack(b, &r->attack[r->n_attacks]);
	buf_format(b, "%-*s  %7llu  %20s  %6s  %5.1f %%\n", NAME_MAX_SHOWN, "normal",
	           (unsigned long long)r->normal, "", "", 100 * part(r->false_alerts, r->normal));
	buf_format(b,
	           "alerts are scores below %.4f; intervals by drawing files, which says nothing "
	           "where an attack is in one\n",
	           s->threshold);
	if (r->unknown)
		buf_format(b, "%llu rows without a label were left out\n",
		           (unsigned long long)r->unknown);
}

void evaluate_anomaly_json(struct buf *b, const struct evaluate_scores *s,
                           const struct evaluate_anomaly *r)
{
	size_t i;

	buf_format(b,
	           "{\"threshold\":%.6g,\"normal\":%llu,\"false_alerts\":%llu,\"unlabelled\":%llu,"
	           "\"attacks\":[",
	           s->threshold, (unsigned long long)r->normal, (unsigned long long)r->false_alerts,
	           (unsigned long long)r->unknown);
	for (i = 0; i <= r->n_attacks; i++) {
		const struct evaluate_attack *a = &r->attack[i];

		buf_text(b, i ? ",{\"name\":" : "{\"name\":");
		field_put_json_text(b, i < r->n_attacks ? a->name : "all");
		buf_format(b, ",\"rows\":%llu,\"alerts\":%llu,", (unsigned long long)a->n,
		           (unsigned long long)a->alerts);
		put_estimate(b, "roc_auc", &a->roc_auc);
		put_named(b, "average_precision", a->average_precision);
		buf_char(b, '}');
	}
	buf_text(b, "]}\n");
}

void evaluate_anomaly_csv(struct buf *b, const struct evaluate_anomaly *r)
{
	size_t i;

	buf_text(b, "name,rows,alerts,roc_auc,average_precision\n");
	for (i = 0; i <= r->n_attacks; i++) {
		const struct evaluate_attack *a = &r->attack[i];

		put_csv_name(b, i < r->n_attacks ? a->name : "all");
		buf_format(b, ",%llu,%llu,", (unsigned long long)a->n,
		           (unsigned long long)a->alerts);
		if (!isnan(a->roc_auc.value))
			buf_format(b, "%.6g,%.6g", a->roc_auc.value, a->average_precision);
		else
			buf_char(b, ',');
		buf_char(b, '\n');
	}
	buf_format(b, "normal,%llu,%llu,,\n", (unsigned long long)r->normal,
	           (unsigned long long)r->false_alerts);
}
