# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Pairs of real files that differ in everything but their pictures, coded without loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

import pyvmaf
from pyvmaf.prepare import Prepared, decoder_for, prepare_videos
from pyvmaf.prepare.graph import frame_of
from pyvmaf.video import open_video

WIDTH, HEIGHT, FRAMES = 192, 128, 3
Planes = tuple[NDArray[Any], ...]


def clip(noise: float = 0.0, frames: int = FRAMES, size: tuple[int, int] = (WIDTH, HEIGHT)) -> list[Planes]:
    """Smooth shapes that move, 4:2:0 of 8 bits in limited range, with noise of a standard deviation."""
    width, height = size
    random = np.random.default_rng(7)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    out = []
    for i in range(frames):
        luma = 126 + 45 * np.sin((x + 3 * i) / 9) + 40 * np.cos((y - 2 * i) / 7) + 15 * ((x // 16 + y // 16) % 2)
        luma += noise * random.standard_normal(luma.shape)
        half = x[::2, ::2], y[::2, ::2]
        u = 128 + 40 * np.sin(half[0] / 11)
        v = 128 + 40 * np.cos(half[1] / 13)
        out.append(tuple(np.clip(np.rint(p), 16, 235).astype(np.uint8) for p in (luma, u, v)))
    return out


def each(frames: Sequence[Planes], change: Callable[[NDArray[Any]], NDArray[Any]]) -> list[Planes]:
    """Every plane changed."""
    return [tuple(change(plane) for plane in frame) for frame in frames]


def write(
    path: Path,
    frames: Sequence[Planes],
    pixel: str = "yuv420p",
    *,
    codec: str = "ffv1",
    rate: int = 25,
    rotation: int = 0,
    mirrored: bool = False,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    times: Sequence[int] | None = None,
    cover: bool = False,
    **tags: int,
) -> Path:
    """Write planes of a pixel format to a file, behind a cover; `tags` are attributes of the encoder's context."""
    with av.open(f"file:{path}", "w") as out:
        if cover:
            art: Any = out.add_stream("mjpeg", rate=25)
            art.width, art.height, art.pix_fmt, art.disposition = 32, 32, "yuvj420p", 0x400
        stream: Any = out.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = frames[0][0].shape[:2]
        stream.pix_fmt = pixel
        if rotation or mirrored:
            stream.set_display_rotation(rotation, **({"hflip": True} if mirrored else {}))
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        if cover:
            for packet in [*art.encode(av.VideoFrame(32, 32, "yuvj420p")), *art.encode(None)]:
                out.mux(packet)
        for i, planes in enumerate(frames):
            packed = planes[0].ndim == 3
            size = (stream.width, stream.height)
            frame = av.VideoFrame.from_ndarray(planes[0], pixel) if packed else frame_of(planes, pixel, size)
            frame.colorspace, frame.color_range = tags.get("colorspace", 2), tags.get("color_range", 0)
            frame.pts = times[i] if times else i
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return path


def opened(ref: Any, dist: Any, prepare: Any = "auto", film_grain: str = "apply", **how: Any) -> Prepared:
    """A prepared pair of files."""
    decoder = decoder_for(prepare, film_grain)
    videos = [open_video(one, decoder=decoder, **how) for one in (ref, dist)]
    return prepare_videos(videos, prepare, film_grain)


def frames_of(pair: Prepared) -> list[tuple[Planes, Planes]]:
    """All pairs of frames, copied."""
    with pair.ref, pair.dist:
        return [
            tuple(tuple(np.array(plane) for plane in frame) for frame in both)
            for both in zip(pair.ref, pair.dist, strict=True)
        ]


def scored(pair: Prepared, model: str = "vmaf_v0.6.1") -> list[float]:
    """The model's score of each frame."""
    with pair.ref, pair.dist:
        return pyvmaf.score(pair.ref, pair.dist, model=model)[model].tolist()
