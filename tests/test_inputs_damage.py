# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Files that are damaged, cut short or slow: the same outcome everywhere, and no crash."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av", reason="PyAV makes and reads the files; install '.[video]'")
from support.containers import (  # noqa: E402
    CONTAINERS,
    HEIGHT,
    WIDTH,
    damage,
    encode,
    firsts,
    frame_of,
    lumas,
    raw_bytes,
    write_files,
    y4m_bytes,
)

from pyvmaf import IncompleteError, score  # noqa: E402
from pyvmaf.video import (  # noqa: E402
    VideoError,
    VideoFormat,
    decode,
    open_video,
)
from pyvmaf.video.av import AvVideo  # noqa: E402

FRAMES = 4
FORMAT = VideoFormat(WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("inputs"), FRAMES)


# Damage and ends


@pytest.mark.parametrize("which", [3, 12, 17, 19])
@pytest.mark.parametrize("extension", ["mkv", "avi", "nut"])
def test_damage_ends_the_video_at_the_same_frame_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extension: str, which: int
) -> None:
    """Decoders with many threads forget errors of the last packets."""
    path = damage(encode(tmp_path / f"a.{extension}", lumas(20)), which)
    for threads in (1, 2, 4, 16):
        monkeypatch.setattr(decode, "THREADS", threads)
        with (
            open_video(path) as video,
            pytest.raises(VideoError, match=r"cannot be decoded: [Ii]nvalid data") as caught,
        ):
            for _ in video:
                pass
        assert caught.value.frame == which
        assert "avcodec" not in str(caught.value)


def test_frames_before_damage_are_right(tmp_path: Path) -> None:
    """Those of FFV1 were not, one time in thirty, when several were decoded at once."""
    path = encode(tmp_path / "a.mkv", lumas(20), options={"g": "12"})
    with open_video(path) as video:
        sound = [frame[0].tobytes() for frame in video]
    path = damage(path, 15)
    for _ in range(30):
        with open_video(path) as video, pytest.raises(VideoError, match="frame 15: cannot be decoded"):
            for i, frame in enumerate(video):
                assert frame[0].tobytes() == sound[i]


@pytest.mark.parametrize(
    ("codec", "extension"),
    [("mpeg2video", "ts"), ("mpeg2video", "mkv"), ("libsvtav1", "mkv"), ("libx265", "mkv")],
)
def test_a_frame_that_a_decoder_leaves_out(tmp_path: Path, codec: str, extension: str) -> None:
    """Those behind it would be compared with the wrong ones."""
    how = {"x265-params": "bframes=0:log-level=none"} if codec == "libx265" else {"preset": "12"}
    path = encode(tmp_path / f"a.{extension}", lumas(40), codec=codec, options={"g": "8", **how})
    with open_video(path) as video:
        assert len(list(video)) == 40
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [bytes(p) for p in container.demux(video=0) if p.size]
    which = 13
    if codec == "mpeg2video":  # the start code of the picture
        data[data.index(packets[which][:100]) + 2] = 0xFF
    elif codec == "libx265":  # the type of its unit, behind the length: one that no decoder knows
        data[data.index(packets[which][:100]) + 4] = 22 << 1
    else:  # the type of the unit that shows a picture that was hidden
        which = next(i for i, packet in enumerate(packets) if i > 8 and len(packet) == 3)
        data[data.index(packets[which], data.index(packets[which - 1]) + len(packets[which - 1]))] = 0x7A
    path.write_bytes(data)
    with open_video(path) as video, pytest.raises(VideoError, match="of which the decoder makes no frame") as caught:
        for _ in video:
            pass
    assert caught.value.frame == which


def test_damage_keeps_the_frames_before(files: Path, tmp_path: Path) -> None:
    (tmp_path / "ref.y4m").write_bytes(y4m_bytes(20))
    path = damage(encode(tmp_path / "a.mkv", lumas(20)), 19)
    with pytest.raises(IncompleteError) as caught:
        score(tmp_path / "ref.y4m", path, model=None, features=["psnr"])
    assert len(caught.value.result.frames) == 19


def test_concealed_damage_is_told(tmp_path: Path) -> None:
    (tmp_path / "ref.y4m").write_bytes(y4m_bytes(20))
    path = damage(encode(tmp_path / "a.mp4", lumas(20), options={"g": "1"}), 17)
    with pytest.warns(UserWarning, match="concealed damage in frames 17"):
        score(tmp_path / "ref.y4m", path, model=None, features=["psnr"])


