#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The house rules a compiler does not see: which folder may include what, and licences.
# Prints "ok - RULE", or "not ok - RULE" and the lines that break it.
set -u
shopt -s lastpipe # so that rule, at a pipe's end, can set broken
cd "$(dirname "$0")/.." || exit 1
broken=0

# rule NAME: ok if standard input is empty.
rule()
{
	local offenders

	offenders=$(cat)
	if [ -z "$offenders" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		printf '%s\n' "$offenders" | sed 's/^/  # /'
		broken=1
	fi
}

sources()
{
	{ git ls-files -co --exclude-standard 2>/dev/null || find bpf user ml tools tests -type f; } |
		grep -E '\.(c|h|sh|py)$|^\.ci/run$' | while read -r file; do
		[ -e "$file" ] && echo "$file"
	done
}

includes_of()
{
	xargs -r grep -HnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*$1"
}

# Quoted includes of the files of folder $1 that are not files of that folder.
foreign_includes()
{
	sources | grep "^$1/.*\.[ch]$" | includes_of '"' |
		while IFS= read -r line; do
			name=${line#*\"}
			name=${name%%\"*}
			[ -e "$1/$name" ] && [ "$name" = "${name#*../}" ] || echo "$line"
		done
}

{
	foreign_includes ml
	sources | grep '^ml/' | includes_of '<(bpf|pcap)'
} | rule "ml/ includes nothing of user/ or bpf/"

foreign_includes bpf | rule "bpf/ includes nothing of user/ or ml/"

sources | grep '^user/.*\.[ch]$' | grep -vE '^user/(probe|drain)[^/]*\.c$' | includes_of '<bpf/' |
	rule "only probe and drain include libbpf"

sources | grep '^user/sink_[^/]*\.[ch]$' | includes_of '"([^"]*/)?table\.h"' |
	rule "no sink knows the flow table"

sources | while read -r file; do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause' ||
		echo "$file"
done | rule "every source names its licence in its first lines"

exit $broken
