# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A page of tables that is measured in parts: new rows replace the old ones that name the same case, others stay."""

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


def tables(text: str) -> dict[str, list[list[str]]]:
    """Title of each section with a table, and its rows, the head first."""
    out: dict[str, list[list[str]]] = {}
    title = ""
    for each in text.splitlines():
        if each.startswith("## "):
            title = each[3:]
        elif each.startswith("|") and not each.startswith("|---"):
            out.setdefault(title, []).append(cells(each))
    return out


def merged(old: Iterable[Row], new: Table) -> list[Row]:
    """The old rows, those measured again replaced in place, and the new cases behind them."""
    fresh = {tuple(row[: new.keys]): row for row in new.rows}
    kept = [fresh.pop(tuple(row[: new.keys]), row) for row in old]
    return [*kept, *fresh.values()]


def rewrite(path: Path, intro: str, measured: Iterable[Table], notes: str) -> None:
    """Write the page: the introduction, every table old and new, the notes."""
    found = tables(path.read_text()) if path.exists() else {}
    for title in tables(notes):
        found.pop(title, None)
    for table in measured:
        head, *old = found.get(table.title, [list(table.head)])
        found[table.title] = [table.head, *merged(old if head == list(table.head) else [], table)]
    parts = [intro]
    for title, (head, *rows) in found.items():
        parts.append("\n".join([f"## {title}\n", line(head), "|" + "---|" * len(head), *map(line, rows), ""]))
    path.write_text("\n".join([*parts, notes]))
