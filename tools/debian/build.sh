#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# build.sh VERSION: Debian packages of this tree in build/deb/, by dpkg-buildpackage in a copy of its
# sources. What the package needs for building is what tools/deps.sh installs for it.
set -eu
version=$1
cd "$(dirname "$0")/../.."
here=tools/debian
copy=build/deb/weir-$version

for command in dpkg-buildpackage dh; do
	if ! command -v $command >/dev/null; then
		echo "deb: needs $command; install it: apt-get install dpkg-dev debhelper" >&2
		exit 1
	fi
done
if ! head -n 1 $here/changelog | grep -qF "weir ($version)"; then
	echo "deb: this is version $version, but $here/changelog begins with another" >&2
	exit 1
fi

# The packages of deps.sh's build list; a compiler and make are there in any build.
needed()
{
	sed -n '/^build="/,/^"/p' tools/deps.sh | sed -n 's/^\([a-z][a-z0-9.+-]*\) *|.*/\1/p' |
		grep -vxE 'gcc|make|libc6-dev|linux-libc-dev|iproute2' | paste -sd, | sed 's/,/, /g'
}

rm -rf build/deb
mkdir -p "$copy"
{ git ls-files -co --exclude-standard 2>/dev/null || find . -type f -not -path './build/*'; } |
	while read -r file; do
		[ -e "$file" ] && echo "$file"
	done | tar -cf - -T - | tar -C "$copy" -xf -
mkdir "$copy/debian"
cp -R $here/. "$copy/debian"
rm "$copy/debian/build.sh"
cp tools/systemd/weir.sysusers tools/systemd/weir.tmpfiles "$copy/debian"
sed "s/@BUILD_DEPENDS@/$(needed)/; /^#/d" $here/control >"$copy/debian/control"
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date -d "$(dpkg-parsechangelog \
	-l $here/changelog -S Date)" +%s)}
if ! (cd "$copy" && dpkg-buildpackage --build=binary --no-sign) >build/deb/log 2>&1; then
	tail -n 30 build/deb/log >&2
	exit 1
fi
ls build/deb/*.deb
