# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Programs of libvmaf's interface, one for each way that others call it: built against the package, and against the
peer where it is at hand, they print the same numbers."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import capi
from test_capi import INCLUDE, LIBRARY, LINUX, cc
from test_oracle import peer

import pyvmaf

pytestmark = pytest.mark.skipif(not LINUX, reason="a linker and a dynamic linker of Linux")
CLIENTS = Path(__file__).parent / "c" / "clients"
SOURCES = sorted(CLIENTS.glob("*.c"))
FLAGS = [f"-I{INCLUDE}", f"-I{INCLUDE / 'libvmaf'}", "-Wall", "-Wextra", "-Werror"]
SHARED = [f"-L{LIBRARY.parent}", "-lvmaf", f"-Wl,-rpath,{LIBRARY.parent}"]
STATIC = [f"-L{LIBRARY.parent}", "-Wl,-Bstatic", "-lvmaf", "-Wl,-Bdynamic", "-lm", "-pthread"]
COMPILERS = [name for name in ("cc", "gcc", "clang", "c++", "g++", "clang++") if shutil.which(name)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clients")


def run(program: Path, cpumask: int, threads: int) -> list[str]:
    done = subprocess.run([program, str(cpumask), str(threads)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def later(lines: list[str]) -> list[str]:
    """What was printed after the run; what was printed during it must be among that."""
    known = {line.partition(" ")[2] for line in lines if not line.startswith("then ")}
    assert {line.partition(" ")[2] for line in lines if line.startswith("then ")} <= known
    return [line for line in lines if not line.startswith("then ")]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_client_scores_as_with_the_peer(source: Path, folder: Path) -> None:
    program = folder / source.stem
    cc("-std=c11", *FLAGS, source, *SHARED, "-o", program)
    alone = run(program, 0, 0)
    assert len(alone) >= 8 and len({line.split()[-1] for line in alone}) > 3
    then = [line.split()[1] for line in alone if line.startswith("then ")]
    assert then == (["0", "1", "2"] if source.stem == "during" else [])
    assert later(alone) == later(run(program, 0, 2)) == later(run(program, capi.SCALAR, 0))
    other = folder / f"{source.stem}-peer"
    library = Path(peer().path)
    linked = [library, f"-Wl,-rpath,{library.parent}", "-Wl,--allow-shlib-undefined"]
    cc("-DPEER", *FLAGS, source, *linked, "-o", other)
    theirs = later(run(other, capi.SCALAR, 0))
    assert len(theirs) >= 8 and later(alone)[: len(theirs)] == theirs  # what the peer has not comes last


@pytest.mark.parametrize("linked", [SHARED, STATIC], ids=["shared", "static"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_compiler_builds_and_links(
    compiler: str, linked: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = ["-x", "c++"] if "+" in compiler else ["-std=c11"]
    program = folder / f"{compiler}-{linked is STATIC}"
    monkeypatch.setenv("CC", compiler)
    cc(*language, *FLAGS, CLIENTS / "allocate.c", "-x", "none", *linked, "-o", program)
    needed = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    assert ("[libvmaf.so.3]" in needed) == (linked is SHARED)
    assert len(run(program, 0, 0)) == 8


@pytest.mark.skipif(not shutil.which("pkg-config"), reason="there is no pkg-config")
def test_pkg_config_builds_one(folder: Path) -> None:
    environment = os.environ | {"PKG_CONFIG_PATH": str(LIBRARY.parent / "pkgconfig")}
    asked = ["pkg-config", "--cflags", "--libs", "libvmaf"]
    flags = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True).stdout.split()
    cc(CLIENTS / "import.c", *flags, f"-Wl,-rpath,{LIBRARY.parent}", "-o", folder / "pkg-config")
    assert run(folder / "pkg-config", 0, 0)[0] == "again 1"


@pytest.mark.skipif(not shutil.which("valgrind"), reason="there is no valgrind")
def test_valgrind_reports_nothing(folder: Path) -> None:
    """No undefined value, overrun or leak, in any extractor; on AVX2, as Valgrind has no wider vectors."""
    program = folder / "memory"
    cc(*FLAGS, CLIENTS / "features.c", *SHARED, "-o", program)
    command = ["valgrind", "-q", "--leak-check=full", "--error-exitcode=9", program, "0", "2"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == run(program, 0, 0)


def test_the_line_of_the_page_builds_a_program_that_runs(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "c-api.md").read_text()
    (line,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    header = (CLIENTS / "client.h").read_text()
    (tmp_path / "client.h").write_text(header.replace("<libvmaf.h>", "<libvmaf/libvmaf.h>"))
    shutil.copy(CLIENTS / "allocate.c", tmp_path / "score.c")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    paths = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(Path(pyvmaf.__file__).parents[1])}
    subprocess.run(["sh", "-e", "-c", line], cwd=tmp_path, env={**os.environ, **paths}, check=True)
    assert len(run(tmp_path / "score", 0, 0)) >= 8
