# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Strangers' files: what they hold counts, not what they are called; what they say differs is told."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av", reason="PyAV makes and reads the files; install '.[video]'")
from support.containers import (  # noqa: E402
    CONTAINERS,
    HEIGHT,
    WIDTH,
    encode,
    firsts,
    frame_of,
    lumas,
    psnr,
    write_files,
    y4m_bytes,
)

from pyvmaf import VmafError, VmafValueError, score  # noqa: E402
from pyvmaf.cli import pyvmaf as command  # noqa: E402
from pyvmaf.cli import vmaf  # noqa: E402
from pyvmaf.video import (  # noqa: E402
    VideoError,
    VideoFormat,
    open_video,
)
from pyvmaf.video.sniff import START, names_itself  # noqa: E402

FRAMES = 4
FORMAT = VideoFormat(WIDTH, HEIGHT)
SIZE = ["--size", f"{WIDTH}x{HEIGHT}"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("inputs"), FRAMES)


# What a file is


@pytest.mark.parametrize("extension", ["y4m", *CONTAINERS])
@pytest.mark.parametrize("disguise", [None, "yuv"])
def test_a_raw_reference_beside_any_file(files: Path, tmp_path: Path, extension: str, disguise: str | None) -> None:
    """It scores as the same reference in y4m does, whatever the file is called."""
    dist = files / f"dist.{extension}"
    if disguise:
        dist = tmp_path / f"dist.{disguise}"
        dist.write_bytes((files / f"dist.{extension}").read_bytes())
    elif extension in ("mkv", "nut", "avi"):  # lossless: known outright
        assert psnr(files / "ref.yuv", dist, raw=FORMAT) == psnr(files / "ref.y4m", files / "dist.y4m")
    raw = psnr(files / "ref.yuv", dist, raw=FORMAT)
    assert len(raw) == FRAMES
    assert raw == psnr(files / "ref.y4m", files / f"dist.{extension}")
    assert psnr(dist, files / "ref.yuv", raw=FORMAT) == raw


