#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# What rights weir has left while it watches, read from /proc, in every mode; with every output, model,
# kind of alert and the page on at once also of every thread and every process that it starts, and
# that all of these work without rights. That it counts exactly, and ends well: flows written, hooks
# and filters gone.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

make_space a
make_space b
make_pair a va b vb
build_helpers
newest=$weir

# state_in FILE: user, capabilities and filter of a status of /proc, in one line.
state_in()
{
	awk '/^(Uid|Gid|CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):/ {
		sub(":", "", $1)
		sub("^0+", "", $2)
		printf "%s%s=%s", n++ ? " " : "", $1, $2 == "" ? 0 : $2
	}' "$1" 2>/dev/null
}

# state PROCESS
state()
{
	state_in "/proc/$1/status"
}

# shellcheck disable=SC2317 # await calls it
has_told()
{
	grep -q '^weir: rights given up' "$scratch/err"
}

nothing="CapInh=0 CapPrm=0 CapEff=0 CapBnd=0 CapAmb=0 NoNewPrivs=1 Seccomp=2"

# watch WHAT STATE OPTION...: 200,000 packets while weir has these rights only.
watch()
{
	local what=$1 wanted=$2 found

	shift 2
	record_start b vb "$@" -o "json:$scratch/json" -o "table:$scratch/table" || {
		weir_stop KILL
		return
	}
	await 20 has_told || fail "$what: tells what was given up" "$scratch/err"
	found=$(state "$weir_pid")
	generate a va --packets 200000 --flows 1000
	is "$what: user, capabilities, filter" "$found" "$wanted"
	found=$(state "$weir_pid")
	record_stop
	check_exact "$what"
	is "$what: still so in traffic, and no call was denied" \
		"$found $(grep -c 'filter denied' "$scratch/err")" "$wanted 0"
	is "$what: every output has all records" "$(wc -l <"$scratch/json")" "$records"
	await 5 has_no_programs b vb || fail "$what: the hooks are gone" "$(programs b vb)"
}

for mode in tc xdp xdp-generic auto; do
	watch "--mode $mode" "Uid=65534 Gid=65534 $nothing" --mode $mode
done
watch "--user daemon" "Uid=1 Gid=1 $nothing" --user daemon
watch "--user root" "Uid=0 Gid=0 $nothing" --user root
watch "a full kernel table" "Uid=65534 Gid=65534 $nothing" --kernel-flows 100

# Where clsact filters have to be removed at the end, one capability sleeps until then.
printf '#!/bin/sh\nexec %s bpf:28 %s "$@"\n' "$scratch/without" "$newest" >"$scratch/weir"
chmod 755 "$scratch/weir"
weir=$scratch/weir
watch "clsact" \
	"Uid=65534 Gid=65534 ${nothing/CapPrm=0/CapPrm=1000}" --mode tc
is "clsact: told" "$(grep -c 'CAP_NET_ADMIN in reserve' "$scratch/err")" 1
is "clsact: our filters are gone" \
	"$(in_space b tc filter show dev vb ingress)$(in_space b tc filter show dev vb egress)" ""
in_space b tc qdisc del dev vb clsact

# Without membarrier a map is replaced instead: that, too, goes without rights.
printf '#!/bin/sh\nexec %s membarrier %s "$@"\n' "$scratch/without" "$newest" >"$scratch/weir"
watch "no membarrier" "Uid=65534 Gid=65534 $nothing" --mode tc
weir=$newest

# What is to be written later needs the folder's owner, and learning needs a thread.
mkdir "$scratch/models"
# shellcheck disable=SC2034 # generate adds to them
sent=0 sent_bytes=0 sent_flows=0
weir_start b vb --interval 100ms --idle-timeout 200ms --baseline 1s --save "$scratch/models/new" \
	-o csv:/dev/null
