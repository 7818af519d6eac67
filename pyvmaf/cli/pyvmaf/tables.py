# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tables for people, as narrow as they can be."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 80


def print_table(rows: Sequence[Sequence[str]], right: bool = False) -> None:
    """Columns as wide as their widest cell: the first to the left, others, with `right`, to the right.

    Two spaces lie between columns, or one where 80 characters would not do.
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    gap = "  " if sum(widths) + 2 * (len(widths) - 1) <= WIDTH else " "
    for row in rows:
        cells = zip(row[1:], widths[1:], strict=True)
        aligned = [row[0].ljust(widths[0]), *(c.rjust(w) if right else c.ljust(w) for c, w in cells)]
        print(gap.join(aligned).rstrip())
