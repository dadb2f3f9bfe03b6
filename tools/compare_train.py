#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
compare_train.py [--seeds N] [--only METHOD] [--normal LABELS] [FILE.csv]: weir's trainers beside
scikit-learn's on the same folds.

FILE is what `weir train --dump FILE` wrote. Captures are put into five folds anew with every seed,
never one capture into two; macro-F1 is of all rows of a seed, each predicted by the model of the
other folds. The isolation forest learns from the rows of the NORMAL classes (default
normal,benign; where no row is of these, the class of most rows) and its ROC-AUC is that of telling
them from all others. Rows without a label are left out.

Without FILE the data sets are those that come with scikit-learn. Both sides have the default
parameters, and no early stopping. weir's side is build/tools/crossval; run this from the top.
"""
import argparse
import csv
import io
import os
import subprocess
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
try:
    import numpy as np
    from sklearn import datasets
    from sklearn.ensemble import (HistGradientBoostingClassifier, IsolationForest,
                                  RandomForestClassifier)
    from sklearn.metrics import f1_score, roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold
except ImportError as why:
    sys.exit("compare_train: no scikit-learn to compare with (%s); install python3-sklearn" % why)

CROSSVAL = "build/tools/crossval"
ABOUT = ("file", "label", "weight", "flow", "packets", "is_end")  # columns that are no features
METHODS = {
    "forest": ("random forest, macro-F1",
               lambda seed: RandomForestClassifier(random_state=seed, n_jobs=2)),
    "boost": ("boosting, macro-F1",
              lambda seed: HistGradientBoostingClassifier(random_state=seed,
                                                          early_stopping=False)),
    "isolation": ("isolation forest, ROC-AUC",
                  lambda seed: IsolationForest(random_state=seed, n_jobs=2)),
}


class Data:
    def __init__(self, name, values, label, weight, group, normal=()):
        self.name = name
        self.values = np.asarray(values, np.float32).astype(float)  # what both sides see
        self.label = np.asarray(label)
        self.weight = np.asarray(weight, float)
        self.group = np.asarray(group)
        names, count = np.unique(self.label, return_counts=True)
        if not np.isin(names, normal).any():
            normal = names[count.argmax()]
        self.is_normal = np.isin(self.label, normal)

    def folds(self, seed):
        fold = np.zeros(len(self.label), int)
        split = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        for number, (_, rows) in enumerate(split.split(self.values, self.label, self.group)):
            fold[rows] = number
        return fold


def read_dump(path, normal):
    with open(path, newline="") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if row["label"]]
        features = [name for name in reader.fieldnames if name not in ABOUT]
    if not rows:
        sys.exit("compare_train: %s: no row has a label" % path)
    return Data(path, [[row[name] for name in features] for row in rows],
                [row["label"] for row in rows], [row["weight"] for row in rows],
                [row["file"] for row in rows], normal)


def bundled():
    for name in "wine", "breast_cancer", "digits":
        d = getattr(datasets, "load_" + name)()
        label = np.array(["c%d" % k for k in d.target])
        yield Data(name, d.data, label, np.ones(len(label)), np.arange(len(label)))


def ours(data, method, seed, weight, fold):
    text = io.StringIO()
    columns = data.values.shape[1]
    text.write(",".join(["f%d" % i for i in range(columns)] + ["label", "weight", "fold"]) + "\n")
    for row in zip(data.values, data.label, weight, fold):
        text.write(",".join(["%.9g" % v for v in row[0]] + ["%s,%.9g,%d" % row[1:]]) + "\n")
    try:
        out = subprocess.run([CROSSVAL, method, str(seed)], input=text.getvalue(), check=True,
                             stdout=subprocess.PIPE, text=True).stdout.split("\n")[:-1]
    except FileNotFoundError:
        sys.exit("compare_train: no %s; run make, and this from the top of the tree" % CROSSVAL)
    return np.array(out, float if method == "isolation" else None)


def theirs(data, method, seed, weight, fold):
    answer = np.zeros(len(fold), float if method == "isolation" else data.label.dtype)
    for k in np.unique(fold):
        train = (fold != k) & (weight > 0)
        model = METHODS[method][1](seed)
        if method == "isolation":
            model.fit(data.values[train])
            answer[fold == k] = model.score_samples(data.values[fold == k])
        else:
            model.fit(data.values[train], data.label[train], sample_weight=weight[train])
            answer[fold == k] = model.predict(data.values[fold == k])
    return answer


def judge(data, method, answer):
    if method != "isolation":
        return f1_score(data.label, answer, average="macro")
    return roc_auc_score(~data.is_normal, -answer)


def compare(data, method, seeds):
    scores = []
    for seed in range(seeds):
        fold = data.folds(seed)
        weight = data.weight
        if method == "isolation":
            weight = weight * data.is_normal
        scores.append([judge(data, method, side(data, method, seed, weight, fold))
                       for side in (ours, theirs)])
    a, b = np.array(scores).T
    print("  %-28s %.4f +- %.4f   %.4f +- %.4f   %+.4f" %
          (METHODS[method][0], a.mean(), a.std(), b.mean(), b.std(), (a - b).mean()), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file", nargs="?")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--only", choices=METHODS)
    parser.add_argument("--normal", default="normal,benign")
    options = parser.parse_args()
    sets = [read_dump(options.file, options.normal.split(","))] if options.file else bundled()
    for data in sets:
        print("%s: %d rows, %d columns, %d classes; %d seeds, 5 folds by group" %
              (data.name, *data.values.shape, len(set(data.label)), options.seeds))
        print("  %-28s %-18s %-18s %s" % ("", "weir", "scikit-learn", "difference"))
        for method in [options.only] if options.only else METHODS:
            compare(data, method, options.seeds)


main()