await 20 has_told
is "--baseline --save: the user stays, without rights" "$(state "$weir_pid")" "Uid=0 Gid=0 $nothing"
generate a va --packets 20000 --flows 2000
await 20 grep -q 'baseline 1 learned' "$scratch/err"
is "--baseline --save: learns and saves" \
	"$(grep -c 'baseline 1 learned' "$scratch/err") $(stat -c %U "$scratch/models/new")" "1 root"
weir_stop

# Everything at once: outputs, models, learning, alerts of every kind, the page.
mkdir -m 777 "$scratch/received" "$scratch/written"
ip -n "weir-test-$$-b" link set lo up
spawn b "$python" tests/e2e/priv_receiver.py "$scratch/received" 9901 >"$scratch/receiver" 2>&1
await 10 grep -q ready "$scratch/receiver" || fail "the receiver starts" "$scratch/receiver"

# An operator's command: it reads, writes, runs programs and makes a connection, and tells its rights
# and its helper's.
cat >"$scratch/on-alert" <<END
#!/bin/bash
exec >>$scratch/received/command 2>&1
cat
id -u
sed 's/^/own /' /proc/self/status
sed 's/^/helper /' /proc/\$PPID/status
exec 3<>/dev/tcp/127.0.0.1/9901 && printf 'GET /from-command HTTP/1.0\r\n\r\n' >&3 && cat <&3
unshare -Ur true || echo no new namespace
echo done
END
chmod 755 "$scratch/on-alert"
printf 'rule busy\n    when packets per all > 1000 in 1s\n    hold 1s\n' >"$scratch/rules"
build/tools/pcapgen --packets 40000 --flows 4000 --duration 400s "$scratch/pcap" 2>/dev/null
printf 'udp if protocol in 17\nother\n' >"$scratch/labels"
{
	"$weir" train classifier --label-rules "$scratch/labels" --algorithm forest \
		--n-estimators 5 -o "$scratch/types" "$scratch/pcap" &&
		"$weir" train anomaly --n-estimators 5 -o "$scratch/flows" "$scratch/pcap" &&
		"$weir" train anomaly --unit host --n-estimators 5 -o "$scratch/hosts" "$scratch/pcap"
} >"$scratch/train" 2>&1 || fail "models are trained" "$scratch/train"
all_on=(-c "$scratch/types" -a "$scratch/flows" -a "$scratch/hosts" --baseline 1s --relearn
	--save "$scratch/written/model" --heartbeat "$scratch/written/heartbeat"
	--rules "$scratch/rules" --alerts stderr: --alerts "json:$scratch/written/alerts"
	--alerts "syslog:$scratch/received/log" --alerts "command:$scratch/on-alert")
arrivals=(command get syslog)
if "$weir" monitor lo --alerts webhook:http://localhost/ -d 1ms 2>&1 | grep -q 'without libcurl'; then
	skip "webhook and alertmanager without rights" "this weir was built without libcurl"
