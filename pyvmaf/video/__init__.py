# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Videos as frames in NumPy arrays, from any file, in constant memory.

`open_video` picks the reader. A `Video` is iterated once; a `Pair` reads two in
step and ahead of the caller.
"""

from __future__ import annotations

import io
import os
import reprlib
from collections.abc import Callable
from errno import EIO

from .._ffi import encoded
from ..errors import VmafError, VmafTypeError, VmafValueError, error_for
from .av import AvVideo
from .base import Frame, Plane, Video, VideoError, VideoFormat
from .container import RAW_NAMES
from .file import ByteFile, Source
from .pair import Pair, PairError
from .raw import RawVideo
from .sniff import START, names_itself
from .url import is_remote
from .y4m import MAGIC, Y4mVideo

__all__ = [
    "AvVideo",
    "Frame",
    "Pair",
    "PairError",
    "Plane",
    "RawVideo",
    "Source",
    "Video",
    "VideoError",
    "VideoFormat",
    "Y4mVideo",
    "open_video",
]


def open_video(
    source: Source,
    raw: VideoFormat | None = None,
    *,
    stream: int | None = None,
    decoder: Callable[[Source | ByteFile, int | None], Video] = AvVideo,
) -> Video:
    """Open a video by what it holds: y4m, anything PyAV decodes, or raw video, which `raw` describes.

    A file that names its own format keeps it, whatever `raw` says and whatever the
    file is called. A name is a file's name; only `scheme://...` asks FFmpeg for the network.

    Args:
        source: a path, a URL, "-" for standard input, a file's bytes, or a binary file
            object, which is read from where it stands and stays open.
        raw: what a file without a format of its own holds.
        stream: number of the video stream in the file, as ffprobe counts; None: what
            FFmpeg thinks best, never a cover picture.
        decoder: what reads everything but y4m and raw video, from a source and a stream.

    Raises:
        VideoError: not a video, or one that cannot be scored.
        VmafOSError: the file cannot be opened.
        VmafTypeError: `source` is neither a path nor a binary file object.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        source = io.BytesIO(source)
    if not isinstance(source, (str, os.PathLike)) and not hasattr(source, "read"):
        raise VmafTypeError(f"video is {reprlib.repr(source)}, must be a path, bytes or a binary file object")
    if not hasattr(source, "read") and not encoded(source):
        raise VmafValueError("the path of a video is empty")
    try:
        if is_remote(source):
            return decoder(source, stream)
        file = ByteFile(source)
        try:
            own = _own_format(file, raw, stream)
            video = decoder(file, stream) if own is None else own
            video.digest = file.digest()
            return video
        except BaseException:
            file.close()
            raise
    except VmafError:
        raise
    except OSError as error:
        raise error_for(error.errno or EIO, str(source), error.strerror or str(error)) from None


def _own_format(file: ByteFile, raw: VideoFormat | None, stream: int | None) -> Video | None:
    """A file that pyvmaf reads itself; None for those that FFmpeg decodes."""
    start = file.peek(START)
    if not start:
        raise VideoError(file.path, "the file is empty")
    name = file.path.lower()
    if start.startswith(MAGIC) or (raw is None and name.endswith(".y4m")):
        return _without_streams(Y4mVideo(file), stream)
    if raw is not None and not names_itself(start):
        return _without_streams(RawVideo(file, raw), stream)
    if name.endswith(RAW_NAMES) and not names_itself(start):
        raise VideoError(file.path, "raw video; say its width, height, pixel format and bit depth")
    return None


def _without_streams(video: Video, stream: int | None) -> Video:
    if stream:
        video.close()
        raise VideoError(video.path, f"stream {stream} was asked for, but the file is one stream, 0")
    return video
