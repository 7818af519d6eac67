# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Imports under the very names that an extractor is about to publish: it fails there, and writes the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest
from support import capi
from support.clips import Clip, make_frames
from support.common import Plane
from support.imports import ours
from test_oracle import peer

from pyvmaf import FeatureExtractor, VmafContext, VmafPicture

FULL = "VMAF_integer_feature_{}_score"
FRAMES = 3
REFS, DISTS = make_frames(Clip(70, 54, 8, "420", frames=FRAMES))

# Extractor, options, (name, index) of what is imported, and the calls that fail: frames, then the flush.
CASES = [
    ("psnr", {"enable_mse": True, "enable_apsnr": True}, [("psnr_y", 1)], [1]),
    ("psnr", {"enable_mse": True, "enable_apsnr": True}, [("mse_y", 0)], [0]),
    ("psnr", {}, [("psnr_cr", 2), ("psnr_y", 2)], [2]),
    ("vif", {"debug": True}, [(FULL.format("vif_scale1"), 1), ("integer_vif_num", 2)], [1, 2]),
    ("vif", {}, [(FULL.format("vif_scale0"), 0)], [0]),
    ("adm", {"debug": True}, [("integer_adm_scale1", 1), (FULL.format("adm2"), 0)], [0, 1]),
    # Of the last frame: after a failed one the peer compares with a frame that is not the one before.
    ("motion", {"debug": True}, [(FULL.format("motion_sad"), 2)], [2]),
    ("motion", {"debug": True}, [(FULL.format("motion"), 2)], [2]),
    ("motion", {}, [(FULL.format("motion2"), 1), (FULL.format("motion3"), 0)], [FRAMES]),
]


def run(library: capi.Library, feature: str, options: Mapping[str, object], taken: list[tuple[str, int]]) -> object:
    """Which calls failed, and the log."""
    failed = []
    with capi.Run(library, features=[(feature, options)]) as run:
        for name, index in taken:
            library.call("vmaf_import_feature_score", run.context, name.encode(), 7.0, index)
        for i, pair in enumerate(zip(REFS, DISTS, strict=True)):
            try:
                run.read(*pair, "420", 8, i)
            except capi.CApiError:
                failed.append(i)
        try:
            run.flush()
        except capi.CApiError:
            failed.append(FRAMES)
        log = json.loads(run.log(2))
    return failed, log["frames"], log["pooled_metrics"], log["aggregate_metrics"]


@pytest.mark.parametrize("feature,options,taken,fails", CASES)
def test_the_rest_is_written_as_by_the_peer(
    feature: str, options: Mapping[str, object], taken: list[tuple[str, int]], fails: list[int]
) -> None:
    failed, *mine = run(ours(), feature, options, taken)  # type: ignore[misc]
    assert failed == fails
    failed, *theirs = run(peer(), feature, options, taken)  # type: ignore[misc]
    assert mine == theirs
    # A flush that could not write says nothing there.
    assert failed == [i for i in fails if i < FRAMES]


def test_an_extractor_in_python(registered: Callable[..., None], planes: list[Plane]) -> None:
    class Three(FeatureExtractor):
        """Three scores a frame, and three at the end."""

        name = "three"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            return {"a": 1.0, "b": 2.0, "c": 3.0}

        def flush(self) -> Mapping[str, Mapping[int, float]]:
            return {"d": {0: 4.0, 1: 5.0}, "e": {0: 6.0}}

    registered(Three)
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("three")
        for name in ("a", "d"):
            ctx.import_feature_score(name, 0.5, 0)
        with pytest.raises(ValueError, match='"a" cannot be overwritten at index 0'):
            ctx.read_pictures(planes[0], planes[1], 0, pix_fmt="gray")
        with pytest.raises(ValueError, match='"d" cannot be overwritten at index 0'):
            ctx.flush()
        found = {name: ctx.feature_score_at_index(name, 0) for name in ctx.feature_names}
        assert found == {"a": 0.5, "d": 0.5, "b": 2.0, "c": 3.0, "e": 6.0}
        assert ctx.feature_score_at_index("d", 1) == 5.0
