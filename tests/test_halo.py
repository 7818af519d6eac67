# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A range of frames with its halo has the very doubles of the whole run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from support.common import Plane, noise

from pyvmaf import FeatureExtractor, VmafContext, VmafModel, VmafPicture

FRAMES = 40
REFS = [noise(i % 11) // (1 + i % 3) for i in range(FRAMES)]
DISTS = [(r // 2 + noise(50 + i) // 2).astype(np.uint8) for i, r in enumerate(REFS)]

FEATURES: list[tuple[str, Mapping[str, object]]] = [
    ("vif", {"debug": True}),
    ("adm", {"debug": True}),
    ("psnr", {"enable_mse": True}),
    ("motion", {"debug": True}),
    ("motion", {"motion_moving_average": True}),
    ("motion", {"motion_five_frame_window": True}),
    ("motion", {"motion_five_frame_window": True, "motion_moving_average": True, "motion_max_val": 18}),
    ("motion", {"motion_blend_factor": 0.5, "motion_blend_offset": 2, "motion_fps_weight": 1.5}),
    ("motion", {"motion_force_zero": True}),
    ("running", {}),
]


class Running(FeatureExtractor):
    """What a temporal extractor carries along: the difference to the mean level of the frame before."""

    name = "running"
    features = ("running",)
    temporal = True
    look_back = 1
    before: float | None = None

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        level = float(ref.planes[0].mean())
        change = 0.0 if self.before is None else level - self.before
        self.before = level
        return {"running": change}


def scores(frames: range, n_threads: int, n_subsample: int) -> dict[str, list[float]]:
    """Every column over `frames`, read with as much halo as the context asks for."""
    with VmafContext(n_threads=n_threads, n_subsample=n_subsample) as ctx:
        for name, options in FEATURES:
            ctx.use_feature(name, options)
        before, after = ctx.halo
        assert (before, after) == (4, 2)
        for i in range(max(0, frames.start - 4), min(FRAMES, frames.stop + after)):
            read = ctx.read_pictures if i in frames else ctx.read_halo
            read(REFS[i], DISTS[i], i, pix_fmt="gray")
        ctx.flush()
        assert ctx.read_count == len(frames)
        return {name: ctx.feature_scores(name, range(FRAMES)).tolist() for name in ctx.feature_names}


@pytest.fixture
def running(registered: Callable[..., None]) -> None:
    registered(Running)


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("n_threads", [0, 1, 4])
@pytest.mark.parametrize("n_subsample", [1, 5])
def test_ranges_equal_the_whole(n_threads: int, n_subsample: int) -> None:
    whole = scores(range(FRAMES), n_threads, n_subsample)
    assert len(whole) > 40
    for frames in (range(1), range(2), range(1, 5), range(2, 9), range(17, 30), range(20, 21), range(36, FRAMES)):
        part = scores(frames, n_threads, n_subsample)
        assert part.keys() <= whole.keys()
        for name, column in whole.items():
            want = [v if i in frames else np.nan for i, v in enumerate(column)]
            got = part.get(name, [np.nan] * FRAMES)
            assert np.array_equal(got, want, equal_nan=True), (frames, name)


def test_models_over_a_range(planes: list[Plane]) -> None:
    def score(first: int, stop: int) -> list[float]:
        model = VmafModel("vmaf_v0.6.1")
        with VmafContext() as ctx:
            ctx.use_features_from_model(model)
            before, after = ctx.halo
            assert before is not None
            for i in range(max(0, first - before), min(len(REFS), stop + after)):
                read = ctx.read_pictures if first <= i < stop else ctx.read_halo
                read(REFS[i], DISTS[i], i, pix_fmt="gray")
            ctx.flush()
            return ctx.model_scores(model, range(first, stop)).tolist()

    assert score(0, FRAMES)[11:19] == score(11, 19)


def test_halo_of_what_is_registered(running: None) -> None:
    with VmafContext() as ctx:
        assert ctx.halo == (0, 0)
        ctx.use_feature("vif")
        assert ctx.halo == (0, 0)
        ctx.use_feature("motion")
        assert ctx.halo == (1, 1)
        ctx.use_feature("motion", {"motion_five_frame_window": True})
        assert ctx.halo == (3, 2)


def test_a_temporal_extractor_needs_all_that_came_before(registered: Callable[..., None]) -> None:
    class Memory(FeatureExtractor):
        """Counts frames."""

        name = "memory"
        temporal = True

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            return {"memory": float(index)}

    registered(Memory)
    with VmafContext() as ctx:
        ctx.use_feature("memory")
        assert ctx.halo == (None, 0)


def test_halo_frames_have_no_scores(planes: list[Plane]) -> None:
    with VmafContext() as ctx:
        ctx.use_feature("motion")
        ctx.read_halo(planes[0], planes[0], 6, pix_fmt="gray")
        ctx.read_pictures(planes[1], planes[1], 7, pix_fmt="gray")
        ctx.read_halo(planes[2], planes[2], 8, pix_fmt="gray")
        ctx.flush()
        assert ctx.frame_count == 8 and ctx.read_count == 1
        for index in (6, 8):
            with pytest.raises(ValueError, match=f"at index {index}"):
                ctx.feature_score_at_index("integer_motion2", index)


def test_a_range_without_its_halo_says_what_is_missing(planes: list[Plane]) -> None:
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("motion")
        with pytest.raises(ValueError, match=r"frame 7 has no reference frame 1 before it.*1 frames of"):
            ctx.read_pictures(planes[0], planes[0], 7, pix_fmt="gray")
