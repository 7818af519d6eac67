# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Kernels outside this process, against the plain ones: emulated, and under sanitizers.

AVX-512 through SIMDe (Debian: libsimde-dev), which makes plain C of intrinsics;
NEON through a cross compiler and qemu (gcc-aarch64-linux-gnu, qemu-user).
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from kernels import KERNEL_SETS, kernels

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "tests" / "c" / "emulated"
CFLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]


def sources() -> list[Path]:
    """The comparison and all kernels but the choice among sets."""
    kernels = [p for p in (ROOT / "src_c" / "kernel").glob("*.c") if p.name != "table.c"]
    return sorted(HERE.glob("*.c")) + sorted(kernels)


def check(name: str, command: list[str | Path]) -> None:
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith(f"{name}: 0 of ")


def has_simde(compiler: str) -> bool:
    probe = [compiler, "-E", "-include", "simde/x86/avx512.h", "-x", "c", "/dev/null"]
    return subprocess.run(probe, capture_output=True).returncode == 0


@pytest.mark.parametrize("name", ["avx512", "avx512vnni"])
def test_avx512_in_plain_c(name: str, tmp_path: Path) -> None:
    compiler = os.environ.get("CC", "cc")
    if not shutil.which(compiler):
        pytest.skip("there is no C compiler")
    if not has_simde(compiler):
        pytest.skip("there is no SIMDe (libsimde-dev)")
    kernels, program = tmp_path / "set.o", tmp_path / "compare"
    source = ROOT / "src_c" / "simd" / f"{name}.c"
    # SIMDe's own code is not free of warnings.
    emulate = ["-w", "-Wno-psabi", "-include", HERE / "simde.h"]
    subprocess.run([compiler, *CFLAGS, *emulate, "-c", source, "-o", kernels], check=True)
    build = [compiler, *CFLAGS, f"-DSET=kernels_{name}", *sources(), kernels, "-o", program]
    subprocess.run([*build, "-lm", "-pthread"], check=True)
    check(name, [program])


def test_neon_in_qemu(tmp_path: Path) -> None:
    compiler, emulator = "aarch64-linux-gnu-gcc", "qemu-aarch64"
    for tool, package in ((compiler, "gcc-aarch64-linux-gnu"), (emulator, "qemu-user")):
        if not shutil.which(tool):
            pytest.skip(f"there is no {tool} ({package})")
    program = tmp_path / "compare"
    kernels = ROOT / "src_c" / "simd" / "neon.c"
    build = [compiler, *CFLAGS, "-static", "-DSET=kernels_neon", *sources(), kernels]
    subprocess.run([*build, "-o", program, "-lm", "-pthread"], check=True)
    check("neon", [emulator, program])


@pytest.mark.parametrize("name", KERNEL_SETS)
def test_native_set_under_sanitizers(name: str, tmp_path: Path) -> None:
    """No overflow, no access outside an object, in this set's kernels and in the plain ones."""
    kernels(name)
    compiler = os.environ.get("CC", "cc")
    probe = [compiler, "-x", "c", "-", "-fsanitize=address,undefined", "-o", tmp_path / "probe"]
    if (
        not shutil.which(compiler)
        or subprocess.run(probe, input=b"int main(void) { return 0; }", capture_output=True).returncode
    ):
        pytest.skip("there is no compiler with the address and undefined sanitizers")
    program = tmp_path / "compare"
    sanitize = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
    source = ROOT / "src_c" / "simd" / f"{name}.c"
    build = [compiler, *CFLAGS, *sanitize, f"-DSET=kernels_{name}", *sources(), source]
    subprocess.run([*build, "-o", program, "-lm", "-pthread"], check=True)
    check(name, [program])
