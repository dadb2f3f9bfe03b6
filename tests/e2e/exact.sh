#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# Exactness: what trafficgen sent over a veth pair is, packet for packet and byte for byte, in flow
# records and named causes, while weir drains 20 times a second. Over few flows and many, at both
# hooks, of all kinds of packets, with records made while packets come, and with tables far too
# small in the kernel and in the agent.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

make_space a
make_space b
make_pair a va b vb
never=(--idle-timeout 0 --active-timeout 0)

# exact WHAT WEIR-OPTION... -- TRAFFICGEN-OPTION... [-- TRAFFICGEN-OPTION...]
exact()
{
	local what=$1 options=() word

	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	record_start b vb "${options[@]}" || return
	options=(a va)
	shift
	for word in "$@" --; do
		if [ "$word" = -- ]; then
			generate "${options[@]}"
			options=(a va)
		else
			options+=("$word")
		fi
	done
	record_stop
	check_exact "$what"
}

# exact_once: as exact, and each flow has one record, as no timeout and no full table ended it.
exact_once()
{
	exact "$@"
	is "$1: a record a flow" "${records-no} records, ${twice-no} twice" \
		"$sent_flows records, 0 twice"
}

for mode in tc xdp; do
	exact_once "$mode: 5 M packets of 1,000 flows" --mode $mode "${never[@]}" -- \
		--packets 5000000 --flows 1000
	exact "$mode: 5 M packets of 500,000 flows" --mode $mode "${never[@]}" -- \
		--packets 5000000 --flows 500000
	exact_once "$mode: lengths, protocols, tags, IPv4 and IPv6" --mode $mode "${never[@]}" -- \
		--packets 300000 --flows 5000 --size 64:1514 --protocol mix --vlan 7 -- \
		--packets 300000 --flows 5000 --size 80:1514 --protocol mix --ipv6
	exact "$mode: records while packets come" --mode $mode --idle-timeout 100ms \
		--active-timeout 200ms -- --packets 1000000 --flows 20000 --zipf 1
done

exact "kernel tables of 256 entries" --mode tc --kernel-flows 256 "${never[@]}" -- \
	--packets 2000000 --flows 500000
exact "kernel tables of 1,000 entries" --mode xdp --kernel-flows 1000 "${never[@]}" -- \
	--packets 5000000 --flows 500000 --protocol mix
exact "room for 1,000 flows in the agent" --mode xdp --max-flows 1000 "${never[@]}" -- \
	--packets 1000000 --flows 50000
finish
