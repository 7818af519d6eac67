# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Starting at a frame: its number, its bytes and those after it are those of a run from the start."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av", reason="PyAV makes and reads the files; install '.[video]'")
from support.containers import HEIGHT, WIDTH, encode, lumas, raw_bytes, y4m_bytes  # noqa: E402

from pyvmaf import score  # noqa: E402
from pyvmaf.video import Frame, Pair, RawVideo, Video, VideoError, VideoFormat, open_video  # noqa: E402
from pyvmaf.video.file import ByteFile  # noqa: E402

FORMAT = VideoFormat(WIDTH, HEIGHT)
FRAMES = 12


def picture(frame: Frame) -> bytes:
    return b"".join(np.ascontiguousarray(plane).tobytes() for plane in frame)


def pictures(video: Video) -> list[bytes]:
    with video:
        return [picture(frame) for frame in video]


def started(source: object, index: int) -> list[bytes]:
    video = open_video(source, FORMAT)
    video.start_at(index)
    assert video.first == index
    return pictures(video)


class Pipe:
    """Bytes that come once."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        return self._file.read(size)


def headed(data: bytes) -> bytes:
    """A y4m file whose every third frame has a header with a tag."""
    head, *frames = data.split(b"FRAME\n")
    return head + b"".join((b"FRAME Xa=%d\n" % i if i % 3 == 0 else b"FRAME\n") + f for i, f in enumerate(frames))


FILES = {"raw": raw_bytes(FRAMES), "y4m": y4m_bytes(FRAMES), "y4m with tags": headed(y4m_bytes(FRAMES))}


@pytest.mark.parametrize("kind", FILES)
def test_every_start_of_an_uncompressed_file(tmp_path: Path, kind: str) -> None:
    data = FILES[kind]
    path = tmp_path / "video"
    path.write_bytes(data)
    whole = pictures(open_video(path, FORMAT))
    assert len(set(whole)) == FRAMES
    for index in range(FRAMES):
        behind = io.BytesIO(b"other" + data)
        behind.seek(5)
        for source in (path, Pipe(data), io.BytesIO(data), behind):
            assert started(source, index) == whole[index:]


@pytest.mark.parametrize("kind", FILES)
def test_what_is_skipped_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    path = tmp_path / "video"
    path.write_bytes(FILES[kind])
    read = 0

    def counted(self: ByteFile, buffer: memoryview) -> int:
        nonlocal read
        read += len(buffer)
        return some(self, buffer)

    some = ByteFile._some
    monkeypatch.setattr(ByteFile, "_some", counted)
    assert len(started(path, FRAMES - 1)) == 1
    assert read < 3 * FORMAT.frame_bytes()  # the frame, and what is asked for at the end


def test_samples_that_look_like_a_header(tmp_path: Path) -> None:
    """FRAME at the very place where a bare header would be, but with a tag before it."""
    size = FORMAT.frame_bytes()
    tagged, bare = b"FRAME Xa=12345678\n", b"FRAME\n"
    body = b"".join([tagged, bytes(size), bare, b"\x07" * size, bare, b"\x09" * size])
    at = 2 * (len(bare) + size)
    assert body[at : at + len(bare)] == b"\x07" * len(bare)
    body = body[:at] + bare + body[at + len(bare) :]
    path = tmp_path / "a.y4m"
    path.write_bytes(y4m_bytes(1).partition(b"FRAME\n")[0] + body)
    whole = pictures(open_video(path))
    assert len(whole) == 3 and started(path, 2) == whole[2:]


@pytest.mark.parametrize("kind", FILES)
def test_beyond_the_end(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "video"
    path.write_bytes(FILES[kind])
    for index in (FRAMES, FRAMES + 1, 2**40):
        with open_video(path, FORMAT) as video:
            with pytest.raises(VideoError, match=rf"video: frame {index}: beyond the end; the file has 12 frames"):
                video.start_at(index)
            assert len(list(video)) == FRAMES
        assert started(Pipe(FILES[kind]), index) == []


def test_refusals(tmp_path: Path) -> None:
    path = tmp_path / "a.y4m"
    path.write_bytes(FILES["y4m"])
    with open_video(path) as video:
        with pytest.raises(ValueError, match="frame is -1, must be 0 to"):
            video.start_at(-1)
        with pytest.raises(TypeError, match=r"frame is 1\.5, must be an integer"):
            video.start_at(1.5)  # type: ignore[arg-type]
        next(iter(video))
        with pytest.raises(VideoError, match=r"frame 3 cannot be started at: the video is being read; open it again"):
            video.start_at(3)


def test_errors_count_from_the_start_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.y4m"
    path.write_bytes(FILES["y4m"][:-10])
    with open_video(path) as video, pytest.raises(VideoError, match="truncated") as caught:
        video.start_at(7)
        list(video)
    assert caught.value.frame == FRAMES - 1
    deep = VideoFormat(WIDTH, HEIGHT // 2, "420", 10)  # bytes of noise are no such samples
    (tmp_path / "a.yuv").write_bytes(FILES["raw"])
    with RawVideo(tmp_path / "a.yuv", deep) as video, pytest.raises(VideoError, match="declared 10 bits") as caught:
        video.start_at(5)
        list(video)
    assert caught.value.frame == 5


def test_a_pipe_that_breaks_off_before_the_start() -> None:
    data = FILES["raw"][: FORMAT.frame_bytes() * 5 // 2]
    with open_video(Pipe(data), FORMAT) as video, pytest.raises(VideoError, match="truncated") as caught:
        video.start_at(9)
        list(video)
    assert caught.value.frame == 2


def test_a_file_that_shrinks_before_the_start(tmp_path: Path) -> None:
    for kind, data in FILES.items():
        path = tmp_path / kind
        path.write_bytes(data)
        with open_video(path, FORMAT) as video, pytest.raises(VideoError, match="shrank meanwhile"):
            video.start_at(9)
            os.truncate(path, len(data) // 2)
            list(video)


# How many frames there are


def with_options(options: str) -> Callable[[Any, Any], None]:
    def prepare(container: Any, stream: Any) -> None:
        container.options.update({"movflags": options} if options else {})

    return prepare


@pytest.mark.parametrize(("options", "count"), [("", 20), ("+faststart", 20), ("+frag_keyframe", None)])
def test_mp4_says_how_many_frames_it_has(tmp_path: Path, options: str, count: int | None) -> None:
    """Fragments are counted one by one only, so their file says nothing."""
    path = encode(tmp_path / "a.mp4", lumas(20), options={"g": "5"}, prepare=with_options(options))
    with open_video(path) as video:
        assert video.frame_count == count
        assert len(list(video)) == 20
    totals: list[tuple[int, int | None]] = []
    score(path, path, model=None, features=["psnr"], progress=lambda n, of: totals.append((n, of)))
    assert totals == [(n, count) for n in range(1, 21)]


def test_frames_that_an_edit_list_leaves_out_do_not_count(tmp_path: Path) -> None:
    whole = encode(tmp_path / "a.mp4", lumas(20), options={"g": "10", "bf": "0"})
    path = tmp_path / "b.mp4"
    with av.open(str(whole)) as source, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.pts, packet.dts, packet.stream = packet.pts - 3 * packet.duration, None, stream
                packet.dts = packet.pts
                out.mux(packet)
    with open_video(path) as video:
        assert video.frame_count == 17
        assert pictures(video) == pictures(open_video(whole))[3:]
        assert video.notices == []
    with open_video(path) as video, pytest.raises(VideoError, match="frame 17: beyond the end; the file has 17 frames"):
        video.start_at(17)


# Pairs


class Plain(Video):
    """A reader of somebody's own, who knows nothing of starts."""

    def __init__(self, frames: int) -> None:
        super().__init__("plain", FORMAT)
        self.frame_count = frames
        self.given = 0

    def __iter__(self) -> Iterator[Frame]:
        for i in range(self.frame_count or 0):
            self.given += 1
            yield tuple(np.full(FORMAT.plane_size(p), i, np.uint8) for p in range(3))

    def close(self) -> None: ...


