# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""weir's packets and bytes per five-tuple and direction against tshark's conversations.

One run of tshark gives both its table of conversations (-z conv), with exact frames but rounded
bytes ("69 kB"), and the fields of each frame, of which the same sums are made exactly. weir must
agree with the sums for every five-tuple, and with the table for all but those that a frame of an
excepted kind has touched; which kind a frame is of is told from tshark's own fields alone.

Captures are merged before (mergecap), since most of tshark's time is its start.
"""

import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict

import common

BATCH = 100
MAX_TAGS = 2
FIELDS = (
    "frame.len",
    "frame.protocols",
    "ip.src",
    "ip.dst",
    "ip.proto",
    "ip.frag_offset",
    "ip.hdr_len",
    "ip.len",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.plen",
    "ipv6.fraghdr.offset",
    "ipv6.fraghdr.nxt",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.hdr_len",
    "tcp.urgent_pointer",
    "udp.srcport",
    "udp.dstport",
    "udp.checksum",
    "_ws.short",
)
PREFERENCES = ("ip.defragment", "ipv6.defragment", "tcp.desegment_tcp_streams")
TRANSPORTS = {"tcp": 6, "udp": 17}
LAST_FIELD = {6: "tcp.urgent_pointer", 17: "udp.checksum"}
UNITS = {"bytes": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
CONVERSATION = re.compile(
    r"(\S+):(\d+) +<-> (\S+):(\d+) +(\d+) (\d+) (\w+) +(\d+) (\d+) (\w+) +\d+ \d+ \w+ "
)

REASONS = {
    "tunnel": "more than one IP header in a frame: tshark counts the inner conversation too, weir"
    " the outermost only",
    "later-fragment": "no ports in it: in none of tshark's conversations (reassembly is off, or"
    " it would count the last only); weir counts it with ports 0",
    "short-transport": "the transport header's last field is not there: tshark counts what has"
    " ports, weir refuses it as cut_tcp or cut_udp",
    "short-segment": "TCP header longer than the segment, or its options behind the snaplen: tshark"
    " gives up on it before it counts",
    "link-layer": "IP behind more than two VLAN tags or an LLC header: weir counts it as"
    " too_many_tags or not_ip",
}


class Frame:
    """One line of fields; first(): of the outermost layer that has the field."""

    def __init__(self, line):
        self.fields = dict(zip(FIELDS, line.split("\t")))
        self.layers = self.fields["frame.protocols"].split(":")
        self.ip = next((i for i, name in enumerate(self.layers) if name in ("ip", "ipv6")), None)

    def first(self, name):
        return self.fields[name].split(";")[0]

    def number(self, name):
        return int(self.first(name) or "0", 0)

    def is_version(self, name):
        return self.ip is not None and self.layers[self.ip] == name

    def addresses(self):
        version = self.layers[self.ip]
        return self.first(version + ".src"), self.first(version + ".dst")

    def transport(self):
        """TCP's or UDP's number if it is what the outermost IP header carries, else None."""
        behind = (name for name in self.layers[self.ip + 1 :] if not name.startswith("ipv6."))
        return TRANSPORTS.get(next(behind, None))

    def fragment_of(self):
        """The protocol of which this is a later fragment, else None."""
        if self.is_version("ip") and self.number("ip.frag_offset"):
            return self.number("ip.proto")
        if self.is_version("ipv6") and self.number("ipv6.fraghdr.offset"):
            return self.number("ipv6.fraghdr.nxt")
        return None

    def is_odd_link(self):
        link = self.layers[: self.ip]
        return "llc" in link or sum(name in ("vlan", "ieee8021ad") for name in link) > MAX_TAGS

    def room(self):
        """Bytes behind the outermost IP header, by its own length; 0: it does not say."""
        if self.is_version("ipv6"):
            return self.number("ipv6.plen")
        return max(0, self.number("ip.len") - self.number("ip.hdr_len"))

    def ports(self, protocol):
        name = common.TRANSPORTS[protocol].lower()
        return self.number(name + ".srcport"), self.number(name + ".dstport")


def five_tuple(frame):
    """By weir's definition, of the outermost IP header; and the exception if it takes one."""
    if frame.ip is None:
        return None, None
    if frame.is_odd_link():
        return None, "link-layer"
    fragment = frame.fragment_of()
    if fragment is not None:
        is_ours = fragment in common.TRANSPORTS
        return (*frame.addresses(), 0, 0, fragment) if is_ours else None, "later-fragment"
    protocol = frame.transport()
    if protocol is None:
        return None, None
    if not frame.first(LAST_FIELD[protocol]):
        return None, "short-transport"
    key = (*frame.addresses(), *frame.ports(protocol), protocol)
    is_short = protocol == 6 and 0 < frame.room() < frame.number("tcp.hdr_len")
    is_short |= "TCP truncated" in frame.fields["_ws.short"]
    return key, "short-segment" if is_short else None


