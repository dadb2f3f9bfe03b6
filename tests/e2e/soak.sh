#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# A soak: 50,000 new flows a second against weir monitor with all it has: a classifier, a baseline
# learned on the way and the forest that comes of it, a model of hosts, and the built-in rules. Every
# packet stays accounted for, intervals are kept, and memory is flat after the warm-up: the largest
# RssAnon of the rest is at most 5 % over the largest of its first quarter, and 8 MB for what malloc
# keeps; and it is always below 400 MB, of which the windows of 100,000 hosts take 100, the sample of
# two baselines 50, and the rules' keys 70. The kernel's tables, which weir has mapped, are not in it.
# Where weir waits for a processor for a tenth of the time, what depends on the clock is left out,
# aloud.
#
#     SOAK_SECONDS=3600 tests/e2e/soak.sh     an hour of it; else 22 seconds, half of them warm-up
# shellcheck source=tests/e2e/lib.sh
seconds=${SOAK_SECONDS:-22}
. "$(dirname "$0")/lib.sh"

rate=50000
interval_ms=1000
warm_s=$((seconds < 120 ? seconds / 2 : 60))

make_space a
make_space b
make_pair a va b vb
"$PWD/build/tools/pcapgen" --packets 60000 --flows 6000 --duration 300s "$scratch/train.pcap" 2>/dev/null ||
	fail "pcapgen"
printf 'name if dst_port < 1024\nhigh if dst_port >= 30000\nother\n' >"$scratch/rules"
"$weir" train classifier --label-rules "$scratch/rules" --algorithm forest --max-depth 10 \
	"$scratch/train.pcap" -o "$scratch/types" >"$scratch/out" 2>&1 ||
	fail "train a classifier" "$scratch/out"
"$weir" train anomaly --unit host "$scratch/train.pcap" -o "$scratch/hosts" >"$scratch/out" 2>&1 ||
	fail "train a model of hosts" "$scratch/out"
chmod 644 "$scratch/types" "$scratch/hosts"

resident_kb()
{
	awk '/^RssAnon:/ { print $2 }' "/proc/$weir_pid/status"
}

# wait_for_second N: until N seconds after the first call, which is at once.
wait_for_second()
{
	local now_us=${EPOCHREALTIME/[^0-9]/} wait_us

	: "${first_us:=$now_us}"
	wait_us=$((first_us + $1 * 1000000 - now_us))
	[ $wait_us -le 0 ] || sleep "$(printf '%d.%06d' $((wait_us / 1000000)) $((wait_us % 1000000)))"
}

sent=0
sent_bytes=0
sent_flows=0
if ! weir_start b vb --interval ${interval_ms}ms --idle-timeout 2s --active-timeout 30s \
	--classifier "$scratch/types" --anomaly "$scratch/hosts" --baseline 4s \
	--alerts "json:$scratch/alerts" -o csv:/dev/null -o "stats:$scratch/stats"; then
	fail "weir monitor" "$scratch/err"
	finish
fi

# A second's flows at a time, sent in nine tenths of it, for the generator needs time to begin; their
# numbers begin again after 2^24, long after they have ended.
begun=$SECONDS
first=0
batch=0
while [ $((SECONDS - begun)) -lt "$seconds" ]; do
	wait_for_second $batch
	generate a va --packets $rate --flows $rate --first-flow $first --rate $((rate * 10 / 9)) \
		--size 64:1514 --protocol mix || break
	first=$(((first + rate) % 16000000))
	batch=$((batch + 1))
	echo "$((SECONDS - begun)) $(resident_kb)" >>"$scratch/resident"
done
wait_for_second $batch
took=$((SECONDS - begun))
read -r ran_ns waited_ns _ <"/proc/$weir_pid/schedstat"
weir_stop INT
code=$?

is "exit code" $code 0
is_starved()
{
	[ $((waited_ns / 1000000)) -gt $((took * 100)) ]
}
waited="weir waited $((waited_ns / 1000000)) ms of $took s for a processor"

if [ $((sent_flows / took)) -ge $((rate * 4 / 5)) ]; then
	pass "$sent_flows flows in $took s: $((sent_flows / took)) new ones a second"
elif is_starved; then
	skip "$rate new flows a second" "$((sent_flows / took)) were sent; $waited"
else
	fail "at least $((rate * 4 / 5)) new flows a second" "$sent_flows flows in $took s"
fi
is "every packet sent was seen" "$(books seen) of $(stats seen bytes) bytes" \
	"$sent of $sent_bytes bytes"
is "every packet is in a flow or counted as table_full" \
	"$(books unexplained:) unexplained, $(($(books in) + $(books table_full)))" \
	"0 unexplained, $sent"
is "what found the table full is counted by interface" "$(stats overflow packets)" \
	"$(books table_full)"
records=$(tail -n 1 "$scratch/stats" | grep -o '"records":[0-9]*' | cut -d: -f2)
cost_ns=$((ran_ns / (records + 1)))
if [ $cost_ns -le $((1000000000 / rate)) ]; then
	pass "one processor is enough: $cost_ns ns a record, all told; $(books table_full) with the table full"
else
	fail "one processor is enough" "$cost_ns ns a record, $((1000000000 / rate)) at most"
fi
if grep -q 'baseline 1 learned from' "$scratch/err"; then
	pass "a baseline was learned: $(grep -o 'learned from [0-9,]* flows' "$scratch/err")"
else
	fail "a baseline was learned" "$scratch/err"
fi
is "flows and hosts were judged" \
	"$(tail -n 1 "$scratch/stats" | grep -c '"judged":{"total_flows":[1-9].*"host_windows":[0-9]')" 1

# Longest time from one report to the next, in milliseconds, while packets came.
gap=$(head -n -1 "$scratch/stats" | sed 's/^{"time":\([0-9.]*\),.*/\1/' |
	awk 'NR > 1 && $1 - last > most { most = $1 - last } { last = $1 } END { printf "%d", most * 1000 }')
if [ "$gap" -le $((3 * interval_ms)) ]; then
	pass "intervals are kept: at most $gap ms between two reports, of $interval_ms wanted"
elif is_starved; then
	skip "intervals are kept" "at most $gap ms between two reports; $waited"
else
	fail "intervals are kept" "$gap ms between two reports, of $interval_ms wanted"
fi

read -r warm most < <(awk -v from="$warm_s" -v to="$seconds" '
	$1 >= from && $1 <= from + (to - from) / 4 && $2 > warm { warm = $2 }
	$1 >= from && $2 > most { most = $2 }
	END { print warm + 0, most + 0 }' "$scratch/resident")
if [ "$warm" -gt 0 ] && [ "$most" -le $((warm + warm / 20 + 8192)) ]; then
	pass "memory is flat: $((warm / 1024)) MB after $warm_s s, at most $((most / 1024)) MB until $took s"
elif is_starved; then
	skip "memory is flat" "$((warm / 1024)) MB after $warm_s s, at most $((most / 1024)) MB; $waited"
else
	fail "memory is flat" "$((warm / 1024)) MB after $warm_s s, $((most / 1024)) MB later" \
		"$scratch/resident"
fi
if [ "$most" -gt 0 ] && [ "$most" -le $((400 * 1024)) ]; then
	pass "memory is bounded: at most $((most / 1024)) MB"
else
	fail "memory is bounded" "$((most / 1024)) MB, 400 at most"
fi
finish
