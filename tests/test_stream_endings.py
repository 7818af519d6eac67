# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How a stream ends before its time: frames that fail, cancellation, Ctrl-C, neglect."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from support.streams import DISTS, LONG, REFS, Consumer, Gate, rows, scored

from pyvmaf import FeatureExtractor, FrameScores, Result, Stream, StreamError, VmafContext, VmafPicture
from pyvmaf.errors import (
    VmafBusyError,
    VmafCanceledError,
    VmafTimeoutError,
    VmafValueError,
)

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


@pytest.mark.parametrize("n_threads", [0, 1, 2, 4])
def test_a_frame_that_fails(gate: type[Gate], n_threads: int) -> None:
    """The frames before are there; then every call says what happened."""
    gate.passes.release(1000)
    stream = Stream(features=[("gate", {"fails": True})], n_threads=n_threads)
    consumer = Consumer(stream)
    with pytest.raises(StreamError, match="no third frame; 3 frames scored before") as caught, stream:
        for ref, dist in zip(REFS * 9, DISTS * 9, strict=True):
            stream.push(ref, dist)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert caught.value.result == scored(3, features=[("gate", {"fails": True})])
    assert [dict(frame.scores) for frame in consumer.ended()] == rows(caught.value.result)
    for call in (stream.finish, lambda: next(iter(stream)), lambda: next(stream.ready())):
        with pytest.raises(StreamError, match="no third frame"):
            call()
    assert isinstance(consumer.error, StreamError) and consumer.error.__cause__ is caught.value.__cause__
    with pytest.raises(VmafValueError, match="was finished"):
        stream.push(REFS[0], DISTS[0])
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and again.results == caught.value.results


def test_a_failure_holds_no_pictures(gate: type[Gate]) -> None:
    """Though it is kept, with the place where it was raised."""
    gate.passes.release(1000)
    planes = [np.array(plane) for plane in REFS[0]]
    held = weakref.ref(planes[0])
    with Stream(model=None, features=[("gate", {"fails": True})], n_threads=0) as stream:
        for _ in range(3):
            stream.push(REFS[0], DISTS[0])
        stream.push(planes, DISTS[0], borrow=True)
        del planes
        with pytest.raises(StreamError) as caught:
            stream.finish()
    gc.collect()
    assert held() is None
    places = traceback.extract_tb(caught.value.__cause__.__traceback__)  # type: ignore[union-attr]
    assert places[-1].name == "extract"


def test_pushes_after_a_failure_say_so(gate: type[Gate]) -> None:
    gate.passes.release(1000)
    with Stream(model=None, features=[("gate", {"fails": True})], n_threads=0) as stream:
        with pytest.raises(StreamError, match="no third frame; 3 frames"):
            for _ in range(100):
                stream.push(REFS[0], DISTS[0])
        stream.cancel()
        with pytest.raises(StreamError, match="no third frame"):
            stream.finish()


def test_samples_beyond_their_depth() -> None:
    """They are found when the frame is scored."""
    plane = np.full((54, 70), 1023, np.uint16)
    with Stream(model=None, features=["psnr"]) as stream:
        stream.push(plane, plane, bpc=10, pix_fmt="gray")
        stream.push(plane, plane + 1, bpc=10, pix_fmt="gray")
        with pytest.raises(StreamError, match=r"1024.*; 1 frame scored before") as caught:
            stream.finish()
    assert isinstance(caught.value.__cause__, VmafValueError)


def test_nothing_was_pushed() -> None:
    with Stream() as stream:
        pass
    with pytest.raises(VmafCanceledError):
        stream.finish()
    stream = Stream()
    with pytest.raises(VmafValueError, match="nothing was pushed"):
        stream.finish()
    assert list(stream) == []


@pytest.mark.parametrize("n_threads", [0, 1, 2])
def test_cancel(gate: type[Gate], n_threads: int) -> None:
    """It waits for frames that are being scored, and for no other; everybody hears of it."""
    stream = Stream(model=None, features=["gate"], n_threads=n_threads, queue=1)
    consumer = Consumer(stream)
    raised: list[BaseException] = []

    def push() -> None:
        try:
            while True:
                stream.push(REFS[0], DISTS[0])
        except VmafCanceledError as error:
            raised.append(error)

    producer = threading.Thread(target=push)
    producer.start()
    for _ in range(max(n_threads, 1)):
        assert gate.entered.acquire(timeout=LONG)
    time.sleep(0.1)  # until every queue is full
    canceler = threading.Thread(target=stream.cancel)
    canceler.start()
    producer.join(LONG)
    assert len(raised) == 1
    canceler.join(0.1)
    assert canceler.is_alive()
    for _ in range(max(n_threads, 1)):
        gate.passes.release()
    canceler.join(LONG)
    assert not canceler.is_alive() and not gate.entered.acquire(blocking=False)
    consumer.ended()
    assert isinstance(consumer.error, VmafCanceledError)
    stream.cancel()
    for call in (stream.finish, lambda: stream.push(REFS[0], DISTS[0]), lambda: next(iter(stream))):
        with pytest.raises(VmafCanceledError, match="canceled"):
            call()


