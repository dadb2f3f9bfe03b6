#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# root.sh BINARY FOLDER: all that weir's container holds, in FOLDER: the binary without its debugging
# symbols, the libraries it is linked with, certificates where it speaks TLS, the users root and
# nobody, and the licences of all of it.
set -eu
binary=$1
root=$2
top=$(cd "$(dirname "$0")/../.." && pwd)

# needed: the files that the binary is linked with, where the loader found them.
needed()
{
	ldd "$binary" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }'
}

# licence_of FILE: the copyright file of the package it came with.
licence_of()
{
	local package

	package=$(dpkg -S "$1" 2>/dev/null || dpkg -S "$(realpath "$1")" 2>/dev/null ||
		dpkg -S "/usr$1" 2>/dev/null || true)
	package=${package%%:*}
	if [ -n "$package" ] && [ -e "/usr/share/doc/$package/copyright" ]; then
		install -D -m 644 "/usr/share/doc/$package/copyright" \
			"$root/usr/share/doc/$package/copyright"
	else
		echo "root.sh: $1: no copyright file of its package is here" >&2
	fi
}

rm -rf "$root"
install -D -m 755 "$binary" "$root/usr/sbin/weir"
strip --strip-all --remove-section=.note.gnu.build-id "$root/usr/sbin/weir"
for file in $(needed); do
	install -D -m 755 "$file" "$root$file"
	licence_of "$file"
done
install -D -m 644 "$top/LICENSE" "$root/usr/share/doc/weir/copyright"
if needed | grep -qE '/lib(curl|ssl|gnutls)'; then
	install -D -m 644 /etc/ssl/certs/ca-certificates.crt \
		"$root/etc/ssl/certs/ca-certificates.crt"
	licence_of /usr/sbin/update-ca-certificates
fi
mkdir -p "$root/etc" "$root/tmp" "$root/proc" "$root/sys" "$root/dev"
chmod 1777 "$root/tmp"
printf 'root:x:0:0:root:/:/\nnobody:x:65534:65534:nobody:/:/\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
