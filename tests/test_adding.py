# SPDX-License-Identifier: BSD-2-Clause-Patent
"""docs/extending.md: its built-in extractor with a kernel takes two lines in files that exist, and works.

The code is taken from the page, built beside a copy of the sources, and put through
the tests that every kernel and every extractor gets.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import sanitizers

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "extending.md").read_text()
FILE = re.compile(r"^`([\w/.]+)`\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COPIED = ("src_c", "include", "model", "pyvmaf", "tests", "setup.py", "pyproject.toml", "README.md", "LICENSE")


def changed(text: str, diff: str) -> str:
    """The text with the one line of that diff added between the lines that it shows."""
    lines = diff.splitlines()
    before, after = ("\n".join(line[1:] for line in lines if line[0] in kinds) for kinds in (" ", " +"))
    assert [line[0] for line in lines].count("+") == 1 and text.count(before) == 1
    return text.replace(before, after)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources with what the page adds, built."""
    if reason := sanitizers.missing(""):
        pytest.skip(reason)
    tree = tmp_path_factory.mktemp("tree")
    ignore = shutil.ignore_patterns("__pycache__", "share", "*.so", "*.pyd")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=ignore)
        else:
            shutil.copy(source, tree / name)
    for old in (ROOT / "build").glob("temp.*/c"):  # what was built already is not built again
        new = tree / old.relative_to(ROOT)
        shutil.copytree(old, new)
        for rules in new.rglob("*.d"):
            rules.write_text(rules.read_text().replace(str(old), str(new)))
    for name, kind, code in FILE.findall(PAGE):
        path = tree / name
        assert path.exists() == (kind == "diff"), name
        path.parent.mkdir(exist_ok=True)
        path.write_text(changed(path.read_text(), code) if kind == "diff" else code)
    build = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    # GCC clears the upper halves of registers among its expensive optimizations.
    environment = {**os.environ, "CFLAGS": "-O1 -fexpensive-optimizations"}
    run = subprocess.run(build, cwd=tree, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-8000:]
    assert "warning" not in run.stderr
    return tree


def test_two_lines_are_changed() -> None:
    kinds = [kind for _, kind, _ in FILE.findall(PAGE)]
    assert kinds.count("diff") == 2 and kinds.count("c") == 5 and kinds.count("py") == 2


def test_it_works(tree: Path) -> None:
    """Sums and scores are the definition's, at every instruction set, with threads, and nothing else is touched."""
    tests = ["tests/test_kernels.py", "tests/test_extractors.py", "-q", "-k", "brightness", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *tests], cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-8000:]
    passed = re.search(r"(\d+) passed", run.stdout)
    assert passed and int(passed[1]) > 50
