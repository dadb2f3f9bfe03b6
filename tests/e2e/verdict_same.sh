#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# The verdict of a record that was read from a file equals that of the same packets seen live. The
# frames of a capture go into the kernel program with their times (replay.c); what the kernel
# counted, drained at every interval, put together and judged by the agent, is compared with what
# `weir read` makes of the capture: class, probability, score, reasons and all other columns to the
# last digit, but for interface and direction, which a file does not have.
#
# Where a flow is cut (by the active timeout, or by a pause of the idle timeout with an answer in
# it) is found out live only at the end of an interval, so that few records of the long trace begin
# or end elsewhere; they are counted, and all others have to be equal. With WEIR_CAPTURES captures
# of its dev/ are compared as well.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

replay=build/obj/tests/e2e/replay
if ! make -s "$replay" >"$scratch/make" 2>&1; then
	fail "replay builds" "$scratch/make"
	finish
fi
make_space a
make_pair a va a vb # replay wants a link to be attached to, on which nothing is sent

trace()
{
	build/tools/pcapgen "${@:2}" "$scratch/$1.pcap" 2>/dev/null || fail "pcapgen $*"
}

trace learnt --packets 30000 --flows 3000 --duration 200s --seed 1
trace short --packets 20000 --flows 2000 --duration 14s --seed 2
trace long --packets 40000 --flows 2000 --duration 200s --seed 3
printf 'web if dst_port in 80,443,8080\nname if dst_port in 53\nother\n' >"$scratch/rules"
models=(--anomaly "$scratch/usual" --classifier "$scratch/types")
{
	"$weir" train anomaly "$scratch/learnt.pcap" -o "$scratch/usual" &&
		"$weir" train classifier --label-rules "$scratch/rules" --features flow \
			--algorithm forest --n-estimators 20 "$scratch/learnt.pcap" -o "$scratch/types"
} >"$scratch/out" 2>&1 || fail "train" "$scratch/out"

# both CAPTURE OPTION...: live.csv and read.csv of it. 3: it cannot be replayed.
both()
{
	in_space a "$replay" "${models[@]}" "${@:2}" -o "csv:$scratch/live.csv" va "$1" \
		>"$scratch/out" 2>&1 || return
	"$weir" read "${models[@]}" "${@:2}" -o "csv:$scratch/read.csv" "$1" >"$scratch/out" 2>&1
}

# compare: how many records there are, how many begin and end alike, of these how many are equal in
# all columns, and how many are anomalous with reasons; then what differs.
compare()
{
	"$python" - "$scratch/live.csv" "$scratch/read.csv" <<'END'
import csv, sys
KEY = "src_ip dst_ip src_port dst_port protocol icmp_type icmp_code start_time end_time flow_end_reason packets".split()
def records(path):
    with open(path, newline="") as f:
        rows = [r for r in csv.DictReader(f)]
    for r in rows:
        del r["interface"], r["direction"]
    return len(rows), {tuple(r[k] for k in KEY): r for r in rows}
(n, live), (_, read) = records(sys.argv[1]), records(sys.argv[2])
shared = [(live[k], read[k]) for k in live if k in read]
told = sum(r["is_anomaly"] == "1" and r["anomaly_reasons"] != "" for r, _ in shared)
judged = all(r["class"] and r["class_probability"] and r["anomaly_score"] for r, _ in shared)
print(n, len(shared) if len(live) == n else 0, sum(a == b for a, b in shared), told, judged)
for a, b in [(a, b) for a, b in shared if a != b][:3]:
    print(" ".join(a[k] for k in KEY), *(f"{k}: live {a[k]}, read {b[k]}" for k in a if a[k] != b[k]))
END
}

# same WHAT CAPTURE MOST-ELSEWHERE OPTION...: of a thousand records, how many may be cut elsewhere.
# False: the capture cannot be replayed.
same()
{
	local all shared equal told judged code

	both "$2" "${@:4}"
	code=$?
	[ $code -eq 3 ] && return 1
	if [ $code -ne 0 ]; then
		fail "$1" "exit code $code" "$scratch/out"
		return
	fi
	compare >"$scratch/compared" 2>&1
	read -r all shared equal told judged <"$scratch/compared"
	reasons=$told
	if [ "$judged" = True ] && [ "$equal" -eq "$shared" ] && [ "$shared" -gt 0 ] &&
		[ $(((all - shared) * 1000)) -le $((all * $3)) ]; then
		pass "$1: $equal records equal, $told anomalous; $((all - shared)) cut elsewhere"
	else
		fail "$1" "$scratch/compared"
	fi
}

reasons=0
same "live and from file, intervals of 5 s" "$scratch/short.pcap" 0
is "some were anomalous, with reasons" $((reasons > 0)) 1
same "live and from file, intervals of 1 s" "$scratch/short.pcap" 0 --interval 1s
same "live and from file, with timeouts" "$scratch/long.pcap" 50

if [ -z "${WEIR_CAPTURES-}" ]; then
	skip "live and from file, captures" "WEIR_CAPTURES is not set"
	finish
fi
mapfile -t captures < <(find "$WEIR_CAPTURES/dev" -name '*.pcap*' -size +20k -size -300k | sort |
	awk 'NR % 18 == 0' | head -n 10)
replayed=0
for capture in "${captures[@]}"; do
	# Some have cut frames, or no Ethernet.
	same "live and from file, ${capture##*/}" "$capture" 0 --active-timeout 0 &&
		replayed=$((replayed + 1))
done
is "captures that could be replayed: $replayed" $((replayed >= 5)) 1
finish
