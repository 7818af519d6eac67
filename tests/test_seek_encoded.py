# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Starting at a frame of an encode: the bits of a run from the start, without decoding all that is before."""

from __future__ import annotations

import io
import os
import shutil
import threading
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av", reason="PyAV reads the files; install '.[video]'")
pytest.importorskip("imageio_ffmpeg", reason="FFmpeg's tool makes the files; pip install imageio-ffmpeg")
from support.containers import damage  # noqa: E402
from support.seek_files import ENCODES, FRAMES, LONG, MADE, MAIN, make  # noqa: E402

from pyvmaf.video import Pair, Video, VideoError, leap, open_video  # noqa: E402
from pyvmaf.video.av import AvVideo  # noqa: E402
from pyvmaf.video.decode import Decoder  # noqa: E402
from pyvmaf.video.seek import Doubt, Finder, Resumed, checked  # noqa: E402

BEGINS = {name: begins for name, (*_, begins) in [*ENCODES.items(), *MADE.items()]}
# Frames that are decoded at most for the last one: two groups, and what the decoder's threads hold.
TWO_GROUPS = 2 * 16 + 8


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seek")


@pytest.fixture(scope="session")
def wholes(folder: Path) -> dict[str, list[bytes]]:
    """What a run from the start gives, by the file's name."""
    return {}


def digest(frame: Any) -> bytes:
    return blake2b(b"".join(np.ascontiguousarray(plane).tobytes() for plane in frame), digest_size=16).digest()


def digests(video: Video, start: int = 0, count: int | None = None) -> list[bytes]:
    with video:
        video.start_at(start)
        return [digest(frame) for frame in islice(video, count)]


def whole(wholes: dict[str, list[bytes]], path: Path) -> list[bytes]:
    if path.name not in wholes:
        wholes[path.name] = digests(open_video(path))
    return wholes[path.name]


class Counts:
    """How many frames decoders gave, how often decoding began in the middle, and how often in vain."""

    frames = resumed = again = 0


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Counts]]:
    take, resume, again = Decoder._take, Resumed.__init__, AvVideo._from_start

    def counted_take(self: Decoder, frame: Any) -> int:
        Counts.frames += 1
        return take(self, frame)

    def counted_resume(self: Resumed, *args: Any) -> None:
        Counts.resumed += 1
        resume(self, *args)

    def counted_again(self: AvVideo, index: int, *, careful: bool) -> Any:
        Counts.again += index > 0  # not those at which the file was opened
        return again(self, index, careful=careful)

    monkeypatch.setattr(Decoder, "_take", counted_take)
    monkeypatch.setattr(Resumed, "__init__", counted_resume)
    monkeypatch.setattr(AvVideo, "_from_start", counted_again)
    Counts.frames = Counts.resumed = Counts.again = 0
    yield Counts


@pytest.mark.parametrize("name", BEGINS)
def test_every_start(folder: Path, wholes: dict[str, list[bytes]], counts: type[Counts], name: str) -> None:
    path = make(folder, name)
    expected = whole(wholes, path)
    assert len(expected) > FRAMES // 2
    for index in range(0, len(expected), 1 if name in MAIN else 7):
        assert digests(open_video(path), index, 2) == expected[index : index + 2], index
    for index in (17, 33, len(expected) - 1):
        counts.frames = counts.resumed = counts.again = 0
        assert digests(open_video(path), index) == expected[index:]
    assert counts.again == 0
    # The last one: of all frames, only those from a restart on are decoded.
    assert (counts.resumed > 0) == BEGINS[name]
    if BEGINS[name]:
        assert counts.frames <= TWO_GROUPS


def test_frames_are_told_apart(folder: Path, wholes: dict[str, list[bytes]]) -> None:
    """Or else the test above would not see a wrong number."""
    for name in ("h264-open.mp4", "vfr.mkv", "av1.mp4"):
        frames = whole(wholes, make(folder, name))
        assert len(set(frames)) == len(frames)


# Sources


def test_file_objects_and_urls(folder: Path, wholes: dict[str, list[bytes]], counts: type[Counts]) -> None:
    path = make(folder, "h264-open.ts")
    data, expected = path.read_bytes(), whole(wholes, path)
    behind = io.BytesIO(b"other" + data)
    behind.seek(5)
    with path.open("rb") as opened:
        for source in (io.BytesIO(data), behind, opened, f"file://{path}"):
            counts.frames = 0
            assert digests(open_video(source), 60) == expected[60:]
            assert counts.frames <= TWO_GROUPS
    assert counts.resumed == 4


