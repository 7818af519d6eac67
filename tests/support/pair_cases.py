# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Damaged pairs of videos, each with what is wrong with it, and clean ones with which nothing is.

Made by script from the clip of `pair_clips`: frames are moved about in Python, pictures are
changed by FFmpeg's filters, and both are encoded by PyAV.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from .pair_clips import FRAMES, HEIGHT, WIDTH, Planes, moving, y4m

Frames = Sequence[Planes]
#: (kind, reference frames, distorted frames) of an event.
Happened = tuple[str, tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class How:
    """How a side is encoded; `filters` are FFmpeg's, `tags` H.273's numbers of range, matrix, transfer, primaries."""

    codec: str = "libx264"
    options: tuple[tuple[str, str], ...] = (("crf", "20"), ("preset", "veryfast"))
    rate: str = "24"
    pix_fmt: str = "yuv420p"
    filters: str = "null"
    tags: tuple[int, int, int, int] = (1, 1, 1, 1)
    rotation: int = 0
    aspect: str = "1"
    suffix: str = ".mp4"


@dataclass(frozen=True)
class Case:
    """A pair, and what is to be found: codes beyond notes, and events to the frame."""

    name: str
    dist: Callable[[Frames], Iterable[Planes]]
    codes: frozenset[str] = frozenset()
    how: How = field(default_factory=How)
    ref: Callable[[Frames], Iterable[Planes]] = tuple
    ref_how: How | None = None
    offset: int = 0
    events: tuple[Happened, ...] = ()
    rate: str = "1"
    verdict: str = "comparable after steps"


def filtered(frames: Iterable[Planes], how: How) -> Iterable[Any]:
    """The frames as av.VideoFrame in the pixel format asked for, through the filters."""
    graph = av.filter.Graph()
    rate = Fraction(how.rate)
    source = graph.add(
        "buffer",
        f"video_size={WIDTH}x{HEIGHT}:pix_fmt=yuv420p:time_base={rate.denominator}/{rate.numerator}:pixel_aspect=1/1"
        f":frame_rate={rate.numerator}/{rate.denominator}:colorspace=bt709:range=tv",
    )
    before = source
    for text in how.filters.split(","):
        name, _, arguments = text.partition("=")
        node = graph.add(name, arguments or None)
        before.link_to(node)
        before = node
    sink = graph.add("buffersink")
    format_ = graph.add("format", how.pix_fmt)
    before.link_to(format_)
    format_.link_to(sink)
    graph.configure()
    for i, planes in enumerate(frames):
        frame = video_frame(planes)
        frame.pts, frame.time_base = i, 1 / rate
        frame.colorspace, frame.color_range = 1, 1
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: Any) -> Iterable[Any]:
    while True:
        try:
            yield graph.pull()
        except (BlockingIOError, EOFError):
            return


def video_frame(planes: Planes) -> Any:
    """An av.VideoFrame of 8-bit 4:2:0."""
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, samples in zip(frame.planes, planes, strict=True):
        rows = np.zeros((samples.shape[0], plane.line_size), np.uint8)
        rows[:, : samples.shape[1]] = samples
        plane.update(rows.tobytes())
    return frame


def write(path: Path, frames: Iterable[Planes], how: How) -> Path:
    """Encode the frames."""
    with av.open(str(path), "w") as out:
        stream: Any = None
        for i, frame in enumerate(filtered(frames, how)):
            if stream is None:
                stream = out.add_stream(how.codec, rate=Fraction(how.rate), options=dict(how.options))
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, how.pix_fmt
                context = stream.codec_context
                context.sample_aspect_ratio = Fraction(how.aspect)
                context.color_range, context.colorspace, context.color_trc, context.color_primaries = how.tags
                context.thread_count = 1
                if how.rotation:
                    stream.set_display_rotation(how.rotation)
            frame.pts, frame.time_base, frame.pict_type = i, 1 / Fraction(how.rate), 0
            frame.color_range, frame.colorspace = how.tags[0], how.tags[1]
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return path


def make(case: Case, folder: Path, shown: tuple[Frames, Frames] | None = None) -> tuple[Path, Path]:
    """Write both sides of a pair; `shown`: what either shows before it is damaged, else `moving()`."""
    frames, before = shown or (moving(), moving())
    ref = folder / f"{case.name}-ref.y4m"
    if case.ref_how is None:
        rate = Fraction(case.how.rate) if case.rate == "1" else Fraction(case.how.rate) * Fraction(case.rate)
        if case.name.startswith("clock"):
            rate = Fraction(24)
        ref.write_bytes(y4m(list(case.ref(frames)), f"{rate.numerator}:{rate.denominator}", "XCOLORRANGE=LIMITED"))
    else:
        ref = write(folder / f"{case.name}-ref{case.ref_how.suffix}", case.ref(frames), case.ref_how)
    return ref, write(folder / f"{case.name}-dist{case.how.suffix}", case.dist(before), case.how)


