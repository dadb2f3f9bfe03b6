#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Make the golden vectors of tests/test_import.c; run by hand with Debian 12's scikit-learn.

    tests/golden/make.py [CAPTURES]

Trains small models on data that ship with scikit-learn and on flows, exports them with
tools/export_sklearn.py and writes what scikit-learn answers. DATA.rows holds the inputs, a row a
line; DATA-MODEL.json the model; DATA-MODEL.out the answers, float64 in hexadecimal: predict_proba,
score_samples, or, for boosting, decision_function and then predict_proba. There may be fewer answers
than inputs.

flows.rows and flows.labels are numbers made from labelled captures. They are kept as they are,
unless CAPTURES names a folder with labels.csv in it; then build/weir reads it anew.
"""
import csv
import json
import pathlib
import subprocess
import sys

import numpy
import sklearn
import xgboost
from sklearn import datasets
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))
import export_sklearn  # noqa: E402

COLUMNS = (
    "duration bytes packets bytes_per_second packets_per_second avg_packet_size "
    "fwd_payload_mean fwd_payload_std rev_payload_mean rev_payload_std fwd_iat_mean fwd_first_1"
).split()
PER_LABEL = 40
PER_CAPTURE = 4


def read_flows(captures):
    """Some labelled flows of each label and capture, as numbers."""
    wanted = {}
    with open(captures / "labels.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["label"]:
                key = tuple(row[x] for x in ("src_ip", "dst_ip", "src_port", "dst_port", "protocol"))
                wanted.setdefault(row["file"], {})[key] = row["label"]
    rows, labels = [], []
    for name in sorted(wanted):
        command = ["build/weir", "read", "--idle-timeout", "600", "--active-timeout", "0"]
        command += ["-o", "csv:-", captures / name]
        text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        taken = {}
        for row in csv.DictReader(text.splitlines()):
            key = tuple(row[x] for x in ("src_ip", "dst_ip", "src_port", "dst_port", "protocol"))
            label = wanted[name].get(key)
            if not label or taken.get(label, 0) == PER_CAPTURE or labels.count(label) == PER_LABEL:
                continue
            taken[label] = taken.get(label, 0) + 1
            labels.append(label)
            rows.append([float(row[x]) for x in COLUMNS])
    return numpy.array(rows), numpy.array(labels)


def load_flows(captures):
    if captures:
        rows, labels = read_flows(captures)
        write_rows("flows", rows)
        (HERE / "flows.labels").write_text("\n".join(labels) + "\n", encoding="ascii")
    labels = (HERE / "flows.labels").read_text(encoding="ascii").split()
    return numpy.loadtxt(HERE / "flows.rows"), numpy.array(labels), COLUMNS


def load_shipped(name, n=None):
    data = getattr(datasets, "load_" + name)()
    names = [str(x).replace(" ", "_") for x in data.feature_names]
    classes = numpy.array([str(x) for x in data.target_names])
    return data.data[:n], classes[data.target[:n]], names


def write_rows(name, rows):
    with open(HERE / f"{name}.rows", "w", encoding="ascii") as file:
        for row in rows:
            file.write(" ".join(f"{x:.17g}" if float(f"{x:.15g}") != x else f"{x:.15g}" for x in row))
            file.write("\n")


def write_answers(name, answers):
    with open(HERE / f"{name}.out", "w", encoding="ascii") as file:
        for row in answers.reshape(len(answers), -1):
            file.write(" ".join(float(x).hex() for x in row) + "\n")


def answers_of(model, rows):
    last = model[-1] if isinstance(model, (tuple, sklearn.pipeline.Pipeline)) else model
    if isinstance(model, tuple):
        rows = model[0].transform(rows)
        model = last
    if isinstance(last, IsolationForest):
        return model.score_samples(rows)
    if isinstance(last, HistGradientBoostingClassifier):
        raw = model.decision_function(rows).reshape(len(rows), -1)
        return numpy.hstack([raw, model.predict_proba(rows)])
    return model.predict_proba(rows)


def make(data, name, model, rows, labels, names):
    if name.startswith("boost"):
        rows = rows.astype(numpy.float32).astype(numpy.float64)
    if isinstance(model, tuple):
        model[1].fit(model[0].fit_transform(rows), labels)
    else:
        model.fit(rows, labels)
    answers = answers_of(model, rows)
    with open(HERE / f"{data}-{name}.json", "w", encoding="utf-8") as file:
        json.dump(export_sklearn.describe(model, list(names)), file, separators=(",", ":"))
        file.write("\n")
    write_answers(f"{data}-{name}", answers)
    print(f"{data}-{name}: {len(rows)} rows, {answers.size} answers")


def make_xgboost(data, rows, labels):
    """XGBoost's own JSON, without names: classes are numbered."""
    _, numbers = numpy.unique(labels, return_inverse=True)
    model = xgboost.XGBClassifier(n_estimators=8, max_depth=4, n_jobs=1, random_state=0)
    model.fit(rows, numbers)
    model.save_model(HERE / f"{data}-xgboost.json")
    write_answers(f"{data}-xgboost", model.predict_proba(rows))


def main():
    sets = {
        "iris": load_shipped("iris"),
        "wine": load_shipped("wine"),
        "breast": load_shipped("breast_cancer"),
        "digits": load_shipped("digits", 300),
        "flows": load_flows(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None),
    }
    for data, (rows, _, _) in sets.items():
        write_rows(data, rows)
    seed = {"random_state": 42}
    scaled = lambda model: make_pipeline(StandardScaler(), model)  # noqa: E731
    for data, name, model in (
        ("iris", "forest", RandomForestClassifier(100, max_depth=4, **seed)),
        ("wine", "forest", scaled(RandomForestClassifier(50, class_weight="balanced", **seed))),
        ("breast", "forest", RandomForestClassifier(25, **seed)),
        ("digits", "forest", RandomForestClassifier(12, **seed)),
        ("flows", "forest", (StandardScaler(), RandomForestClassifier(16, max_depth=8, **seed))),
        ("wine", "extra", ExtraTreesClassifier(16, **seed)),
        ("flows", "extra", scaled(ExtraTreesClassifier(10, max_depth=9, **seed))),
        ("iris", "boost", HistGradientBoostingClassifier(max_iter=20, **seed)),
        ("breast", "boost", HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8, **seed)),
        ("flows", "boost", HistGradientBoostingClassifier(max_iter=8, max_leaf_nodes=7, **seed)),
        ("breast", "isolation", IsolationForest(n_estimators=30, max_samples=64, **seed)),
        ("digits", "isolation", IsolationForest(n_estimators=30, max_samples=64, max_features=0.5, **seed)),
        ("flows", "isolation", scaled(IsolationForest(n_estimators=24, contamination=0.1, **seed))),
    ):
        rows, labels, names = sets[data]
        n = 400 if name == "boost" else None  # the answers of a boost are long
        make(data, name, model, rows[:n], labels[:n], names)
    make_xgboost("iris", *sets["iris"][:2])
    make_xgboost("breast", *sets["breast"][:2])


if __name__ == "__main__":
    main()
