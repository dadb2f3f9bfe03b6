# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Export the golden models as ONNX; check the files and walk them. Run by test_onnx.sh."""
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnx.checker
import onnx.numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
WEIR = ROOT / "build" / "weir"

# Rows go in as float32. Where a model scales, the scaled value of a rounded row can come to lie on
# the other side of a threshold; scikit-learn's golden answers are of rows that are not rounded. In
# the wine data, of two decimals, it does: midway between 0.90 and 0.92 lie the rows of 0.91; four
# rows of 178. That the same rounded rows get the same answers in weir is shown by
# tests/test_onnx.c, without exception.
WORST = 1e-6
ROWS_ASIDE = 0.03


def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


class Ensemble:
    """One TreeEnsemble node: nodes and weights by (tree, node)."""

    def __init__(self, node):
        a = attributes(node)
        prefix = "class" if "class_ids" in a else "target"
        self.nodes = {}
        for tree, number, mode, feature, value, yes, no in zip(
            a["nodes_treeids"], a["nodes_nodeids"], a["nodes_modes"], a["nodes_featureids"],
            a["nodes_values"], a["nodes_truenodeids"], a["nodes_falsenodeids"],
        ):
            self.nodes[tree, number] = mode, feature, numpy.float32(value), yes, no
        self.weights = {}
        for tree, number, output, weight in zip(
            a[f"{prefix}_treeids"], a[f"{prefix}_nodeids"], a[f"{prefix}_ids"],
            a[f"{prefix}_weights"],
        ):
            self.weights.setdefault((tree, number), []).append((output, weight))
        self.trees = sorted({tree for tree, _ in self.nodes})
        self.transform = a["post_transform"].decode()
        self.outputs = len(a.get("classlabels_strings", [0]))
        base = a.get("base_values", [])
        self.base = numpy.zeros(self.outputs)
        self.base[: len(base)] = base

    def sums(self, row):
        out = self.base.copy()
        for tree in self.trees:
            number = 0
            while self.nodes[tree, number][0] != b"LEAF":
                mode, feature, value, yes, no = self.nodes[tree, number]
                assert mode == b"BRANCH_LEQ"
                number = yes if row[feature] <= value else no
            for output, weight in self.weights[tree, number]:
                out[output] += weight
        return out

    def answer(self, row):
        out = self.sums(row)
        if self.transform == "LOGISTIC":  # one sum, that of the second class
            second = 1 / (1 + numpy.exp(-out[0]))
            return numpy.array([1 - second, second])
        if self.transform == "SOFTMAX":
            out = numpy.exp(out - out.max())
            return out / out.sum()
        return out


def evaluate(model, rows):
    """The ensemble's answer, then the arithmetic behind it."""
    first, *rest = model.graph.node
    ensemble = Ensemble(first)
    out = numpy.array([ensemble.answer(row) for row in rows])
    constants = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    for node in rest:
        a = [constants.get(name, out) for name in node.input]
        out = {"Mul": numpy.multiply, "Pow": numpy.power, "Neg": numpy.negative}[node.op_type](*a)
    return out


def read_numbers(path):
    convert = float.fromhex if path.suffix == ".out" else float
    lines = path.read_text(encoding="ascii").splitlines()
    return numpy.array([[convert(x) for x in line.split()] for line in lines])


def run(*words):
    done = subprocess.run([WEIR, "model", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())


def compare(path, folder):
    """What is wrong, or None."""
    run("import", path, "-o", folder / "model")
    run("export", folder / "model", "-o", folder / "model.onnx")
    model = onnx.load(folder / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    wanted = read_numbers(path.with_suffix(".out"))
    rows = read_numbers(GOLDEN / (path.stem.split("-")[0] + ".rows"))[: len(wanted)]
    got = evaluate(model, rows.astype(numpy.float32)).reshape(len(rows), -1)
    apart = numpy.abs(got - wanted[:, -got.shape[1] :]).max(axis=1)
    aside = (apart > WORST).mean()
    scaled = '"scaler"' in path.read_text(encoding="utf-8")
    if aside > (ROWS_ASIDE if scaled else 0):
        return f"{aside:.2%} of the rows are apart, by up to {apart.max():.3g}"
    return None


def main():
    failed = False
    for path in sorted(GOLDEN.glob("*-*.json")):
        with tempfile.TemporaryDirectory() as folder:
            try:
                wrong = compare(path, pathlib.Path(folder))
            except (RuntimeError, onnx.checker.ValidationError) as reason:
                wrong = str(reason)
        if wrong and "built without ONNX" in wrong:
            print("skip - exported models are good ONNX: weir was built without it")
            return 0
        print(f"{'not ok' if wrong else 'ok'} - {path.stem} as ONNX gives its answers")
        if wrong:
            print(f"  # {wrong}")
            failed = True
    return failed


sys.exit(main())
