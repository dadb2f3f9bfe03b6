#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# run.sh BINARY [IFACE]: `weir monitor` on IFACE, or on the interface of the default route. Only
# this step takes rights: as it is when root, else through sudo.
set -u
PATH=$PATH:/usr/sbin:/sbin

# The first default route's interface; routes that lead nowhere start with another word.
default_interface()
{
	ip -o "$1" route show default 2>/dev/null | awk '
		$1 == "default" {
			for (i = 2; i < NF; i++)
				if ($i == "dev") {
					print $(i + 1)
					exit
				}
		}'
}

interfaces_up()
{
	ip -o link show up 2>/dev/null | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p' | grep -vx lo |
		paste -sd ' '
}

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
	echo "usage: tools/run.sh BINARY [IFACE]" >&2
	exit 2
fi
binary=$1
iface=${2-}
[ -n "$iface" ] || iface=$(default_interface -4)
[ -n "$iface" ] || iface=$(default_interface -6)
if [ -z "$iface" ]; then
	up=$(interfaces_up)
	first=${up%% *}
	echo "weir: no default route: name an interface: make run IFACE=${first:-eth0}" >&2
	echo "weir: interfaces that are up: ${up:-none but lo}" >&2
	exit 1
fi

[ "$(id -u)" -eq 0 ] && exec "$binary" monitor "$iface"

# sudo forgets the environment: hand on the options that were given there.
settings=()
for name in NO_COLOR $(compgen -e WEIR_); do
	[ -n "${!name-}" ] && settings+=("$name=${!name}")
done
if command -v sudo >/dev/null; then
	[ ${#settings[@]} -eq 0 ] && exec sudo "$binary" monitor "$iface"
	exec sudo env "${settings[@]}" "$binary" monitor "$iface"
fi
echo "weir: attaching to $iface needs root, and there is no sudo; as root, run:" >&2
echo "  $(realpath "$binary") monitor $iface" >&2
exit 1