def together(case: Case, frames: int = FRAMES) -> list[tuple[int, int]]:
    """(reference, distorted) frames that show the same, each of the reference once, as the pair was made."""
    if case.offset:
        return [(j + case.offset, j) for j in range(max(0, -case.offset), frames - max(0, case.offset))]
    dist: list[Any] = list(case.dist(list(range(frames))))  # type: ignore[arg-type]
    first = {label: j for j, label in reversed(list(enumerate(dist))) if isinstance(label, int)}
    return sorted(first.items())


def _same(f: Frames) -> Frames:
    return f


def _faded(f: Frames) -> list[Planes]:
    """Out to black over the middle of the clip and in again."""
    out = []
    for i, (y, u, v) in enumerate(f):
        gain = min(1.0, abs(i - 45) / 15)
        parts = [
            np.rint(zero + gain * (p.astype(float) - zero)).astype(np.uint8)
            for p, zero in ((y, 16), (u, 128), (v, 128))
        ]
        out.append((parts[0], parts[1], parts[2]))
    return out


def _woven(f: Frames) -> list[Planes]:
    """Top fields of even frames with bottom fields of odd ones."""
    out = []
    for early, late in zip(f[::2], f[1::2], strict=True):
        planes = [plane.copy() for plane in early]
        for plane, other in zip(planes, late, strict=True):
            plane[1::2] = other[1::2]
        out.append((planes[0], planes[1], planes[2]))
    return out


def _still(f: Frames) -> list[Planes]:
    """A picture that stands still for two seconds, then moves."""
    return [f[0]] * 48 + list(f[1:43])


def _foreign(count: int) -> tuple[Planes, ...]:
    return moving(count, seed=50)


GOOD = How(codec="ffv1", options=(), suffix=".mkv")
POOR = How(options=(("crf", "34"), ("preset", "veryfast")))


def _offsets() -> list[Case]:
    late = [Case(f"late{n}", lambda f, n=n: f[n:], frozenset({"offset"}), offset=n, events=(("late", (0, n), (0, 0)),))
            for n in (1, 7, 30)]  # fmt: skip
    lead = [Case(f"lead{n}", _same, frozenset({"offset"}), ref=lambda f, n=n: f[n:], offset=-n,
                 events=(("lead", (0, 0), (0, n)),))
            for n in (1, 5, 30)]  # fmt: skip
    fade = Case("fade-late4", lambda f: _faded(f)[4:], frozenset({"offset"}), ref=_faded, offset=4,
                events=(("late", (0, 4), (0, 0)),))  # fmt: skip
    still = Case("still-late6", lambda f: _still(f)[6:], frozenset({"offset"}), ref=_still, offset=6)
    return [*late, *lead, fade, still]


def _streams() -> list[Case]:
    """Frames dropped, repeated, frozen, inserted."""
    return [
        Case("drop1", lambda f: [*f[:20], *f[21:]], frozenset({"drop"}), events=(("drop", (20, 21), (20, 20)),)),
        Case("drop3", lambda f: [*f[:12], *f[13:50], *f[53:]], frozenset({"drop"}),
             events=(("drop", (12, 13), (12, 12)), ("drop", (50, 53), (49, 49)))),
        Case("drop-cut", lambda f: [*f[:30], *f[40:]], frozenset({"drop"}), events=(("drop", (30, 40), (30, 30)),)),
        Case("duplicate1", lambda f: [*f[:16], *f[15:]], frozenset({"duplicate"}),
             events=(("duplicate", (16, 16), (16, 17)),)),
        Case("duplicate3", lambda f: [*f[:25], *[f[24]] * 3, *f[25:]], frozenset({"duplicate"}),
             events=(("duplicate", (25, 25), (25, 28)),)),
        Case("freeze5", lambda f: [*f[:10], *[f[9]] * 5, *f[15:]], frozenset({"freeze"}),
             events=(("freeze", (10, 15), (10, 15)),)),
        Case("freeze-end", lambda f: [*f[:70], *[f[69]] * 20], frozenset({"freeze"}),
             events=(("freeze", (70, 90), (70, 90)),)),
        Case("insert4", lambda f: [*f[:40], *_foreign(4), *f[40:]], frozenset({"insert"}),
             events=(("insert", (40, 40), (40, 44)),)),
        Case("replace4", lambda f: [*f[:40], *_foreign(4), *f[44:]], frozenset({"replace"}),
             events=(("replace", (40, 44), (40, 44)),)),
    ]  # fmt: skip


def _rates() -> list[Case]:
    def repeated(f: Frames, pattern: tuple[int, ...]) -> list[Planes]:
        return [planes for i, planes in enumerate(f) for _ in range(pattern[i % len(pattern)])]

    rate = frozenset({"rate"})
    return [
        Case("clock-24-23.976", _same, how=How(rate="24000/1001"), verdict="comparable"),
        Case("rate-24-25", lambda f: repeated(f, (1,) * 23 + (2,)), rate, How(rate="25"), rate="24/25"),
        Case("rate-24-30", lambda f: repeated(f, (1, 1, 1, 2)), rate, How(rate="30"), rate="4/5"),
        Case("rate-60-30", lambda f: f[::2], rate, How(rate="30"), rate="2"),
        Case("rate-30-24", lambda f: repeated(f, (1, 1, 1, 1, 0)), rate, How(rate="24"), rate="5/4"),
        Case("rate-24-60", lambda f: repeated(f, (3, 2)), rate, How(rate="60"), rate="2/5"),
        Case("telecine", _same, frozenset({"rate", "telecine"}),
             How(rate="30000/1001", filters="telecine=pattern=23"), rate="4/5"),
        Case("interlaced-untagged", _woven, frozenset({"interlaced", "rate"}), How(rate="12"), rate="2"),
    ]  # fmt: skip


