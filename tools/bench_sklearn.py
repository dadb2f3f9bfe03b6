#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
The other half of bench_ml: train with scikit-learn, export, and tell what applying costs there.

    tools/bench_sklearn.py FOLDER

Writes rows (float64), MODEL.json and MODEL.out (float64, the answers) into FOLDER and prints a line
"MODEL batch NANOSECONDS" or "MODEL single NANOSECONDS" a measurement: processor time for a row,
best of several, one thread.
"""
import json
import os
import pathlib
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
try:
    import numpy
    from sklearn.ensemble import IsolationForest, RandomForestClassifier
except ImportError as why:
    sys.exit(f"bench_ml: no scikit-learn to compare with ({why}); install python3-sklearn")
import export_sklearn  # beside this file

ROWS, COLUMNS, CLASSES, BATCH, SINGLE = 8000, 72, 15, 4096, 30


def make_rows():
    """Like flows: classes that overlap, a third of the columns few numbers, the others skewed."""
    dice = numpy.random.default_rng(1)
    labels = dice.integers(0, CLASSES, ROWS)
    centres = dice.normal(size=(CLASSES, COLUMNS))
    rows = numpy.exp(centres[labels] + dice.normal(scale=1.5, size=(ROWS, COLUMNS)))
    rows[:, : COLUMNS // 3] = numpy.floor(rows[:, : COLUMNS // 3])
    return rows, labels


def best_of(times, work):
    """Least processor time of a call."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time_ns()
        work()
        best = min(best, time.process_time_ns() - start)
    return best


def measure(folder, name, model, ask, rows):
    (folder / f"{name}.json").write_text(json.dumps(export_sklearn.describe(model)), "utf-8")
    ask(rows).tofile(folder / f"{name}.out")
    print(name, "batch", best_of(5, lambda: ask(rows)) / len(rows))

    def one_by_one():
        for i in range(SINGLE):
            ask(rows[i : i + 1])

    print(name, "single", best_of(3, one_by_one) / SINGLE, flush=True)


def main():
    folder = pathlib.Path(sys.argv[1])
    rows, labels = make_rows()
    batch = rows[:BATCH].copy()
    batch.tofile(folder / "rows")
    forest = RandomForestClassifier(100, max_depth=10, random_state=0, n_jobs=1).fit(rows, labels)
    measure(folder, "forest", forest, forest.predict_proba, batch)
    deep = RandomForestClassifier(100, random_state=0, n_jobs=1).fit(rows, labels)
    measure(folder, "deep", deep, deep.predict_proba, batch)
    isolation = IsolationForest(n_estimators=100, random_state=0, n_jobs=1).fit(rows)
    measure(folder, "isolation", isolation, isolation.score_samples, batch)


main()
