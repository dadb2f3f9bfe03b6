#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# needs: root
#
# Living beside others: XDP programs, TCX programs, clsact qdiscs and filters that are already there
# stay as they are and hide no packet; and all kinds of interfaces are counted right: several at
# once, loopback, devices without a link layer, VLANs whose tag is in the frame or beside it, and
# TCP in super-packets against the kernel's own count of segments.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

make_space a
make_space b
make_pair a va b vb
ip -n "weir-test-$$-a" addr add 10.9.0.1/24 dev va
ip -n "weir-test-$$-b" addr add 10.9.0.2/24 dev vb
ip -n "weir-test-$$-b" link set lo up
build_helpers

# counts WHAT WEIR-OPTION...: 20,000 packets come in at vb while weir looks.
counts()
{
	local what=$1

	shift
	record_start b vb "$@" || return
	generate a va --packets 20000 --flows 100
	record_stop
	check_exact "$what"
}

# says WHAT PATTERN: in weir's messages.
says()
{
	if grep -qE -- "$2" "$scratch/err"; then
		pass "$1"
	else
		fail "$1" "no line matches: $2" "$scratch/err"
	fi
}

python_in()
{
	in_space "$1" timeout 100 "$python" - "${@:2}"
}

# columns FILE NAME...: of the CSV's records, one a line.
columns()
{
	awk -F, -v wanted="${*:2}" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(wanted, names, " ") }
		NR > 1 { for (i = 1; i <= n; i++) printf "%s%s", $at[names[i]], i < n ? " " : "\n" }' "$1"
}

# The chosen hooks are told, as the kernel reports them.
counts "auto on veth" --mode auto
says "auto on veth takes tc and tells" '^weir: vb: ingress (tcx|clsact), egress (tcx|clsact)'
counts "generic XDP" --mode xdp-generic
says "generic XDP is told" '^weir: vb: ingress xdp generic, egress (tcx|clsact)$'
counts "native XDP" --mode xdp
says "native XDP is told" '^weir: vb: ingress xdp native, egress (tcx|clsact)$'

# An XDP program of somebody else.
for kind in xdp xdpgeneric; do
	ip -n "weir-test-$$-b" link set dev vb $kind obj "$scratch/verdict.o" sec xdp || {
		fail "the test's $kind program attaches"
		continue
	}
	link_state b vb >"$scratch/before"
	for mode in xdp xdp-generic; do
		in_space b timeout 10 "$weir" monitor --mode $mode vb >"$scratch/out" 2>"$scratch/err"
		is "$kind program there: --mode $mode is refused" "$? $(wc -l <"$scratch/err")" "1 1"
		says "$kind program there: --mode $mode tells its id and the next step" \
			'^weir: vb: cannot attach XDP in .* another program .*id [0-9]+.*--mode tc'
	done
	counts "$kind program there: tc beside it" --mode tc
	counts "$kind program there: auto" --mode auto
	link_state b vb | diff "$scratch/before" - >"$scratch/diff"
	is "$kind program there: it stays" "$(cat "$scratch/diff")" ""
	ip -n "weir-test-$$-b" link set dev vb $kind off
done

# Filters of somebody else, with verdicts that end the way of a packet.
for verdict in ok shot redirect; do
	in_space b tc qdisc add dev vb clsact
	in_space b tc filter add dev vb ingress prio 1 handle 1 bpf da obj "$scratch/verdict.o" \
		sec tc/$verdict
	in_space b tc filter add dev vb egress prio 7 handle 3 bpf da obj "$scratch/verdict.o" \
		sec tc/ok
	link_state b vb >"$scratch/before"
	for mode in tc xdp; do
		counts "clsact filter with verdict $verdict: $mode" --mode $mode
	done
	weir_start b vb --mode tc -o csv:/dev/null
	weir_stop KILL 2>/dev/null
	await 5 has_no_programs b vb
	link_state b vb | diff "$scratch/before" - >"$scratch/diff"
	is "clsact filter with verdict $verdict: it stays, also after SIGKILL" \
		"$(cat "$scratch/diff")" ""
	in_space b tc qdisc del dev vb clsact
