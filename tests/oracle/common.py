# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the oracle tests share: the captures, weir's records of them, and the lines they print."""

import csv
import os
import pathlib
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from multiprocessing import Pool

import crafted

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIR = str(ROOT / "build" / "weir")
MAGICS = (
    b"\xa1\xb2\xc3\xd4",
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
    b"\x4d\x3c\xb2\xa1",
    b"\x0a\x0d\x0d\x0a",
)
GZIP = b"\x1f\x8b"
TRANSPORTS = {6: "TCP", 17: "UDP"}
SHOWN = 20  # differences printed in full


def is_capture(path):
    with open(path, "rb") as file:
        magic = file.read(4)
    return magic in MAGICS or magic[:2] == GZIP


def extra_captures():
    """The captures below WEIR_CAPTURES; None when it is not set."""
    folder = os.environ.get("WEIR_CAPTURES")
    if not folder:
        return None
    paths = sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file())
    return [str(p) for p in paths if is_capture(p)]


def weir_rows(paths):
    """weir's one-way records of captures, one a flow: {five-tuple: [row, ...]}, and what it said.

    Idle and active timeout are off, so that there are several rows only where weir tells apart
    what five-tuples do not: VLANs.
    """
    command = [WEIR, "read", "--uniflow", "--idle-timeout", "0", "--active-timeout", "0"]
    done = subprocess.run(
        command + ["-o", "csv:-"] + paths,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    flows = defaultdict(list)
    for row in csv.DictReader(done.stdout.splitlines()):
        if int(row["protocol"]) in TRANSPORTS:
            flows[five_tuple(row)].append(row)
    said = "; ".join(line for line in done.stderr.splitlines() if line.startswith("weir:"))
    if done.returncode not in (0, 1):
        raise RuntimeError(f"weir ended with {done.returncode}: {said}")
    return dict(flows), said


def five_tuple(row):
    return (
        row["src_ip"],
        row["dst_ip"],
        int(row["src_port"]),
        int(row["dst_port"]),
        int(row["protocol"]),
    )


class Findings:
    """What comparing captures found: counts, differences and exceptions by class, all mergeable."""

    def __init__(self):
        self.counts = Counter()
        self.different = []
        self.excepted = Counter()  # flows by exception
        self.unread = []

    def merge(self, other):
        self.counts += other.counts
        self.different += other.different
        self.unread += other.unread
        self.excepted += other.excepted


def compare_all(compare, paths, batch):
    """compare(some paths) -> Findings, batch paths at a time and on every CPU, summed up."""
    batches = [paths[i : i + batch] for i in range(0, len(paths), batch)]
    total = Findings()
    with Pool(os.cpu_count()) as pool:
        for found in pool.imap_unordered(Guarded(compare), batches):
            total.merge(found)
    return total


class Guarded:
    """A comparison that finds out which of its captures differs, and stops for none."""

    def __init__(self, compare):
        self.compare = compare

    def __call__(self, paths):
        try:
            found = self.compare(paths)
        except Exception as error:  # whatever it is, it is told
            found = Findings()
            found.different.append(f"{' '.join(paths)}: {type(error).__name__}: {error}")
        if len(paths) > 1 and (found.different or found.unread):
            found = Findings()
            for path in paths:
                found.merge(self([path]))
        else:
            found.counts["captures"] += len(paths)
        return found


def report(what, peer, found, reasons):
    """Print the results of one comparison; the number of failures."""
    flows, captures = found.counts["flows"], found.counts["captures"]
    summary = f"{what}: {flows:,} TCP and UDP flows of {captures:,} captures agree with {peer}"
    for line in found.unread:
        print(f"skip - {line}")
    for name, count in found.excepted.most_common():
        print(f"  exception {name}: {count:,} flows: {reasons[name]}")
    for line in found.different[:SHOWN]:
        print(f"  different: {line}")
    if len(found.different) > SHOWN:
        print(f"  and {len(found.different) - SHOWN:,} more")
    if found.different or not flows:
        print(f"not ok - {summary} ({len(found.different):,} differences)")
        return 1
    print(f"ok - {summary}")
    return 0


def main(peer, compare, reasons, batch):
    """Compare self-made captures, then those in WEIR_CAPTURES; returns the exit code."""
    sys.stdout.reconfigure(line_buffering=True)
    with tempfile.TemporaryDirectory() as folder:
        made = compare_all(compare, crafted.write_all(folder), batch)
    failed = report("self-made captures", peer, made, reasons)
    paths = extra_captures()
    if paths is None:
        print(f"skip - extra captures agree with {peer}: WEIR_CAPTURES is not set")
        return failed
    if not paths:
        print("not ok - WEIR_CAPTURES holds captures: none found")
        return 1
    extra = compare_all(compare, paths, batch)
    return min(1, failed + report("WEIR_CAPTURES", peer, extra, reasons))
