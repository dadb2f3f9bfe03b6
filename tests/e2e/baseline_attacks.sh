#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# A baseline is learned from normal traffic of ordinary tools (curl and a web server, dig and
# dnsmasq, iperf3, ping); while that goes on, one weir monitor with the built-in rules is silent,
# then tells each of six attacks within two intervals, by the right rule, with the right hosts and
# by no other rule, and takes it back when it is over. Beside it run the same without a baseline,
# which finds the same attacks, and one whose rules compare with the baseline, which is silent in
# normal traffic and tells the attacks' rush.
#
#     tests/e2e/baseline_attacks.sh [long]
#
# long: a baseline of 60 s, 600 s of normal traffic, intervals of 5 s as by default, and waits half
# an hour for all alerts to resolve. Else a short form of the same, in which only the alerts with
# short windows have to.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/world.sh
. tests/e2e/world.sh

baseline_s=8
normal_s=10
interval_s=1
table=(--idle-timeout 2s) # so that the flows of the baseline leave within it
fading=(syn-flood udp-amplification)
fade_s=60
forest= # a threshold of 1 in 1,000 cannot be had from some 150 flows
if [ "${1-}" = long ]; then
	baseline_s=60
	normal_s=600
	interval_s=5
	table=()
	fading+=(port-scan host-sweep exfiltration beacon)
	fade_s=2000
	forest='rule anomalies
	flow is_anomaly
	when flows per all > 10 in 30s'
fi

for tool in curl dig dnsmasq iperf3 ping; do
	command -v $tool >/dev/null || fail "$tool is there: tools/deps.sh test installs it"
done
[ "$tests_failed" -eq 0 ] || finish

# The hosts outside: 20 and 21 are clients, 53, 80 to 82 and 90 servers, 83 and 84 reflectors.
make_world 20 21 44 53 66 80 81 82 83 84 90 99
mkdir "$scratch/www"
for size in 1 4 16 64 256; do
	head -c ${size}k /dev/zero >"$scratch/www/$size"
done

# web SPACE ADDRESS and dns SPACE ADDRESS: a server that listens there.
web()
{
	spawn "$1" "$python" -m http.server 80 --bind "$2" --directory "$scratch/www" \
		>/dev/null 2>&1
	await 10 in_space "$1" curl -s -o /dev/null "http://$2/1" || fail "$2 serves pages"
}

dns()
{
	spawn "$1" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts \
		--user=root --pid-file= --bind-interfaces --listen-address="$2" --except-interface=lo \
		--local=/example/ --address=/www1.example/$outside.80 --host-record="mail2.example,$outside.81" \
		--txt-record=api3.example,"a text" --mx-host=mail4.example,mail2.example \
		>"$scratch/dns" 2>&1
	await 10 in_space "$1" dig +tries=1 "@$2" mail2.example >/dev/null ||
		fail "$2 serves names" "$scratch/dns"
}

start_servers()
{
	ip -n "weir-test-$$-a" link set lo up
	ip -n "weir-test-$$-b" link set lo up
	web a $outside.80
	web a $outside.81
	web a $outside.82
	web b $victim
	dns a $outside.53
	dns b $victim
	spawn a iperf3 -s -B $outside.90 >/dev/null 2>&1
	spawn a "$python" "$attack" serve $outside.99 >/dev/null 2>&1
	spawn a "$python" "$attack" serve $outside.44 >/dev/null 2>&1
}

start_normal()
{
	local _

	for _ in 1 2 3; do
		spawn b bash tests/e2e/normal.sh names $outside.53
		spawn b bash tests/e2e/normal.sh pages $outside.80
	done
	spawn b bash tests/e2e/normal.sh pages $outside.81
	spawn b bash tests/e2e/normal.sh poll $outside.82
	spawn b bash tests/e2e/normal.sh streams $outside.90
	spawn b bash tests/e2e/normal.sh pings $outside.80
	spawn a bash tests/e2e/normal.sh pages $victim $outside.20
	spawn a bash tests/e2e/normal.sh pages $victim $outside.21
	spawn a bash tests/e2e/normal.sh names $victim
}

# watch NAME ARGUMENT...: a weir monitor beside the others; what it says is in $scratch/NAME.err.
watch()
{
	weir_start b vb --interval ${interval_s}s "${table[@]}" --alerts "json:$scratch/$1" "${@:2}" ||
		fail "weir monitor ${*:2}" "$scratch/err"
	mv "$scratch/err" "$scratch/$1.err"
	watchers+=("$weir_pid")
}

