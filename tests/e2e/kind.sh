#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# Mistakes and mishaps: each gets one message that names the thing and the next step, and the right
# exit code; what was counted until then is not lost.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

make_space a
make_space b
make_pair a va b vb
build_helpers
cp "$weir" "$scratch/weir" # a place that nobody may read
mkdir "$scratch/open" && chmod 777 "$scratch/open"

# run COMMAND...: code is its exit code; $scratch/out and $scratch/err are what it said.
run()
{
	timeout 20 "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	code=$?
}

messages()
{
	grep '^weir: ' "$scratch/err"
}

# says WHAT CODE PATTERN: one message, which matches, and this exit code.
says()
{
	local wrong=()

	[ "$code" -eq "$2" ] || wrong+=("exit code $code instead of $2")
	[ "$(messages | wc -l)" -eq 1 ] || wrong+=("$(messages | wc -l) messages instead of one")
	messages | grep -qE -- "$3" || wrong+=("no message matches: $3")
	if [ ${#wrong[@]} -eq 0 ]; then
		pass "$1"
	else
		fail "$1" "${wrong[@]}" "$scratch/err"
	fi
}

# refuses WHAT CODE PATTERN COMMAND...: as says, and nothing else is printed.
refuses()
{
	local what=$1 expected=$2 pattern=$3

	shift 3
	run "$@"
	if [ -s "$scratch/out" ] || grep -qv '^weir: ' "$scratch/err"; then
		fail "$what" "prints more than its message:" "$scratch/out" "$scratch/err"
	else
		says "$what" "$expected" "$pattern"
	fi
}

b=(ip netns exec "weir-test-$$-b")
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all)

# The command line.
refuses "no interface named" 2 'which interface.*ip link' "$weir" monitor
refuses "no file named" 2 'which file.*weir read FILE' "$weir" read
refuses "unknown command" 2 'frobnicate: no such command.*monitor.*read.*weir help' \
	"$weir" frobnicate
refuses "help for an unknown command" 2 'frobnicate: no such command' "$weir" help frobnicate
refuses "unknown option" 2 '--frobnicate: unknown option.*weir monitor --help' \
	"$weir" monitor --frobnicate vb
refuses "unknown letter" 2 '-z: unknown option.*weir read --help' "$weir" read -z
refuses "option without its value" 2 '--mode: .*missing.*--mode MODE' "$weir" monitor vb --mode
refuses "a value that is no duration" 2 "--interval: '5 parsecs' .*5s" \
	"$weir" monitor --interval '5 parsecs' vb
refuses "a value with a tail" 2 "--kernel-flows: '1000x' .*1000" \
	"$weir" monitor --kernel-flows 1000x vb
refuses "a value too small" 2 '--interval: 1ms is too small; at least 10ms' \
	"$weir" monitor --interval 1ms vb
refuses "a value too large" 2 '--top: 65 is too large; at most 64' "$weir" read --top 65 x
refuses "a negative value" 2 '--max-flows: -5 is too small' "$weir" read --max-flows -5 x
refuses "an overflowing value" 2 '--max-flows: 99999999999999999999 is too large' \
	"$weir" read --max-flows 99999999999999999999 x
refuses "a bad choice lists the choices" 2 "--mode: 'fast' .*auto, xdp, xdp-generic or tc" \
	"$weir" monitor --mode fast vb
refuses "a bad value in the environment" 2 "WEIR_INTERVAL: 'soon' .*5s" \
	env WEIR_INTERVAL=soon "$weir" monitor vb
refuses "an unknown kind of output" 2 '-o xml:x: .*table:, csv:PATH, json:PATH and stats:PATH' \
	"$weir" read -o xml:x x
refuses "an output without its path" 2 '-o csv: needs a path.*csv:-' "$weir" read -o csv x

for words in --help help -h "help monitor" "monitor --help" "read -h" "fields --help" --version; do
	read -ra list <<<"$words"
	run "$weir" "${list[@]}"
	is "weir $words: on stdout, exit code 0" \
		"$code $([ -s "$scratch/out" ] && echo out) $(cat "$scratch/err")" "0 out "
done
run "$weir"
is "weir alone: the usage on stderr, exit code 2" \
	"$code $(cat "$scratch/out") $(grep -c '^usage: weir' "$scratch/err")" "2  1"

# Interfaces.
refuses "no such interface" 1 'nope0: no such interface.*: .*vb' "${b[@]}" "$weir" monitor nope0
refuses "an interface named twice" 1 'vb: .*twice' "${b[@]}" "$weir" monitor vb vb
ip -n "weir-test-$$-b" link add down0 type veth peer name down1
refuses "an interface that is down" 1 'down0: .*is down.*ip link set down0 up' \
	"${b[@]}" "$weir" monitor down0
ip -n "weir-test-$$-b" link set vb xdp obj "$scratch/verdict.o" sec xdp
refuses "an XDP program is attached" 1 'vb: .*another.*id [0-9]+.*--mode tc' \
	"${b[@]}" "$weir" monitor --mode xdp vb
ip -n "weir-test-$$-b" link set vb xdp off

# Rights.
refuses "as nobody" 1 'lacks CAP_BPF, .*CAP_NET_ADMIN.*root.*sudo' \
	"${b[@]}" "${nobody[@]}" "$scratch/weir" monitor vb
# CAP_SYS_ADMIN stands for any of the three.
refuses "root without CAP_NET_ADMIN" 1 'lacks CAP_NET_ADMIN[,;:].*root' \
	"${b[@]}" setpriv --bounding-set=-net_admin,-sys_admin "$weir" monitor vb
refuses "root without CAP_BPF" 1 'lacks CAP_BPF[,;:].*root' \
	"${b[@]}" setpriv --bounding-set=-bpf,-sys_admin "$weir" monitor vb

# Captures. three.pcap has 3 packets of 100 bytes in one flow.
"$python" - "$scratch" <<'END'
import gzip, struct, sys
def frame(n):
    udp = struct.pack(">HHHH", 1000, 2000, n - 34, 0) + bytes(n - 42)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, n - 14, 1, 0, 64, 17, 0, bytes([10, 0, 0, 1]),
                     bytes([10, 0, 0, 2]))
    return bytes.fromhex("020000000002 020000000001 0800") + ip + udp
