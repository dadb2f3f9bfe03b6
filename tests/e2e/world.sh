# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# shellcheck disable=SC2034,SC2154 # of lib.sh, and for the scripts
#
# A host and the world outside of it, for the scripts that watch attacks; sourced after lib.sh. The
# host is namespace b, its link vb, its address $victim; namespace a has the addresses of several
# others outside. The attacks are those of attack.py, the alerts go to $alerts as JSON.

attack=tests/e2e/attack.py
alerts=$scratch/alerts
outside=203.0.113
victim=10.0.0.5

# make_world HOST...: with these last parts of addresses outside.
make_world()
{
	local host

	make_space a
	make_space b
	make_pair a va b vb
	for host; do
		ip -n "weir-test-$$-a" address add "$outside.$host/24" dev va
	done
	ip -n "weir-test-$$-b" address add $victim/24 dev vb
	ip -n "weir-test-$$-a" route add 10.0.0.0/24 dev va
	ip -n "weir-test-$$-a" route add 10.0.9.0/24 via $victim dev va
	ip -n "weir-test-$$-b" route add $outside.0/24 dev vb
	mac=$(ip -n "weir-test-$$-b" -br link show vb | awk '{ print $3 }')
	: >"$alerts"
}

# run SPACE ATTACK...: when it began is the first line of $scratch/attack.
run()
{
	in_space "$1" "$python" "$attack" "${@:2}" >"$scratch/attack" 2>&1 ||
		fail "attack.py ${*:2}" "$scratch/attack"
}

# events KIND RULE KEY [FILE]: the lines of alerts that opened or resolved.
events()
{
	grep -F "\"event\":\"$1\"" "${4-$alerts}" | grep -F "\"rule\":\"$2\"" | grep -F "\"key\":{$3}"
}

# told KIND RULE KEY: is there one?
# shellcheck disable=SC2317 # await calls it
told()
{
	events "$@" >/dev/null
}