HOW = {"libx264": {"g": "48", "bf": "3"}, "mpeg4": {"g": "12", "bf": "2"}, "libx265": {"x265-params": "log-level=none"}}


@pytest.mark.parametrize(
    ("codec", "extension"),
    [("libx264", "mkv"), ("libx265", "mkv"), ("mpeg4", "avi"), ("mpeg2video", "ts"), ("mjpeg", "avi"),
     ("prores", "mov"), ("libvpx", "webm")],
)  # fmt: skip
def test_concealed_damage_is_concealed_alike(tmp_path: Path, codec: str, extension: str) -> None:
    """By what was in the memory, and by how far threads were, it differed from run to run, and between ranges."""
    pixel_format = {"prores": "yuv422p10le", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
    path = encode(
        tmp_path / f"a.{extension}", lumas(40), codec=codec, pixel_format=pixel_format, options=HOW.get(codec, {})
    )
    path = damage(path, 13, 0.6)

    def frames_from(first: int, held: int) -> list[bytes]:
        out, holding = [], []
        with open_video(path) as video:
            video.start_at(first)
            try:
                for frame in video:
                    out.append(b"".join(plane.tobytes() for plane in frame))
                    holding = [*holding, frame][-held:]
            except VideoError as error:
                out.append(str(error).encode())
        return out

    whole = frames_from(0, 1)
    assert len(whole) > 13
    for held in (2, 3, 5, 9):
        assert frames_from(0, held) == whole
    for first in (8, 11, 14, 30):
        assert frames_from(first, first) == whole[first:]


def test_threads_decode_what_is_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread alone decodes what they found damaged, and what cannot be read again."""
    careful = []
    init = decode.Decoder.__init__

    def noted(self: decode.Decoder, *args: Any, **how: Any) -> None:
        careful.append(how.get("careful", False))
        init(self, *args, **how)

    monkeypatch.setattr(decode.Decoder, "__init__", noted)
    sound = encode(tmp_path / "a.mkv", lumas(20), codec="libx264", options={"g": "1"})
    assert len(list(open_video(sound))) == 20 and careful == [False]
    assert len(list(open_video(damage(sound, 17)))) == 20 and careful == [False, False, True]
    with subprocess.Popen(["cat", sound], stdout=subprocess.PIPE) as cat:
        assert len(list(open_video(cat.stdout))) == 20 and careful == [False, False, True, True]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the system does not count threads there")
@pytest.mark.parametrize("first", [None, 0, 30])
def test_a_closed_video_leaves_no_thread_to_the_collector(tmp_path: Path, first: int | None) -> None:
    """A forked process that collected it would wait for threads that it does not have: pools of processes hung."""

    def threads() -> int:
        return len(os.listdir("/proc/self/task"))

    path = encode(tmp_path / "a.mkv", lumas(40), codec="libx264", options={"g": "8"})
    gc.collect()
    gc.disable()
    try:
        before = threads()
        with open_video(path) as video:
            assert threads() > before
            if first is not None:
                video.start_at(first)
                assert len(list(video)) == 40 - first
        assert threads() == before
    finally:
        gc.enable()


def test_a_codec_without_a_decoder(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", lumas(3))
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(VideoError, match=r"a\.mp4: stream 0 is of a codec for which FFmpeg in PyAV has no decoder"):
        open_video(path)


def test_a_sound_file_gives_no_notice(files: Path) -> None:
    for extension in CONTAINERS:
        with warnings.catch_warnings(), open_video(files / f"dist.{extension}") as video:
            warnings.simplefilter("error")
            assert sum(1 for _ in video) == FRAMES
            assert video.notices == [], extension


def test_a_file_that_was_cut_between_packets_is_told(tmp_path: Path) -> None:
    """Matroska ends like any other then; MP4 names the frame, see below."""
    path = encode(tmp_path / "a.mkv", lumas(20))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with open_video(path) as video:
        assert 5 < len(list(video)) < 15
        assert "the file promises 0.80 s of video" in video.notices[0]


def test_an_mp4_that_was_cut_short_is_an_error(tmp_path: Path) -> None:
    def index_first(container: Any, stream: Any) -> None:
        container.options["movflags"] = "+faststart"

    path = encode(tmp_path / "a.mp4", lumas(40), options={"g": "1"}, prepare=index_first)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with open_video(path) as video, pytest.raises(VideoError, match=r"cannot be decoded|truncated") as caught:
        for _ in video:
            pass
    assert 15 < (caught.value.frame or 0) < 25


@pytest.mark.parametrize("kind", ["y4m", "yuv"])
def test_a_file_that_shrinks_by_whole_frames(tmp_path: Path, kind: str) -> None:
    """At the end of a frame nothing else would tell."""
    path = tmp_path / f"a.{kind}"
    data = raw_bytes(6) if kind == "yuv" else y4m_bytes(6)
    path.write_bytes(data)
    with open_video(path, FORMAT) as video, pytest.raises(VideoError, match=r"frame 4: the file had .* it shrank"):
        for _ in video:
            os.truncate(path, len(data) - 2 * (len(raw_bytes(1)) + (len(b"FRAME\n") if kind == "y4m" else 0)))


def test_packets_of_no_bytes_repeat_the_frame(tmp_path: Path) -> None:
    path = tmp_path / "a.nut"
    values = [10, 30, 50, 70, 90]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        time = 0
        for value in values:
            frame = frame_of(np.full((HEIGHT, WIDTH), value, np.uint8))
            frame.pts = time
            for packet in stream.encode(frame):
                out.mux(packet)
            time += 1
            while time in (3, 4, 7, 8):
                again = av.Packet(0)
                again.stream, again.pts, again.dts, again.time_base = stream, time, time, stream.codec_context.time_base
                out.mux(again)
                time += 1
        for packet in stream.encode(None):
            out.mux(packet)
    assert firsts(path) == [10, 30, 50, 50, 50, 70, 90, 90, 90]


# Closing while it is read

SLOW = """
import io, sys, time
import pyvmaf
from pyvmaf.video import open_video

class Slow(io.BytesIO):
    slow = False
    def read(self, size=-1):
        if self.slow:
            time.sleep(1.5)
        return super().read(size)
    def readinto(self, buffer):
        data = self.read(len(buffer)); buffer[:len(data)] = data; return len(data)

class Failing(pyvmaf.FeatureExtractor):
    name = "failing"
    def extract(self, ref, dist, index):
        raise ValueError("no")

pyvmaf.register(Failing)
data = open(sys.argv[1], "rb").read()
sources = [Slow(data), Slow(data)]
videos = [open_video(s) for s in sources]
def progress(frames, total):
    for s in sources:
        s.slow = True
try:
    for s in sources:
        s.slow = sys.argv[2] == "failing"
    feature = "psnr" if sys.argv[2] == "frames" else "failing"
    pyvmaf.score(*videos, model=None, features=[feature], frames=2, progress=progress)
except pyvmaf.IncompleteError as error:
    print("incomplete", len(error.result.frames))
for v in videos:
    v.close()
time.sleep(0.2)
print("alive")
"""


@pytest.mark.parametrize("way", ["frames", "failing"])
def test_closing_a_video_whose_next_frame_takes_long(tmp_path: Path, way: str) -> None:
    """The container goes when the thread that reads is out of it."""
    path = encode(tmp_path / "a.mkv", lumas(40))
    done = subprocess.run([sys.executable, "-c", SLOW, str(path), way], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["alive"]), done.stderr


LEFT_EARLY = """
import sys, time
from pyvmaf.video import Pair, ahead, open_video

ahead.PATIENCE = 0  # every read takes longer
for _ in range(20):
    videos = [open_video(sys.argv[1]) for _ in range(2)]
    pairs = iter(Pair(*videos))
    next(pairs)
    pairs.close()
    for video in videos:
        video.close()
time.sleep(0.3)
print("alive")
"""


def test_closing_while_ffmpeg_is_at_work(tmp_path: Path) -> None:
    """Closed by the caller's thread, this ended in SIGSEGV or SIGBUS every time."""
    noise = np.random.default_rng(1).integers(0, 256, (720, 1280), np.uint8)
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for i in range(12):
            frame = frame_of(noise)
            frame.pts = i
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    argv = [sys.executable, "-c", LEFT_EARLY, str(tmp_path / "a.mkv")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


def test_the_last_reader_closes(files: Path) -> None:
    video = open_video(files / "dist.mkv")
    assert isinstance(video, AvVideo)
    with video._guard.reading():
        video.close()
        assert video._container.streams  # still open
    with pytest.raises(VideoError, match="closed"), video._guard.reading():
        pass
