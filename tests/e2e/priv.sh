#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# What rights weir has left while it watches, read from /proc, in every mode and with every output;
# that it counts exactly without them, and ends well: flows written, hooks and filters gone.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

make_space a
make_space b
make_pair a va b vb
build_helpers
newest=$weir

# state PROCESS: its user, capabilities and filter, in one line.
state()
{
	awk '/^(Uid|Gid|CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):/ {
		sub(":", "", $1)
		sub("^0+", "", $2)
		printf "%s%s=%s", n++ ? " " : "", $1, $2 == "" ? 0 : $2
	}' "/proc/$1/status"
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
	record_start b vb "$@" -o "json:$scratch/json" -o "table:$scratch/table" || return
	await 5 has_told || fail "$what: tells what was given up" "$scratch/err"
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
await 5 has_told
is "--baseline --save: the user stays, without rights" "$(state "$weir_pid")" "Uid=0 Gid=0 $nothing"
generate a va --packets 20000 --flows 2000
await 20 grep -q 'baseline 1 learned' "$scratch/err"
is "--baseline --save: learns and saves" \
	"$(grep -c 'baseline 1 learned' "$scratch/err") $(stat -c %U "$scratch/models/new")" "1 root"
weir_stop

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
await 5 has_told
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

# The contrast: the state above is weir's doing, not this machine's.
weir_start b vb --sandbox=no -o csv:/dev/null
read -ra words <<<"$(state "$weir_pid")"
is "--sandbox=no keeps the user and all rights" \
	"${words[0]} ${words[7]} ${words[8]} $([ "${words[4]}" = CapEff=0 ] || echo some)" \
	"Uid=0 NoNewPrivs=0 Seccomp=0 some"
weir_stop
finish
