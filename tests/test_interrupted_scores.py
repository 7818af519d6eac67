# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Ctrl-C at any moment of `score` leaves a result: of frames that have all their scores, none lost, none half."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.parts import FRAMES, write_pair

import pyvmaf
from pyvmaf import FeatureExtractor, Interrupted, Result, VmafContext, VmafPicture
from pyvmaf.cli.pyvmaf import main
from pyvmaf.scoring import score as scoring


def raise_it() -> None:
    raise KeyboardInterrupt


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def once(real: Callable[..., Any], before: Callable[[], None], after: Callable[[], None]) -> Callable[..., Any]:
    """The function, with something done around its first call."""
    calls = iter(range(1000))

    def patched(*arguments: Any, **named: Any) -> Any:
        first = next(calls) == 0
        if first:
            before()
        value = real(*arguments, **named)
        if first:
            after()
        return value

    return patched


def nothing() -> None:
    pass


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="module")
def whole(files: tuple[Path, Path]) -> Result:
    return pyvmaf.score(*files)


def check(found: Result, whole: Result, frames: int) -> None:
    """The first frames have the scores of the whole run, but the last of them, after which there is none."""
    assert list(found.frames) == list(range(frames))
    assert np.array_equal(found["vmaf"][:-1], whole["vmaf"][: frames - 1])
    assert not any(np.isnan(column).any() for column in found.values())
    assert not any(math.isnan(pooled.mean) for pooled in found.pooled.values())
    assert str(found.note).endswith(f"interrupted after {frames} frames")
    assert Result.from_json(found.to_json()) == found


@pytest.mark.parametrize("n_threads", [0, 2])
@pytest.mark.parametrize("interrupt", [raise_it, press])
def test_in_the_progress_of_the_last_frame(
    files: tuple[Path, Path], whole: Result, n_threads: int, interrupt: Callable[[], None]
) -> None:
    def progress(done: int, total: int | None) -> None:
        if done == total:
            interrupt()

    with pytest.raises(Interrupted, match=f"interrupted after {FRAMES} frames") as caught:
        pyvmaf.score(*files, n_threads=n_threads, progress=progress)
    check(caught.value.result, whole, FRAMES)


@pytest.mark.parametrize("interrupt", [raise_it, press])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("where", "what"), [(VmafContext, "flush"), (scoring, "collect"), (scoring, "file_state"), (scoring, "take_out")]
)
def test_after_the_reading(
    files: tuple[Path, Path],
    whole: Result,
    monkeypatch: pytest.MonkeyPatch,
    interrupt: Callable[[], None],
    late: bool,
    where: Any,
    what: str,
) -> None:
    """Everything was read, so the finished result is there."""
    if what == "file_state":  # first called when the files are opened
        where, what = scoring._Run, "_look_for_changes"
    around = (nothing, interrupt) if late else (interrupt, nothing)
    monkeypatch.setattr(where, what, once(getattr(where, what), *around))
    with pytest.raises(Interrupted) as caught:
        pyvmaf.score(*files, n_threads=0)
    check(caught.value.result, whole, FRAMES)
    assert caught.value.result == whole
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class Stops(FeatureExtractor):
    """Is interrupted at a frame, which then has no score of it."""

    name = "stops"
    features = ("stops",)

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> dict[str, float]:
        if index == 5:
            raise KeyboardInterrupt
        return {"stops": 1.0}


@pytest.mark.parametrize("n_threads", [0, 2])
def test_within_an_extractor(files: tuple[Path, Path], whole: Result, n_threads: int) -> None:
    pyvmaf.register(Stops)
    try:
        with pytest.raises(Interrupted) as caught:
            pyvmaf.score(*files, features=["stops"], n_threads=n_threads)
    finally:
        pyvmaf.unregister(Stops)
    check(caught.value.result, whole, 5)


@pytest.mark.parametrize("error", [None, LookupError("no more")])
def test_while_all_is_closed(
    files: tuple[Path, Path], whole: Result, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    """Also where it ended early: what is known of that stays."""
    monkeypatch.setattr(VmafContext, "close", once(VmafContext.close, press, press))
    monkeypatch.setattr(scoring, "_close", once(scoring._close, press, press))
    if error:
        monkeypatch.setattr(scoring._Run, "_shortage", lambda *_: error)
    with pytest.raises(Interrupted) as caught:
        pyvmaf.score(*files, n_threads=0)
    check(caught.value.result, whole, FRAMES)
    assert ("no more; 23 frames scored before" in str(caught.value.result.note)) == bool(error)


def test_early_and_late(files: tuple[Path, Path], whole: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is held down interrupts the reading, and ends nothing after it."""
    monkeypatch.setattr(VmafContext, "flush", once(VmafContext.flush, press, press))
    monkeypatch.setattr(scoring, "collect", once(scoring.collect, press, press))
    with pytest.raises(Interrupted) as caught:
        pyvmaf.score(*files, n_threads=0, progress=lambda done, _: press() if done == 3 else None)
    check(caught.value.result, whole, 3)


def test_a_handler_that_does_not_raise_hears_it_after(
    files: tuple[Path, Path], whole: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        monkeypatch.setattr(VmafContext, "flush", once(VmafContext.flush, press, nothing))
        assert pyvmaf.score(*files, n_threads=0) == whole
        assert heard == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("what", ["flush", "save"])
def test_the_command_writes_and_shows_it(
    files: tuple[Path, Path],
    whole: Result,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    what: str,
) -> None:
    from pyvmaf.cli.pyvmaf import score as command

    where: Any = VmafContext if what == "flush" else command
    monkeypatch.setattr(where, what, once(getattr(where, what), press, nothing))
    path = tmp_path / "r.json"
    assert main(["score", *map(str, files), "-o", str(path)]) == 130
    out, err = capsys.readouterr()
    assert Result.from_json(path) == whole and f"{whole.score:.4f}" in out
    assert err == ("pyvmaf: interrupted after 23 frames\n" if what == "flush" else "pyvmaf: interrupted\n")


def test_vmaf_writes_its_log(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from pyvmaf.cli import vmaf

    monkeypatch.setattr(VmafContext, "flush", once(VmafContext.flush, press, nothing))
    path = tmp_path / "log.csv"
    assert vmaf.main(["-r", str(files[0]), "-d", str(files[1]), "--csv", "-o", str(path)]) == 130
    assert len(path.read_text().splitlines()) == 1 + FRAMES
    assert capfd.readouterr().err.endswith("interrupted\n")
