# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Facts read from a file: header, first frame, times of all packets, a few pictures."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from errno import EIO
from fractions import Fraction
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import VmafError, error_for
from ..pictures.frames import planes_of
from ..video import AvVideo, RawVideo, VideoError, VideoFormat
from ..video.av import BESIDE, MATRICES, RANGES, TRANSFERS
from ..video.container import PATIENCE, rate_of, unopened
from ..video.sniff import START, names_itself
from ..video.url import is_remote
from ..video.y4m import MAGIC, MARKER, colour_of, parse_header, split_tags
from .bars import find_bars
from .boxes import extras_of
from .facts import Facts

# ITU-T H.273, table 2.
PRIMARIES = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film",
    9: "bt2020", 10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213",
}  # fmt: skip
# FFmpeg's AVFieldOrder: both orders of coding with the top field shown first, and with the bottom.
FIELD_ORDERS = {1: "progressive", 2: "top", 3: "bottom", 4: "bottom", 5: "top"}
#: So many pictures, spread over the file, are looked at for bars.
PICTURES = 9
#: Times of frames that differ by less than this share of a frame's duration are regular:
#: containers round to milliseconds, which at 240 frames a second is a quarter.
JITTER = 0.3


def facts_of(source: str | os.PathLike[str], raw: VideoFormat | None = None, *, stream: int | None = None) -> Facts:
    """All facts of a file, which is demuxed once; a few of its frames are decoded.

    Args:
        source: a path or a URL.
        raw: what a file without a format of its own holds.
        stream: number of the video stream; None: the one that `open_video` takes.

    Raises:
        VideoError: not a video, or one without a frame.
    """
    path = os.fspath(source)
    if not is_remote(path):
        with open_local(path) as file:
            start = file.read(START)
        if start.startswith(MAGIC):
            return _y4m_facts(path)
        if raw is not None and not names_itself(start):
            video = RawVideo(path, raw)
            with video:
                facts = _plain(path, "rawvideo", video.format, frame_count=video.frame_count)
                return _with_bars(facts, _stored_lumas(path, facts, video.format, 0, up=video._up))
    return _av_facts(path, stream)


def open_local(path: str) -> IO[bytes]:
    """
    Raises:
        VmafOSError: the file cannot be opened.
    """
    try:
        return open(path, "rb")
    except OSError as error:
        raise error_for(error.errno or EIO, path, error.strerror or str(error)) from None


def _with_bars(facts: Facts, lumas: Iterator[NDArray[Any]]) -> Facts:
    pictures: list[NDArray[Any]] = []
    with suppress(VmafError, OSError, ValueError):
        pictures.extend(lumas)
    same = [p for p in pictures if p.shape == pictures[0].shape]
    return replace(facts, bars=find_bars(same, facts.depth))


def _plain(path: str, container: str, format: VideoFormat, **known: Any) -> Facts:
    """Facts of a file that pyvmaf reads itself."""
    w, h = format.width, format.height
    names = {"420": "yuv420p", "422": "yuv422p", "444": "yuv444p", "400": "gray"}
    name = names[format.chroma] + (f"{format.bpc}le" if format.bpc > 8 else "")
    return Facts(
        path, container, "rawvideo", 0, w, h, w, h, pixel_format=name, chroma=format.chroma, depth=format.bpc,
        bits_per_sample=8 * format.frame_bytes() / (w * h), **known,
    )  # fmt: skip


def _y4m_facts(path: str) -> Facts:
    with open(path, "rb") as file:
        header = file.readline(4096).rstrip(b"\n")
        left = os.fstat(file.fileno()).st_size - file.tell()
    tags = split_tags(header, path)
    # The reader refuses interlaced video, which has facts all the same.
    plain = " ".join(key + value for key, value in {**tags, "I": "p"}.items())
    format, alpha, _ = parse_header(MAGIC + b" " + plain.encode(), path)
    order = {"p": "progressive", "t": "top", "b": "bottom", "m": "top"}.get(tags.get("I", "?")[:1], "unknown")
    known: dict[str, Any] = {}
    for tag, name, joint in (("F", "frame_rate", "/"), ("A", "sample_aspect", ":")):
        above, _, below = tags.get(tag, "0:0").partition(":")
        if above.isdigit() and below.isdigit() and int(above) and int(below):
            value = Fraction(int(above), int(below))
            known[name] = f"{value.numerator}{joint}{value.denominator}"
    extra = format.width * format.height if alpha else 0
    count = left // (len(MARKER) + format.frame_bytes() + extra)
    facts = _plain(
        path, "yuv4mpeg", format, frame_count=count, alpha=alpha, field_order=order, constant_rate=True,
        range=colour_of(header).get("range"), **known,
    )  # fmt: skip
    return _with_bars(facts, _stored_lumas(path, facts, format, len(header) + 1, MARKER, extra))


