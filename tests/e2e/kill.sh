#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# weir killed by SIGKILL in the middle of traffic leaves nothing attached and the link as it was,
# and counts exactly when it is started again.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

make_space a
make_space b
make_pair a va b vb
build_helpers

link_states()
{
	link_state a va
	link_state b vb
}

# shellcheck disable=SC2317 # await calls it
traffic_has_begun()
{
	[ "$(in_space b cat /sys/class/net/vb/statistics/rx_packets)" -gt "$1" ]
}

# Wait for packets after the attach, then kill.
kill_in_traffic()
{
	local mode=$1 sender before

	before=$(in_space b cat /sys/class/net/vb/statistics/rx_packets)
	spawn a "$trafficgen" va --packets 3000000 --flows 50000 >"$scratch/sent" 2>&1
	sender=$spawned
	await 20 traffic_has_begun $((before + 200000)) || fail "$mode: traffic" "$scratch/sent"
	if ! kill -0 "$sender" 2>/dev/null; then
		fail "$mode: the traffic goes on while weir is killed" "$scratch/sent"
	fi
	weir_stop KILL
	is "$mode: killed in the middle of traffic" $? 137
	await 5 has_no_programs b vb
	is "$mode: after SIGKILL no program is attached" \
		"$(programs b vb | sed "s,-1,0,g")" "xdp 0 ingress 0 egress 0"
	link_states >"$scratch/after"
	kill -INT "$sender" 2>/dev/null
	wait "$sender"
}

for mode in tc xdp; do
	link_states >"$scratch/before"
	weir_start b vb --mode $mode --interval 50ms -o csv:/dev/null || {
		fail "$mode: start" "$scratch/err"
		continue
	}
	kill_in_traffic $mode
	if diff "$scratch/before" "$scratch/after" >"$scratch/diff"; then
		pass "$mode: after SIGKILL the links are as before: flags, MTU, qdiscs, offloads"
	else
		fail "$mode: after SIGKILL the links are as before" "$scratch/diff"
	fi
	record_start b vb --mode $mode --idle-timeout 0 --active-timeout 0 || continue
	generate a va --packets 1000000 --flows 1000
	record_stop
	check_exact "$mode: started again after SIGKILL"
	link_states | diff "$scratch/before" - >"$scratch/diff"
	is "$mode: after an ordinary end the links are as before" "$(cat "$scratch/diff")" ""
done
finish
