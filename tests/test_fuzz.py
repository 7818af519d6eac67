# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The harnesses of tests/fuzz: a second each here, as long as asked by `make fuzz T=SECONDS`.

When time is asked for, libFuzzer and atheris run them where they are installed;
else, and here, our own drivers do, with the same changes of the same inputs
everywhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from fuzz import corpus
from support import sanitizers

import pyvmaf

HERE = Path(__file__).parent / "fuzz"
IN_C = sorted(path.stem.removeprefix("fuzz_") for path in HERE.glob("fuzz_*.c"))
IN_PYTHON = sorted(path.stem.removeprefix("fuzz_") for path in HERE.glob("fuzz_*.py"))
ASKED = float(os.environ.get("PYVMAF_FUZZ", "0"))
SECONDS = ASKED or 1
SANITIZER = "address,undefined"
KEPT = sanitizers.BUILD / "fuzz"
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(Path(pyvmaf.__file__).parents[1])]),
    "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1",
}


@cache
def has_libfuzzer() -> bool:
    if not ASKED or not shutil.which("clang"):
        return False
    KEPT.mkdir(parents=True, exist_ok=True)
    source = KEPT / "probe.c"
    source.write_text("int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return (void)p, (void)n, 0; }\n")
    build = ["clang", "-fsanitize=fuzzer,address", "-o", KEPT / "probe", source]
    return subprocess.run(build, capture_output=True).returncode == 0


def run(name: str, command: list[object], folder: Path, seconds: float = SECONDS) -> None:
    """Run the harness; an input that fails it is kept in the build folder."""
    try:
        done = subprocess.run(
            [*map(str, command)], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, errors="replace",
            timeout=seconds + 300,
        )  # fmt: skip
        said, status = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired as late:
        said, status = f"it did not end\n{late.stderr!r}", -1
    crashes = sorted(folder.glob("crash-*"))
    for crash in crashes:
        KEPT.mkdir(parents=True, exist_ok=True)
        shutil.copy(crash, KEPT / f"{name}-{crash.name}")
    again = f"repeat it with {command[0]} ... {KEPT}/{name}-{crashes[0].name}" if crashes else ""
    assert status == 0, f"{again}\n{said[-12000:]}"


@pytest.mark.parametrize("name", IN_C)
def test_a_harness_in_c(name: str, tmp_path: Path) -> None:
    inputs = corpus.write(name, tmp_path / "corpus")
    if has_libfuzzer():
        out = KEPT / "libfuzzer"
        build = ["make", "-s", "-j2", "-C", HERE, f"OUT={out}", "CC=clang", "ENGINE=libfuzzer", f"SANITIZE={SANITIZER}"]
        subprocess.run(build, check=True, capture_output=True)
        how = [f"-max_total_time={SECONDS:.0f}", "-timeout=30", "-seed=1", "-artifact_prefix=./crash-"]
        run(name, [out / f"fuzz_{name}", *how, inputs], tmp_path)
        return
    sanitizers.make(SANITIZER, HERE)
    run(name, [sanitizers.output(SANITIZER) / f"fuzz_{name}", f"-seconds={SECONDS}", inputs], tmp_path)


@pytest.mark.parametrize("name", IN_PYTHON)
def test_a_harness_in_python(name: str, tmp_path: Path) -> None:
    inputs = corpus.write(name, tmp_path / "corpus")
    engine = ["-atheris"] if ASKED and find_spec("atheris") else []
    command = [sys.executable, "-m", "fuzz.driver", name, f"-seconds={SECONDS}", *engine, inputs]
    run(name, command, tmp_path)


FAULTY_C = """
#include "harness.h"
#include <stdlib.h>
const char *const *fuzz_words;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const copy = malloc(4);
    for (size_t i = 0; i < size && data[i] == 'a'; i++)
        copy[i] = 1;
    free(copy);
    return 0;
}
"""


def test_a_fault_in_c_is_found_and_its_input_kept(tmp_path: Path) -> None:
    if reason := sanitizers.missing(SANITIZER):
        pytest.skip(reason)
    (tmp_path / "faulty.c").write_text(FAULTY_C)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "0").write_bytes(b"aaa")
    build = [sanitizers.CC, f"-fsanitize={SANITIZER}", "-D_GNU_SOURCE", f"-I{HERE}", "faulty.c", HERE / "driver.c"]
    subprocess.run([*build, "-o", "faulty"], cwd=tmp_path, check=True)
    with pytest.raises(AssertionError, match="heap-buffer-overflow"):
        run("faulty", [tmp_path / "faulty", "-seconds=10", "corpus"], tmp_path)
    assert (tmp_path / "crash-input").read_bytes().startswith(b"aaaaa")


def test_a_fault_in_python_is_found_and_its_input_kept(tmp_path: Path) -> None:
    (tmp_path / "fuzz_faulty.py").write_text(
        "WORDS = [b'{}']\ndef check(data):\n    if b'{}' in data:\n        raise KeyError(data)\n"
    )
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "0").write_bytes(b"aaa")
    code = "import fuzz, fuzz.driver as d; fuzz.__path__.append('.'); d.main('faulty', '-seconds=10', 'corpus')"
    with pytest.raises(AssertionError, match="KeyError"):
        run("faulty", [sys.executable, "-c", code], tmp_path)
    assert b"{}" in (tmp_path / "crash-input").read_bytes()