@pytest.mark.parametrize(
    "name", ["long.mp4", "edit-list.mp4", "negative.mp4", "lie-hevc.mp4", "no-edit-list.mov", "early.mp4"]
)
def test_over_an_mp4_by_its_table(
    folder: Path, wholes: dict[str, list[bytes]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = make(folder, name)
    expected = whole(wholes, path)
    monkeypatch.setattr(leap, "FAR", 1)
    for index in (*range(20, 40), *range(40, len(expected), 23), len(expected) - 1):
        assert digests(open_video(path), index, 2) == expected[index : index + 2], index


def test_what_is_leapt_over_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting(io.BytesIO):
        taken = 0

        def readinto(self, buffer: Any) -> int:
            n = super().readinto(buffer)
            self.taken += n
            return n

    data = make(folder, "long.mp4").read_bytes()
    assert len(data) > 40 * io.DEFAULT_BUFFER_SIZE
    for far, most in ((1, 0.7), (1 << 30, 2)):
        monkeypatch.setattr(leap, "FAR", far)
        source = Counting(data)
        video = open_video(source)
        before = source.taken
        assert len(digests(video, LONG - 5)) == 5
        assert (source.taken - before < most * len(data)) and (far == 1 or source.taken - before > 0.9 * len(data))


def test_a_pipe_is_read_and_dropped(folder: Path, wholes: dict[str, list[bytes]], counts: type[Counts]) -> None:
    path = make(folder, "h264-open.mkv")
    reading, writing = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(writing, path.read_bytes()), os.close(writing)))
    writer.start()
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        assert digests(open_video(pipe), 60) == whole(wholes, path)[60:]
    writer.join()
    assert counts.resumed == 0


def test_a_file_that_is_gone_is_decoded_from_the_start(
    folder: Path, wholes: dict[str, list[bytes]], tmp_path: Path
) -> None:
    expected = whole(wholes, make(folder, "h264-open.mkv"))
    path = Path(shutil.copy(make(folder, "h264-open.mkv"), tmp_path))
    with open_video(path) as video:
        path.unlink()
        video.start_at(60)
        assert [digest(frame) for frame in video] == expected[60:]


# Ends


def test_beyond_the_end(folder: Path) -> None:
    with open_video(make(folder, "h264-open.mp4")) as video:
        with pytest.raises(VideoError, match=f"frame {FRAMES}: beyond the end; the file has {FRAMES} frames"):
            video.start_at(FRAMES)
        video.start_at(FRAMES - 1)
        assert len(list(video)) == 1
    for name in ("h264-open.ts", "vfr.mkv", "h264.avi", "h264-fragments.mp4"):
        with open_video(make(folder, name)) as video:
            video.start_at(5000)
            assert list(video) == [], name


def test_a_pair_of_a_range(folder: Path, wholes: dict[str, list[bytes]]) -> None:
    paths = [make(folder, name) for name in ("h264-open.mp4", "hevc-open.ts")]
    with open_video(paths[0]) as ref, open_video(paths[1]) as dist:
        pair = Pair(ref, dist, first=40, limit=25)
        assert pair.frame_count == 25
        got = [(digest(a), digest(b)) for a, b in pair]
        assert got == list(zip(*(whole(wholes, path)[40:65] for path in paths), strict=True))
        assert (pair.note, pair.notices) == (None, [])


def test_closing_while_the_start_is_looked_for(folder: Path) -> None:
    class Slow(io.BytesIO):
        closes: Video | None = None

        def readinto(self, buffer: Any) -> int:
            if self.closes:
                self.closes.close()
            return super().readinto(buffer)

    source = Slow(make(folder, "h264-open.ts").read_bytes())
    video = open_video(source)
    video.start_at(60)
    source.closes = video
    with pytest.raises(VideoError, match="closed"):
        next(iter(video))


# Damage


def test_damage_before_the_start(folder: Path, wholes: dict[str, list[bytes]]) -> None:
    """Met by a run from the start, and by one whose decoding begins before it; not by others."""
    path = damage(make(folder, "ffv1.mkv"), 40)
    expected = whole(wholes, make(folder, "ffv1.mkv"))
    for index in (0, 20, 39, 41, 45):
        with open_video(path) as video, pytest.raises(VideoError, match="cannot be decoded") as caught:
            video.start_at(index)
            for i, frame in enumerate(video, index):
                assert i < 40 and digest(frame) == expected[i]
        assert caught.value.frame == 40
    assert digests(open_video(path), 62) == expected[62:]


