#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# Watching: a baseline is learned live and kept; models judge live records, and the same records
# again from their CSV, alike; models are read again on SIGHUP, all or none; a model that is broken
# or of the wrong kind is refused by one line.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

attack=tests/e2e/attack.py
make_space a
make_space b
make_pair a va b vb
ip -n "weir-test-$$-a" address add 10.9.0.1/24 dev va
ip -n "weir-test-$$-b" address add 10.9.0.2/24 dev vb
spawn b "$python" "$attack" serve 10.9.0.2 >/dev/null 2>&1
# shellcheck disable=SC2317 # await calls it
server_listens()
{
	in_space a "$python" -c 'import socket
socket.create_connection(("10.9.0.2", 80), 1)' 2>/dev/null
}
await 10 server_listens || fail "the server listens"

# column NAME FILE: its cells, one a line; quoted cells come behind it.
column()
{
	awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next }
		{ print $at }' "$2"
}

# refuses WHAT PATTERN WEIR-ARGUMENT...: one line, exit code 1.
refuses()
{
	local code

	timeout 20 "$weir" "${@:3}" >"$scratch/out" 2>"$scratch/err" </dev/null
	code=$?
	if [ $code -eq 1 ] && [ "$(cat "$scratch/out" "$scratch/err" | wc -l)" -eq 1 ] &&
		grep -qE -- "$2" "$scratch/err"; then
		pass "$1"
	else
		fail "$1" "exit code $code, no line matches: $2" "$scratch/err" "$scratch/out"
	fi
}

# A baseline from normal traffic, kept; what comes after it is scored.
spawn a "$python" "$attack" normal 10.9.0.1 10.9.0.2 60 >/dev/null 2>&1
normal=$spawned
weir_start b vb --interval 500ms --idle-timeout 1s --baseline 4s --save "$scratch/base" \
	-o "csv:$scratch/live.csv" -o "stats:$scratch/stats" || fail "start" "$scratch/err"
if await 40 grep -q 'baseline 1 learned from .*saved as' "$scratch/err"; then
	pass "a baseline is learned live: $(grep -o 'learned from [0-9,]* flows' "$scratch/err")"
else
	fail "a baseline is learned live" "$scratch/err"
fi
sleep 3
weir_stop
is "with a baseline: exit code" $? 0
is "no flow is judged before the baseline, some after" \
	"$(column anomaly_score "$scratch/live.csv" | awk '$1 == "" { if (n) late++ } $1 != "" { n++ }
		END { print (n > 5 ? "judged" : "not judged"), late + 0 }')" "judged 0"
is "the books of machines sum up verdicts" \
	"$(tail -n 1 "$scratch/stats" | grep -c '"judged":{"total_flows":[1-9]')" 1
"$weir" model show "$scratch/base" >"$scratch/out" 2>&1
is "what was kept is an anomaly model" "$? $(grep -c -m 1 anomaly "$scratch/out")" "0 1"

# Verdicts do not ask where a record was seen: live, and again from the CSV it made.
printf 'web if dst_port in 80\nname if dst_port in 53\nother\n' >"$scratch/rules"
"$weir" train classifier --label-rules "$scratch/rules" --algorithm forest --n-estimators 20 \
	-o "$scratch/types" "$scratch/live.csv" >"$scratch/out" 2>&1 || fail "train" "$scratch/out"
weir_start b vb --interval 500ms --idle-timeout 1s --anomaly "$scratch/base" \
	--classifier "$scratch/types" -o "csv:$scratch/again.csv" || fail "start" "$scratch/err"
sleep 4
in_space a "$python" "$attack" scan 10.9.0.1 10.9.0.2 >/dev/null 2>&1
sleep 2

# Models are read again, all or none.
cp "$scratch/types" "$scratch/kept"
head -c 1000 "$scratch/kept" >"$scratch/types.new" && mv "$scratch/types.new" "$scratch/types"
chmod 644 "$scratch/kept" "$scratch/types" "$scratch/base"
kill -HUP "$weir_pid"
if await 10 grep -q 'types: .*going on with what was loaded before' "$scratch/err"; then
	pass "SIGHUP: a truncated model is refused, the old one stays"
else
	fail "SIGHUP: a truncated model is refused, the old one stays" "$scratch/err"
fi
cp "$scratch/kept" "$scratch/types.new" && chmod 644 "$scratch/types.new" &&
	mv "$scratch/types.new" "$scratch/types"
kill -HUP "$weir_pid"
if await 10 grep -q 'loaded models and rules again' "$scratch/err"; then
	pass "SIGHUP: whole models are loaded again"
else
	fail "SIGHUP: whole models are loaded again" "$scratch/err"
fi
sleep 1
weir_stop
is "with models: exit code" $? 0
is "every record has a class and a score" \
	"$(paste -d, <(column class "$scratch/again.csv") <(column anomaly_score "$scratch/again.csv") |
		grep -c '^,\|,$')" 0
for model in base types; do
	"$weir" apply "$scratch/$model" "$scratch/again.csv" -o "csv:$scratch/applied.$model" \
		>"$scratch/out" 2>&1 || fail "apply $model" "$scratch/out"
done
is "live and from CSV: the same scores" \
	"$(diff <(column anomaly_score "$scratch/again.csv") \
		<(column anomaly_score "$scratch/applied.base") | wc -l)" 0
is "live and from CSV: the same classes" \
	"$(diff <(column class "$scratch/again.csv") <(column class "$scratch/applied.types") |
		wc -l)" 0
kill "$normal"
wait "$normal" 2>/dev/null

refuses "an anomaly model as a classifier" 'base: is an anomaly model; give it with --anomaly' \
	monitor --classifier "$scratch/base" lo
refuses "no such model" 'none: cannot read the model: No such file' \
	monitor --anomaly "$scratch/none" lo
refuses "a file that is no model" 'rules: cannot use the model' \
	read --anomaly "$scratch/rules" "$scratch/rules"
finish
