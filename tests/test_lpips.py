# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The extractor `lpips`: published values, every way to call it, threads, options.

A tiny network with the real one's layers stands in for it, except where published
values are compared.
"""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import lpips_clips as clips
from support import lpips_models as models
from support.lpips_runs import ENVIRONMENT, PAIRS, frame, loaded, scores, vmaf, y4m

import pyvmaf
from pyvmaf import VmafContext, VmafModel
from pyvmaf._ffi import ffi, lib
from pyvmaf.cli.vmaf import main as vmaf_main
from pyvmaf.engine.rows import sessions
from pyvmaf.lpips import extractor
from pyvmaf.lpips.network import Network
from pyvmaf.lpips.tags import contradictions

pytestmark = pytest.mark.usefixtures("lpips_by_itself")
needs_shared = pytest.mark.skipif(not clips.GOLDEN.exists(), reason="the published clips are not beside the repository")


# Values.


@needs_shared
@pytest.mark.parametrize("n_threads", [0, 1, 2, 4])
def test_published_values(n_threads: int) -> None:
    """All clips without threads; those below 300,000 samples with each number of them."""
    golden = clips.golden()
    compared, worst = 0, 0.0
    for clip in golden["clips"]:
        if n_threads and clip["w"] * clip["h"] > 100_000:
            continue
        pairs = clips.load(clip)
        if pairs is None:
            continue
        values = scores({"model_path": clips.MODEL}, pairs, n_threads=n_threads, bpc=clip["bitdepth"])["lpips"]
        for wanted, value in zip(clip["frames"], values, strict=True):
            worst = max(worst, abs(value - wanted["value"]))
            assert value == 0 or wanted["value"] != 0
            compared += 1
    assert worst <= golden["tolerance_abs"]
    assert compared == (104 if not n_threads else 78)


@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_threads_change_no_bit(tiny: Path, n_threads: int) -> None:
    pairs = [(frame(i, 333, 250), frame(i + 1, 333, 250)) for i in range(5)]
    options = {"model_path": tiny}
    assert scores(options, pairs, n_threads=n_threads) == scores(options, pairs)


def test_depths_agree_on_the_same_content(tiny: Path) -> None:
    eight = scores({"model_path": tiny}, PAIRS[:2])
    for bpc in (10, 12, 16):
        deeper = [tuple(tuple(p.astype(np.uint16) << (bpc - 8) for p in side) for side in pair) for pair in PAIRS[:2]]
        assert scores({"model_path": tiny}, deeper, bpc=bpc) == eight  # type: ignore[arg-type]


def test_beside_vmaf_nothing_moves(tiny: Path) -> None:
    found = []
    for with_lpips in (False, True):
        model = VmafModel("vmaf_v0.6.1")
        with VmafContext(n_threads=2) as ctx:
            ctx.use_features_from_model(model)
            if with_lpips:
                ctx.use_feature("lpips", {"model_path": tiny})
            for i, (ref, dist) in enumerate(PAIRS):
                ctx.read_pictures(ref, dist, i)
            ctx.flush()
            names = [n for n in ctx.feature_names if n != "lpips"]
            found.append({n: [ctx.feature_score_at_index(n, i) for i in range(6)] for n in names})
            found[-1]["vmaf"] = [ctx.score_pooled(model, "mean")]
            if with_lpips:
                mean = ctx.feature_score_pooled("lpips", "mean")
                assert mean == pytest.approx(np.mean(scores({"model_path": tiny})["lpips"]))
    assert found[0] == found[1]


def test_one_network_serves_the_workers_of_a_context(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Network] = []

    class Counted(Network):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr("pyvmaf.lpips.network.Network", Counted)
    scores({"model_path": tiny}, n_threads=4)
    assert [net.threads for net in made] == [4]
    scores({"model_path": tiny})
    assert [net.threads for net in made] == [4, 1]


# Ways to call it.


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("video")
    return [str(y4m(folder / f"{k}.y4m", [pair[k] for pair in PAIRS])) for k in (0, 1)]


WAYS = ("feature", "feature_params", "environment")


def ask(way: str, model: Path) -> tuple[list[str], dict[str, str]]:
    """Arguments and environment of a way to name the model to the command."""
    arguments = {
        "feature": ["--feature", f"lpips=model_path={model}"],
        "feature_params": ["--feature", "lpips", "--feature_params", f"lpips:model_path={model}"],
        "environment": ["--feature", "lpips"],
    }[way]
    return arguments, {extractor.ENVIRONMENT: str(model)} if way == "environment" else {}


@needs_shared
@pytest.mark.parametrize("way", WAYS)
def test_published_values_of_the_command(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raw files of the smaller clips; a log has six decimals, which the tolerance covers."""
    golden = clips.golden()
    arguments, environment = ask(way, clips.MODEL)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    compared = 0
    for clip in golden["clips"]:
        pairs = clips.load(clip) if clip["w"] * clip["h"] < 60_000 else None
        if pairs is None:
            continue
        for k, side in enumerate(("-r", "-d")):
            raw = b"".join(np.ascontiguousarray(p).tobytes() for pair in pairs for p in pair[k])
            (tmp_path / f"{side}.yuv").write_bytes(raw)
        geometry = ["-w", clip["w"], "-h", clip["h"], "-p", clip["pix_fmt"], "-b", clip["bitdepth"]]
        files = ["-r", "./-r.yuv", "-d", "./-d.yuv", "-o", "log.json", "--json", "-n", "-q"]
        assert vmaf_main([*files, *map(str, geometry), *arguments]) == 0
        found = [f["metrics"]["lpips"] for f in json.loads((tmp_path / "log.json").read_text())["frames"]]
        for wanted, value in zip(clip["frames"], found, strict=True):
            assert abs(value - wanted["value"]) <= golden["tolerance_abs"]
            compared += 1
    assert compared > 30