# opened FILE: the alerts that opened, as "RULE KEY".
opened()
{
	grep -F '"event":"open"' "$1" | sed 's/.*"rule":"\([^"]*\)".*"key":{\([^}]*\)}.*/\1 \2/'
}

# expect RULE KEY ALLOWED-SECONDS SPACE ATTACK...: it opens within that time of the attack's beginning.
expect()
{
	local rule=$1 key=$2 allowed=$3 took

	run "${@:4}"
	expected+="$rule $key"$'\n'
	if ! await $((2 * interval_s + 3)) told open "$rule" "$key"; then
		fail "$5: $rule names $key" "$alerts" "$scratch/alerts.err"
		return
	fi
	took=$(events open "$rule" "$key" | grep -o '"time":[0-9.]*' | head -n 1 |
		awk -F: -v began="$(head -n 1 "$scratch/attack")" '{ printf "%.1f", $2 - began }')
	if awk "BEGIN { exit !($took <= $allowed) }"; then
		pass "$5: $rule names $key after $took s"
	else
		fail "$5: $rule names $key within $allowed s" "after $took s"
	fi
}

start_servers
start_normal
cat >"$scratch/rules" <<END
rule rush
	when zscore flows per all > 6 in 10s
rule bytes
	when zscore bytes per all > 6 in 10s
rule packets
	when zscore packets per all > 6 in 10s
$forest
END
watchers=()
expected=
watch compared --baseline ${baseline_s}s --rules "$scratch/rules" -o csv:/dev/null
watch plain -o csv:/dev/null
watch alerts --baseline ${baseline_s}s -o "csv:$scratch/flows.csv"
# With too few flows, as on a machine that is busy, learning goes on for as long again.
if await $((10 * baseline_s)) grep -q 'baseline 1 learned' "$scratch/alerts.err" &&
	await 10 grep -q 'baseline 1 learned' "$scratch/compared.err"; then
	pass "a baseline: $(grep -o 'learned from [0-9,]* flows' "$scratch/alerts.err")"
else
	fail "a baseline is learned" "$scratch/alerts.err"
	finish
fi
before=$(wc -l <"$scratch/flows.csv")
sleep "$normal_s"
flows=$(($(wc -l <"$scratch/flows.csv") - before))
is "$flows flows of normal traffic in $normal_s s after the baseline: no alert" \
	"$(cat "$alerts")" ""
is "rules that compare with the baseline are silent as well" "$(cat "$scratch/compared")" ""

# Each within two intervals; the key names the hosts.
two=$((2 * interval_s))
expect syn-flood "\"dst_ip\":\"$victim\"" $two a flood va "$mac" $victim
expect udp-amplification "\"dst_ip\":\"$victim\"" $two \
	a amplify $victim $outside.83 $outside.84
expect port-scan "\"src_ip\":\"$outside.66\"" $two a scan $outside.66 $victim
expect host-sweep "\"src_ip\":\"$outside.66\"" $two a sweep $outside.66 10.0.9
expect exfiltration "\"src_ip\":\"$victim\",\"dst_ip\":\"$outside.44\"" $two \
	b exfiltrate $victim $outside.44
# The tenth call, nine gaps after the first, makes it one.
expect beacon "\"src_ip\":\"$victim\",\"dst_ip\":\"$outside.99\",\"dst_port\":\"443\"" \
	$((21 + two)) b beacon $victim $outside.99 2.3
is "each attack was told once, and by its own rule" "$(opened "$alerts" | sort)" \
	"$(sort <<<"${expected%$'\n'}")"
is "without a baseline: the same, and a poller that is not known" \
	"$(opened "$scratch/plain" | sort)" \
	"$(sort <<<"${expected}beacon \"src_ip\":\"$victim\",\"dst_ip\":\"$outside.82\",\"dst_port\":\"80\"")"
is "the attacks are far from the baseline's rates" \
	"$(opened "$scratch/compared" | cut -d' ' -f1 | grep -v anomalies | sort -u | tr '\n' ' ')" \
	"bytes packets rush "
for rule in "${fading[@]}"; do
	key=$(grep "^$rule " <<<"$expected")
	if await "$fade_s" told resolved "$rule" "${key#* }"; then
		pass "$rule resolves"
	else
		fail "$rule resolves" "$alerts"
	fi
done
for weir_pid in "${watchers[@]}"; do
	weir_stop
	is "the watching ends well" $? 0
done
finish
