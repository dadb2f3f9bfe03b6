#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Write a scikit-learn model as the JSON that `weir model import` reads.

    tools/export_sklearn.py model.joblib > model.json
    weir model import model.json -o model.weir

Reads what joblib or pickle wrote: RandomForestClassifier, ExtraTreesClassifier,
HistGradientBoostingClassifier, IsolationForest or XGBClassifier, alone, behind a StandardScaler in
a Pipeline, or as a tuple (scaler, model). Names of features come from the model when it was fitted
on a data frame, else from --features. XGBoost's own JSON (save_model) is passed on as it is.

Loading a joblib or pickle file runs what is in it: open only files you trust.

Thresholds are written as the float64 they are and rounded by the importer. Forests cast rows to
float32 themselves, so answers are equal in every bit. HistGradientBoosting compares in float64, so
there they are equal for rows whose (scaled) values are float32, and for all others unless a value
lies within half a float32 step of a threshold. Splits on missing values: rows of weir have none.
"""
import argparse
import json
import pathlib
import sys


class Unsupported(Exception):
    """This model cannot be exported; says why."""


def load(path):
    """The object in a joblib or pickle file, or the text of a JSON file."""
    head = pathlib.Path(path).read_bytes()[:64].lstrip()
    if head.startswith(b"{"):
        return pathlib.Path(path).read_text(encoding="utf-8")
    try:
        import joblib
    except ImportError:
        import pickle

        with open(path, "rb") as file:
            return pickle.load(file)
    return joblib.load(path)


def split(thing):
    """(scaler or None, model) of a pipeline, a tuple or a model alone."""
    if isinstance(thing, tuple) and len(thing) == 2:
        scaler, model = thing
    elif hasattr(thing, "steps"):
        steps = [step for _, step in thing.steps if step not in (None, "passthrough")]
        if len(steps) > 2:
            raise Unsupported("a pipeline of more than a scaler and a model")
        scaler, model = ([None] + steps)[-2:]
    else:
        scaler, model = None, thing
    if scaler is not None and type(scaler).__name__ != "StandardScaler":
        raise Unsupported(f"{type(scaler).__name__} before the model; StandardScaler can be")
    return scaler, model


def describe_scaler(scaler, n_features):
    """mean and scale; a StandardScaler may have been told to do without one of them."""
    mean = [0.0] * n_features if scaler.mean_ is None or not scaler.with_mean else scaler.mean_
    scale = [1.0] * n_features if scaler.scale_ is None else scaler.scale_
    return {"mean": [float(x) for x in mean], "scale": [float(x) for x in scale]}


def describe_tree(tree, value, features=None):
    """Arrays of a scikit-learn Tree; value(node) is the list of a leaf's numbers."""
    leaf = tree.children_left < 0
    feature = tree.feature if features is None else features[tree.feature]
    return {
        "feature": [-1 if leaf[i] else int(feature[i]) for i in range(tree.node_count)],
        "threshold": [0.0 if leaf[i] else float(tree.threshold[i]) for i in range(len(leaf))],
        "left": [max(0, int(x)) for x in tree.children_left],
        "right": [max(0, int(x)) for x in tree.children_right],
        "cover": [float(x) for x in tree.weighted_n_node_samples],
        "value": [x for i in range(tree.node_count) if leaf[i] for x in value(i)],
    }


def describe_forest(model):
    """Mean of class shares; shares are normalised with the operations of predict_proba."""
    if model.n_outputs_ != 1:
        raise Unsupported("a forest of several outputs")
    trees = []
    for estimator in model.estimators_:
        tree = estimator.tree_
        share = tree.value[:, 0, :].copy()
        total = share.sum(axis=1)[:, None]
        total[total == 0.0] = 1.0
        share /= total
        trees.append(describe_tree(tree, lambda i, share=share: [float(x) for x in share[i]]))
    return {"kind": "forest", "trees": trees}


