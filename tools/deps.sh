#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# deps.sh build|test|bench: see that what this job needs is there, and install only what is missing
# with apt (Debian 12, Ubuntu 24.04). Silent when nothing is missing. What is there is found by
# looking for the command, library, header or module itself, so a system without apt passes as
# well; where something lacks it is told what. It never removes, upgrades or configures anything.
set -u
PATH=$PATH:/usr/sbin:/sbin
cc=${CC:-cc}
clang=${CLANG:-clang}
pkg_config=${PKG_CONFIG:-pkg-config}

# Package | how to see that it is there | what it gives. The package @fuzzer is clang's own.
build="
gcc            | command $cc          | a C compiler
make           | command make         | make
clang          | command $clang       | the compiler of the kernel programs
pkg-config     | command $pkg_config  | the flags of libraries
libc6-dev      | header stdio.h       | the C library's headers
linux-libc-dev | header linux/bpf.h   | the kernel's headers for programs
libbpf-dev     | library libbpf       | libbpf: loading and attaching
libelf-dev     | library libelf       | libelf, which libbpf needs
zlib1g-dev     | library zlib         | zlib: compressed files
libseccomp-dev | wanted libseccomp    | libseccomp: the filter of system calls
libncurses-dev | wanted ncursesw      | ncursesw: weir top
libmicrohttpd-dev | wanted libmicrohttpd | libmicrohttpd: the live page
libcurl4-gnutls-dev | wanted libcurl     | libcurl: alerts to webhooks and Alertmanager
libprotobuf-c-dev   | wanted libprotobuf-c | libprotobuf-c: ONNX models
protobuf-c-compiler | wanted protoc-c      | protoc-c: the code for ONNX models
libndpi-dev         | wanted libndpi       | libndpi: classes by what packets speak
libjs-d3       | script d3/d3.min.js   | d3: the charts of weir report
iproute2       | command ip           | ip: links and routes
"
python="
python3-scapy  | python scapy         | scapy: the guide's packet reader
python3-pandas | python pandas        | pandas: the guide's arithmetic
"
test="$build$python
libcmocka-dev  | header cmocka.h      | cmocka: unit tests
@fuzzer        | fuzzer libFuzzer     | clang's libFuzzer
tshark         | command tshark       | tshark: a second opinion on captures
ethtool        | command ethtool      | ethtool: offloads of test links
python3-onnx   | python onnx          | onnx: checks the models that are exported
groff          | command groff       | groff: formats the manual page
curl           | command curl         | curl: a client of web servers
iperf3         | command iperf3       | iperf3: streams of normal traffic
dnsmasq-base   | command dnsmasq      | dnsmasq: a name server
bind9-dnsutils | command dig          | dig: its client
iputils-ping   | command ping         | ping
tmux           | command tmux         | tmux: a terminal for the tests of weir top
podman         | wanted podman        | podman: runs the container image
runc           | wanted runc          | runc: podman's runtime
buildah        | wanted buildah       | buildah: builds the Containerfile's last stage
busybox-static | wanted busybox       | busybox: the application beside weir's container
python3-yaml   | python yaml          | yaml: reads the Kubernetes files
gnuplot-nox    | command gnuplot      | gnuplot: the pictures of weir plot
chromium       | browser chromium     | chromium: opens the pages
"
bench="$build$python
softflowd      | command softflowd    | softflowd: a peer to measure beside
python3-sklearn | python sklearn      | scikit-learn: a peer in training
"

# The system's python will do where another one comes first in PATH.
has_python()
{
	local python

	for python in python3 /usr/bin/python3; do
		"$python" - "$1" 2>/dev/null <<-END && return
			import importlib.util, sys
			sys.exit(importlib.util.find_spec(sys.argv[1]) is None)
		END
	done
	return 1
}

has_header()
{
	echo "#include <$1>" | "$cc" -E -include stdarg.h -include stddef.h -include stdint.h \
		-include setjmp.h -x c - >/dev/null 2>&1 || [ -e "/usr/include/$1" ]
}

has_fuzzer()
{
	local program status

	program=$(mktemp) || return 1
	echo 'int LLVMFuzzerTestOneInput(const char *d, long n) { return !d && n; }' |
		"$clang" -fsanitize=fuzzer -x c -o "$program" - 2>/dev/null
	status=$?
	rm -f "$program"
	return $status
}

# has KIND NAME: is it there?
has()
{
	case $1 in
	command) command -v "$2" >/dev/null ;;
	header) has_header "$2" ;;
	library) "$pkg_config" --exists "$2" 2>/dev/null ;;
	# What weir can do without.
	wanted) has library "$2" || has command "$2" || ! has command apt-get ;;
	python) has_python "$2" ;;
	fuzzer) has_fuzzer ;;
	script) [ -e "/usr/share/javascript/$2" ] || ! has command apt-get ;;
	browser) has command "$2" || ! grep -qx ID=debian /etc/os-release ;; # elsewhere a snap
	esac
}

# libFuzzer comes in a package of each clang version, so clang has to be there first.
fuzzer_package()
{
	local major

	major=$("$clang" -dumpversion 2>/dev/null | cut -d. -f1)
	echo "${major:+libclang-rt-$major-dev}"
}

# Of list $1: packages, what to install now, and gifts, a line for each thing that is missing.
find_missing()
{
	local package kind name gift

	packages=()
	gifts=()
	while read -r package _ kind name _ gift; do
		[ -z "$package" ] || has "$kind" "$name" </dev/null && continue
		[ "$package" = @fuzzer ] && package=$(fuzzer_package)
		[ -n "$package" ] && packages+=("$package")
		gifts+=("$(printf '  %-20s %s' "${package:-libclang-rt-dev}" "$gift")")
	done <<<"$1"
}

install_command()
{
	echo "env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $*"
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# stop_with WHY: name the command that a person can run instead.
stop_with()
{
	echo "deps: $1; run this as root, then try again:" >&2
	echo "  apt-get update && $(install_command "${packages[@]}")" >&2
	exit 1
}

install_packages()
{
	local log status words

	if [ "$(id -u)" -ne 0 ] && ! has command sudo; then
		stop_with "missing: ${packages[*]}, and installing needs root"
	fi
	echo "deps: installing ${packages[*]}" >&2
	log=$(mktemp) || exit 1
	read -ra words <<<"$(install_command "${packages[@]}")"
	[ -n "$tried" ] || as_root apt-get update -q >"$log" 2>&1
	as_root "${words[@]}" -o DPkg::Lock::Timeout=120 >>"$log" 2>&1 </dev/null
	status=$?
	[ $status -eq 0 ] || cat "$log" >&2
	rm -f "$log"
	[ $status -eq 0 ] || stop_with "installing failed"
}

case ${1-} in
build) list=$build ;;
test) list=$test ;;
bench) list=$bench ;;
*)
	echo "usage: tools/deps.sh build|test|bench" >&2
	exit 2
	;;
esac

tried=
find_missing "$list"
while [ ${#gifts[@]} -gt 0 ] && [ "${packages[*]}" != "$tried" ] && has command apt-get; do
	install_packages
	tried=${packages[*]}
	find_missing "$list"
done
[ ${#gifts[@]} -eq 0 ] && exit 0
if [ -n "$tried" ]; then
	echo "deps: installed, but still not found (another version first in PATH?):" >&2
else
	echo "deps: missing; install these (by their Debian names), then try again:" >&2
fi
printf '%s\n' "${gifts[@]}" >&2
exit 1
