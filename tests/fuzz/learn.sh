#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Fuzz what training reads: CSV and label rules, a bounded number of inputs each, the same every
# time.
#
#     tests/fuzz/learn.sh [RUNS]

set -u
cd "$(dirname "$0")/../.." || exit 1
runs=${1:-100000}
dir=build/fuzz/learn
wrong=0

rm -rf $dir
mkdir -p $dir/csv $dir/rules $dir/corpus || exit 1

printf 'src_ip,label\n10.0.0.1,web\n' >$dir/csv/labels
printf 'a,b\r\n"1,""2""",1.5e3\r\n\n"x\ny",1250184228.643833\r\n' >$dir/csv/quotes
printf 'a\nnan\n-inf\n""\n' >$dir/csv/numbers
printf '# guide\nhigh if bytes_per_second > 1000000\nweb if dst_port in 80,443\nother\n' \
	>$dir/rules/guide
printf 'a if dst_port not in 1-79,81 and bytes<=3 and packets != 2 # x\n' >$dir/rules/all

# fuzz PROGRAM WORD...: the words are its language.
fuzz()
{
	program=$1
	shift
	for word; do
		printf '"%s"\n' "$word"
	done >$dir/words
	if make -s "build/fuzz_$program" >$dir/log 2>&1 &&
		"build/fuzz_$program" -runs="$runs" -seed=1 -max_len=1024 -dict=$dir/words \
			-artifact_prefix=$dir/ $dir/corpus "$dir/$program" >$dir/log 2>&1; then
		echo "ok - fuzz_$program: $runs inputs, no fault"
	else
		echo "not ok - fuzz_$program: see $dir/crash-*"
		grep -v '^#[0-9]' $dir/log | head -n 40
		wrong=1
	fi
	rm -f $dir/corpus/*
}

# shellcheck disable=SC1003 # escapes of the dictionary
fuzz csv '\"' ',' '\x0d\x0a' '\"\"'
fuzz rules if and in not dst_port bytes packets '<=' '>=' '!=' '==' '8000-8099' '#' '1e9'
exit $wrong
