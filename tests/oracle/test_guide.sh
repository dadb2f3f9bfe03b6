#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The eleven columns of weir's one-way records equal the Python guide's (scapy, pandas), relative
# error 1e-9, on self-made captures and those in WEIR_CAPTURES. Exceptions: guide.py, REASONS.
cd "$(dirname "$0")" || exit 1
python=/usr/bin/python3 # Debian's, with Debian's scapy and pandas
if ! $python -c 'import scapy, pandas' 2>/dev/null; then
	echo "skip - weir agrees with the guide: no python3-scapy, python3-pandas"
	exit 0
fi
exec $python -B compare_guide.py
