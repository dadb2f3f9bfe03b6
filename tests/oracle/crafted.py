# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Self-made captures: what the comparisons must find equal, and each of their exceptions."""

import gzip
import logging
import os

logging.getLogger("scapy.runtime").setLevel(logging.CRITICAL)

from scapy.all import (
    ARP,
    ICMP,
    IP,
    LLC,
    SNAP,
    TCP,
    UDP,
    CookedLinux,
    Dot1AD,
    Dot1Q,
    Dot3,
    Ether,
    IPOption_NOP,
    IPOption_Timestamp,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    Loopback,
    PcapNgWriter,
    PPPoE,
    Raw,
    VXLAN,
    fragment,
    fragment6,
    raw,
    wrpcap,
)

START = 1_700_000_000
CLIENT, SERVER = "192.0.2.1", "198.51.100.7"
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8:ffff::7"
ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")


def timed(packets, step=0.0123):
    for i, packet in enumerate(packets):
        packet.time = START + i * step
    return packets


def ipv4(payload, **fields):
    return IP(src=CLIENT, dst=SERVER, **fields) / payload


def reply(payload, **fields):
    return IP(src=SERVER, dst=CLIENT, **fields) / payload


def pppoe_session():
    """With the protocol in two bytes, as RFC 2516 would have it; scapy makes one of them."""
    link = ETHER / PPPoE(sessionid=3) / Raw(b"\x00\x21")
    return [link / Raw(raw(packet[IP])) for packet in tcp_session(ETHER)]


def ipv6(payload):
    return IPv6(src=CLIENT6, dst=SERVER6) / payload


def tcp_session(link, port=40000):
    """A handshake, data both ways, a repeat, an end."""
    there = dict(sport=port, dport=80)
    back = dict(sport=80, dport=port)
    data = b"GET / HTTP/1.1\r\n\r\n"
    return [
        link / ipv4(TCP(flags="S", seq=1, options=[("MSS", 1460), ("SAckOK", b"")], **there)),
        link / reply(TCP(flags="SA", seq=9, ack=2, options=[("MSS", 1400)], **back)),
        link / ipv4(TCP(flags="A", seq=2, ack=10, **there)),
        link / ipv4(TCP(flags="PA", seq=2, ack=10, **there) / Raw(data)),
        link / ipv4(TCP(flags="PA", seq=2, ack=10, **there) / Raw(data)),
        link / reply(TCP(flags="PA", seq=10, ack=20, **back) / Raw(b"x" * 1200)),
        link / reply(TCP(flags="FA", seq=1210, ack=20, **back)),
        link / ipv4(TCP(flags="R", seq=20, **there)),
    ]


def udp(sport=5353, dport=53, size=40):
    return UDP(sport=sport, dport=dport) / Raw(b"\xee" * size)


def plain():
    """Sessions, one-packet flows, a flow of no duration, padding, what is no flow of ours."""
    yield "tcp", timed(tcp_session(ETHER))
    yield "tcp-reused", timed(tcp_session(ETHER) + tcp_session(ETHER), 3.7)
    yield "one-packet", timed([ETHER / ipv4(udp(sport=p)) for p in range(1000, 1050)])
    yield "no-duration", timed([ETHER / ipv4(udp())] * 3, 0)
    yield "padded", timed([ETHER / ipv4(udp(size=1)) / Raw(b"\0" * 17)] * 2)
    yield "no-payload", timed([ETHER / ipv4(udp(size=0))] * 2)
    yield "empty", []
    others = [ETHER / ARP(), ETHER / ipv4(ICMP()), ETHER / ipv4(Raw(b"ospf"), proto=89)]
    yield "others", timed(others + [ETHER / ipv4(udp())])
    yield "one-host", timed([ETHER / IP(src=CLIENT, dst=CLIENT) / udp(7, 7)] * 2)
    options = [IPOption_NOP(), IPOption_Timestamp(), IPOption_NOP()]
    yield "ip-options", timed([ETHER / ipv4(udp(), options=options), ETHER / ipv4(udp())])


