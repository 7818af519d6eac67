# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What `lpips` refuses, what a failure leaves, and that neither costs memory."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import lpips_clips as clips
from support import lpips_models as models
from support.common import noise
from support.lpips_runs import PAIRS, Frame, frame, graph_of, root_of_mean, scores, vmaf, y4m

from pyvmaf import VmafContext, VmafError
from pyvmaf.engine.rows import sessions
from pyvmaf.lpips.onnx_wire import encode

pytestmark = pytest.mark.usefixtures("lpips_by_itself")


def spoiled(tmp_path: Path, name: str, data: bytes) -> dict[str, object]:
    path = tmp_path / f"{name}.onnx"
    path.write_bytes(data)
    return {"model_path": path}


Y = noise(1, 40, 48)
SMALL = frame(0, 16, 16)
REFUSED: dict[str, tuple[dict[str, object], Any, int | None, type[Exception], str]] = {
    "no model": ({}, PAIRS[0][0], None, FileNotFoundError, "no model: lpips_sq.onnx is not here; get it by"),
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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"matrix": "bt470"}, "option matrix is 'bt470', must be compat"),
        ({"depth": "9"}, "option depth is '9', must be 8, native"),
        ({"model_path": __file__}, "is not a well-formed ONNX file"),
        ({"model_path": "renamed"}, "the option unverified=true takes it anyway"),
    ],
)
def test_what_no_frame_can_mend_is_refused_before_the_first(
    tiny: Path, tmp_path: Path, options: dict[str, object], words: str
) -> None:
    """FFmpeg and the commands lost a run's other features by it."""
    renamed = tmp_path / "lpips_sq.onnx"
    renamed.write_bytes(tiny.read_bytes())
    options = {k: renamed if v == "renamed" else v for k, v in options.items()}
    with VmafContext() as ctx, pytest.raises(VmafError, match=words):
        ctx.use_feature("lpips", {"model_path": tiny, **options})


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
    with pytest.raises(NotImplementedError, match="pip install onnxruntime") as raised:
        scores({"model_path": tiny}, PAIRS[:1])
    assert raised.value.errno == errno.ENOSYS  # type: ignore[attr-defined]
    with VmafContext() as ctx:
        ctx.use_feature("vif")
        ctx.read_pictures(*PAIRS[0], 0)
        ctx.flush()


@pytest.fixture
def fails_on_dark(tmp_path: Path) -> Path:
    path = tmp_path / "root.onnx"
    path.write_bytes(root_of_mean())
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