def test_a_pair_begins_and_ends_where_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.y4m"
    path.write_bytes(FILES["y4m"])
    whole = pictures(open_video(path))
    for first, limit, expected in ((0, 0, 12), (0, 5, 5), (7, 0, 5), (7, 3, 3), (7, 30, 5), (11, 1, 1)):
        ref, dist = open_video(path), Plain(14)
        with ref:
            pair = Pair(ref, dist, first=first, limit=limit)
            assert pair.frame_count == expected
            got = [(picture(a), int(b[0][0, 0])) for a, b in pair]
        assert got == [(whole[i], i) for i in range(first, first + expected)]
        at_the_end = limit in (0, 30)
        assert pair.ended == ("ref" if at_the_end else None)
        assert (pair.note is not None) == at_the_end
        assert dist.given == first + expected + at_the_end


def test_a_pair_counts_its_first_after_what_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.y4m"
    path.write_bytes(FILES["y4m"])
    whole = pictures(open_video(path))
    with open_video(path) as ref, open_video(path) as dist:
        pair = Pair(ref, dist, skip_ref=2, skip_dist=4, first=3)
        assert pair.frame_count == 5
        assert [(picture(a), picture(b)) for a, b in pair] == list(zip(whole[5:], whole[7:], strict=False))


def test_a_pair_beyond_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.y4m"
    path.write_bytes(FILES["y4m"])
    with open_video(path) as video, pytest.raises(VideoError, match="frame 12: beyond the end"):
        Pair(video, Plain(20), first=12)
    assert list(Pair(Plain(3), Plain(4), first=3)) == []


def test_no_thread_stays(tmp_path: Path) -> None:
    before = threading.active_count()
    for _ in Pair(Plain(300), Plain(300), first=200):
        break
    assert threading.active_count() == before


@pytest.mark.parametrize(("side", "extra"), [(64, 1025), (64, 2050), (8, 102)])
def test_headers_that_are_together_as_long_as_a_frame(tmp_path: Path, side: int, extra: int) -> None:
    """Behind them every header is where those of bare frames are, but one frame on."""
    size = side * side * 3 // 2
    longer = (size + 6) // extra
    assert longer * extra == size + 6
    bodies = [bytes([i]) * size for i in range(40)]
    heads = [b"FRAME X" + b"a" * (extra - 2) + b"\n"] * longer + [b"FRAME\n"] * (40 - longer)
    path = tmp_path / "a.y4m"
    path.write_bytes(
        f"YUV4MPEG2 W{side} H{side} F25:1 Ip C420\n".encode() + b"".join(map(bytes.__add__, heads, bodies))
    )
    for first in (1, longer, 2 * longer + 1, 30, 39):
        with open_video(path) as video:
            video.start_at(first)
            assert [int(frame[0][0, 0]) for frame in video] == list(range(first, 40)), first
