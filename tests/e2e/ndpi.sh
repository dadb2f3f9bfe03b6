#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# --label ndpi: a capture made here of DNS, HTTP, TLS and noise is labelled by what its packets
# speak, whole and in snapshots; a model learns it and is judged by it. Every mistake has its one
# message, and so has a weir without libndpi.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
top=$PWD

# refused WHAT EXIT-CODE WORDS COMMAND...: with one line that has the words.
refused()
{
	local what=$1 code=$2 words=$3

	shift 3
	"$@" >"$scratch/out" 2>"$scratch/err"
	if [ $? -eq "$code" ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] &&
		grep -qF -e "$words" "$scratch/err"; then
		pass "$what"
	else
		fail "$what" "wanted exit code $code and: $words" "$scratch/err"
	fi
}

# A weir that lacks the library: the archive's objects of these names are not drawn then.
build_without()
{
	local libraries=(libbpf zlib) name flags

	for name in libcurl libseccomp libprotobuf-c ncursesw libmicrohttpd; do
		pkg-config --exists "$name" && libraries+=("$name")
	done
	read -ra flags <<<"$(pkg-config --cflags --libs "${libraries[@]}")"
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -Ibpf -Iuser -o "$scratch/weir-without" \
		build/obj/user/main.o user/label_ndpi.c user/label_ndpi_library.c \
		build/obj/libweir.a "${flags[@]}" -lm -pthread
}

if build_without >"$scratch/out" 2>&1; then
	refused "without libndpi one message names the package" 1 \
		"--label ndpi: this weir was built without libndpi 4.2; install libndpi-dev and build it again" \
		"$scratch/weir-without" train classifier /dev/null --label ndpi -o "$scratch/x"
else
	fail "weir builds without libndpi" "$scratch/out"
fi

cd "$scratch" || exit 1
why=$("$weir" train classifier /dev/null --label ndpi -o x 2>&1 | grep -o 'libndpi 4.2.*')
if [ -n "$why" ]; then
	skip "labels by nDPI" "$why"
	finish
fi
if ! "$python" - >out 2>err <<-'END'; then
	from scapy.all import DNS, DNSQR, DNSRR, IP, TCP, UDP, Ether, Raw, wrpcap

	packets = []

	def put(time, p):
	    p = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / p
	    p.time = time
	    packets.append(p)

	def talk(time, client, server, port, service, words):
	    ends = [(client, port), (server, service)]
	    said = [1000, 5000]
	    for who, flags, text in [(0, "S", b""), (1, "SA", b""), (0, "A", b"")] + \
	            [(who, "PA", text) for who, text in words] + \
	            [(0, "FA", b""), (1, "FA", b""), (0, "A", b"")]:
	        (src, sport), (dst, dport) = ends[who], ends[1 - who]
	        p = IP(src=src, dst=dst) / TCP(sport=sport, dport=dport, flags=flags, seq=said[who],
	                                      ack=0 if flags == "S" else said[1 - who])
	        put(time, p / Raw(text) if text else p)
	        said[who] += len(text) + (flags in ("S", "SA", "FA"))
	        time += 0.01

	def hello(n):
	    name = b"host%d.example.org" % n
	    sni = len(name).to_bytes(2, "big") + name
	    sni = (len(sni) + 1).to_bytes(2, "big") + b"\0" + sni
	    extension = b"\0\0" + len(sni).to_bytes(2, "big") + sni
	    body = b"\x03\x03" + bytes(range(32)) + b"\0\0\x02\x13\x01\x01\0" + \
	        len(extension).to_bytes(2, "big") + extension
	    body = b"\x01" + len(body).to_bytes(3, "big") + body
	    return b"\x16\x03\x01" + len(body).to_bytes(2, "big") + body

	for n in range(20):
	    who = "10.0.0.%d" % (n + 1)
	    name = "host%d.example.org" % n
	    ask = DNS(id=n, rd=1, qd=DNSQR(qname=name))
	    say = DNS(id=n, qr=1, ra=1, qd=DNSQR(qname=name), an=DNSRR(rrname=name, ttl=60, rdata="10.9.9.9"))
	    put(100 + n, IP(src=who, dst="10.1.0.1") / UDP(sport=41000 + n, dport=53) / ask)
	    put(100.02 + n, IP(src="10.1.0.1", dst=who) / UDP(sport=53, dport=41000 + n) / say)
	    talk(100 + n, who, "10.1.0.2", 42000 + n, 8081,
	         [(0, b"GET /%d HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: x\r\n\r\n" % n),
	          (1, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello")])
	    talk(100 + n, who, "10.1.0.3", 43000 + n, 9443, [(0, hello(n))])
	    noise = bytes((i * 37 + n * 11 + 0x91) & 255 for i in range(100))
	    talk(100 + n, who, "10.1.0.4", 44000 + n, 80, [(0, noise), (1, noise[::-1])])
	wrpcap("a.pcap", sorted(packets, key=lambda p: float(p.time)))
END
	skip "labels of a capture" "$("$python" -c 'import scapy' 2>&1 | tail -n 1)"
	finish
fi

# classes FILE: of a dump, how many rows of each.
classes()
{
	tail -n +2 "$1" | cut -d, -f2 | sort | uniq -c | awk '{ printf "%s %s;", $2, $1 }'
}

train()
{
	"$weir" train classifier "$@" --algorithm forest --n-estimators 5 >report 2>err
}

train a.pcap --label ndpi --dump whole.csv -o a.model
is "flows are labelled by what they speak, at any port; noise at port 80 is not" \
	"$(classes whole.csv)" "dns 20;http 20;tls 20;"
train a.pcap --label ndpi --snapshots 1,4,all --dump looks.csv -o b.model
is "every snapshot has the class of its flow" "$(classes looks.csv)" "dns 40;http 60;tls 60;"
train a.pcap --label ndpi -o c.model
is "the same input and seed make the same model" "$(cmp a.model c.model && echo same)" same
"$weir" evaluate a.model a.pcap --label ndpi -f json >out 2>err
is "a model is judged by the same labels" "$(grep -o '"rows":[0-9]*' out | head -n 1)" '"rows":60'
train a.pcap --label ndpi --max-flows 3 --dump few.csv -o d.model
is "few flows at a time cost labels at most of flows cut in two" \
	"$(classes few.csv | sed 's/ [0-9]*//g')" "dns;http;tls;"

sed 's/libndpi\.so\.4\.2/libndpi.so.0.0/' "$weir" >moved
chmod +x moved
refused "a library that is gone is told" 1 \
	"--label ndpi: cannot open libndpi 4.2: libndpi.so.0.0: cannot open shared object file: No such file or directory; install libndpi-dev" \
	./moved train classifier a.pcap --label ndpi -o x

"$weir" read a.pcap -o csv:a.csv 2>err
refused "CSV has no packets" 1 "a.csv: is no capture: --label ndpi looks into packets; try --label-column" \
	"$weir" train classifier a.csv --label ndpi -o x
refused "classes from two places" 1 "give one of --label-rules, --labels, --label-column and --label: classes come from one place" \
	"$weir" train classifier a.pcap --label ndpi --label-column x -o x
refused "windows of hosts" 1 "windows of hosts take their class from --labels alone" \
	"$weir" train anomaly a.pcap --label ndpi --unit host -o x
refused "another way to label" 2 "ndpi" "$weir" train classifier a.pcap --label magic -o x
cd "$top" || exit 1
finish