def record(i, data):
    return struct.pack("<IIII", 1700000000 + i, 0, len(data), len(data)) + data
def header(link):
    return struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link)
def write(name, data):
    open(f"{sys.argv[1]}/{name}", "wb").write(data)
three = header(1) + b"".join(record(i, frame(100)) for i in range(3))
write("three.pcap", three)
write("earlier.pcap", three.replace(struct.pack("<I", 1700000000), struct.pack("<I", 1600000000))
      .replace(struct.pack("<I", 1700000001), struct.pack("<I", 1600000001))
      .replace(struct.pack("<I", 1700000002), struct.pack("<I", 1600000002)))
write("three.pcap.gz", gzip.compress(three))
write("cut.pcap", three + record(3, frame(100))[:60])
write("cut.pcap.gz", gzip.compress(three * 1)[:-20])
write("headless.pcap", three[:20])
write("wlan.pcap", header(105) + record(0, frame(100)))
write("text.csv", b"src_ip,dst_ip\n1,2\n")
write("empty", b"")
def many(n):
    one = record(0, frame(100))
    yield header(1)
    for i in range(n):
        yield one[:16 + 26] + struct.pack(">I", 0x0a010000 + i) + one[16 + 30:]
write("many.pcap", b"".join(many(20000)))
END

# sums FILE: "records packets bytes" of a CSV.
sums()
{
	sum_csv <"$1" | cut -d' ' -f1-3
}

