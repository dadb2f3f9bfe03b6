#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# image.sh BINARY VERSION: the container image build/weir-VERSION.tar from the tree's own build,
# without a base image, a registry, root or any container tool. One layer, made by root.sh. The file
# is two archives in one: an OCI layout (podman load, skopeo copy oci-archive:FILE) and docker's
# (docker load, podman pull docker-archive:FILE). The latter keeps the health check, of which OCI
# knows nothing.
#
# Same binary and libraries, same bytes: all times are SOURCE_DATE_EPOCH, or 0, files are sorted,
# owners are root. The settings are those of the Containerfile's last stage, which a test compares.
set -eu
binary=$1
version=$2
name=localhost/weir:$version
here=$(cd "$(dirname "$0")" && pwd)
archive=$(cd "$here/../.." && pwd)/build/weir-$version.tar
epoch=${SOURCE_DATE_EPOCH:-0}
most_bytes=$((25 * 1000 * 1000))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
blobs=$work/archive/blobs/sha256
mkdir -p "$blobs"

pack()
{
	tar --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --format=gnu \
		-cf "$1" -C "$2" .
}

# keep FILE: among the blobs, under its digest, which is printed.
keep()
{
	local digest

	digest=$(sha256sum "$1" | cut -d' ' -f1)
	mv "$1" "$blobs/$digest"
	echo "$digest"
}

architecture()
{
	case $(od -An -t u2 -j 18 -N 2 "$binary" | tr -d ' ') in
	62) echo amd64 ;;
	183) echo arm64 ;;
	*) uname -m ;;
	esac
}

write_config()
{
	cat <<END
{"architecture":"$(architecture)","os":"linux","created":"$(date -u -d "@$epoch" +%FT%TZ)",
"config":{
"Env":["PATH=/usr/sbin","WEIR_INTERFACES=eth0","WEIR_OUTPUT=csv:-","WEIR_HEARTBEAT=/dev/shm/weir"],
"Entrypoint":["/usr/sbin/weir","monitor"],
"Healthcheck":{"Test":["CMD","/usr/sbin/weir","health"],
"Interval":30000000000,"Timeout":5000000000,"StartPeriod":10000000000},
"StopSignal":"SIGTERM",
"Labels":{"org.opencontainers.image.title":"weir",
"org.opencontainers.image.description":"counts network flows in the kernel and tells what they are",
"org.opencontainers.image.licenses":"GPL-2.0-only OR BSD-2-Clause",
"org.opencontainers.image.version":"$version"}},
"rootfs":{"type":"layers","diff_ids":["sha256:$1"]},
"history":[{"created":"$(date -u -d "@$epoch" +%FT%TZ)","created_by":"tools/container/image.sh"}]}
END
}

# descriptor KIND DIGEST
descriptor()
{
	printf '"mediaType":"application/vnd.oci.image.%s","digest":"sha256:%s","size":%d' "$1" "$2" \
		"$(stat -c %s "$blobs/$2")"
}

"$here/root.sh" "$binary" "$work/root"
bytes=$(du -sb "$work/root" | cut -f1)
pack "$work/layer" "$work/root"
layer=$(keep "$work/layer")
write_config "$layer" >"$work/config"
config=$(keep "$work/config")
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
"config":{%s},"layers":[{%s}]}\n' "$(descriptor config.v1+json "$config")" \
	"$(descriptor layer.v1.tar "$layer")" >"$work/manifest"
manifest=$(keep "$work/manifest")
printf '{"schemaVersion":2,"manifests":[{%s,"annotations":{"org.opencontainers.image.ref.name":"%s"}}]}\n' \
	"$(descriptor manifest.v1+json "$manifest")" "$name" >"$work/archive/index.json"
echo '{"imageLayoutVersion":"1.0.0"}' >"$work/archive/oci-layout"
printf '[{"Config":"blobs/sha256/%s","RepoTags":["%s"],"Layers":["blobs/sha256/%s"]}]\n' \
	"$config" "$name" "$layer" >"$work/archive/manifest.json"
pack "$archive" "$work/archive"
printf '%s  %d.%d MB  id %.12s  digest sha256:%s\n' "build/${archive##*/}" \
	$((bytes / 1000000)) $((bytes / 100000 % 10)) "$config" "$manifest"
if [ "$bytes" -gt $most_bytes ]; then
	echo "image: larger than $((most_bytes / 1000000)) MB: look for a library that came in" >&2
	exit 1
fi
