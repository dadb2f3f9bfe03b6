# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The Python guide's flow features, computed as the guide does: scapy dissects, pandas tabulates.

Guide.add() and Guide.table() are its NetworkAnalyzer.extract_flow_features(), cut in two so that
packets need not all be in memory. account() does the same for a key and a length that the caller
chose: expected() gives, for a packet that the guide sees otherwise than weir by definition, what
the guide would say of it by weir's definition (outermost IP header, length on the wire), and why.
All of it is told from scapy's view of the packet itself; nothing here knows what weir said.
"""

import logging

logging.getLogger("scapy.runtime").setLevel(logging.CRITICAL)

import pandas as pd
from scapy.all import IP, TCP, UDP, IPv6, PcapReader
from scapy.layers.inet6 import IPv6ExtHdrFragment
from scapy.layers.l2 import Loopback

COLUMNS = [
    "src_ip",
    "dst_ip",
    "src_port",
    "dst_port",
    "protocol",
    "duration",
    "bytes",
    "packets",
    "bytes_per_second",
    "packets_per_second",
    "avg_packet_size",
]
MPLS = (0x8847, 0x8848)
LINK_LAYERS = ("Ether", "CookedLinux", "CookedLinuxV2", "Loopback", "PPPoE", "PPP", "HDLC")
TAGS = ("Dot1Q", "Dot1AD")
MAX_TAGS = 2
LOOPBACK_IPV6 = (10, 23, 24, 28, 30)  # AF_INET6 of Linux, Windows, NetBSD, FreeBSD, macOS
TRANSPORT_HEADER = {6: 20, 17: 8}

REASONS = {
    "ipv6": "the guide asks for packet[IP], which is IPv4 only; compared with the same computation"
    " on packet[IPv6] and the transport layer behind its extension headers",
    "tunnel": "the guide puts outer addresses and inner ports together (scapy finds the first IP"
    " and the first TCP layer, wherever they are); weir's flow is the outermost IP header's",
    "later-fragment": "no ports in it: the guide leaves it out, weir counts it with ports 0",
    "cut-by-snaplen": "the guide's len(packet) is what was captured, weir counts what was on the"
    " wire",
    "mpls": "scapy dissects MPLS only when asked to (scapy.contrib); compared with what IP() says"
    " behind the label stack",
    "loopback-family": "IPv6 has another number on every BSD, and scapy knows that of the system"
    " it runs on; compared with what IPv6() says behind the family",
    "link-layer": "IP behind more than two VLAN tags or another link-layer header that weir does"
    " not follow (LLC/SNAP, ...): weir counts it as too_many_tags or not_ip",
    "impossible-ip": "IP version not 4, header shorter than 20 bytes or longer than the packet:"
    " scapy dissects it all the same, weir counts it as bad_ipv4",
    "short-transport": "the IP packet, by its own lengths, ends within the TCP or UDP header: scapy"
    " reads on into the link layer's padding, weir counts it as cut_tcp or cut_udp",
    "clock-back": "the capture's clock went back, so that the last packet is not the latest: the"
    " guide's end is the last, weir's the latest",
    "clock-beyond-2262": "later than 2^63 ns after 1970, where weir's clock stops",
    "vlan": "one five-tuple in several VLANs: one flow to the guide, one a VLAN to weir; weir's"
    " records compared in sum",
}


class WholeReads:
    """A file that ends where a read comes short: scapy would make a packet of half a packet."""

    def __init__(self, file):
        self.file = file

    def read(self, size):
        data = self.file.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def close(self):
        self.file.close()


def packets(path):
    with PcapReader(path) as reader:
        reader.f = WholeReads(reader.f)
        yield from reader


def account(flows, flow_tuple, length, time):
    """The middle of the guide's loop; latest is ours, for clocks that go back."""
    if flow_tuple not in flows:
        flows[flow_tuple] = {
            "bytes": 0,
            "packets": 0,
            "start_time": time,
            "end_time": time,
            "latest": time,
        }
    flow = flows[flow_tuple]
    flow["bytes"] += length
    flow["packets"] += 1
    flow["end_time"] = time
    flow["latest"] = max(flow["latest"], time)


def features(flow_tuple, flow, end_time):
    """The guide's feature vector."""
    duration = end_time - flow["start_time"]
    values = flow_tuple + (
        duration,
        flow["bytes"],
        flow["packets"],
        flow["bytes"] / duration if duration > 0 else 0,
        flow["packets"] / duration if duration > 0 else 0,
        flow["bytes"] / flow["packets"],
    )
    return dict(zip(COLUMNS, values))


def tabulate(flows, end="end_time"):
    return pd.DataFrame([features(key, flow, flow[end]) for key, flow in flows.items()])


