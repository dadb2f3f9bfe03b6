#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# weir on a clean Debian: the package, the image and the source, each built, installed, run and removed
# in a fresh debootstrap root, leaving nothing behind. Some minutes and some 100 MB of downloads, so
# only with WEIR_SLOW=1.
[ -n "${WEIR_SLOW-}" ] && slow=1
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

what="package, image and source on a clean Debian"
if [ -z "${slow-}" ]; then
	skip "$what" "takes minutes; WEIR_SLOW=1 runs it"
	exit 0
fi
for command in debootstrap dpkg-buildpackage dh lintian; do
	if ! command -v $command >/dev/null; then
		skip "$what" "no $command"
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
	(cd "$root" && find . ./run -xdev \( -path ./var/cache -o -path ./var/lib/dpkg -o -path ./var/lib/apt \
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

# Before lib.sh's own, which removes the root: nothing of the host may be mounted there.
# shellcheck disable=SC2317 # the trap calls it
leave_root()
{
	[ -z "${container-}" ] || pod rm -f -t 0 "$container" >/dev/null 2>&1
	umount -R -l "$root" 2>/dev/null
	clean_up
}
trap leave_root EXIT
mkdir "$root"
mount --bind "$root" "$root" # a container's root has to be on a mount
if ! debootstrap --variant=minbase bookworm "$root" >"$scratch/out" 2>&1; then
	skip "$what" \
		"debootstrap cannot: $(tail -n 1 "$scratch/out")"
	finish
fi

mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mkdir "$root/run/lock"
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

# The image, built in there too, from the same build; in the store of a podman that was used before,
# so that what podman keeps for itself is there.
pod()
{
	in_root podman --cgroup-manager cgroupfs --storage-driver vfs --runtime runc "$@"
}

# run_image ARGUMENT...: a container in the network that this is in.
run_image()
{
	pod run --network host --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \
		--read-only --cap-drop ALL --cap-add BPF,NET_ADMIN,PERFMON \
		--security-opt seccomp=/tmp/weir/tools/container/seccomp.json "$@" 2>"$scratch/pod"
}

# shellcheck disable=SC2317 # await calls it
container_watches()
{
	pod logs "$container" 2>&1 | grep -q '^weir: rights given up'
}

try_image()
{
	local archive name id

	archive=$(cd "$root/tmp/weir/build" && ls weir-*.tar)
	name=$(basename "$archive" .tar)
	name=localhost/weir:${name#weir-}
	list_root >"$scratch/before"
	pod pull -q "docker-archive:/tmp/weir/build/$archive" >"$scratch/pod" 2>&1 ||
		fail "image: podman takes it" "$scratch/pod"
	is "image: its version" \
		"$(run_image --rm --entrypoint '["/usr/sbin/weir", "--version"]' "$name")" \
		"$("$weir" --version)"
	mkdir "$root/tmp/volume"
	container=$(run_image -d -v /tmp/volume:/out -e WEIR_INTERFACES=vb -e WEIR_INTERVAL=100ms \
		-e WEIR_OUTPUT=csv:/out/flows "$name")
	if ! await 30 container_watches; then
		pod logs "$container" >>"$scratch/pod" 2>&1
		fail "image: runs" "$scratch/pod"
		return
	fi
	sent=0 sent_bytes=0 sent_flows=0
	generate a va --packets 50000 --flows 100
	pod stop -t 20 "$container" >/dev/null 2>&1
	is "image: ends well, and counts exactly" \
		"$(pod inspect -f '{{.State.ExitCode}}' "$container") $(sum_csv <"$root/tmp/volume/flows" |
			cut -d' ' -f1-3)" "0 100 50000 $sent_bytes"
	id=$container
	container=
	pod rm "$id" >/dev/null 2>&1
	pod rmi "$name" >/dev/null 2>&1
	list_root >"$scratch/after"
	is "image: removed, it leaves nothing behind" \
		"$({ diff "$scratch/before" "$scratch/after"; find /sys/fs/cgroup -name "*$id*"; } | head -n 20)" ""
	is "image: no hook is left" "$(programs b vb | tr -d -- -)" \
		"$(programs a va | tr -d -- -)"
}

build_helpers
apt_in_root install podman runc ca-certificates
for folder in /sys/fs/cgroup /sys/fs/cgroup/*/; do
	folder=${folder%/}
	if mountpoint -q "$folder"; then
		mkdir -p "$root$folder"
		mount --bind "$folder" "$root$folder"
	fi
done
tar -cf "$root/tmp/nothing.tar" README.md
if ! pod import -q /tmp/nothing.tar localhost/nothing:1 >"$scratch/pod" 2>&1; then
	skip "image on a clean Debian" "podman cannot run here: $(tail -n 1 "$scratch/pod")"
elif ! in_root make -C /tmp/weir -s image >"$scratch/out" 2>&1; then
	fail "image: builds" "$(tail -n 15 "$scratch/out")"
else
	run_image localhost/nothing:1 /README.md >"$scratch/out" # which is no program
	pod rm -a >"$scratch/out" 2>&1
	pod rmi localhost/nothing:1 >"$scratch/out" 2>&1
	try_image
fi

# The source, installed.
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
