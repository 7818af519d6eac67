# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The page of benchmarks keeps what was not measured again."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

NAME = "benchmark_page"
SPEC = importlib.util.spec_from_file_location(NAME, Path(__file__).parents[1] / "benchmarks" / "page.py")
assert SPEC and SPEC.loader
page = sys.modules[NAME] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(page)

HEAD = ("what", "bits", "ms", "measured")
NOTES = "## Elsewhere\n\n| what | ms |\n|---|---|\n| vif | 3 |\n\nText.\n"


def rows(path: Path) -> dict[str, list[list[str]]]:
    return {title: found[1:] for title, found in page.tables(path.read_text()).items()}


def test_rows_are_replaced_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    first = [("vif", "8", "3", "May, A"), ("adm", "8", "2", "May, A")]
    page.rewrite(path, "# Intro\n", [page.Table("Set one", HEAD, 2, first)], NOTES)
    second = [("adm", "8", "1", "June, B"), ("vif", "10", "4", "June, B")]
    tables = [page.Table("Set one", HEAD, 2, second), page.Table("Set two", HEAD, 2, second[:1])]
    page.rewrite(path, "# Intro\n", tables, NOTES)
    assert rows(path) == {
        "Set one": [list(first[0]), *map(list, second)],
        "Set two": [list(second[0])],
        "Elsewhere": [["vif", "3"]],
    }
    assert path.read_text().startswith("# Intro\n") and path.read_text().endswith(NOTES)
    assert path.read_text().count("## Elsewhere") == 1


def test_a_table_of_another_shape_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    page.rewrite(path, "", [page.Table("Set", ("what", "ms"), 1, [("vif", "3")])], "")
    page.rewrite(path, "", [page.Table("Set", HEAD, 2, [("adm", "8", "1", "June")])], "")
    assert rows(path) == {"Set": [["adm", "8", "1", "June"]]}
