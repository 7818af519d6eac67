# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Readers: every format they take, and every file that lies."""

from __future__ import annotations

import os
import pickle
import random
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from support.video_files import assert_frames, read_all, stored_planes

from pyvmaf.video import (
    Pair,
    PairError,
    RawVideo,
    Video,
    VideoError,
    VideoFormat,
    Y4mVideo,
    open_video,
)
from pyvmaf.video import y4m as y4m_module

HEADER = b"YUV4MPEG2 W6 H4 F25:1 Ip A1:1 C420\n"
FRAME = b"FRAME\n" + bytes(range(6 * 4 * 3 // 2))


def y4m_bytes(format: VideoFormat, space: str, frames: int, extra: bytes = b"") -> bytes:
    head = f"YUV4MPEG2 W{format.width} H{format.height} F30000:1001 Ip A0:0 C{space} XYSCSS=x\n"
    body = b"".join(b"FRAME\n" + b"".join(p.tobytes() for p in stored_planes(format, i)) + extra for i in range(frames))
    return head.encode() + body


@pytest.mark.parametrize("space", [s for s in y4m_module.COLOUR_SPACES if s != "444alpha"])
@pytest.mark.parametrize("size", [(6, 4), (7, 5), (1, 1), (33, 2)])
def test_y4m_colour_spaces(tmp_path: Path, space: str, size: tuple[int, int]) -> None:
    chroma, bpc, _ = y4m_module.COLOUR_SPACES[space]
    format = VideoFormat(*size, chroma, bpc)
    path = tmp_path / "a.y4m"
    path.write_bytes(y4m_bytes(format, space, 3))
    with open_video(path) as video:
        assert isinstance(video, Y4mVideo)
        assert video.format == format
        assert video.frame_count == 3
        assert_frames(video, 3)


def test_y4m_alpha_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.y4m"
    path.write_bytes(y4m_bytes(VideoFormat(5, 3, "444"), "444alpha", 2, extra=b"\xff" * 15))
    with open_video(path) as video:
        assert_frames(video, 2)


def test_y4m_defaults_and_frame_parameters(tmp_path: Path) -> None:
    path = tmp_path / "named.txt"  # known by content, not by name
    path.write_bytes(HEADER.replace(b" C420", b"") + FRAME.replace(b"\n", b" Ip X=1\n", 1) + FRAME)
    with open_video(path) as video:
        assert video.format == VideoFormat(6, 4, "420", 8)
        frames = list(video)
    assert len(frames) == 2
    assert frames[1][0].tolist() == np.arange(24).reshape(4, 6).tolist()


@pytest.mark.parametrize("kind", [b" I?", b""])
def test_y4m_unknown_interlacing_warns(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "a.y4m"
    path.write_bytes(HEADER.replace(b" Ip", kind) + FRAME)
    with pytest.warns(UserWarning, match="taken as progressive"), open_video(path) as video:
        assert len(list(video)) == 1


LYING_HEADERS = {
    "no magic": (b"RIFF....AVI " + FRAME, "starts with b'RIFF....A'"),
    "cut magic": (b"YUV4", "starts with b'YUV4'"),
    "version 3": (HEADER.replace(b"MPEG2", b"MPEG3") + FRAME, "YUV4MPEG2"),
    "version 22": (HEADER.replace(b"MPEG2", b"MPEG22") + FRAME, "starts with b'YUV4MPEG22'"),
    "ends in header": (HEADER[:-10], "ends inside the header"),
    "endless header": (b"YUV4MPEG2 X" + b"x" * 5000, "no newline in 4096"),
    "no width": (HEADER.replace(b" W6", b"") + FRAME, "no width"),
    "no height": (HEADER.replace(b" H4", b"") + FRAME, "no height"),
    "no rate": (HEADER.replace(b" F25:1", b"") + FRAME, "no frame rate"),
    "zero width": (HEADER.replace(b"W6", b"W0") + FRAME, "width 0 is not within"),
    "negative height": (HEADER.replace(b"H4", b"H-4") + FRAME, "height H-4 is not"),
    "width with junk": (HEADER.replace(b"W6", b"W6x") + FRAME, "width W6x is not"),
    "width in other digits": (HEADER.replace(b"W6", b"W\xb2") + FRAME, "is not an integer from 1 to 65535"),
    "width twice": (HEADER.replace(b"H4", b"H4 W8") + FRAME, "tag W is given twice"),
    "vast width": (HEADER.replace(b"W6", b"W4294967302") + FRAME, "is not an integer from 1 to 65535"),
    "wide": (HEADER.replace(b"W6", b"W65536") + FRAME, "width 65536 is not within 1..65535"),
    "larger than the file": (HEADER.replace(b"H4", b"H400") + FRAME, "only 42 bytes follow"),
    "rate without colon": (HEADER.replace(b"25:1", b"25") + FRAME, "tag F25 "),
    "rate of words": (HEADER.replace(b"25:1", b"a:b") + FRAME, "tag Fa:b "),
    "aspect without colon": (HEADER.replace(b"1:1", b"1") + FRAME, "tag A1 "),
    "top field first": (HEADER.replace(b"Ip", b"It") + FRAME, "interlaced video (tag It)"),
    "mixed fields": (HEADER.replace(b"Ip", b"Im") + FRAME, "interlaced"),
    "4:1:1": (HEADER.replace(b"C420", b"C411") + FRAME, "chroma C411 is not supported"),
    "4:1:0": (HEADER.replace(b"C420", b"C410") + FRAME, "chroma C410 is not supported"),
    "unknown chroma": (HEADER.replace(b"C420", b"C420p11") + FRAME, "one of 420, "),
    "empty chroma": (HEADER.replace(b"C420", b"C") + FRAME, "chroma C is not"),
    "CR LF": (HEADER.replace(b"\n", b"\r\n") + FRAME, "CR LF"),
    "empty file": (b"", "the file is empty"),
}  # fmt: skip


@pytest.mark.parametrize("case", LYING_HEADERS)
def test_y4m_lying_headers(tmp_path: Path, case: str) -> None:
    data, message = LYING_HEADERS[case]
    path = tmp_path / "lying.y4m"
    path.write_bytes(data)
    with pytest.raises(VideoError) as caught:
        open_video(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.frame is None


BAD_FRAMES = {
    "cut data": (HEADER + FRAME + FRAME[:-1], 1, "truncated: 35 of 36 bytes"),
    "no data": (HEADER + FRAME + b"FRAME\n", 1, "truncated: the file ends after FRAME"),
    "cut marker": (HEADER + FRAME + b"FRA", 1, "truncated: the file ends inside b'FRA'"),
    "stray byte": (HEADER + FRAME + b"\n", 1, "where FRAME should be"),
    "wrong marker": (HEADER + FRAME + b"frame\n" + FRAME[6:], 1, "where FRAME should be"),
    "glued parameter": (HEADER + FRAME + FRAME.replace(b"E\n", b"EX\n"), 1, "b'FRAMEX'"),
    "too much data": (HEADER + FRAME + b"\0" * 36 + FRAME, 1, "do not fit the header's 6x4 420"),
    "width is larger": (HEADER.replace(b"W6", b"W8") + FRAME * 3, 1, "do not fit the header's 8x4"),
    "endless parameter": (HEADER + FRAME + b"FRAME " + b"x" * 5000, 1, "no newline in 4096"),
    "cut parameter": (HEADER + FRAME + b"FRAME Ip", 1, "ends inside the frame's header"),
    "ten bits that are sixteen": (
        HEADER.replace(b"C420", b"C420p10") + b"FRAME\n" + b"\xff\xff" * 36, 0,
        "sample 65535 has more than the declared 10 bits",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FRAMES)
def test_y4m_bad_frames(tmp_path: Path, case: str) -> None:
    """What comes before the bad frame is still read."""
    data, good, message = BAD_FRAMES[case]
    path = tmp_path / "bad.y4m"
    path.write_bytes(data)
    seen = 0
    with open_video(path) as video, pytest.raises(VideoError) as caught:
        for _ in video:
            seen += 1
    assert seen == good
    assert message in str(caught.value)
    assert caught.value.frame == good
    assert f"{path}: frame {good}: " in str(caught.value)


def test_header_without_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.y4m"
    path.write_bytes(HEADER)
    with open_video(path) as video:
        assert list(video) == []


def test_y4m_fuzz(tmp_path: Path) -> None:
    """Any change of any byte reads or is a `VideoError`, in bounded memory."""
    whole = HEADER + FRAME * 3
    path = tmp_path / "fuzz.y4m"
    rng = random.Random(20260101)
    outcomes = {"read": 0, "refused": 0}
    tracemalloc.start()
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data = data or bytearray(b"Y")
            kind = rng.randrange(4)
            at = rng.randrange(len(data) if rng.random() < 0.3 else min(45, len(data)))
            if kind == 0:
                data[at] = rng.randrange(256)
            elif kind == 1:
                del data[at : at + rng.randint(1, 9)]
            elif kind == 2:
                data[at:at] = bytes(rng.choices(b"0123456789 CWHFIAXp:\n", k=rng.randint(1, 6)))
            else:
                del data[at + 30 :]
        path.write_bytes(data)
        try:
            read_all(path)
            outcomes["read"] += 1
        except VideoError:
            outcomes["refused"] += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert outcomes["read"] > 20 and outcomes["refused"] > 400
    assert peak < 4 << 20


# Raw files


@pytest.mark.parametrize("chroma", ["420", "422", "444", "400"])
@pytest.mark.parametrize("bpc", [8, 10, 12, 16])
@pytest.mark.parametrize("size", [(6, 4), (7, 5)])
def test_raw(tmp_path: Path, chroma: str, bpc: int, size: tuple[int, int]) -> None:
    format = VideoFormat(*size, chroma, bpc)
    path = tmp_path / "a.yuv"
    path.write_bytes(b"".join(p.tobytes() for i in range(3) for p in stored_planes(format, i)))
    with open_video(path, format) as video:
        assert video.frame_count == 3
        assert_frames(video, 3)


def test_raw_chroma_rounded_down(tmp_path: Path) -> None:
    """Files of libvmaf's own convention, told by their size."""
    format = VideoFormat(7, 5, "420", 8)
    y, u, v = np.arange(35), np.arange(100, 106), np.arange(200, 206)
    path = tmp_path / "a.yuv"
    path.write_bytes(np.concatenate([y, u, v, y, u, v]).astype(np.uint8).tobytes())
    with open_video(path, format) as video:
        frames = list(video)
    assert len(frames) == 2
    assert frames[1][1].tolist() == u.reshape(2, 3).tolist()
    assert frames[1][2].tolist() == v.reshape(2, 3).tolist()


def test_raw_no_whole_number_of_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    path.write_bytes(b"\0" * (36 * 2 + 5))
    with RawVideo(path, VideoFormat(6, 4)) as video, pytest.raises(VideoError) as caught:
        seen = 0
        for _ in video:
            seen += 1
    assert seen == 2
    assert "frame 2: truncated: 5 of 36 bytes" in str(caught.value)


def test_raw_less_than_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    path.write_bytes(b"\0" * 35)
    with pytest.raises(VideoError, match="35 bytes are less than one frame of 6x4 420 8-bit, 36"):
        RawVideo(path, VideoFormat(6, 4))


def test_raw_needs_a_format(tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    path.write_bytes(b"\0" * 36)
    with pytest.raises(VideoError, match="say its width, height, pixel format and bit depth"):
        open_video(path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 4), "width 0"),
        ((4, 70000), "height 70000"),
        ((4, 4, "411"), "'411'"),
        ((4, 4, "420", 11), "depth 11"),
    ],
)
def test_format_is_checked(arguments: tuple[int, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        VideoFormat(*arguments)


# The file system


def test_missing_file_and_directory(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.y4m"):
        open_video(tmp_path / "none.y4m")
    with pytest.raises(IsADirectoryError):
        open_video(tmp_path, VideoFormat(6, 4))


@pytest.mark.parametrize("raw", [None, VideoFormat(6, 4)])
def test_pipe(tmp_path: Path, raw: VideoFormat | None) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    data = FRAME[6:] * 3 if raw else HEADER + FRAME * 3

    def write() -> None:
        with open(path, "wb", buffering=0) as pipe:
            for i in range(0, len(data), 7):  # short reads on the other side
                pipe.write(data[i : i + 7])

    writer = threading.Thread(target=write)
    writer.start()
    with open_video(path, raw) as video:
        assert video.frame_count is None
        assert [frame[0][3, 5] for frame in video] == [23, 23, 23]
    writer.join()


def test_file_that_shrinks(tmp_path: Path) -> None:
    path = tmp_path / "a.y4m"
    path.write_bytes(HEADER + FRAME * 4)
    with open_video(path) as video, pytest.raises(VideoError, match="frame 1: truncated"):
        for _ in video:
            os.truncate(path, len(HEADER) + len(FRAME) + 20)


def test_close_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.y4m"
    path.write_bytes(HEADER + FRAME)
    video = open_video(path)
    video.close()
    video.close()


def test_memory_is_constant(tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    format = VideoFormat(320, 200)
    path.write_bytes(b"\0" * format.frame_bytes() * 60)
    tracemalloc.start()
    with RawVideo(path, format) as a, RawVideo(path, format) as b:
        assert sum(1 for _ in Pair(a, b)) == 60
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 14 * format.frame_bytes()


# Pairs


class Memory(Video):
    """A video of flat frames with the given luma values; -1 raises."""

    def __init__(self, values: list[int], format: VideoFormat | None = None) -> None:
        super().__init__("memory", format or VideoFormat(6, 4))
        self.values = values
        self.frame_count = len(values)

    def __iter__(self):  # type: ignore[no-untyped-def]
        dtype = np.uint8 if self.format.bpc == 8 else np.uint16
        for i, value in enumerate(self.values):
            if value < 0:
                raise VideoError(self.path, "bad", i)
            sizes = (self.format.plane_size(p) for p in range(self.format.plane_count))
            yield tuple(np.full(size, value, dtype) for size in sizes)

    def close(self) -> None: ...


def lumas(pair: Pair) -> list[tuple[int, int]]:
    return [(int(ref[0][0, 0]), int(dist[0][0, 0])) for ref, dist in pair]


def test_pair_in_step() -> None:
    pair = Pair(Memory([1, 2, 3]), Memory([4, 5, 6]))
    assert pair.frame_count == 3
    assert lumas(pair) == [(1, 4), (2, 5), (3, 6)]
    assert pair.ended is None


@pytest.mark.parametrize(("ref", "dist", "ended"), [([1], [2, 3], "ref"), ([1, 2], [3], "dist")])
def test_pair_of_different_lengths(ref: list[int], dist: list[int], ended: str) -> None:
    pair = Pair(Memory(ref), Memory(dist))
    assert len(lumas(pair)) == 1
    assert pair.ended == ended


def test_pair_skips() -> None:
    pair = Pair(Memory([1, 2, 3, 4]), Memory([5, 6, 7]), skip_ref=2, skip_dist=1)
    assert pair.frame_count == 2
    assert lumas(pair) == [(3, 6), (4, 7)]
    assert lumas(Pair(Memory([1]), Memory([5]), skip_ref=9)) == []


def test_a_skip_ends_with_the_video() -> None:
    """However many are to be left out: four billion steps past the end are a hang."""

    class Counted(Memory):
        asked = 0

        def __iter__(self):  # type: ignore[no-untyped-def]
            return self

        def __next__(self) -> None:
            self.asked += 1
            assert self.asked < 10
            if self.asked > 2:
                raise StopIteration

    video = Counted([1, 2])
    assert lumas(Pair(video, Memory([5]), skip_ref=2**32 - 1)) == []
    assert 3 <= video.asked <= 4


def test_pair_error_comes_after_the_good_frames() -> None:
    pair = Pair(Memory([1, 2, -1]), Memory([4, 5, 6]))
    seen = []
    with pytest.raises(VideoError, match="memory: frame 2: bad"):
        for ref, _ in pair:
            seen.append(int(ref[0][0, 0]))
    assert seen == [1, 2]


def test_pair_left_early_stops_its_thread() -> None:
    before = threading.active_count()
    for _ in Pair(Memory(list(range(200))), Memory(list(range(200)))):
        break
    assert threading.active_count() == before


def test_pair_lists_every_problem() -> None:
    with pytest.raises(PairError) as caught:
        Pair(Memory([1]), Memory([1], VideoFormat(8, 4, "444", 10)))
    assert caught.value.problems == [
        "dimensions do not match: 6x4, 8x4",
        "pixel formats do not match: 420, 444",
        "bitdepths do not match: 8, 10",
    ]


def test_a_pair_that_does_not_match_is_named() -> None:
    one, other = Memory([1]), Memory([1], VideoFormat(8, 4))
    one.path, other.path = "ref.y4m", "dist.y4m"
    with pytest.raises(
        PairError, match=r"^ref\.y4m and dist\.y4m: dimensions do not match: 6x4, 8x4; prepare"
    ) as caught:
        Pair(one, other)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.paths) == (str(caught.value), ("ref.y4m", "dist.y4m"))


@pytest.mark.parametrize("deep", ["ref", "dist"])
def test_common_depth_shifts_the_shallower(deep: str) -> None:
    shallow, other = Memory([200]), Memory([801], VideoFormat(6, 4, "420", 10))
    sides = (other, shallow) if deep == "ref" else (shallow, other)
    pair = Pair(*sides, common_depth=True)
    assert pair.format.bpc == 10
    assert lumas(pair) == [(801, 800) if deep == "ref" else (800, 801)]
