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
WRITTEN = "# Title\n\nWords.\n\n## By hand\n\nBefore.\n\n| what | ms |\n|---|---|\n| vif | 3 |\n\nAfter.\n"
FIRST = [("vif", "8", "3", "May, A"), ("adm", "8", "2", "May, A")]
SECOND = [("adm", "8", "1", "June, B"), ("vif", "10", "4", "June, B")]


def test_rows_are_replaced_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(WRITTEN)
    page.rewrite(path, page.Table("Set one", HEAD, 2, FIRST))
    page.rewrite(path, page.Table("Set two", HEAD, 2, FIRST[:1]))
    page.rewrite(path, page.Table("Set one", HEAD, 2, SECOND))
    head = "| what | bits | ms | measured |\n|---|---|---|---|\n"
    assert path.read_text() == (
        f"{WRITTEN}\n## Set one\n\n{head}| vif | 8 | 3 | May, A |\n| adm | 8 | 1 | June, B |\n"
        f"| vif | 10 | 4 | June, B |\n\n## Set two\n\n{head}| vif | 8 | 3 | May, A |\n"
    )


def test_what_is_written_around_a_table_stays(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"{WRITTEN}\n## Next\n\nMore.\n")
    page.rewrite(path, page.Table("By hand", ("what", "ms"), 1, [("vif", "2"), ("adm", "1")]))
    assert path.read_text() == (WRITTEN.replace("| vif | 3 |", "| vif | 2 |\n| adm | 1 |") + "\n## Next\n\nMore.\n")


def test_a_table_of_another_shape_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    page.rewrite(path, page.Table("Set", ("what", "ms"), 1, [("vif", "3")]))
    page.rewrite(path, page.Table("Set", HEAD, 2, FIRST[1:]))
    assert path.read_text().endswith(
        "## Set\n\n| what | bits | ms | measured |\n|---|---|---|---|\n| adm | 8 | 2 | May, A |\n"
    )