done

# A qdisc of somebody else on the way out.
in_space b tc qdisc add dev vb root handle 8001: tbf rate 1gbit burst 100kb latency 10ms
link_state b vb >"$scratch/before"
counts "root qdisc"
link_state b vb | diff "$scratch/before" - >"$scratch/diff"
is "root qdisc: it stays" "$(cat "$scratch/diff")" ""
in_space b tc qdisc del dev vb root

# TCX programs of somebody else, there before us at the head of the list.
hold()
{
	spawn b "$scratch/tcx" hold "$scratch/verdict.o" "$1" vb >"$scratch/held" 2>&1
	holder=$spawned
	await 5 grep -q . "$scratch/held"
	grep -q attached "$scratch/held"
}

let_go()
{
	kill "$holder"
	wait "$holder" 2>/dev/null
	await 5 has_no_programs b vb
}

if [ "$(programs b vb)" = "xdp 0 ingress -1 egress -1" ]; then
	skip "programs on TCX" "this kernel has none (needs Linux 6.6)"
else
	for verdict in tc_ok tc_shot tc_redirect; do
		hold $verdict || fail "the test's TCX program attaches" "$scratch/held"
		counts "TCX program $verdict at the head: tc sees all packets" --mode tc
		is "TCX program $verdict: it stays" "$(programs b vb)" "xdp 0 ingress 1 egress 0"
		let_go
	done

	# One that comes later and goes before us hides packets: that is told.
	record_start b vb --mode tc
	hold tc_shot
	generate a va --packets 1000 --flows 1
	await 5 grep -q 'the hooks none' "$scratch/err"
	says "packets hidden by another program: a warning" \
		'^weir: .*counted [0-9]+ packets and the hooks none.*--mode'
	record_stop
	let_go
fi

# Several interfaces at once.
make_pair a va2 b vb2
make_pair a va3 b vb3
weir_start b vb vb2 vb3 --mode tc --interval 50ms --idle-timeout 0 -o "csv:$scratch/many"
generate a va --packets 10000 --flows 10
generate a va2 --packets 20000 --flows 10
generate a va3 --packets 30000 --flows 10
weir_stop
is "three interfaces at once: each record names its own" \
	"$(columns "$scratch/many" interface packets | awk '{ n[$1] += $2 }
		END { print n["vb"], n["vb2"], n["vb3"] }')" "10000 20000 30000"
is "three interfaces at once: all are told" "$(grep -c ': ingress ' "$scratch/err")" 3

# Loopback: each packet passes it twice, and counts once.
record_start b lo
python_in b <<'END'
import socket
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 0))
for i in range(500):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x" * 100, receiver.getsockname())
    receiver.recv(200)
END
record_stop
is "loopback counts each packet once" "$packets packets, $bytes bytes" \
	"500 packets, $((500 * 142)) bytes"
says "loopback has no egress hook" '^weir: lo: ingress [a-z]+, egress none'

# A device without a link layer: 300 packets written into a tun device, 200 sent out of it.
in_space b ip tuntap add dev tun0 mode tun
in_space b ip addr add 10.8.0.1/24 dev tun0
ip -n "weir-test-$$-b" link set tun0 up
in_space b timeout 10 "$weir" monitor --mode xdp tun0 >"$scratch/out" 2>"$scratch/err"
is "a tun device: --mode xdp is refused" "$? $(wc -l <"$scratch/err")" "1 1"
says "a tun device: why, and the next step" '^weir: tun0: .*link layer.*--mode tc'
record_start b tun0
# Until the kernel has noticed the carrier, up to a second, it drops what it sends, behind our hook.
python_in b >"$scratch/left" <<'END'
import fcntl, os, select, socket, struct, sys
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", b"tun0", 0x1001))  # IFF_TUN | IFF_NO_PI
def ipv4(n):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + n, 1, 0, 64, 17, 0,
                         bytes([10, 8, 0, 2]), bytes([10, 8, 0, 99]))
    words = struct.unpack(">10H", header)
    total = sum(words)
    check = 0xffff & ~((total & 0xffff) + (total >> 16))
    return header[:10] + struct.pack(">H", check) + header[12:] + \
        struct.pack(">HHHH", 1000, 2000, 8 + n, 0) + bytes(n)
