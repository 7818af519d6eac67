# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Findings that follow from the matching of frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from .align import SAME
from .alignment import Alignment, Event
from .facts import Facts
from .fields import PULLDOWN
from .verdict import Finding

ALIGN = {"do": "align"}
#: So many events are listed as evidence.
LISTED = 200


def timing_findings(ref: Facts, dist: Facts, alignment: Alignment, woven: Sequence[int]) -> Iterator[Finding]:
    """Offset, rate, and what happened in between; that `woven` frames match none is no news."""
    by_kind: dict[str, list[Event]] = {}
    known = set(woven)
    for event in alignment.events:
        if known and _of_weaving(event, known):
            continue
        by_kind.setdefault(event.kind, []).append(event)
    yield from _offset(alignment, by_kind)
    yield from _rate(ref, dist, alignment, bool(known))
    for kind in ("drop", "duplicate", "freeze", "insert", "replace"):
        events = by_kind.get(kind, [])
        if events:
            text = "; ".join(str(event) for event in events[:4])
            more = f"; {len(events) - 4} more" if len(events) > 4 else ""
            yield Finding(kind, "step", text + more, {"events": [_listed(e) for e in events[:LISTED]]}, ALIGN)
    for kind in ("short", "tail"):
        for event in by_kind.get(kind, []):
            yield Finding(kind, "note", str(event), _listed(event))
    if alignment.ambiguous:
        yield Finding(
            "ambiguous", "note", "the pictures hardly move; which frames belong together is taken from their order",
            {"confidence": alignment.confidence},
        )  # fmt: skip


def _of_weaving(event: Event, woven: set[int]) -> bool:
    """A woven frame matches two or none; which of them is chance."""
    if event.kind in ("insert", "replace"):
        return woven.issuperset(range(*event.dist))
    return event.kind in ("drop", "duplicate") and event.ref[1] - event.ref[0] + event.dist[1] - event.dist[0] < 2


def _listed(event: Event) -> dict[str, list[int]]:
    return {"ref": list(event.ref), "dist": list(event.dist), "within": list(event.within)}


def _offset(alignment: Alignment, by_kind: dict[str, list[Event]]) -> Iterator[Finding]:
    at_start = by_kind.get("late", []) + by_kind.get("lead", [])
    if at_start:
        yield Finding(
            "offset", "step", "; ".join(str(event) for event in at_start),
            {"offset": alignment.offset, "confidence": alignment.segments[0].confidence}, ALIGN,
        )  # fmt: skip


def _rate(ref: Facts, dist: Facts, alignment: Alignment, woven: bool) -> Iterator[Finding]:
    clocks = (ref.rate / dist.rate) if ref.rate and dist.rate else None
    evidence = {"ref": ref.frame_rate, "dist": dist.frame_rate, "rate": alignment.rate}
    found = Fraction(alignment.rate)
    explained = woven and clocks in PULLDOWN
    if found != 1:
        what = f"{_rate_text(ref)} and {_rate_text(dist)} (distorted)"
        how = f"only every {found}th reference frame is there" if found > 1 else "frames are repeated"
        if found == 2:
            how = "only every other reference frame is there"
        elif found > 1:
            how = f"of {found.numerator} reference frames {found.denominator} are there"
        yield Finding("rate", "step", f"frame rates differ, {what}: {how}", evidence, ALIGN)
    elif clocks and clocks != 1 and min(alignment.ref_count, alignment.dist_count) > 1 and not explained:
        small = abs(float(clocks) - 1) < SAME
        text = "the same frames" if alignment.identity else "no frames repeated or left out by a rule"
        yield Finding(
            "rate_tag", "note" if small else "warning",
            f"frame rates are {_rate_text(ref)} and {_rate_text(dist)} (distorted), but these are {text}", evidence,
        )  # fmt: skip


def _rate_text(facts: Facts) -> str:
    return f"{float(facts.rate):.5g}" if facts.rate else "unknown"