def all_tuples(frame):
    """Every five-tuple there could be of a frame's addresses and ports, inner and outer."""
    columns = {name: value.split(";") for name, value in frame.fields.items() if value}
    ends = [
        set(zip(columns.get(version + ".src", ()), columns.get(version + ".dst", ())))
        for version in ("ip", "ipv6")
    ]
    for name, protocol in TRANSPORTS.items():
        ports = zip(columns.get(name + ".srcport", ()), columns.get(name + ".dstport", ()))
        for sport, dport in set(ports):
            for src, dst in ends[0] | ends[1]:
                yield src, dst, int(sport), int(dport), protocol


class Tshark:
    """What tshark says of a capture: frame by frame, and its conversations."""

    def __init__(self):
        self.frames = defaultdict(Counter)  # {five-tuple: packets, bytes}
        self.excepted = defaultdict(set)  # {five-tuple: names of exceptions}
        self.conversations = defaultdict(Counter)  # {five-tuple: frames, least, most bytes}
        self.protocol = None

    def add_frame(self, line):
        frame = Frame(line)
        key, why = five_tuple(frame)
        if key:
            self.frames[key].update(packets=1, bytes=frame.number("frame.len"))
        if why is None and sum(name in ("ip", "ipv6") for name in frame.layers) > 1:
            why = "tunnel"
        if why:
            for touched in {key, *all_tuples(frame)} - {None}:
                self.excepted[touched].add(why)

    def add_line(self, line):
        """A line of the table of conversations."""
        if line in ("TCP Conversations", "UDP Conversations"):
            self.protocol = TRANSPORTS[line[:3].lower()]
        row = CONVERSATION.match(line)
        if row:
            a, aport, b, bport, *numbers = row.groups()
            ends = (a, int(aport)), (b, int(bport))
            self.add_direction(*reversed(ends), *numbers[:3])
            self.add_direction(*ends, *numbers[3:])

    def add_direction(self, source, target, frames, size, unit):
        if int(frames) == 0:
            return
        key = (source[0], target[0], source[1], target[1], self.protocol)
        least = int(size) * UNITS[unit]
        most = least + UNITS[unit] - 1
        self.conversations[key].update(frames=int(frames), least=least, most=most)


def read(path):
    """One run of tshark."""
    command = ["tshark", "-n", "-r", path, "-z", "conv,tcp", "-z", "conv,udp", "-T", "fields"]
    for name in PREFERENCES:
        command += ["-o", name + ":FALSE"]
    for name in FIELDS:
        command += ["-e", name]
    command += ["-E", "occurrence=a", "-E", "aggregator=;", "-E", "separator=/t"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    seen = Tshark()
    for line in done.stdout.splitlines():
        if "\t" in line:
            seen.add_frame(line)
        else:
            seen.add_line(line)
    return seen


def read_all(paths):
    if len(paths) == 1:
        return read(paths[0])
    with tempfile.NamedTemporaryFile(suffix=".pcapng") as merged:
        merge = ["mergecap", "-a", "-w", merged.name] + paths
        subprocess.run(merge, check=True, stderr=subprocess.PIPE)
        return read(merged.name)


def sum_rows(rows):
    return {name: sum(int(row[name]) for row in rows) for name in ("packets", "bytes")}


def compare_conversation(theirs, ours):
    """Does a conversation's direction, None if not listed, agree with weir's record?"""
    if theirs is None or ours is None:
        return theirs is ours
    is_size = theirs["least"] <= ours["bytes"] <= theirs["most"]
    return theirs["frames"] == ours["packets"] and is_size


def compare(paths):
    found = common.Findings()
    rows, said = common.weir_rows(paths)
    if "link type" in said:
        found.unread.append(said)
        return found
    weir = {key: sum_rows(value) for key, value in rows.items()}
    seen = read_all(paths)
    where = paths[0] if len(paths) == 1 else f"one of {len(paths)} captures"
    for key in weir.keys() | seen.frames.keys() | seen.conversations.keys():
        ours, frames, table = weir.get(key), seen.frames.get(key), seen.conversations.get(key)
        why = seen.excepted.get(key, ())
        found.counts["flows"] += key in weir
        if frames != ours:
            found.different.append(f"{where}: {key}: {ours}, tshark's frames {frames}")
        if compare_conversation(table, ours):
            continue
        found.excepted.update(why)
        if not why:
            found.different.append(f"{where}: {key}: {ours}, tshark's conversations {table}")
    return found


if __name__ == "__main__":
    sys.exit(common.main("tshark", compare, REASONS, BATCH))
