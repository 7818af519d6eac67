# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The C tests and the public headers by themselves, plain and under sanitizers."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build"


def lacks(sanitizer: str, folder: Path) -> bool:
    """Whether the compiler cannot link a program with this sanitizer."""
    source = folder / "empty.c"
    source.write_text("int main(void) { return 0; }\n")
    command = [os.environ.get("CC", "cc"), f"-fsanitize={sanitizer}", "-o", str(folder / "empty"), str(source)]
    if subprocess.run(command, capture_output=True).returncode:
        return True
    return subprocess.run([folder / "empty"], capture_output=True).returncode != 0


@pytest.mark.parametrize("sanitizer", ["", "address,undefined", "thread"])
def test_c(sanitizer: str, tmp_path: Path) -> None:
    if not shutil.which("make"):
        pytest.skip("there is no make")
    if sanitizer and lacks(sanitizer, tmp_path):
        pytest.skip(f"the compiler has no -fsanitize={sanitizer}")
    out = BUILD / ("c-tests-" + (sanitizer.replace(",", "-") or "plain"))
    run = subprocess.run(
        ["make", "-s", "-j2", "-C", HERE / "c", f"OUT={out}", f"SANITIZE={sanitizer}", "CFLAGS=-O1", "check"],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    for name in ["headers", *(test.stem.removeprefix("test_") for test in (HERE / "c").glob("test_*.c"))]:
        assert f"{name}: ok" in run.stdout
