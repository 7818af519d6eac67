# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`align` of `score`: whether frames are matched by what they show, or only looked at.

The package `pairs` does it; it is imported where it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias, cast, get_args

from ..choices import AlignWord
from ..errors import VmafTypeError, VmafValueError
from ..prepare.settings import Settings
from ..prepare.steps import ELSEWHERE
from ..told import warn

if TYPE_CHECKING:
    from ..pairs.alignment import Alignment
    from ..pairs.check import Watch
    from ..pairs.verdict import Inspection
    from ..prepare.preparation import Preparation
    from ..video import Pair
    from .plan import Plan

#: A word, or a matching.
Align: TypeAlias = "AlignWord | Alignment"
CHOICES = get_args(AlignWord)
#: What an inspection says of pairs of which no frames belong together as they are.
UNMATCHED = ("content", "mirrored", "blended")


class AlignmentError(VmafValueError):
    """Frames of the two videos that have one number do not belong together; the message says what mends it."""


def check_align(align: Align) -> Align:
    """The argument, if it is one.

    Raises:
        VmafValueError: another word.
        VmafTypeError: neither a word nor an `Alignment`.
    """
    if isinstance(align, str):
        if align not in CHOICES:
            raise VmafValueError(f"align is {align!r}, must be one of {', '.join(CHOICES)}, or an Alignment")
        return align
    from ..pairs.alignment import Alignment

    if not isinstance(align, Alignment):
        raise VmafTypeError(f"align is {align!r}, must be one of {', '.join(CHOICES)}, or an Alignment")
    return align


def as_plain(align: Align) -> str | dict[str, Any]:
    """What JSON holds."""
    return align if isinstance(align, str) else align.as_dict()


def from_plain(value: str | Mapping[str, Any]) -> Align:
    """What `as_plain` made."""
    if isinstance(value, str):
        return check_align(cast(AlignWord, value))
    from ..pairs.alignment import Alignment

    return Alignment.from_dict(value)


def matched(align: Align) -> list[tuple[int, int]] | None:
    """The pairs of frames to score; None: the n-th with the n-th."""
    return None if isinstance(align, str) else list(align.pairs())


def inspected(plan: Plan) -> Plan:
    """The plan with what its files show, where that is asked for: which frames belong together, and what mends them.

    It warns of what neither alignment nor preparation mends.

    Raises:
        AlignmentError: no frames of the two belong together.
        VmafTypeError: a side is no path; both are read once more than for scoring.
    """
    if plan.align != "auto":
        return plan
    sides = []
    for name, side in (("ref", plan.ref), ("dist", plan.dist)):
        if not isinstance(side, (str, os.PathLike)) or side == "-":
            raise VmafTypeError(f'{name} is {side!r}; align="auto" reads both files twice, so it takes paths')
        sides.append(side)
    from ..pairs import inspect
    from ..video.url import is_remote, shown

    inspection = inspect(sides[0], sides[1], plan.raw, streams=plan.streams)
    ref, dist = (shown(os.fspath(side)) if is_remote(side) else os.fspath(side) for side in sides)
    for finding in inspection.findings:
        if finding.severity == "refusal" and finding.code in UNMATCHED:
            raise AlignmentError(f"{ref} and {dist}: {finding.text}")
    lines = [f"{dist}: {line}" for line in _left(inspection, plan.prepare)]
    for line in lines:
        warn(line)
    prepare = plan.prepare
    if isinstance(prepare, Settings):
        prepare = prepare.over([f.step for f in inspection.findings if f.severity == "step" and f.step])
    return replace(plan, align=inspection.alignment, prepare=prepare, warnings=tuple(lines))


#: What pairs that are not prepared are refused or told of for, whether they were inspected or not.
TOLD = ("size", "depth", "chroma", "sample_aspect", "rotation", "container_crop")


#: What nothing is done about.
SAID = ("unreadable", "overlay")


def _left(inspection: Inspection, prepare: Settings | Preparation | None) -> Iterator[str]:
    """What was found that neither alignment nor preparation mends, and what does."""
    for finding in inspection.findings:
        step = finding.step or {"do": None}
        do = step["do"]
        if finding.code in SAID:
            yield finding.text
        elif do in ELSEWHERE:
            yield f"{finding.text}; {ELSEWHERE[do]}"
        elif do == "deinterlace" and not _is_settled(inspection, step["side"], prepare):
            yield f'{finding.text}; prepare={{"deinterlace": {{"{step["side"]}": "bwdif"}}}} makes frames of them'
        elif finding.severity == "step" and do != "align" and prepare is None and finding.code not in TOLD:
            yield f'{finding.text}; prepare="auto" mends it'


def _is_settled(inspection: Inspection, side: str, prepare: Settings | Preparation | None) -> bool:
    """Whether it was said what becomes of a side's fields, or will be told of anyway as they are tagged."""
    facts = inspection.ref if side == "ref" else inspection.dist
    said = prepare.deinterlace if isinstance(prepare, Settings) else "off" if prepare else None
    return facts.interlaced or said == "off" or (isinstance(said, tuple) and side in dict(said))


def watcher(align: Align, pair: Pair, *, late: bool) -> Watch | None:
    """What looks at some of the pairs, if that is asked for; `late`: where a run goes on."""
    if align != "check":
        return None
    from ..pairs.check import Watch

    rates = pair.ref.frame_rate, pair.dist.frame_rate
    rate = Fraction(rates[0] / rates[1]).limit_denominator(1001) if rates[0] and rates[1] else Fraction(1)
    return Watch(pair.format.bpc, late=late, rate=rate)
