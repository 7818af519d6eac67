# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The extractor `lpips`: published values, every way to call it, threads, options, what it refuses.

A tiny network with the real one's layers stands in for it, except where published
values are compared.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import lpips_clips as clips
import lpips_models as models
import numpy as np
import pytest
from conftest import noise
from lpips_reference import distance

import pyvmaf
from pyvmaf import VmafContext, VmafError, VmafModel
from pyvmaf._ffi import ffi, lib
from pyvmaf._registry import sessions
from pyvmaf.cli.vmaf import main as vmaf_main
from pyvmaf.lpips import extractor, network
from pyvmaf.lpips.convert import Converter
from pyvmaf.lpips.graph import split
from pyvmaf.lpips.network import Network
from pyvmaf.lpips.tags import contradictions
from pyvmaf.onnx_model import Model, check
from pyvmaf.onnx_wire import Message, encode

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(pyvmaf.__file__).parents[1])}
Frame = tuple[Any, Any, Any]
needs_shared = pytest.mark.skipif(not clips.GOLDEN.exists(), reason="the published clips are not beside the repository")


def loaded(data: bytes) -> Model:
    return Model(Path("test.onnx"), data, check(data, "test.onnx"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.onnx"
    path.write_bytes(models.tiny())
    return path


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(extractor.ENVIRONMENT, raising=False)


def frame(seed: int, w: int = 48, h: int = 40) -> Frame:
    return (
        noise(seed, h, w),
        noise(seed + 100, (h + 1) // 2, (w + 1) // 2),
        noise(seed + 200, (h + 1) // 2, (w + 1) // 2),
    )


PAIRS = [(frame(i), frame(i + 1)) for i in range(6)]


def scores(
    options: Mapping[str, object],
    pairs: list[tuple[Frame, Frame]] = PAIRS,
    *more: str,
    n_threads: int = 0,
    bpc: int | None = None,
) -> dict[str, list[float]]:
    with VmafContext(n_threads=n_threads) as ctx:
        ctx.use_feature("lpips", options)
        for name in more:
            ctx.use_feature(name)
        for i, (ref, dist) in enumerate(pairs):
            ctx.read_pictures(ref, dist, i, bpc=bpc)
        ctx.flush()
        return {n: [ctx.feature_score_at_index(n, i) for i in range(len(pairs))] for n in ctx.feature_names}


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


@pytest.mark.parametrize("size", [(17, 17), (18, 17), (31, 63), (64, 48), (300, 500), (161, 391)])
def test_the_network_taken_apart_is_the_network(size: tuple[int, int]) -> None:
    """Against the graph run whole, and both against float64 arithmetic in NumPy."""
    w, h = size
    whole, parts = (Network(loaded(models.tiny()), rewrite=rewrite) for rewrite in (False, True))
    assert whole.towers is None
    assert parts.towers and parts.towers.stem
    rng = np.random.default_rng(w)
    rgb = rng.integers(0, 256, (2, 3, h, w))
    found = []
    for net in (whole, parts):
        sides = [np.stack([net.table[k][side[k]] for k in range(3)])[None] for side in rgb]
        found.append(net.distance(sides[0], sides[1]))
        assert net.distance(sides[0], sides[0]) == 0
    assert found[0] == pytest.approx(found[1], abs=1e-6)
    assert found[1] == pytest.approx(distance(models.weights(), *(rgb / 255)), abs=1e-6)


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


def y4m(path: Path, frames: list[Frame]) -> Path:
    h, w = frames[0][0].shape
    body = b"".join(b"FRAME\n" + b"".join(p.tobytes() for p in f) for f in frames)
    path.write_bytes(f"YUV4MPEG2 W{w} H{h} F25:1 Ip C420jpeg\n".encode() + body)
    return path


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("video")
    return [str(y4m(folder / f"{k}.y4m", [pair[k] for pair in PAIRS])) for k in (0, 1)]


def vmaf(videos: list[str], *arguments: str, environment: Mapping[str, str] | None = None) -> Any:
    command = [sys.executable, "-m", "pyvmaf.cli.vmaf", "-r", videos[0], "-d", videos[1], "-q", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={**ENVIRONMENT, **(environment or {})}, timeout=120
    )


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
    entry = pyvmaf.registry.Entry("small", "small.onnx", "onnx", False, len(data), loaded(data).sha256, "", "")
    monkeypatch.setattr(pyvmaf.registry, "entries", lambda: {"small": entry})
    monkeypatch.setenv(pyvmaf.registry.CACHE, str(tmp_path))
    with pytest.raises(FileNotFoundError, match="pyvmaf models fetch small"):
        scores({"net": "small"}, PAIRS[:1])
    pyvmaf.registry.install("small", tiny)
    found = scores({"net": "small"})
    assert found["lpips_net_small"] == scores({"model_path": tiny})["lpips"]
    (tmp_path / "small.onnx").write_bytes(models.tiny(1))
    for options in ({"net": "small"}, {"model_path": tmp_path / "small.onnx"}):
        with pytest.raises(PermissionError, match="unverified=true"):
            scores(options, PAIRS[:1])
        scores({**options, "unverified": True}, PAIRS[:1])
    with pytest.raises(FileNotFoundError, match="'alex' is not registered; known: small"):
        scores({"net": "alex"}, PAIRS[:1])


# What is refused.


def spoiled(tmp_path: Path, name: str, data: bytes) -> dict[str, object]:
    path = tmp_path / f"{name}.onnx"
    path.write_bytes(data)
    return {"model_path": path}


Y = noise(1, 40, 48)
SMALL = frame(0, 16, 16)
REFUSED: dict[str, tuple[dict[str, object], Any, int | None, type[Exception], str]] = {
    "no model": ({}, PAIRS[0][0], None, ValueError, "model_path, set VMAF_LPIPS_MODEL_PATH, or get it by"),
    "missing": ({"model_path": "/none.onnx"}, PAIRS[0][0], None, FileNotFoundError, r"/none\.onnx"),
    "a directory": ({"model_path": "/tmp"}, PAIRS[0][0], None, FileNotFoundError, "not a regular file"),
    "4:0:0": ({"model_path": "TINY"}, (Y,), None, ValueError, "4:0:0"),
    "9 bits": (
        {"model_path": "TINY"},
        tuple(p.astype(np.uint16) for p in PAIRS[0][0]),
        9,
        NotImplementedError,
        "depth is 9, must be 8, 10, 12 or 16",
    ),
    "16x16": ({"model_path": "TINY"}, SMALL, None, ValueError, "16x16, must be at least 17x17"),
    "matrix": (
        {"model_path": "TINY", "matrix": "bt470"},
        PAIRS[0][0],
        None,
        ValueError,
        "'bt470', must be compat, bt601",
    ),
    "provider": (
        {"model_path": "TINY", "provider": "cuda9"},
        PAIRS[0][0],
        None,
        ValueError,
        r"no provider 'cuda9'; it has: .*cpu",
    ),
}


def attempt(case: str, tiny: Path) -> None:
    options, picture, bpc, _, _ = REFUSED[case]
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("lpips", {k: tiny if v == "TINY" else v for k, v in options.items()})
        ctx.read_pictures(picture, picture, 0, bpc=bpc)


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str, tiny: Path) -> None:
    _, _, _, kind, words = REFUSED[case]
    with pytest.raises(kind, match=words) as raised:
        attempt(case, tiny)
    assert isinstance(raised.value, VmafError)


def test_refusals_leave_nothing(tiny: Path, resident: Callable[[], int]) -> None:
    """500 refusals of every kind, and 60 networks opened and closed: flat."""

    def refused(times: int) -> None:
        for i in range(times):
            with suppress(VmafError):
                attempt(list(REFUSED)[i % len(REFUSED)], tiny)

    refused(200)
    before = resident()
    refused(500)
    assert resident() - before < 1 << 20
    for _ in range(20):
        scores({"model_path": tiny}, PAIRS[:2], n_threads=2)
    before = resident()
    for _ in range(60):
        scores({"model_path": tiny}, PAIRS[:2], n_threads=2)
    assert resident() - before < 8 << 20
    assert not sessions


def test_a_change_of_size(tiny: Path) -> None:
    with VmafContext() as ctx:
        ctx.use_feature("lpips", {"model_path": tiny})
        ctx.read_pictures(*PAIRS[0], 0)
        with pytest.raises(VmafError, match=r"64x64"):
            ctx.read_pictures(frame(0, 64, 64), frame(1, 64, 64), 1)
        ctx.flush()
        assert ctx.feature_score_at_index("lpips", 0) == scores({"model_path": tiny}, PAIRS[:1])["lpips"][0]


def test_without_the_runtime(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(NotImplementedError, match=r"pip install 'pyvmaf\[lpips\]'") as raised:
        scores({"model_path": tiny}, PAIRS[:1])
    assert raised.value.errno == errno.ENOSYS  # type: ignore[attr-defined]
    with VmafContext() as ctx:
        ctx.use_feature("vif")
        ctx.read_pictures(*PAIRS[0], 0)
        ctx.flush()


def graph_of(*nodes: Message, **tensors: Any) -> bytes:
    """A model of these nodes over ref, dist and constants, not taken apart."""
    model = models.tree()
    graph = models.graph(model)
    graph.fields["node"] = list(nodes)
    graph.fields["initializer"] = [
        Message("Tensor", dims=list(np.shape(v)), data_type=7, name=k, raw_data=np.array(v, "<i8").tobytes())
        for k, v in tensors.items()
    ]
    return encode(model)


@pytest.fixture
def fails_on_dark(tmp_path: Path) -> Path:
    """The root of the mean of ref, which is NaN once that is below ImageNet's mean."""
    node = models.node
    path = tmp_path / "root.onnx"
    path.write_bytes(
        graph_of(
            node("ReduceMean", ["ref", "axes"], ["mean"]),
            node("Sqrt", ["mean"], ["root"]),
            node("Reshape", ["root", "one"], ["score"]),
            axes=[0, 1, 2, 3],
            one=[1],
        )
    )
    return path


def flat(y: int) -> Frame:
    return clips.flat(48, 40, (y, 128, 128))[0]


@pytest.mark.parametrize("n_threads", [0, 2])
def test_a_failure_keeps_what_was_scored(fails_on_dark: Path, n_threads: int) -> None:
    with VmafContext(n_threads=n_threads) as ctx:
        ctx.use_feature("lpips", {"model_path": fails_on_dark})
        ctx.use_feature("psnr")
        with pytest.raises(ValueError, match="gave nan for frame 7"):
            for i in range(10):
                ctx.read_pictures(flat(20 if i == 7 else 230), flat(230), i)
            ctx.flush()
        with suppress(VmafError):
            ctx.flush()
        for name in ("lpips", "psnr_y"):
            assert all(ctx.feature_score_at_index(name, i) > 0 for i in range(7))


def test_a_failure_ends_the_command_but_not_the_log(fails_on_dark: Path, tmp_path: Path) -> None:
    frames = [flat(20 if i == 7 else 230) for i in range(10)]
    videos = [str(y4m(tmp_path / f"{k}.y4m", frames)) for k in "ab"]
    out = tmp_path / "log.json"
    features = ["--feature", f"lpips=model_path={fails_on_dark}", "--feature", "psnr"]
    done = vmaf(videos, "-n", *features, "--json", "-o", str(out))
    assert done.returncode != 0
    assert "gave nan for frame 7" in done.stderr
    logged = [f["metrics"] for f in json.loads(out.read_text())["frames"]]
    assert [set(m) >= {"lpips", "psnr_y"} for m in logged[:7]] == [True] * 7


def test_more_scores_than_one(tmp_path: Path) -> None:
    """A graph that breaks its own declaration is an error, not a number."""
    node = models.node
    data = graph_of(
        node("ReduceMean", ["ref", "axes"], ["mean"]),
        node("Reshape", ["mean", "three"], ["score"]),
        axes=[0, 2, 3],
        three=[3],
    )
    with pytest.raises(VmafError, match=r"3 scores|ONNX Runtime"):
        scores(spoiled(tmp_path, "three", data), PAIRS[:1])


def test_a_model_of_fixed_size(tmp_path: Path) -> None:
    model = models.tree()
    models.graph(model).fields["input"] = [models.value(n, 1, 1, 3, 40, 48) for n in ("ref", "dist")]
    options = spoiled(tmp_path, "fixed", encode(model))
    assert scores(options, PAIRS[:1])["lpips"] == pytest.approx(
        scores(spoiled(tmp_path, "free", models.tiny()), PAIRS[:1])["lpips"], abs=1e-6
    )
    with pytest.raises(ValueError, match="takes 48x40, pictures are 64x40"):
        scores(options, [(frame(0, 64), frame(1, 64))])


# Taking graphs apart.


def test_other_graphs_run_whole(fails_on_dark: Path) -> None:
    assert split(loaded(fails_on_dark.read_bytes()).tree) is None


def changed_node(operator: str, which: int, change: Callable[[Message], object]) -> Message:
    model = models.tree()
    change([n for n in models.graph(model).messages("node") if n.text("op_type") == operator][which])
    return model


@pytest.mark.parametrize(
    "model",
    [
        # The sides no longer do the same: another constant on one of them.
        changed_node("Mul", 0, lambda n: n.fields.update(input=["ref", "mean"])),
        # The norm is not that of the features it divides.
        changed_node("Div", 2, lambda n: n.fields["input"].reverse()),
        # A mean over other axes.
        changed_node("ReduceMean", 3, lambda n: n.fields.update(input=[n.texts("input")[0], "channels"])),
        changed_node("Sub", 4, lambda n: n.fields.update(op_type=["Add"])),
    ],
)
def test_a_graph_that_is_not_lpips_is_left_alone(model: Message) -> None:
    assert split(model) is None


def test_the_pooling_without_ceiling_is_not_cut_into_strips() -> None:
    def floor(node: Message) -> None:
        for attribute in node.messages("attribute"):
            if attribute.text("name") == "ceil_mode":
                attribute.fields["i"] = [0]

    model = models.tree()
    for node in models.graph(model).messages("node"):
        floor(node)
    towers = split(model)
    assert towers is not None
    assert towers.stem is None
    assert len(towers.weights) == 7


def test_published_model_is_taken_apart() -> None:
    if not clips.MODEL.exists():
        pytest.skip("the published model is not beside the repository")
    towers = split(loaded(clips.MODEL.read_bytes()).tree)
    assert towers is not None
    assert towers.stem is not None
    assert [w.size for w in towers.weights] == [64, 128, 256, 384, 384, 512, 512]


@pytest.fixture(autouse=True)
def no_session_left() -> Iterator[None]:
    yield
    assert not sessions


def test_converter_uses_the_table_of_the_network() -> None:
    net = Network(loaded(models.tiny()))
    ours = Converter((48, 40), 8, (1, 1), table=net.table)(PAIRS[0][0])
    assert net.distance(ours, ours) == 0
    assert network.STRIP_ROWS > 1


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
