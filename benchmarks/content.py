# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Content at any size and depth: a real clip, scaled, and its x264 encode; flat, banded and screen content."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "examples")]

from demo import encode, sample_video  # noqa: E402
from support.clips import Frame  # noqa: E402


@dataclass(frozen=True)
class Size:
    name: str
    width: int
    height: int


SIZES = {
    s.name: s
    for s in (Size("480p", 854, 480), Size("720p", 1280, 720), Size("1080p", 1920, 1080), Size("4K", 3840, 2160))
}
PIX_FMTS = {8: "yuv420p", 10: "yuv420p10le"}
DTYPES = {8: np.dtype(np.uint8), 10: np.dtype("<u2")}


def distorted_video(frames: int) -> Path:
    path = CACHE / f"benchmark-crf36-{frames}.mp4"
    if not path.exists():
        encode(sample_video(CACHE), path, 36, frames)
    return path


def planes(frame: av.VideoFrame, size: Size, bpc: int) -> Frame:
    scaled = frame.reformat(size.width, size.height, PIX_FMTS[bpc], interpolation="BICUBIC")
    out = []
    for i, plane in enumerate(scaled.planes):
        w, h = (size.width, size.height) if i == 0 else ((size.width + 1) // 2, (size.height + 1) // 2)
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:h].view(DTYPES[bpc])
        out.append(np.ascontiguousarray(rows[:, :w]))
    return tuple(out)


@cache
def natural(size_name: str, bpc: int, frames: int) -> tuple[list[Frame], list[Frame]]:
    size = SIZES[size_name]
    sides: list[list[Frame]] = []
    for path in (sample_video(CACHE), distorted_video(max(frames, 8))):
        side: list[Frame] = []
        with av.open(str(path)) as video:
            for frame in video.decode(video=0):
                if len(side) == frames:
                    break
                side.append(planes(frame, size, bpc))
        sides.append(side)
    return sides[0], sides[1]


def flat(plane: np.ndarray, time: int, side: int, bpc: int) -> np.ndarray:
    """One grey, and another after the encode."""
    return np.full_like(plane, 100 + side << bpc - 8)


def banded(plane: np.ndarray, time: int, side: int, bpc: int) -> np.ndarray:
    """A slow gradient that drifts; its encode has half as many steps."""
    y, x = np.mgrid[: plane.shape[0], : plane.shape[1]]
    steps = (60 + 24 * x / plane.shape[1] + 12 * y / plane.shape[0] + time / 4).astype(plane.dtype)
    return steps - steps % 2 * side << bpc - 8


def screen(plane: np.ndarray, time: int, side: int, bpc: int) -> np.ndarray:
    """Text on white, which the encode leaves as it is; a window of a quarter of the area shows natural video."""
    h, w = plane.shape
    glyphs = np.random.default_rng(3).integers(0, 2, (h // 8 + 1, w // 4 + 1))
    glyphs[::2] = 0
    page = (235 - 200 * np.kron(glyphs, np.ones((8, 4), int))[:h, :w] << bpc - 8).astype(plane.dtype)
    window = np.s_[h // 4 : 3 * h // 4, w // 3 : 5 * w // 6]
    page[window] = plane[window]
    return page


MADE = {"flat": flat, "banded": banded, "screen": screen}


@cache
def clip(size_name: str, bpc: int, frames: int, kind: str = "natural") -> tuple[list[Frame], list[Frame]]:
    """The first frames of reference and distorted video at that size and depth."""
    sides = natural(size_name, bpc, frames)
    if kind == "natural":
        return sides
    made = [
        [tuple(MADE[kind](plane, t, side, bpc) for plane in frame) for t, frame in enumerate(video)]
        for side, video in enumerate(sides)
    ]
    return made[0], made[1]


def y4m(size_name: str, bpc: int, frames: int, loops: int) -> tuple[Path, Path]:
    """The same clip as two y4m files, repeated `loops` times."""
    size = SIZES[size_name]
    paths = []
    for side, data in zip(("ref", "dist"), clip(size_name, bpc, frames), strict=True):
        path = CACHE / f"benchmark-{side}-{size_name}-{bpc}b-{frames}x{loops}.y4m"
        if not path.exists():
            colour = "420jpeg" if bpc == 8 else f"420p{bpc}"
            with open(path, "wb") as out:
                out.write(f"YUV4MPEG2 W{size.width} H{size.height} F25:1 Ip A1:1 C{colour}\n".encode())
                for _ in range(loops):
                    for frame in data:
                        out.write(b"FRAME\n")
                        for plane in frame:
                            out.write(plane.tobytes())
        paths.append(path)
    return paths[0], paths[1]
