# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The package for C users: headers, shared library, layout of structures, a program that scores a clip."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.clips import Clip, make_frames

import pyvmaf
from pyvmaf import VmafContext, VmafModel
from pyvmaf._ffi import ffi

INCLUDE, LIBRARY = Path(pyvmaf.get_include()), Path(pyvmaf.get_library())
LINUX = sys.platform.startswith("linux")


def declared() -> set[str]:
    """The functions that the installed headers declare."""
    names: set[str] = set()
    for header in INCLUDE.glob("*/*.h"):
        code = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.DOTALL)
        names |= set(re.findall(r"\b((?:py)?vmaf_\w+)\s*\(", code))
    return names


def cc(*arguments: str | Path) -> None:
    compiler = os.environ.get("CC", "cc")
    done = subprocess.run([compiler, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not LINUX, reason="GNU nm -D")
def test_just_the_public_functions_are_exported() -> None:
    listing = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, text=True, check=True).stdout
    exported = {line.split()[-1] for line in listing.splitlines()}
    assert exported == declared()
    assert len(exported) > 35


@pytest.mark.skipif(not LINUX, reason="ELF")
def test_names_of_the_library() -> None:
    headers = subprocess.run(["readelf", "-d", LIBRARY], capture_output=True, text=True, check=True).stdout
    assert "[libvmaf.so.3]" in headers
    assert sorted(p.name for p in LIBRARY.parent.glob("libvmaf.so*")) == ["libvmaf.so", "libvmaf.so.3"]
    assert (LIBRARY.parent / "libvmaf.so").read_text() == "INPUT(libvmaf.so.3)\n"


LAYOUT = {
    "VmafConfiguration": (32, {"log_level": 0, "n_threads": 4, "n_subsample": 8, "cpumask": 16, "gpumask": 24}),
    "VmafPicture": (
        96,
        {"pix_fmt": 0, "bpc": 4, "w": 8, "h": 20, "stride": 32, "data": 56, "ref": 80, "priv": 88},
    ),
    "VmafPictureConfiguration": (
        20,
        {"pic_params.w": 0, "pic_params.h": 4, "pic_params.bpc": 8, "pic_params.pix_fmt": 12, "pic_cnt": 16},
    ),
    "VmafModelConfig": (16, {"name": 0, "flags": 8}),
    "VmafModelCollectionScore": (
        40,
        {
            "type": 0,
            "bootstrap.bagging_score": 8,
            "bootstrap.stddev": 16,
            "bootstrap.ci.p95.lo": 24,
            "bootstrap.ci.p95.hi": 32,
        },
    ),
}


@pytest.mark.skipif(sys.maxsize < 2**32, reason="the layout is that of 64-bit systems")
@pytest.mark.parametrize("name", LAYOUT)
def test_layout_of_structures(name: str) -> None:
    size, offsets = LAYOUT[name]
    assert ffi.sizeof(name) == size
    assert {field: ffi.offsetof(name, *field.split(".")) for field in offsets} == offsets


def test_every_header_compiles_alone(tmp_path: Path) -> None:
    headers = sorted(h.relative_to(INCLUDE).as_posix() for h in INCLUDE.glob("*/*.h"))
    assert "libvmaf/libvmaf.h" in headers and "pyvmaf/extractor.h" in headers
    for i, header in enumerate(headers):
        source = tmp_path / f"{i}.c"
        source.write_text(f"#include <{header}>\n#include <{header}>\nint unused;\n")
        cc("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{INCLUDE}", source)


def test_the_pkg_config_file(tmp_path: Path) -> None:
    text = (LIBRARY.parent / "pkgconfig" / "libvmaf.pc").read_text()
    assert "Version: 3.2.0" in text
    if not shutil.which("pkg-config"):
        return
    env = os.environ | {"PKG_CONFIG_PATH": str(LIBRARY.parent / "pkgconfig")}
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libvmaf"], env=env, capture_output=True, text=True)
    folders = [Path(f[2:]).resolve() for f in flags.stdout.split() if f[:2] in ("-I", "-L")]
    assert folders == [INCLUDE, INCLUDE / "libvmaf", LIBRARY.parent]


@pytest.mark.parametrize("include", ["libvmaf/libvmaf.h", "libvmaf.h"])
@pytest.mark.parametrize("kind", ["shared", "static"])
def test_a_client_compiles_as_its_author_wrote_it(include: str, kind: str, tmp_path: Path) -> None:
    """FFmpeg and GStreamer include <libvmaf.h>; libvmaf's own header brings <stdio.h>."""
    source, program = tmp_path / "client.c", tmp_path / "client"
    source.write_text(f"#include <{include}>\nint main(void) {{ puts(vmaf_version()); return 0; }}\n")
    linked = [LIBRARY, f"-Wl,-rpath,{LIBRARY.parent}"] if kind == "shared" else [LIBRARY.parent / "libvmaf.a"]
    cc(f"-I{INCLUDE}", f"-I{INCLUDE / 'libvmaf'}", source, *linked, "-lm", "-pthread", "-o", program)
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    assert printed.startswith("3.2.0") and pyvmaf.__version__ in printed


