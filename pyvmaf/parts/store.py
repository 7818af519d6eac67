# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A part as a file: written at once, or frame by frame as a checkpoint.

Records are JSON, but for frames: a head (what is scored, how), columns as they
appear, frames, and an end once the run is complete. Numbers are little-endian.
"""

from __future__ import annotations

import json
import os
import struct
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import VmafValueError
from ..results.run import Run
from ..results.save import replacing
from ..scoring.plan import Plan
from ..video import VideoFormat
from .extracted import Aggregate, Extracted, Series, join
from .part import Part
from .records import RecordFile, State, read_records

FRAMES = struct.Struct("<cIIBI")  # kind, begin, end, whether a halo, number of columns
LONGEST = 1 << 14  # frames of a record, which keeps it below the limit of `records`
SYNC_SECONDS = 1.0


def _json(kind: str, value: Mapping[str, Any]) -> bytes:
    return kind.encode() + json.dumps(value).encode()


class Writer:
    """Appends what becomes known of a part.

    Args:
        path: the file.
        end: where to go on; 0: a new file.
        series: columns that the file has, in their order.
        seen: see `RecordFile`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        end: int = 0,
        series: tuple[Series, ...] = (),
        seen: State | None = None,
    ) -> None:
        self._records = RecordFile(path, end, seen)
        self._series = {one: i for i, one in enumerate(series)}
        self._synced = time.monotonic()

    def head(self, part: Part) -> None:
        """What is scored, how, and of which format; `part.extracted` may be without frames."""
        format = part.extracted.format
        about: dict[str, Any] = {"plan": part.plan.as_dict(), "identity": part.identity, "run": part.run.as_dict()}
        about["format"] = [format.width, format.height, format.chroma, format.bpc]
        self._records.append(_json("H", about))

    def frames(self, piece: Extracted) -> None:
        """Scores of further frames."""
        for one in piece.values:
            if one not in self._series:
                self._series[one] = len(self._series)
                self._records.append(_json("C", one.as_dict()))
        for begin, end, halo in piece.runs():
            for low in range(begin, end, LONGEST):
                self._records.append(self._pack(piece.cut(low, min(end, low + LONGEST)), halo))
        if time.monotonic() - self._synced > SYNC_SECONDS:
            self._records.sync()
            self._synced = time.monotonic()

    def _pack(self, piece: Extracted, halo: bool) -> bytes:
        names = list(piece.values)
        numbers = np.array([self._series[one] for one in names], "<u4")
        values = np.array([piece.values[one] for one in names], "<f8")
        written = np.array([piece.written[one] for one in names], np.uint8)
        head = FRAMES.pack(b"F", piece.begin, piece.end, halo, len(names))
        return head + numbers.tobytes() + values.tobytes() + written.tobytes()

    def warnings(self, lines: Sequence[str]) -> None:
        """What the run was warned of so far."""
        self._records.append(_json("W", {"warnings": list(lines)}))

    def end(self, part: Part) -> None:
        """There are no more frames; the run as it turned out."""
        aggregates = [[one.registration, one.name, one.value] for one in part.extracted.aggregates]
        about = {"notes": part.notes, "run": part.run.as_dict(), "hosts": part.hosts, "aggregates": aggregates}
        self._records.append(_json("E", about))
        self._records.sync()

    def clear(self) -> None:
        """Make it a file without records."""
        self._records.clear()

    def close(self) -> None:
        """Twice is fine."""
        self._records.close()


class Stored:
    """What a file holds: a part, as far as it was written.

    Attributes:
        part: with the frames that are there; None: the file was cut off before the head.
        end: where to go on.
        series: the columns, in the order of the file.
        is_complete: the run came to its end.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        records, self.end = read_records(path)
        self.path = os.fsdecode(path)
        self.series: tuple[Series, ...] = ()
        self.is_complete = False
        self.part: Part | None = None
        self._pieces: list[Extracted] = []
        try:
            for record in records:
                self._take(record)
        except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError, IndexError, struct.error) as error:
            raise VmafValueError(f"{self.path}: its records make no sense: {error}") from None
        if self.part and self._pieces:
            joined = replace(join(self._pieces), aggregates=self.part.extracted.aggregates)
            self.part = replace(self.part, extracted=joined, complete=self.is_complete)

    def _take(self, record: bytes) -> None:
        if record[:1] == b"F":
            self._take_frames(record)
            return
        fields = json.loads(record[1:])
        if record[:1] == b"H":
            width, height, chroma, depth = fields["format"]
            plan = Plan.from_dict(fields["plan"])
            first = plan.frames.first
            nothing = Extracted(VideoFormat(width, height, chroma, depth), first, first, (0, 0), {}, {})
            self.part = Part(plan, dict(fields["identity"]), nothing, Run.from_dict(fields["run"]), complete=False)
        elif record[:1] == b"C":
            self.series += (Series.from_dict(fields),)
        elif record[:1] == b"W" and self.part:
            self.part = replace(self.part, run=replace(self.part.run, warnings=tuple(map(str, fields["warnings"]))))
        elif record[:1] == b"E" and self.part:
            self.is_complete = True
            aggregates = tuple(Aggregate.of(*one) for one in fields["aggregates"])
            self.part = replace(
                self.part,
                run=Run.from_dict(fields["run"]),
                hosts=tuple(fields["hosts"]),
                notes=tuple(fields["notes"]),
                complete=True,
                extracted=replace(self.part.extracted, aggregates=aggregates),
            )

    def _take_frames(self, record: bytes) -> None:
        _, begin, end, halo, count = FRAMES.unpack_from(record)
        if self.part is None or (self._pieces and begin != self._pieces[-1].end) or begin >= end:
            raise ValueError(f"frames {begin} to {end - 1} do not follow what is before them")
        shape, at = (count, end - begin), FRAMES.size
        numbers = np.frombuffer(record, "<u4", count, at)
        values = np.frombuffer(record, "<f8", count * (end - begin), at + numbers.nbytes).reshape(shape)
        written = np.frombuffer(record, np.uint8, count * (end - begin), at + numbers.nbytes + values.nbytes)
        there = written.reshape(shape).astype(bool)
        names = [self.series[i] for i in numbers]
        first = self.part.plan.frames.first
        halos = (end - begin if halo and begin < first else 0, end - begin if halo and begin >= first else 0)
        self._pieces.append(
            Extracted(
                self.part.extracted.format, begin, end, halos,
                {n: values[i].astype(np.float64) for i, n in enumerate(names)},
                {n: there[i] for i, n in enumerate(names)},
            )
        )  # fmt: skip


def save_part(part: Part, path: str | os.PathLike[str]) -> None:
    """Write a whole part; the file appears whole or not at all."""
    with replacing(path) as name:
        writer = Writer(name)
        try:
            writer.head(part)
            writer.frames(part.extracted)
            if part.complete:
                writer.end(part)
        finally:
            writer.close()


def load_part(path: str | os.PathLike[str]) -> Part:
    """The part that a file holds; of an unfinished checkpoint, the frames that it has.

    Raises:
        VmafValueError: the file holds something else, or no frame.
    """
    stored = Stored(path)
    if stored.part is None or stored.part.extracted.stop <= stored.part.extracted.first:
        raise VmafValueError(f"{stored.path}: holds no frame's scores; it was cut off before the first")
    return stored.part


def is_stored(path: str | os.PathLike[str]) -> bool:
    """Whether a file starts as these do."""
    with suppress(OSError), open(path, "rb") as file:
        return file.read(7) == b"pyvmaf "
    return False
