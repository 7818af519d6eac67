# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What every reader gives: a format, and frames as planes in NumPy arrays.

Files store chroma of odd sizes rounded up; pictures of the engine round it
down. Planes are as stored, and :class:`~pyvmaf.VmafPicture` keeps what is over
for the extractors that look at it.
"""

from __future__ import annotations

import abc
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._ffi import unsigned
from ..enums import PixelFormat
from ..errors import VmafValueError
from .url import is_remote, shown

Plane: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
Frame: TypeAlias = tuple[Plane, ...]

MAX_SIDE = 65535
DEPTHS = (8, 9, 10, 12, 14, 16)

# Chroma as files and commands name it.
CHROMA = {
    "420": PixelFormat.YUV420P,
    "422": PixelFormat.YUV422P,
    "444": PixelFormat.YUV444P,
    "400": PixelFormat.YUV400P,
}


class VideoError(VmafValueError):
    """A video that cannot be read: which file, what is wrong, what to do.

    Attributes:
        path: the file; a URL without its password and signature.
        frame: the frame that could not be read; None when it is the file.
    """

    def __init__(self, path: str, problem: str, frame: int | None = None) -> None:
        path = shown(path) if is_remote(path) else path
        at = "" if frame is None else f": frame {frame}"
        super().__init__(f"{path}{at}: {problem}")
        self.path = path
        self.problem = problem
        self.frame = frame

    def __reduce__(self) -> tuple[type[VideoError], tuple[str, str, int | None]]:  # type: ignore[override]
        return type(self), (self.path, self.problem, self.frame)


class BeyondEndError(VideoError):
    """A frame was asked for by its number, and the file says that it ends before."""


def beyond_end(count: int) -> str:
    """What to say of frames that a file of so many does not have."""
    return f"beyond the end; the file has {count} frames, 0 to {count - 1}"


@dataclass(frozen=True)
class VideoFormat:
    """Luma size, chroma ("420", "422", "444" or "400") and bits a sample."""

    width: int
    height: int
    chroma: str = "420"
    bpc: int = 8

    def __post_init__(self) -> None:
        for name, side in (("width", self.width), ("height", self.height)):
            if not 1 <= unsigned(name, side, 64) <= MAX_SIDE:
                raise VmafValueError(f"{name} {side} is not within 1..{MAX_SIDE}")
        if self.chroma not in CHROMA:
            raise VmafValueError(f"chroma {self.chroma!r} is none of {', '.join(CHROMA)}")
        if self.bpc not in DEPTHS:
            raise VmafValueError(f"bit depth {self.bpc} is none of {', '.join(map(str, DEPTHS))}")

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {self.chroma} {self.bpc}-bit"

    @property
    def pix_fmt(self) -> PixelFormat:
        """The pixel format."""
        return CHROMA[self.chroma]

    @property
    def plane_count(self) -> int:
        """3, or 1 for luma alone."""
        return self.pix_fmt.planes

    def plane_size(self, plane: int, up: bool = False) -> tuple[int, int]:
        """(height, width) of a plane of a picture, or, with `up`, of a file."""
        if plane == 0:
            return self.height, self.width
        sx, sy = self.pix_fmt.shift
        return (self.height + up * sy) >> sy, (self.width + up * sx) >> sx

    def sample_count(self, up: bool) -> int:
        """Samples of all planes of a frame."""
        sizes = [self.plane_size(p, up) for p in range(self.plane_count)]
        return sum(h * w for h, w in sizes)

    def frame_bytes(self, up: bool = True) -> int:
        """Bytes of a frame in a file."""
        return self.sample_count(up) * (1 if self.bpc == 8 else 2)

    def planes(self, buffer: NDArray[np.uint8], up: bool = True) -> Frame:
        """Views of the planes that lie one after the other in `buffer`."""
        # Files are little-endian; on such a machine this makes no copy.
        samples: Plane = buffer
        if self.bpc > 8:
            samples = buffer.view("<u2").astype(np.uint16, copy=False)
        out: list[Plane] = []
        offset = 0
        for p in range(self.plane_count):
            stored_h, stored_w = self.plane_size(p, up)
            plane = samples[offset : offset + stored_h * stored_w]
            out.append(plane.reshape(stored_h, stored_w))
            offset += stored_h * stored_w
        return tuple(out)


class Video(abc.ABC):
    """A video that is read once, from its first frame to its last."""

    def __init__(self, path: str | os.PathLike[str], format: VideoFormat) -> None:
        self.path = os.fspath(path)
        self.format = format
        self.colour: dict[str, str] = {}
        """What the file says of its colours: `matrix` and `range`, as `lpips` names them, and `transfer`."""
        self.rotation = 0
        """By how many degrees the file says that the picture is to be turned when shown."""
        self.sample_aspect: float | None = None
        """Width of a sample to its height; None when the file does not say."""
        self.interlaced = False
        """Whether the file says that frames are two fields."""
        self.stream: str | None = None
        """Which stream of the file is read, where there is a choice."""
        self.digest: Mapping[str, Any] | None = None
        """Of what is read, where no name tells it from others: objects of the caller's, URLs without their query."""
        self.notices: list[str] = []
        """What the reader noticed on the way, such as damage that was concealed."""
        self.first = 0
        """Number of the frame that iteration begins with; see `start_at`."""
        self.frame_count: int | None = None
        """How many frames the whole file has, as the container promises, or as was found at its end; else None."""
        self.frame_rate: float | None = None
        """Frames per second; None when the container does not say."""

    @abc.abstractmethod
    def __iter__(self) -> Iterator[Frame]: ...

    @abc.abstractmethod
    def close(self) -> None:
        """Let go of the file; allowed more than once."""

    def start_at(self, index: int) -> None:
        """Let iteration begin with frame `index`, counted from 0, instead of frame 0.

        Called before iteration. The frames are those of a run from the start, bit for
        bit, and errors and notices count them from the start of the file.

        Raises:
            VideoError: the file says that it ends before, iteration has begun, or the
                reader knows no way but from frame 0.
        """
        if unsigned("frame", index, 64) != self.first:
            raise VideoError(self.path, f"frame {index} cannot be started at: {type(self).__name__} has no start_at()")

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r}, {self.format})"


def check_range(video: Video, frame: Frame, index: int) -> Frame:
    """`frame`, when no sample has more bits than the format says.

    The filters' integer bounds hold for samples of the declared depth only.
    """
    bpc = video.format.bpc
    if 8 < bpc < 16:
        for plane in frame:
            top = int(plane.max(initial=0))
            if top >> bpc:
                raise VideoError(
                    video.path,
                    f"sample {top} has more than the declared {bpc} bits; "
                    "check the bit depth, and that samples are little-endian in the low bits",
                    index,
                )
    return frame
