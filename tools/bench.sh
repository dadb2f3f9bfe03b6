#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# bench.sh [ROUNDS]: measure weir's costs and print them beside their targets: packets in the kernel
# (bench), flows in the agent (bench_fold), judging them live (bench_watch), captures
# (bench_files.sh) and, where they are built, learning (bench_ml, bench_train). A few minutes.
#
# Each part prints its tables, and lines "target: WHAT; VALUE; LIMIT; met or missed", which are put
# together at the end. A missed target is a fact, not a failure: the exit code is 0 unless something
# could not be measured. The kernel parts need root, or sudo. All output is also in
# build/bench/report.txt.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C

rounds=${1:-3}
report=build/bench/report.txt
failed=()
rights=()

find_rights()
{
	[ "$(id -u)" -eq 0 ] && return
	command -v sudo >/dev/null && sudo -v && rights=(sudo) && return
	echo "bench: the kernel parts need root: run make bench as root, or where sudo works" >&2
}

# part NAME COMMAND...
part()
{
	local name=$1

	shift
	echo
	echo "== $name"
	"$@" 2>&1 || failed+=("$name")
}

kernel_part()
{
	local name=$1

	shift
	if [ "$(id -u)" -ne 0 ] && [ ${#rights[@]} -eq 0 ]; then
		echo
		echo "== $name: not measured without root"
		failed+=("$name")
		return
	fi
	part "$name" "${rights[@]}" "$@"
}

optional_part()
{
	if [ -x "$2" ]; then
		part "$@"
	else
		echo
		echo "== $1: $2 is not built, left out"
	fi
}

print_machine()
{
	local load

	read -r load _ </proc/loadavg
	echo "weir bench, $(date -u +%Y-%m-%d), Linux $(uname -r)," \
		"$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)," \
		"$(nproc) CPUs, load $load"
	awk -v load="$load" 'BEGIN { exit load < 0.5 }' &&
		echo "the machine is busy: expect noise, and ratios to be more honest than times"
}

print_summary()
{
	echo
	echo "== Summary"
	sed -n 's/^target: //p' $report | awk -F '; ' '
		BEGIN { printf "%-58s %18s   %-16s %s\n", "", "measured", "target", "" }
		{ printf "%-58s %18s   %-16s %s\n", $1, $2, $3, $4 }'
	[ ${#failed[@]} -eq 0 ] || printf 'could not be measured: %s\n' "${failed[@]}"
}

measure_all()
{
	print_machine
	kernel_part "Packets in the kernel" build/tools/bench --rounds "$rounds"
	kernel_part "Flows in the agent" build/tools/bench_fold
	part "Watching" build/tools/bench_watch
	part "Captures" tools/bench_files.sh
	optional_part "Classification" build/tools/bench_ml
	optional_part "Training" build/tools/bench_train
	print_summary
	[ ${#failed[@]} -eq 0 ]
}

mkdir -p build/bench || exit 1
find_rights
: >$report
measure_all > >(exec stdbuf -oL tee $report)
status=$?
wait $!
exit $status
