# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A video whose frames go through FFmpeg's filters before they are compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import VmafError, VmafValueError
from ..pictures.frames import layout_of, planes_of
from ..video.base import Frame, Video, VideoError, VideoFormat, check_range
from ..video.guard import Guard
from ..video.reader import FileVideo
from .decoded import DecodedVideo
from .errors import PrepareError
from .graph import TIME_BASE, Graph, frame_of
from .pixels import is_grey, is_rgb, pixel_format
from .preparation import Side

#: Frames before the first one that a deinterlacer has to have seen.
LEAD = 2
NOT_OPAQUE = 'prepare={"alpha": "ignore"} compares what is below it; or blend the video with a background first'


class PreparedVideo(FileVideo):
    """One side of a prepared pair: a frame out per frame in.

    Args:
        video: any open video; it is closed with this one.
        side: what is to be done with it.

    Raises:
        VideoError: the video is not what the preparation was made for, or FFmpeg does not take the filters.
    """

    def __init__(self, video: Video, side: Side) -> None:
        _check_input(video, side)
        self.video, self.side = video, side
        self._frames: Iterator[Any] | None = None
        try:
            self._graph: Graph | None = Graph(side.entry, side.size, side.graph)
            self._alpha = _alpha_of(side) if side.opaque else None
        except VmafValueError as error:
            raise VideoError(video.path, str(error)) from None
        super().__init__(video.path, side.output, Guard(video.path, self._let_go))
        said = {name: value for name, value in video.colour.items() if name in ("transfer", "primaries")}
        self.colour = said | {n: v for n, v in (("range", side.range), ("matrix", side.matrix)) if v}
        self.interlaced = video.interlaced and not side.deinterlaced
        self.sample_aspect = side.aspect
        self.stream, self.notices, self.digest = video.stream, video.notices, video.digest
        self.frame_count, self.frame_rate = video.frame_count, video.frame_rate
        self._count_is_sure = getattr(video, "_count_is_sure", True)
        self._inside = 0  # frames that went in and have not come out
        self._ended = False

    def _let_go(self) -> None:
        self._graph = self._alpha = self._frames = None
        self.video.close()

    def _jump(self, index: int) -> int:
        """Start the video at a frame from which `index` comes out as in a run from the start."""
        if type(self.video).start_at is Video.start_at:
            return 0
        start = max(0, index - LEAD) if self.side.deinterlaced else index
        self.video.start_at(start)
        return start

    def _frame(self, index: int) -> Frame | None:
        graph = self._graph
        assert graph is not None  # the guard lets nobody in afterwards
        try:
            while (out := graph.pull()) is None:
                if self._ended:
                    self._check_end(index)
                    return None
                self._push(graph, index + self._inside)
        except (VideoError, PrepareError):
            raise
        except VmafError as error:
            raise VideoError(self.path, str(error), index) from None
        self._inside -= 1
        layout, planes = planes_of(out)
        got = VideoFormat(out.width, out.height, layout.chroma, layout.bpc)
        if got != self.format:
            raise VideoError(self.path, f"the filters give {got} instead of {self.format}", index)
        return check_range(self, planes, index)

    def _push(self, graph: Graph, index: int) -> None:
        """Read a frame and give it to the filters, or tell them that there is no more."""
        if self._frames is None:
            self._frames = iter(self.video)
        given = next(self._frames, None)
        if given is None:
            self._ended = True
            graph.push(None)
            return
        if self._alpha:
            self._check_opaque(self._alpha, given, index)
        frame = self._entering(given)
        frame.pts, frame.time_base = index, TIME_BASE
        self._inside += 1
        graph.push(frame)

    def _entering(self, given: Any) -> Any:
        """A frame in the format that the filters take, without tags: what they say is in the filters' arguments."""
        side = self.side
        if is_grey(side.input):
            luma = (given if isinstance(given, tuple) else planes_of(given)[1])[0]
            neutral = np.full_like(luma, 1 << (layout_of(side.entry).bpc - 1))
            given = (luma, neutral, neutral)
        frame = frame_of(given, side.entry, side.size) if isinstance(given, tuple) else given
        if not is_rgb(side.input):
            frame.colorspace, frame.color_range = 2, 0
        return frame

    def _check_opaque(self, alpha: Graph, frame: Any, index: int) -> None:
        alpha.push(frame)
        layout, (plane,) = planes_of(alpha.pull())
        least, most = int(plane.min()), (1 << layout.bpc) - 1
        if least < most:
            stream = getattr(self.video, "stream_index", None)
            raise PrepareError(self.path, stream, f"frame {index} has alpha {least} of {most}", NOT_OPAQUE)

    def _check_end(self, index: int) -> None:
        if self._inside:
            raise VideoError(self.path, f"the filters kept {self._inside} frames for themselves", index)


#: Formats of which alphaextract does not give the alpha, and what they are made for it.
BEFORE_ALPHA = {
    "pal8": "format=rgba,", "ya8": "format=yuva444p,",
    "ya16le": "format=yuva444p16le,", "ya16be": "format=yuva444p16le,",
}  # fmt: skip


def _alpha_of(side: Side) -> Graph:
    """The alpha plane of each frame."""
    return Graph(side.input, side.size, BEFORE_ALPHA.get(side.input, "") + "alphaextract")


def _check_input(video: Video, side: Side) -> None:
    """Have frames of the side's pixel format, or refuse."""
    format = video.format
    pixel = pixel_format(format.chroma, format.bpc)
    if isinstance(video, DecodedVideo):
        video.gives_frames = True
        pixel = video.pixels.name
    if (format.width, format.height, pixel) != (*side.size, side.input):
        planned = f"{side.size[0]}x{side.size[1]} {side.input}"
        given = f"{format.width}x{format.height} {pixel}"
        raise VideoError(video.path, f"the preparation was made for {planned}, but this is {given}")
