#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# weir on a clean Debian: the package and the source, each built, installed, run and removed in a
# fresh debootstrap root, leaving nothing behind. Some minutes and some 100 MB of downloads, so only
# with WEIR_SLOW=1.
[ -n "${WEIR_SLOW-}" ] && slow=1
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

if [ -z "${slow-}" ]; then
	skip "package and source on a clean Debian" "takes minutes; WEIR_SLOW=1 runs it"
	exit 0
fi
for command in debootstrap dpkg-buildpackage dh lintian; do
	if ! command -v $command >/dev/null; then
		skip "package and source on a clean Debian" "no $command"
		exit 0
	fi
done
root=$scratch/root
make_space a
make_space b
make_pair a va b vb

# in_root COMMAND...: in the clean root, in network namespace b.
in_root()
{
	in_space b chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		DEBIAN_FRONTEND=noninteractive "$@"
}

# apt_in_root ARGUMENT...: with the host's network.
apt_in_root()
{
	chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "$@" \
		>"$scratch/apt" 2>&1 || fail "apt-get $*" "$(tail -n 15 "$scratch/apt")"
}

# Everything that is there, but for what apt, dpkg and ldconfig keep for themselves, and the copies
# that userdel makes of /etc/passwd and its kin.
list_root()
{
	(cd "$root" && find . -xdev \( -path ./var/cache -o -path ./var/lib/dpkg -o -path ./var/lib/apt \
		-o -path ./var/log -o -path ./tmp -o -path ./etc/ld.so.cache \
		-o -path './etc/*-' \) -prune -o -print | sort)
	cut -d: -f1 "$root/etc/passwd" "$root/etc/group" | sort
}

# watches WHAT PROGRAM: it counts packets in there, exactly.
watches()
{
	local pid

	: >"$scratch/err"
	in_root "$2" monitor vb --interval 100ms -o csv:/tmp/flows.csv >"$scratch/out" \
		2>"$scratch/err" &
	pid=$!
	await 20 grep -q 'rights given up' "$scratch/err" || fail "$1: watches" "$scratch/err"
	sent=0 sent_bytes=0 sent_flows=0
	generate a va --packets 50000 --flows 100
	weir_pid=$(pgrep -P $pid -x weir || pgrep -x weir --ns $pid --nslist net | head -n 1)
	weir_stop
	wait $pid
	is "$1: watches, and counts exactly" "$(sum_csv <"$root/tmp/flows.csv" | cut -d' ' -f1-3)" \
		"100 50000 $sent_bytes"
	rm -f "$root/tmp/flows.csv"
}

# The package.
if ! make deb >"$scratch/out" 2>&1; then
	fail "make deb" "$(tail -n 20 "$scratch/out")"
	finish
fi
package=$(ls build/deb/weir_*.deb)
is "make deb: lintian finds nothing" \
	"$(lintian --allow-root --display-info --pedantic build/deb/*.changes 2>&1)" ""

if ! debootstrap --variant=minbase bookworm "$root" >"$scratch/out" 2>&1; then
	skip "package and source on a clean Debian" \
		"debootstrap cannot: $(tail -n 1 "$scratch/out")"
	finish
fi
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
trap 'umount "$root/proc" "$root/sys"; clean_up' EXIT
apt_in_root install systemd
in_root systemd-tmpfiles --create >"$scratch/out" 2>&1
list_root >"$scratch/before"
cp "$package" "$root/tmp/weir.deb"
apt_in_root install /tmp/weir.deb
is "package: its version" "$(in_root weir --version)" "$("$weir" --version)"
is "package: its user" "$(grep -c '^weir:' "$root/etc/passwd")" 1
in_root weir doctor >"$scratch/out" 2>&1
is "package: weir doctor can work" "$?" 0
watches "package" weir
apt_in_root purge --autoremove weir
list_root >"$scratch/after"
is "package: a purge leaves nothing behind" "$(diff "$scratch/before" "$scratch/after")" ""

# The source, by the two commands of the README: what is missing is installed.
mkdir "$root/tmp/weir"
git ls-files -co --exclude-standard 2>/dev/null | while read -r file; do
	[ -e "$file" ] && echo "$file"
done >"$scratch/files"
[ -s "$scratch/files" ] || find . -type f -not -path './build/*' >"$scratch/files"
tar -cf - -T "$scratch/files" | tar -C "$root/tmp/weir" -xf -
cp /etc/resolv.conf "$root/etc/resolv.conf"
apt_in_root install make
chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin make -C /tmp/weir -s deps \
	build/weir >"$scratch/out" 2>&1 || fail "source: builds" "$(tail -n 15 "$scratch/out")"
list_root >"$scratch/before"
in_root make -C /tmp/weir -s install >"$scratch/out" 2>&1 || fail "source: installs" "$scratch/out"
is "source: its version" "$(in_root /usr/local/sbin/weir --version)" "$("$weir" --version)"
watches "source" /usr/local/sbin/weir
in_root make -C /tmp/weir -s uninstall >"$scratch/out" 2>&1
list_root >"$scratch/after"
# Folders of others' making, like /usr/local/share/fish, stay when they are empty.
is "source: uninstalled, no file is left" "$(diff "$scratch/before" "$scratch/after" |
	sed -n 's/^> //p' | while read -r path; do
	[ -d "$root/$path" ] || echo "$path"
done)" ""
finish
