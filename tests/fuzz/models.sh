#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Fuzz what reads models: model files, the JSON that is imported, ONNX. The seeds are small models
# of each kind, in each of the three forms. The random seed is fixed: the same inputs every time.
#
#     tests/fuzz/models.sh [RUNS]

set -u
cd "$(dirname "$0")/../.." || exit 1
runs=${1:-100000}
dir=build/fuzz/models

tree='"trees":[{"feature":[0,-1,-1],"threshold":[0.5,0,0],"left":[1,0,0],"right":[2,0,0],'
tree+='"cover":[9,4,5],"value":'
head='{"format":"weir-model","version":1,"feature_names":["a","b"],'
xgboost='{"learner":{"feature_names":["a","b"],"gradient_booster":{"model":{"tree_info":[0],'
xgboost+='"trees":[{"left_children":[1,-1,-1],"right_children":[2,-1,-1],'
xgboost+='"split_indices":[1,0,0],"split_conditions":[0.5,-1,1],"sum_hessian":[2,1,1]}]},'
xgboost+='"name":"gbtree"},"learner_model_param":{"base_score":"5E-1","num_class":"0",'
xgboost+='"num_feature":"2"},"objective":{"name":"binary:logistic"}}}'

# seed NAME JSON: a model in its three forms.
seed()
{
	echo "$2" >"$dir/import/$1.json"
	build/weir model import "$dir/import/$1.json" -o "$dir/model/$1" || return 1
	build/weir model export "$dir/model/$1" -o "$dir/onnx/$1" 2>/dev/null || rm -f "$dir/onnx/$1"
}

make_seeds()
{
	seed forest "$head"'"kind":"forest","class_names":["x","y"],"about":{"by":"hand"},'"$tree"'[1,0,0.25,0.75]}]}' &&
		seed boost "$head"'"kind":"boost","class_names":["x","y","z"],"baseline":[0,1,2],'"$tree"'[1,0]}]}' &&
		seed anomaly "$head"'"kind":"anomaly","threshold":-0.5,"max_samples":9,"scaler":{"mean":[1,2],"scale":[3,4]},'"$tree"'[1,2]}]}' &&
		seed xgboost "$xgboost"
}

# fuzz NAME: its seeds, for that many runs.
fuzz()
{
	if ! "build/fuzz_$1" -runs="$runs" -seed=1 -max_len=4096 -artifact_prefix="$dir/$1-" \
		"$dir/corpus-$1" "$dir/$1" >"$dir/$1.log" 2>&1; then
		grep -v '^#[0-9]' "$dir/$1.log"
		echo "not ok - fuzz_$1: see $dir/$1.log and $dir/$1-crash-*"
		return 1
	fi
	echo "ok - fuzz_$1: $runs inputs, no fault"
}

rm -rf "$dir"
for form in model import onnx; do
	mkdir -p "$dir/$form" "$dir/corpus-$form" || exit 1
done
if ! make --no-print-directory build/weir build/fuzz_{model,import,onnx} >"$dir/log" 2>&1; then
	cat "$dir/log"
	echo "not ok - fuzz models: does not build"
	exit 1
fi
if ! make_seeds; then
	echo "not ok - fuzz models: the seeds cannot be made"
	exit 1
fi
status=0
for form in model import onnx; do
	fuzz "$form" || status=1
done
exit $status
