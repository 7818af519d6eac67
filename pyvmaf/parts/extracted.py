# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What extractors wrote of a range of frames: taken out of one context, put into another.

It is less than the result, and decides it: what settles from neighbours, whole-run
values, models' scores and logs are made anew by the context that has all frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._ffi import CData, call, ffi, lib, text, unsigned
from ..engine.context import VmafContext
from ..video import VideoFormat

END = (1 << 32) - 1


def _as_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no name")
    return value


@dataclass(frozen=True)
class Series:
    """One column's name and place; the scores of it are in :class:`Extracted`.

    Attributes:
        name: as published, or as the extractor keeps it.
        registration: whose, in the order of registration.
        kept: it is not published.
        settled: written as frames settled, by an extractor that is called in order.
    """

    name: str
    registration: int
    kept: bool
    settled: bool

    def as_dict(self) -> dict[str, object]:
        """All of it by name."""
        return {
            "name": self.name,
            "registration": self.registration,
            "kept": self.kept,
            "settled": self.settled,
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Series:
        """What `as_dict` wrote.

        Raises:
            VmafValueError: a number out of range; other errors tell of what is something else.
        """
        name, registration = found["name"], unsigned("registration", found["registration"])
        return cls(_as_text(name), registration, bool(found["kept"]), bool(found["settled"]))


@dataclass(frozen=True)
class Aggregate:
    """A whole-run value of an extractor that is called in order."""

    registration: int
    name: str
    value: float

    @classmethod
    def of(cls, registration: object, name: object, value: Any) -> Aggregate:
        """What a file has, checked as :meth:`Series.from_dict` does."""
        return cls(unsigned("registration", registration), _as_text(name), float(value))


@dataclass(frozen=True, eq=False)
class Extracted:
    """Scores of the frames `begin` to `end`, of which `halo` at each end are not scored themselves.

    Attributes:
        format: of the pictures.
        begin: the first frame.
        end: one past the last.
        halo: how many frames at the start and at the end are not scored.
        values: of every series, float64 of shape (end - begin,), NaN where there is none.
        written: whether there is one, bool of the same shape.
        aggregates: whole-run values that cannot be made anew.
    """

    format: VideoFormat
    begin: int
    end: int
    halo: tuple[int, int]
    values: Mapping[Series, NDArray[np.float64]]
    written: Mapping[Series, NDArray[np.bool_]]
    aggregates: tuple[Aggregate, ...] = ()

    @property
    def first(self) -> int:
        """The first scored frame."""
        return self.begin + self.halo[0]

    @property
    def stop(self) -> int:
        """One past the last scored frame."""
        return self.end - self.halo[1]

    def cut(self, begin: int, end: int) -> Extracted:
        """The frames `begin` to `end` of it."""
        low, high = begin - self.begin, end - self.begin
        return replace(
            self,
            begin=begin,
            end=end,
            halo=(max(0, self.first - begin), max(0, end - self.stop)),
            values={s: v[low:high] for s, v in self.values.items()},
            written={s: w[low:high] for s, w in self.written.items()},
        )

    def runs(self) -> Iterator[tuple[int, int, bool]]:
        """Frames that are alike: (begin, end, whether they are a halo)."""
        for begin, end, halo in (
            (self.begin, self.first, True),
            (self.first, self.stop, False),
            (self.stop, self.end, True),
        ):
            if end > begin:
                yield begin, end, halo


def join(pieces: Sequence[Extracted]) -> Extracted:
    """Successive pieces as one. They must fit: no gap, no overlap, halos at the ends only."""
    first, last = pieces[0], pieces[-1]
    halo = (sum(p.halo[0] for p in pieces), sum(p.halo[1] for p in pieces))
    names = list(dict.fromkeys(s for piece in pieces for s in piece.values))
    values: dict[Series, NDArray[np.float64]] = {}
    written: dict[Series, NDArray[np.bool_]] = {}
    for s in names:
        absent = [np.zeros(p.end - p.begin, bool) for p in pieces]
        written[s] = np.concatenate([p.written.get(s, no) for p, no in zip(pieces, absent, strict=True)])
        nothing = [np.full(p.end - p.begin, np.nan) for p in pieces]
        values[s] = np.concatenate([p.values.get(s, no) for p, no in zip(pieces, nothing, strict=True)])
    return Extracted(first.format, first.begin, last.end, halo, values, written, last.aggregates)


def _columns(c: CData) -> Iterator[CData]:
    position, column = 0, ffi.new("PyvmafColumn *")
    while lib.pyvmaf_column_at(c, position, column) == 0:
        yield column
        position += 1


def _aggregates(c: CData, ordered: set[int]) -> Iterator[Aggregate]:
    position = 0
    name, value, registration = ffi.new("const char **"), ffi.new("double *"), ffi.new("unsigned *")
    while lib.pyvmaf_aggregate_at(c, position, name, value, registration) == 0:
        if registration[0] in ordered:
            yield Aggregate(registration[0], text(name[0]) or "", value[0])
        position += 1


def take_out(
    context: VmafContext, format: VideoFormat, begin: int, end: int, halo: tuple[int, int] = (0, 0)
) -> Extracted:
    """What extractors wrote of the frames `begin` to `end`; columns without a score there are left out."""
    values: dict[Series, NDArray[np.float64]] = {}
    written: dict[Series, NDArray[np.bool_]] = {}
    ordered: set[int] = set()
    with context._entered() as c:
        for column in _columns(c):
            if column.ordered:
                ordered.add(column.registration)
            for settled in (False, True)[: 1 + column.ordered]:
                found, is_there = np.empty(end - begin), np.empty(end - begin, np.uint8)
                where = (
                    ffi.cast("double *", found.ctypes.data),
                    ffi.cast("unsigned char *", is_there.ctypes.data),
                )
                call.pyvmaf_column_scores(c, column, settled, begin, end, *where)
                if is_there.any():
                    series = Series(text(column.name) or "", column.registration, bool(column.kept), settled)
                    values[series], written[series] = found, is_there.astype(bool)
        aggregates = tuple(_aggregates(c, ordered))
    return Extracted(format, begin, end, halo, values, written, aggregates)


def put_in(context: VmafContext, extracted: Extracted, *, replays: bool) -> None:
    """Give a context the scores in place of the pictures.

    With `replays` pictures will follow, and extractors that are called in order see all
    frames again; without, what they settled is taken over too.

    Raises:
        VmafValueError: pictures were read, or frames are out of order.
    """
    with context._entered() as c:
        for begin, end, halo in extracted.runs():
            piece = extracted.cut(begin, end)
            keep: list[Any] = []
            columns = ffi.new("PyvmafRestoredColumn[]", [_column(piece, s, keep) for s in piece.values])
            format = extracted.format
            restored = ffi.new(
                "PyvmafRestored *",
                {
                    "pix_fmt": int(format.pix_fmt), "bpc": format.bpc, "w": format.width, "h": format.height,
                    "begin": begin, "end": end, "halo": halo, "replays": replays,
                    "column": columns, "column_cnt": len(columns),
                },
            )  # fmt: skip
            call.pyvmaf_restore(c, restored)
        if not replays:
            for one in extracted.aggregates:
                call.pyvmaf_restore_aggregate(c, one.registration, one.name, one.value)


def _column(piece: Extracted, series: Series, keep: list[Any]) -> dict[str, object]:
    name = ffi.new("char[]", series.name.encode("utf-8", "surrogateescape"))
    value = np.ascontiguousarray(piece.values[series])
    written = np.ascontiguousarray(piece.written[series], np.uint8)
    keep += [name, value, written]
    return {
        "column": {"name": name, "registration": series.registration, "kept": series.kept},
        "settled": series.settled,
        "value": ffi.cast("double *", value.ctypes.data),
        "written": ffi.cast("unsigned char *", written.ctypes.data),
    }