@pytest.mark.parametrize("way", WAYS)
def test_the_command_vmaf(tiny: Path, videos: list[str], tmp_path: Path, way: str) -> None:
    arguments, environment = ask(way, tiny)
    out = tmp_path / "log.json"
    done = vmaf(videos, *arguments, "-n", "--json", "-o", str(out), environment=environment)
    assert done.returncode == 0, done.stderr
    found = [f["metrics"]["lpips"] for f in json.loads(out.read_text())["frames"]]
    assert found == pytest.approx(scores({"model_path": tiny})["lpips"], abs=1e-6)


def test_a_context_made_in_c(tiny: Path) -> None:
    """The calls of a C program, in a process in which Python registered the extractor."""
    pointer = ffi.new("VmafContext **")
    assert not lib.vmaf_init(pointer, ffi.new("VmafConfiguration *", {"n_threads": 2})[0])
    options = ffi.new("VmafFeatureDictionary **")
    assert not lib.vmaf_feature_dictionary_set(options, b"model_path", str(tiny).encode())
    assert not lib.vmaf_use_feature(pointer[0], b"lpips", options[0])
    for i, pair in enumerate(PAIRS):
        pictures = []
        for side in pair:
            pictures.append(ffi.new("VmafPicture *"))
            assert not lib.vmaf_picture_alloc(pictures[-1], lib.VMAF_PIX_FMT_YUV420P, 8, 48, 40)
            for k, plane in enumerate(side):
                data, stride = ffi.cast("char *", pictures[-1].data[k]), pictures[-1].stride[k]
                for row, samples in enumerate(plane):
                    ffi.memmove(data + row * stride, samples.tobytes(), len(samples))
        assert not lib.vmaf_read_pictures(pointer[0], *pictures, i)
    assert not lib.vmaf_read_pictures(pointer[0], ffi.NULL, ffi.NULL, 0)
    mean = ffi.new("double *")
    assert not lib.vmaf_feature_score_pooled(pointer[0], b"lpips", lib.VMAF_POOL_METHOD_MEAN, mean, 0, 5)
    assert mean[0] == pytest.approx(np.mean(scores({"model_path": tiny})["lpips"]), abs=1e-12)
    assert len(sessions) == 1
    assert not lib.vmaf_close(pointer[0])
    assert not sessions


def test_the_one_liner(tiny: Path, videos: list[str]) -> None:
    result = pyvmaf.score(*videos, model=None, features=[("lpips", {"model_path": str(tiny)})])
    assert result["lpips"].tolist() == scores({"model_path": tiny})["lpips"]


def test_importing_pyvmaf_does_not_import_the_runtime() -> None:
    code = "import sys, pyvmaf; print('onnxruntime' in sys.modules, *(e.name for e in pyvmaf.extractors()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    imported, *names = done.stdout.split()
    assert (imported, names.count("lpips")) == ("False", 1)


# Options.


