# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the tests share: small pictures, extractors that go away again, a measure of memory."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.common import Plane, noise

import pyvmaf

if TYPE_CHECKING:
    from support.streams import Gate

# A shell that runs this in the background has Ctrl-C ignored, and children inherit
# that. Tests that interrupt need it as it is for a person.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Under nohup the same goes for the end of a terminal.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The frames of tests are small: PyTorch's threads would wait for each other most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def planes() -> list[Plane]:
    """Six unlike planes of 64x48."""
    return [noise(i) for i in range(6)]


@pytest.fixture
def registered() -> Iterator[Callable[[type[pyvmaf.FeatureExtractor]], None]]:
    """Register classes until the end of the test."""
    made = []

    def register(cls: type[pyvmaf.FeatureExtractor]) -> None:
        pyvmaf.register(cls)
        made.append(cls)

    yield register
    for cls in made:
        pyvmaf.unregister(cls)


@pytest.fixture
def no_thread_is_left() -> Iterator[None]:
    """Whatever a test does, no thread is left."""
    from support.streams import LONG

    # Python does not know of threads that C starts, and counts those that have ended.
    tasks = Path("/proc/self/task")
    if not tasks.exists():
        yield
        return
    before = {task.name for task in tasks.iterdir()}
    yield
    end = time.monotonic() + LONG
    while (left := {task.name for task in tasks.iterdir()} - before) and time.monotonic() < end:
        gc.collect()  # a thread may have let go of a stream just now
        time.sleep(0.01)
    assert not left


@pytest.fixture
def gate(registered: Callable[[type[pyvmaf.FeatureExtractor]], None]) -> Iterator[type[Gate]]:
    """The extractor that waits, closed; it is open at the end."""
    from support.streams import Gate

    Gate.passes, Gate.entered = threading.Semaphore(0), threading.Semaphore(0)
    registered(Gate)
    yield Gate
    Gate.passes.release(1000)


@pytest.fixture
def resident() -> Callable[[], int]:
    """The bytes of memory that the process holds."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("resident memory is read from /proc")

    def measure() -> int:
        gc.collect()
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    return measure


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder: child processes import the installed package, not the source tree."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model for `lpips`, with the layers of the real one."""
    from support import lpips_models

    path = tmp_path_factory.mktemp("model") / "tiny.onnx"
    path.write_bytes(lpips_models.tiny())
    return path


@pytest.fixture
def lpips_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No model from the environment or the user's cache, and afterwards no extractor at work."""
    from pyvmaf.engine.rows import sessions
    from pyvmaf.lpips import extractor

    monkeypatch.delenv(extractor.ENVIRONMENT, raising=False)
    monkeypatch.setenv("PYVMAF_CACHE", str(tmp_path / "cache"))
    yield
    assert not sessions
