# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The motion extractor, beside what test_extractors.py proves of all: names, order of frames."""

from __future__ import annotations

import numpy as np
import pytest
from reference import motion

from pyvmaf import VmafContext, VmafError


def clip(frames: int, bpc: int, seed: int = 5) -> list[np.ndarray]:
    """Frames whose change goes up and down."""
    rng = np.random.default_rng([seed, bpc])
    base = rng.integers(0, 1 << bpc, (13, 21))
    dtype = np.uint8 if bpc == 8 else np.uint16
    out = []
    for i in range(frames):
        noise = rng.integers(0, 1 << bpc, base.shape) // (2 + (5 * i) % 7)
        out.append(((base + noise) >> 1).astype(dtype))
    return out


def columns(
    frames: list[np.ndarray], bpc: int, options: dict[str, object], **context: int
) -> dict[str, list[float | None]]:
    with VmafContext(**context) as ctx:
        ctx.use_feature("motion", options)
        for i, frame in enumerate(frames):
            ctx.read_pictures(frame, frame, i, bpc=bpc, pix_fmt="gray")
        ctx.flush()
        names = ctx.feature_names
        return {n: [ctx.feature_score_at_index(n, i) for i in range(len(frames))] for n in names}


def test_published_names() -> None:
    names = list(columns(clip(2, 8), 8, {"debug": True}))
    sad = "VMAF_integer_feature_motion_sad_score"
    assert names == [sad, "integer_motion", "integer_motion2", "integer_motion3"]
    blend = {"motion_blend_factor": 0.5, "motion_blend_offset": 4.0, "motion_moving_average": True}
    names = list(columns(clip(2, 8), 8, blend))
    suffix = "_mbf_0.5_mbo_4_mma"
    assert names == [sad + suffix, "integer_motion2" + suffix, "integer_motion3" + suffix]


@pytest.mark.parametrize(("window", "first"), [(False, 1), (True, 2)])
def test_first_index_must_be_zero(window: bool, first: int) -> None:
    frame = np.zeros((9, 9), np.uint8)
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("motion", {"motion_five_frame_window": window})
        with pytest.raises(VmafError, match=f"frame {first} has no reference frame {first} before"):
            ctx.read_pictures(frame, frame, first, pix_fmt="gray")
        ctx.read_pictures(frame, frame, 0, pix_fmt="gray")


def test_gap_ends_the_look_ahead() -> None:
    """Frames after a missing number keep their score, without motion2 and motion3."""
    pictures = clip(4, 8)
    series = motion.scores(pictures, 8, motion.Options())
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("motion")
        for picture, index in zip(pictures, (0, 1, 3, 4), strict=True):
            ctx.read_pictures(picture, picture, index, pix_fmt="gray")
        ctx.flush()
        sad = "VMAF_integer_feature_motion_sad_score"
        assert [ctx.feature_score_at_index(sad, i) for i in (0, 1, 3, 4)] == series
        assert ctx.feature_score_at_index("integer_motion2", 1) == series[1]
        for index in (2, 3, 4):
            with pytest.raises(VmafError):
                ctx.feature_score_at_index("integer_motion2", index)
