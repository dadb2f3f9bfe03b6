#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Make tests/golden/metrics.txt: random truths and predictions, and what scikit-learn 1.2's metrics
say of them. Needs python3-sklearn; run as `tests/golden/make_metrics.py > tests/golden/metrics.txt`.

A case of classes: "classes NAMES LABELS" (counts; LABELS -1: all that occur), the names one a line,
truth, predicted, labels, "accuracy balanced macro_f1", the confusion matrix row by row in one line
(empty for more than 20 classes), then "report LINES" and the report. A case of scores: "scores", positive, score, "roc_auc
average_precision calibration_error", the accuracies and the mean confidences of the bins that are
not empty.
"""
import warnings

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

NAMES = ["http", "tls", "ssh", "dns", "mail", "voip", "netmgmt", "a", "",
         "a name that is longer than weighted avg", "exactly12chr", "thirteen char",
         "netzwerk-prüfung-größe", "流量分类", "p2p", "quic"]


def line(values):
    print(*values)


def classes(rng, n, n_classes, skill, labels=None):
    truth = rng.integers(0, n_classes, n)
    if rng.random() < 0.5:  # a few classes are most of it
        truth = np.minimum(truth, rng.integers(0, n_classes, n))
    guess = rng.integers(0, n_classes, n)
    predicted = np.where(rng.random(n) < skill, truth, guess)
    names = [NAMES[i] if i < len(NAMES) else "class%d" % i for i in rng.permutation(n_classes)]
    shown = np.unique(np.concatenate([truth, predicted])) if labels is None else labels
    text = metrics.classification_report(
        truth, predicted, labels=labels, target_names=[names[i] for i in shown])
    line(["classes", n_classes, -1 if labels is None else len(labels)])
    for name in names:
        print(name)
    line(truth)
    line(predicted)
    line([] if labels is None else labels)
    line(["%.17g" % x for x in (metrics.accuracy_score(truth, predicted),
                                metrics.balanced_accuracy_score(truth, predicted),
                                metrics.f1_score(truth, predicted, average="macro"))])
    counts = metrics.confusion_matrix(truth, predicted, labels=range(n_classes)).ravel()
    line(counts if n_classes <= 20 else [])
    print("report", text.count("\n"))
    print(text, end="")


def scores(rng, n, ties):
    positive = rng.random(n) < rng.uniform(0.1, 0.9)
    positive[:2] = 0, 1
    score = np.clip(rng.normal(0.5 + 0.2 * positive, 0.2), 0, 1)
    if ties:
        score = np.round(score, 1)
    right, confidence = calibration_curve(positive, score, n_bins=10)
    bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], score)
    error = sum(abs(positive[bins == b].mean() - score[bins == b].mean()) * (bins == b).mean()
                for b in np.unique(bins))
    print("scores")
    line(positive.astype(int))
    line(["%.17g" % x for x in score])
    line(["%.17g" % x for x in (metrics.roc_auc_score(positive, score),
                                metrics.average_precision_score(positive, score), error)])
    line(["%.17g" % x for x in right])
    line(["%.17g" % x for x in confidence])


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(12)
    print("# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause")
    for i in range(60):
        classes(rng, rng.integers(1, 60), rng.integers(1, 17), rng.choice([0, 0.3, 0.9, 1]))
    for i in range(4):  # more classes than one block of numpy's pairwise sum
        classes(rng, 400, 130 + 30 * i, 0.7)
    for i in range(12):  # labels=: fewer, in another order, some that do not occur
        k = rng.integers(1, 9)
        classes(rng, 50, 8, 0.8, rng.permutation(8)[:k])
    classes(rng, 1200, 3, 0.95)
    for i in range(30):
        scores(rng, rng.integers(2, 80), i % 2)


main()
