# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the Python guide's analysis costs: bench_guide.py CAPTURE prints packets, flows, seconds.

The same steps with the same libraries, and each layer looked up as often, as in the guide: take
all packets (sniff, here from a file), count protocols and addresses (analyze_basic_stats), add up
flows and make them a table (extract_flow_features). The time is the processor's, without that of starting Python and loading
its libraries.
"""

import logging
import sys
import time
from collections import Counter

logging.getLogger("scapy.runtime").setLevel(logging.CRITICAL)

import pandas
from scapy.all import IP, TCP, UDP, sniff


def count_basics(packets):
    protocols, sources, destinations = Counter(), Counter(), Counter()
    for packet in packets:
        if IP in packet:
            protocols[packet[IP].proto] += 1
            sources[packet[IP].src] += 1
            destinations[packet[IP].dst] += 1
    return protocols, sources, destinations


def add_up_flows(packets):
    flows = {}
    for packet in packets:
        if IP in packet and (TCP in packet or UDP in packet):
            if TCP in packet:
                ports = packet[TCP].sport, packet[TCP].dport
                flags = packet[TCP].flags
            else:
                ports = packet[UDP].sport, packet[UDP].dport
                flags = 0
            key = (packet[IP].src, packet[IP].dst, *ports, packet[IP].proto)
            if key not in flows:
                flows[key] = {"bytes": 0, "packets": 0, "start": packet.time, "flags": set()}
            flows[key]["bytes"] += len(packet)
            flows[key]["packets"] += 1
            flows[key]["end"] = packet.time
            if TCP in packet:
                flows[key]["flags"].add(flags)
    return flows


def features(key, flow):
    duration = flow["end"] - flow["start"]
    return {
        "src_ip": key[0],
        "dst_ip": key[1],
        "src_port": key[2],
        "dst_port": key[3],
        "protocol": key[4],
        "duration": duration,
        "bytes": flow["bytes"],
        "packets": flow["packets"],
        "bytes_per_second": flow["bytes"] / duration if duration > 0 else 0,
        "packets_per_second": flow["packets"] / duration if duration > 0 else 0,
        "avg_packet_size": flow["bytes"] / flow["packets"],
    }


def main():
    start = time.process_time()
    packets = sniff(offline=sys.argv[1])
    count_basics(packets)
    flows = add_up_flows(packets)
    table = pandas.DataFrame([features(key, flow) for key, flow in flows.items()])
    print(len(packets), len(table), f"{time.process_time() - start:.3f}")


main()
