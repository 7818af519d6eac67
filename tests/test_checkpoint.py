# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A run that was ended by anything goes on from its checkpoint, with the bits of one run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.clips import Clip, make_frames
from support.parts import EVERYTHING, FRAMES, check_equal, with_running_mean, write_pair, write_y4m

import pyvmaf
from pyvmaf import FeatureExtractor, IncompleteError, Result, VmafBusyError, VmafPicture, VmafValueError, merge
from pyvmaf.parts import checkpoint as module
from pyvmaf.parts import store
from pyvmaf.parts.records import HEAD, MAGIC, RecordFile, read_records

ROOT = Path(pyvmaf.__file__).parents[1]  # where it is installed


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    yield from with_running_mean()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("clips"))


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record for each frame that settles."""
    monkeypatch.setattr(module, "FRAMES", 1)


def test_records_survive_a_cut_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "x.pyvmaf"
    payloads = [b"H" * 5, b"", b"F" * 300]
    file = RecordFile(path, 0)
    for one in payloads:
        file.append(one)
    file.sync()
    file.close()
    data = path.read_bytes()
    assert read_records(path) == (payloads, len(data))
    ends = [len(MAGIC)]
    for one in payloads:
        ends.append(ends[-1] + HEAD.size + len(one))
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        whole = sum(end <= cut for end in ends) - 1
        want = (payloads[:whole], ends[whole]) if whole >= 0 else ([], 0)
        assert read_records(path) == want
    for at in range(len(MAGIC), len(data), 7):
        path.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        records, end = read_records(path)
        assert records == payloads[: len(records)] and end <= at


@pytest.mark.parametrize("frames", [None, range(5, 19)])
def test_a_checkpoint_cut_anywhere(files: tuple[Path, Path], tmp_path: Path, often: None, frames: range | None) -> None:
    path = tmp_path / "c.pyvmaf"
    whole = pyvmaf.score(*files, frames=frames, **EVERYTHING)
    check_equal(pyvmaf.score(*files, frames=frames, checkpoint=path, **EVERYTHING), whole)
    data = path.read_bytes()
    check_equal(Result.load(path), whole)
    pick = random.Random(3)
    ends = np.cumsum([len(MAGIC), *(HEAD.size + len(one) for one in read_records(path)[0])])
    halo = int(ends[next(i for i, one in enumerate(read_records(path)[0]) if one[:1] == b"F") + 1])
    cuts = [halo, 0, 1, len(MAGIC), len(MAGIC) + 5, len(data) - 1, *(pick.randrange(len(data)) for _ in range(14))]
    for cut in cuts:
        path.write_bytes(data[:cut])
        left = read_records(path)[0]
        check_equal(pyvmaf.score(*files, frames=frames, checkpoint=path, **EVERYTHING), whole)
        check_equal(Result.load(path), whole)
        assert read_records(path)[0][: len(left)] == left
    if frames:
        rest = [pyvmaf.score(*files, frames=f, **EVERYTHING) for f in (range(5), slice(19, None))]
        check_equal(merge([rest[1], path, rest[0]]), pyvmaf.score(*files, **EVERYTHING))


def test_a_complete_one_is_only_read(files: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "c.pyvmaf"
    first = pyvmaf.score(*files, checkpoint=path, **EVERYTHING)
    before = path.stat()
    seen: list[int] = []
    again = pyvmaf.score(*files, checkpoint=path, progress=lambda n, _: seen.append(n), **EVERYTHING)
    check_equal(again, first)
    assert not seen and path.stat().st_mtime_ns == before.st_mtime_ns


def test_other_runs_are_refused_and_left_alone(files: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "c.pyvmaf"
    pyvmaf.score(*files, checkpoint=path, frames=range(3, 9))
    data = path.read_bytes()
    cases: list[tuple[tuple[Path, Path], dict[str, Any], str]] = [
        ((files[0], files[0]), {"frames": range(3, 9)}, "checkpoint of another run: distorted differs"),
        (files, {"frames": range(3, 9), "model": "vmaf_v0.6.1neg"}, "models differs"),
        (files, {"frames": range(3, 9), "subsample": 2}, "subsample differs"),
        (files, {"frames": range(3, 10)}, 'another range: frames differs: "frames 3 to 9", "frames 3 to 8"'),
    ]
    for pair, arguments, message in cases:
        with pytest.raises(VmafValueError, match=message):
            pyvmaf.score(*pair, checkpoint=path, **arguments)
        assert path.read_bytes() == data
    path.write_bytes(b"my thesis")
    with pytest.raises(VmafValueError, match="holds no scores of pyvmaf"):
        pyvmaf.score(*files, checkpoint=path)
    assert path.read_bytes() == b"my thesis"


@pytest.mark.parametrize("there", [0, 5])
def test_the_later_of_two_that_begin_at_once(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: int
) -> None:
    """It read the file before the other wrote it, and opened it when the other was through."""
    path = tmp_path / "c.pyvmaf"
    if there:
        pyvmaf.score(*files, checkpoint=path, frames=range(there))
        path.write_bytes(path.read_bytes()[:-1])  # not complete

    def late(*arguments: Any) -> store.Writer:
        monkeypatch.undo()
        pyvmaf.score(*files, checkpoint=path, frames=range(there) if there else None)
        return store.Writer(*arguments)

    monkeypatch.setattr(module, "Writer", late)
    with pytest.raises(VmafBusyError, match=r"c\.pyvmaf: another process began to write it at the same time"):
        pyvmaf.score(*files, checkpoint=path, frames=range(there) if there else None)
    assert store.Stored(path).is_complete


def test_two_writers_are_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "c.pyvmaf"
    held = RecordFile(path, 0)
    with pytest.raises(VmafBusyError, match="another process is writing it"):
        pyvmaf.score(*files, checkpoint=path)
    held.close()
    pyvmaf.score(*files, checkpoint=path)


class FailsOnce(FeatureExtractor):
    """Raises at one frame until it is mended."""

    name = "fails_once"
    features = ("fine",)
    broken = True

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> dict[str, float]:
        if index == 11 and FailsOnce.broken:
            raise RuntimeError("not today")
        return {"fine": float(index)}


@pytest.mark.parametrize("n_threads", [0, 2])
def test_an_extractor_that_failed_goes_on(
    files: tuple[Path, Path], tmp_path: Path, often: None, n_threads: int
) -> None:
    path = tmp_path / "c.pyvmaf"
    pyvmaf.register(FailsOnce)
    try:
        FailsOnce.broken = True
        arguments: dict[str, Any] = {"features": ["fails_once"], "n_threads": n_threads}
        with pytest.raises(IncompleteError, match="not today"):
            pyvmaf.score(*files, checkpoint=path, **arguments)
        assert 5 <= len(Result.load(path).frames) <= 11
        FailsOnce.broken = False
        result = pyvmaf.score(*files, checkpoint=path, **arguments)
        assert list(result["fine"]) == list(range(FRAMES))
        check_equal(result, pyvmaf.score(*files, **arguments))
    finally:
        pyvmaf.unregister(FailsOnce)


KILLED = """
import sys, pyvmaf
from pyvmaf.parts import checkpoint
checkpoint.FRAMES = 4
pyvmaf.score(sys.argv[1], sys.argv[2], checkpoint=sys.argv[3], n_threads=2,
             progress=lambda n, total: print(n, flush=True))
