# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Files of every container at hand, encoded by PyAV from the same moving picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from pyvmaf import score
from pyvmaf.video import open_video

WIDTH, HEIGHT = 96, 64

# Extension: codec and pixel format that this PyAV is built with.
CONTAINERS = {
    "mkv": ("ffv1", "yuv420p"), "nut": ("ffv1", "yuv420p"), "avi": ("ffv1", "yuv420p"),
    "mp4": ("libx264", "yuv420p"), "mov": ("libx264", "yuv420p"), "ts": ("libx264", "yuv420p"),
    "flv": ("libx264", "yuv420p"), "h264": ("libx264", "yuv420p"), "hevc": ("libx265", "yuv420p"),
    "webm": ("libvpx-vp9", "yuv420p"), "mpg": ("mpeg2video", "yuv420p"), "mxf": ("mpeg2video", "yuv420p"),
}  # fmt: skip


def lumas(frames: int, seed: int = 1) -> list[NDArray[np.uint8]]:
    """A noisy texture that moves by a sample a frame."""
    big = np.random.default_rng(seed).integers(60, 190, (HEIGHT + frames, WIDTH + frames), np.uint8)
    return [big[i : i + HEIGHT, i : i + WIDTH] for i in range(frames)]


def raw_bytes(frames: int, seed: int = 1) -> bytes:
    grey = bytes([128]) * (WIDTH * HEIGHT // 2)
    return b"".join(y.tobytes() + grey for y in lumas(frames, seed))


def y4m_bytes(frames: int, seed: int = 1, tags: str = "F25:1 Ip C420") -> bytes:
    size = WIDTH * HEIGHT * 3 // 2
    data = raw_bytes(frames, seed)
    body = b"".join(b"FRAME\n" + data[i * size : (i + 1) * size] for i in range(frames))
    return f"YUV4MPEG2 W{WIDTH} H{HEIGHT} {tags}\n".encode() + body


def frame_of(luma: NDArray[np.uint8], pixel_format: str = "yuv420p") -> Any:
    """An av.VideoFrame with grey chroma."""
    frame = av.VideoFrame(luma.shape[1], luma.shape[0], pixel_format)
    for plane in frame.planes:
        plane.update(bytes([128]) * plane.buffer_size)
    rows = np.full((luma.shape[0], frame.planes[0].line_size), 128, np.uint8)
    rows[:, : luma.shape[1]] = luma
    frame.planes[0].update(rows.tobytes())
    return frame


def encode(
    path: Path,
    frames: Sequence[NDArray[np.uint8]],
    *,
    codec: str | None = None,
    pixel_format: str | None = None,
    options: dict[str, str] | None = None,
    rate: int = 25,
    prepare: Callable[[Any, Any], object] = lambda container, stream: None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write `path`; `prepare` gets the container and its stream before the first frame."""
    known = CONTAINERS.get(path.suffix[1:], ("ffv1", "yuv420p"))
    with av.open(f"file:{path}", "w") as out:
        out.metadata.update(metadata or {})
        stream = out.add_stream(codec or known[0], rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixel_format or known[1]
        prepare(out, stream)
        for i, luma in enumerate(frames):
            frame = frame_of(luma, pixel_format or known[1])
            frame.pts = i
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return path


def psnr(ref: Any, dist: Any, **how: Any) -> list[float]:
    return score(ref, dist, model=None, features=["psnr"], **how)["psnr_y"].tolist()


def firsts(source: Any, **how: Any) -> list[int]:
    """The first sample of each frame, which names the frame."""
    with open_video(source, **how) as video:
        return [int(frame[0][0, 0]) for frame in video]


def damage(path: Path, which: int, sound: float = 0) -> Path:
    """Noise in place of the inside of a packet, but for that share of it, at its start."""
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    position, size = packets[which]
    data = bytearray(path.read_bytes())
    inside = slice(position + max(30, int(sound * size)), position + size - 2)
    noise = np.random.default_rng(1).integers(0, 256, len(data[inside]), np.uint8)
    data[inside] = noise.tobytes()
    out = path.with_name(f"damaged{which}{path.suffix}")
    out.write_bytes(data)
    return out


def write_files(folder: Path, frames: int) -> Path:
    """One reference, raw and y4m, and the distorted video in every container."""
    (folder / "ref.yuv").write_bytes(raw_bytes(frames, 1))
    (folder / "ref.y4m").write_bytes(y4m_bytes(frames, 1))
    (folder / "dist.y4m").write_bytes(y4m_bytes(frames, 2))
    for extension in CONTAINERS:
        encode(folder / f"dist.{extension}", lumas(frames, 2))
    return folder
