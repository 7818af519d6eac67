# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Packets in, frames out: each packet is accounted for, and the outcome is the same on every machine."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import Any

# Not the number of processors: how late a decoder tells an error, and which it
# forgets as it is drained, depends on its threads.
THREADS = 4

# Streams with packets that are not shown.
HIDING = ("vp8", "vp7", "mpeg4", "msmpeg4v3")

# Decoders that leave out a damaged frame and go on without a word, though each packet shows one.
SHOWING = ("libdav1d", "av1", "mpeg1video", "mpeg2video")

# Of a frame that the decoder drops without a word.
DAMAGED = "invalid data, of which the decoder makes no frame"


class DecodeError(Exception):
    """A packet that cannot be decoded."""


def reason(error: BaseException) -> str:
    """FFmpeg's words, without numbers and names of functions."""
    return getattr(error, "strerror", None) or str(error)


class Decoder:
    """The frames of a stream, in order of presentation.

    A packet of no bytes stands for the frame before it once more. An error ends
    the stream at the damaged frame, not at whichever frame the decoder is at
    when it finds out: frames still inside come out up to the one that is missing.
    """

    def __init__(self, stream: Any, errors: tuple[type[Exception], ...], packets: Iterable[Any]) -> None:
        self._stream, self._errors, self._source = stream, errors, packets
        self._waiting: list[tuple[int, int, bool]] = []  # time, order of arrival, whether it repeats
        self.last: Any = None
        """The frame that came out last."""
        self._packets = self._given = 0
        self.leading = 0
        """Packets before the first frame that gave none, as at a cut of an open group of pictures."""
        self.dropped = 0
        """Later packets that gave none, while others came."""
        self._interlaced = False
        self._start: int | None = None
        self.span = 0
        """How far the frames go, from the first one or from time 0, in units of the stream."""
        # Frames of FFV1 that are decoded at one time as a damaged one may come out wrong, without a word.
        stream.thread_type = "SLICE" if stream.codec_context.name == "ffv1" else "AUTO"
        stream.codec_context.thread_count = THREADS

    def frames(self) -> Iterator[Any]:
        """
        Raises:
            DecodeError: damage; every frame before it was given.
        """
        failure: Exception | None = None
        try:
            for packet in self._source:
                if not packet.size and packet.pts is None and packet.dts is None:
                    break  # PyAV's mark of the end
                yield from self._decoded(packet)
        except self._errors as error:
            failure = error
        yield from self._drained(failure)
        if failure:
            raise DecodeError(reason(failure)) from failure

    def _note(self, packet: Any) -> None:
        """Wait for a frame of the packet's time."""
        self._packets += 1
        time = packet.pts if packet.pts is not None else packet.dts
        heapq.heappush(self._waiting, (self._packets if time is None else time, self._packets, not packet.size))

    def _decoded(self, packet: Any) -> Iterator[Any]:
        if not packet.is_discard:
            self._note(packet)
        if not packet.size:
            yield from self._repeated()
            return
        for frame in self._out(packet):
            strict = self._strict and self._stream.codec_context.name in SHOWING
            if self._take(frame) and strict:
                raise DecodeError(DAMAGED)
            yield self._shown(frame)
            yield from self._repeated()

    def _out(self, packet: Any) -> list[Any]:
        """What the decoder gives for a packet; None: for the end."""
        return list(self._stream.codec_context.decode(packet))

    @staticmethod
    def _time(frame: Any) -> int | None:
        time: int | None = frame.pts if frame.pts is not None else frame.dts
        return time

    def _take(self, frame: Any) -> int:
        """Strike the frame's packet off; how many since the first frame gave nothing that should be before it."""
        time = self._time(frame)
        if time is not None:
            self._start = time if self._start is None else self._start
            self.span = max(self.span, time - min(self._start, 0) + (getattr(frame, "duration", 0) or 0))
        known = time is not None and any(entry[0] == time and not entry[2] for entry in self._waiting)
        missed = 0
        # What MPEG-1 and MPEG-2 lack behind the first picture belongs before it, whatever a cut did to times.
        first = self._given == 0 or (self._given == 1 and self._stream.codec_context.name.startswith("mpeg"))
        while self._waiting:
            at, _, repeats = heapq.heappop(self._waiting)
            if not repeats and (not known or at == time):
                break
            if first or (self._start is not None and at <= self._start):
                self.leading += not repeats
            else:
                missed += not repeats
        self.dropped += missed
        return missed

    def _shown(self, frame: Any) -> Any:
        self._interlaced = self._interlaced or bool(frame.interlaced_frame)
        self.last = frame
        self._given += 1
        return frame

    def _repeated(self) -> Iterator[Any]:
        """The last frame again, for each packet that says so and whose turn it is."""
        while self.last is not None and self._waiting and self._waiting[0][2]:
            heapq.heappop(self._waiting)
            yield self._shown(self.last)

    @property
    def _strict(self) -> bool:
        """Whether every packet gives a frame, as far as has been seen."""
        hiding = self._stream.codec_context.name in HIDING
        return not hiding and not self.dropped and not self._interlaced

    def _drained(self, failure: Exception | None) -> Iterator[Any]:
        """What is still in the decoder, up to the first frame that is missing."""
        try:
            frames = self._out(None)
        except self._errors:
            frames = []  # PyAV loses what came before the error, at most a frame a thread
        strict = self._strict
        for frame in frames:
            if self._take(frame) and strict:
                raise DecodeError(reason(failure) if failure else DAMAGED) from failure
            yield self._shown(frame)
            yield from self._repeated()
        left = sum(not repeats for _, _, repeats in self._waiting)
        if left and strict and not failure:
            raise DecodeError(DAMAGED)