@pytest.mark.skipif(not LINUX, reason="GNU nm")
def test_the_static_library_has_the_public_names_only() -> None:
    archive = LIBRARY.parent / "libvmaf.a"
    listing = subprocess.run(["nm", "-g", "--defined-only", archive], capture_output=True, text=True, check=True).stdout
    found = {line.split()[-1] for line in listing.splitlines() if len(line.split()) == 3}
    assert found == declared()


PROGRAM = r"""
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libvmaf/libvmaf.h>

static int read_header(FILE *file, unsigned *w, unsigned *h)
{
    char line[256];
    if (!fgets(line, sizeof line, file))
        return -1;
    return sscanf(line, "YUV4MPEG2 W%u H%u", w, h) == 2 ? 0 : -1;
}

/* 1: a frame; 0: the end; negative: an error. */
static int read_frame(FILE *file, VmafPicture *pic, unsigned w, unsigned h)
{
    char line[64];
    if (!fgets(line, sizeof line, file))
        return 0;
    int err = vmaf_picture_alloc(pic, VMAF_PIX_FMT_YUV420P, 8, w, h);
    for (int p = 0; p < 3 && !err; p++)
        for (unsigned y = 0; y < pic->h[p] && !err; y++)
            err = fread((char *)pic->data[p] + y * pic->stride[p], pic->w[p], 1, file) != 1;
    return err ? -1 : 1;
}

int main(int argc, char **argv)
{
    VmafConfiguration cfg = { .log_level = VMAF_LOG_LEVEL_WARNING, .n_threads = 2 };
    VmafModelConfig model_cfg = { 0 };
    VmafContext *vmaf;
    VmafModel *model;
    FILE *file[2];
    unsigned w, h, n = 0;
    double score;

    for (int i = 0; i < 2; i++)
        if (argc != 3 || !(file[i] = fopen(argv[1 + i], "rb")) || read_header(file[i], &w, &h))
            return 2;
    if (vmaf_init(&vmaf, cfg) || vmaf_model_load(&model, &model_cfg, "vmaf_v0.6.1") ||
        vmaf_use_features_from_model(vmaf, model))
        return 3;
    for (;; n++) {
        VmafPicture ref, dist;
        const int got = read_frame(file[0], &ref, w, h);
        if (got < 0 || read_frame(file[1], &dist, w, h) != got)
            return 4;
        if (!got)
            break;
        if (vmaf_read_pictures(vmaf, &ref, &dist, n))
            return 5;
    }
    if (vmaf_read_pictures(vmaf, NULL, NULL, 0))
        return 6;
    for (unsigned i = 0; i < n; i++) {
        if (vmaf_score_at_index(vmaf, model, &score, i))
            return 7;
        printf("%.17g\n", score);
    }
    if (vmaf_score_pooled(vmaf, model, VMAF_POOL_METHOD_HARMONIC_MEAN, &score, 0, n - 1))
        return 8;
    printf("%.17g\n", score);
    vmaf_close(vmaf);
    vmaf_model_destroy(model);
    for (int i = 0; i < 2; i++)
        fclose(file[i]);
    return 0;
}
"""


def test_a_c_program_scores_a_clip(tmp_path: Path) -> None:
    sides = make_frames(Clip(161, 91, frames=4))
    for name, frames in zip(("ref", "dist"), sides, strict=True):
        with open(tmp_path / f"{name}.y4m", "wb") as out:
            out.write(b"YUV4MPEG2 W161 H91 F25:1 Ip A1:1 C420jpeg\n")
            for frame in frames:
                out.write(b"FRAME\n" + b"".join(p.tobytes() for p in frame))
    source, program = tmp_path / "score.c", tmp_path / "score"
    source.write_text(PROGRAM)
    folder = LIBRARY.parent
    cc(
        "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{INCLUDE}", source, "-o", program,
        f"-L{folder}", "-lvmaf", f"-Wl,-rpath,{folder}",
    )  # fmt: skip
    # The program reads floor-sized chroma, so the clip must have it.
    assert sides[0][0][1].shape == (45, 80)
    done = subprocess.run([program, tmp_path / "ref.y4m", tmp_path / "dist.y4m"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")

    with VmafContext() as ctx:
        model = VmafModel("vmaf_v0.6.1")
        ctx.use_features_from_model(model)
        for i, (ref, dist) in enumerate(zip(*sides, strict=True)):
            ctx.read_pictures(ref, dist, i)
        ctx.flush()
        want = [ctx.score_at_index(model, i) for i in range(4)] + [ctx.score_pooled(model, "harmonic_mean")]
    assert list(map(float, done.stdout.split())) == want
    assert len(set(want)) > 1
