# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""watch_dev.py FOLDER EVENTS: the tables of watch_dev.sh, from what it left in the folder.

The unit is a host in a window of 60 s of a capture, for the forest of flows a flow. All of a
family's capture is attack, since nearly all packets of these are; of the captures with marks inside
("own") a window is attack when an attacking flow of the host begins in it, and the rest is normal.
Found is a window in which the host's forest calls the host unusual as a source or as a destination,
or in which an alert that names the host in its key was open. Precision is against all normal
windows, so it depends on how many there are. The forest judges a host as a source and as a
destination, in windows in which two flows began; the ROC-AUC of each role is over these rows, as in
learn_dev.sh. A rule has no score: its ROC-AUC is that of yes and no; of all together alerts come
first, then the lower score of both roles, then the windows that the forest does not judge.
"""
import csv
import json
import struct
import sys
from collections import Counter, defaultdict

WINDOW = 60.0
MARGIN = 5.0  # an alert opens at the end of the interval that it is about


class Capture:
    def __init__(self, number, half, family, path):
        self.is_learnt, self.family, self.path = half == "learn", family, path
        self.flows = read_csv(f"{folder}/{number}.flows")
        self.score = {}  # (host, window): lowest score of both roles
        self.rows = {"source": [], "destination": []}
        self.unusual = set()
        for row in read_csv(f"{folder}/{number}.hosts"):
            key = row["host"], float(row["window_start"])
            self.score[key] = min(float(row["anomaly_score"]), self.score.get(key, 0))
            self.rows[row["role"]].append((key, float(row["anomaly_score"])))
            if row["is_anomaly"] == "1":
                self.unusual.add(key)
        self.read_alerts(f"{folder}/{number}.alerts")
        self.windows = {window_of(float(f["start_time"])) for f in self.flows}

    def read_alerts(self, path):
        self.opened, spans = [], defaultdict(list)
        for line in open_lines(path):
            event = json.loads(line)
            rule, key = event["rule"], event["key"]
            hosts = [key[k] for k in ("src_ip", "dst_ip") if k in key]
            if rule.startswith("unusual-"):
                if event["event"] == "open":
                    self.opened.append((rule, hosts))
                continue
            if event["event"] == "open":
                self.opened.append((rule, hosts))
                for host in hosts:
                    spans[host].append([event["opened"] - MARGIN, float("inf")])
            elif event["event"] == "resolved":
                for host in hosts:
                    for span in spans[host]:
                        if span[0] == event["opened"] - MARGIN:
                            span[1] = event["time"]
        self.told = set()
        for flow in self.flows:  # a host that is named has a window even with one flow
            for host in (flow["src_ip"], flow["dst_ip"]):
                window = window_of(float(flow["start_time"]))
                if any(a < window + WINDOW and b >= window for a, b in spans[host]):
                    self.told.add((host, window))

    def units(self):
        return set(self.score) | self.told


def window_of(time):
    return time - time % WINDOW


def open_lines(path):
    try:
        with open(path, encoding="utf-8") as lines:
            return list(lines)
    except OSError:
        return []


def read_csv(path):
    return list(csv.DictReader(open_lines(path)))


def packets(path):
    """Time and addresses of each packet of a little-endian Ethernet capture; None where not IPv4."""
    with open(path, "rb") as file:
        data = file.read()
    fraction = 1e9 if data[:4] == b"\x4d\x3c\xb2\xa1" else 1e6
    at = 24
    while at + 16 <= len(data):
        seconds, part, captured, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        if frame[12:14] == b"\x08\x00" and len(frame) >= 34:
            yield seconds + part / fraction, dotted(frame[26:30]), dotted(frame[30:34])
        else:
            yield seconds + part / fraction, None, None


def dotted(address):
    return ".".join(str(byte) for byte in address)


def marks(path, events):
    """(from, to, hosts that must all be ends of a flow) of what is attack inside a capture."""
    found = []
    if "westermo" in path:
        for row in read_csv(events):
            if row["event"].startswith(("BAD-SSH", "BAD-PORTSCAN", "BAD-MITM")):
                host = "198.18.134.14" if "MITM" in row["event"] else "198.18.134.99"
                found.append((float(row["start_time"]) - 0.5, float(row["end_time"]) + 0.5,
                              {host}))
        return found
    with open(path.replace(".pcap", "_labeled.csv"), encoding="utf-8") as lines:
        attack = {int(line.split(";")[0]) for line in lines if line.strip().endswith(";1")}
    for number, (time, src, dst) in enumerate(packets(path), 1):
        if number in attack and src:
            found.append((time, time, {src, dst}))
    return found


def attack_flows(capture, events):
    """For each flow, whether it is attack."""
    known = marks(capture.path, events)
    result = []
    for flow in capture.flows:
        start = float(flow["start_time"])
        end, ends = start + float(flow["duration"]), {flow["src_ip"], flow["dst_ip"]}
        result.append(any(a <= end + 1e-6 and b >= start - 1e-6 and hosts <= ends
                          for a, b, hosts in known))
    return result


def auc(attack, normal):
    """Of scores, lower being more unusual; ties count half."""
    if not attack or not normal:
        return float("nan")
    ranked = sorted([(s, 1) for s in attack] + [(s, 0) for s in normal])
    total, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        total += sum(label for _, label in ranked[at:end]) * (at + end + 1) / 2
        at = end
    n = len(attack)
    return 1 - (total - n * (n + 1) / 2) / (n * len(normal))


def shares(attack, normal):
    """attack, normal: lists of (found, score). Precision and recall as text."""
    hits, wrong = sum(f for f, _ in attack), sum(f for f, _ in normal)
    precision = f"{hits / (hits + wrong):.2f}" if hits + wrong else "   -"
    recall = hits / len(attack) if attack else float("nan")
    return f"{precision:>5} {recall:5.2f}"


def measures(attack, normal):
    """The same, and ROC-AUC."""
    area = auc([s for _, s in attack], [s for _, s in normal])
    return f"{shares(attack, normal)} {area:5.2f}"


def role_auc(role, attack, normal):
    """attack, normal: (capture, unit) pairs, of which those count that have a row in this role."""
    scores = []
    for pairs in (attack, normal):
        wanted, captures = set(pairs), {c for c, _ in pairs}
        scores.append([s for c in captures for key, s in c.rows[role] if (c, key) in wanted])
    return auc(*scores)


def views(pairs):
    """What the forest, the rules and both say of (capture, unit) pairs."""
    forest = [(u in c.unusual, c.score.get(u, 0)) for c, u in pairs]
    rules = [(u in c.told, -1 if u in c.told else 0) for c, u in pairs]
    both = [(f or r, min(2 * r_score, score))
            for (f, score), (r, r_score) in zip(forest, rules)]
    return forest, rules, both


def line(name, captures, found, attack, normal):
    (forest, rules, both), (no_forest, no_rules, no_both) = views(attack), views(normal)
    roles = " ".join(f"{role_auc(r, attack, normal):5.2f}" for r in ("source", "destination"))
    cells = [f"{shares(forest, no_forest)} {roles}", measures(rules, no_rules),
             measures(both, no_both)]
    print(f"{name:22} {found:>5} {len(captures):>3} {len(attack):>6}   " + "   ".join(cells))


def is_found(capture):
    return bool(capture.unusual or capture.told)


def head():
    print(f"{'':22} {'found of':>9} {'':>6}   {'forest of hosts':>23}   {'rules':17}   together")
    print(f"{'':22} {'captures':>9} {'windows':>6}   prec. recall AUC as  as   " +
          "   ".join([" prec. recall  AUC"] * 2))
    print(f"{'':57} src.  dst.")


def flow_line(name, attack, normal):
    cells = measures([(f["is_anomaly"] == "1", float(f["anomaly_score"] or 0)) for f in attack],
                     [(f["is_anomaly"] == "1", float(f["anomaly_score"] or 0)) for f in normal])
    print(f"{name:22} {len(attack):>7}   {cells}")


def hours_of(captures):
    """The windows in which a flow began: captures sleep for days."""
    return sum(len(c.windows) for c in captures) * WINDOW / 3600


def by_rules(captures):
    """The alerts of rules, without those that a forest raised."""
    return [rule for c in captures for rule, _ in c.opened if not rule.startswith("unusual-")]


def by_forest(captures):
    return [rule for c in captures for rule, _ in c.opened if rule.startswith("unusual-")]


def false_alarms(normal, learnt):
    rules, forest = by_rules(normal), by_forest(normal)
    hours = hours_of(normal)
    flows = sum(f["is_anomaly"] == "1" for c in normal for f in c.flows)
    print(f"\nFalse alarms in {hours:.1f} h of normal traffic, {len(normal)} captures: "
          f"rules {len(rules)} ({len(rules) / hours:.2f} an hour), "
          f"forest of hosts {len(forest)} ({len(forest) / hours:.2f} an hour), "
          f"together {(len(rules) + len(forest)) / hours:.2f} an hour; "
          f"flows called unusual {flows} ({flows / hours:.1f} an hour)")
    for rule, n in Counter(rules + forest).most_common():
        print(f"  {n:4} {rule}")
    print(f"Rules alone, in the {hours_of(learnt):.1f} h that the forests were learned from too: "
          f"{len(by_rules(learnt))}")
    for rule, n in Counter(by_rules(learnt)).most_common():
        print(f"  {n:4} {rule}")


def told_of_dev(captures):
    these = [c for c in captures if c.family.startswith("dev-")]
    told = [c for c in these if by_rules([c])]
    print(f"\nOf {len(these)} captures of dev that are attacks by their names, "
          f"learned from or not, rules tell of {len(told)}:")
    for c in told:
        rules = ", ".join(sorted(set(by_rules([c]))))
        print(f"  {c.family:12} {c.path.rsplit('/', 1)[1]}: {rules}")


def main():
    everything = [Capture(*text.rstrip("\n").split("\t")) for text in open_lines(f"{folder}/list")]
    captures = [c for c in everything if not c.is_learnt]
    normal = [c for c in captures if c.family == "normal"]
    own = [c for c in captures if c.family == "own"]
    families = sorted({c.family for c in captures} - {"normal", "own"})
    windows = [(c, u) for c in normal for u in c.units()]
    flows = [f for c in normal for f in c.flows]

    print(f"Attacks against {len(windows)} windows of hosts in normal captures")
    head()
    for family in families:
        these = [c for c in captures if c.family == family]
        line(family, these, sum(map(is_found, these)), [(c, u) for c in these for u in c.units()],
             windows)
    these = [c for c in captures if c.family in families and not c.family.startswith("dev-")]
    line("all but those of dev", these, sum(map(is_found, these)),
         [(c, u) for c in these for u in c.units()], windows)

    print("\nAttacks against the rest of their own capture")
    head()
    own_flows = {}
    for c in own:
        own_flows[c] = attack_flows(c, events_path)
        bad = {(f[end], window_of(float(f["start_time"])))
               for f, is_attack in zip(c.flows, own_flows[c]) if is_attack
               for end in ("src_ip", "dst_ip")}
        units = c.units()
        attack = [(c, u) for u in units if u in bad]
        line(c.path.rsplit("/", 1)[1][:22], [c], int(is_found(c)), attack,
             [(c, u) for u in units if u not in bad])

    print(f"\nThe forest of flows, against {len(flows)} normal flows or the rest of the capture\n"
          f"{'':22} {'flows':>7}    prec. recall  AUC")
    for family in families:
        flow_line(family, [f for c in captures if c.family == family for f in c.flows], flows)
    for c in own:
        flow_line(c.path.rsplit("/", 1)[1][:22],
                  [f for f, bad in zip(c.flows, own_flows[c]) if bad],
                  [f for f, bad in zip(c.flows, own_flows[c]) if not bad])
    false_alarms(normal, [c for c in everything if c.is_learnt and c.family == "normal"])
    told_of_dev(everything)


folder, events_path = sys.argv[1:]
main()
