#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# watch_dev.sh: what watching finds on the captures in WEIR_CAPTURES, as tables: the isolation
# forest of hosts in windows of 60 s, that of flows, the built-in rules, and all together, by family
# of attack, with the false alarms an hour of normal traffic. A minute or two.
#
# Both forests are learned from every other file of dev; what of the rest is normal, cut_dev.sh
# says. Nothing was chosen by looking at the attacks but some built-in rules, which were written
# with these captures at hand; see tools/watch_dev.py for what counts as found.
set -u
# shellcheck source=tools/cut_dev.sh
. "$(dirname "$0")/cut_dev.sh"
weir=$(dirname "$0")/../build/weir
dev=${WEIR_CAPTURES:?set it to the folder that holds dev and attacks}/dev
attacks=$WEIR_CAPTURES/attacks
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

cut_dev "$dev" "$dir"
mapfile -t learn < <(awk -F'\t' '$1 == "learn" { print $3 }' "$dir/cut")
for unit in host flow; do
	"$weir" train anomaly --unit $unit "${learn[@]}" -o "$dir/$unit" >/dev/null 2>"$dir/log" || {
		cat "$dir/log" >&2
		exit 1
	}
done

# All captures; those that were learned from are for the rules alone.
{
	cat "$dir/cut"
	attacks_of "$attacks"
	printf 'try\town\t%s\n' "$attacks/westermo/right-first-half.pcap"
} >"$dir/captures"

n=0
while IFS=$'\t' read -r half family capture; do
	n=$((n + 1))
	# captures that end in the middle of a packet are used as far as they go
	"$weir" read --anomaly "$dir/host" --anomaly "$dir/flow" --alerts "json:$dir/$n.alerts" \
		-o "csv:$dir/$n.flows" "$capture" >/dev/null 2>&1
	"$weir" apply "$dir/host" "$capture" -o "csv:$dir/$n.hosts" 2>/dev/null
	printf '%s\t%s\t%s\t%s\n' "$n" "$half" "$family" "$capture"
done <"$dir/captures" >"$dir/list"
python3 "$(dirname "$0")/watch_dev.py" "$dir" "$attacks/westermo/events.csv"
