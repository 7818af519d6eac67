# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf.Stream`: frames in, scores out as they settle, for several threads and several distorted streams."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from support.clips import Clip, make_frames
from support.common import noise
from support.streams import DISTS, LONG, PSNR, REFS, Consumer, Frames, Gate, rows, scored

import pyvmaf
from pyvmaf import FeatureExtractor, Stream, StreamError, VmafPicture
from pyvmaf.errors import (
    VmafBusyError,
    VmafTimeoutError,
    VmafTypeError,
    VmafValueError,
)

pytestmark = pytest.mark.usefixtures("no_thread_is_left")
HEAVY = make_frames(Clip(70, 54, frames=5, damage="heavy"))[1]
SMALL = [plane[: 32 >> i, : 32 >> i] for i, plane in zip((0, 1, 1), REFS[0], strict=True)]
MODELS = ["vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_b_v0.6.3"]


@pytest.mark.parametrize("n_threads", [0, 1, 2, 4])
@pytest.mark.parametrize("subsample", [1, 3])
def test_equal_to_score(n_threads: int, subsample: int) -> None:
    """Frame by frame, and as a result, with what is of the whole sequence."""
    options: dict[str, Any] = {"model": MODELS, "features": [PSNR, "float_ssim"], "subsample": subsample}
    with Stream(n_threads=n_threads, **options) as stream:
        consumer = Consumer(stream)
        for ref, dist in zip(REFS, DISTS, strict=True):
            stream.push(ref, dist)
        result = stream.finish()
        assert stream.finish() is result
    expected = scored(9, **options)
    assert result == expected and result.pooled == expected.pooled and result.aggregates["apsnr_y"] > 0
    frames = consumer.ended()
    assert [frame.index for frame in frames] == expected.frames.tolist()
    assert [dict(frame.scores) for frame in frames] == rows(expected)
    assert [list(frame.models) for frame in frames] == [list(expected.models)] * len(frames)
    assert [frame.score for frame in frames] == expected["vmaf"].tolist()
    assert frames[0].scores["vmaf"] == frames[0].score and pickle.loads(pickle.dumps(frames[0])) == frames[0]
    assert result.part is None and result.run and (result.run.width, result.run.frames_read) == (70, 9)


@pytest.mark.parametrize(
    ("options", "delay"),
    [
        ({"model": None, "features": ["psnr", "vif"]}, 0),
        ({"model": "vmaf_v0.6.1"}, 1),
        ({"model": None, "features": [("motion", {"motion_five_frame_window": True})]}, 2),
    ],
)
def test_delay(options: dict[str, Any], delay: int) -> None:
    """A frame is there as soon as those that it needs were scored, and not before."""
    with Stream(n_threads=0, **options) as stream:
        for i in range(5):
            stream.push(REFS[i], DISTS[i])
            if i >= delay:
                assert next(iter(stream)).index == i - delay
            time.sleep(0.05)
            assert list(stream.ready()) == []
        stream.finish()
        assert [frame.index for frame in stream.ready()] == list(range(5 - delay, 5))


def test_the_middle_of_a_video() -> None:
    """With the frames around it, a stream has the numbers of the whole."""
    with Stream(first=3, subsample=2, features=[PSNR]) as stream:
        assert stream.halo == (1, 1)
        for i in range(3, 9):
            stream.push(REFS[i], DISTS[i], halo=i in (3, 8))
        with pytest.raises(VmafValueError, match="frame 9 cannot be scored: the one before it was pushed as a halo"):
            stream.push(REFS[0], DISTS[0])
        result = stream.finish()
    assert result == pyvmaf.score(
        Frames("a", REFS), Frames("b", DISTS), features=[PSNR], subsample=2, frames=range(4, 8)
    )
    assert [frame.index for frame in stream] == result.frames.tolist() == [4, 6]


def test_the_middle_of_a_video_without_what_is_before() -> None:
    with Stream(first=3) as stream:
        stream.push(REFS[3], DISTS[3])
        with pytest.raises(StreamError, match="frame 3 has no reference frame 1 before it"):
            stream.finish()


