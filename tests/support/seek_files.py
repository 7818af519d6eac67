# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Encodes of one clip whose frames are hard to number or to begin at, made by FFmpeg's own tool."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from .containers import y4m_bytes

FRAMES, LONG = 72, 400

X264 = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-x264-params"]
X265 = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params"]
GOP = "keyint=12:min-keyint=6:scenecut=0"
HEVC = "keyint=12:min-keyint=12:scenecut=0:bframes=4:b-adapt=0:log-level=none"
MPEG2 = ["-c:v", "mpeg2video", "-b:v", "2M", "-g", "12", "-bf", "2"]
LAG = ["-cpu-used", "8", "-g", "16", "-lag-in-frames", "16"]  # so that frames are hidden
NEGATIVE = ["-avoid_negative_ts", "disabled"]

#: Every start of these is tried, of the others some.
MAIN = (
    "h264-closed.mp4", "h264-open.mp4", "h264-open.mkv", "h264-refresh.mp4", "hevc-open.mp4", "av1.mp4", "vp9.webm",
    "mpeg2.ts", "vfr.mkv", "edit-list.mp4", "negative.mp4", "mjpeg.avi", "lie-hevc.mp4",
)  # fmt: skip

#: File: what FFmpeg is told, and whether decoding can begin in the middle of it.
ENCODES: dict[str, tuple[list[str], bool]] = {
    "h264-closed.mp4": ([*X264, GOP], True),
    "h264-open.mp4": ([*X264, f"{GOP}:open-gop=1:b-pyramid=normal"], True),
    "h264-open.mkv": ([*X264, f"{GOP}:open-gop=1:b-pyramid=strict"], True),
    "h264-deep.mp4": ([*X264, "keyint=8:min-keyint=8:open-gop=1:bframes=7:b-adapt=0:b-pyramid=normal"], True),
    "h264-open.ts": ([*X264, f"{GOP}:open-gop=1"], True),
    "h264-fragments.mp4": ([*X264, GOP, "-movflags", "frag_keyframe+empty_moov"], True),
    "h264.flv": ([*X264, GOP], True),
    "h264-444.mkv": ([*X264, f"{GOP}:qp=0", "-pix_fmt", "yuv444p"], True),
    "h264-one-key.mp4": ([*X264, "keyint=1000:scenecut=0"], False),
    "h264-refresh.mp4": ([*X264, "keyint=24:intra-refresh=1:bframes=0"], False),
    "h264-refresh.ts": ([*X264, "keyint=24:intra-refresh=1:bframes=0"], False),
    "h264-mbaff.mp4": ([*X264, f"{GOP}:tff=1", "-flags", "+ildct+ilme"], False),
    "h264.h264": ([*X264, GOP], False),
    "hevc-open.mp4": ([*X265, f"{HEVC}:open-gop=1"], True),
    "hevc-open.ts": ([*X265, f"{HEVC}:open-gop=1"], True),
    "hevc-closed.mkv": ([*X265, f"{HEVC}:open-gop=0:radl=2"], True),
    "av1.mp4": (["-c:v", "libsvtav1", "-preset", "12", "-g", "16", "-svtav1-params", "enable-tf=1"], True),
    "av1-libaom.mkv": (["-c:v", "libaom-av1", *LAG], True),
    "vp9.webm": (["-c:v", "libvpx-vp9", "-auto-alt-ref", "1", *LAG], True),
    "vp8.webm": (["-c:v", "libvpx", "-auto-alt-ref", "1", *LAG], False),
    "mpeg2.ts": (MPEG2, True),
    "mpeg2.mpg": (MPEG2, True),
    "mpeg1.mkv": (["-c:v", "mpeg1video", "-b:v", "2M", "-g", "4", "-bf", "2", "-sc_threshold", "1000000000"], True),
    "mpeg2-wrap.ts": ([*MPEG2, "-muxdelay", "0", "-output_ts_offset", "95442.5"], True),
    "mpeg2-interlaced.ts": ([*MPEG2, "-flags", "+ildct+ilme"], True),
    "mpeg4.avi": (["-c:v", "mpeg4", "-g", "12", "-bf", "2"], False),
    "h264.avi": ([*X264, GOP], False),
    "vfr.mkv": ([*X264, f"{GOP}:open-gop=1", "-vf", "select='mod(n,3)+gt(mod(n,7),4)'", "-fps_mode", "vfr"], True),
    "mjpeg.avi": (["-c:v", "mjpeg", "-q:v", "3"], True),
    "ffv1.mkv": (["-c:v", "ffv1", "-g", "12"], True),
    "prores.mov": (["-c:v", "prores"], True),
    "negative.mp4": (
        [*X264, GOP, *NEGATIVE, "-output_ts_offset", "-0.5", "-movflags", "negative_cts_offsets"],
        True,
    ),
}  # fmt: skip


