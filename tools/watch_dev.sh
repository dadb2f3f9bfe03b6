#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# watch_dev.sh: what watching finds on the captures in WEIR_CAPTURES, as tables: the isolation
# forest of hosts in windows of 60 s, that of flows, the built-in rules, and all together, by family
# of attack, with the false alarms an hour of normal traffic. A minute or two.
#
# Both forests are learned from every other file of dev, the rest of dev is normal, and nothing was
# chosen by looking at the attacks but some built-in rules, which were written with these captures
# at hand; see tools/watch_dev.py for what counts as found.
set -u
weir=$(dirname "$0")/../build/weir
dev=${WEIR_CAPTURES:?set it to the folder that holds dev and attacks}/dev
attacks=$WEIR_CAPTURES/attacks
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# Half of dev to learn from, half to be normal; files in the order of their names.
find "$dev" -type f ! -name '*.csv' ! -name '*.tsv' | LC_ALL=C sort >"$dir/all"
mapfile -t learn < <(awk 'NR % 2 == 0' "$dir/all")
for unit in host flow; do
	"$weir" train anomaly --unit $unit "${learn[@]}" -o "$dir/$unit" >/dev/null 2>"$dir/log" || {
		cat "$dir/log" >&2
		exit 1
	}
done

# What each capture is called: its family, normal, or own for those with marks inside.
{
	awk 'NR % 2 == 1 { print "normal\t" $0 }' "$dir/all"
	awk -F'\t' -v d="$attacks" 'NR > 1 && $1 !~ /csv$/ {
		sub(/\+benign-pair/, $1 ~ /normal/ ? "" : "-hydra", $5)
		sub(/.*/, $1 ~ /normal/ ? "normal" : $5 ~ /modbus/ ? "own" : $5, $5)
		print $5 "\t" d "/" $1
	}' "$attacks/sources.tsv"
	printf 'own\t%s\n' "$attacks/westermo/right-first-half.pcap"
} >"$dir/captures"

n=0
while IFS=$'\t' read -r family capture; do
	n=$((n + 1))
	# captures that end in the middle of a packet are used as far as they go
	"$weir" read --anomaly "$dir/host" --anomaly "$dir/flow" --alerts "json:$dir/$n.alerts" \
		-o "csv:$dir/$n.flows" "$capture" >/dev/null 2>&1
	"$weir" apply "$dir/host" "$capture" -o "csv:$dir/$n.hosts" 2>/dev/null
	printf '%s\t%s\t%s\n' "$n" "$family" "$capture"
done <"$dir/captures" >"$dir/list"
python3 "$(dirname "$0")/watch_dev.py" "$dir" "$attacks/westermo/events.csv"
