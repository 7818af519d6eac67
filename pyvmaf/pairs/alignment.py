# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Which frame of the distorted video belongs to which of the reference, as a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

#: A half-open range of frame numbers, from 0.
Span = tuple[int, int]


@dataclass(frozen=True)
class Segment:
    """Frames that go on regularly on both sides."""

    ref: Span
    dist: Span
    steps: tuple[int, ...]
    """By how many reference frames each distorted frame after the first is ahead of the one before, repeated."""
    confidence: float
    """0..1: how much worse the frames beside would fit; near 0 where the picture stands still."""

    @property
    def ambiguous(self) -> bool:
        """Whether the pictures do not tell this from a shift by a frame."""
        return self.confidence < 0.6

    def pairs(self) -> Iterator[tuple[int, int]]:
        """(reference, distorted) frame numbers; a distorted frame that repeats the one before is left out.

        >>> list(Segment((10, 14), (3, 8), (1, 1, 1, 0), 1.0).pairs())
        [(10, 3), (11, 4), (12, 5), (13, 6)]
        """
        last = -1
        for ref, dist in self.shown():
            if ref > last:
                yield ref, dist
            last = ref

    def shown(self) -> Iterator[tuple[int, int]]:
        """The same with repeated frames."""
        at = self.ref[0]
        for k in range(self.dist[1] - self.dist[0]):
            at += self.steps[(k - 1) % len(self.steps)] if k else 0
            yield at, self.dist[0] + k


@dataclass(frozen=True)
class Event:
    """A departure from frames that go on one by one."""

    kind: str
    """"drop" (reference frames are missing), "duplicate" (distorted frames repeat one), "freeze" (they
    repeat one while the reference goes on), "insert" and "replace" (they show something else, beside
    or in place of reference frames); at the ends "late" (the first reference frames are missing), "lead"
    (distorted frames come before them), "short" (the last are missing) and "tail" (distorted frames go on)."""
    ref: Span
    """The reference frames that are missing; empty where none are."""
    dist: Span
    """The distorted frames that match none; empty where there are none."""
    within: Span
    """Between which distorted frames it may lie as well, where the picture does not tell."""

    def __str__(self) -> str:
        missing, extra = _frames(self.ref), _frames(self.dist)
        at = f"before distorted frame {self.dist[0]}"
        text = {
            "drop": f"reference {missing} dropped {at}",
            "duplicate": f"distorted {extra} repeated",
            "freeze": f"distorted {extra} frozen, in place of reference {missing}",
            "insert": f"distorted {extra} inserted",
            "replace": f"distorted {extra} foreign, in place of reference {missing}",
            "late": f"reference {missing} missing at the start",
            "lead": f"distorted {extra} before the first reference frame",
            "short": f"reference {missing} missing at the end",
            "tail": f"distorted {extra} after the last reference frame",
        }[self.kind]
        low, high = self.within
        return text + (f" (anywhere from {low} to {high})" if high > low else "")


def _frames(span: Span) -> str:
    first, stop = span
    return f"frame {first}" if stop - first == 1 else f"frames {first} to {stop - 1}"


@dataclass(frozen=True)
class Alignment:
    """A matching of all frames of two videos."""

    ref_count: int
    dist_count: int
    rate: str
    """Reference frames per distorted frame, "1", "2", "4/5"."""
    segments: tuple[Segment, ...]
    events: tuple[Event, ...]
    similarity: float
    """Correlation of the matched pictures: above 0.9 for one content, however distorted."""
    confidence: float
    """0..1, of the segments, by their lengths."""
    curve: tuple[float, float] = (1.0, 0.0)
    """Gain and offset (8-bit luma) that make the distorted luma that of the reference."""

    @property
    def offset(self) -> int | None:
        """The reference frame that the distorted video starts with, negative where others come before it.

        None where nothing matches.
        """
        return self.segments[0].ref[0] - self.segments[0].dist[0] if self.segments else None

    @property
    def identity(self) -> bool:
        """Whether the n-th frame belongs to the n-th, from the first to the last of the shorter one."""
        return self.rate == "1" and not self.offset and all(e.kind in ("short", "tail") for e in self.events)

    @property
    def ambiguous(self) -> bool:
        """Whether the pictures do not tell: stills, black, or nothing that matches."""
        return self.confidence < 0.6

    @property
    def matched(self) -> int:
        """Distorted frames that show a reference frame, repeated ones too."""
        repeated = sum(e.dist[1] - e.dist[0] for e in self.events if e.kind in ("duplicate", "freeze"))
        return repeated + sum(s.dist[1] - s.dist[0] for s in self.segments)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """(reference, distorted) frame numbers that belong together, both rising; others are left out."""
        for segment in self.segments:
            yield from segment.pairs()

    @classmethod
    def in_order(cls, ref_count: int, dist_count: int, similarity: float) -> Alignment:
        """The n-th with the n-th, where pictures do not tell.

        >>> one = Alignment.in_order(9, 7, 0.5)
        >>> one.identity, one.ambiguous, str(one)
        (True, True, 'reference frames 7 to 8 missing at the end; the pictures tell little of it')
        """
        count = min(ref_count, dist_count)
        ends = {"short": ((count, ref_count), (count, count)), "tail": ((count, count), (count, dist_count))}
        events = [Event(kind, *spans, (count, count)) for kind, spans in ends.items() if any(b > a for a, b in spans)]
        segment = Segment((0, count), (0, count), (1,), 0.0)
        return cls(ref_count, dist_count, "1", (segment,), tuple(events), similarity, 0.0)

    def __str__(self) -> str:
        if not self.segments:
            return "no frame of the distorted video matches the reference"
        what = [str(event) for event in self.events[:6]]
        if len(self.events) > 6:
            what.append(f"{len(self.events) - 6} more")
        if self.rate != "1":
            what.insert(0, f"each distorted frame stands for {self.rate} reference frames")
        if not what:
            what = ["frames match one by one"]
        doubt = "; the pictures tell little of it" if self.ambiguous else ""
        return "; ".join(what) + doubt

    def as_dict(self) -> dict[str, Any]:
        """What JSON holds; `from_dict` reads it back."""
        return {**asdict(self), "offset": self.offset, "identity": self.identity, "summary": str(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Alignment:
        """The alignment that `as_dict` wrote.

        >>> one = Alignment(9, 9, "1", (Segment((0, 9), (0, 9), (1,), 1.0),), (), 1.0, 1.0)
        >>> Alignment.from_dict(one.as_dict()) == one, one.identity, str(one)
        (True, True, 'frames match one by one')
        """
        segments = tuple(
            Segment(_span(s["ref"]), _span(s["dist"]), tuple(s["steps"]), s["confidence"]) for s in values["segments"]
        )
        events = tuple(
            Event(e["kind"], _span(e["ref"]), _span(e["dist"]), _span(e["within"])) for e in values["events"]
        )
        gain, offset = values["curve"]
        Fraction(values["rate"])
        return cls(
            values["ref_count"], values["dist_count"], values["rate"], segments, events,
            values["similarity"], values["confidence"], (gain, offset),
        )  # fmt: skip


def _span(values: Any) -> Span:
    first, stop = values
    return int(first), int(stop)
