# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Frames settle in order, as soon as their scores are final, for a consumer beside the reader."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from support.common import Plane, noise

from pyvmaf import FeatureExtractor, VmafContext, VmafModel, VmafPicture
from pyvmaf.errors import VmafTimeoutError

HFR = {"motion_five_frame_window": True, "motion_moving_average": True}


def ready(ctx: VmafContext) -> list[int]:
    """All that has settled and was not handed out before."""
    found = []
    while True:
        try:
            index = ctx.next_settled()
        except VmafTimeoutError:
            return found
        if index is None:
            return [*found, -1]
        found.append(index)


@pytest.mark.parametrize(
    ("feature", "options", "delay"),
    [("vif", {}, 0), ("psnr", {"enable_apsnr": True}, 0), ("motion", {}, 1), ("motion", HFR, 2)],
)
def test_delay_of_extractors(feature: str, options: Mapping[str, object], delay: int, planes: list[Plane]) -> None:
    with VmafContext() as ctx:
        ctx.use_feature(feature, options)
        assert ctx.halo[1] == delay
        for i, plane in enumerate(planes):
            ctx.read_pictures(plane, plane, i, pix_fmt="gray")
            assert ready(ctx) == ([i - delay] if i >= delay else [])
        ctx.flush()
        assert ready(ctx) == [*range(len(planes) - delay, len(planes)), -1]
        assert ctx.next_settled() is None


@pytest.mark.parametrize(("name", "delay"), [("vmaf_v0.6.1", 1), ("vmaf_4k_v0.6.1neg", 1)])
def test_delay_of_models(name: str, delay: int, planes: list[Plane]) -> None:
    """What was scored while frames were read is what is scored afterwards."""
    early = []
    with VmafContext() as ctx:
        model = VmafModel(name)
        ctx.use_features_from_model(model)
        for i, plane in enumerate(planes):
            ctx.read_pictures(planes[0], plane, i, pix_fmt="gray")
            for index in ready(ctx):
                early.append(ctx.score_at_index(model, index))
            assert len(early) == max(0, i + 1 - delay)
        ctx.flush()
        frames = range(len(planes))
        assert early == ctx.model_scores(model, frames).tolist()[: len(early)]
        names = ctx.feature_names
    with VmafContext() as ctx:
        ctx.use_features_from_model(model)
        for i, plane in enumerate(planes):
            ctx.read_pictures(planes[0], plane, i, pix_fmt="gray")
        ctx.flush()
        late = ctx.model_scores(model, frames).tolist()
        # A model's column stands behind those of its features, whenever it was asked for.
        assert ctx.feature_names == names
    assert early == late[: len(early)]


@pytest.mark.parametrize("n_threads", [0, 1, 4])
@pytest.mark.parametrize("n_subsample", [1, 5])
def test_consumer_beside_the_reader(n_threads: int, n_subsample: int) -> None:
    frames = [noise(i % 7) for i in range(60)]
    got: list[tuple[int, float]] = []
    with VmafContext(n_threads=n_threads, n_subsample=n_subsample) as ctx:
        ctx.use_feature("motion")
        ctx.use_feature("vif")

        def consume() -> None:
            for index in ctx.settled():
                got.append((index, ctx.feature_score_at_index("integer_motion2", index)))

        consumer = threading.Thread(target=consume)
        consumer.start()
        for i, frame in enumerate(frames):
            ctx.read_pictures(frame, frame, i, pix_fmt="gray")
        ctx.flush()
        consumer.join(30)
        assert not consumer.is_alive()
        final = ctx.feature_scores("integer_motion2", range(len(frames)))
    assert [index for index, _ in got] == list(range(len(frames)))
    assert [score for _, score in got] == final.tolist()


def test_gap_in_the_numbering(planes: list[Plane]) -> None:
    with VmafContext() as ctx:
        ctx.use_feature("vif")
        for i in (0, 1, 4, 5):
            ctx.read_pictures(planes[i], planes[i], i, pix_fmt="gray")
        assert ready(ctx) == [0, 1]
        ctx.flush()
        assert ready(ctx) == [4, 5, -1]


def test_the_first_index_may_be_any(planes: list[Plane]) -> None:
    with VmafContext() as ctx:
        ctx.use_feature("vif")
        for i in range(3):
            ctx.read_pictures(planes[i], planes[i], 4_000_000_000 + i, pix_fmt="gray")
        assert ready(ctx) == [4_000_000_000 + i for i in range(3)]


def test_time_limit(planes: list[Plane]) -> None:
    with VmafContext() as ctx:
        ctx.use_feature("motion")
        ctx.read_pictures(planes[0], planes[0], 0, pix_fmt="gray")
        with pytest.raises(VmafTimeoutError, match=r"not settled after 0\.1 s"):
            ctx.next_settled(0.1)


def test_nothing_is_registered(planes: list[Plane]) -> None:
    with VmafContext() as ctx:
        ctx.read_pictures(planes[0], planes[0], 0, pix_fmt="gray")
        assert ready(ctx) == [0]


@pytest.mark.parametrize("n_threads", [0, 1, 4])
def test_extractor_in_python_that_settles(n_threads: int, registered: Callable[..., None]) -> None:
    """The mean of a frame and its successor; spans follow each other without gaps."""
    spans: list[tuple[range, bool]] = []

    class Ahead(FeatureExtractor):
        """Mean of luma, averaged with the frame after."""

        name = "ahead"
        look_ahead = 1

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            return {"level": float(ref.planes[0].mean())}

        def settle(self, frames: range, last: bool) -> Mapping[str, Mapping[int, float]]:
            spans.append((frames, last))
            done = range(max(frames.start - 1, 0), frames.stop if last else frames.stop - 1)
            here = {i: self.score("level", i) for i in range(done.start, frames.stop)}
            return {"ahead": {i: (here[i] + here.get(i + 1, here[i])) / 2 for i in done}}  # type: ignore[operator]

    registered(Ahead)
    frames = [noise(i) for i in range(12)]
    with VmafContext(n_threads=n_threads) as ctx:
        ctx.use_feature("ahead")
        for i, frame in enumerate(frames):
            ctx.read_pictures(frame, frame, i, pix_fmt="gray")
        ctx.flush()
        got = ctx.feature_scores("ahead", range(12))
    means = [frame.mean() for frame in frames]
    assert got.tolist() == [(a + b) / 2 for a, b in zip(means, [*means[1:], means[-1]], strict=True)]
    ends = [0, *(span.stop for span, _ in spans)]
    assert [span.start for span, _ in spans] == ends[:-1] and ends[-1] == 12
    assert [last for _, last in spans] == [False] * (len(spans) - 1) + [True]


def test_an_error_while_settling_comes_out(registered: Callable[..., None], planes: list[Plane]) -> None:
    class Unsettled(FeatureExtractor):
        """Fails when frame 1 settles."""

        name = "unsettled"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            return {"seen": 1.0}

        def settle(self, frames: range, last: bool) -> None:
            if 1 in frames:
                raise RuntimeError("not so")

    registered(Unsettled)
    with VmafContext(log_level="none") as ctx:
        ctx.use_feature("unsettled")
        for i in range(3):
            ctx.read_pictures(planes[i], planes[i], i, pix_fmt="gray")
        with pytest.raises(RuntimeError, match="not so"):
            ctx.flush()
        assert np.isfinite(ctx.feature_scores("seen", range(3))).all()
