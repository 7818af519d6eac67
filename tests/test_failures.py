# SPDX-License-Identifier: BSD-2-Clause-Patent
"""An extractor that fails at a frame takes nothing from the others, nor from its own other frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from support.common import Plane, noise

from pyvmaf import FeatureExtractor, VmafContext, VmafPicture

FRAMES = [noise(i) for i in range(9)]


def failing(at: set[int], *, in_order: bool, called: str) -> type[FeatureExtractor]:
    class Failing(FeatureExtractor):
        """Fails at some frames."""

        name = called
        temporal = in_order

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            if index in at:
                raise RuntimeError(f"{called} at {index}")
            return {f"{called}_seen": 1.0}

    return Failing


def columns(features: list[str], n_threads: int) -> tuple[dict[str, list[float]], list[str]]:
    """Every column, and what was raised."""
    raised = []
    with VmafContext(n_threads=n_threads, log_level="none") as ctx:
        for name in features:
            ctx.use_feature(name)
        for i, frame in enumerate(FRAMES):
            try:
                ctx.read_pictures(frame, frame, i, pix_fmt="gray")
            except RuntimeError as error:
                raised.append(str(error))
        try:
            ctx.flush()
        except RuntimeError as error:
            raised.append(str(error))
        found = {n: ctx.feature_scores(n, range(len(FRAMES))).tolist() for n in sorted(ctx.feature_names)}
    return found, raised


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_motion_beside_an_extractor_that_fails(in_order: bool, first: bool, registered: Callable[..., None]) -> None:
    registered(failing({2, 5}, in_order=in_order, called="failing"))
    alone, _ = columns(["motion", "vif"], 0)
    features = ["failing", "motion", "vif"] if first else ["motion", "vif", "failing"]
    for n_threads in (0, 1, 4):
        found, raised = columns(features, n_threads)
        seen = found.pop("failing_seen")
        assert found == alone
        assert np.isnan(seen).nonzero()[0].tolist() == [2, 5]
        # With threads, failures that come before a call reports them are told as one: the earliest.
        assert raised[0] == "failing at 2" and set(raised) <= {"failing at 2", "failing at 5"}
        if not n_threads:
            assert len(raised) == 2


def test_the_first_in_order_of_registration_is_reported(registered: Callable[..., None]) -> None:
    for name in ("one", "two"):
        registered(failing({3}, in_order=False, called=name))
    for features in (["one", "two"], ["two", "one"]):
        for n_threads in (0, 1, 4):
            _, raised = columns(features, n_threads)
            assert raised == [f"{features[0]} at 3"]


def test_a_frame_of_motion_that_failed_spoils_its_neighbours_only(planes: list[Plane]) -> None:
    """An imported score makes motion fail at frame 3; what is right without it stays."""
    sad = "VMAF_integer_feature_motion_sad_score"

    def read(n_threads: int, taken: bool) -> dict[str, list[float]]:
        with VmafContext(n_threads=n_threads, log_level="none") as ctx:
            ctx.use_feature("motion")
            if taken:
                ctx.import_feature_score(sad, 7.0, 3)
            for i, frame in enumerate(FRAMES):
                try:
                    ctx.read_pictures(frame, frame, i, pix_fmt="gray")
                except ValueError as error:
                    assert "cannot be overwritten at index 3" in str(error)
            try:
                ctx.flush()
            except ValueError as error:
                assert "cannot be overwritten at index 3" in str(error)
            return {n: ctx.feature_scores(n, range(9)).tolist() for n in (sad, "integer_motion2", "integer_motion3")}

    right = read(0, False)
    for n_threads in (0, 1, 4):
        got = read(n_threads, True)
        assert got[sad] == [*right[sad][:3], 7.0, *right[sad][4:]]
        for name in ("integer_motion2", "integer_motion3"):
            assert [g for i, g in enumerate(got[name]) if i not in (2, 3)] == [
                r for i, r in enumerate(right[name]) if i not in (2, 3)
            ]
