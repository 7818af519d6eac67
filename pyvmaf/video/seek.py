# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Decoding from the middle: the frames of a run from the start, and their numbers.

Frames are counted by their packets, from the first one on, which costs no
decoding; timestamps only put them in order. Decoding begins one restart before
the one that leads to the wanted frame. Each frame must then be the one that
comes next by the packets: at any doubt the caller decodes from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeAlias

from .decode import Damage, Decoder
from .restart import Restarts

#: So many frames are decoded and dropped in less time than it takes to look for a restart.
WORTH = 16
#: Bytes of packets that are held while the next restart is looked for.
HELD = 1 << 28
#: Packets without a restart at the start of a stream, after which the search is given up.
LOST = 600
# Side data of a packet that change how those after it are decoded.
CHANGES = ("new_extradata", "param_change")


# From the number of a packet, and how many were read, to how many are left behind, and those that follow.
Leap: TypeAlias = Callable[[int, int], tuple[int, Iterator[Any]] | None]


class Doubt(Exception):
    """A frame is not the one that should come next."""


@dataclass
class Group:
    """A restart and the packets behind it, up to the next one."""

    time: int
    number: int
    """Frames that are shown before the restart's."""
    packets: list[Any] = field(default_factory=list)
    size: int = 0


@dataclass
class Beginning:
    """Where decoding begins."""

    number: int
    time: int
    early: int
    """Frames of the stream that are shown before the first one that comes out, and never come out."""
    rules: Restarts
    primer: Any
    """The first restart of the stream: decoders learn from it what is said only once."""
    packets: Iterable[Any]
    """From the restart's to the last one of the stream."""


class Finder:
    """Counts packets up to the place of a frame, and remembers the last two restarts.

    Args:
        rules: what a restart is.
        first_time: of the first frame that comes out; earlier ones never do.
        second_time: of the next one.
    """

    def __init__(self, rules: Restarts, first_time: int, second_time: int) -> None:
        self._rules, self._first_time, self._second_time = rules, first_time, second_time
        self._head: list[int] = []  # times up to that of the second frame
        self._groups: list[Group] = []
        self._primer: Any = None
        self._parameters: tuple[bytes, ...] = ()
        self._count = self._early = 0
        self._leapt = False
        self._highest = first_time - 1
        self._recent: tuple[set[int], set[int]] = (set(), set())

    def find(self, packets: Iterator[Any], index: int, leap: Leap = lambda index, read: None) -> Beginning | None:
        """The beginning for frame `index`.

        Args:
            packets: of the stream, from the first one on.
            index: the wanted frame.
            leap: goes to a packet well before one of that number, if it can; asked behind the first group.

        Returns:
            None: begin at the start, as packets leave a doubt or the frame is near.
        """
        for packet in packets:
            if not packet.size and packet.pts is None and packet.dts is None:
                break  # PyAV's mark of the end
            if not self._take(packet):
                return None
            if self._count > index:
                return self._beginning(packets)
            if self._groups and not self._leapt:
                self._leapt = True
                landed = leap(index + self._early, self._count + self._early)
                if landed:
                    return self._land(*landed, index)
        return self._beginning(())  # the frame is behind the end

    def _land(self, passed: int, packets: Iterator[Any], index: int) -> Beginning | None:
        """Go on behind `passed` packets, some of which were not read."""
        if passed < self._count + self._early:
            return None  # what is shown too early would count twice
        self._count = passed - self._early
        self._groups, self._recent, self._highest = [], (set(), set()), self._first_time - 1
        return self.find(packets, index)

    def _beginning(self, rest: Iterable[Any]) -> Beginning | None:
        if len(self._groups) < 2 or sorted(self._head) != [self._first_time, self._second_time]:
            return None
        begin, last = self._groups
        later = checked(rest, begin.time)
        return Beginning(
            begin.number, begin.time, self._early, self._rules, self._primer, chain(begin.packets, last.packets, later)
        )

    def _take(self, packet: Any) -> bool:
        """Count a packet; False when frames cannot be counted by it."""
        data = bytes(packet)
        starts = bool(data) and packet.is_keyframe and self._rules.begins(data)
        if self._primer is None and not self._opens(packet, starts):
            return self._primer is None and self._early < LOST
        if packet.is_corrupt or any(packet.has_sidedata(kind) for kind in CHANGES):
            return False
        if data and (self._rules.hides(data) or self._rules.ends(data) or not self._same_parameters(data)):
            return False
        if not packet.is_discard and not self._place(packet.pts, starts):
            return False
        if self._groups:
            group = self._groups[-1]
            group.packets.append(packet)
            group.size += packet.size
            return group.size <= HELD
        return True

    def _opens(self, packet: Any, starts: bool) -> bool:
        """Whether the packet is the first restart: nothing comes out of those before it, as at a cut."""
        if not starts:
            self._early += not packet.is_discard
            return False
        self._primer = packet
        self._parameters = self._rules.parameters(bytes(packet))
        return packet.is_discard or (packet.pts is not None and packet.pts <= self._first_time)

    def _same_parameters(self, data: bytes) -> bool:
        """Whether the packet sets nothing, or just what the first restart does."""
        return self._rules.parameters(data) in ((), self._parameters)

    def _place(self, time: int | None, starts: bool) -> bool:
        """Count a frame of that time; False where its place is not certain."""
        if time is None:
            return False
        if time < self._first_time:
            self._early += 1
            return True
        if time <= self._second_time and not self._leapt:
            self._head.append(time)
        if time in self._recent[0] or time in self._recent[1]:
            return False  # two fields, perhaps
        if starts and time > self._highest:
            self._recent = (self._recent[1], set())
            if self._count >= WORTH:
                self._groups = [*self._groups[-1:], Group(time, self._count)]
        elif self._groups and time < self._groups[-1].time:
            # Shown before the restart that it follows; not before an earlier one.
            if len(self._groups) > 1 and time < self._groups[0].time:
                return False
            self._groups[-1].number += 1
        self._recent[1].add(time)
        self._highest = max(self._highest, time)
        self._count += 1
        return True