def test_a_full_queue(gate: type[Gate]) -> None:
    """Of five pairs one is at work, one in the thread's hand at most, two wait."""
    with Stream(model=None, features=["gate"], n_threads=0, queue=2) as stream:
        stream.push(REFS[0], DISTS[0])
        assert gate.entered.acquire(timeout=LONG)
        for i in (1, 2):
            stream.push(REFS[i], DISTS[i], block=False)
        with pytest.raises(VmafBusyError, match="the queue is full: 2 pairs wait"):
            stream.push(REFS[3], DISTS[3], block=False)
        with pytest.raises(VmafTimeoutError, match="the queue is still full"):
            stream.push(REFS[3], DISTS[3], timeout=0.05)
        threading.Timer(0.05, gate.passes.release, (100,)).start()
        stream.push(REFS[3], DISTS[3], timeout=LONG)
        assert stream.finish()["gate"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("n_threads", [0, 2])
def test_memory_with_a_slow_consumer(n_threads: int, resident: Callable[[], int]) -> None:
    """Pictures are let go as they are scored; of 1500 frames of 0.4 MB less than 8 are there at a time."""
    frame = noise(0, 480, 640)
    with Stream(model=None, features=["psnr"], n_threads=n_threads, queue=2) as stream:
        consumer = Consumer(stream, pause=0.01)
        for _ in range(300):
            stream.push(frame, frame, pix_fmt="gray")
        before = resident()
        for _ in range(1200):
            stream.push(frame, frame, pix_fmt="gray")
        assert resident() - before < 16 * 2 * frame.nbytes
        assert len(consumer.frames) < 1500
        stream.cancel()
        consumer.ended()


def test_a_consumer_that_stops_early() -> None:
    with Stream(n_threads=1, queue=1) as stream:
        for i in range(3):
            stream.push(REFS[i], DISTS[i])
        for frame in stream:
            assert frame.index == 0
            break
        for i in range(3, 9):
            stream.push(REFS[i], DISTS[i])
        assert len(stream.finish().frames) == 9
        assert [frame.index for frame in stream] == list(range(1, 9))
        assert list(stream) == list(stream.ready()) == []


def test_consumers_share_frames() -> None:
    with Stream(n_threads=1) as stream:
        consumers = [Consumer(stream) for _ in range(3)]
        for ref, dist in zip(REFS, DISTS, strict=True):
            stream.push(ref, dist)
        stream.finish()
        taken = [[frame.index for frame in consumer.ended()] for consumer in consumers]
    assert sorted(index for one in taken for index in one) == list(range(9)) and all(
        sorted(one) == one for one in taken
    )


def test_producers_share_a_stream() -> None:
    with Stream(model=None, features=["psnr"], queue=1) as stream:
        threads = [
            threading.Thread(target=lambda: [stream.push(REFS[0], DISTS[0]) for _ in range(50)]) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG)
        assert len(set(stream.finish()["psnr_y"].tolist())) == 1
    assert len(stream.finish().frames) == 150


@pytest.mark.parametrize(
    ("pair", "kind", "message"),
    [
        ((REFS[0], tuple(p[:40] for p in DISTS[0])), VmafTypeError, "distorted|planes"),
        ((SMALL, SMALL), VmafValueError, "reference: 32x32 .*70x54"),
        ((REFS[0], REFS[0][:1]), VmafValueError, "distorted: 70x54 YUV400P .*must be .*YUV420P"),
        ((REFS[0], "dist.mp4"), VmafTypeError, "distorted: a picture cannot be made of str"),
        ((None, REFS[0]), VmafTypeError, "reference: a picture must be"),
    ],
)
def test_what_is_no_pair_is_refused_at_once(pair: Any, kind: type[Exception], message: str) -> None:
    """The stream takes no notice of it."""
    with Stream(model=None, features=["psnr"]) as stream:
        stream.push(REFS[0], DISTS[0])
        with pytest.raises((kind, VmafValueError), match=message):
            stream.push(*pair)
        stream.push(REFS[1], DISTS[1])
        assert stream.finish() == scored(2, model=None, features=["psnr"])


def test_a_pair_that_was_refused_decides_nothing() -> None:
    with Stream(model=None, features=["psnr"]) as stream:
        with pytest.raises(VmafValueError, match=r"distorted: 32x32 .*, must be 70x54 .* as the reference"):
            stream.push(REFS[0], SMALL)
        stream.push(SMALL, SMALL)
        assert stream.finish()["psnr_y"].tolist() == [60]


def test_arguments() -> None:
    for options, message in (
        ({"queue": 0}, "queue"),
        ({"first": -1}, "first"),
        ({"subsample": 0}, "subsample"),
        ({"streams": 0}, "streams"),
        ({"streams": 17}, "must be 1 to 16"),
        ({"model": "auto"}, "choose_model"),
        ({"model": "vmaf_v9"}, "vmaf_v9"),
        ({"features": ["psnrr"]}, "psnrr"),
    ):
        with pytest.raises(VmafValueError, match=message):
            Stream(**options)  # type: ignore[call-overload]


@pytest.mark.parametrize("timeout", [-1, 0, 1e300, float("inf")])
def test_any_number_is_a_timeout(timeout: float) -> None:
    with Stream(model=None, features=["psnr"]) as stream:
        stream.push(REFS[0], DISTS[0], timeout=timeout)


@pytest.mark.parametrize("timeout", [[], object()])
def test_what_is_no_number_is_no_timeout(timeout: Any) -> None:
    with Stream(model=None, features=["psnr"]) as stream, pytest.raises(VmafTypeError, match="timeout"):
        stream.push(REFS[0], DISTS[0], timeout=timeout)


def test_memory_is_the_streams_own() -> None:
    """What becomes of arrays and pictures after the push is not its business; read-only arrays are not copied."""
    ref = [plane.copy() for plane in REFS[0]]
    picture = VmafPicture.from_planes(DISTS[0])
    with Stream(model=None, features=["psnr"]) as stream:
        stream.push(ref, picture)
        for plane in ref:
            plane[:] = 0
        picture.close()
        assert stream.finish() == scored(1, model=None, features=["psnr"])


def test_it_is_not_copied() -> None:
    with Stream() as stream, pytest.raises(VmafTypeError, match="cannot be copied or pickled"):
        pickle.dumps(stream)


@pytest.mark.parametrize("n_threads", [0, 2])
def test_several_distorted_streams(n_threads: int) -> None:
    """Each has the numbers of a run alone."""
    with Stream(n_threads=n_threads, features=[PSNR], streams=3) as stream:
        for i in range(5):
            stream.push(REFS[i], [DISTS[i], REFS[i], HEAVY[i]])
        results = stream.finish()
    expected = [
        pyvmaf.score(Frames("a", REFS[:5]), Frames("b", dists), features=[PSNR])
        for dists in (DISTS[:5], REFS[:5], HEAVY[:5])
    ]
    assert list(results) == expected
    frames = list(stream)
    assert [[one.index for one in frame] for frame in frames] == [[i] * 3 for i in range(5)]
    for k in range(3):
        assert [dict(frame[k].scores) for frame in frames] == rows(expected[k])


def test_several_streams_are_given_as_many_pictures() -> None:
    with Stream(model=None, features=["psnr"], streams=2) as stream:
        with pytest.raises(VmafValueError, match="3 pictures were given for 2 streams"):
            stream.push(REFS[0], [DISTS[0]] * 3)
        with pytest.raises(VmafTypeError, match="a sequence of 2 pictures is needed, not VmafPicture"):
            stream.push(REFS[0], VmafPicture.from_planes(DISTS[0]))


def test_one_of_several_streams_fails(registered: Callable[..., None]) -> None:
    class Dark(FeatureExtractor):
        """Fails where the distorted picture is black."""

        name = "dark"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            if not dist.planes[0].any():
                raise ZeroDivisionError("too dark")
            return {"dark": 1.0}

    registered(Dark)
    black = [np.zeros_like(plane) for plane in REFS[0]]
    with Stream(model=None, features=["dark"], streams=2, n_threads=0) as stream:
        stream.push(REFS[0], [DISTS[0], DISTS[1]])
        stream.push(REFS[0], [DISTS[0], black])
        with pytest.raises(StreamError, match="too dark") as caught:
            stream.finish()
        assert [len(result.frames) for result in caught.value.results] == [2, 1]
        frames = iter(stream)
        assert next(frames)[0].index == 0
        with pytest.raises(StreamError, match="too dark"):
            next(frames)
