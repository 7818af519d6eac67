# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Questions are answered while a frame is in work, whole columns in one call, and close() waits for both."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from support.common import Plane

import pyvmaf
from pyvmaf import FeatureExtractor, VmafContext, VmafError, VmafModel, VmafPicture


@pytest.fixture
def gate(registered: Callable[..., None]) -> tuple[threading.Event, threading.Event]:
    """(entered, go on): an extractor `gated` that stays within frame 1 until it may go on."""
    entered, go_on = threading.Event(), threading.Event()

    class Gated(FeatureExtractor):
        """Waits within a frame."""

        name = "gated"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            if index == 1:
                entered.set()
                assert go_on.wait(30)
            return {"gated": float(index)}

    registered(Gated)
    return entered, go_on


def test_queries_do_not_wait_for_the_frame_in_work(
    gate: tuple[threading.Event, threading.Event], planes: list[Plane], tmp_path: object
) -> None:
    entered, go_on = gate
    with VmafContext() as ctx:
        ctx.use_feature("vif")
        ctx.use_feature("gated")
        ctx.read_pictures(planes[0], planes[0], 0, pix_fmt="gray")
        reader = threading.Thread(target=ctx.read_pictures, args=((planes[1],), (planes[1],), 1))
        reader.start()
        assert entered.wait(30)
        # Frame 1 is in work, and stays so until these have returned.
        assert ctx.feature_score_at_index("gated", 0) == 0.0
        assert ctx.feature_score_pooled("gated", "mean", 0, 0) == 0.0
        assert ctx.feature_scores("integer_vif_scale0", range(1)).tolist() == [1.0]
        assert "gated" in ctx.feature_names and ctx.frame_count >= 1 and ctx.read_count == 1
        ctx.write_output(f"{tmp_path}/log.json", "json")
        go_on.set()
        reader.join(30)
        assert not reader.is_alive()
        assert ctx.feature_score_at_index("gated", 1) == 1.0


def test_close_waits_for_calls_in_flight(gate: tuple[threading.Event, threading.Event], planes: list[Plane]) -> None:
    entered, go_on = gate
    ctx = VmafContext()
    ctx.use_feature("gated")
    ctx.read_pictures(planes[0], planes[0], 0, pix_fmt="gray")
    reader = threading.Thread(target=ctx.read_pictures, args=((planes[1],), (planes[1],), 1))
    reader.start()
    assert entered.wait(30)
    closer = threading.Thread(target=ctx.close)
    closer.start()
    while not ctx.closed:
        time.sleep(0.001)
    with pytest.raises(ValueError, match="context is closed"):
        ctx.feature_score_at_index("gated", 0)
    assert closer.is_alive() and reader.is_alive()
    go_on.set()
    for thread in (reader, closer):
        thread.join(30)
        assert not thread.is_alive()


def test_close_ends_a_wait_for_settled_frames() -> None:
    ctx = VmafContext()
    raised: list[BaseException] = []

    def wait() -> None:
        try:
            ctx.next_settled(None)
        except ValueError as error:
            raised.append(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    time.sleep(0.05)
    ctx.close()
    waiter.join(30)
    assert not waiter.is_alive() and "closed" in str(raised[0])


def test_columns_in_one_call() -> None:
    with VmafContext() as ctx:
        for i in range(0, 3000, 3):
            ctx.import_feature_score("x", float(i), i)
        assert ctx.feature_scores("x", range(0, 3000, 3)).tolist() == [float(i) for i in range(0, 3000, 3)]
        assert np.isnan(ctx.feature_scores("x", range(3))).tolist() == [False, True, True]
        assert ctx.feature_scores("x", [6, 0, 3, 6]).tolist() == [6.0, 0.0, 3.0, 6.0]
        assert ctx.feature_scores("x", range(6, -1, -3)).tolist() == [6.0, 3.0, 0.0]
        assert ctx.feature_scores("x", []).tolist() == [] == ctx.feature_scores("x", range(0)).tolist()
        assert np.isnan(ctx.feature_scores("y", range(2))).all()
        assert np.isnan(ctx.feature_scores("x", range(4_294_967_293, 4_294_967_296))).all()
        with pytest.raises(ValueError, match="index is -1, must be 0 to 4294967295"):
            ctx.feature_scores("x", range(-1, 3))


def test_long_columns_are_read_at_the_speed_of_memory() -> None:
    """No step in Python per frame: a generous bound that a loop over the frames would not meet."""
    with VmafContext() as ctx:
        for i in range(100_000):
            ctx.import_feature_score("x", 1.0, i)
        frames = range(100_000)
        ctx.feature_scores("x", frames)
        calls = 0

        def count(*_: object) -> None:
            nonlocal calls
            calls += 1

        import sys

        sys.setprofile(count)
        try:
            column = ctx.feature_scores("x", frames)
        finally:
            sys.setprofile(None)
        assert column.sum() == 100_000 and calls < 200


def test_models_are_taken_by_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text((Path(pyvmaf.get_include()).parent / "model" / "vmaf_v0.6.1.json").read_text())
    rng = np.random.default_rng(0)
    with VmafContext() as ctx:
        for name in ("vmaf_v0.6.1", "vmaf_b_v0.6.3", str(path)):
            ctx.use_features_from_model(name)
        for i in range(3):
            ctx.read_pictures(*rng.integers(0, 256, (2, 64, 96), np.uint8), i, pix_fmt="gray")
        ctx.flush()
        model = VmafModel("vmaf_v0.6.1", name="open")
        assert ctx.score_pooled("vmaf_v0.6.1") == ctx.score_pooled(model) == ctx.score_pooled(str(path))
        assert ctx.score_at_index("vmaf_v0.6.1", 1) == ctx.model_scores("vmaf_v0.6.1", range(3))[1]
        assert ctx.score_pooled("vmaf_b_v0.6.3").stddev >= 0
        assert {"vmaf_v0.6.1", "vmaf_b_v0.6.3_bagging", "mine"} <= set(ctx.feature_names)
        with pytest.raises(VmafError, match=r"no built-in model 'vmaf_v0\.6'; did you mean"):
            ctx.score_pooled("vmaf_v0.6")
