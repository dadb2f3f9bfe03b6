#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# bench_files.sh [ROUNDS]: what flows from a capture cost, beside softflowd, nfpcapd and the Python
# guide.
#
# The capture is made here (pcapgen), once, in build/bench, and read through before each figure is
# taken. In each round every contender reads it in turn; figures are medians over the rounds, ratios
# medians of the rounds' ratios. Time is the clock's, and beside it stands what processors worked in
# it (user and system): weir uses several, the others one. Other work on the machine lengthens the
# clock's time, for weir's threads more than for one; the load is printed. softflowd is measured
# twice:
#   same work   all flows kept (-m), both directions in one record as weir has it (IPFIX, -b)
#   as is       its defaults: 8,192 flows at most, so that it reports most flows in pieces
# Either way it sends its records to a local UDP port, where the kernel drops them; weir writes CSV
# to /dev/null. nfpcapd writes its own files.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

rounds=${1:-5}
cut=20000
limit_s=180 # for one run
work=build/bench
file=$work/flows.pcap
packets=3000000
flows=200000
port=9995
python=python3
sink=
scratch=$(mktemp -d) || exit 1

clean_up()
{
	[ -n "$sink" ] && kill "$sink" 2>/dev/null
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

die()
{
	echo "bench_files: $1" >&2
	exit 1
}

make_capture()
{
	local free_kb

	mkdir -p $work || exit 1
	[ -f $file ] && [ $file -nt build/tools/pcapgen ] && return
	free_kb=$(df -Pk $work | awk 'NR == 2 { print $4 }')
	[ "$free_kb" -ge 2500000 ] ||
		die "$work: needs 2.5 GB for a capture, $((free_kb / 1000)) MB are free"
	build/tools/pcapgen --packets $packets --flows $flows $file.new 2>"$scratch/pcapgen" ||
		die "cannot make $file: $(cat "$scratch/pcapgen")"
	mv $file.new $file
}

# The first packets, in a file of their own: records are walked by their length field.
cut_capture()
{
	"$python" - $file $work/cut.pcap $cut <<-'END'
		import struct, sys
		with open(sys.argv[1], "rb") as whole, open(sys.argv[2], "wb") as part:
		    part.write(whole.read(24))
		    for _ in range(int(sys.argv[3])):
		        record = whole.read(16)
		        part.write(record + whole.read(struct.unpack("=8xI4x", record)[0]))
	END
}

# A port that takes datagrams and reads none.
open_sink()
{
	: >"$scratch/sink"
	"$python" -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', $port))
print('ready', flush=True)
time.sleep(3600)" >>"$scratch/sink" 2>&1 &
	sink=$!
	for _ in {1..100}; do
		grep -q ready "$scratch/sink" && return
		sleep 0.05
	done
	die "cannot listen on UDP port $port: $(tail -n 1 "$scratch/sink")"
}

run_contender()
{
	local softflowd=(softflowd -d -r "$file" -c none -p "$scratch/pid" -n "127.0.0.1:$port")

	case $1 in
	weir) build/weir read -o csv:/dev/null $file ;;
	softflowd) "${softflowd[@]}" -m 1000000 -v 10 -b ;;
	softflowd_as_is) "${softflowd[@]}" ;;
	nfpcapd) mkdir -p "$scratch/nf" && nfpcapd -r $file -w "$scratch/nf" ;;
	esac
}
export -f run_contender
export file port work scratch

# measure NAME: seconds of the clock to $scratch/NAME, and of processors to $scratch/NAME.cpu.
measure()
{
	local TIMEFORMAT="%U %S %R" status

	{ time timeout $limit_s bash -c "run_contender $1" >"$scratch/out" 2>&1; } 2>"$scratch/time"
	status=$?
	[ $status -eq 0 ] || die "$1 failed ($status): $(tail -n 1 "$scratch/out")"
	awk '{ print $3 }' "$scratch/time" >>"$scratch/$1"
	awk '{ print $1 + $2 }' "$scratch/time" >>"$scratch/$1.cpu"
}

