# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the end-to-end scripts share; sourced by them, never run. Afterwards the project's top is the
# working directory, and $scratch a folder that is gone at exit, as are all namespaces and all
# background jobs, however the script ends. Network namespaces are called weir-test-PID-NAME, so
# that runs at the same time do not meet, and every interface is made inside one: nothing of the
# host is touched.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

# shellcheck disable=SC2034 # these are for the scripts
{
	weir=$PWD/build/weir
	trafficgen=$PWD/build/tools/trafficgen
	python=${PYTHON:-python3}
}
if ! [ -x "$weir" ] || ! [ -x "$trafficgen" ]; then
	echo "not ok - build/weir and build/tools/trafficgen are there: run make first"
	exit 1
fi
summer_pid=
spawned=
scratch=$(mktemp -d /tmp/weir-test.XXXXXX) || exit 1
chmod 755 "$scratch"
spaces=()
tests_failed=0
weir_pid=
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C

# The caller's settings are not the tests'.
for name in $(compgen -e WEIR_); do
	[ "$name" = WEIR_CAPTURES ] || unset "$name"
done

clean_up()
{
	local jobs space

	trap - EXIT INT TERM
	read -ra jobs -d '' <<<"$(jobs -p)"
	[ ${#jobs[@]} -gt 0 ] && kill -KILL "${jobs[@]}" 2>/dev/null
	wait 2>/dev/null
	for space in "${spaces[@]}"; do
		ip netns del "$space" 2>/dev/null
	done
	umount "$scratch"/* 2>/dev/null
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

pass()
{
	echo "ok - $1"
}

# fail WHAT [LINE...]: the lines tell what was found; a name of a file shows the file.
fail()
{
	local line

	tests_failed=$((tests_failed + 1))
	echo "not ok - $1"
	shift
	for line; do
		if [ -f "$line" ]; then
			head -n 20 "$line"
		else
			echo "$line"
		fi
	done | sed 's/^/    /'
}

skip()
{
	echo "skip - $1: $2"
}

# is WHAT GOT WANTED
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got    ${2:-nothing}" "wanted ${3:-nothing}"
	fi
}

finish()
{
	exit $((tests_failed > 0))
}

# await SECONDS COMMAND...: until the command succeeds; false when it never does.
await()
{
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[ "$SECONDS" -gt "$end" ] && return 1
		sleep 0.02
	done
}

in_space()
{
	local name=$1

	shift
	ip netns exec "weir-test-$$-$name" "$@"
}

# spawn SPACE COMMAND...: in the background, and spawned is its process.
spawn()
{
	ip netns exec "weir-test-$$-$1" "${@:2}" & # no function, so that $! is the command itself
	spawned=$!
}

# make_space NAME: a namespace without IPv6, so that no router solicitation is on its links, and that
# forwards nothing, whatever it inherited.
make_space()
{
	local space=weir-test-$$-$1

	ip netns add "$space" || exit 1
	spaces+=("$space")
	# shellcheck disable=SC2016
	in_space "$1" "$BASH" -c 'for f in /proc/sys/net/ipv6/conf/{all,default}/disable_ipv6; do
		[ ! -e $f ] || echo 1 >$f; done
		echo 0 >/proc/sys/net/ipv4/ip_forward'
}

# make_pair SPACE LINK SPACE LINK: a veth pair, up; GRO on, so that both ends have NAPI.
make_pair()
{
	ip -n "weir-test-$$-$1" link add "$2" type veth peer name "$4" netns "weir-test-$$-$3" ||
		exit 1
	ip -n "weir-test-$$-$1" link set "$2" up
	ip -n "weir-test-$$-$3" link set "$4" up
	in_space "$1" ethtool -K "$2" gro on
	in_space "$3" ethtool -K "$4" gro on
}

# What the shell asks of a link before and after: flags, MTU, queueing, filters, XDP, offloads.
link_state()
{
	ip -n "weir-test-$$-$1" -d link show "$2" | sed 's/link-netns[^ ]*.*//'
	in_space "$1" tc qdisc show dev "$2"
	in_space "$1" tc filter show dev "$2" ingress 2>/dev/null
	in_space "$1" tc filter show dev "$2" egress 2>/dev/null
	in_space "$1" ethtool -k "$2"
}

weir_is_attached()
{
	grep -q ': ingress ' "$scratch/err" || ! kill -0 "$weir_pid" 2>/dev/null
}

# weir_start SPACE ARGUMENT...: weir monitor in the background, attached when this returns. Its
# output is in $scratch/out and $scratch/err, its process weir_pid.
weir_start()
{
	local space=$1

	shift
	: >"$scratch/err"
	spawn "$space" "$weir" monitor "$@" >"$scratch/out" 2>"$scratch/err"
	weir_pid=$spawned
	await 20 weir_is_attached && kill -0 "$weir_pid" 2>/dev/null
}

weir_has_ended()
{
	! kill -0 "$weir_pid" 2>/dev/null
}

# weir_stop [SIGNAL]: its exit code is the result, 137 when it had to be killed.
weir_stop()
{
	local pid=$weir_pid

	kill "-${1-INT}" "$pid" 2>/dev/null
	await 60 weir_has_ended || kill -KILL "$pid"
	weir_pid=
	wait "$pid" 2>/dev/null
}

# From a CSV on standard input: "records packets bytes twice", where twice counts the flows that
# have more than one record.
sum_csv()
{
	cut -d, -f1-8 | awk -F, '
		NR == 1 && ($5 != "protocol" || $7 != "bytes" || $8 != "packets") {
			print "unexpected header: " $0
		}
		NR > 1 {
			bytes += $7
			packets += $8
			if (seen[$1, $2, $3, $4, $5]++)
				twice++
		}
		END { printf "%d %d %d %d\n", NR - 1, packets, bytes, twice }'
}

# stats NAME packets|bytes: from the last line of -o stats:.
stats()
{
	tail -n 1 "$scratch/stats" | grep -o "\"$1\":{[^}]*}" | grep -o "\"$2\":[0-9]*" | cut -d: -f2
}

# books WORD: packets of the line "Complete: seen N packets = N in flows + N not_ip + ...", where
# WORD is seen, in (flows), unexplained or a cause.
books()
{
	cat "$scratch/err" "$scratch/out" | awk -v word="$1" '
		/^(Complete|INCOMPLETE): / {
			gsub(",", "")
			lines++
			for (i = 2; i <= NF; i++)
				if (word == "seen" || word == "unexplained:" ? $(i - 1) == word : $i == word)
					n += word == "seen" || word == "unexplained:" ? $i : $(i - 1)
		}
		END { print lines == 1 ? n + 0 : lines + 0 " lines of books" }'
}

number()
{
	grep -o "\"$1\":[0-9.]*" <<<"$2" | cut -d: -f2
}

# generate SPACE LINK ARGUMENT...: send. What left since record_start is added to sent, sent_bytes
# and sent_flows; sent_mpps is the rate.
# shellcheck disable=SC2034
generate()
{
	local space=$1 result

	shift
	if ! result=$(in_space "$space" "$trafficgen" --json "$@" 2>"$scratch/trafficgen"); then
		fail "trafficgen $*" "$result" "$scratch/trafficgen"
		return 1
	fi
	sent_mpps=$(number mpps "$result")
	sent_flows=$((sent_flows + $(number flows "$result")))
	sent=$((sent + $(number packets "$result") - $(number device_dropped "$result")))
	sent_bytes=$((sent_bytes + $(number device_bytes "$result")))
}

# record_start SPACE LINK ARGUMENT...: weir_start, its records summed up as they come.
record_start()
{
	sent=0
	sent_bytes=0
	sent_flows=0
	rm -f "$scratch/csv"
	mkfifo "$scratch/csv"
	sum_csv <"$scratch/csv" >"$scratch/sum" &
	summer_pid=$!
	set -- "$@" -o "stats:$scratch/stats"
	weir_start "$@" --interval 50ms -o "csv:$scratch/csv" && return
	fail "weir monitor $*" "$scratch/err"
	kill "$summer_pid"
	return 1
}

# record_stop: end weir; its exit code and its sums are in code, records, packets, bytes, twice.
# shellcheck disable=SC2034
record_stop()
{
	weir_stop INT
	code=$?
	wait "$summer_pid"
	read -r records packets bytes twice <"$scratch/sum"
}

# check_exact WHAT: after generate and record_stop, are all packets in their places?
check_exact()
{
	local wrong=() full full_bytes

	full=$(books table_full)
	[ "$code" -eq 0 ] || wrong+=("exit code $code")
	[ "$(books seen)" = "$sent" ] || wrong+=("$sent packets sent, $(books seen) seen")
	[ "$(books unexplained:)" = 0 ] || wrong+=("$(books unexplained:) unexplained")
	[ "$packets" = "$(books in)" ] || wrong+=("$(books in) in flows, $packets in records")
	[ "$((packets + full))" = "$sent" ] ||
		wrong+=("$sent sent, $packets in records, $full with the table full")
	grep -q 'hooks none' "$scratch/err" && wrong+=("warned that the hooks see nothing")
	full_bytes=$(stats overflow bytes)
	[ "$(stats overflow packets)" = "$full" ] ||
		wrong+=("$full with the table full, $(stats overflow packets) in overflow counters")
	[ "$((bytes + full_bytes))" = "$sent_bytes" ] ||
		wrong+=("$sent_bytes bytes sent, $bytes in records, $full_bytes with the table full")
	if [ ${#wrong[@]} -eq 0 ]; then
		pass "$1 ($sent_mpps Mpps, $records records, $full with the table full)"
	else
		fail "$1" "${wrong[@]}" "$scratch/err"
	fi
}

# build_helpers: $scratch/tcx, $scratch/without and $scratch/verdict.o, from the C files beside this one.
build_helpers()
{
	local flags

	read -ra flags <<<"$(pkg-config --cflags --libs libbpf)"
	"${CC:-cc}" -D_GNU_SOURCE -o "$scratch/without" tests/e2e/without.c &&
		"${CC:-cc}" -D_GNU_SOURCE -o "$scratch/tcx" tests/e2e/tcx.c "${flags[@]}" &&
		"${CLANG:-clang}" -O2 -g -target bpf -c -I"/usr/include/$(uname -m)-linux-gnu" \
			-o "$scratch/verdict.o" tests/e2e/verdict.bpf.c && return
	fail "the test's own programs build"
	finish
}

# programs SPACE LINK: how many are at each hook.
programs()
{
	in_space "$1" "$scratch/tcx" count "$2"
}

has_no_programs()
{
	[[ $(programs "$1" "$2") =~ ^xdp\ 0\ ingress\ (0|-1)\ egress\ (0|-1)$ ]]
}
