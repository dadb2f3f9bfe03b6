#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# The built-in rules on real traffic in namespaces: silence in normal traffic, then each of six
# attacks is told within two intervals, by the right rule and with the right hosts. A webhook that
# is dead does not stop the watching; a broken rules file is refused.
#
#     tests/e2e/alerts.sh [SECONDS]     of normal traffic
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

attack=tests/e2e/attack.py
alerts=$scratch/alerts
outside=203.0.113
victim=10.0.0.5
normal_s=${1:-15}

if ! "$weir" monitor --help | grep -q -- --alerts; then
	skip "alerts" "this weir has no --alerts"
	exit 0
fi

# a: the world outside; b: the host inside, on which weir runs.
make_space a
make_space b
make_pair a va b vb
for host in 66 44 99 80 81 82; do
	ip -n "weir-test-$$-a" address add $outside.$host/24 dev va
done
ip -n "weir-test-$$-b" address add $victim/24 dev vb
ip -n "weir-test-$$-a" route add 10.0.0.0/24 dev va
ip -n "weir-test-$$-a" route add 10.0.9.0/24 via $victim dev va
ip -n "weir-test-$$-b" route add $outside.0/24 dev vb
mac=$(ip -n "weir-test-$$-b" -br link show vb | awk '{ print $3 }')

run()
{
	in_space "$1" "$python" "$attack" "${@:2}" >"$scratch/attack" 2>&1 ||
		fail "attack.py ${*:2}" "$scratch/attack"
}

# told RULE KEY: has an alert of this rule and key opened?
# shellcheck disable=SC2317 # await calls it
told()
{
	grep '"event":"open"' "$alerts" | grep "\"rule\":\"$1\"" | grep -qF "\"key\":{$2}"
}

# expect RULE KEY SPACE ATTACK...: within two intervals, and the wait for one to end
expect()
{
	local rule=$1 key=$2

	run "${@:3}"
	if await 3 told "$rule" "$key"; then
		pass "$4: $rule names $key"
	else
		fail "$4: $rule names $key" "$alerts" "$scratch/err"
	fi
}

# shellcheck disable=SC2317 # await calls it
is_ready()
{
	grep -q ready "$scratch/serve"
}

: >"$alerts"
echo 'rule broken
    when nonsense' >"$scratch/broken"
is "a broken rules file is refused with its line" \
	"$("$weir" monitor lo --alerts stderr: --rules "$scratch/broken" 2>&1)" \
	"weir: $scratch/broken: line 2: there is no measure 'nonsense'; weir-rules(5) lists them"

spawn a "$python" "$attack" serve 0.0.0.0 >"$scratch/serve" 2>&1
await 10 is_ready || fail "the servers start" "$scratch/serve"
if ! weir_start b vb --interval 1s -o csv:/dev/null --alerts "json:$alerts" \
	--alerts webhook:http://127.0.0.1:9/; then
	fail "weir monitor --alerts" "$scratch/err"
	finish
fi
run b normal $victim $outside.80 "$normal_s"
is "normal traffic for $normal_s s is silent" "$(cat "$alerts")" ""

expect port-scan "\"src_ip\":\"$outside.66\"" a scan $outside.66 $victim
is "a dead webhook is one line" "$(grep -c 'webhook.*cannot deliver' "$scratch/err")" 1
expect host-sweep "\"src_ip\":\"$outside.66\"" a sweep $outside.66 10.0.9
expect syn-flood "\"dst_ip\":\"$victim\"" a flood va "$mac" $victim
expect udp-amplification "\"dst_ip\":\"$victim\"" a amplify $victim $outside.81 $outside.82
expect exfiltration "\"src_ip\":\"$victim\",\"dst_ip\":\"$outside.44\"" \
	b exfiltrate $victim $outside.44
expect beacon "\"src_ip\":\"$victim\",\"dst_ip\":\"$outside.99\",\"dst_port\":\"443\"" \
	b beacon $victim $outside.99 2.2
is "each attack was told by its own rule" \
	"$(grep '"event":"open"' "$alerts" | grep -o '"rule":"[^"]*"' | sort | uniq -c | awk '{ print $1, $2 }')" \
	"1 \"rule\":\"beacon\"
1 \"rule\":\"exfiltration\"
1 \"rule\":\"host-sweep\"
1 \"rule\":\"port-scan\"
1 \"rule\":\"syn-flood\"
1 \"rule\":\"udp-amplification\""
weir_stop
is "the watching ends well" $? 0
if grep -q 'webhook:http://127.0.0.1:9/: 0 delivered, [6-9] not' "$scratch/err"; then
	pass "what the webhook missed is counted"
else
	fail "what the webhook missed is counted" "$scratch/err"
fi
finish