def checked(packets: Iterable[Any], time: int) -> Iterator[Any]:
    """Packets, all of which belong behind `time`."""
    for packet in packets:
        counts = not packet.is_discard and (packet.size or packet.dts is not None)
        if counts and (packet.pts is None or packet.pts < time):
            raise Doubt("a packet is out of its group")
        yield packet


class Resumed(Decoder):
    """A decoder that begins at a restart. What a run from the start would do otherwise raises `Doubt`."""

    def __init__(self, stream: Any, errors: tuple[type[Exception], ...], beginning: Beginning, first_time: int) -> None:
        super().__init__(stream, errors, beginning.packets, careful=beginning.rules.misses)
        self._beginning, self._holds = beginning, True
        self.leading, self._start = beginning.early, first_time

    def frames(self) -> Iterator[Any]:
        """
        Raises:
            Doubt: the next frame is not the one that the packets promise.
            DecodeError, Damage: likewise, perhaps: a run from the start may not meet it.
        """
        context = self._stream.codec_context
        try:
            context.decode(self._beginning.primer)
            context.flush_buffers()
        except self._errors as error:
            raise Doubt(str(error)) from error
        yield from super().frames()

    def _note(self, packet: Any) -> None:
        if packet.pts >= self._beginning.time:
            super()._note(packet)

    def _out(self, packet: Any) -> list[Any]:
        frames = super()._out(packet)
        if any(frame.pts is None for frame in frames):
            raise Doubt("a frame has no time")
        # Frames before the restart's belong to the group before, whose pictures are missing here.
        return [frame for frame in frames if frame.pts >= self._beginning.time]

    def _take(self, frame: Any) -> int:
        promised = self._waiting[0][0] if self._waiting else None
        unsure = frame.interlaced_frame and self._beginning.rules.splits_fields
        if frame.is_corrupt:
            raise Damage
        if frame.pts != promised or unsure or (self.last is None and not frame.key_frame):
            raise Doubt("a frame is not the next one")
        return super()._take(frame)