else
	all_on+=(--alerts webhook:http://localhost:9901/hook
		--alerts alertmanager:http://127.0.0.1:9901)
	arrivals+=(webhook alertmanager)
fi
has_page=
if "$weir" monitor lo --http 127.0.0.1:0 -d 1ms 2>&1 | grep -q 'without libmicrohttpd'; then
	skip "the page without rights" "this weir was built without libmicrohttpd"
else
	all_on+=(--http 127.0.0.1:9902)
	has_page=1
fi
n_sinks=$(printf '%s\n' "${all_on[@]}" | grep -cx -- --alerts)

# all_states PROCESS: until it ends, again and again, of each of its threads and of the processes
# that it started: the states that were ever seen. $scratch/most: threads and processes at most.
all_states()
{
	local process file most=0
	local -a processes files

	while kill -0 "$1" 2>/dev/null; do
		read -ra processes -d '' <<<"$1 $(pgrep -P "$1")"
		files=()
		for process in "${processes[@]}"; do
			files+=("/proc/$process/task/"*/status)
		done
		for file in "${files[@]}"; do
			state_in "$file"
			echo
		done
		if [ ${#files[@]} -gt "$most" ]; then
			most=${#files[@]}
			echo "${#files[@]} ${#processes[@]}" >"$scratch/most"
		fi
		sleep 0.05
	done | grep Seccomp= | sort -u
}

# shellcheck disable=SC2317 # await calls it
all_have_come()
{
	local name

	for name in "${arrivals[@]}"; do
		[ -s "$scratch/received/$name" ] || return 1
	done
	grep -q '"event":"resolved"' "$scratch/written/alerts" &&
		[ "$(grep -c '^done' "$scratch/received/command")" -eq "$(wc -l <"$scratch/written/alerts")" ] &&
		grep -q 'ALERT.*busy' "$scratch/err"
}

# of_command own|helper: the states that it told.
of_command()
{
	sed -n "s/^$1 //p" "$scratch/command" | awk '/^Name:/ { n++ } { print >"'"$scratch"'/told." n }'
	for file in "$scratch"/told.*; do
		state_in "$file"
		echo
	done | sort -u
	rm -f "$scratch"/told.*
}

# all_at_once WHAT STATE COMMAND-STATE OPTION...: is each at work, and is that all that is left?
all_at_once()
{
	local what=$1 wanted=$2 command=$3 watcher threads processes file

	shift 3
	rm -f "$scratch/most" "$scratch/written/"* "$scratch/json"
	for file in "${arrivals[@]}"; do
		rm -f "$scratch/received/$file"
	done
	record_start b vb "${all_on[@]}" "$@" --idle-timeout 1s -o "json:$scratch/json" \
		-o "table:$scratch/table" || {
		weir_stop KILL
		return
	}
	await 20 has_told || fail "$what: tells what was given up" "$scratch/err"
	all_states "$weir_pid" >"$scratch/states" &
	watcher=$!
	generate a va --packets 100000 --flows 1000 --rate 100000
	await 30 grep -q 'learned from .*saved as' "$scratch/err" ||
		fail "$what: learns and saves" "$scratch/err"
	generate a va --packets 100000 --flows 1000 --rate 50000 # no alert opens before
	await 20 all_have_come || fail "$what: alerts reach every sink" \
		"$(wc -l "$scratch/received/"* "$scratch/written/"* 2>&1)" "$scratch/err"
	cp "$scratch/received/command" "$scratch/command" # the end may cut one short
	cp "$scratch/received/get" "$scratch/get"
	kill -HUP "$weir_pid"
	await 10 grep -q 'loaded models and rules again' "$scratch/err" ||
		fail "$what: models and rules are read again" "$scratch/err"
	[ -z "$has_page" ] || is "$what: the page answers" \
		"$(in_space b "$python" tests/e2e/page_clients.py ask 127.0.0.1:9902 /api/flows |
			sed -n 1p)" 200
	is "$what: nothing was refused or lost" \
		"$(grep -E 'denied|cannot|given up' "$scratch/err" | grep -v '^weir: rights given up')" ""
	record_stop
	wait "$watcher"
	check_exact "$what"
	read -r threads processes <"$scratch/most"
	is "$what: all threads and the command's helper were looked at" \
		"$((threads >= n_sinks + 2)) $((processes >= 2))" "1 1"
	is "$what: user, capabilities, filter of all" "$(cat "$scratch/states")" "$wanted"
	is "$what: of the command" "$(of_command own)" "$command"
	is "$what: of its helper" "$(of_command helper)" "$command"
	is "$what: the command reached the network, and cannot make a namespace" \
		"$(grep -c . "$scratch/get") $(grep -c '^no new namespace' "$scratch/command")" \
		"$(grep -c '^done' "$scratch/command") $(grep -c '^done' "$scratch/command")"
	is "$what: every output has all records, judged" \
		"$(grep -c '"class":"[a-z]*".*"anomaly_score":-[0-9.]*' "$scratch/json")" "$records"
	is "$what: signs of life" "$(grep -c '^Complete: ' "$scratch/written/heartbeat")" 1
	await 5 has_no_programs b vb || fail "$what: the hooks are gone" "$(programs b vb)"
}

for mode in tc xdp xdp-generic auto; do
	all_at_once "all at once, --mode $mode" "Uid=65534 Gid=65534 $nothing" \
		"Uid=65534 Gid=65534 $nothing" --mode $mode --user nobody
done
all_at_once "all at once, root stays" "Uid=0 Gid=0 $nothing" "Uid=0 Gid=0 $nothing"

# As a service: no root, just the three capabilities, which are all given up.
cp "$newest" "$scratch/weir" # the tree may be closed to others
cat >"$scratch/service" <<END
#!/bin/sh
exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+bpf,+perfmon,+net_admin \
	--ambient-caps=-all,+bpf,+perfmon,+net_admin \
	--bounding-set=-all,+bpf,+perfmon,+net_admin $scratch/weir "\$@"
END
chmod 755 "$scratch/service"
weir=$scratch/service
mkdir -m 777 "$scratch/open"
weir_start b vb --interval 50ms -o "csv:$scratch/open/csv"
await 20 has_told || fail "not root, three capabilities: tells what was given up" "$scratch/err"
# CAP_SETPCAP was never there to empty the bounding set: it is no right, only a lid on rights.
is "not root, three capabilities: none is left" "$(state "$weir_pid")" \
	"Uid=65534 Gid=65534 ${nothing/CapBnd=0/CapBnd=c000001000}"
sent=0 sent_bytes=0
generate a va --packets 100000 --flows 100
weir_stop
is "not root, three capabilities: exit code, records, packets, bytes" \
	"$? $(sum_csv <"$scratch/open/csv" | cut -d' ' -f1-3)" "0 100 100000 $sent_bytes"
weir=$newest

# What was asked for and cannot be had is an error that leaves all as it was.
echo kept >"$scratch/kept"
in_space b timeout 20 "$weir" monitor --user no-such-user -o "csv:$scratch/kept" vb \
	>"$scratch/out" 2>"$scratch/err"
is "an unknown --user: exit code and message" \
	"$? $(grep -c '^weir: --user no-such-user: no such user' "$scratch/err")" "1 1"
is "an unknown --user: outputs as they were, nothing attached" \
	"$(cat "$scratch/kept") $(programs b vb | sed 's/-1/0/g')" "kept xdp 0 ingress 0 egress 0"
cp "$scratch/on-alert" "$scratch/roots-own"
chmod 700 "$scratch/roots-own"
in_space b timeout 20 "$weir" monitor --alerts "command:$scratch/roots-own" -o "csv:$scratch/kept" vb \
	>"$scratch/out" 2>"$scratch/err"
is "a command that is not for the user: exit code and message" \
	"$? $(tail -n 1 "$scratch/err")" "1 weir: command:$scratch/roots-own: user 65534 cannot run it: Permission denied; put it where that user can, or name another by --user"
is "a command that is not for the user: outputs as they were" "$(cat "$scratch/kept")" kept

# The contrast: the state above is weir's doing, not this machine's.
weir_start b vb --sandbox=no -o csv:/dev/null --alerts "command:$scratch/roots-own"
await 20 pgrep -P "$weir_pid" >"$scratch/helper"
for process in "$weir_pid" "$(cat "$scratch/helper")"; do
	read -ra words <<<"$(state "$process")"
	echo "${words[0]} ${words[7]} ${words[8]} $([ "${words[4]}" = CapEff=0 ] || echo some)"
done >"$scratch/states"
is "--sandbox=no keeps the user and all rights, of the helper as well" "$(cat "$scratch/states")" \
	"Uid=0 NoNewPrivs=0 Seccomp=0 some
Uid=0 NoNewPrivs=0 Seccomp=0 some"
weir_stop
finish
