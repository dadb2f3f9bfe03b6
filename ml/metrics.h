/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How good a classifier or a score is; definitions and layouts of scikit-learn 1.2's metrics.
 * Classes outside 0..n_classes-1, of truth or prediction, leave their row out.
 */
#ifndef WEIR_METRICS_H
#define WEIR_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct metrics_class {
	double precision, recall, f1;
	uint64_t support; /* rows that truly are of this class */
};

/* truth[n], predicted[n]: class indices. out[n_classes]; a 0/0 is 0, as zero_division="warn". */
void metrics_by_class(struct metrics_class *out, const int32_t *truth, const int32_t *predicted,
                      size_t n, size_t n_classes);

/* counts[n_classes][n_classes]: rows are the truth, columns the prediction. */
void metrics_confusion(uint64_t *counts, const int32_t *truth, const int32_t *predicted, size_t n,
                       size_t n_classes);

double metrics_accuracy(const int32_t *truth, const int32_t *predicted, size_t n);

/* Mean recall of the classes that are in truth. */
double metrics_balanced_accuracy(const int32_t *truth, const int32_t *predicted, size_t n,
                                 size_t n_classes);

/* Mean F1 of the classes that are in truth or in the prediction. Both: NaN when there are none. */
double metrics_macro_f1(const int32_t *truth, const int32_t *predicted, size_t n, size_t n_classes);

/*
 * The text of classification_report(truth, predicted, target_names=class_names, digits=2), byte for
 * byte, of the classes that are in truth or in the prediction. Allocated; NULL: no memory.
 */
char *metrics_report(const int32_t *truth, const int32_t *predicted, size_t n,
                     const char *const *class_names, size_t n_classes);

/*
 * The same with labels=: these n_labels classes and no others, in this order, each named by
 * class_names[class]. When they are not all that occur, the accuracy line is a micro average.
 */
char *metrics_report_labels(const int32_t *truth, const int32_t *predicted, size_t n,
                            const int32_t *labels, size_t n_labels, const char *const *class_names,
                            size_t n_classes);

/*
 * Area under the ROC curve; ties count half. positive[n] 0 or 1. NaN when a kind is missing, or
 * memory. Scores are not NaN.
 */
double metrics_roc_auc(const uint8_t *positive, const double *score, size_t n);

/* Average precision (area under the precision-recall curve as scikit-learn sums it). NaN likewise.
 */
double metrics_average_precision(const uint8_t *positive, const double *score, size_t n);

/*
 * Expected calibration error with 10 bins of the largest probability, 0 < p <= 0.1 the first, as
 * calibration_curve() cuts them; the bins come out too.
 */
struct metrics_bin {
	uint64_t n;
	double confidence, accuracy; /* means */
};
double metrics_reliability(struct metrics_bin bins[10], const double *confidence,
                           const uint8_t *right, size_t n);

#endif
