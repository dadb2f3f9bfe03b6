#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Lint: format (clang-format 14 decides), warnings of gcc and clang, scripts by shellcheck. All are
# run; the exit code is 1 if any complained.
set -u
cd "$(dirname "$0")/.." || exit 1
wrong=0

# The files whose path matches $1.
sources()
{
	{ git ls-files -co --exclude-standard 2>/dev/null || find bpf user ml tools tests -type f; } |
		grep -E "$1" | while read -r file; do
		[ -e "$file" ] && echo "$file"
	done
}

say()
{
	printf '  %-12s%s\n' "$1" "$2"
}

check_format()
{
	local files

	mapfile -t files < <(sources '\.[ch]$')
	if ! command -v clang-format >/dev/null; then
		say format "skipped: no clang-format; install clang-format"
		return
	fi
	say format "${#files[@]} files"
	clang-format --dry-run -Werror "${files[@]}" || wrong=1
}

# check_native COMPILER: every file that becomes part of a program of ours.
check_native()
{
	local file files flags lib more optional

	mapfile -t files < <(sources '^(user|ml|tools|tests)/.*\.c$' | grep -v '\.bpf\.c$')
	read -ra flags <<<"$(pkg-config --cflags libbpf zlib)"
	read -ra optional < <(sed -n 's/^OPTIONAL := //p' Makefile)
	for lib in "${optional[@]}"; do
		pkg-config --exists "$lib" || continue
		read -ra more <<<"$(pkg-config --cflags "$lib")"
		flags+=("-DHAVE_$(tr a-z- A-Z_ <<<"$lib")" "${more[@]}")
	done
	say "$1" "${#files[@]} files"
	for file in "${files[@]}"; do
		"$1" -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter -Wshadow \
			-Wstrict-prototypes -Werror -D_GNU_SOURCE -DWEIR_VERSION='"lint"' \
			-Ibpf -Iuser -Iml -Itools -Ibuild "${flags[@]}" -fsyntax-only "$file" || wrong=1
	done
}

check_kernel()
{
	local file files

	mapfile -t files < <(sources '\.bpf\.c$')
	say "clang bpf" "${#files[@]} files"
	for file in "${files[@]}"; do
		clang -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Werror -Ibpf \
			-I"/usr/include/$(uname -m)-linux-gnu" -fsyntax-only "$file" || wrong=1
	done
}

check_scripts()
{
	local files

	mapfile -t files < <(sources '\.sh$|^\.ci/run$')
	if ! command -v shellcheck >/dev/null; then
		say shellcheck "skipped: not installed"
		return
	fi
	say shellcheck "${#files[@]} files"
	shellcheck "${files[@]}" || wrong=1
}

check_format
check_native gcc
check_native clang
check_kernel
check_scripts
[ $wrong -eq 0 ] && echo "lint: clean"
exit $wrong