def test_concealed_damage_is_told_of_the_frames_that_are_given(
    folder: Path, wholes: dict[str, list[bytes]], counts: type[Counts]
) -> None:
    path = damage(make(folder, "h264-closed.mp4"), 36)  # an IDR picture
    expected = whole(wholes, make(folder, "h264-closed.mp4"))
    for start, limit in ((0, 36), (20, 10), (20, 20), (36, 36), (50, 10), (65, 7)):
        with open_video(path) as ref, open_video(path) as dist:
            pair = Pair(ref, dist, first=start, limit=limit)
            got = [digest(a) for a, _ in pair]
        told = [line for line in ref.notices if "concealed damage in frames 36" in line]
        assert len(got) == limit
        assert len(told) == (start <= 36 < start + limit)
        assert [a == b for a, b in zip(got, expected[start:], strict=False)] == [
            not 36 <= i < 48 for i in range(start, start + limit)
        ]
    assert counts.again > 0


def test_frames_that_were_given_under_a_wrong_number(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should packets ever count otherwise than frames, what is found out is said."""
    find = Finder.find

    def off_by_one(self: Finder, *args: Any) -> Any:
        beginning = find(self, *args)
        assert beginning is not None
        beginning.number += 1
        return beginning

    def fail(self: Resumed, frame: Any) -> int:
        if frame.key_frame and self.last is not None and self.last.pts >= 59 * frame.duration:
            raise Doubt
        return take(self, frame)

    take = Resumed._take
    monkeypatch.setattr(Finder, "find", off_by_one)
    monkeypatch.setattr(Resumed, "_take", fail)
    path = make(folder, "h264-closed.mp4")
    with open_video(path) as video, pytest.raises(VideoError, match="read the video from frame 0"):
        video.start_at(58)
        list(video)


# Packets


class Packet:
    """What a `Finder` looks at."""

    def __init__(self, pts: int | None, key: bool = False, data: bytes = b"data", **changes: Any) -> None:
        self.pts = self.dts = pts
        self.is_keyframe, self.data, self.size = key, data, len(data)
        self.is_discard = self.is_corrupt = False
        self.sides: tuple[str, ...] = ()
        self.__dict__.update(changes)

    def has_sidedata(self, kind: str) -> bool:
        return kind in self.sides

    def __bytes__(self) -> bytes:
        return self.data


def packets(count: int = 60) -> list[Packet]:
    return [Packet(10 * i, i % 10 == 0) for i in range(count)]


def found(stream: list[Packet], index: int, first_time: int = 0, second_time: int | None = None) -> int | None:
    from pyvmaf.video.restart import Restarts

    second = first_time + 10 if second_time is None else second_time
    beginning = Finder(Restarts(), first_time, second).find(iter(stream), index)  # type: ignore[arg-type]
    if beginning is None:
        return None
    assert next(iter(beginning.packets)).pts == beginning.time
    return beginning.number


def test_one_restart_before_the_last_one() -> None:
    assert [found(packets(), index) for index in (25, 29, 30, 39, 40, 59, 99)] == [None, None, 20, 20, 30, 40, 40]


def test_pictures_that_follow_a_restart_and_are_shown_before_it() -> None:
    stream = packets()
    for key in range(10, 60, 10):  # 0 .. 9, 12, 10, 11, 13 ...
        stream[key].pts, stream[key + 1].pts, stream[key + 2].pts = 10 * key + 20, 10 * key, 10 * key + 10
    assert [found(stream, index) for index in (30, 40, 41)] == [22, 32, 32]
    assert found(stream, 40, first_time=20) == 30  # 0 and 10 never come out
    assert found(stream, 40, second_time=20) is None  # nor, it seems, does 10


@pytest.mark.parametrize(
    "change",
    [
        {"pts": None}, {"pts": 30}, {"pts": 140}, {"is_corrupt": True}, {"sides": ("new_extradata",)},
        {"sides": ("param_change",)},
    ],
)  # fmt: skip
def test_packets_that_leave_a_doubt(change: dict[str, Any]) -> None:
    stream = packets()
    stream[35].__dict__.update(change)
    assert found(stream, 50) is None


def test_a_late_packet_of_an_earlier_group() -> None:
    with pytest.raises(Doubt):
        list(checked([Packet(400), Packet(290)], 300))
    with pytest.raises(Doubt):
        list(checked([Packet(None, dts=5)], 300))
    assert len(list(checked([Packet(400), Packet(None, data=b""), Packet(5, is_discard=True)], 300))) == 3


def test_vp9_frames_that_are_hidden() -> None:
    from pyvmaf.video.restart import Vp9

    rules = Vp9()
    assert not rules.hides(bytes([0b10000010, 0, 0]))  # shown
    assert rules.hides(bytes([0b10000000, 0, 0]))
    assert not rules.hides(bytes([0b10001000, 0, 0]))  # shows one that exists
    assert not rules.hides(bytes([0b10000000, 0, 0xC1]))  # a superframe
    assert rules.hides(bytes([0b10110000, 0, 0])) and not rules.hides(bytes([0b10110001, 0, 0]))  # profile 3