refuses "no such file" 1 'none\.pcap: .*No such file' "$weir" read "$scratch/none.pcap"
refuses "a directory" 1 '/open: a directory; name a capture' "$weir" read "$scratch/open"
refuses "an empty file" 1 '/empty: empty file' "$weir" read "$scratch/empty"
refuses "not a capture file" 1 'text\.csv: not a capture file.*pcap and pcapng' \
	"$weir" read "$scratch/text.csv"
refuses "wrong link type" 1 'wlan\.pcap: link type 105 \(IEEE 802\.11\) .*reads Ethernet' \
	"$weir" read "$scratch/wlan.pcap"
refuses "a file cut in its header" 1 'headless\.pcap: .*cut short.*header' \
	"$weir" read "$scratch/headless.pcap"
chmod 600 "$scratch/three.pcap"
refuses "a file that may not be read" 1 'three\.pcap: cannot open: Permission denied' \
	"${nobody[@]}" "$scratch/weir" read "$scratch/three.pcap"
chmod 644 "$scratch/three.pcap"

run "$weir" read -o "csv:$scratch/csv" "$scratch/cut.pcap"
says "a capture cut in the middle of a packet" 1 \
	'cut\.pcap: cut short in packet 4 at byte [0-9]+; the 3 whole packets before were read'
is "a capture cut in the middle: its whole packets are reported" "$(sums "$scratch/csv")" "1 3 300"
run "$weir" read -o "csv:$scratch/csv" "$scratch/cut.pcap.gz"
says "a gzip file cut short" 1 'cut\.pcap\.gz: gzip data cut short'
run "$weir" read -o "csv:$scratch/csv" "$scratch/text.csv" "$scratch/three.pcap"
says "one bad file of two" 1 'text\.csv: not a capture file'
is "one bad file of two: the other is read" "$(sums "$scratch/csv")" "1 3 300"

for file in three.pcap three.pcap.gz; do
	run "$weir" read -o "csv:$scratch/csv" "$scratch/$file"
	is "weir read $file" "$code $(sums "$scratch/csv")" "0 1 3 300"
	"$weir" read -o "csv:$scratch/csv" - <"$scratch/$file" >/dev/null 2>&1
	is "weir read - <$file" "$? $(sums "$scratch/csv")" "0 1 3 300"
done
run "$weir" read --idle-timeout 0 --active-timeout 0 -o "csv:$scratch/csv" \
	"$scratch/three.pcap" "$scratch/three.pcap.gz" "$scratch/many.pcap"
is "weir read of several files" "$code $(sums "$scratch/csv")" "0 20001 20006 2000600"

run "$weir" read -o "csv:$scratch/csv" "$scratch/three.pcap" "$scratch/earlier.pcap"
is "files in no order of time are no one flow" \
	"$code $(sums "$scratch/csv") $(cut -d, -f6 "$scratch/csv" | tr '\n' ' ')" \
	"0 2 6 600 duration 2 2 "
run "$weir" read -o "csv:$scratch/csv" "$scratch/three.pcap" "$scratch/three.pcap"
is "files that overlap are one flow" "$code $(sums "$scratch/csv")" "0 1 6 600"

# Outputs.
refuses "an output in a folder that is not there" 1 \
	"-o csv:$scratch/none/x: .*No such file or directory.*(mkdir|create|make)" \
	"$weir" read -o "csv:$scratch/none/x" "$scratch/three.pcap"
refuses "an output that is a folder" 1 "-o csv:$scratch/open: .*directory.*name a file" \
	"$weir" read -o "csv:$scratch/open" "$scratch/three.pcap"
touch "$scratch/open/kept" && chmod 444 "$scratch/open/kept"
refuses "an output that may not be written" 1 'kept: .*Permission denied.*another path' \
	"${nobody[@]}" "$scratch/weir" read -o "csv:$scratch/open/kept" "$scratch/three.pcap"