def _stored_lumas(
    path: str, facts: Facts, format: VideoFormat, head: int, marker: bytes = b"", extra: int = 0, *, up: bool = True
) -> Iterator[NDArray[Any]]:
    """Lumas of frames that all have the same number of bytes, spread over the file."""
    count, size = facts.frame_count or 0, format.frame_bytes(up)
    with open(path, "rb") as file:
        for i in sorted({k * count // PICTURES for k in range(PICTURES)}):
            file.seek(head + i * (len(marker) + size + extra))
            if file.read(len(marker)) != marker:
                return  # headers of frames have parameters: places are unknown
            data = np.frombuffer(file.read(size), np.uint8)
            if data.size < size:
                return
            yield format.planes(data, up)[0]


def _av_facts(path: str, wanted: int | None) -> Facts:
    try:
        import av
    except ImportError:
        raise VideoError(path, "neither y4m nor raw; other files need PyAV: the extra `video`") from None
    try:
        with open_container(path) as container:
            return _of_stream(path, container, choose_stream(path, container, wanted))
    except av.error.FFmpegError as error:
        raise VideoError(path, unopened(av, error, remote=is_remote(path))) from None


def open_container(path: str) -> Any:
    """A container of PyAV: a URL, or exactly the file of that name."""
    import av

    # A name is a name: neither a protocol nor a pattern of numbered images.
    if is_remote(path):
        return av.open(path, timeout=PATIENCE, metadata_errors="replace")
    return av.open(f"file:{path}", options={"pattern_type": "none"}, metadata_errors="replace")


def choose_stream(path: str, container: Any, wanted: int | None) -> Any:
    """The stream that is asked for, or the one that readers take: the best that is no cover picture."""
    streams = list(container.streams.video)
    moving = [s for s in streams if not int(getattr(s, "disposition", 0)) & BESIDE]
    if wanted is not None:
        moving = [s for s in streams if s.index == wanted]
    if not moving:
        what = "there is no video stream" if wanted is None else f"stream {wanted} is no video stream of the file"
        raise VideoError(path, what)
    best = container.streams.best("video") if hasattr(container.streams, "best") else None
    return next((s for s in moving if best is not None and s.index == best.index), moving[0])


def _of_stream(path: str, container: Any, stream: Any) -> Facts:
    stream.thread_type = "AUTO"
    with suppress(AttributeError, TypeError, RuntimeError):
        # Film grain is told instead of added.
        stream.codec_context.options = {"export_side_data": "film_grain"}
    first = next(container.decode(stream), None)
    if first is None:
        raise VideoError(path, "the video stream has no frame")
    facts = _header_facts(path, container, stream, first)
    facts = _with_bars(facts, _undamaged(_decoded_lumas(container, stream, first)))
    return _with_times(facts, path, stream)


def header_facts(video: AvVideo) -> Facts:
    """Facts of a video that is open and of which nothing was read: no bars, no times of packets."""
    return _header_facts(video.path, video._container, video._stream, video._first)


def _header_facts(path: str, container: Any, stream: Any, first: Any) -> Facts:
    context = stream.codec_context
    format = first.format
    aspect = Fraction(stream.sample_aspect_ratio or context.sample_aspect_ratio or 1)
    rate = rate_of(stream)
    chroma, depth = _samples(format)
    full = format.name.startswith("yuvj") or (chroma == "rgb" and not int(first.color_range))
    extras = extras_of(path, container.format.name, stream.index)
    start = first.pts if first.pts is not None else stream.start_time
    return Facts(
        path=path, container=container.format.name, codec=_codec_name(context), stream=stream.index,
        width=first.width, height=first.height,
        coded_width=max(context.coded_width, first.width), coded_height=max(context.coded_height, first.height),
        sample_aspect=f"{aspect.numerator}:{aspect.denominator}" if aspect > 0 else "1:1",
        rotation=int(getattr(first, "rotation", 0)) % 360, container_crop=extras.crop,
        frame_rate=f"{rate.numerator}/{rate.denominator}" if rate else None, frame_count=stream.frames or None,
        start=float(start * stream.time_base) if start is not None and stream.time_base else None,
        edit_list=len(extras.edits) > 1 or any(first < 0 for _, first in extras.edits),
        field_order=_field_order(context, first),
        pixel_format=format.name, chroma=chroma, depth=depth, alpha=any(c.is_alpha for c in format.components),
        range="full" if full else RANGES.get(int(getattr(first, "color_range", 0))),
        matrix=MATRICES.get(int(getattr(first, "colorspace", 0))),
        transfer=TRANSFERS.get(int(getattr(first, "color_trc", getattr(context, "color_trc", 0)))),
        primaries=PRIMARIES.get(int(getattr(first, "color_primaries", getattr(context, "color_primaries", 0)))),
        **_side_data(first),
    )  # fmt: skip


def _codec_name(context: Any) -> str:
    """What is coded, not the decoder: "av1", not "libdav1d"."""
    return str(getattr(context.codec, "canonical_name", context.name))


#: A side that every kind of chroma divides; of odd ones half is rounded up.
SIDE = 64


def _samples(format: Any) -> tuple[str, int]:
    depth = max((c.bits for c in format.components), default=8)
    if format.is_rgb or format.has_palette:
        return "rgb", depth
    if len([c for c in format.components if not c.is_alpha]) == 1:
        return "400", depth
    across, down = SIDE // format.chroma_width(SIDE), SIDE // format.chroma_height(SIDE)
    names = {(1, 1): "444", (2, 1): "422", (2, 2): "420", (4, 1): "411", (1, 2): "440", (4, 4): "410"}
    return names.get((across, down), "other"), depth


def _field_order(context: Any, first: Any) -> str:
    known = FIELD_ORDERS.get(int(getattr(context, "field_order", 0) or 0), "unknown")
    if getattr(first, "interlaced_frame", False) and known not in ("top", "bottom"):
        return "top"
    return known


def _side_data(frame: Any) -> dict[str, Any]:
    """Mastering display, light levels, film grain, as FFmpeg hangs them on a frame."""
    found = {data.type.name: bytes(data) for data in frame.side_data}
    out: dict[str, Any] = {"film_grain": "FILM_GRAIN_PARAMS" in found}
    if len(found.get("CONTENT_LIGHT_LEVEL", b"")) >= 8:
        most, average = struct.unpack("II", found["CONTENT_LIGHT_LEVEL"][:8])
        out["content_light"] = {"max_content": most, "max_average": average}
    if len(found.get("MASTERING_DISPLAY_METADATA", b"")) >= 88:
        n = struct.unpack("22i", found["MASTERING_DISPLAY_METADATA"][:88])
        value = [round(n[i] / n[i + 1], 6) if n[i + 1] else 0.0 for i in range(0, 20, 2)]
        out["mastering_display"] = {
            "red": value[0:2], "green": value[2:4], "blue": value[4:6], "white": value[6:8],
            "min_luminance": value[8], "max_luminance": value[9],
        }  # fmt: skip
    return out


def _decoded_lumas(container: Any, stream: Any, first: Any) -> Iterator[NDArray[Any]]:
    """Lumas at places spread over the stream; of the first frames where there is no going elsewhere."""
    yield _luma(first)
    start, duration = stream.start_time or 0, stream.duration
    if duration is None and container.duration and stream.time_base:
        duration = int(container.duration / 1e6 / stream.time_base)
    if not duration:
        for i, frame in zip(range(1, 6 * PICTURES), container.decode(stream), strict=False):
            if i % 6 == 0:
                yield _luma(frame)
        return
    for k in range(1, PICTURES):
        container.seek(start + k * duration // PICTURES, stream=stream, backward=True)
        frame = next(container.decode(stream), None)
        if frame is not None:
            yield _luma(frame)


def _undamaged(lumas: Iterator[NDArray[Any]]) -> Iterator[NDArray[Any]]:
    """Those that can be had: damage ends the search for bars, not the facts."""
    import av

    with suppress(av.error.FFmpegError):
        yield from lumas


def _luma(frame: Any) -> NDArray[Any]:
    try:
        luma: NDArray[Any] = planes_of(frame)[1][0].copy()
    except VmafError:
        luma = frame.reformat(format="gray").to_ndarray()
    return luma


def _with_times(facts: Facts, path: str, stream: Any) -> Facts:
    """Frames counted and their clock judged by the times of packets."""
    import av

    times: list[int] = []
    count = hidden = size = 0
    with suppress(av.error.FFmpegError), open_container(path) as again:
        mine = next(s for s in again.streams.video if s.index == stream.index)
        for packet in again.demux(mine):
            size += packet.size
            if not packet.size and packet.pts is None and packet.dts is None:
                continue
            hidden += packet.is_discard
            count += not packet.is_discard
            if packet.pts is not None and not packet.is_discard:
                times.append(packet.pts)
    return replace(
        facts,
        frame_count=count or facts.frame_count,
        hidden_frames=hidden,
        edit_list=facts.edit_list or hidden > 0,
        constant_rate=_is_constant(times, facts.rate, stream.time_base),
        bits_per_sample=8 * size / (count * facts.width * facts.height) if count else None,
    )


def _is_constant(times: list[int], rate: Fraction | None, base: Fraction | None) -> bool | None:
    """Whether sorted times are those of a regular clock, as far as the container's unit tells."""
    if len(times) < 3:
        return None
    at = np.sort(np.array(times, np.float64))
    steps = np.diff(at)
    step = float(np.median(steps))
    slack = max(1.0, JITTER * step)
    ideal = at[0] + step * np.arange(at.size)
    if rate and base and abs(float(1 / rate / base) - step) <= slack:
        ideal = at[0] + float(1 / rate / base) * np.arange(at.size)
    # One irregular step is irregular; a slow drift of rounded times is not.
    return bool(np.abs(steps - step).max() <= slack and np.abs(at - ideal).max() <= max(slack, 0.01 * (at[-1] - at[0])))
