#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What weir model export writes passes the ONNX checker and, walked by numpy as the specification
# has it, gives the answers of scikit-learn and XGBoost in tests/golden.
cd "$(dirname "$0")" || exit 1
python=/usr/bin/python3 # Debian's, with Debian's onnx
if ! $python -c 'import onnx, numpy' 2>/dev/null; then
	echo "skip - exported models are good ONNX: no python3-onnx"
	exit 0
fi
exec $python -B compare_onnx.py
