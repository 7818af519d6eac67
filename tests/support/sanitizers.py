# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The engine built under a sanitizer of the compiler, once for all tests.

As a program, ``python sanitizers.py LIBRARY THREADS CLIPS``: score golden clips
with that library through the C ABI and compare every number.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]
BUILD = HERE.parent / "build"
CC = os.environ.get("CC", "cc")
FLAGS = "CFLAGS=-O1"
RUNTIMES = {"address": "libasan.so", "undefined": "libubsan.so", "thread": "libtsan.so"}


@functools.cache
def missing(sanitizer: str) -> str | None:
    """Why nothing can be built under this sanitizer ("": under none); None when it can."""
    if not shutil.which("make"):
        return "there is no make"
    if not sanitizer:
        return None
    folder = output(sanitizer)
    folder.mkdir(parents=True, exist_ok=True)
    source, program = folder / "empty.c", folder / "empty"
    source.write_text("int main(void) { return 0; }\n")
    command = [CC, f"-fsanitize={sanitizer}", "-o", program, source]
    if subprocess.run(command, capture_output=True).returncode == 0 and subprocess.run([program]).returncode == 0:
        return None
    return f"the compiler has no -fsanitize={sanitizer}"


def output(sanitizer: str) -> Path:
    """The folder of that build; objects are shared by all who name it."""
    return BUILD / ("c-tests-" + (sanitizer.replace(",", "-") or "plain"))


def make(sanitizer: str, folder: Path, *arguments: str) -> str:
    """Run make there for that build, or skip the test; what it printed."""
    if reason := missing(sanitizer):
        pytest.skip(reason)
    command = ["make", "-s", "-j2", "-C", str(folder), f"OUT={output(sanitizer)}", f"SANITIZE={sanitizer}", FLAGS]
    run = subprocess.run([*command, *arguments], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def library(sanitizer: str) -> Path:
    """The shared library under that sanitizer."""
    make(sanitizer, HERE.parent / "src_c")
    return output(sanitizer) / "libvmaf.so.3"


def environment(sanitizer: str) -> dict[str, str]:
    """Variables under which a plain Python can load what was built so; any report ends it with status 99."""
    found = []
    for part in sanitizer.split(","):
        command = [CC, f"-print-file-name={RUNTIMES[part]}"]
        path = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        if not os.path.isabs(path):
            pytest.skip(f"the compiler has no shared {RUNTIMES[part]} to load before Python")
        found.append(path)
    variables = dict(os.environ, LD_PRELOAD=" ".join(found))
    for name in ("ASAN", "UBSAN", "TSAN"):
        # What Python itself keeps until it ends would be called leaks.
        leaks = ":detect_leaks=0" if name == "ASAN" else ""
        variables[f"{name}_OPTIONS"] = f"halt_on_error=1:exitcode=99:print_stacktrace=1{leaks}"
    return variables


def compare_golden(path: str, threads: list[int], indices: list[int]) -> None:
    """Print how many runs agreed; raise at the first that does not."""
    import json

    from support import capi
    from support.clips import make_frames
    from support.golden_cases import CLIPS, CONFIGS, GOLDEN_FILE

    engine, golden, runs = capi.Library(path), json.loads(GOLDEN_FILE.read_text()), 0
    for clip in (CLIPS[i] for i in indices):
        refs, dists = make_frames(clip)
        for name, config in CONFIGS.items():
            for n_threads in threads:
                for cpumask in (0, capi.SCALAR):
                    got = capi.score(
                        engine, refs, dists, chroma=clip.chroma, bpc=clip.bpc, n_threads=n_threads,
                        cpumask=cpumask, models=config.models, features=config.features,
                    )  # fmt: skip
                    differences = capi.differences(golden[f"{clip}/{name}"], got)
                    assert differences == [], (str(clip), name, n_threads, cpumask, differences)
                    runs += 1
    print(f"{runs} runs agree")


if __name__ == "__main__":
    compare_golden(sys.argv[1], *(list(map(int, text.split(","))) for text in sys.argv[2:]))
