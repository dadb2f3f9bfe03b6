#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# bench_report.sh [MILLIONS]: a report of so many million flow records (default 10), 151 columns
# each, hundreds of thousands of hosts, all judged: how fast they are read, how much memory that takes, how large
# the page is and, where there is a Chromium, how long it takes to open.
#
# The records are made once, half a million of them, and given again and again through a pipe.
set -u
cd "$(dirname "$0")/.." || exit 1
weir=build/weir
millions=${1:-10}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/weir-bench.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT

# make_block HEADER: half a million records with the columns of the header.
make_block()
{
	awk -v FS=, -v rows=500000 '
		NR == 1 {
			n = split($0, name, ",")
			srand(1)
			for (r = 0; r < rows; r++) {
				bytes = int(exp(4 + 12 * rand()))
				packets = 1 + int(bytes / (60 + 1400 * rand()))
				duration = packets > 1 ? rand() * 60 : 0
				odd = rand() < .01
				v["src_ip"] = "10." int(256 * rand()) "." int(256 * rand()) "." int(16 * rand())
				v["dst_ip"] = "172.16." int(256 * rand() ^ 3) "." int(256 * rand())
				v["src_port"] = 1024 + int(60000 * rand())
				v["dst_port"] = rand() < .8 ? 443 : int(65536 * rand())
				v["protocol"] = rand() < .7 ? 6 : 17
				v["duration"] = sprintf("%.6f", duration)
				v["bytes"] = bytes
				v["packets"] = packets
				v["start_time"] = sprintf("%.6f", 1700000000 + 86400 * rand())
				v["class"] = rand() < .5 ? "tls" : rand() < .5 ? "http" : "name"
				v["class_probability"] = sprintf("%.3f", rand())
				v["anomaly_score"] = sprintf("%.4f", -.35 - .1 * rand() - .4 * odd * rand())
				v["is_anomaly"] = odd
				v["anomaly_reasons"] = odd ? "fwd_bytes 1200000 (usual 60 to 4000)" : ""
				line = ""
				for (i = 1; i <= n; i++)
					line = line (i > 1 ? "," : "") (name[i] in v ? v[name[i]] : int(100 * rand()))
				print line
			}
		}'
}

# header: the columns, with those of the verdict if records do not have them by themselves.
header()
{
	"$weir" fields | awk 'NR > 1 { printf("%s%s", NR > 2 ? "," : "", $1); seen[$1] = 1 }
		END {
			n = split("class class_probability anomaly_score is_anomaly anomaly_reasons", more, " ")
			for (i = 1; i <= n; i++)
				if (!(more[i] in seen))
					printf ",%s", more[i]
			print ""
		}'
}

header >"$scratch/header"
make_block <"$scratch/header" >"$scratch/block" || exit 1
repeats=$((millions * 2))
feed()
{
	local i

	cat "$scratch/header"
	for ((i = 0; i < repeats; i++)); do
		cat "$scratch/block"
	done
}

mbytes=$(($(wc -c <"$scratch/block") * repeats / 1000000))
python=${PYTHON:-/usr/bin/python3}
echo "records     $((millions * 1000000)) ($mbytes MB)"
feed | "$python" -c '
import os, resource, subprocess, sys, time
millions, words = int(sys.argv[1]), sys.argv[2:]
start = time.monotonic()
subprocess.run(words, check=True)
took, used = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime
print(f"took        {took:.1f} s, {millions / took:.2f} M records/s")
print(f"processor   {cpu:.1f} s, {millions / cpu:.2f} M records/s")
print(f"memory      {used.ru_maxrss / 1000:.0f} MB at most")' \
	"$millions" "$weir" report - -o "$scratch/report.html" || exit 1
echo "page        $(wc -c <"$scratch/report.html") bytes"
if command -v chromium >/dev/null; then
	"$python" tests/e2e/report_page.py open "$scratch/report.html"
else
	echo "opens       not measured: no chromium"
fi