echo kept >"$scratch/kept"
refuses "a mistyped interface" 1 'nope0: no such interface' \
	"${b[@]}" "$weir" monitor -o "csv:$scratch/kept" nope0
is "a mistyped interface does not empty the output of an earlier run" \
	"$(cat "$scratch/kept")" kept

run "$weir" read -o csv:/dev/full -o "csv:$scratch/csv" "$scratch/many.pcap"
full=$(messages | grep -c 'csv:/dev/full: cannot write: No space left on device')
is "disk full: reported once, exit code 1" "$code $full" "1 1"
is "disk full: what was lost is counted" \
	"$(messages | grep -c 'csv:/dev/full: 0 records written, 20000 not')" 1
is "disk full: the other output is complete" "$(sums "$scratch/csv")" "20000 20000 2000000"
mkdir "$scratch/small"
if mount -t tmpfs -o size=2m none "$scratch/small"; then
	run "$weir" read -o "csv:$scratch/small/csv" -o "json:$scratch/json" "$scratch/many.pcap"
	full=$(messages | grep -c 'No space left on device')
	is "disk full in the middle: reported once, exit code 1" "$code $full" "1 1"
	told=$(messages | sed -n 's/.*: \([0-9]*\) records written, \([0-9]*\) not$/\1 \2/p')
	is "disk full in the middle: written and lost are all" \
		"$((${told% *} + ${told#* }))" 20000
	whole=$(($(wc -l <"$scratch/small/csv") - 1))
	if [ "$whole" -ge "${told% *}" ] && [ "${told% *}" -gt 1000 ]; then
		pass "disk full in the middle: as many records as told are in the file"
	else
		fail "disk full in the middle: as many records as told are in the file" \
			"$whole in the file, told ${told% *}"
	fi
	is "disk full in the middle: the other output is complete" \
		"$(wc -l <"$scratch/json")" 20000
	umount "$scratch/small"
else
	skip "disk full in the middle" "cannot mount a tmpfs"
fi

for output in csv:- json:- table:; do
	timeout 20 "$weir" read --top 1 -o "$output" "$scratch/many.pcap" 2>"$scratch/err" |
		head -n 1 >"$scratch/out"
	code=${PIPESTATUS[0]}
	is "weir read -o $output | head: ends well" \
		"$code $(wc -l <"$scratch/out") $(messages | grep -vc 'reader has gone')" "0 1 0"
done
closed=$("$weir" read -o csv:- "$scratch/three.pcap" 2>&1 >&-)
is "stdout closed at the start: one message, exit code 1" \
	"$? $(grep -c '^weir: .*csv:-: .*stdout' <<<"$closed")" "1 1"

spawn a "$trafficgen" va --packets 10000000 --rate 20000 --flows 100 >/dev/null 2>&1
sender=$spawned
start=$SECONDS
"${b[@]}" timeout 20 "$weir" monitor vb --interval 50ms --idle-timeout 0 --active-timeout 100ms -o csv:- \
	2>"$scratch/err" | head -n 5 >"$scratch/out"
code=${PIPESTATUS[0]}
is "weir monitor | head: ends well, and soon" \
	"$code $(wc -l <"$scratch/out") $((SECONDS - start < 10))" "0 5 1"

# A full disk does not stop the capture.
weir_start b vb --interval 50ms --idle-timeout 0 --active-timeout 100ms -o csv:/dev/full \
	-o "csv:$scratch/csv"
await 10 grep -q 'No space left' "$scratch/err"
before=$(wc -c <"$scratch/csv")
# shellcheck disable=SC2317 # await calls it
has_grown()
{
	[ "$(wc -c <"$scratch/csv")" -gt "$before" ]
}
if await 10 has_grown && kill -0 "$weir_pid"; then
	pass "disk full while monitoring: the other output goes on"
else
	fail "disk full while monitoring: the other output goes on" "$scratch/err"
