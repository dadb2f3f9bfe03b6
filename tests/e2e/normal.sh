# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# normal.sh TASK ADDRESS...: what ordinary hosts do all day with ordinary tools, until it is killed;
# run by baseline_attacks.sh, not a test.
#
#     names SERVER              look up names, some of which do not exist, at times by TCP
#     pages SERVER [FROM]       fetch pages, some of which do not exist
#     poll SERVER               fetch the same page like a clock
#     streams SERVER            iperf3: down, up, and by UDP, some 100 kB each
#     pings SERVER
set -u

# pause MOST: some tenths of a second.
pause()
{
	sleep "$((RANDOM % $1 / 10)).$((RANDOM % 10))"
}

names()
{
	local ways=(+notcp +tcp) types=(A A A AAAA MX TXT PTR) hosts=(www mail api cdn static nowhere)

	while :; do
		dig +tries=1 +time=2 "${ways[RANDOM % 16 == 0]}" "@$1" "${types[RANDOM % 7]}" \
			"${hosts[RANDOM % 6]}$((RANDOM % 50)).example" >/dev/null 2>&1
		pause 10
	done
}

pages()
{
	local sizes=(1 1 4 4 16 16 64 256 missing)

	while :; do
		curl -s -m 10 ${2:+--interface "$2"} -o /dev/null "http://$1/${sizes[RANDOM % 9]}"
		pause 10
	done
}

poll()
{
	while :; do
		curl -s -m 2 -o /dev/null "http://$1/1"
		sleep 2.5
	done
}

streams()
{
	while :; do
		iperf3 -c "$1" -R -b 8M -n 300K >/dev/null 2>&1
		pause 5
		iperf3 -c "$1" -b 4M -n 100K >/dev/null 2>&1
		pause 5
		iperf3 -c "$1" -u -b 2M -n 60K >/dev/null 2>&1
		pause 5
	done
}

pings()
{
	while :; do
		ping -q -c $((1 + RANDOM % 3)) -i 0.2 -W 1 "$1" >/dev/null 2>&1
		pause 20
	done
}

"$@"
