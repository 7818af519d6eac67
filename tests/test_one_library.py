# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One engine in the process: C code that calls the file of get_library() has what Python registered, and no other
libvmaf comes between the extension and its own."""

from __future__ import annotations

import ctypes as ct
import errno
import gc
import os
import shutil
import subprocess
import sys
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from support import capi
from support.clips import Clip, make_frames
from test_capi import INCLUDE, LIBRARY, LINUX, cc, declared

import pyvmaf
from pyvmaf import FeatureExtractor, VmafPicture

pytestmark = pytest.mark.skipif(not LINUX, reason="the dynamic linker of Linux")
EXTENSION = Path(pyvmaf.__file__).parent / "_vmaf.abi3.so"
REFS, DISTS = make_frames(Clip(70, 54, 8, "420", frames=3))
BRIGHTER = [2 * (d[0].astype(float) - r[0]).mean() for r, d in zip(REFS, DISTS, strict=True)]


class Brighter(FeatureExtractor):
    """How much brighter the distorted luma is."""

    name = "brighter"
    features = ("brighter",)
    options = (pyvmaf.Option("scale", float, 1.0, min=0, max=100, feature_param=True),)

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        scale: float = self.scale  # type: ignore[attr-defined]
        return {"brighter": scale * float((dist.planes[0].astype(float) - ref.planes[0]).mean())}


def read(run: capi.Run) -> list[int]:
    """Feed the clip; the frames that were refused."""
    failed = []
    for i, pair in enumerate(zip(REFS, DISTS, strict=True)):
        try:
            run.read(*pair, "420", 8, i)
        except capi.CApiError as error:
            assert error.args == ("vmaf_read_pictures", -errno.ECANCELED)
            failed.append(i)
    return failed


@pytest.mark.parametrize("n_threads", [0, 2])
def test_c_code_runs_an_extractor_written_in_python(registered: Callable[..., None], n_threads: int) -> None:
    registered(Brighter)
    with capi.Run(capi.Library(LIBRARY), n_threads=n_threads, features=[("brighter", {"scale": 2})]) as run:
        assert read(run) == []
        run.flush()
        assert [run.feature_at("brighter_scale_2", i) for i in range(3)] == BRIGHTER


def test_its_exception_is_an_error_code_of_that_frame_alone(registered: Callable[..., None]) -> None:
    class Refusing(FeatureExtractor):
        name = "refusing"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            if index == 1:
                raise RuntimeError("no")
            return {"refusing": float(index)}

    registered(Refusing)
    with capi.Run(capi.Library(LIBRARY), features=[("refusing", {})]) as run:
        assert read(run) == [1]
        run.flush()
        assert [run.feature_at("refusing", i) for i in (0, 2)] == [0.0, 2.0]


def test_a_context_of_c_code_keeps_what_was_unregistered() -> None:
    class Gone(FeatureExtractor):
        name = "gone"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            return {"gone": 1.0}

    pyvmaf.register(Gone)
    gone = weakref.ref(Gone)
    with capi.Run(capi.Library(LIBRARY), features=[("gone", {})]) as run:
        pyvmaf.unregister(Gone)
        del Gone
        pyvmaf.register(Brighter)
        pyvmaf.unregister(Brighter)  # each looks whether those before are still used
        gc.collect()
        assert read(run) == []
        run.flush()
        assert run.feature_at("gone", 2) == 1.0
        assert gone() is not None
    pyvmaf.register(Brighter)
    pyvmaf.unregister(Brighter)
    gc.collect()
    assert gone() is None


ASKING = """
#include <stdio.h>
#include <libvmaf/libvmaf.h>
int ask(const char *feature)
{
    VmafContext *vmaf;
    if (vmaf_init(&vmaf, (VmafConfiguration){ .log_level = VMAF_LOG_LEVEL_ERROR }))
        return 1;
    const int err = vmaf_use_feature(vmaf, feature, NULL);
    vmaf_close(vmaf);
    return err;
}
int main(void) { printf("%d", ask("lpips")); return 0; }
"""
LINKED = (f"-I{INCLUDE}", f"-L{LIBRARY.parent}", "-lvmaf", f"-Wl,-rpath,{LIBRARY.parent}")
LOAD = "import ctypes, sys; ask = ctypes.CDLL(sys.argv[1]).ask; "


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with C code linked to the library, as a program and as a module."""
    folder = tmp_path_factory.mktemp("asking")
    (folder / "ask.c").write_text(ASKING)
    cc(folder / "ask.c", *LINKED, "-o", folder / "program")
    cc("-shared", "-fPIC", folder / "ask.c", *LINKED, "-o", folder / "module.so")
    return folder