def describe_isolation(model):
    """Path lengths, added up in score_samples' order: nodes, then c(samples), then - 1."""
    from sklearn.ensemble._iforest import _average_path_length
    import numpy

    trees = []
    for estimator, features in zip(model.estimators_, model.estimators_features_):
        tree = estimator.tree_
        nodes = numpy.zeros(tree.node_count)
        nodes[0] = 1
        for i in range(tree.node_count):  # children follow their parents
            for child in (tree.children_left[i], tree.children_right[i]):
                if child >= 0:
                    nodes[child] = nodes[i] + 1
        path = nodes + _average_path_length(tree.n_node_samples) - 1.0
        trees.append(describe_tree(tree, lambda i, path=path: [float(path[i])], features))
    return {
        "kind": "anomaly",
        "threshold": float(model.offset_),
        "max_samples": int(model.max_samples_),
        "trees": trees,
    }


def describe_boost_tree(nodes):
    """Arrays of a HistGradientBoosting predictor."""
    if nodes["is_categorical"].any():
        raise Unsupported("splits by category")
    leaf = nodes["is_leaf"].astype(bool)
    largest = sys.float_info.max  # a split between numbers and what is missing is at infinity
    return {
        "feature": [-1 if leaf[i] else int(x) for i, x in enumerate(nodes["feature_idx"])],
        "threshold": [
            0.0 if leaf[i] else min(float(x), largest)
            for i, x in enumerate(nodes["num_threshold"])
        ],
        "left": [int(x) for x in nodes["left"]],
        "right": [int(x) for x in nodes["right"]],
        "cover": [float(x) for x in nodes["count"]],
        "value": [float(x) for i, x in enumerate(nodes["value"]) if leaf[i]],
    }


def describe_boost(model):
    """Sums of leaf values from a baseline, tree after tree, class after class."""
    return {
        "kind": "boost",
        "baseline": [float(x) for x in model._baseline_prediction.ravel()],
        "trees": [
            describe_boost_tree(predictor.nodes)
            for iteration in model._predictors
            for predictor in iteration
        ],
    }


def describe_xgboost(model):
    """Its own JSON; the importer knows it."""
    return {"kind": "xgboost", "xgboost": json.loads(model.get_booster().save_raw("json"))}


KINDS = {
    "RandomForestClassifier": describe_forest,
    "ExtraTreesClassifier": describe_forest,
    "HistGradientBoostingClassifier": describe_boost,
    "IsolationForest": describe_isolation,
    "XGBClassifier": describe_xgboost,
}


def feature_names(scaler, model, given):
    """As given, or as the first step saw them, or none."""
    if given:
        return given
    for thing in (scaler, model):
        names = getattr(thing, "feature_names_in_", None)
        if names is not None:
            return [str(x) for x in names]
    return [f"f{i}" for i in range(model.n_features_in_)]


def describe(thing, features=None):
    """The whole as a dict, ready for json.dump."""
    scaler, model = split(thing)
    name = type(model).__name__
    if name not in KINDS:
        raise Unsupported(f"a {name}; there are {', '.join(KINDS)}")
    names = feature_names(scaler, model, features)
    if len(names) != model.n_features_in_:
        raise Unsupported(f"{len(names)} names for {model.n_features_in_} features")
    version = sys.modules[type(model).__module__.split(".")[0]].__version__
    out = {"format": "weir-model", "version": 1, "feature_names": names}
    if hasattr(model, "classes_"):
        out["class_names"] = [str(x) for x in model.classes_]
    if scaler is not None:
        out["scaler"] = describe_scaler(scaler, model.n_features_in_)
    out["about"] = {"made_by": f"{name} {version}"}
    out.update(KINDS[name](model))
    return out


def main():
    about, _, rest = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        description=about, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="joblib, pickle or JSON file")
    parser.add_argument("-o", "--output", help="file to write (default: standard output)")
    parser.add_argument("--features", help="names of the features, comma between them")
    options = parser.parse_args()
    try:
        thing = load(options.model)
        if isinstance(thing, str):
            text = thing
        else:
            names = options.features.split(",") if options.features else None
            text = json.dumps(describe(thing, names), allow_nan=False)
    except (Unsupported, OSError, ValueError) as reason:
        sys.exit(f"export_sklearn: {options.model}: cannot export: {reason}")
    with open(options.output, "w", encoding="utf-8") if options.output else sys.stdout as file:
        file.write(text)
        file.write("\n" if not text.endswith("\n") else "")


if __name__ == "__main__":
    main()
