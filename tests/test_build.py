# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The build: what cffi reads of the headers, and a source archive that makes a complete wheel."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.common import FULL

import pyvmaf
from pyvmaf._ffi import ffi, lib

ROOT = Path(__file__).parents[1]


def test_every_declared_function_is_callable_from_python() -> None:
    names: set[str] = set()
    for header in (ROOT / "include").glob("*/*.h"):
        code = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.DOTALL)
        names |= set(re.findall(r"\b((?:py)?vmaf_\w+)\s*\(", code))
    assert len(names) > 35
    assert [n for n in sorted(names) if not hasattr(lib, n)] == []


def test_kernel_sets_are_reachable_by_name() -> None:
    names: list[str] = []
    while (name := lib.kernel_table_name_at(len(names))) != ffi.NULL:
        names.append(ffi.string(name).decode())
    assert names[-1] == "scalar" and len(names) > 1
    scalar = lib.kernel_table_by_name(b"scalar")
    assert ffi.string(scalar.name) == b"scalar" and scalar.vif.scale != ffi.NULL
    assert lib.kernel_table_by_name(b"mmx") == ffi.NULL


def test_the_builder_and_setup_are_short() -> None:
    assert len((ROOT / "setup.py").read_text().splitlines()) <= 80
    assert len((ROOT / "pyvmaf" / "_build.py").read_text().splitlines()) <= 90


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ELF")
@pytest.mark.parametrize("product", ["pyvmaf/_vmaf.abi3.so", "pyvmaf/share/lib/libvmaf.so.3"])
def test_what_is_built_is_hardened_and_names_no_path(product: str) -> None:
    path = Path(pyvmaf.__file__).parents[1] / product
    listing = subprocess.run(["readelf", "-dlSW", path], capture_output=True, text=True, check=True).stdout
    stack = next(line.split() for line in listing.splitlines() if "GNU_STACK" in line)
    assert "GNU_RELRO" in listing and "BIND_NOW" in listing and "RWE" not in stack
    assert "RPATH" not in listing and "RUNPATH" not in listing
    assert ".symtab" not in listing and ".debug_info" not in listing
    names = subprocess.run(["nm", "-D", "--undefined-only", path], capture_output=True, text=True, check=True).stdout
    assert "__stack_chk_fail" in names
    if "share" in product:
        assert "__snprintf_chk" in names and "__strcpy_chk" in names
    folders = [str(ROOT), sys.base_prefix, str(Path.home())]
    assert [f for f in folders if len(f) > 5 and f.encode() in path.read_bytes()] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel made from nothing but the source archive, with the tools of this environment."""
    for module in ("setuptools", "cffi"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is needed to build")
    tmp = tmp_path_factory.mktemp("build")
    env = os.environ | {"CFLAGS": "-O0", "PYTHONPATH": ""}

    def backend(call: str, folder: Path) -> Path:
        code = f"import setuptools.build_meta as b; print(b.{call}({str(tmp)!r}))"
        done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        return tmp / done.stdout.split()[-1]

    sdist = backend("build_sdist", ROOT)
    subprocess.run(["tar", "-xzf", sdist, "-C", tmp], check=True)
    return backend("build_wheel", tmp / sdist.name.removesuffix(".tar.gz"))


def test_the_wheel_is_complete(wheel: Path) -> None:
    assert re.fullmatch(r"pyvmaf-[\d.]+-cp310-abi3-\w+\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    share = {n.removeprefix("pyvmaf/share/") for n in names if n.startswith("pyvmaf/share/")}
    for folder, pattern in (("include", "*/*.h"), ("model", "*.json")):
        files = {f"{folder}/{p.relative_to(ROOT / folder).as_posix()}" for p in (ROOT / folder).glob(pattern)}
        assert files and files <= share
    libraries = sorted(n.removeprefix("lib/") for n in share if n.startswith("lib/libvmaf") and not n.endswith(".a"))
    assert libraries in (["libvmaf.so", "libvmaf.so.3"], ["libvmaf.3.dylib", "libvmaf.dylib"])
    sources = {p.relative_to(ROOT).as_posix() for p in (ROOT / "pyvmaf").rglob("*.py") if "share" not in p.parts}
    assert sources <= names
    assert {"pyvmaf/py.typed", "pyvmaf/_vmaf.pyi"} <= names
    built = [n for n in names if n.startswith(("tests/", "benchmarks/", "src_c/")) or n.endswith((".o", ".a", ".c"))]
    assert built == ["pyvmaf/share/lib/libvmaf.a"]  # for programs that link statically


def test_the_wheel_works(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import numpy as np, pyvmaf, os\n"
        "assert pyvmaf.__file__.startswith(os.getcwd()), pyvmaf.__file__\n"
        "assert os.path.exists(pyvmaf.get_library()) and os.path.exists(pyvmaf.get_include())\n"
        "p = np.arange(64 * 48, dtype=np.uint8).reshape(48, 64)\n"
        "with pyvmaf.VmafContext() as ctx:\n"
        "    m = pyvmaf.VmafModel('vmaf_v0.6.1'); ctx.use_features_from_model(m)\n"
        "    ctx.read_pictures((p,), (p,), 0); ctx.flush()\n"
        "    print(ctx.feature_score_at_index('integer_vif_scale0', 0), ctx.score_at_index(m, 0) > 90)\n"
    )
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1.0 True\n", "")


@pytest.mark.skipif(not FULL, reason="installs into a fresh environment, over the network; PYVMAF_FULL=1 runs it")
def test_an_editable_install(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "--quiet", ROOT, source], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-e", source], check=True)
    code = "import pyvmaf; print(pyvmaf.__file__, pyvmaf.get_library(), pyvmaf.VmafContext().cpu)"
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    file, library, _ = done.stdout.split()
    assert Path(file).is_relative_to(source) and Path(library).is_relative_to(source)


def test_a_machine_without_make_or_compiler_is_told_in_one_sentence(tmp_path: Path) -> None:
    code = "import sys; sys.argv[1:] = ['-q', 'build_ext', '--inplace']; exec(open('setup.py').read())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": str(tmp_path)},
    )
    assert done.returncode != 0
    said = done.stderr.strip().splitlines()[-1]
    assert "pyvmaf is built from C and needs make and a C compiler (" in said and "not found here: apt install" in said


def test_importing_in_a_clone_that_is_not_built_says_what_helps(tmp_path: Path) -> None:
    folder = tmp_path / "clone" / "pyvmaf"
    folder.mkdir(parents=True)
    for path in (ROOT / "pyvmaf").glob("*.py"):
        (folder / path.name).write_bytes(path.read_bytes())
    done = subprocess.run([sys.executable, "-c", "import pyvmaf"], cwd=folder.parent, capture_output=True, text=True)
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith(f"ImportError: {folder} is pyvmaf's source, which is not built: ")
    assert "run Python in another folder" in said
