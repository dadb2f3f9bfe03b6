#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# Kernels that lack something, played by seccomp: what weir can do without is counted as exactly,
# and what it cannot do without is named with the next step.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

make_space a
make_space b
make_pair a va b vb
build_helpers
newest=$weir

# play CALL: from here on weir runs on a kernel without it.
play()
{
	weir=$scratch/weir
	printf '#!/bin/sh\nexec %s %s %s "$@"\n' "$scratch/without" "$1" "$newest" >"$weir"
	chmod 755 "$weir"
}

# refuses WHAT PATTERN WEIR-ARGUMENT...: one line, exit code 1, nothing attached.
refuses()
{
	local code

	in_space b timeout 20 "$weir" "${@:3}" >"$scratch/out" 2>"$scratch/err" </dev/null
	code=$?
	if [ $code -eq 1 ] && [ "$(cat "$scratch/out" "$scratch/err" | wc -l)" -eq 1 ] &&
		grep -qE -- "$2" "$scratch/err" && has_no_programs b vb; then
		pass "$1"
	else
		fail "$1" "exit code $code, no line matches: $2" "$scratch/err" "$scratch/out"
	fi
}

# counts WHAT WEIR-OPTION...
counts()
{
	record_start b vb --idle-timeout 0 --active-timeout 0 "${@:2}" || return
	generate a va --packets 500000 --flows 1000
	record_stop
	check_exact "$1"
}

play bpf
refuses "no bpf(): told" 'cannot load.*kernel lacks.*Linux 5\.10.*weir doctor' monitor vb
play bpf:24
refuses "no batch operations: told" 'kernel.*lacks batch operations.*Linux 5\.6' monitor vb
play bpf:28
refuses "no links: native XDP is refused" 'vb: cannot attach XDP .*--mode tc' \
	monitor --mode xdp vb
before=$(link_state b vb)
counts "no TCX: clsact filters count exactly" --mode tc
is "no TCX: told" "$(grep -o 'ingress clsact, egress clsact' "$scratch/err")" \
	"ingress clsact, egress clsact"
is "no TCX: our filters are gone, the qdisc stays" \
	"$(in_space b tc filter show dev vb ingress)$(in_space b tc qdisc show dev vb | grep -c clsact)" 1
in_space b tc qdisc del dev vb clsact
is "no TCX: the link is as before" "$(link_state b vb)" "$before"
play membarrier
counts "no membarrier: replacing a map is the grace period" --mode tc
counts "no membarrier: drained while packets come" --mode xdp --kernel-flows 2000
finish
