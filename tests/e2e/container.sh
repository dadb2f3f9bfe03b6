#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# The container image: the same bytes each time, small, and as a sidecar it sees another container's
# traffic exactly, with three capabilities and a read-only root. All in a store of its own and in
# network namespaces of lib.sh, so that nothing of the host's containers or networks is touched.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

if ! command -v podman >/dev/null || ! command -v busybox >/dev/null; then
	skip "containers" "no podman, or no busybox-static"
	exit 0
fi

pod()
{
	podman --root "$scratch/store" --runroot "$scratch/run" --tmpdir "$scratch/tmp" \
		--runtime "$runtime" --cgroup-manager cgroupfs --storage-driver "$driver" "$@"
}

runtime=$(command -v runc || command -v crun)
driver=overlay
limits=(--ulimit nofile=1024:1024 --ulimit nproc=1024:1024)
rights=(--cap-drop ALL --cap-add "BPF,NET_ADMIN,PERFMON" --read-only
	--security-opt "seccomp=$PWD/tools/container/seccomp.json")

# Before lib.sh's own: the store holds mounts.
# shellcheck disable=SC2317 # the trap calls it
clean_containers()
{
	local n

	for n in 1 2 3; do # one that others share a network with goes only after them
		pod rm -f -a -t 0 >/dev/null 2>&1 && break
	done
	umount "$scratch/store/overlay" 2>/dev/null
	clean_up
}
trap clean_containers EXIT

# start NAME ARGUMENT...
start()
{
	pod run -d --name "$1" "${limits[@]}" "${@:2}" >"$scratch/started" 2>&1
}

# The image.
for n in 1 2; do
	make -s image >"$scratch/image$n" 2>&1 || fail "make image" "$scratch/image$n"
	archive=$(ls build/weir-*.tar)
	sha256sum "$archive" | cut -d' ' -f1 >"$scratch/sum$n"
	touch build/weir # a later build of the same
done
is "make image: the same bytes each time" "$(cat "$scratch/sum1")" "$(cat "$scratch/sum2")"
size=$(stat -c %s "$archive")
is "make image: at most 25 MB" "$((size <= 25000000))" 1