def links():
    """The same session on each link layer."""
    yield "vlan", timed(tcp_session(ETHER / Dot1Q(vlan=7)))
    yield "qinq", timed(tcp_session(ETHER / Dot1AD(vlan=7) / Dot1Q(vlan=8)))
    yield "three-tags", timed(tcp_session(ETHER / Dot1AD() / Dot1Q() / Dot1Q()))
    yield "pppoe", timed(pppoe_session())
    yield "sll", timed(tcp_session(CookedLinux(proto=0x800)))
    yield "null", timed(tcp_session(Loopback(type=2)))
    yield "null-ipv6", timed([Loopback(type=30) / ipv6(udp())])
    yield "raw-ip", timed([p[IP] for p in tcp_session(ETHER)])
    yield "snap", timed([Dot3() / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP() / ipv4(udp())])
    label = [b"\x00\x01\x00\x40", b"\x00\x02\x01\x40"]
    inner = [raw(ipv4(udp())), raw(ipv6(udp()))]
    mpls = [Ether(raw(ETHER)[:12] + b"\x88\x47" + b"".join(label) + data) for data in inner]
    yield "mpls", timed(mpls)
    tagged = tcp_session(ETHER / Dot1Q(vlan=7)) + tcp_session(ETHER / Dot1Q(vlan=9))
    yield "several-vlans", timed(tagged)


def fragments():
    whole = ipv4(udp(size=3000), id=77)
    yield "fragments", timed([ETHER / part for part in fragment(whole, 1400)])
    header = IPv6(src=CLIENT6, dst=SERVER6) / IPv6ExtHdrFragment(id=5) / udp(size=3000)
    yield "fragments-ipv6", timed([ETHER / part for part in fragment6(header, 1400)])
    atomic = IPv6(src=CLIENT6, dst=SERVER6) / IPv6ExtHdrFragment(id=6) / udp()
    yield "atomic-fragment", timed([ETHER / atomic])


def version_six():
    yield "ipv6", timed([ETHER / ipv6(udp()), ETHER / ipv6(TCP(sport=1, dport=2))])
    behind = IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / udp()
    yield "extensions", timed([ETHER / ipv6(behind)] * 2)
    mapped = IPv6(src="::ffff:" + CLIENT, dst="::ffff:" + SERVER) / udp()
    yield "ipv6-mapped", timed([ETHER / mapped, ETHER / ipv4(udp())])


def tunnels():
    inside = IP(src="10.0.0.1", dst="10.0.0.2") / TCP(sport=1234, dport=80)
    yield "vxlan", timed([ETHER / ipv4(UDP(sport=9, dport=4789) / VXLAN() / ETHER / inside)] * 2)
    yield "ip-in-ip", timed([ETHER / ipv4(inside), ETHER / ipv4(udp())])
    yield "6in4", timed([ETHER / ipv4(ipv6(udp()))])
    yield "4in6", timed([ETHER / ipv6(ipv4(udp()))])
    quoted = ICMP(type=3, code=3) / ipv4(udp())
    yield "icmp-error", timed([ETHER / ipv4(udp()), ETHER / reply(quoted)])


def broken():
    yield "bad-version", timed([ETHER / ipv4(udp(), version=7), ETHER / ipv4(udp())])
    yield "bad-header-length", timed([ETHER / ipv4(udp(), ihl=3), ETHER / ipv4(udp())])
    short = [ETHER / ipv4(udp(), len=24), ETHER / ipv4(TCP(), len=30), ETHER / ipv4(udp())]
    yield "short-transport", timed(short)
    yield "no-length", timed([ETHER / ipv4(udp(), len=0)])
    late, early = timed([ETHER / ipv4(udp()), ETHER / ipv4(udp())], 5)
    yield "clock-back", [early, late, timed([ETHER / ipv4(udp())])[0]]


def write_ng(path, packets):
    with PcapNgWriter(path) as writer:
        writer.write(packets)


def write_cut(path, packets):
    """Of each packet 60 bytes, the last record cut within."""
    for packet in packets:
        packet.wirelen = len(packet)
    cut = [type(p)(raw(p)[:60]) for p in packets]
    for part, packet in zip(cut, packets):
        part.wirelen, part.time = packet.wirelen, packet.time
    wrpcap(path, cut)
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) - 7)


def write_packed(path, packets):
    with gzip.open(path, "wb") as file:
        wrpcap(file, packets)


def link_type(packets):
    """Where scapy would not choose the right one: no packets, and loopback of one's own order."""
    if not packets:
        return {"linktype": 1}
    return {"linktype": 0} if isinstance(packets[0], Loopback) else {}


def write_all(folder):
    """Write every capture into folder; their paths."""
    paths = []
    for group in (plain, links, fragments, version_six, tunnels, broken):
        for name, packets in group():
            paths.append(os.path.join(folder, name + ".pcap"))
            wrpcap(paths[-1], packets, **link_type(packets))
    formats = {"ng.pcapng": write_ng, "cut.pcap": write_cut, "packed.pcap.gz": write_packed}
    for name, write in formats.items():
        paths.append(os.path.join(folder, name))
        write(paths[-1], timed(tcp_session(ETHER)))
    paths.append(os.path.join(folder, "nanoseconds.pcap"))
    wrpcap(paths[-1], timed(tcp_session(ETHER)), nano=True)
    return paths
