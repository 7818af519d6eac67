# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Kernel calls that were recorded here, repeated elsewhere: under sanitizers, and on emulated processors.

AVX-512 through SIMDe (Debian: libsimde-dev), which makes plain C of intrinsics;
NEON through a cross compiler and qemu (gcc-aarch64-linux-gnu, qemu-user).
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support import kernel_harness as harness
from support import replay, sanitizers
from support.common import FULL
from support.kernels import KERNEL_SETS, kernels

KERNELS = {kernel.name: kernel for kernel in harness.discovered()}
EACH = pytest.mark.parametrize("kernel", KERNELS)
SOURCES = sanitizers.HERE / "c"
SIMDE = [f"CFLAGS=-O1 -w -Wno-psabi -include {SOURCES}/simde.h", "SETS=avx512 avx512vnni"]
NEON = ["CC=aarch64-linux-gnu-gcc", "CFLAGS=-O1 -static"]


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, int]]:
    """The file of a kernel's calls, and how many it has; written once."""
    folder, made = tmp_path_factory.mktemp("recorded"), dict[str, tuple[Path, int]]()

    def record(name: str) -> tuple[Path, int]:
        if name not in made:
            path = folder / name
            made[name] = path, replay.record(KERNELS[name], path)
        return made[name]

    return record


Recorded = Callable[[str], tuple[Path, int]]


def check(command: list[str | Path], file: Path, calls: int) -> None:
    environment = dict(os.environ, UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
    run = subprocess.run([*command, file], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, (run.stdout + run.stderr)[-8000:]
    assert run.stdout == f"0 of {calls} calls differ\n"


@functools.cache
def program(build: str, name: str, *arguments: str, sanitizer: str = "") -> Path:
    """The replayer of that set, in the build of that name."""
    folder = sanitizers.output(build)
    sanitizers.make(sanitizer, SOURCES, f"OUT={folder}", *arguments, f"{folder}/replay-{name}")
    return folder / f"replay-{name}"


@pytest.mark.parametrize("name", ("scalar", *KERNEL_SETS))
@EACH
def test_under_sanitizers(recorded: Recorded, kernel: str, name: str) -> None:
    """No overflow, no access outside an object, no misaligned pointer."""
    kernels(name)
    both = "address,undefined"
    check([program(both, name, sanitizer=both)], *recorded(kernel))


def test_differences_are_reported(recorded: Recorded, tmp_path: Path) -> None:
    """A record of another sum, another output, and less scratch memory than the kernel writes."""
    both, words = "address,undefined", 128  # what numbers follow the texts of the first record
    for kernel, at, value, report in (
        ("motion.sad", words + 15 * 8, 1 << 40, " calls differ\n"),
        ("motion.sad", words + 8, 0, "heap-buffer-overflow"),
    ):
        file, _ = recorded(kernel)
        data = bytearray(file.read_bytes())
        data[at : at + 8] = value.to_bytes(8, "little")
        (tmp_path / "changed").write_bytes(data)
        run = subprocess.run(
            [program(both, "scalar", sanitizer=both), tmp_path / "changed"], capture_output=True, text=True
        )
        assert run.returncode and report in run.stdout + run.stderr and "\n0 of" not in "\n" + run.stdout


@pytest.mark.parametrize("name", ["avx512", "avx512vnni"])
@EACH
def test_avx512_in_plain_c(recorded: Recorded, kernel: str, name: str) -> None:
    if name in harness.available() and not FULL:
        pytest.skip(f"this processor has {name} itself (PYVMAF_FULL=1 emulates it nevertheless)")
    probe = [sanitizers.CC, "-E", "-include", "simde/x86/avx512.h", "-x", "c", "/dev/null"]
    if subprocess.run(probe, capture_output=True).returncode:
        pytest.skip("there is no SIMDe (libsimde-dev)")
    check([program("simde", name, *SIMDE)], *recorded(kernel))


@pytest.mark.parametrize("name", ["scalar", "neon"])
@EACH
def test_neon_in_qemu(recorded: Recorded, kernel: str, name: str) -> None:
    for tool, package in (("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"), ("qemu-aarch64", "qemu-user")):
        if not shutil.which(tool):
            pytest.skip(f"there is no {tool} ({package})")
    check(["qemu-aarch64", program("neon", name, *NEON)], *recorded(kernel))
