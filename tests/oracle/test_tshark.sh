#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Packets and bytes of weir's one-way records equal those of tshark's conversations, per five-tuple
# and direction, on self-made captures and those in WEIR_CAPTURES. Exceptions: compare_tshark.py,
# REASONS.
cd "$(dirname "$0")" || exit 1
python=/usr/bin/python3 # Debian's: the captures are made with Debian's scapy
if ! command -v tshark >/dev/null || ! command -v mergecap >/dev/null; then
	echo "skip - weir agrees with tshark: no tshark, wireshark-common"
	exit 0
fi
if ! $python -c 'import scapy' 2>/dev/null; then
	echo "skip - weir agrees with tshark: no python3-scapy to make captures with"
	exit 0
fi
exec $python -B compare_tshark.py