# The application: a web server, of one file.
mkdir "$scratch/app"
cp "$(command -v busybox)" "$scratch/app/busybox"
head -c 300 /dev/zero | tr '\0' x >"$scratch/app/index.html"
tar -C "$scratch/app" -cf "$scratch/app.tar" .
mkdir "$scratch/volume"
version=${archive#build/weir-}
image=localhost/weir:${version%.tar}
if ! pod import -q "$scratch/app.tar" localhost/app:1 >"$scratch/started" 2>&1; then
	driver=vfs
	pod import -q "$scratch/app.tar" localhost/app:1 >"$scratch/started" 2>&1
fi
make_space a
make_space b
make_pair a va b eth0
ip -n "weir-test-$$-a" addr add 10.9.0.1/24 dev va
ip -n "weir-test-$$-b" addr add 10.9.0.2/24 dev eth0
for side in "a va b eth0 10.9.0.2" "b eth0 a va 10.9.0.1"; do
	read -r space link peer far address <<<"$side"
	ip -n "weir-test-$$-$space" neigh add "$address" dev "$link" lladdr \
		"$(in_space "$peer" cat "/sys/class/net/$far/address")"
done
if ! start app --network "ns:/run/netns/weir-test-$$-b" localhost/app:1 \
	/busybox httpd -f -p 80 -h /; then
	skip "weir as a sidecar" "podman cannot run here: $(tail -n 1 "$scratch/started")"
	finish
fi
pod pull -q "docker-archive:$archive" >"$scratch/started" 2>&1 ||
	fail "podman takes the image" "$scratch/started"

# settings IMAGE: what the Containerfile and image.sh must agree on; versions and tools aside.
settings()
{
	pod image inspect "$1" | "$python" -c '
import json, sys
image = json.load(sys.stdin)[0]
config = image["Config"]
for label in list(config["Labels"]):
    if label.endswith("version"):
        del config["Labels"][label]
for name in "Env", "Entrypoint", "Labels", "StopSignal":
    print(name, config[name])
print(sorted(image["Healthcheck"].items()))'
}

if command -v buildah >/dev/null; then
	mkdir -p "$scratch/last/root-of-image"
	sed -n '/^FROM scratch/,$p' tools/container/Containerfile |
		sed 's,--from=build /root-of-image/,root-of-image/,' >"$scratch/last/Containerfile"
	buildah --root "$scratch/store" --runroot "$scratch/run" --storage-driver "$driver" build -q \
		--format docker -t localhost/last:1 "$scratch/last" >"$scratch/started" 2>&1 ||
		fail "the Containerfile's last stage builds" "$scratch/started"
	settings "$image" >"$scratch/settings"
	is "the Containerfile's last stage has the same settings" \
		"$(settings localhost/last:1)" "$(cat "$scratch/settings")"
	is "a health check is among the settings" "$(grep -c "sbin/weir', 'health'" "$scratch/settings")" 1
else
	skip "the Containerfile's last stage has the same settings" "no buildah"
fi

# The sidecar. CSV to a volume, signs of life to its own /dev/shm.
logs()
{
	pod logs "$1" 2>&1
}

# shellcheck disable=SC2317 # await calls it
watches()
{
	logs "$1" | grep -q '^weir: rights given up'
}

link_packets()
{
	local n sum=0

	for n in rx_packets tx_packets; do
		sum=$((sum + $(in_space b cat /sys/class/net/eth0/statistics/$n)))
	done
	echo $sum
}

# ask N: so many requests, one after the other.
ask()
{
	in_space a "$python" - "$1" <<'END'
import http.client, sys
for i in range(int(sys.argv[1])):
    c = http.client.HTTPConnection("10.9.0.2", 80, timeout=10)
    c.request("GET", "/index.html")
    assert len(c.getresponse().read()) == 300
    c.close()
END
}

# sidecar NAME OPTION...: beside the application.
sidecar()
{
	start "$1" --network container:app "${rights[@]}" -v "$scratch/volume:/out" "${@:2}" \
		-e WEIR_OUTPUT="csv:/out/$1" -e WEIR_INTERVAL=200ms "$image"
}

check_sidecar()
{
	local what=$1 name=$2 before end

	shift 2
	if ! sidecar "$name" "$@" || ! await 20 watches "$name"; then
		logs "$name" >"$scratch/logs"
		fail "$what: starts" "$scratch/started" "$scratch/logs"
		return
	fi
	before=$(link_packets)
	ask 25 || fail "$what: the application answers"
	await 5 pod exec "$name" /usr/sbin/weir health >"$scratch/health" 2>&1
	pod healthcheck run "$name" >>"$scratch/health" 2>&1
	is "$what: healthy" "$? $(grep -c '^Complete: ' "$scratch/health")" "0 1"
	found=$(grep -hE '^(CapEff|CapPrm|NoNewPrivs|Seccomp|Uid):' \
		"/proc/$(pod inspect -f '{{.State.Pid}}' "$name")/status" | awk '{ print $2 }' | xargs)
	pod stop -t 20 "$name" >/dev/null 2>&1
	end=$(link_packets)
	is "$what: ends well" "$(pod inspect -f '{{.State.ExitCode}}' "$name")" 0
	is "$what: each request is a flow, each packet is in one" \
		"$(sum_csv <"$scratch/volume/$name" | cut -d' ' -f1,2) $(awk -F, '
			NR > 1 && $1 == "10.9.0.1" && $2 == "10.9.0.2" && $4 == 80' \
			"$scratch/volume/$name" | wc -l)" "25 $((end - before)) 25"
}

check_sidecar "sidecar" first
is "sidecar: user, capabilities, no_new_privs, filter" "$found" \
	"0 0000000000000000 0000000000000000 1 2"
rights[3]+=,SETUID,SETGID
check_sidecar "sidecar that may change its user" second
is "sidecar that may change its user: becomes nobody" "${found%% *}" 65534
rights[3]=BPF,NET_ADMIN,PERFMON

for lacking in BPF NET_ADMIN PERFMON; do
	rest=$(tr ',' '\n' <<<"BPF,NET_ADMIN,PERFMON" | grep -vx $lacking | paste -sd,)
	rights[3]=$rest
	sidecar "without-$lacking"
	code=$(pod wait "without-$lacking")
	is "without CAP_$lacking: exit code, and the one message names it" \
		"$code $(logs "without-$lacking" | grep -c .) $(logs "without-$lacking" |
			grep -o 'lacks CAP_[A-Z_]*[;,]')" "1 1 lacks CAP_$lacking;"
done
rights[3]=BPF,NET_ADMIN,PERFMON

# Killed by the runtime, it leaves nothing behind.
build_helpers
sidecar killed && await 20 watches killed
is "sidecar: its hooks" "$(in_space b "$scratch/tcx" count eth0 | tr -d -- -)" \
	"xdp 0 ingress 1 egress 1"
pod kill -s KILL killed >/dev/null
await 10 has_no_programs b eth0
is "killed sidecar: no hook is left" "$(programs b eth0)" "xdp 0 ingress 0 egress 0"
finish
