#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Hosts in windows: a model of hosts given to `weir read` finds what `weir apply` finds on the same
# capture, window for window and score for score, beside a model of flows and with alerts; what
# cannot be is refused by one line.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$scratch" || exit 1
for n in 1 2; do
	"$OLDPWD/build/tools/pcapgen" --packets 40000 --flows 4000 --duration 400s --seed $n \
		$n.pcap 2>/dev/null || fail "pcapgen"
done
"$weir" train anomaly --unit host --window 30s --min-flows 3 --contamination 0.2 1.pcap -o hosts \
	>out 2>&1 ||
	fail "train hosts" out
"$weir" train anomaly 1.pcap -o flows >out 2>&1 || fail "train flows" out

# judged KEY: a number of the last line of -o stats:.
judged()
{
	tail -n 1 stats | grep -o "\"$1\":[0-9]*" | cut -d: -f2
}

# What apply calls unusual, and what read does: score, host, role, beginning, flows.
applied()
{
	"$weir" apply hosts 2.pcap 2>err | "$python" -c 'import csv, sys
for r in csv.DictReader(sys.stdin):
    if r["is_anomaly"] == "1":
        print(float(r["anomaly_score"]), r["host"], r["role"], float(r["window_start"]), r["flows"])' |
		sort
}

read_again()
{
	tail -n 1 stats | "$python" -c 'import json, sys
for h in json.load(sys.stdin)["judged"]["hosts"]:
    print(h["anomaly_score"], h["host"], h["role"], float(h["window_start"]), h["flows"])' | sort
}

applied >applied.all
rows=$("$weir" apply hosts 2.pcap 2>/dev/null | tail -n +2 | wc -l)
"$weir" read --anomaly flows --anomaly hosts 2.pcap --top 64 -o csv:flows.csv -o stats:stats \
	--alerts json:alerts >out 2>&1
is "read by two models: exit code" $? 0
is "read and apply: as many windows" "$(judged host_windows)" "$rows"
is "they are as long, and as full, as the model learned them" \
	"$("$weir" apply hosts 2.pcap 2>/dev/null | cut -d, -f3,6 | sort -u -t, -k1,1 -k2,2n | head -n 1)" "30,3"
is "read and apply: as many unusual" "$(judged host_anomalies)" "$(wc -l <applied.all)"
read_again >read.top
is "of the worst all are among what apply found" \
	"$(wc -l <read.top) told, $(comm -13 applied.all read.top | wc -l) others" \
	"$(head -n 64 applied.all | wc -l) told, 0 others"
is "no window is told twice" "$(uniq -d read.top | wc -l)" 0
is "the worst is told first to people" \
	"$(grep -A1 '^Hosts: ' out | tail -n 1 | grep -c '^  -0\.[0-9]*  host [0-9.]* as [a-z]*, ')" 1
if grep '"event":"open"' alerts | grep -qE '"rule":"unusual-(source|destination)"'; then
	pass "unusual hosts are alerts"
else
	fail "unusual hosts are alerts" alerts
fi
is "flows are judged beside" \
	"$(head -n 1 flows.csv | grep -c anomaly_score) $(judged total_flows)" \
	"1 $(($(wc -l <flows.csv) - 1))"
"$weir" read --anomaly hosts 2.pcap --top 64 -o csv:/dev/null -o stats:stats >out 2>&1
read_again >read.alone
is "without alerts, in threads: the same windows" "$(cmp read.top read.alone 2>&1)" ""
is "a model of hosts alone says nothing of flows" "$(grep -c '^Judged' out)" 0

# refuses WHAT LINE ARGUMENT...
refuses()
{
	is "$1" "$("$weir" read "${@:3}" 2.pcap -o csv:/dev/null 2>&1)" "weir: $2"
}

refuses "two models of hosts" \
	"hosts: is a second model of hosts; give --anomaly once for each kind" \
	--anomaly hosts --anomaly hosts
refuses "hosts by halves of flows" \
	"hosts: judges hosts by questions and their answers, which --uniflow takes apart; leave out one of the two" \
	--anomaly hosts --uniflow
finish
