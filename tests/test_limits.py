# SPDX-License-Identifier: BSD-2-Clause-Patent
"""At a limit of memory or of processes a run ends with a sentence; it neither hangs nor leaves a thread."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.containers import y4m_bytes

from pyvmaf import VmafError, score
from pyvmaf.video import ahead

# Imports everything, then takes away what a thread would need.
LIMITED = """
import os, resource, sys
from pyvmaf import VmafError, score
video, what, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
ref, dist = open(video, "rb"), open(video, "rb")
if what == "memory":
    with open("/proc/self/statm") as sizes:
        used = int(sizes.read().split()[0]) * resource.getpagesize()
    most = used + (4 << 20)  # half of a thread's stack
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
else:
    score(video, video, n_threads=0)  # loads what is loaded late
    if os.getuid() == 0:
        os.setresuid(65534, 65534, 65534)  # nothing limits root's processes
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
try:
    score(ref, dist, n_threads=threads)
except VmafError as error:
    print(type(error).__name__, error.errno, error)
"""


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "a.y4m"
    path.write_bytes(y4m_bytes(2))
    return path


@pytest.mark.parametrize("what", ["memory", "processes"])
@pytest.mark.parametrize("threads", [0, 4])
def test_a_thread_that_cannot_start(video: Path, what: str, threads: int) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("the limits of Linux")
    command = [sys.executable, "-W", "ignore", "-c", LIMITED, str(video), what, str(threads)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    limit = "the limit of memory or of processes is reached (ulimit -v, ulimit -u)"
    assert run.stdout == (
        f"VmafOSError 11 cannot start with 4 threads: {limit}; use fewer\n"
        if threads
        else f"IncompleteError 22 no thread can be started to read the videos: {limit}; 0 frames scored before\n"
    ), run.stderr


def test_a_thread_that_ends_without_a_word(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one does that has no memory for its first call; Python says nothing to whoever started it."""
    monkeypatch.setattr(ahead, "start_new_thread", lambda function, arguments: 1)
    with pytest.raises(VmafError, match=r"the thread that reads ended without a word: .*; 0 frames scored before"):
        score(video, video, n_threads=0)


def test_a_thread_without_memory_for_a_frame_says_so() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise MemoryError

    taken = ahead.ahead(items())
    assert next(taken) == 1
    with pytest.raises(MemoryError):
        next(taken)