"""


def test_kill_at_random_moments(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    still = [rng.integers(0, 256, (h, w), np.uint8) for h, w in ((64, 96), (32, 48), (32, 48))]
    frames = [[np.roll(p, i, 1) for p in still] for i in range(400)]
    ref = write_y4m(tmp_path / "r.y4m", frames)
    dist = write_y4m(tmp_path / "d.y4m", [[p // 4 * 4 for p in frame] for frame in frames])
    path = tmp_path / "c.pyvmaf"
    pick, twice = random.Random(1), 0
    for _ in range(12):
        run = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(ref), str(dist), str(path)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert run.stdout
        first = int(run.stdout.readline() or 0)
        known = first - 1  # what the checkpoint held
        seen = first
        goal = first + pick.randrange(60)
        for line in run.stdout:
            seen = int(line)
            if seen >= goal:
                break
        time.sleep(pick.random() * 0.01)
        run.send_signal(signal.SIGKILL)
        seen = max([seen, *map(int, run.stdout.read().split())])
        run.wait()
        run.stdout.close()
        left = len(Result.load(path).frames) if path.exists() and seen > 8 else 0
        twice = max(twice, seen - left)
        assert left >= known
    whole = pyvmaf.score(ref, dist, n_threads=2)
    check_equal(pyvmaf.score(ref, dist, checkpoint=path, n_threads=2), whole)
    check_equal(Result.load(path), whole)
    # Settled: one frame behind; at work and queued: two for each of the two threads; and a record's frames.
    assert twice <= 1 + 4 + 1 + 4 + 1


FULL = """
import resource, sys, warnings, pyvmaf
from pyvmaf.parts import checkpoint
checkpoint.FRAMES = 1
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    result = pyvmaf.score(sys.argv[1], sys.argv[2], checkpoint=sys.argv[3])
print([str(w.message) for w in seen])
print(len(result.frames), result.score)
"""


def test_a_full_disk_does_not_stop_the_run(files: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "c.pyvmaf"
    run = subprocess.run(
        [sys.executable, "-c", FULL, *map(str, files), str(path)],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    said, scored = run.stdout.splitlines()
    assert "the checkpoint is not written any more" in said and said.count("checkpoint") == 1
    whole = pyvmaf.score(*files)
    assert scored == f"{FRAMES} {whole.score}"
    assert 0 < len(Result.load(path).frames) < FRAMES
    check_equal(pyvmaf.score(*files, checkpoint=path), whole)


@pytest.mark.parametrize("moment,which", [("append", 30), ("sync", 7)])
def test_ctrl_c_while_it_is_written(
    files: tuple[Path, Path], tmp_path: Path, often: None, monkeypatch: pytest.MonkeyPatch, moment: str, which: int
) -> None:
    path, real, calls = tmp_path / "c.pyvmaf", getattr(RecordFile, moment), iter(range(1000))

    def interrupted(*arguments: Any) -> None:
        real(*arguments)  # it is done, and nobody has noted it
        if next(calls) == which:
            raise KeyboardInterrupt

    monkeypatch.setattr(store, "SYNC_SECONDS", -1)
    monkeypatch.setattr(RecordFile, moment, interrupted)
    with pytest.raises(pyvmaf.Interrupted):
        pyvmaf.score(*files, checkpoint=path, n_threads=0)
    kept = Result.load(path)
    whole = pyvmaf.score(*files)
    assert list(kept["vmaf"]) == list(whole["vmaf"][: len(kept.frames)])
    check_equal(pyvmaf.score(*files, checkpoint=path), whole)


def test_what_no_checkpoint_can_be(files: tuple[Path, Path], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path, message in ((tmp_path / "fifo", "is a pipe or a device"), ("/dev/null", "is a pipe"), ("", "is empty")):
        with pytest.raises(VmafValueError, match=message):
            pyvmaf.score(*files, checkpoint=path)
    with pytest.raises(pyvmaf.VmafIsADirectoryError):
        pyvmaf.score(*files, checkpoint=tmp_path)
    with pytest.raises(pyvmaf.VmafTypeError):
        pyvmaf.score(*files, checkpoint=3)  # type: ignore[arg-type]


def test_bytes_go_on_from_a_checkpoint_of_the_same_bytes(files: tuple[Path, Path], tmp_path: Path) -> None:
    ref, dist = (path.read_bytes() for path in files)
    first = pyvmaf.score(ref, dist, checkpoint=tmp_path / "c.pyvmaf")
    assert pyvmaf.score(ref, files[1], checkpoint=tmp_path / "c.pyvmaf") == first
    with pytest.raises(VmafValueError, match="distorted differs"):
        pyvmaf.score(ref, ref, checkpoint=tmp_path / "c.pyvmaf")


def test_frames_out_of_step_are_refused_again(files: tuple[Path, Path], tmp_path: Path, often: None) -> None:
    refs = make_frames(Clip(96, 64, 8, "420", frames=FRAMES + 4))[0]
    late = write_y4m(tmp_path / "late.y4m", refs[4:])
    ref = write_y4m(tmp_path / "ref.y4m", refs)
    for _ in range(2):
        with pytest.raises(pyvmaf.AlignmentError):
            pyvmaf.score(ref, late, checkpoint=tmp_path / "c.pyvmaf")


@pytest.mark.parametrize("frames", [None, slice(5, None)])
def test_a_run_that_lacks_only_its_end(files: tuple[Path, Path], tmp_path: Path, frames: slice | None) -> None:
    """Without a halo nothing is left to read, and beginning to read behind the end was an error."""
    asked: dict[str, Any] = {"model": None, "features": ["psnr"], "frames": frames}
    whole, path = pyvmaf.score(*files, **asked), tmp_path / "c.pyvmaf"

    def stop(done: int, total: int | None) -> None:
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pyvmaf.score(*files, checkpoint=path, progress=stop, **asked)
    check_equal(pyvmaf.score(*files, checkpoint=path, **asked), whole)
    assert Result.load(path) == whole


@pytest.mark.parametrize("first", [FRAMES, FRAMES + 5])
def test_a_range_beyond_the_end_leaves_nothing(files: tuple[Path, Path], tmp_path: Path, first: int) -> None:
    """The range that was meant is not refused as another one."""
    path = tmp_path / "c.pyvmaf"
    with pytest.raises(VmafValueError, match="are beyond the end; the file has 23 frames"):
        pyvmaf.score(*files, frames=range(first, 40), checkpoint=path)
    check_equal(pyvmaf.score(*files, frames=range(3, 7), checkpoint=path), pyvmaf.score(*files, frames=range(3, 7)))
