# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Videos as frames in NumPy arrays, from any file, in constant memory.

`open_video` picks the reader. A `Video` is iterated once; a `Pair` reads two in
step and ahead of the caller.
"""

from __future__ import annotations

import os
import stat
from errno import EIO

from .._ffi import encoded
from ..errors import VmafError, VmafTypeError, VmafValueError, error_for
from .base import Frame, Plane, Video, VideoError, VideoFormat
from .pair import Pair, PairError
from .raw import RawVideo
from .y4m import MAGIC, Y4mVideo

__all__ = [
    "Frame",
    "Pair",
    "PairError",
    "Plane",
    "RawVideo",
    "Video",
    "VideoError",
    "VideoFormat",
    "Y4mVideo",
    "open_video",
]


def open_video(path: str | os.PathLike[str], raw: VideoFormat | None = None) -> Video:
    """Open a video by what it is: raw when `raw` says how, y4m, or anything PyAV decodes.

    Pipes and devices carry y4m or raw video.

    Raises:
        VideoError: not a video, or one that cannot be scored.
        VmafOSError: the file cannot be opened.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise VmafTypeError(f"video is {path!r}, must be a path")
    if not encoded(path):
        raise VmafValueError("the path of a video is empty")
    try:
        return _open(path, raw)
    except VmafError:
        raise
    except OSError as error:
        raise error_for(error.errno or EIO, os.fspath(path), error.strerror or str(error)) from None


def _open(path: str | os.PathLike[str], raw: VideoFormat | None) -> Video:
    if raw is not None:
        return RawVideo(path, raw)
    name = os.fspath(path)
    suffix = os.path.splitext(name)[1].lower()
    status = os.stat(path)
    if stat.S_ISREG(status.st_mode) and suffix != ".y4m":
        with open(path, "rb") as file:
            start = file.read(len(MAGIC))
        if start != MAGIC:
            if suffix in (".yuv", ".raw"):
                raise VideoError(name, "raw video; say its width, height, pixel format and bit depth")
            from .av import AvVideo

            return AvVideo(path)
    return Y4mVideo(path)
