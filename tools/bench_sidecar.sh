#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# bench_sidecar.sh [SECONDS]: what `weir monitor` costs that runs beside an application: its resident
# memory and how much of that is its own (the rest are pages of the binary and the libraries, which
# processes share), that of the kernel's maps (which a container is charged with as well), its CPU,
# and the packets that found a kernel table full, at no flows, 1,000 and 100,000 live flows, each of
# which has a packet every few seconds. With weir's defaults, and as tools/kubernetes/sidecar.yaml
# sets it. CPU is the agent's alone, over SECONDS (default 20); what the kernel programs add to each
# packet is in bench. Needs root.
set -u
cd "$(dirname "$0")/.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
seconds=${1:-20}
weir=$PWD/build/weir
trafficgen=$PWD/build/tools/trafficgen
space=weir-bench-$$
scratch=$(mktemp -d)
weir_pid=
sender=

clean_up()
{
	[ -n "$sender" ] && kill "$sender" 2>/dev/null
	[ -n "$weir_pid" ] && kill "$weir_pid" 2>/dev/null
	wait 2>/dev/null
	ip netns del "$space" 2>/dev/null
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

if [ "$(id -u)" -ne 0 ]; then
	echo "bench_sidecar: needs root" >&2
	exit 1
fi
ip netns add "$space" || exit 1
ip netns exec "$space" sysctl -q net.ipv6.conf.default.disable_ipv6=1
ip -n "$space" link add va type veth peer name vb
ip -n "$space" link set va up
ip -n "$space" link set vb up
ip netns exec "$space" ethtool -K vb gro on
ip netns exec "$space" ethtool -K va gro on

# Of the process: kB of /proc/PID/status.
memory_of()
{
	awk -v name="$1:" '$1 == name { print $2 }' "/proc/$weir_pid/status"
}

# Of the maps, as the kernel tells in the descriptors: kB.
maps_of()
{
	cat "/proc/$weir_pid/fdinfo/"* 2>/dev/null |
		awk '$1 == "memlock:" { n += $2 } END { printf "%d\n", n / 1024 }'
}

ticks()
{
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$weir_pid/stat"
}

# live: flows in the table at the last report.
live()
{
	tail -n 1 "$scratch/stats" 2>/dev/null | grep -o '"live_flows":[0-9]*' | cut -d: -f2
}

# packets_of NAME: seen so far, or under a cause.
packets_of()
{
	tail -n 1 "$scratch/stats" 2>/dev/null | grep -o "\"$1\":{\"packets\":[0-9]*" | cut -d: -f3
}

# measure SETTING FLOWS RATE OPTION...
measure()
{
	local setting=$1 flows=$2 rate=$3 before cpu

	shift 3
	rm -f "$scratch/stats"
	ip netns exec "$space" "$weir" monitor vb "$@" -o csv:/dev/null -o "stats:$scratch/stats" \
		2>"$scratch/err" &
	weir_pid=$!
	until grep -q 'rights given up' "$scratch/err"; do
		kill -0 "$weir_pid" 2>/dev/null || {
			cat "$scratch/err" >&2
			exit 1
		}
		sleep 0.1
	done
	if [ "$flows" -gt 0 ]; then
		ip netns exec "$space" "$trafficgen" va --flows "$flows" --rate "$rate" \
			--packets $((rate * (seconds + 30))) >/dev/null 2>&1 &
		sender=$!
		until [ "$(live)" -ge $((flows * 99 / 100)) ] 2>/dev/null; do
			kill -0 "$sender" 2>/dev/null || {
				echo "bench_sidecar: $(live) of $flows flows are live" >&2
				exit 1
			}
			sleep 0.2
		done
	fi
	before=$(ticks)
	sleep "$seconds"
	cpu=$(($(ticks) - before))
	awk -v setting="$setting" -v flows="$flows" -v live="$(live)" -v rate="$rate" \
		-v rss="$(memory_of VmRSS)" -v own="$(memory_of RssAnon)" -v maps="$(maps_of)" -v cpu=$cpu \
		-v seen="$(packets_of seen)" -v full="$(packets_of table_full)" \
		-v hz="$(getconf CLK_TCK)" -v s="$seconds" 'BEGIN {
			printf "%-9s %9d %9d %9d %9.1f %9.1f %9.1f %8.2f %% %10.2f %%\n", setting,
				flows, live, rate, rss / 1024, own / 1024, maps / 1024, 100 * cpu / hz / s,
				seen ? 100 * full / seen : 0
		}'
	[ -n "$sender" ] && kill "$sender" 2>/dev/null
	kill "$weir_pid"
	wait "$weir_pid" "$sender" 2>/dev/null
	weir_pid=
	sender=
}

printf '%-9s %9s %9s %9s %9s %9s %9s %10s %12s\n' SETTING FLOWS LIVE PPS "RSS MiB" "OWN MiB" "MAPS MiB" \
	"CPU 1 core" "TABLE FULL"
for setting in default sidecar; do
	options=()
	[ "$setting" = sidecar ] && options=(--kernel-flows 4096 --max-flows 200k)
	measure "$setting" 0 0 "${options[@]}"
	measure "$setting" 1000 5000 "${options[@]}"
	measure "$setting" 100000 25000 "${options[@]}"
done
