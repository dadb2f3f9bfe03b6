# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""flows.py N [hostile]: N made-up flow records as CSV, judged; the same ones each time.

With hostile, names are what people who mean harm would choose: for terminals, spreadsheets,
gnuplot, HTML and the page's own template.
"""
import csv
import random
import sys

COLUMNS = ("src_ip dst_ip src_port dst_port protocol duration bytes packets bytes_per_second "
           "packets_per_second avg_packet_size start_time class class_probability anomaly_score "
           "is_anomaly anomaly_reasons").split()
HOSTILE = ["<img src=x onerror=window.owned=1>", "</script><script>window.owned=1</script>",
           "=cmd|' /C calc'!A0", "{{js}}", "`touch owned`", "'; system('touch owned'); '",
           "$(touch owned)", "\x1b]0;owned\x07\x1b[31mred", "a\nEND\nset output 'owned'\n",
           "50%s%n%d", "@owned {/Symbol a}^2_x", '"quoted", \\back\\ ', "\u2028\u2029\u202egnp.exe",
           "\u00e9" * 200, "' onmouseover='window.owned=1", "&lt;b&gt;", "-", "|touch owned"]


def record(dice, i, hostile):
    name = HOSTILE[i % len(HOSTILE)] if hostile else None
    packets = 1 if dice.random() < 0.2 else int(2 ** (dice.random() * 12)) + 1
    size = packets * dice.randint(60, 1400)
    duration = round(dice.random() * 30, 6) if packets > 1 else 0
    port = dice.choice((443, 443, 80, 53, 22, dice.randint(1, 65535)))
    odd = port == 22 and dice.random() < 0.5 or dice.random() < 0.02
    source = f"10.1.{dice.randint(0, 3)}.{dice.randint(1, 40)}"
    return dict(zip(COLUMNS, (
        name if hostile and i % 5 == 0 else source,
        "2001:db8:1234:5678:9abc:def0:1:2" if i % 17 == 0 else f"192.0.2.{dice.randint(1, 200)}",
        dice.randint(1024, 65535), port, dice.choice((6, 6, 6, 17, 17, 1, 132, 253)), duration, size,
        packets, size / duration if duration else 0, packets / duration if duration else 0,
        size / packets, f"{1730118600 + dice.random() * 3600:.6f}",
        name if hostile else {443: "tls", 80: "http", 53: "name"}.get(port, "other"),
        round(0.5 + dice.random() / 2, 3),
        round(-0.36 - 0.1 * dice.random() - (0.3 * dice.random() if odd else 0), 4), int(odd),
        (name if hostile else "fwd_bytes 12,000 (usual 60 to 4,000)") if odd else "")))


def main(n, hostile):
    dice = random.Random(1)
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for i in range(n):
        writer.writerow(record(dice, i, hostile))


sys.stdout.reconfigure(encoding="utf-8")
main(int(sys.argv[1]), "hostile" in sys.argv)