fi
weir_stop
is "disk full while monitoring: exit code" $? 1
kill "$sender"
wait "$sender" 2>/dev/null

# waits_in FUNCTION PROCESS: of the kernel.
# shellcheck disable=SC2317
waits_in()
{
	grep -q "$1" "/proc/$2/wchan"
}

# Signals: all flows are reported, once.
for signal in INT TERM HUP; do
	record_start b vb --idle-timeout 0 --active-timeout 0
	generate a va --packets 200000 --flows 50000
	weir_stop $signal
	code=$?
	wait "$summer_pid"
	read -r records packets bytes twice <"$scratch/sum"
	check_exact "SIG$signal ends monitor well"
	is "SIG$signal: each flow is reported once" "$records $twice" "50000 0"
done

# While the records wait for a slow reader, further signals change nothing.
mkfifo "$scratch/slow"
exec 9<>"$scratch/slow"
weir_start b vb --interval 50ms --idle-timeout 0 --active-timeout 0 -o "csv:$scratch/slow"
sent_flows=0 sent=0 sent_bytes=0
generate a va --packets 200000 --flows 50000
kill -INT "$weir_pid"
await 10 waits_in pipe_write "$weir_pid" || fail "signals while flushing: the reader is slow"
kill -INT "$weir_pid"
kill -TERM "$weir_pid"
sum_csv <"$scratch/slow" >"$scratch/sum" 9>&- &
summer_pid=$!
exec 9>&-
weir_stop
code=$?
wait "$summer_pid"
read -r records packets bytes twice <"$scratch/sum"
check_exact "signals while flushing change nothing"

# weir read heeds the first interrupt while its input is silent, and reports what it has.
mkfifo "$scratch/pipe"
exec 9<>"$scratch/pipe"
cat "$scratch/three.pcap" >&9
for signal in INT TERM; do
	rm -f "$scratch/csv"
	"$weir" read -o "csv:$scratch/csv" - <"$scratch/pipe" >"$scratch/out" 2>"$scratch/err" &
	reader=$!
	[ $signal = TERM ] && cat "$scratch/three.pcap" >&9
	await 10 waits_in pipe_read "$reader"
	kill -$signal "$reader"
	wait "$reader"
	is "weir read, SIG$signal while waiting: exit code, flows, messages" \
		"$? $(sums "$scratch/csv") $(messages)" "0 1 3 300 "
done

# More packets than anyone waits for, in flows that end all the time.
endless()
{
	"${trafficgen%/*}/pcapgen" --packets 5000000 --flows 100000 --duration 10000s - 2>/dev/null
}

# shellcheck disable=SC2317
has_read()
{
	[ "$(awk '$1 == "rchar:" { print $2 }' "/proc/$1/io")" -gt 100000000 ]
}

# seen: packets, as the summary tells when its books balance.
seen()
{
	sed -n 's/^Complete: seen \([0-9,]*\) packets.*/\1/p' "$scratch/err" | tr -d ,
}

# ... and while all its threads are at work.
mkfifo "$scratch/endless"
endless >"$scratch/endless" &
source=$!
"$weir" read -o "csv:$scratch/csv" - <"$scratch/endless" >"$scratch/out" 2>"$scratch/err" &
reader=$!
await 10 has_read "$reader"
kill -INT "$reader"
wait "$reader"
code=$?
wait "$source" 2>/dev/null
read -r _ packets _ <<<"$(sums "$scratch/csv")"
is "weir read, SIGINT while reading: all that was read is reported" \
	"$code $((packets > 10000)) $packets" "0 1 $(seen)"

endless | timeout 60 "$weir" read -o csv:- - 2>"$scratch/err" | head -n 5 >"$scratch/out"
code=${PIPESTATUS[1]}
is "weir read | head: stops reading when nobody wants more" \
	"$code $(wc -l <"$scratch/out") $(($(seen) < 5000000))" "0 5 1"
finish
