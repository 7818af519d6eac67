# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Speed and memory against the peer; `python -m benchmarks` writes docs/benchmarks.md."""
