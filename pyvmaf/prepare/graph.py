# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A chain of FFmpeg's filters: frames in, frames out.

The filters are those that preparation writes and no others: some of FFmpeg's read and write files,
and a chain may come out of a result that somebody else sent.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import VmafNotSupportedError, VmafValueError
from ..video.base import Frame
from ..video.decode import reason

FILTERS = {"scale", "zscale", "colorspace", "format", "crop", "transpose", "hflip", "vflip", "bwdif", "yadif",
           "alphaextract", "extractplanes"}  # fmt: skip
TIME_BASE = Fraction(1, 25)  # of no meaning: frames are counted, not timed


def has_filter(name: str) -> bool:
    """Whether PyAV's FFmpeg was built with a filter."""
    import av.filter

    return name in av.filter.filters_available


class Graph:
    """A configured chain.

    Args:
        pixel: FFmpeg's name of the pixel format that comes in.
        size: width and height of it.
        chain: filters with their arguments, separated by commas.

    Raises:
        VmafValueError: a filter is none of ours, or FFmpeg does not take it.
        VmafNotSupportedError: PyAV is not installed.
    """

    def __init__(self, pixel: str, size: tuple[int, int], chain: str) -> None:
        try:
            import av
            import av.filter
        except ImportError:
            raise VmafNotSupportedError("preparation needs PyAV's filters: install the extra `video`") from None
        self._errors = (av.error.FFmpegError, ValueError)
        self._again = (av.error.BlockingIOError, av.error.EOFError)
        self._chain = chain
        parts = [one.partition("=") for one in chain.split(",")]
        for name, _, _ in parts:
            if name not in FILTERS:
                raise VmafValueError(f"filter {name!r} is none that prepares: {', '.join(sorted(FILTERS))}")
        # One thread: the pairs are read ahead anyway, and a graph per side would add threads per processor.
        graph: Any = av.filter.Graph()
        if hasattr(graph, "threads"):
            graph.threads = 1
        source = f"video_size={size[0]}x{size[1]}:pix_fmt={pixel}:time_base={TIME_BASE}:pixel_aspect=1/1"
        try:
            nodes = [graph.add("buffer", source), *(graph.add(name, options or None) for name, _, options in parts)]
            nodes.append(graph.add("buffersink"))
            for before, after in pairwise(nodes):
                before.link_to(after)
            graph.configure()
        except self._errors as error:
            raise VmafValueError(f"FFmpeg does not take the filters {chain!r}: {reason(error)}") from None
        self._source, self._sink, self._graph = nodes[0], nodes[-1], graph

    def push(self, frame: Any) -> None:
        """Give the next frame, or None after the last.

        Raises:
            VmafValueError: FFmpeg fails.
        """
        try:
            self._source.push(frame)
        except self._errors as error:
            raise VmafValueError(f"the filters {self._chain!r} fail: {reason(error)}") from None

    def pull(self) -> Any:
        """The next frame that is ready, or None.

        Raises:
            VmafValueError: FFmpeg fails.
        """
        try:
            return self._sink.pull()
        except self._again:
            return None
        except self._errors as error:
            raise VmafValueError(f"the filters {self._chain!r} fail: {reason(error)}") from None


def frame_of(planes: Frame, pixel: str, size: tuple[int, int]) -> Any:
    """An ``av.VideoFrame`` with copies of planes; chroma that was rounded down is continued to the edge."""
    import av

    frame: Any = av.VideoFrame(*size, pixel)
    for plane, samples in zip(frame.planes, planes, strict=True):
        length = plane.line_size // samples.dtype.itemsize
        rows = np.frombuffer(plane, samples.dtype)[: length * plane.height].reshape(plane.height, length)
        height, width = samples.shape
        rows[:height, :width] = samples
        rows[height:, :width] = samples[-1:]
        rows[:, width : plane.width] = rows[:, width - 1 : width]
    return frame