def ffmpeg(*args: str | Path, data: bytes | None = None) -> None:
    import imageio_ffmpeg

    tool = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([tool, "-v", "error", "-y", *args], input=data, check=True, timeout=120)


def lie(source: Path, path: Path) -> None:
    """An MP4 whose table of key pictures names others."""
    data = bytearray(source.read_bytes())
    at = data.rindex(b"stss") + 8
    count = int.from_bytes(data[at : at + 4], "big")
    for i in range(1, count):
        place = at + 4 + 4 * i
        data[place : place + 4] = (int.from_bytes(data[place : place + 4], "big") + 5).to_bytes(4, "big")
    path.write_bytes(data)


def all_keys(source: Path, path: Path) -> None:
    """An MP4 without that table, which says that all pictures are key pictures."""
    path.write_bytes(source.read_bytes().replace(b"stss", b"free"))


def edited(source: Path, path: Path) -> None:
    """The rest of an MP4 from the middle of a group on, by an edit list."""
    ffmpeg("-ss", "0.7", "-i", source, "-c", "copy", path)


def late(source: Path, path: Path) -> None:
    """A file from an open group on, which puts pictures that cannot be decoded behind the first that can."""
    ffmpeg("-ss", "0.5", "-i", source, "-c", "copy", *NEGATIVE, path)


def without_edit_list(source: Path, path: Path) -> None:
    """Times of decoding that begin below zero."""
    ffmpeg("-i", source, "-c", "copy", "-use_editlist", "0", *NEGATIVE, path)


def early(source: Path, path: Path) -> None:
    """An MP4 that begins with an open group, of which an edit list hides some."""
    ffmpeg("-ss", "0.55", "-i", source, "-c", "copy", path)


def cut(source: Path, path: Path) -> None:
    """A transport stream from the middle of a group on."""
    data = source.read_bytes()
    path.write_bytes(data[len(data) // 7 // 188 * 188 :])


def spliced(source: Path, path: Path) -> None:
    """Two encodes with other parameter sets, one behind the other."""
    other = path.with_suffix(".other.ts")
    encode(source, other, [*X264, f"{GOP}:cabac=0:ref=1:weightp=0"])
    first = path.with_suffix(".first.ts")
    encode(source, first, [*X264, GOP])
    listing = path.with_suffix(".txt")
    listing.write_text("".join(f"file '{p}'\n" for p in (first, other)))
    ffmpeg("-f", "concat", "-safe", "0", "-i", listing, "-c", "copy", path)


#: File: the encode that it is made of, how, and whether decoding can begin in the middle of it.
MADE: dict[str, tuple[str, Callable[[Path, Path], None], bool]] = {
    "lie-h264.mp4": ("h264-closed.mp4", lie, True),
    "lie-hevc.mp4": ("hevc-open.mp4", lie, False),
    "lie-av1.mp4": ("av1.mp4", lie, True),
    "all-keys-h264.mp4": ("h264-closed.mp4", all_keys, True),
    "all-keys-av1.mp4": ("av1.mp4", all_keys, True),
    "edit-list.mp4": ("h264-open.mp4", edited, True),
    "edit-list-hevc.mp4": ("hevc-open.mp4", edited, True),
    "early.mp4": ("h264-deep.mp4", early, True),
    "late.mkv": ("mpeg1.mkv", late, False),
    "cut.ts": ("h264-open.ts", cut, True),
    "cut-mpeg2.ts": ("mpeg2.ts", cut, True),
    "cut-hevc.ts": ("hevc-open.ts", cut, True),
    "spliced.ts": ("clip.y4m", spliced, False),
    "no-edit-list.mov": ("h264-open.mp4", without_edit_list, True),
}


def encode(source: Path, path: Path, options: list[str]) -> None:
    """An encode by a tool that writes the same bytes each time."""
    ffmpeg("-i", source, "-fflags", "+bitexact", *options, "-threads", "1", path)


def make(folder: Path, name: str) -> Path:
    """A file of either table, made once in `folder`."""
    path = folder / name
    if path.exists():
        return path
    if name in ("clip.y4m", "long.y4m"):
        path.write_bytes(y4m_bytes(FRAMES if name == "clip.y4m" else LONG))
    elif name == "long.mp4":
        encode(make(folder, "long.y4m"), path, [*X264, f"{GOP}:open-gop=1:qp=8", "-movflags", "+faststart"])
    elif name in ENCODES:
        encode(make(folder, "clip.y4m"), path, ENCODES[name][0])
    else:
        source, change, _ = MADE[name]
        change(make(folder, source), path)
    return path
