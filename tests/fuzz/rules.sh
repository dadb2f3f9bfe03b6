#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Fuzz the reader of alert rules for a bounded number of inputs, from the built-in rules, one a
# file. The seed is fixed: the same inputs every time.
#
#     tests/fuzz/rules.sh [RUNS]

set -u
cd "$(dirname "$0")/../.." || exit 1
runs=${1:-100000}
dir=build/fuzz/rules
log=build/fuzz/rules.log

fail()
{
	echo "not ok - fuzz_alert_rules: $*"
	exit 1
}

rm -rf $dir
mkdir -p $dir/seeds $dir/corpus || exit 1
make -s build/fuzz_alert_rules >$log 2>&1 || { cat $log; fail "does not build"; }
# The words of the language: all that stands between quotes in the tables.
grep -ho '"[a-z_]*[<>=!,]*"' user/rule_names.c user/rule.c user/rule_condition.c user/rule_test.c \
	user/field.c | sort -u | grep -v '^""$' >$dir/words
awk -F'"' -v dir=$dir/seeds '/^ *"/ {
	line = $0
	sub(/^ *"/, "", line)
	sub(/"[;]?$/, "", line)
	gsub(/\\n/, "\n", line)
	gsub(/\\t/, "\t", line)
	gsub(/\\"/, "\"", line)
	if (line ~ /^rule /)
		file = dir "/" ++n
	printf "%s", line >file
}' user/rules_builtin.c
build/fuzz_alert_rules -runs="$runs" -seed=1 -max_len=2048 -dict=$dir/words \
	-artifact_prefix=$dir/ $dir/corpus $dir/seeds >$log 2>&1 ||
	{ grep -v '^#[0-9]' $log; fail "see $log and $dir/crash-*"; }
echo "ok - fuzz_alert_rules: $runs inputs from $(find $dir/seeds -type f | wc -l) rules, no fault"