for i in range(300):
    os.write(tun, ipv4(50))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sent = came = 0
while came < 200 and sent < 220:
    sender.sendto(bytes(30), ("10.8.0.2", 7))
    sent += 1
    if select.select([tun], [], [], 1)[0]:
        os.read(tun, 2000)
        came += 1
print(came, sent)
END
record_stop
read -r came left <"$scratch/left"
is "a tun device: both ways, bytes from the IP header on" \
	"$packets packets, $bytes bytes, $came came out" \
	"$((300 + left)) packets, $((300 * 78 + left * 58)) bytes, 200 came out"

# VLAN tags lie in the frame in XDP and on the way out of a raw socket, beside it at TC ingress.
# send_tagged: 100 frames with one tag, 100 with two, 160 bytes each.
send_tagged()
{
	python_in a <<'END'
import socket, struct
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind(("va", 0))
macs = bytes.fromhex("020000000002 020000000001")
one, two = bytes.fromhex("8100 2007"), bytes.fromhex("88a8 0009 8100 0007")
for tags in one, two:
    n = 160 - 12 - len(tags) - 2
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, n, 1, 0, 64, 17, 0, bytes([10, 7, 0, 1]),
                     bytes([10, 7, 0, 2])) + struct.pack(">HHHH", 1000, 2000, n - 20, 0)
    frame = (macs + tags + b"\x08\x00" + ip).ljust(160, b"\0")
    for i in range(100):
        raw.send(frame)
END
}

for view in "b vb xdp" "b vb tc" "a va tc"; do
	read -r space link mode <<<"$view"
	weir_start "$space" "$link" --mode "$mode" -o "csv:$scratch/vlan"
	send_tagged
	weir_stop
	is "VLAN tags, $mode at $link: packets, bytes, outer and inner tag" \
		"$(columns "$scratch/vlan" packets bytes vlan_id inner_vlan_id | sort | tr '\n' ';')" \
		"100 16000 7 0;100 16000 9 7;"
done

if ip -n "weir-test-$$-a" link add link va name va.7 type vlan id 7 2>/dev/null; then
	ip -n "weir-test-$$-a" addr add 10.7.0.1/24 dev va.7
	ip -n "weir-test-$$-a" link set va.7 up
	ip -n "weir-test-$$-a" neigh add 10.7.0.2 lladdr 02:00:00:00:00:02 dev va.7
	for offload in on off; do
		in_space a ethtool -K va txvlan $offload
		in_space b ethtool -K vb rxvlan $offload
		weir_start b vb --mode tc -o "csv:$scratch/vlan"
		python_in a <<'END'
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(100):
    sender.sendto(bytes(100), ("10.7.0.2", 7))
END
		weir_stop
		is "VLAN interface, offload $offload: packets, bytes and tag" \
			"$(columns "$scratch/vlan" packets bytes vlan_id)" "100 14600 7"
	done
else
	skip "VLAN interface" "this kernel has no 8021q"
fi

# TCP: what the kernel calls segments is what weir calls packets, however few super-packets they
# came in; payload is what the socket says it sent.
tcp_counter()
{
	# shellcheck disable=SC2016 # $ is awk's
	in_space "$1" awk -v name="$2" '/^Tcp:/ && !n { n = split($0, names); next }
		/^Tcp:/ { for (i = 1; i <= n; i++) if (names[i] == name) print $i }' /proc/net/snmp
}

segments_out()
{
	echo $(($(tcp_counter "$1" OutSegs) + $(tcp_counter "$1" RetransSegs)))
}