@pytest.mark.parametrize("first", ["import pyvmaf; " + LOAD, LOAD + "import pyvmaf; "])
def test_lpips_is_there_for_c_code_once_pyvmaf_is_imported(asking: Path, first: str) -> None:
    code = first + "print(ask(b'lpips'))"
    done = subprocess.run([sys.executable, "-c", code, asking / "module.so"], capture_output=True, text=True)
    assert done.stdout == "0\n" or "model_path" in done.stderr, done  # known; its model may be missing
    assert "no feature extractor" not in done.stderr


def test_a_program_without_python_is_told_what_lpips_needs(asking: Path) -> None:
    done = subprocess.run([asking / "program"], capture_output=True, text=True)
    assert done.stdout == "-22"
    assert 'no feature extractor "lpips" in this process: it runs in Python, and is there once pyvmaf was imported' in (
        done.stderr
    )


def test_the_process_has_one_engine() -> None:
    """The extension neither has the functions nor asks the dynamic linker for them."""
    names = {flag: subprocess.run(["nm", "-D", flag, EXTENSION], capture_output=True, text=True, check=True).stdout
             for flag in ("--defined-only", "--undefined-only")}  # fmt: skip
    assert [line.split()[-1] for line in names["--defined-only"].splitlines()] == ["PyInit__vmaf"]
    assert "vmaf_" not in names["--undefined-only"]
    ct.CDLL(str(LIBRARY))
    mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "libvmaf" in line}
    assert {path for path in mapped if os.path.dirname(path) == str(LIBRARY.parent)} == {str(LIBRARY)}


SCORE = """
import numpy as np, pyvmaf
plane = np.zeros((48, 64), np.uint8)
with pyvmaf.VmafContext() as ctx:
    ctx.use_feature("psnr")
    ctx.read_pictures(plane, plane, 0, pix_fmt="gray")
    ctx.flush()
    print(ctx.feature_score_at_index("psnr_y", 0))
"""
BEFORE = {
    "preloaded": "",
    "in the global scope": "import ctypes; ctypes.CDLL({other!r}, ctypes.RTLD_GLOBAL)",
    "imported first": "import ctypes, pyvmaf; ctypes.CDLL({other!r}, ctypes.RTLD_GLOBAL)",
}


@pytest.mark.parametrize("way", BEFORE)
def test_another_libvmaf_in_the_process_is_not_called(way: str, tmp_path: Path) -> None:
    """A host program that has a libvmaf of its own, of the same soname, keeps it; the extension keeps ours."""
    source, other = tmp_path / "other.c", tmp_path / "libvmaf.so.3"
    source.write_text("#include <stdlib.h>\n" + "".join(f"void {n}(void) {{ abort(); }}\n" for n in sorted(declared())))
    cc("-shared", "-fPIC", "-Wl,-soname,libvmaf.so.3", source, "-o", other)
    environment = os.environ | ({"LD_PRELOAD": str(other)} if way == "preloaded" else {})
    code = BEFORE[way].format(other=str(other)) + SCORE
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("60.0\n", "", 0)


def test_a_missing_library_is_an_import_error(tmp_path: Path) -> None:
    folder = tmp_path / "pyvmaf"
    shutil.copytree(EXTENSION.parent, folder, ignore=shutil.ignore_patterns("share", "__pycache__"))
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import pyvmaf"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith("ImportError: the library of pyvmaf cannot be loaded; install it again: ")
    assert str(folder / "share" / "lib" / "libvmaf.so.3") in said
