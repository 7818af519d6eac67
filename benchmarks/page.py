# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A page of tables that is measured in parts: new rows replace those that name the same case; all else stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

Row = Sequence[str]


@dataclass(frozen=True)
class Table:
    """The rows of one section; the first `keys` cells name a case."""

    title: str
    head: Row
    keys: int
    rows: Sequence[Row]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def line(row: Row) -> str:
    return f"| {' | '.join(row)} |"


def merged(old: Iterable[Row], new: Table) -> list[Row]:
    """The old rows, those measured again replaced in place, and the new cases behind them."""
    fresh = {tuple(row[: new.keys]): row for row in new.rows}
    kept = [fresh.pop(tuple(row[: new.keys]), row) for row in old]
    return [*kept, *fresh.values()]


def section(text: str, new: Table) -> str:
    """A section with its table brought up to date; what is written around the table stays."""
    lines = text.splitlines()
    at = [i for i, each in enumerate(lines) if each.startswith("|")] or [len(lines)]
    head, *old = [cells(each) for each in lines[at[0] : at[-1] + 1] if not each.startswith("|---")] or [[]]
    rows = merged(old if head == list(new.head) else [], new)
    table = [line(new.head), "|" + "---|" * len(new.head), *map(line, rows)]
    return "\n".join([*lines[: at[0]], *table, *lines[at[-1] + 1 :]]).rstrip() + "\n"


def rewrite(path: Path, measured: Table) -> None:
    """Put a table into the section of its title, or at the end of the page."""
    text = path.read_text() if path.exists() else "# Benchmarks\n"
    start = text.find(f"## {measured.title}\n")
    if start < 0:
        start, text = len(text) + 1, f"{text}\n## {measured.title}\n\n"
    end = text.find("\n## ", start)
    rest = text[end:] if end >= 0 else ""
    path.write_text(text[:start] + section(text[start : end if end >= 0 else None], measured) + rest)