def guide_tuple(packet):
    """The guide's flow tuple, or None where it passes a packet over."""
    if IP in packet and (TCP in packet or UDP in packet):
        if TCP in packet:
            sport, dport = packet[TCP].sport, packet[TCP].dport
        else:
            sport, dport = packet[UDP].sport, packet[UDP].dport
        return (packet[IP].src, packet[IP].dst, sport, dport, packet[IP].proto)
    return None


def behind_labels(data):
    """The IP packet behind an MPLS label stack, or None."""
    for at in range(0, len(data) - 4, 4):
        if data[at + 2] & 1:
            version = data[at + 4] >> 4
            inner = data[at + 4 :]
            return IP(inner) if version == 4 else IPv6(inner) if version == 6 else None
    return None


def network_layer(packet):
    """The outermost IP or IPv6 layer, and what keeps the guide or weir from it; None: no IP."""
    tags = 0
    for layer in packet.iterpayloads():
        name = type(layer).__name__
        tags += name in TAGS
        if isinstance(layer, IP):
            return layer, None
        if isinstance(layer, IPv6):
            return layer, "ipv6"
        if tags > MAX_TAGS or name not in LINK_LAYERS + TAGS:
            return None, "link-layer"
        if getattr(layer, "type", None) in MPLS:
            return behind_labels(bytes(layer.payload)), "mpls"
        if isinstance(layer, Loopback) and not layer.payload.haslayer(IPv6):
            if layer.type in LOOPBACK_IPV6:
                return IPv6(bytes(layer.payload)), "loopback-family"
    return None, None


def ipv4_tuple(ip):
    """The flow tuple of an IPv4 packet by weir's definition and why it is not the guide's."""
    if ip.proto not in TRANSPORT_HEADER:
        return None, "tunnel"
    total = ip.len or len(ip)
    if ip.version != 4 or ip.ihl < 5 or total < 4 * ip.ihl:
        return None, "impossible-ip"
    if ip.frag:
        return (ip.src, ip.dst, 0, 0, ip.proto), "later-fragment"
    if total < 4 * ip.ihl + TRANSPORT_HEADER[ip.proto]:
        return None, "short-transport"
    if type(ip.payload) not in (TCP, UDP):
        return None, None
    return (ip.src, ip.dst, ip.payload.sport, ip.payload.dport, ip.proto), "tunnel"


def ipv6_tuple(ip):
    protocol, layer = ip.nh, ip.payload
    while type(layer).__name__.startswith("IPv6ExtHdr"):
        protocol = layer.nh
        if isinstance(layer, IPv6ExtHdrFragment) and layer.offset:
            is_ours = protocol in TRANSPORT_HEADER
            return (ip.src, ip.dst, 0, 0, protocol) if is_ours else None
        layer = layer.payload
    if type(layer) not in (TCP, UDP):
        return None
    return (ip.src, ip.dst, layer.sport, layer.dport, protocol)


def expected_tuple(packet, by_guide):
    """The flow tuple by weir's definition, and the exception it takes, None if the guide agrees."""
    network, hidden = network_layer(packet)
    if network is None:
        return None, hidden if by_guide else None
    if isinstance(network, IPv6):
        ours, why = ipv6_tuple(network), None
    else:
        ours, why = ipv4_tuple(network)
    if ours == by_guide:
        return ours, None
    if by_guide and hidden:
        return ours, "tunnel"
    return ours, hidden or why


class Guide:
    """The guide's flows of a capture, the same by weir's definition, and where they part."""

    def __init__(self):
        self.flows = {}  # the guide's
        self.expected = {}  # by weir's definition
        self.reasons = {}  # {flow tuple: names of exceptions}

    def add(self, packet):
        by_guide = guide_tuple(packet)
        ours, why = expected_tuple(packet, by_guide)
        if by_guide:
            account(self.flows, by_guide, len(packet), packet.time)
        if ours:
            account(self.expected, ours, packet.wirelen, packet.time)
        if why:
            self.except_flow(by_guide, why)
            self.except_flow(ours, why)
        if by_guide and ours and packet.wirelen != len(packet):
            self.except_flow(ours, "cut-by-snaplen")

    def except_flow(self, flow_tuple, why):
        if flow_tuple:
            self.reasons.setdefault(flow_tuple, set()).add(why)

    def close(self):
        """Exceptions that take all of a flow to tell."""
        for flow_tuple, flow in self.expected.items():
            if flow["latest"] != flow["end_time"]:
                self.except_flow(flow_tuple, "clock-back")
            if flow["latest"] > 2**63 / 10**9:
                self.except_flow(flow_tuple, "clock-beyond-2262")

    def table(self):
        """The guide's eleven columns for the flows without exception."""
        return tabulate({k: v for k, v in self.flows.items() if k not in self.reasons})

    def table_expected(self):
        """The same by weir's definition for the others."""
        return tabulate({k: v for k, v in self.expected.items() if k in self.reasons}, "latest")


def read(path):
    guide = Guide()
    for packet in packets(path):
        guide.add(packet)
    guide.close()
    return guide
