#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# weir for arm64: everything is compiled and linked by the cross compiler, and the pure tests pass
# under qemu's user emulation. The libraries for arm64 are taken from their packages into a folder of
# the test's, so that the system need not be made multiarch. Minutes, so only with WEIR_SLOW=1.
[ -n "${WEIR_SLOW-}" ] && slow=1
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
triple=aarch64-linux-gnu
what="build for arm64, and its tests under qemu"

if [ -z "${slow-}" ]; then
	skip "$what" "takes minutes; WEIR_SLOW=1 runs it"
	exit 0
fi
if [ "$(uname -m)" = aarch64 ]; then
	skip "$what" "this machine is one: all tests are"
	exit 0
fi
for command in "$triple-gcc" qemu-aarch64-static apt-get dpkg-deb; do
	if ! command -v "$command" >/dev/null; then
		skip "$what" "no $command; install gcc-$triple and qemu-user-static"
		exit 0
	fi
done

# apt for another architecture, with its state in scratch and the system's sources.
apt=$scratch/apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$scratch/root"
: >"$apt/status"
get()
{
	apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$apt" \
		-o Dir::State::status="$apt/status" -o Dir::State::lists="$apt/lists" \
		-o Dir::Cache::archives="$apt/archives" -o Dir::Cache::pkgcache= \
		-o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}
if ! get update >"$scratch/out" 2>&1; then
	skip "$what" "no package lists for arm64: $(tail -n 1 "$scratch/out")"
	exit 0
fi
cat >"$scratch/packages" <<'END'
libc6 libc6-dev linux-libc-dev libbpf-dev libbpf1 libelf-dev libelf1 zlib1g-dev zlib1g libcmocka-dev
libcmocka0 libseccomp-dev libseccomp2 libgcc-s1
END
# shellcheck disable=SC2046 # words
(cd "$apt/archives" && get download $(cat "$scratch/packages")) >"$scratch/out" 2>&1 ||
	fail "packages for arm64" "$(tail -n 5 "$scratch/out")"
for package in "$apt"/archives/*.deb; do
	dpkg-deb -x "$package" "$scratch/root"
done
root=$scratch/root
# Links and linker scripts that begin at the root mean this one.
find "$root/usr/lib/$triple" -type l | while read -r link; do
	target=$(readlink "$link")
	[ "${target#/}" = "$target" ] || ln -sfn "$root$target" "$link"
done
cat >"$scratch/pkg-config" <<END
#!/bin/sh
export PKG_CONFIG_LIBDIR=$root/usr/lib/$triple/pkgconfig:$root/usr/share/pkgconfig
export PKG_CONFIG_SYSROOT_DIR=$root
exec pkg-config "\$@"
END
chmod 755 "$scratch/pkg-config"

# arm TARGET...: in a folder of its own, with the cross compiler.
arm()
{
	make -s -j"$(nproc)" B="$scratch/build" CC="$triple-gcc" AR="$triple-ar" \
		PKG_CONFIG="$scratch/pkg-config" \
		CFLAGS="-O2 -g --sysroot=$root -I$root/usr/include -I$root/usr/include/$triple" \
		LDFLAGS="--sysroot=$root -L$root/usr/lib/$triple -L$root/lib/$triple \
			-Wl,-rpath-link,$root/usr/lib/$triple:$root/lib/$triple" "$@" \
		>"$scratch/out" 2>&1
}

emulate()
{
	qemu-aarch64-static -L "$root" "$@"
}

if ! arm "$scratch/build/weir"; then
	fail "make CC=$triple-gcc" "$(grep -v '^  [A-Z]* ' "$scratch/out" | head -n 20)"
	finish
fi
is "make CC=$triple-gcc: an arm64 program" \
	"$(od -An -t u2 -j 18 -N 2 "$scratch/build/weir" | tr -d ' ')" 183
is "it runs" "$(emulate "$scratch/build/weir" --version)" "$("$weir" --version)"
is "it knows the same fields" "$(emulate "$scratch/build/weir" fields --json | sha256sum)" \
	"$("$weir" fields --json | sha256sum)"

# What a test skips here is what qemu has not: filters of system calls.
for source in tests/test_*.c; do
	name=$(basename "$source" .c)
	if ! arm "$scratch/build/obj/tests/$name"; then
		fail "$name on arm64 builds" "$(grep -v '^  [A-Z]* ' "$scratch/out" | head -n 10)"
	elif emulate "$scratch/build/obj/tests/$name" >"$scratch/out" 2>&1; then
		pass "$name on arm64"
		sed -n 's/^\[  SKIPPED \] //p' "$scratch/out" | grep -v 'test(s)' | sort -u |
			while read -r case; do
				skip "$name on arm64: $case" "cannot be under qemu"
			done
	else
		fail "$name on arm64" "$(grep -E 'FAILED|ERROR|not ok|error' "$scratch/out" | head -n 10)"
	fi
done
finish
