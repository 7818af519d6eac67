# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Other files than y4m and raw ones, through PyAV."""

from __future__ import annotations

import gc
import random
from pathlib import Path

import numpy as np
import pytest
from support.video_files import assert_frames, read_all, stored_planes

from pyvmaf.prepare import Prepare, prepare_videos
from pyvmaf.video import Frame, VideoError, VideoFormat, open_video

av = pytest.importorskip("av", reason="PyAV reads other files; pip install av")


def encode(path: Path, pixel_format: str, frames: list[Frame], codec: str = "ffv1", repeat: int = 1) -> None:
    with av.open(str(path), "w") as out:
        h, w = frames[0][0].shape
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = w, h, pixel_format
        for planes in frames * repeat:
            frame = av.VideoFrame(w, h, pixel_format)
            for plane, data in zip(frame.planes, planes, strict=True):
                rows = np.frombuffer(plane, data.dtype).reshape(plane.height, -1)
                rows[: data.shape[0], : data.shape[1]] = data
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)


@pytest.mark.parametrize(
    ("pixel_format", "chroma", "bpc"),
    [
        ("yuv420p", "420", 8), ("yuv422p", "422", 8), ("yuv444p", "444", 8), ("gray", "400", 8),
        ("yuv420p10le", "420", 10), ("yuv422p12le", "422", 12), ("yuv444p16le", "444", 16),
        ("gray16le", "400", 16),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [(64, 48), (61, 47)])
def test_av_planes(tmp_path: Path, pixel_format: str, chroma: str, bpc: int, size: tuple[int, int]) -> None:
    format = VideoFormat(*size, chroma, bpc)
    path = tmp_path / "a.mkv"
    encode(path, pixel_format, [tuple(stored_planes(format, i)) for i in range(3)])  # type: ignore[misc]
    with open_video(path) as video:
        assert video.format == format
        assert_frames(video, 3)


def test_av_refuses_rgb(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "bgr0"
        for packet in [*stream.encode(av.VideoFrame(64, 48, "bgr0")), *stream.encode(None)]:
            out.mux(packet)
    with pytest.raises(VideoError, match="pixel format bgr0 is not YUV or grey"):
        open_video(path)


def test_av_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(bytes(random.Random(1).randbytes(5000)))
    with pytest.raises(VideoError, match=r"a\.mp4: not a video"):
        open_video(path)
    path.write_bytes(b"")
    with pytest.raises(VideoError, match=r"a\.mp4: "):
        open_video(path)


def test_av_cut_file(tmp_path: Path) -> None:
    """A cut container ends early or names the frame; never more frames than were written."""
    format = VideoFormat(64, 48)
    path = tmp_path / "a.mkv"
    encode(path, "yuv420p", [tuple(stored_planes(format, i)) for i in range(8)])  # type: ignore[misc]
    data = path.read_bytes()
    for cut in (len(data) // 2, len(data) - 300, 100):
        path.write_bytes(data[:cut])
        try:
            assert read_all(path) < 8
        except VideoError as error:
            assert str(path) in str(error)


FORMAT = VideoFormat(64, 48)
TASKS = Path("/proc/self/task")


@pytest.mark.skipif(not TASKS.is_dir(), reason="the system does not list threads in /proc")
@pytest.mark.parametrize("prepare", ["none", {"size": (32, 32)}])
@pytest.mark.parametrize("first", [0, 40])
def test_one_that_nobody_has_goes_at_once(tmp_path: Path, prepare: Prepare, first: int) -> None:
    """The threads of its decoder were there until garbage was collected. As of a file, Python can be had to tell."""
    path = tmp_path / "a.mkv"
    encode(path, "yuv420p", [tuple(stored_planes(FORMAT, i)) for i in range(12)], "mpeg4", repeat=4)  # type: ignore[misc]
    before = len(list(TASKS.iterdir()))
    gc.disable()
    try:
        with pytest.warns(ResourceWarning, match=r"unclosed video .*a\.mkv") as told:
            made = prepare_videos((open_video(path), open_video(path)), prepare)
            for video in (made.ref, made.dist):
                video.start_at(first)
                next(iter(video))
            assert len(list(TASKS.iterdir())) > before
            del made, video
        assert [one.filename for one in told] == [__file__] * 2
        assert len(list(TASKS.iterdir())) == before
    finally:
        gc.enable()


def test_closed_ones_tell_nothing(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    path = tmp_path / "a.mkv"
    encode(path, "yuv420p", [tuple(stored_planes(FORMAT, 0))])  # type: ignore[misc]
    with open_video(path) as video:
        next(iter(video))
    del video
    with pytest.raises(VideoError, match="stream 7 is no video stream"):
        open_video(path, stream=7)
    gc.collect()
    assert not recwarn.list
