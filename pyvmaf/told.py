# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Warnings: each is told at the line that called the package, so that every call of a loop shows its own."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable

PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")


def warn(text: str) -> None:
    """A `UserWarning` of the first frame outside the package, however deep in it this is called."""
    level, frame = 1, sys._getframe()
    while frame.f_code.co_filename.startswith(PACKAGE) and frame.f_back:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, stacklevel=level)


class Told:
    """What a run was warned of, in order, for its result.

    Attributes:
        lines: each text once; `before`: what was warned of earlier.
    """

    def __init__(self, before: Iterable[str] = ()) -> None:
        self.lines = list(before)

    def warn(self, text: str) -> None:
        """Keep it, then warn, which may raise."""
        if text not in self.lines:
            self.lines.append(text)
        warn(text)
