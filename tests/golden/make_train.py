#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Make tests/golden/train.txt: what scikit-learn 1.2 learns from random rows where nothing is left to
chance, to be compared with what we learn. Needs python3-sklearn; run as
`tests/golden/make_train.py > tests/golden/train.txt`.

"data ROWS COLUMNS CLASSES", then a row a line: values, label, weight. What follows is learned from
it: "tree MAX_DEPTH MIN_SPLIT MIN_LEAF BALANCED WEIGHTED NODES" (all features at every node), then its
nodes depth first, left before right: "feature threshold", or -1 and the shares of the classes;
"boost RATE ITERATIONS LEAVES DEPTH MIN_LEAF L2 BINS BALANCED WEIGHTED", then for each row its raw
outputs; "isolation TREES", then for each row score_samples, the mean of five forests of TREES / 5 trees.
"""
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest
from sklearn.tree import DecisionTreeClassifier


def line(values, form="%.17g"):
    print(*[form % v for v in values])


def data(rng, n, n_classes):
    """Columns: three that tell the class, noise, a small count, nearly always 0, constant."""
    label = rng.integers(0, n_classes, n)
    x = rng.normal(0, 1, (n, 7))
    x[:, 0] += label
    x[:, 1] -= label == 1
    x[:, 2] *= 1 + label
    x[:, 4] = rng.poisson(1 + label)
    x[:, 5] *= rng.random(n) < 0.1
    x[:, 6] = 3
    x = x.astype(np.float32).astype(float)
    weight = rng.uniform(0.5, 2, n).astype(np.float32)  # no two splits gain the same
    print("data", n, x.shape[1], n_classes)
    for values, k, w in zip(x, label, weight):
        print(*["%.9g" % v for v in values], k, "%.9g" % w)
    return x, label, weight.astype(float)


def tree(x, y, weight, depth, min_split, min_leaf, balanced):
    def grow(seed):
        return DecisionTreeClassifier(
            max_depth=depth or None, min_samples_split=min_split, min_samples_leaf=min_leaf,
            class_weight="balanced" if balanced else None, random_state=seed,
        ).fit(x, y, sample_weight=weight).tree_

    t = grow(0)
    for seed in range(1, 30):  # of equally good splits the first drawn wins: there must be none
        assert np.array_equal(t.threshold, grow(seed).threshold), (depth, min_split, min_leaf)
    print("tree", depth, min_split, min_leaf, int(balanced), int(weight is not None), t.node_count)
    for i in range(t.node_count):  # scikit-learn keeps nodes depth first
        if t.children_left[i] < 0:
            line([-1, *(t.value[i, 0] / t.value[i, 0].sum())])
        else:
            line([t.feature[i], t.threshold[i]])


def boost(x, y, weight, rate, iterations, leaves, depth, min_leaf, l2, bins, balanced):
    model = HistGradientBoostingClassifier(
        learning_rate=rate, max_iter=iterations, max_leaf_nodes=leaves, max_depth=depth or None,
        min_samples_leaf=min_leaf, l2_regularization=l2, max_bins=bins, early_stopping=False,
        class_weight="balanced" if balanced else None)
    raw = model.fit(x, y, sample_weight=weight).decision_function(x).reshape(len(y), -1)
    print("boost", rate, iterations, leaves, depth, min_leaf, l2, bins, int(balanced),
          int(weight is not None))
    for outputs in raw:
        line(outputs, "%.8g")


def isolation(x, trees):
    print("isolation", trees)
    forests = [IsolationForest(n_estimators=trees // 5, random_state=i).fit(x) for i in range(5)]
    line(np.mean([f.score_samples(x) for f in forests], axis=0), "%.6f")


def main():
    rng = np.random.default_rng(6)
    print("# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause")
    x, y, weight = data(rng, 300, 3)
    tree(x, y, None, 4, 2, 1, False)
    tree(x, y, None, 0, 20, 5, False)
    tree(x, y, None, 6, 10, 4, True)
    tree(x, y, weight, 0, 20, 5, False)
    tree(x, y, weight, 0, 25, 8, True)
    boost(x, y, None, 0.1, 10, 31, 0, 20, 0, 255, False)
    boost(x, y, weight, 0.3, 5, 8, 3, 5, 1, 255, False)
    boost(x, y, None, 0.1, 10, 31, 0, 20, 0, 16, False)
    boost(x, y, weight, 0.1, 10, 31, 0, 20, 0, 255, True)
    isolation(x, 10000)
    x, y, weight = data(rng, 400, 2)
    tree(x, y, weight, 6, 30, 10, False)
    boost(x, y, weight, 0.1, 20, 31, 0, 20, 0, 255, False)
    boost(x, y, weight, 0.1, 20, 15, 0, 10, 0.5, 32, True)


main()
