# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Packets in, frames out: each packet is accounted for, and the outcome is the same on every machine."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from .restart import Hevc, Restarts, restarts_of

# Not the number of processors: how late a decoder tells an error, and which it
# forgets as it is drained, depends on its threads.
THREADS = 4

# Codecs whose decoders leave out what is damaged without a word, so that what lies there hangs on threads.
SILENT = ("vp8", "vp7", "magicyuv")
# Those that decode parts of a frame at one time, never frames: a damaged frame of FFV1 is concealed by the one before.
BY_SLICES = ("ffv1",)
# Decoders of their own memory, or that tell of all damage.
OWN_MEMORY = ("libdav1d", "libaom-av1", "rawvideo")
# AV_CODEC_CAP_FRAME_THREADS and AV_CODEC_CAP_SLICE_THREADS
MANY_THREADS = 1 << 12 | 1 << 13

# Streams with packets that are not shown.
HIDING = ("vp8", "vp7", "mpeg4", "msmpeg4v3")

# Decoders that leave out a damaged frame and go on without a word, though each packet shows one.
SHOWING = ("libdav1d", "av1", "mpeg1video", "mpeg2video", "hevc")

# Of a frame that the decoder drops without a word.
DAMAGED = "invalid data, of which the decoder makes no frame"


class DecodeError(Exception):
    """A packet that cannot be decoded."""


class Damage(Exception):
    """There is damage, and what is made of it hangs on threads: it takes a careful decoder, from the start."""


def reason(error: BaseException) -> str:
    """FFmpeg's words, without numbers and names of functions."""
    return getattr(error, "strerror", None) or str(error)


class Decoder:
    """The frames of a stream, in order of presentation.

    A packet of no bytes stands for the frame before it once more. An error ends
    the stream at the damaged frame, not at whichever frame the decoder is at
    when it finds out: frames still inside come out up to the one that is missing.

    Where a decoder conceals damage, it does so with what it has of the frames before,
    which hangs on how far other threads are. So threads only look for damage, and a
    careful decoder, without them, conceals it.

    Args:
        stream: of a container of PyAV; its decoder was not used yet.
        errors: what PyAV raises.
        packets: of the stream.
        careful: decode frame by frame, on one thread.
    """

    def __init__(
        self, stream: Any, errors: tuple[type[Exception], ...], packets: Iterable[Any], *, careful: bool = False
    ) -> None:
        self._stream, self._errors, self._source = stream, errors, packets
        self._waiting: list[tuple[int, int, bool]] = []  # time, order of arrival, whether it repeats
        self.last: Any = None
        """The frame that the decoder gave last."""
        self.handed: Any = None
        """The one that came out last."""
        self._packets = self._given = self._arrival = 0
        self.leading = 0
        """Packets before the first frame that gave none, as at a cut of an open group of pictures."""
        self.dropped = 0
        """Later packets that gave none, while others came."""
        self._interlaced = False
        self._start: int | None = None
        self.span = 0
        """How far the frames go, from the first one or from time 0, in units of the stream."""
        context = stream.codec_context
        self._rules = restarts_of(context.name, context.extradata) or Restarts()
        self._ended = False  # a sequence, within the stream
        self._skipped: set[int] = set()  # packets behind that end of which nothing need come, by their order
        at_once = bool(context.codec.capabilities & MANY_THREADS) and context.name not in BY_SLICES
        self._looks = not careful and context.name not in (*SILENT, *BY_SLICES)
        """Whether it looks for damage, of which another decoder is to make what can be made."""
        self._holds = self._looks
        """Whether frames wait for those whose packets came before theirs, which may turn out to be damaged."""
        self.leaves_holes = not self._looks and context.name not in OWN_MEMORY
        """Whether damage may show what was in the memory before, so that frames must not be held while others come."""
        if self._looks:
            context.options = {**context.options, "err_detect": "explode"}
        stream.thread_type = "SLICE" if context.name in BY_SLICES else "AUTO"
        context.thread_count = THREADS if self._looks or not at_once else 1

    def frames(self) -> Iterator[Any]:
        """
        Raises:
            DecodeError: damage; every frame before it was given.
            Damage: likewise, perhaps; the frames that were given are right.
        """
        held: deque[tuple[int, Any]] = deque()
        try:
            for frame in self._found():
                held.append((self._arrival, frame))
                while held and not (self._holds and self._may_refer(held[0][0])):
                    yield self._handed(held.popleft()[1])
        except DecodeError:
            yield from (self._handed(frame) for _, frame in held)
            raise
        yield from (self._handed(frame) for _, frame in held)

    def _may_refer(self, arrival: int) -> bool:
        """Whether a frame's packet came after one of a frame that is not out yet, which may be damaged."""
        return any(before < arrival for _, before, _ in self._waiting)

    def _handed(self, frame: Any) -> Any:
        self.handed = frame
        return frame

    def _found(self) -> Iterator[Any]:
        """Frames as the decoder gives them."""
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
        if packet.size:
            data = bytes(packet)
            self._ended = self._ended or self._rules.ends(data)
            if self._ended and self._rules.lacks(data):
                self._skipped.add(self._packets)
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
        try:
            return list(self._stream.codec_context.decode(packet))
        except self._errors as error:
            if self._looks:
                raise Damage from error
            raise

    @staticmethod
    def _time(frame: Any) -> int | None:
        time: int | None = frame.pts if frame.pts is not None else frame.dts
        return time

    def _take(self, frame: Any) -> int:
        """Strike the frame's packet off; how many since the first frame gave nothing that should be before it."""
        if self._looks and frame.is_corrupt:
            raise Damage
        time = self._time(frame)
        if time is not None:
            self._start = time if self._start is None else self._start
            self.span = max(self.span, time - min(self._start, 0) + (getattr(frame, "duration", 0) or 0))
        known = time is not None and any(entry[0] == time and not entry[2] for entry in self._waiting)
        missed = 0
        # What these lack behind the first picture belongs before it, whatever a cut did to times.
        late = self._stream.codec_context.name.startswith(("mpeg", "hevc"))
        first = self._given == 0 or (self._given == 1 and late)
        while self._waiting:
            at, self._arrival, repeats = heapq.heappop(self._waiting)
            if not repeats and (not known or at == time):
                break
            if first or (self._start is not None and at <= self._start):
                self.leading += not repeats
            else:
                missed += not repeats and self._arrival not in self._skipped
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
            self._arrival = heapq.heappop(self._waiting)[1]
            yield self._shown(self.last)

    @property
    def _strict(self) -> bool:
        """Whether every packet gives a frame, as far as has been seen."""
        hiding = self._stream.codec_context.name in HIDING
        in_fields = self._interlaced and not isinstance(self._rules, Hevc)
        return not hiding and not self.dropped and not in_fields

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
        left = sum(not repeats and arrival not in self._skipped for _, arrival, repeats in self._waiting)
        if left and strict and not failure:
            raise DecodeError(DAMAGED)
