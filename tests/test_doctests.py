# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Every example in a docstring runs."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import pyvmaf

# The commands' entry, and the builder, which reads the source tree.
NOT_IMPORTED = ("__main__", "_build")
MODULES = sorted(m.name for m in pkgutil.walk_packages(pyvmaf.__path__, "pyvmaf.") if not m.name.endswith(NOT_IMPORTED))
# Modules that need an extra of the package.
OPTIONAL = {"torch", "onnx", "lpips", "av"}


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        pytest.skip(f"{error.name} is not installed")
    assert doctest.testmod(module).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    core = (
        "engine.context", "pictures.picture", "engine.model", "engine.extractor", "errors", "_ffi", "_paths", "enums",
    )  # fmt: skip
    found = {n: sum(len(t.examples) for t in finder.find(importlib.import_module(f"pyvmaf.{n}"))) for n in core}
    assert all(found.values()), found
