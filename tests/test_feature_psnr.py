# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The psnr extractor, beside what test_extractors.py proves of all: aggregates, planes without samples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from reference import psnr

from pyvmaf import VmafContext

# (height, width) of chroma under luma of 16 x 20.
CHROMA = {"420": (8, 10), "422": (16, 10), "444": (16, 20), "400": None}
Frame = tuple[np.ndarray, ...]


def make_clip(frames: int, bpc: int, chroma: str, spread: int) -> list[tuple[Frame, Frame]]:
    """Pairs whose samples differ by up to `spread`."""
    rng = np.random.default_rng([frames, bpc, spread])
    top = (1 << bpc) - 1
    dtype = np.uint8 if bpc == 8 else np.uint16
    size = CHROMA[chroma]
    shapes = [(16, 20)] + ([size, size] if size else [])
    out = []
    for _ in range(frames):
        ref = [rng.integers(0, top + 1, shape) for shape in shapes]
        dist = [np.clip(p + rng.integers(-spread, spread + 1, p.shape), 0, top) for p in ref]
        out.append(tuple(tuple(p.astype(dtype) for p in side) for side in (ref, dist)))
    return out  # type: ignore[return-value]


def run(
    clip: list[tuple[Frame, Frame]], bpc: int, options: dict[str, object], log: Path, **context: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Columns, and aggregates as the log has them."""
    with VmafContext(**context) as ctx:
        ctx.use_feature("psnr", options)
        for i, (ref, dist) in enumerate(clip):
            ctx.read_pictures(ref, dist, i, bpc=bpc)
        ctx.flush()
        ctx.write_output(log, "json")
        names = ctx.feature_names
        values = {n: [ctx.feature_score_at_index(n, i) for i in range(len(clip))] for n in names}
    return values, json.loads(log.read_text())["aggregate_metrics"]


@pytest.mark.parametrize("chroma", ["420", "444", "400"])
@pytest.mark.parametrize("bpc", [8, 10, 12, 16])
@pytest.mark.parametrize("spread", [0, 1, 9])
@pytest.mark.parametrize("reduced", [False, True])
def test_aggregates(tmp_path: Path, chroma: str, bpc: int, spread: int, reduced: bool) -> None:
    clip = make_clip(3, bpc, chroma, spread)
    options = {"enable_apsnr": True, "reduced_hbd_peak": reduced}
    for context in ({"n_threads": 0}, {"n_threads": 2}, {"n_subsample": 2}):
        _, aggregates = run(clip, bpc, options, tmp_path / "log", **context)
        for p, name in enumerate(["y", "cb", "cr"][: len(clip[0][0])]):
            sides = [(ref[p], dist[p]) for ref, dist in clip]
            total = sum(psnr.sse(r, d) for r, d in sides)
            want = psnr.apsnr(total, sum(r.size for r, _ in sides), bpc, reduced)
            assert aggregates.pop(f"apsnr_{name}") == pytest.approx(want, abs=5e-7)
        assert not aggregates


def test_without_chroma(tmp_path: Path) -> None:
    """No column and no aggregate for what was not looked at."""
    clip = make_clip(2, 8, "420", 3)
    got, aggregates = run(clip, 8, {"enable_chroma": False, "enable_apsnr": True}, tmp_path / "log")
    assert list(got) == ["psnr_y"]
    assert list(aggregates) == ["apsnr_y"]


def test_plane_without_samples(tmp_path: Path) -> None:
    """The chroma of a 4:2:0 picture one column wide: no error, so the cap."""
    frame = (np.zeros((4, 1), np.uint8), np.zeros((2, 0), np.uint8), np.zeros((2, 0), np.uint8))
    with VmafContext() as ctx:
        ctx.use_feature("psnr", {"enable_mse": True, "enable_apsnr": True})
        ctx.read_pictures(frame, frame, 0, pix_fmt="yuv420p")
        ctx.flush()
        assert ctx.feature_score_at_index("psnr_cb", 0) == 60.0
        assert ctx.feature_score_at_index("mse_cb", 0) == 0.0
        ctx.write_output(tmp_path / "log", "json")
    assert list(json.loads((tmp_path / "log").read_text())["aggregate_metrics"]) == ["apsnr_y"]
