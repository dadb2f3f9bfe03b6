# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""weir's eleven columns against the guide's, for every TCP and UDP flow of every capture."""

import sys
from decimal import Decimal

import common
import guide

TOLERANCE = 1e-9


def combine(rows):
    """One row of the guide's columns from weir's records of a five-tuple in several VLANs."""
    start = min(Decimal(row["start_time"]) for row in rows)
    end = max(Decimal(row["end_time"]) for row in rows)
    size = sum(int(row["bytes"]) for row in rows)
    count = sum(int(row["packets"]) for row in rows)
    duration = end - start
    rates = (size / duration, count / duration) if duration > 0 else (0, 0)
    key = [rows[0][name] for name in guide.COLUMNS[:5]]
    return dict(zip(guide.COLUMNS, key + [duration, size, count, *rates, size / count]))


def is_near(a, b):
    return abs(a - b) <= TOLERANCE * max(abs(a), abs(b))


def differing(theirs, ours, columns):
    """What of a flow differs, in words."""
    return [
        f"{name} {float(ours[name])!r} is {float(theirs[name])!r} to the guide"
        for name in columns
        if not is_near(float(theirs[name]), float(ours[name]))
    ]


def compare_flow(found, where, theirs, rows, why):
    """One flow: the guide's row against weir's."""
    found.counts["flows"] += 1
    columns = guide.COLUMNS[5:]
    if rows is None:
        found.different.append(f"{where}: not in weir's records")
        return
    if len({(row["vlan_id"], row["inner_vlan_id"]) for row in rows}) == len(rows) > 1:
        why = why | {"vlan"}
    elif len(rows) > 1:
        found.different.append(f"{where}: {len(rows)} records of weir's")
    if "clock-beyond-2262" in why:
        columns = ["bytes", "packets", "avg_packet_size"]
    wrong = differing(theirs, rows[0] if len(rows) == 1 else combine(rows), columns)
    found.different += [f"{where}: {text}" for text in wrong]
    found.excepted.update(why)


def compare_table(found, path, table, weir, reasons):
    seen = set()
    for theirs in table.to_dict("records"):
        key = tuple(theirs[name] for name in guide.COLUMNS[:5])
        seen.add(key)
        compare_flow(found, f"{path}: {key}", theirs, weir.get(key), reasons.get(key, set()))
    return seen


def compare(paths):
    (path,) = paths
    found = common.Findings()
    weir, said = common.weir_rows(paths)
    if "link type" in said:
        found.unread.append(said)
        return found
    seen = guide.read(path)
    keys = compare_table(found, path, seen.table(), weir, {})
    keys |= compare_table(found, path, seen.table_expected(), weir, seen.reasons)
    for key in weir.keys() - keys:
        found.different.append(f"{path}: {key}: only in weir's records")
    for key in seen.flows.keys() - keys:  # the guide's alone: refused by weir, and rightly
        found.excepted.update(seen.reasons[key])
    return found


if __name__ == "__main__":
    sys.exit(common.main("the guide", compare, guide.REASONS, batch=1))