def test_who_waits_for_a_frame_hears_that_it_is_given_up() -> None:
    """Else canceling waited for the end of the slice in which a consumer waits."""
    context = VmafContext()
    context.use_feature("psnr")
    context._abandon()
    assert context.next_settled(5) is None


def test_cancel_while_another_thread_finishes(gate: type[Gate]) -> None:
    stream = Stream(model=None, features=["gate"], n_threads=2)
    stream.push(REFS[0], DISTS[0])
    caught: list[BaseException] = []

    def finish() -> None:
        try:
            stream.finish()
        except VmafCanceledError as error:
            caught.append(error)

    finisher = threading.Thread(target=finish)
    finisher.start()
    assert gate.entered.acquire(timeout=LONG)
    threading.Timer(0.1, gate.passes.release).start()
    stream.cancel()
    finisher.join(LONG)
    assert len(caught) == 1


def test_cancel_after_the_end_changes_nothing() -> None:
    with Stream(model=None, features=["psnr"]) as stream:
        stream.push(REFS[0], DISTS[0])
        result = stream.finish()
        stream.cancel()
        assert stream.finish() is result and [frame.index for frame in stream] == [0]


def test_a_producer_that_raises_cancels() -> None:
    with pytest.raises(ZeroDivisionError), Stream() as stream:
        consumer = Consumer(stream)
        stream.push(REFS[0], DISTS[0])
        raise ZeroDivisionError
    consumer.ended()
    assert isinstance(consumer.error, VmafCanceledError)


def press_soon() -> None:
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()


@pytest.mark.parametrize("call", ["push", "iterate", "finish"])
def test_ctrl_c_is_heard(gate: type[Gate], call: str) -> None:
    """In whatever the main thread waits; afterwards the stream can go on."""
    with Stream(model=None, features=["gate"], n_threads=1, queue=1) as stream:
        while True:  # one is at work, one on the engine's queue, one in the thread's hand
            try:
                stream.push(REFS[0], DISTS[0], timeout=0.2)
            except VmafTimeoutError:
                break
        waits = {
            "push": lambda: stream.push(REFS[1], DISTS[1]),
            "iterate": lambda: next(iter(stream)),
            "finish": stream.finish,
        }[call]
        with pytest.raises(KeyboardInterrupt):
            press_soon()
            waits()
        gate.passes.release(1000)
        if call != "finish":
            stream.push(REFS[0], DISTS[0])
        stream.finish()
        assert [frame.index for frame in stream] == list(range(stream.finish().frames[-1] + 1))


def test_an_extractor_cannot_use_the_stream_that_it_works_for(registered: Callable[..., None]) -> None:
    streams: list[Stream[FrameScores, Result]] = []

    class Inside(FeatureExtractor):
        """Pushes a frame."""

        name = "inside"

        def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
            streams[0].push(ref, dist)
            return {}

    registered(Inside)
    with Stream(model=None, features=["inside"]) as stream:
        streams.append(stream)
        stream.push(REFS[0], DISTS[0])
        with pytest.raises(StreamError, match="an extractor must not call the stream"):
            stream.finish()


def test_a_stream_that_is_forgotten_ends() -> None:
    stream = Stream()
    stream.push(REFS[0], DISTS[0])
    feed, contexts = stream._feed, [weakref.ref(context) for context in stream._feed.task.contexts]
    del stream
    gc.collect()
    assert feed.wait(LONG) and feed.results is None
    del feed
    gc.collect()
    end = time.monotonic() + LONG
    while any(one() for one in contexts) and time.monotonic() < end:
        time.sleep(0.01)
    assert [one() for one in contexts] == [None]


def test_a_frame_that_was_dropped_is_reported() -> None:
    """A context that was abandoned loses no frame without a word."""
    with VmafContext(n_threads=1) as context:
        context.use_feature("psnr")
        context._abandon()
        context.read_pictures(REFS[0], DISTS[0])
        with pytest.raises(VmafBusyError, match=r"frame 0 was dropped: pyvmaf_abandon\(\) was called"):
            context.flush()
    context._abandon()


def test_a_forked_child_cannot_use_it() -> None:
    """Its threads are not there: calls say so, and leaving it waits for nothing."""
    code = """
import os, numpy as np, pyvmaf
plane = np.zeros((64, 64), np.uint8)
with pyvmaf.Stream(n_threads=1) as stream:
    stream.push(plane, plane, pix_fmt="gray")
    child = os.fork()
    if not child:
        for call in (lambda: stream.push(plane, plane, pix_fmt="gray"), stream.finish, lambda: next(iter(stream))):
            try:
                call()
            except pyvmaf.VmafValueError as error:
                assert "before a fork" in str(error)
            else:
                os._exit(1)
        stream.cancel()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    print(len(stream.finish().frames))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=LONG)
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_a_process_ends_with_a_stream_at_work() -> None:
    code = """
import threading, numpy as np, pyvmaf
plane = np.zeros((640, 640), np.uint8)
stream = pyvmaf.Stream(n_threads=1)
threading.Thread(target=lambda: list(stream), daemon=True).start()
for _ in range(5):
    stream.push(plane, plane, pix_fmt="gray")
print("end")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=LONG)
    assert (done.stdout, done.stderr, done.returncode) == ("end\n", "", 0)
