# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Results do not depend on threads: frames side by side, and one frame's rows cut among idle workers."""

from __future__ import annotations

import numpy as np
import pytest

from pyvmaf import VmafContext, VmafModel

MODELS = ("vmaf_v0.6.1", "vmaf_v0.6.1neg")
FEATURES = ("psnr",)


def clip(bpc: int, width: int, height: int, frames: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Luma whose statistics differ from row to row, so that a row left out or counted twice shows."""
    rng = np.random.default_rng(7)
    top = (1 << bpc) - 1
    dtype = np.uint8 if bpc == 8 else np.uint16
    ramp = np.linspace(0.02, 0.5, height)[:, None]
    out = []
    for _ in range(frames):
        ref = top * (0.5 + ramp * (rng.random((height, width)) - 0.5))
        dist = ref + top * 0.1 * ramp * (rng.random((height, width)) - 0.5)
        out.append((np.clip(ref, 0, top).astype(dtype), np.clip(dist, 0, top).astype(dtype)))
    return out


def scores(pairs: list[tuple[np.ndarray, np.ndarray]], bpc: int, n_threads: int) -> dict[str, list[float]]:
    with VmafContext(n_threads=n_threads) as context:
        models = [VmafModel(m, name=m) for m in MODELS]
        for model in models:
            context.use_features_from_model(model)
        for feature in FEATURES:
            context.use_feature(feature)
        context.use_feature("adm", {"adm_skip_scale0": True})
        for i, (ref, dist) in enumerate(pairs):
            context.read_pictures(ref, dist, i, bpc=bpc, pix_fmt="gray")
        context.flush()
        frames = range(len(pairs))
        out = {name: [context.feature_score_at_index(name, i) for i in frames] for name in context.feature_names}
        out |= {m.name: [context.score_at_index(m, i) for i in frames] for m in models}
        return out


# Heights that cut evenly, oddly, into few and into the greatest number of parts.
@pytest.mark.parametrize(("bpc", "width", "height"), [(8, 160, 1200), (10, 97, 667), (8, 64, 131), (16, 64, 129)])
def test_rows_are_cut_without_a_trace(bpc: int, width: int, height: int) -> None:
    """Fewer frames than threads: who is idle, and so where rows are cut, is different each time."""
    for frames in (1, 2):
        pairs = clip(bpc, width, height, frames)
        alone = scores(pairs, bpc, 0)
        assert len(alone) > 15
        for n_threads in (1, 2, 3, 8, 20):
            for _ in range(3):
                assert scores(pairs, bpc, n_threads) == alone, f"{n_threads} threads"


def test_frames_side_by_side() -> None:
    pairs = clip(8, 96, 200, 12)
    alone = scores(pairs, 8, 0)
    for n_threads in (1, 2, 5):
        assert scores(pairs, 8, n_threads) == alone, f"{n_threads} threads"
