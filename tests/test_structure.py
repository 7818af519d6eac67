# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The shape of the sources: short files and functions, one place for instruction sets, little repetition."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(p for p in (ROOT / "src_c").rglob("*") if p.suffix in (".c", ".h"))
ISA_NAME = re.compile(r"avx\w*|sse[0-9]\w*|ssse3|neon|vnni|_mm\d*_\w+|immintrin|arm_neon|cpuid", re.IGNORECASE)
# Where instruction sets may be named: their folder, the dispatch and the CPU check.
ISA_FILES = {"kernel/sets.h", "engine/cpu.c", "engine/cpu.h"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT / "src_c").as_posix()


def functions(text: str) -> list[tuple[str, int]]:
    """(name, lines) of every function: a brace alone in the first column opens one, another closes it."""
    out, start, name = [], 0, ""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if line == "{":
            head = i - 1
            while head > 0 and lines[head - 1].strip() and not lines[head - 1].rstrip().endswith((";", "}", "*/")):
                head -= 1
            match = re.search(r"(\w+)\s*\(", " ".join(lines[head:i]))
            start, name = head, match[1] if match else "?"
        elif line == "}" and name:
            out.append((name, i - start + 1))
            name = ""
    return out


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL)


def test_the_sources_are_here() -> None:
    assert len(SOURCES) > 40
    assert sum(len(functions(p.read_text())) for p in SOURCES) > 200


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 500
    assert [(name, lines) for name, lines in functions(text) if lines >= 60] == []
    assert "SPDX-License-Identifier: BSD-2-Clause-Patent" in text.splitlines()[0]


@pytest.mark.parametrize("folder", ["pyvmaf", "tests", "benchmarks", "examples"])
def test_other_files_are_short_too(folder: str) -> None:
    paths = [p for p in (ROOT / folder).rglob("*") if p.suffix in (".py", ".c", ".h") and "share" not in p.parts]
    assert paths
    assert [p for p in paths if len(p.read_text().splitlines()) > 500] == []


def public(body: list[ast.stmt]) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Functions and classes without an underscore, but for the signatures of overloads and setters."""
    found = [n for n in body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    signature = re.compile(r"overload|\w+\.setter")
    return [
        n for n in found
        if not n.name.startswith("_") and not any(signature.fullmatch(ast.unparse(d)) for d in n.decorator_list)
    ]  # fmt: skip


def test_every_public_name_says_what_it_is() -> None:
    """A method may have what it says from the class that it overrides."""
    files = sorted((ROOT / "pyvmaf").rglob("*.py"))
    names = [(path, node) for path in files for node in public(ast.parse(path.read_text()).body)]
    methods = [
        (path, node)
        for path, owner in names
        if isinstance(owner, ast.ClassDef) and "autograd" not in ast.unparse(owner)
        for node in public(owner.body)
    ]
    assert len(names) > 500 and len(methods) > 300
    said = {node.name for _, node in methods if ast.get_docstring(node)}
    assert [f"{path.name}: {node.name}" for path, node in names if not ast.get_docstring(node)] == []
    assert [f"{path.name}: {node.name}" for path, node in methods if node.name not in said] == []


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parent.name != "simd"], ids=relative)
def test_instruction_sets_are_named_in_one_place(path: Path) -> None:
    if relative(path) in ISA_FILES:
        pytest.skip("this file is the place")
    assert ISA_NAME.findall(without_comments(path.read_text())) == []


def test_little_is_repeated() -> None:
    """Under 4 % of 8-line windows occur more than once, digits and instruction sets masked."""
    window, counts, total = 8, Counter[str](), 0
    for path in SOURCES:
        text = re.sub(r"\d+", "0", ISA_NAME.sub("ISA", without_comments(path.read_text())))
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        for i in range(len(lines) - window + 1):
            counts["\n".join(lines[i : i + window])] += 1
            total += 1
    repeated = sum(n for n in counts.values() if n > 1)
    assert repeated / total < 0.04, [k for k, n in counts.most_common(3)]


def test_options_that_extractors_share_are_one_row() -> None:
    """Of one name two rows differ in more than the help: the modes of `float_adm` are others."""
    rows = Counter(name for path in SOURCES for name in re.findall(r'\.name = "(\w+)"', path.read_text()))
    assert [name for name, n in rows.items() if n > 1] == ["adm_csf_mode"]
