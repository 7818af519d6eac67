#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Run a benchmark on the installed package: run.py [MODULE] [ARGS], all of them without MODULE.

`python -m benchmarks` would find the source tree's pyvmaf, which has no extension.
"""

import runpy
import sys
from pathlib import Path

sys.path[0:1] = []
sys.path.append(str(Path(__file__).parents[1]))
name = sys.argv.pop(1) if sys.argv[1:] and not sys.argv[1].startswith("-") else "__main__"
runpy.run_module(f"benchmarks.{name}", run_name="__main__", alter_sys=True)
