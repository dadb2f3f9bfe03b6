#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# The live page: who is let in; in a real browser while traffic goes on and an attack is made, with
# hostile names of class, rule and interface; and 100 slow or hostile clients, who delay nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

clients=tests/e2e/page_clients.py
attack=tests/e2e/attack.py
outside=203.0.113
victim=10.0.0.5
export PYTHONDONTWRITEBYTECODE=1

if "$weir" monitor lo --http 127.0.0.1:0 -d 1ms 2>&1 | grep -q 'built without libmicrohttpd'; then
	skip "the live page" "this weir was built without libmicrohttpd"
	exit 0
fi

# a: the world outside; b: the host inside, on which weir runs.
link='<u>vb"&amp;'
make_space a
make_space b
make_pair a va b "$link"
ip -n "weir-test-$$-a" address add $outside.66/24 dev va
ip -n "weir-test-$$-a" address add $outside.80/24 dev va
ip -n "weir-test-$$-b" address add $victim/24 dev "$link"
ip -n "weir-test-$$-b" link set lo up
ip -n "weir-test-$$-a" route add 10.0.0.0/24 dev va
ip -n "weir-test-$$-b" route add $outside.0/24 dev "$link"

# ask SERVER PATH [NAME=VALUE...]: the answer is in $scratch/answer, its status the result.
ask()
{
	in_space b "$python" "$clients" ask "$@" >"$scratch/answer" 2>&1
	head -n 1 "$scratch/answer"
}

# refused WHAT CODE TEXT OPTION...
refused()
{
	local what=$1 wanted=$2 text=$3

	is "$what" "$(in_space b "$weir" monitor "$link" -o csv:/dev/null "${@:4}" 2>&1
		echo "exit code $?")" "weir: $text
exit code $wanted"
}

token=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
echo "$token" >"$scratch/token"
echo short >"$scratch/short"

refused "another address demands a token" 2 \
	"--http 0.0.0.0:9843: others can reach this address: add --http-token-file FILE, or listen on 127.0.0.1" \
	--http 0.0.0.0:9843
refused "what is no address is told" 2 \
	"--http here: no address and port; as 127.0.0.1:9843 or [::1]:9843" --http here
refused "a token that is none is told" 2 \
	"--http-token-file $scratch/short: cannot take the token: it wants one line of 16 to 256 letters, digits and -._~+/=; as from 'openssl rand -hex 32'" \
	--http 0.0.0.0:9843 --http-token-file "$scratch/short"

if weir_start b "$link" --interval 200ms -o csv:/dev/null --http 0.0.0.0:9843 --http-token-file "$scratch/token"; then
	# shellcheck disable=SC2317 # await calls it
	is_told()
	{
		grep -q 'live page' "$scratch/err"
	}
	await 10 is_told
	is "weir says that it has no TLS" "$(grep -c 'live page: http://0.0.0.0:9843/?token=\.\.\.; weir has no TLS of its own' "$scratch/err")" 1
	is "without the token: 401" "$(ask 127.0.0.1:9843 /api/flows)" 401
	is "the answer demands a bearer" "$(grep -ic '^www-authenticate: bearer' "$scratch/answer")" 1
	is "with a wrong token: 401" "$(ask 127.0.0.1:9843 /api/flows "Authorization=Bearer ${token}0")" 401
	sleep 0.3
	is "with the token: 200" "$(ask 127.0.0.1:9843 /api/flows "Authorization=Bearer $token")" 200
	is "in the address, for the page: 200" "$(ask 127.0.0.1:9843 "/?token=$token")" 200
	is "which sets a cookie that scripts cannot read" \
		"$(grep -i '^set-cookie' "$scratch/answer" | cut -d' ' -f2-)" \
		"weir-9843=$token; HttpOnly; SameSite=Strict; Path=/"
	is "with the cookie: 200" "$(ask 127.0.0.1:9843 /metrics "Cookie=weir-9843=$token")" 200
	is "in the address, for data: 401" "$(ask 127.0.0.1:9843 "/api/flows?token=$token")" 401
	is "the token is in no line of weir's" "$(grep -c "$token" "$scratch/err")" 0
	weir_stop
	is "it ends well" $? 0
else
	fail "weir monitor --http with a token" "$scratch/err"
fi

# A class that a page would run, were it HTML, and the text of an alert.
"$python" - >"$scratch/labelled.csv" <<'END'
import random
dice = random.Random(1)
print("src_ip,dst_ip,src_port,dst_port,protocol,duration,bytes,packets,bytes_per_second,packets_per_second,avg_packet_size,kind")
for i in range(200):
    packets, size, long = dice.randint(2, 90), dice.randint(60, 1400), dice.random() * 5 + .1
    kind = ("<img src=x onerror=window.owned=1>", "<script>window.owned=1</script>")[size > 600]
    print(f"10.0.0.1,10.0.0.2,{1024 + i},443,6,{long},{packets * size},{packets},"
          f"{packets * size / long},{packets / long},{size},{kind}")
END
"$weir" train classifier "$scratch/labelled.csv" --label-column kind --features guide6 \
	--algorithm forest --n-estimators 3 -o "$scratch/types.model" >"$scratch/train" 2>&1 ||
	fail "a model with hostile classes is trained" "$scratch/train"
