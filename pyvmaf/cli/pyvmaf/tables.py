# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tables and paragraphs for people: within the width of the terminal, whole where there is none."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Sequence
from typing import TextIO

from ..spelling import in_shell
from ..streams import say

WIDTH = 80  # of a table for no terminal, which gets one space between columns rather than exceed it
LEAST = 20  # characters in which text still reads well


def terminal_width(stream: TextIO | None = None) -> int | None:
    """Columns of the terminal that is written to, by default on stdout; None: it is a file or a pipe."""
    try:
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns or None
    except (OSError, ValueError):
        return None


def print_wrapped(text: str, first: str = "", rest: str = "") -> None:
    """A paragraph; its lines begin with `first` and `rest`."""
    width = terminal_width()
    if width is None:
        print(first + text)
    else:
        wrapper = textwrap.TextWrapper(max(width, LEAST), first, rest, break_on_hyphens=False)
        print(wrapper.fill(text))


def say_wrapped(*lines: str) -> None:
    """Paragraphs on stderr, in the shell's spelling."""
    width = terminal_width(sys.stderr)
    wrapper = textwrap.TextWrapper(max(width or LEAST, LEAST), "", "  ", break_on_hyphens=False)
    for line in map(in_shell, lines):
        say(wrapper.fill(line) if width else line)


def print_numbers(rows: Sequence[Sequence[str]]) -> None:
    """Names to the left, numbers to the right; the first row has the headings.

    Two spaces lie between columns, or one where they would not fit. Where the
    terminal is narrower still, names take a line of their own, and then columns on the right are left out.
    """
    width = terminal_width() or WIDTH
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    gap = "  " if sum(widths) + 2 * (len(widths) - 1) <= width else " "
    count = len(widths)
    if terminal_width():
        while count > 2 and LEAST // 2 + sum(w + len(gap) for w in widths[1:count]) > width:
            count -= 1
        widths[0] = min(widths[0], max(1, width - sum(w + len(gap) for w in widths[1:count])))
    for row in rows:
        numbers = gap.join(["", *(cell.rjust(w) for cell, w in zip(row[1:count], widths[1:count], strict=True))])
        if len(row[0]) > widths[0]:
            print(row[0])
        print(("" if len(row[0]) > widths[0] else row[0]).ljust(widths[0]) + numbers)


def print_texts(rows: Sequence[Sequence[str]]) -> None:
    """Columns of text, the last one wrapped; where that has too little room, a name a line, and the rest below it."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    width = terminal_width()
    indent = sum(widths[:-1]) + 2 * (len(widths) - 1)
    for row in rows:
        head = "".join(cell.ljust(w + 2) for cell, w in zip(row[:-1], widths, strict=False))
        if width is None or indent + min(widths[-1], LEAST) <= width:
            print_wrapped(row[-1], head, " " * indent)
        else:
            print(row[0])
            print_wrapped(", ".join(row[1:]), "  ", "  ")
