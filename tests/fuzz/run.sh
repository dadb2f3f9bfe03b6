#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Fuzz the parser for a bounded number of inputs, from the crafted packets and, if WEIR_CAPTURES
# is set, from frames of up to 300 captures. The seed is fixed: the same inputs every time.
#
#     tests/fuzz/run.sh [RUNS]

set -u
cd "$(dirname "$0")/../.." || exit 1
runs=${1:-300000}
dir=build/fuzz
log=$dir/log

fail()
{
	echo "not ok - fuzz_parse: $*"
	exit 1
}

rm -rf $dir/seeds $dir/corpus
mkdir -p $dir/seeds $dir/corpus || exit 1

make -s build/fuzz_parse build/obj/libweir.a >$log 2>&1 || { cat $log; fail "does not build"; }
# shellcheck disable=SC2046 # flags are words
${CC:-cc} -std=gnu11 -O2 -g -D_GNU_SOURCE -Wall -Wextra -Wshadow -Ibpf -Iuser -o build/fuzz_seed \
	tests/fuzz/seed.c tests/packet.c tests/packet_cases.c build/obj/libweir.a \
	$(pkg-config --libs libbpf zlib) -lm -pthread || fail "the seeds do not build"

if [ -n "${WEIR_CAPTURES:-}" ]; then
	seeds=$(find "$WEIR_CAPTURES/dev" -type f -size -1000k ! -name '*.csv' ! -name '*.tsv' |
		LC_ALL=C sort | awk 'NR % 3 == 0 && n++ < 300' | tr '\n' '\0' |
		xargs -0 build/fuzz_seed $dir/seeds) || fail "cannot write the seeds"
else
	echo "skip - fuzz_parse: no seeds from captures: WEIR_CAPTURES is not set"
	seeds=$(build/fuzz_seed $dir/seeds) || fail "cannot write the seeds"
fi

build/fuzz_parse -runs="$runs" -seed=1 -max_len=2048 -artifact_prefix=$dir/ $dir/corpus \
	$dir/seeds >$log 2>&1 || { grep -v '^#[0-9]' $log; fail "see $log and $dir/crash-*"; }
echo "ok - fuzz_parse: $runs inputs from $seeds seeds, no fault"