cat >"$scratch/rules" <<'END'
rule port-scan
    severity high
    flow protocol = 6
    when distinct dst_port per src_ip > 100 in 3s
    group src_ip
    text "<b>text</b> of {src_ip}: {value} ports"
END

# shellcheck disable=SC2317 # await calls it
is_ready()
{
	grep -q ready "$scratch/serve"
}

spawn a "$python" "$attack" serve 0.0.0.0 >"$scratch/serve" 2>&1
await 10 is_ready || fail "the servers start" "$scratch/serve"
spawn b "$python" "$attack" normal $victim $outside.80 120 >/dev/null 2>&1
normal=$spawned
if weir_start b "$link" --interval 1s -o csv:/dev/null --alerts "json:$scratch/alerts" \
	--rules "$scratch/rules" -c "$scratch/types.model" --http 127.0.0.1:9843; then
	sleep 2.5
	is "no thread has a capability or an unfiltered call" \
		"$(cat "/proc/$weir_pid/task/"*/status | grep -E '^(Cap...|NoNewPrivs|Seccomp):' | sort -u | tr -s '\t ' ' ')" \
		"CapAmb: 0000000000000000
CapBnd: 0000000000000000
CapEff: 0000000000000000
CapInh: 0000000000000000
CapPrm: 0000000000000000
NoNewPrivs: 1
Seccomp: 2"
	is "there are two threads" "$(find "/proc/$weir_pid/task" -mindepth 1 -maxdepth 1 | grep -c .)" 2
	is "another name for this machine is refused" "$(ask 127.0.0.1:9843 /api/flows Host=evil.example)" 421
	is "a query that is wrong is told" "$(ask 127.0.0.1:9843 '/api/flows?limit=5000')" 400
	is "/healthz" "$(ask 127.0.0.1:9843 /healthz) $(tail -n 1 "$scratch/answer")" "200 ok"
	is "/metrics" "$(ask 127.0.0.1:9843 /metrics)" 200
	sed '1,/^$/d' "$scratch/answer" >"$scratch/metrics"
	if command -v promtool >/dev/null; then
		is "promtool finds nothing wrong with the metrics" \
			"$(promtool check metrics <"$scratch/metrics" 2>&1)" ""
	else
		skip "promtool checks the metrics" "no promtool (tests/test_page.c checks their form)"
	fi
	is "no flow is in the metrics" "$(grep -c "$victim" "$scratch/metrics")" 0
	in_space b "$python" tests/e2e/page_view.py check http://127.0.0.1:9843/ port-scan 2.5 \
		ip netns exec "weir-test-$$-a" "$python" "$attack" scan $outside.66 $victim \
		2>"$scratch/view" || [ ! -s "$scratch/view" ] || fail "the page in a browser" "$scratch/view"
	kill "$normal"
	weir_stop
	is "it ends well with a viewer" $? 0
else
	fail "weir monitor --http" "$scratch/err"
fi

# intervals: how long 95 % of the times between two reports were at most, and the longest, in ms.
intervals()
{
	grep -o '"time":[0-9.]*' "$scratch/stats" | cut -d: -f2 |
		awk 'NR > 1 { printf "%.0f\n", 1000 * ($1 - last) } { last = $1 }' | sort -n |
		awk '{ took[NR] = $1 } END { print took[int(NR * 0.95)], took[NR] }'
}

# The same traffic without a client, to compare with.
alone="not measured"
if record_start b "$link" --http 127.0.0.1:9844; then
	generate a va --packets 500000 --flows 20000 --rate 100000
	record_stop
	read -r most longest <<<"$(intervals)"
	alone="95 % up to $most ms, one $longest ms"
fi

# 100 clients that are slow or mean harm. The longest time between two reports tells of a delay.
if record_start b "$link" --http 127.0.0.1:9844; then
	in_space b "$python" "$clients" hostile 9844 40 >"$scratch/hostile" 2>&1 &
	hostile=$!
	sleep 3
	in_space b "$python" "$clients" polite 9844 10 >"$scratch/polite" 2>&1 &
	polite=$!
	generate a va --packets 2000000 --flows 20000 --rate 100000
	wait "$polite"
	wait "$hostile"
	record_stop
	check_exact "100 hostile clients: every packet is accounted for"
	is "100 hostile clients: half requests and drips are dropped" "$(tail -n 1 "$scratch/hostile")" 15
	read -r most longest <<<"$(intervals)"
	if [ "$most" -lt 200 ] && [ "$longest" -lt 2000 ]; then
		pass "100 hostile clients: of intervals of 50 ms 95 % took up to $most ms, one $longest ms (without them: $alone)"
	else
		fail "100 hostile clients: intervals stay regular" "95 % took up to $most ms, the longest $longest ms" "without them: $alone"
	fi
	if awk '{ exit !($1 < 5) }' "$scratch/polite" 2>/dev/null; then
		pass "100 hostile clients: another one waits $(cat "$scratch/polite") s at most"
	else
		fail "100 hostile clients: another one is served" "$scratch/polite"
	fi
fi
finish