def test_options_are_part_of_the_name_and_move_the_score(tiny: Path) -> None:
    default = scores({"model_path": tiny})["lpips"]
    for options, name in (
        ({"matrix": "bt709"}, "lpips_matrix_bt709"),
        ({"matrix": "bt601", "range": "full"}, "lpips_matrix_bt601_range_full"),
        ({"chroma": "bilinear"}, "lpips_chroma_bilinear"),
        ({"chroma": "bilinear", "siting": "center"}, "lpips_chroma_bilinear_siting_center"),
        ({"depth": "native"}, "lpips_depth_native"),
    ):
        found = scores({"model_path": tiny, **options})
        assert list(found) == [name]
        assert found[name] != default
        assert max(abs(a - b) for a, b in zip(found[name], default, strict=True)) < 0.2


def test_two_at_once(tiny: Path, tmp_path: Path) -> None:
    """Other options, and another model under a tag, in one context."""
    other = tmp_path / "other.onnx"
    other.write_bytes(models.tiny(1))
    asked = [{"model_path": tiny}, {"model_path": tiny, "matrix": "bt709"}, {"model_path": other, "tag": "b"}]
    with VmafContext(n_threads=2) as ctx:
        for options in asked:
            ctx.use_feature("lpips", options)
        for i, (ref, dist) in enumerate(PAIRS):
            ctx.read_pictures(ref, dist, i)
        ctx.flush()
        assert ctx.feature_names == ["lpips", "lpips_matrix_bt709", "lpips_tag_b"]
        for name, options in zip(ctx.feature_names, asked, strict=True):
            assert [ctx.feature_score_at_index(name, i) for i in range(6)] == scores(options)[name]


def test_the_option_wins_over_the_environment(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(extractor.ENVIRONMENT, "/nowhere.onnx")
    scores({"model_path": tiny}, PAIRS[:1])
    with pytest.raises(FileNotFoundError, match=r"/nowhere\.onnx"):
        scores({"model_path": ""}, PAIRS[:1])
    monkeypatch.setenv(extractor.ENVIRONMENT, str(tiny))
    scores({}, PAIRS[:1])
    with pytest.raises(FileNotFoundError, match=r"/none\.onnx"):
        scores({"model_path": "/none.onnx"}, PAIRS[:1])


def test_a_registered_network(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`net` takes the cached file of that entry; a file of another digest is refused unless told."""
    data = models.tiny()
    entry = pyvmaf.model_files.Entry("small", "small.onnx", "onnx", False, len(data), loaded(data).sha256, "", "")
    monkeypatch.setattr(pyvmaf.model_files, "entries", lambda: {"small": entry})
    monkeypatch.setenv(pyvmaf.model_files.CACHE, str(tmp_path))
    with pytest.raises(FileNotFoundError, match="pyvmaf models fetch small"):
        scores({"net": "small"}, PAIRS[:1])
    pyvmaf.model_files.install("small", tiny)
    found = scores({"net": "small"})
    assert found["lpips_net_small"] == scores({"model_path": tiny})["lpips"]
    (tmp_path / "small.onnx").write_bytes(models.tiny(1))
    for options in ({"net": "small"}, {"model_path": tmp_path / "small.onnx"}):
        with pytest.raises(PermissionError, match="unverified=true"):
            scores(options, PAIRS[:1])
        scores({**options, "unverified": True}, PAIRS[:1])
    with pytest.raises(FileNotFoundError, match="'alex' is not registered; known: small"):
        scores({"net": "alex"}, PAIRS[:1])


def test_colour_tags_that_contradict_the_options(tiny: Path, tmp_path: Path) -> None:
    frames = [pair[0] for pair in PAIRS[:1]]
    plain = y4m(tmp_path / "plain.y4m", frames)
    full = tmp_path / "full.y4m"
    full.write_bytes(plain.read_bytes().replace(b" C420jpeg", b" C420jpeg XCOLORRANGE=FULL"))

    def said(path: Path, **options: object) -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            features = [("lpips", {"model_path": str(tiny), **options})]
            pyvmaf.score(plain, path, model=None, features=features)
        return [str(w.message) for w in caught]

    assert said(plain) == []
    assert said(full) == [f"{full}: the video is tagged range=full, but lpips reads it with range=limited"]
    assert said(full, range="full") == []


def test_colour_tags_of_other_files(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    path = tmp_path / "tagged.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        frame = av.VideoFrame(64, 48, "yuv420p")
        frame.colorspace, frame.color_range = 6, 1
        stream.codec_context.colorspace, stream.codec_context.color_range = 6, 1
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    with pyvmaf.open_video(path) as video:
        assert video.colour == {"matrix": "bt601", "range": "limited"}
        assert contradictions({"matrix": "bt601"}, video.colour) == []
        assert len(contradictions({}, video.colour)) == 1
