# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Ctrl-C that comes while C is at work: raised by the call, wherever Python code runs first, and nothing is left."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

import numpy as np
import pytest

from pyvmaf import FeatureExtractor, VmafContext, VmafPicture
from pyvmaf._ffi import _lent
from pyvmaf.engine.rows import Session, _instances

SLOW = {"cpumask": 0xFFFF, "log_level": "none"}
PLANE = np.random.default_rng(0).integers(0, 256, (1080, 1920), np.uint8)


@contextmanager
def pressed_soon() -> Iterator[None]:
    """Ctrl-C while the block's call is in C. Should it come earlier, Python handles it as ever."""
    entered = threading.Event()

    def press() -> None:
        entered.wait()
        time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    try:
        entered.set()
        yield
        time.sleep(1)  # should C have been faster, it comes here
    finally:
        thread.join()


def test_a_borrowed_array_is_let_go(capfd: pytest.CaptureFixture[str]) -> None:
    """It goes within the call two frames later, on this thread."""
    gc.collect()
    before = len(_lent)
    with VmafContext(**SLOW) as ctx:  # type: ignore[arg-type]
        ctx.use_feature("vif")
        for i in range(3):
            ctx.read_pictures(PLANE, PLANE, i, borrow=True, pix_fmt="gray")
        with pytest.raises(KeyboardInterrupt), pressed_soon():
            ctx.read_pictures(PLANE, PLANE, 3, borrow=True, pix_fmt="gray")
        ctx.flush()
        assert ctx.frame_count == 4
    assert len(_lent) == before
    assert capfd.readouterr() == ("", "")


class Late(FeatureExtractor):
    """Runs after a slow one in C."""

    name = "late"
    closed: ClassVar[list[FeatureExtractor]] = []

    def close(self) -> None:
        self.closed.append(self)

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        return {"late": float(index)}


@pytest.mark.parametrize("frame", [0, 1])
def test_an_extractor_in_python(registered: Callable[..., None], frame: int, capfd: pytest.CaptureFixture[str]) -> None:
    """At frame 0 it comes out of init, at frame 1 out of extract."""
    registered(Late)
    with VmafContext(**SLOW) as ctx:  # type: ignore[arg-type]
        ctx.use_feature("vif")
        ctx.use_feature("late")
        if frame:
            ctx.read_pictures(PLANE, PLANE, 0, pix_fmt="gray")
        with pytest.raises(KeyboardInterrupt), pressed_soon():
            ctx.read_pictures(PLANE, PLANE, frame, pix_fmt="gray")
        ctx.read_pictures(PLANE, PLANE, frame + 1, pix_fmt="gray")
        ctx.flush()
        assert ctx.feature_score_at_index("late", frame + 1) == frame + 1
    assert not Session.strays and not _instances
    assert capfd.readouterr() == ("", "")


class Stuck(FeatureExtractor):
    """Takes as long as the test wants."""

    name = "stuck"
    entered, let_go = threading.Event(), threading.Event()

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        self.entered.set()
        self.let_go.wait(60)
        return {"stuck": float(index)}


@pytest.mark.parametrize("call", ["read_pictures", "flush", "close"])
def test_a_call_that_waits_for_a_worker(
    registered: Callable[..., None], call: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is heard while the worker is at work, and the call may be made again."""
    registered(Stuck)
    Stuck.entered.clear()
    Stuck.let_go.clear()
    plane = PLANE[:64, :64]
    ctx = VmafContext(n_threads=1, log_level="none")
    ctx.use_feature("stuck")
    for i in range(2):  # one at work, one on the queue
        ctx.read_pictures(plane, plane, i, pix_fmt="gray")
        Stuck.entered.wait(10)
    waits = {"read_pictures": lambda: ctx.read_pictures(plane, plane, 2, pix_fmt="gray")}.get(call, getattr(ctx, call))
    with pytest.raises(KeyboardInterrupt), pressed_soon():
        waits()
    assert not Stuck.let_go.is_set() and ctx.closed is (call == "close")
    Stuck.let_go.set()
    if call != "close":
        ctx.read_pictures(plane, plane, 2, pix_fmt="gray")
        ctx.flush()
        assert ctx.feature_scores("stuck", range(3)).tolist() == [0, 1, 2]
    ctx.close()
    assert not Session.strays and not _instances
    assert capfd.readouterr() == ("", "")


def test_closing(registered: Callable[..., None], capfd: pytest.CaptureFixture[str]) -> None:
    """Closing waits for the worker's frames, and calls back on this thread when it is asked again."""
    registered(Late)
    Late.closed.clear()
    ctx = VmafContext(n_threads=1, **SLOW)  # type: ignore[arg-type]
    ctx.use_feature("vif")
    ctx.use_feature("late")
    ctx.read_pictures(PLANE, PLANE, 0, pix_fmt="gray")
    with pytest.raises(KeyboardInterrupt), pressed_soon():
        ctx.close()
    assert ctx.closed
    ctx.close()
    assert len(Late.closed) == 1
    assert not Session.strays and not _instances
    assert capfd.readouterr() == ("", "")
