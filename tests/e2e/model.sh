#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# weir model: from other libraries' files to ours and to ONNX and back, what show and diff say, and
# one clear message for each mistake.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
golden=$PWD/tests/golden
exporter=$PWD/tools/export_sklearn.py
cd "$scratch" || exit 1

# gives WHAT CODE WANTED ARGUMENT...: weir model's standard output is this, and nothing is said.
gives()
{
	local what=$1 expected=$2 wanted=$3 code

	shift 3
	"$weir" model "$@" >out 2>err
	code=$?
	if [ $code -eq "$expected" ] && [ "$(<out)" = "$wanted" ] && ! [ -s err ]; then
		pass "$what"
	else
		fail "$what" "exit code $code, wanted $expected; standard output, wanted, errors:" out \
			"$wanted" err
	fi
}

# refused WHAT CODE MESSAGE ARGUMENT...: this message alone.
refused()
{
	local what=$1 expected=$2 wanted=$3 code

	shift 3
	"$weir" model "$@" >out 2>err
	code=$?
	if [ $code -eq "$expected" ] && [ "$(<err)" = "weir: $wanted" ] && ! [ -s out ]; then
		pass "$what"
	else
		fail "$what" "exit code $code, wanted $expected: $wanted" err
	fi
}

next="weir takes what tools/export_sklearn.py writes, JSON of XGBoost, and ONNX tree ensembles"
names=duration,bytes,packets,bytes_per_second,packets_per_second,avg_packet_size

gives "a forest of scikit-learn is imported" 0 "" \
	import "$golden/iris-forest.json" -o iris
gives "show tells what it is" 0 "model      iris, $(stat -c %s iris) bytes
kind       forest classifier
trees      100, up to 4 deep, 1270 nodes, 353 values
classes    3: setosa versicolor virginica
features   4, as they are, of no schema: only their names count
about      made_by: RandomForestClassifier 1.2.1

FEATURE                    SPLITS
sepal_length_(cm)              99
sepal_width_(cm)               72
petal_length_(cm)             206
petal_width_(cm)              208" show iris
"$weir" model import "$golden/iris-forest.json" -o again
if cmp -s iris again; then
	pass "the same input gives the same bytes"
else
	fail "the same input gives the same bytes" "iris and again differ"
fi
gives "a model does not differ from itself" 0 "" diff iris again
gives "names can be given" 0 "" \
	import "$golden/iris-forest.json" -o named --features a,b,c,d --classes x,y,z
gives "diff tells other names" 1 "class - setosa
class - versicolor
class - virginica
class + x
class + y
class + z
feature - sepal_length_(cm)
feature - sepal_width_(cm)
feature - petal_length_(cm)
feature - petal_width_(cm)
feature + a
feature + b
feature + c
feature + d" diff iris named
"$weir" model import "$golden/flows-isolation.json" -o isolation
if "$weir" model show --json isolation | python3 -c 'import json, sys
m = json.load(sys.stdin)
assert m["kind"] == "anomaly" and m["max_samples"] == 256 and len(m["mean"]) == 12, m
assert sum(m["splits"]) * 2 + m["trees"] == m["nodes"], m' 2>err; then
	pass "show --json is JSON and its numbers agree"
else
	fail "show --json is JSON and its numbers agree" err
fi

if "$weir" model export iris -o iris.onnx 2>err; then
	gives "an exported model is imported again" 0 "" import iris.onnx -o back
	if "$weir" model diff iris back | grep -qx 'trees: the same splits, leaves differ by up to [0-9.]*e-0[89]'; then
		pass "it has the same splits, and leaves in float32"
	else
		fail "it has the same splits, and leaves in float32" "$("$weir" model diff iris back)"
	fi
elif grep -q 'built without ONNX; install' err; then
	echo "skip - an exported model is imported again: weir was built without ONNX"
else
	fail "a model is exported" err
fi

if /usr/bin/python3 - >err 2>&1 <<-END; then
	import joblib
	from sklearn.ensemble import RandomForestClassifier
	from sklearn.preprocessing import StandardScaler
	rows = [[i, i * i, i % 3, i % 5, i % 7, 1 / (i + 1)] for i in range(60)]
	scaler, model = StandardScaler(), RandomForestClassifier(10, random_state=1)
	model.fit(scaler.fit_transform(rows), ["web" if i % 4 else "other" for i in range(60)])
	joblib.dump((scaler, model), "traffic_classifier.joblib")
END
	/usr/bin/python3 "$exporter" traffic_classifier.joblib --features $names -o guide.json
	gives "the guide's saved (scaler, model) is imported" 0 "" import guide.json -o guide
	if "$weir" model show guide | grep -q '^classes    2: other web$' &&
		"$weir" model show guide | grep -q '^features   6, scaled'; then
		pass "with its scaler and classes"
	else
		fail "with its scaler and classes" "$("$weir" model show guide)"
	fi
else
	echo "skip - the guide's saved (scaler, model) is imported: no python3-sklearn, python3-joblib"
fi

printf 'hello' >text
printf '{"format":"weir-model","version":3}' >newer.json
head -c 1000 iris >part
refused "no action" 2 \
	"model: what to do? show FILE, import FILE -o MODEL, export MODEL -o FILE.onnx or diff MODEL MODEL"
refused "too few files" 2 "model diff: takes 2 files, was given 1" diff iris
refused "nowhere to write" 2 "model import: where to? name the file with -o" import text
refused "a file that is not there" 1 \
	"none: cannot read the model: No such file or directory" import none -o x
refused "a text" 1 "text: cannot import: it is neither JSON nor an ONNX file; $next" import text -o x
refused "JSON of a newer version" 1 "newer.json: cannot import: version: 1 is wanted; $next" \
	import newer.json -o x
refused "a model cut short" 1 "part: cannot use the model: it is 1000 bytes long and says \
$(stat -c %s iris); make one with 'weir train' or 'weir model import'" show part
refused "too few names" 2 "--features: the model has 4, and other names are given" \
	import "$golden/iris-forest.json" -o x --features a,b
refused "a folder to write to" 1 \
	"/tmp: cannot save the model: Is a directory; name another file with -o" \
	import "$golden/iris-forest.json" -o /tmp
if [ -e x ]; then
	fail "what is refused leaves no file" "x is there"
else
	pass "what is refused leaves no file"
fi

finish