def test_commands_take_a_raw_reference_beside_an_encode(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(files)
    assert command.main(["score", "ref.yuv", "dist.mkv", *SIZE, "--csv"]) == 0
    mixed = capsys.readouterr().out
    assert command.main(["score", "ref.y4m", "dist.y4m", "--csv"]) == 0
    assert capsys.readouterr().out == mixed.replace("ref.yuv,dist.mkv", "ref.y4m,dist.y4m")
    raw = ["-w", str(WIDTH), "-h", str(HEIGHT), "-p", "420", "-b", "8"]
    assert vmaf.main(["-r", "ref.yuv", "-d", "dist.mkv", *raw]) == 0
    mixed = capsys.readouterr().out
    assert vmaf.main(["-r", "ref.y4m", "-d", "dist.y4m"]) == 0
    assert capsys.readouterr().out == mixed


def test_a_raw_format_for_two_files_that_name_their_own(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(files)
    for argv in ([*SIZE], ["--depth", "10"], ["--pixel-format", "444"]):
        assert command.main(["score", "ref.y4m", "dist.mkv", *argv]) == 2
        assert argv[0] in capsys.readouterr().err
    raw = ["-w", str(WIDTH), "-h", str(HEIGHT), "-p", "420", "-b", "8"]
    assert vmaf.main(["-r", "ref.y4m", "-d", "dist.mkv", *raw]) == 1
    assert "both files name their own" in capsys.readouterr().err
    with pytest.raises(VmafError, match=r"both files name their own: ref\.y4m is 96x64 420 8-bit and dist.mkv"):
        score("ref.y4m", "dist.mkv", raw=FORMAT)


def test_one_file_object_for_both_sides(files: Path) -> None:
    with (files / "dist.mkv").open("rb") as source:
        for one in (source, io.BytesIO(source.read())):
            with pytest.raises(VmafValueError, match=r"given for both sides.*open the file twice"):
                score(one, one)


def test_a_raw_depth_that_the_other_file_contradicts(files: Path) -> None:
    deep = VideoFormat(WIDTH, HEIGHT, "420", 10)
    with pytest.raises(VmafError, match="bitdepths do not match: 10, 8"):
        score(files / "ref.yuv", files / "dist.y4m", raw=deep)


@pytest.mark.parametrize("extension", ["y4m", *CONTAINERS])
def test_every_container_is_known_by_its_first_bytes(files: Path, extension: str) -> None:
    assert names_itself((files / f"dist.{extension}").read_bytes()[:START])


def test_raw_video_is_not_taken_for_a_container() -> None:
    rng = np.random.default_rng(1)
    pictures = [bytes([value]) * START for value in range(256)]
    pictures += [rng.integers(0, high, START, np.uint8).tobytes() for high in (2, 3, 17, 256) for _ in range(2000)]
    pictures += [
        (rng.integers(0, 1 << b, START // 2)).astype("<u2").tobytes() for b in (10, 12, 16) for _ in range(999)
    ]
    assert not any(map(names_itself, pictures))


# Names


NAMES = [
    "cache:full.mkv",
    "Alien: Covenant.mkv",
    "img%03d.mkv",
    "pipe:0.mkv",
    "http:.mkv",
    "a|b.mkv",
    "-x.mkv",
    "*?.mkv",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_is_not_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    encode(Path("plain.mkv"), lumas(2))
    os.rename("plain.mkv", name)
    assert firsts(name) == [int(y[0, 0]) for y in lumas(2)]


def test_an_image_whose_name_looks_like_a_sequence(tmp_path: Path) -> None:
    for i, name in enumerate(("img%03d.png", "img001.png", "img002.png")):
        frame = av.VideoFrame.from_ndarray(lumas(3)[i], format="gray")
        encoder = av.CodecContext.create("png", "w")
        encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = WIDTH, HEIGHT, "gray", av.time_base and 1
        (tmp_path / name).write_bytes(b"".join(bytes(p) for p in encoder.encode(frame)))
    assert firsts(tmp_path / "img%03d.png") == [int(lumas(3)[0][0, 0])]


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    encode(tmp_path / "a.mkv", lumas(2))
    os.rename(tmp_path / "a.mkv", os.fsencode(tmp_path) + b"/\xff\xe9.mkv")
    assert len(firsts(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xe9.mkv"))) == 2


def test_metadata_that_are_not_utf_8(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", lumas(2), metadata={"title": "Amelie Poulain"})
    data = path.read_bytes()
    assert b"Amelie" in data
    path.write_bytes(data.replace(b"Amelie", b"Am\xe9lie"))
    assert len(firsts(path)) == 2


@pytest.mark.parametrize("url", ["s3://bucket/key.mp4", "nosuch://x/y.mp4"])
def test_a_url_whose_protocol_is_not_there(url: str) -> None:
    with pytest.raises(VideoError, match="the URL cannot be opened: Protocol not found"):
        open_video(url)


def test_a_url_that_nobody_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It was said not to be a video."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/a.mp4"
        with pytest.raises(VideoError, match=f"{url}: the URL cannot be opened: Connection refused"):
            open_video(url)
        assert command.main(["inspect", url, url]) == 1
    assert f"{url}: the URL cannot be opened: Connection refused" in capsys.readouterr().err


# Pipes and objects


@pytest.mark.parametrize("extension", ["y4m", "mkv", "nut", "ts", "h264", "webm"])
def test_any_streamable_file_through_a_pipe(files: Path, tmp_path: Path, extension: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    data = (files / f"dist.{extension}").read_bytes()
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(data))
    writer.start()
    seen = firsts(tmp_path / "pipe")
    writer.join()
    assert seen == firsts(files / f"dist.{extension}") and len(seen) == FRAMES


@pytest.mark.parametrize("extension", ["y4m", "mkv", "yuv"])
@pytest.mark.parametrize("redirected", [False, True])
def test_standard_input(files: Path, extension: str, redirected: bool) -> None:
    path = files / ("ref.yuv" if extension == "yuv" else f"dist.{extension}")
    raw = SIZE if extension == "yuv" else []
    argv = [sys.executable, "-m", "pyvmaf", "score", "-", str(files / "ref.y4m"), "--csv", *raw]
    with open(path, "rb") as file:
        how: dict[str, Any] = {"stdin": file} if redirected else {"input": path.read_bytes()}
        done = subprocess.run(argv, capture_output=True, **how)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == FRAMES + 1


def test_standard_input_for_both_sides() -> None:
    with pytest.raises(VmafError, match="standard input is given for both sides"):
        score("-", "-")


class OnlyRead:
    """The least that a file object can be."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(min(size, 1000))


@pytest.mark.parametrize("extension", ["y4m", "mkv", "mp4", "yuv"])
@pytest.mark.parametrize("kind", [io.BytesIO, OnlyRead])
def test_file_objects(files: Path, extension: str, kind: Callable[[bytes], Any]) -> None:
    path = files / ("ref.yuv" if extension == "yuv" else f"dist.{extension}")
    raw = FORMAT if extension == "yuv" else None
    if (extension, kind) == ("mp4", OnlyRead):
        with pytest.raises(VideoError, match="cannot come by a pipe"):
            open_video(kind(path.read_bytes()))
        return
    source = kind(path.read_bytes())
    assert firsts(source, raw=raw) == firsts(path, raw=raw)
    if kind is io.BytesIO:
        assert not source.closed


def test_a_file_object_is_read_from_where_it_stands(files: Path) -> None:
    source = io.BytesIO(b"something else" + (files / "dist.mp4").read_bytes())
    source.seek(14)
    assert firsts(source) == firsts(files / "dist.mp4")


@pytest.mark.parametrize("extension", ["mkv", "mp4", "ts"])
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, ValueError])
def test_what_a_file_object_raises(files: Path, extension: str, kind: type[BaseException]) -> None:
    """Ctrl-C in its read() was printed and forgotten."""

    class Pressed(io.BytesIO):
        left = 10**9

        def readinto(self, buffer: Any) -> int:
            self.left -= 1
            if not self.left:
                raise kind("pressed")
            return super().readinto(memoryview(buffer)[:1000])

    data = (files / f"dist.{extension}").read_bytes()
    reads = 0
    for reads in (2, len(data) // 2000, 0):
        source = Pressed(data)
        source.left = reads or source.left
        if reads:
            with pytest.raises(kind, match="pressed"), open_video(source) as video:
                list(video)
    assert len(list(open_video(source))) == FRAMES


def test_a_text_file_is_refused() -> None:
    with pytest.raises(VmafError, match="binary mode"):
        open_video(io.StringIO("YUV4MPEG2"))


# One video, once


def test_one_open_video_on_both_sides(files: Path) -> None:
    with open_video(files / "ref.y4m") as video, pytest.raises(VmafError, match="given for both sides"):
        score(video, video)


@pytest.mark.parametrize("name", ["ref.y4m", "dist.mkv", "ref.yuv"])
def test_a_video_that_was_read_says_so(files: Path, name: str) -> None:
    with open_video(files / name, FORMAT) as video:
        next(iter(video))
        with pytest.raises(VmafError, match="was read already"):
            score(video, files / "dist.y4m")
    with open_video(files / name, FORMAT) as video:
        frames = iter(video)
        next(frames)
        video.close()
        with pytest.raises(VideoError, match="is closed"):
            next(frames)


# Which stream


def with_cover(path: Path) -> Path:
    """A picture ahead of the track."""

    with av.open(str(path), "w") as out:
        art = out.add_stream("mjpeg", rate=25)
        art.width, art.height, art.pix_fmt = 32, 32, "yuvj420p"
        art.disposition = 0x400
        track = out.add_stream("libx264", rate=25, options={"qp": "0"})
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        picture = av.VideoFrame(32, 32, "yuvj420p")
        for packet in [*art.encode(picture), *art.encode(None)]:
            out.mux(packet)
        for i, luma in enumerate(lumas(FRAMES, 2)):
            frame = frame_of(luma)
            frame.pts = i
            for packet in track.encode(frame):
                out.mux(packet)
        for packet in track.encode(None):
            out.mux(packet)
    return path


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_cover_art_is_not_the_video(files: Path, tmp_path: Path, extension: str) -> None:
    path = with_cover(tmp_path / f"a.{extension}")
    result = score(files / "ref.y4m", path, model=None, features=["psnr"])
    assert len(result.frames) == FRAMES
    cover = 1 if extension == "mp4" else 0  # MP4 keeps covers with the metadata
    assert result.note == f"{path}: stream {1 - cover} of video streams 0, 1"
    with open_video(path, stream=cover) as video:
        assert (video.format.width, video.format.height) == (32, 32)
    assert command.main(["score", str(files / "ref.y4m"), str(path), "--stream", f"0,{cover}"]) == 1
    with pytest.raises(VideoError, match="stream 7 is no video stream of the file; there are: 0, 1"):
        open_video(path, stream=7)


def test_the_track_of_an_animated_image(files: Path, tmp_path: Path) -> None:
    if "libsvtav1" not in av.codecs_available:
        pytest.skip("this PyAV has no AV1 encoder")
    path = encode(tmp_path / "a.avif", lumas(FRAMES, 2), codec="libsvtav1")
    assert len(firsts(path)) == FRAMES


def test_y4m_has_no_other_stream(files: Path) -> None:
    with pytest.raises(VideoError, match="the file is one stream"):
        open_video(files / "ref.y4m", stream=1)


@pytest.mark.parametrize("link", [None, "symbolic", "hard"])
def test_an_output_over_an_input_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], link: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    data = y4m_bytes(2)
    Path("a.json").write_bytes(data)
    Path("b.y4m").write_bytes(data)
    output = "a.json"
    if link:
        output = "link.json"
        (os.symlink if link == "symbolic" else os.link)("a.json", output)
    for ref, dist in (("a.json", "b.y4m"), ("b.y4m", "a.json")):
        assert command.main(["score", ref, dist, "-o", output]) != 0
        assert output in capsys.readouterr().err
        assert vmaf.main(["-r", ref, "-d", dist, "-o", output]) == 2
        assert output in capsys.readouterr().err
    assert Path("a.json").read_bytes() == data
