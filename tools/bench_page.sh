#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# bench_page.sh [SECONDS [FLOWS]]: what the live page costs the agent at 100,000 live flows: its CPU
# over SECONDS (default 30) without the page, with it but nobody looking, and with one viewer who
# asks at each interval for what the page asks for. Every flow has a packet in each interval, so all
# of them are news. In percent of one CPU; the target for the difference is 2. Needs root.
set -u
cd "$(dirname "$0")/.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
seconds=${1:-30}
flows=${2:-100000}
weir=$PWD/build/weir
trafficgen=$PWD/build/tools/trafficgen
space=weir-bench-$$
scratch=$(mktemp -d)
weir_pid=
sender=
viewer=

clean_up()
{
	local pid

	for pid in $viewer $sender $weir_pid; do
		kill "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	ip netns del "$space" 2>/dev/null
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

if [ "$(id -u)" -ne 0 ]; then
	echo "bench_page: needs root" >&2
	exit 1
fi
ip netns add "$space" || exit 1
ip netns exec "$space" sysctl -q net.ipv6.conf.default.disable_ipv6=1
ip -n "$space" link set lo up
ip -n "$space" link add va type veth peer name vb
ip -n "$space" link set va up
ip -n "$space" link set vb up
ip netns exec "$space" ethtool -K vb gro on
ip netns exec "$space" ethtool -K va gro on

# What a browser with the page open asks for, a little after the end of each interval.
cat >"$scratch/viewer.py" <<'END'
import http.client
import json
import time

connection = http.client.HTTPConnection("127.0.0.1", 9843, timeout=30)


def ask(path):
    connection.request("GET", path)
    return json.loads(connection.getresponse().read())


while True:
    summary = ask("/api/summary")
    ask("/api/flows?limit=200&sort=bytes_per_second&desc=1")
    ask("/api/flows?limit=1000&moved=1" + ("&sort=anomaly_score&desc=0" if summary["judged"] else ""))
    ask("/api/alerts")
    print(summary["live_flows"], flush=True)
    time.sleep(max(0.1, summary["interval"] - summary["age"] + 0.08))
END

# CPU time of all threads of weir so far, in ns.
spent()
{
	cat "/proc/$weir_pid/task/"*/schedstat 2>/dev/null | awk '{ n += $1 } END { printf "%.0f\n", n }'
}

is_attached()
{
	grep -q 'rights given up' "$scratch/err" && return
	kill -0 "$weir_pid" 2>/dev/null && return 1
	cat "$scratch/err" >&2
	exit 1
}

# measure NAME VIEWER OPTION...: sets percent.
measure()
{
	local name=$1 before after

	ip netns exec "$space" "$weir" monitor vb -o csv:/dev/null "${@:3}" 2>"$scratch/err" &
	weir_pid=$!
	until is_attached; do
		sleep 0.1
	done
	sleep 11 # two intervals: the table and the page have all flows
	if [ -n "$2" ]; then
		ip netns exec "$space" python3 "$scratch/viewer.py" >"$scratch/seen" 2>&1 &
		viewer=$!
		sleep 6
	fi
	before=$(spent)
	sleep "$seconds"
	after=$(spent)
	percent=$(awk -v a="$before" -v b="$after" -v s="$seconds" 'BEGIN { printf "%.2f", (b - a) / s / 1e7 }')
	printf '%-28s %6s %% of a CPU%s\n' "$name" "$percent" \
		"${viewer:+, $(tail -n 1 "$scratch/seen") live flows shown}"
	[ -n "$viewer" ] && kill "$viewer"
	viewer=
	kill -INT "$weir_pid"
	wait "$weir_pid" 2>/dev/null
	weir_pid=
}

# One packet of each flow in 4 s, on the last CPU.
ip netns exec "$space" "$trafficgen" --flows "$flows" --packets 1000000000 --rate $((flows / 4)) \
	--cpu $(($(nproc) - 1)) va >/dev/null 2>&1 &
sender=$!
measure "without the page" ""
without=$percent
measure "with it, nobody looking" "" --http 127.0.0.1:9843
measure "with it and one viewer" viewer --http 127.0.0.1:9843
awk -v a="$without" -v b="$percent" 'BEGIN { printf "the page costs %.2f %% of a CPU (target 2)\n", b - a }'
