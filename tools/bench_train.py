#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
The other half of bench_train: scikit-learn's times on the rows in FILE, a line "METHOD SECONDS"
each: processor time of one thread, best of three (boosting: of one). FILE is what bench_train
wrote: two uint64 (rows, columns), the values as float64 row by row, the labels as int32.
"""
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
try:
    import numpy as np
    from sklearn.ensemble import (HistGradientBoostingClassifier, IsolationForest,
                                  RandomForestClassifier)
except ImportError as why:
    sys.exit("bench_train: no scikit-learn to compare with (%s); install python3-sklearn" % why)

METHODS = {
    "forest": lambda: RandomForestClassifier(random_state=0, n_jobs=1),
    "boost": lambda: HistGradientBoostingClassifier(random_state=0, early_stopping=False),
    "isolation": lambda: IsolationForest(random_state=0, n_jobs=1),
}


def main():
    with open(sys.argv[1], "rb") as file:
        n_rows, n_columns = np.fromfile(file, np.uint64, 2).astype(int)
        values = np.fromfile(file, np.float64, n_rows * n_columns).reshape(n_rows, n_columns)
        labels = np.fromfile(file, np.int32, n_rows)
    for name, make in METHODS.items():
        best = float("inf")
        for _ in range(1 if name == "boost" else 3):
            start = time.process_time()
            make().fit(values, labels)
            best = min(best, time.process_time() - start)
        print(name, "%.6f" % best, flush=True)


main()
