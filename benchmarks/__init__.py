# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Speed and memory against the peer; `make bench` writes docs/benchmarks.md."""
