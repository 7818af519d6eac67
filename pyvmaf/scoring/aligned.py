# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`align` of `score`: whether frames are matched by what they show, or only looked at.

The package `pairs` does it; it is imported where it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import VmafTypeError, VmafValueError

if TYPE_CHECKING:
    from ..pairs.alignment import Alignment
    from ..pairs.check import Check
    from .plan import Plan

#: "check": look at the first frames; "auto": match all frames first; "off": neither. Or a matching.
Align: TypeAlias = "str | Alignment"
CHOICES = ("check", "auto", "off")
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
        return check_align(value)
    from ..pairs.alignment import Alignment

    return Alignment.from_dict(value)


def matched(align: Align) -> list[tuple[int, int]] | None:
    """The pairs of frames to score; None: the n-th with the n-th."""
    return None if isinstance(align, str) else list(align.pairs())


def found(plan: Plan) -> Align:
    """What the files of the plan show, where that is asked for.

    Raises:
        AlignmentError: no frames of the two belong together.
        VmafTypeError: a side is no path; both are read once more than for scoring.
    """
    if plan.align != "auto":
        return plan.align
    sides = []
    for name, side in (("ref", plan.ref), ("dist", plan.dist)):
        if not isinstance(side, (str, os.PathLike)) or side == "-":
            raise VmafTypeError(f'{name} is {side!r}; align="auto" reads both files twice, so it takes paths')
        sides.append(side)
    from ..pairs import inspect
    from ..video.url import is_remote, shown

    inspection = inspect(sides[0], sides[1], plan.raw, streams=plan.streams)
    for finding in inspection.findings:
        if finding.severity == "refusal" and finding.code in UNMATCHED:
            ref, dist = (shown(os.fspath(side)) if is_remote(side) else os.fspath(side) for side in sides)
            raise AlignmentError(f"{ref} and {dist}: {finding.text}")
    return inspection.alignment


def watcher(align: Align, depth: int) -> Check | None:
    """What looks at the first pairs, if that is asked for."""
    if align != "check":
        return None
    from ..pairs.check import Check

    return Check(depth)
