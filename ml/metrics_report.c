// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The text of scikit-learn's classification_report, to the byte. Names are padded by characters
 * (UTF-8), as Python does. One oddity is kept: when not one row is right, scikit-learn's counts are
 * floating point, and so is the support it prints.
 */
#include "metrics.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics_count.h"

#define LONGEST_HEADING "weighted avg"

struct report {
	FILE *out;
	int width;
	uint64_t support;
	bool none_right;
	size_t n;
	struct metrics_class *of; /* [n] */
	double *part;             /* [n], scratch */
};

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void print_name(const struct report *r, const char *name)
{
	fprintf(r->out, "%*s%s ", r->width - (int)characters(name), "", name);
}

static void print_support(const struct report *r, uint64_t support)
{
	fprintf(r->out, " %*llu%s\n", r->none_right ? 7 : 9, (unsigned long long)support,
	        r->none_right ? ".0" : "");
}

static void print_line(const struct report *r, const char *name, double precision, double recall,
                       double f1, uint64_t support)
{
	print_name(r, name);
	fprintf(r->out, " %9.2f %9.2f %9.2f", precision, recall, f1);
	print_support(r, support);
}

/* The mean over classes of the double at this offset of metrics_class. */
static double mean(const struct report *r, size_t offset, bool weighted)
{
	for (size_t i = 0; i < r->n; i++) {
		memcpy(&r->part[i], (const char *)&r->of[i] + offset, sizeof(*r->part));
		if (weighted)
			r->part[i] *= (double)r->of[i].support;
	}
	if (weighted && !r->support)
		return 0;
	return metrics_sum(r->part, r->n) / (weighted ? (double)r->support : (double)r->n);
}

static void print_mean(const struct report *r, const char *name, bool weighted)
{
	print_line(r, name, mean(r, offsetof(struct metrics_class, precision), weighted),
	           mean(r, offsetof(struct metrics_class, recall), weighted),
	           mean(r, offsetof(struct metrics_class, f1), weighted), r->support);
}

/* Over all classes together; of all that occur precision, recall and F1 are all the accuracy. */
static void print_micro(const struct report *r, const struct metrics_count *sum, bool is_accuracy)
{
	struct metrics_class m = metrics_of_count(sum);

	if (!is_accuracy) {
		print_line(r, "micro avg", m.precision, m.recall, m.f1, r->support);
		return;
	}
	print_name(r, "accuracy");
	fprintf(r->out, " %9s %9s %9.2f", "", "", m.f1);
	print_support(r, r->support);
}

static void print_report(struct report *r, const struct metrics_count *count, const int32_t *labels,
                         const char *const *class_names, bool is_accuracy)
{
	struct metrics_count sum = { 0 };

	r->width = (int)strlen(LONGEST_HEADING);
	for (size_t i = 0; i < r->n; i++) {
		const struct metrics_count *c = &count[labels[i]];
		int width = (int)characters(class_names[labels[i]]);

		r->width = width > r->width ? width : r->width;
		r->of[i] = metrics_of_count(c);
		r->support += c->truly;
		sum.right += c->right;
		sum.predicted += c->predicted;
		sum.truly += c->truly;
	}
	print_name(r, "");
	fprintf(r->out, " %9s %9s %9s %9s\n\n", "precision", "recall", "f1-score", "support");
	for (size_t i = 0; i < r->n; i++)
		print_line(r, class_names[labels[i]], r->of[i].precision, r->of[i].recall,
		           r->of[i].f1, r->of[i].support);
	fputc('\n', r->out);
	print_micro(r, &sum, is_accuracy);
	print_mean(r, "macro avg", false);
	print_mean(r, LONGEST_HEADING, true);
}

/* scikit-learn compares the sets: a label that does not occur makes it a micro average as well. */
static bool are_all_that_occur(const struct metrics_count *count, size_t n_classes,
                               const int32_t *labels, size_t n_labels)
{
	for (size_t c = 0; c < n_classes; c++) {
		bool occurs = count[c].truly || count[c].predicted, given = false;

		for (size_t i = 0; i < n_labels; i++)
			given |= (size_t)labels[i] == c;
		if (occurs != given)
			return false;
	}
	return true;
}

static char *report(const struct metrics_count *count, size_t n_classes, const int32_t *labels,
                    size_t n_labels, const char *const *class_names)
{
	struct report r = { .n = n_labels, .none_right = true };
	char *text = NULL;
	size_t size;
	bool failed;

	for (size_t c = 0; c < n_classes; c++)
		r.none_right &= !count[c].right;
	r.of = calloc(n_labels + 1, sizeof(*r.of));
	r.part = calloc(n_labels + 1, sizeof(*r.part));
	r.out = r.of && r.part ? open_memstream(&text, &size) : NULL;
	if (r.out) {
		if (n_labels)
			print_report(&r, count, labels, class_names,
			             are_all_that_occur(count, n_classes, labels, n_labels));
		failed = ferror(r.out);
		if (fclose(r.out) || failed) {
			free(text);
			text = NULL;
		}
	}
	free(r.of);
	free(r.part);
	return text;
}

char *metrics_report_labels(const int32_t *truth, const int32_t *predicted, size_t n,
                            const int32_t *labels, size_t n_labels, const char *const *class_names,
                            size_t n_classes)
{
	struct metrics_count *count = calloc(n_classes + 1, sizeof(*count));
	char *text = NULL;

	if (count) {
		metrics_count(count, truth, predicted, n, n_classes);
		text = report(count, n_classes, labels, n_labels, class_names);
	}
	free(count);
	return text;
}

char *metrics_report(const int32_t *truth, const int32_t *predicted, size_t n,
                     const char *const *class_names, size_t n_classes)
{
	struct metrics_count *count = calloc(n_classes + 1, sizeof(*count));
	int32_t *labels = calloc(n_classes + 1, sizeof(*labels));
	size_t n_labels = 0;
	char *text = NULL;

	if (count && labels) {
		metrics_count(count, truth, predicted, n, n_classes);
		for (size_t c = 0; c < n_classes; c++)
			if (count[c].truly || count[c].predicted)
				labels[n_labels++] = (int32_t)c;
		text = report(count, n_classes, labels, n_labels, class_names);
	}
	free(count);
	free(labels);
	return text;
}