# column_sum FILE PORT COLUMN...: of the columns over the records of flows to this port.
column_sum()
{
	awk -F, -v port="$2" -v wanted="${*:3}" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(wanted, names, " ") }
		NR > 1 && $at["dst_port"] == port { for (i = 1; i <= n; i++) sum[names[i]] += $at[names[i]] }
		END { for (i = 1; i <= n; i++) printf "%.0f%s", sum[names[i]], i < n ? " " : "\n" }' "$1"
}

# dropped: by the devices between the two stacks; on a busy machine the receiver may come late.
dropped()
{
	local name sum=0

	for name in tx_dropped rx_dropped; do
		sum=$((sum + $(in_space a cat /sys/class/net/va/statistics/$name) + \
			$(in_space b cat /sys/class/net/vb/statistics/$name)))
	done
	echo $sum
}

# tcp WHAT COALESCED SPACE LINK WEIR-OPTION...: 20 MB from a to b, seen at this link; COALESCED is
# 1 when packets shall come in super-packets. What a device dropped was sent and not seen: then the
# transfer is made anew.
tcp()
{
	local before attempt

	for attempt in 1 2 3 4 5 6; do
		before=$(dropped)
		transfer "$@" || return
		[ "$(dropped)" = "$before" ] && break
		[ $attempt -eq 6 ] && fail "$1: a transfer without drops between the stacks"
	done
	compare_transfer "$1" "$2"
}

transfer()
{
	local what=$1 before_a before_b server

	weir_start "$3" "$4" "${@:5}" --idle-timeout 0 -o "csv:$scratch/tcp" || {
		fail "$what" "$scratch/err"
		return 1
	}
	before_a=$(segments_out a)
	before_b=$(segments_out b)
	: >"$scratch/port"
	cat >"$scratch/server.py" <<'END'
import socket
listener = socket.create_server(("10.9.0.2", 5201))
print("listens", flush=True)
peer = listener.accept()[0]
while peer.recv(1 << 20):
    pass
peer.close()
END
	spawn b "$python" "$scratch/server.py" >"$scratch/port"
	server=$spawned
	await 10 grep -q listens "$scratch/port"
	python_in a >"$scratch/sent" <<'END'
import socket, struct
s = socket.create_connection(("10.9.0.2", 5201))
for i in range(20):
    s.sendall(bytes(1000000))
s.shutdown(socket.SHUT_WR)
s.recv(1)
info = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)
print(struct.unpack_from("Q", info, 200)[0])  # tcpi_bytes_sent, retransmissions included
END
	wait "$server"
	weir_stop
	sent_segments="$(($(segments_out a) - before_a)) $(($(segments_out b) - before_b))"
}

compare_transfer()
{
	local what=$1

	is "$what: packets out and back are the kernel's segments" \
		"$(column_sum "$scratch/tcp" 5201 fwd_packets rev_packets)" "$sent_segments"
	is "$what: payload is what the socket sent" \
		"$(column_sum "$scratch/tcp" 5201 fwd_payload_bytes rev_payload_bytes)" \
		"$(cat "$scratch/sent") 0"
	is "$what: bytes are those of the frames" \
		"$(columns "$scratch/tcp" dst_port fwd_bytes fwd_ip_bytes fwd_packets fwd_length_max \
			fwd_coalesced |
			awk '$1 == 5201 { print ($2 - $3) / $4, $5, $6 }')" "14 1514 $2"
}

tcp "TCP with GSO, at the sender" 1 a va --mode tc
tcp "TCP with GRO, at the receiver" 1 b vb --mode tc
tcp "TCP, native XDP at the receiver" 0 b vb --mode xdp
in_space a ethtool -K va gso off tso off
in_space b ethtool -K vb gro off
tcp "TCP without GSO and GRO" 0 b vb --mode tc
in_space b ethtool -K vb gro on
tcp "TCP coalesced by GRO at the receiver" 1 b vb --mode tc
finish