median()
{
	sort -g | awk '{ v[NR] = $1 } END {
		print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# Median of the rounds' ratios of two contenders.
ratio()
{
	paste "$scratch/$1" "$scratch/$2" | awk '{ print $1 / $2 }' | median
}

print_row()
{
	printf '%-28s %8.2f %8.2f %11.1f %12.0f\n' "$2" "$(median <"$scratch/$1")" \
		"$(median <"$scratch/$1.cpu")" \
		"$(paste "$scratch/$1.cpu" "$scratch/$1" | awk '{ print $1 / $2 }' | median)" \
		"$(median <"$scratch/$1" | awk -v n=$packets '{ print n / $1 }')"
}

# print_target WHAT VALUE LIMIT at_most|at_least
print_target()
{
	awk -v what="$1" -v value="$2" -v limit="$3" -v way="$4" 'BEGIN {
		good = way == "at_most" ? value <= limit : value >= limit
		sub("_", " ", way)
		form = value < 10 ? "%.2f" : "%.0f"
		printf "target: %s; " form "; %s %s; %s\n", what, value, way, limit,
			good ? "met" : "missed" }'
}

compare_files()
{
	local contenders=(weir) name round

	for name in softflowd nfpcapd; do
		if command -v $name >/dev/null; then
			contenders+=("$name")
		else
			echo "$name is not installed: left out"
		fi
	done
	command -v softflowd >/dev/null && contenders+=(softflowd_as_is) && open_sink
	cat $file >/dev/null
	printf 'load before: %s on %d processors\n' "$(cut -d' ' -f1-3 /proc/loadavg)" "$(nproc)"
	for ((round = 0; round < rounds; round++)); do
		for name in "${contenders[@]}"; do
			measure "$name"
		done
	done
	printf 'load after:  %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
	printf '%-28s %8s %8s %11s %12s\n' "" "clock s" "CPU s" "processors" "packets/s"
	for name in "${contenders[@]}"; do
		case $name in
		weir) print_row weir "weir read -o csv:/dev/null" ;;
		softflowd) print_row softflowd "softflowd, same work" ;;
		softflowd_as_is) print_row softflowd_as_is "softflowd, as is" ;;
		*) print_row "$name" "$name" ;;
		esac
	done
}

# The guide's packets a second on a cut, weir's on the whole: a cut is read in no time. The guide's
# time is its processor's, which its clock's cannot be less than.
compare_guide()
{
	local packets_read flows_found seconds weir_rate

	cut_capture || die "cannot cut $file"
	read -r packets_read flows_found seconds < <("$python" tools/bench_guide.py $work/cut.pcap)
	[ "${packets_read:-0}" -eq $cut ] || die "the guide's computation failed"
	weir_rate=$(median <"$scratch/weir" | awk -v n=$packets '{ print n / $1 }')
	guide_times=$(awk -v w="$weir_rate" -v n=$cut -v s="$seconds" 'BEGIN { print w / (n / s) }')
	printf '%-28s %8s %8.2f %11.1f %12.0f  %s\n' "the guide (scapy, pandas)" "" "$seconds" 1 \
		"$(awk -v n=$cut -v s="$seconds" 'BEGIN { print n / s }')" \
		"on the first $cut packets, $flows_found flows"
}

for python in python3 /usr/bin/python3; do
	"$python" -c 'import scapy, pandas' 2>/dev/null && break
done
for name in weir tools/pcapgen; do
	[ -x build/$name ] || die "build/$name is not there: run make first"
done
make_capture
printf 'Flows from a capture: %d packets, %d flows, %d MB, warm; medians of %d rounds\n' \
	$packets $flows "$(($(stat -c %s $file) / 1000000))" "$rounds"
compare_files
compare_guide
if [ -s "$scratch/softflowd" ]; then
	print_target "files, time of weir / softflowd, same work" "$(ratio weir softflowd)" 0.333 \
		at_most
	print_target "files, time of weir / softflowd, as is" "$(ratio weir softflowd_as_is)" 0.333 \
		at_most
fi
print_target "files, packets/s of weir / the guide" "$guide_times" 1000 at_least
