# SPDX-License-Identifier: BSD-2-Clause-Patent
"""float_motion, beside what test_extractors.py proves of all: libvmaf's numbers, chroma, order of frames."""

from __future__ import annotations

import numpy as np
import pytest
from reference import float_motion as reference
from reference.float_plane import grey
from support import scoring
from support.clips import Clip, make_frames
from support.float_pattern import pattern

from pyvmaf import VmafContext, VmafError

NUMBERS = {
    8: {
        "motion": [0, 15.629132270812988, 15.245891571044922],
        "motion2": [0, 15.245891571044922, 15.245891571044922],
        "motion3": [15.629132270812988, 15.245891571044922, 15.245891571044922],
    },
    10: {
        "motion": [0, 15.629132270812988, 15.245893478393555],
        "motion2": [0, 15.245893478393555, 15.245893478393555],
        "motion3": [15.629132270812988, 15.245893478393555, 15.245893478393555],
    },
}


@pytest.mark.parametrize("bpc", NUMBERS)
def test_libvmafs_numbers(bpc: int) -> None:
    refs, dists = pattern(3, bpc)
    for cpumask in (0, 0xFFFF):
        got = scoring.score(refs, dists, chroma="400", bpc=bpc, features=[("float_motion", {})], cpumask=cpumask)
        assert got == NUMBERS[bpc]


@pytest.mark.parametrize("chroma", ["420", "422", "444"])
@pytest.mark.parametrize("options", [{}, {"motion_add_scale1": True, "motion_filter_size": 3}], ids=str)
def test_chroma(chroma: str, options: dict[str, object]) -> None:
    refs, dists = make_frames(Clip(31, 22, 10, chroma, damage="none", frames=3))
    given = {name.removeprefix("motion_"): value for name, value in options.items()}
    frames = [[grey(plane, 10) for plane in ref] for ref in refs]
    want = reference.scores(frames, reference.Options(add_uv=True, **given))
    features = [("float_motion", {**options, "motion_add_uv": True})]
    got = scoring.score(refs, dists, chroma=chroma, bpc=10, features=features, cpumask=0)
    assert list(got.values()) == [want[name] for name in ("motion2", "motion", "motion3")]


@pytest.mark.parametrize(
    ("size", "chroma", "message"),
    [((20, 20), "400", "4:0:0"), ((20, 5), "420", "plane of 10x2"), ((5, 20), "422", "plane of 2x20")],
)
def test_chroma_that_is_refused(size: tuple[int, int], chroma: str, message: str) -> None:
    refs, dists = make_frames(Clip(*size, chroma=chroma, content="flat", frames=1))
    with pytest.raises(VmafError, match=message):
        scoring.score(refs, dists, chroma=chroma, features=[("float_motion", {"motion_add_uv": True})])


def test_first_index_must_be_zero() -> None:
    frame = np.zeros((9, 9), np.uint8)
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("float_motion")
        with pytest.raises(VmafError, match="frame 1 has no reference frame before"):
            ctx.read_pictures(frame, frame, 1, pix_fmt="gray")
        ctx.read_pictures(frame, frame, 0, pix_fmt="gray")


def test_gap_ends_the_look_ahead() -> None:
    """Frames after a missing number keep their score, without motion2 and motion3."""
    refs, _ = make_frames(Clip(20, 14, chroma="400", damage="none", frames=4))
    want = reference.scores([[grey(p, 8) for p in ref] for ref in refs], reference.Options())
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("float_motion")
        for ref, index in zip(refs, (0, 1, 3, 4), strict=True):
            ctx.read_pictures(ref, ref, index)
        ctx.flush()
        motion = "VMAF_feature_motion_score"
        assert [ctx.feature_score_at_index(motion, i) for i in (0, 1, 3, 4)] == want["motion"]
        assert ctx.feature_score_at_index("VMAF_feature_motion2_score", 1) == want["motion"][1]
        for index in (2, 3, 4):
            with pytest.raises(VmafError):
                ctx.feature_score_at_index("VMAF_feature_motion2_score", index)