def _pictures() -> list[Case]:
    scale = f"scale={WIDTH}:{HEIGHT}:flags=bicubic"
    return [
        Case("crop", _same, frozenset({"crop"}), How(filters="crop=224:128:16:8")),
        Case("crop-scaled", _same, frozenset({"crop", "size"}), How(filters=f"crop=224:128:16:8,{scale}")),
        Case("crop-left", _same, frozenset({"crop", "size"}), How(filters=f"crop=236:144:20:0,{scale}")),
        Case("bars-added", _same, frozenset({"bars", "size"}),
             How(filters=f"scale={WIDTH}:112:flags=bicubic,pad={WIDTH}:{HEIGHT}:0:16")),
        Case("bars-removed", _same, frozenset({"bars"}),
             ref_how=How("ffv1", (), filters=f"pad={WIDTH}:192:0:24", suffix=".mkv")),
        Case("scale-down", _same, frozenset({"size"}), How(filters="scale=170:96:flags=bicubic")),
        Case("scale-odd", _same, frozenset({"size"}), How(filters="scale=350:198:flags=bilinear")),
        Case("aspect", _same, frozenset({"size", "sample_aspect"}),
             How(filters=f"scale=192:{HEIGHT}:flags=bicubic,setsar=4/3", aspect="4/3")),
        Case("rotation-90", _same, frozenset({"rotation"}), How(filters="transpose=clock", rotation=90)),
        Case("rotation-270", _same, frozenset({"rotation"}), How(filters="transpose=cclock", rotation=-90)),
        Case("orientation", _same, frozenset({"orientation"}), How(filters="transpose=clock")),
        Case("upside-down", _same, frozenset({"orientation"}), How(filters="hflip,vflip")),
        Case("blur-noise", _same, frozenset(), How(filters="gblur=1.5,noise=alls=6:allf=t"), verdict="comparable"),
    ]  # fmt: skip


def _samples() -> list[Case]:
    tagged = How("ffv1", (), suffix=".mkv")
    return [
        Case("range", _same, frozenset({"range"}), How(filters="scale=in_range=tv:out_range=pc", tags=(2, 1, 1, 1))),
        Case("range-untagged", _same, frozenset({"range"}), How(filters="scale=in_range=tv:out_range=pc")),
        Case("range-tag", _same, frozenset({"range_tag"}), How(tags=(2, 1, 1, 1))),
        Case("matrix", _same, frozenset({"matrix"}),
             How(filters="scale=in_color_matrix=bt709:out_color_matrix=bt601", tags=(1, 6, 1, 1)), ref_how=tagged),
        Case("matrix-tag", _same, frozenset({"matrix_tag"}), How(tags=(1, 6, 1, 1)), ref_how=tagged),
        Case("depth", _same, frozenset({"depth"}), How(pix_fmt="yuv420p10le")),
        Case("chroma", _same, frozenset({"chroma"}), How(pix_fmt="yuv444p")),
        Case("transfer", _same, frozenset({"transfer", "depth"}),
             How("libx265", (("crf", "20"), ("preset", "ultrafast"), ("x265-params", "log-level=none")),
                 pix_fmt="yuv420p10le", tags=(1, 1, 16, 9)), verdict="not comparable"),
        Case("swapped", _same, frozenset({"swapped"}), GOOD, ref_how=POOR),
        Case("content", lambda f: moving(FRAMES, seed=50), frozenset({"content"}), verdict="not comparable"),
    ]  # fmt: skip


DAMAGED = [*_offsets(), *_streams(), *_rates(), *_pictures(), *_samples()]


def _clean() -> list[Case]:
    quiet = ("x265-params", "log-level=none")
    encoders = {
        "x264": ("libx264", [(("crf", crf), ("preset", "veryfast")) for crf in ("18", "28", "36", "42", "48")]),
        "x265": ("libx265", [(("crf", crf), ("preset", "ultrafast"), quiet) for crf in ("20", "28", "34", "40", "46")]),
        "svtav1": ("libsvtav1", [(("crf", crf), ("preset", "12")) for crf in ("25", "35", "45", "55", "63")]),
        "mpeg2": ("mpeg2video", [(("b", f"{rate}000"), ("bf", "2")) for rate in (1500, 700, 400, 200, 100)]),
    }  # fmt: skip
    out = []
    for name, (codec, all_options) in encoders.items():
        for k, options in enumerate(all_options):
            how = How(codec, tuple(options), suffix=".mkv" if codec == "mpeg2video" else ".mp4")
            out.append(Case(f"{name}-{k}", _same, how=how, verdict="comparable"))
    return out


CLEAN = _clean()
