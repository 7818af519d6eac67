# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Do two files say that their pictures are to be shown in different ways?

Pictures are compared as they are stored. Tags are often missing and sometimes
wrong, so a difference is told and decides nothing.
"""

from __future__ import annotations

from .base import Video

#: Rates that differ by less are the same frames under another clock, such as 24 and 24000/1001.
RATE_SLACK = 0.01

COLOURS = {
    "range": "sample ranges",
    "matrix": "YUV matrices",
    "transfer": "transfer characteristics",
}


def differences(ref: Video, dist: Video, *, matched: bool = False) -> list[str]:
    """A sentence for each tag that both files have and that differs, or that asks for work before scoring.

    Rates do not matter where frames are matched by what they show, nor to stills.
    """
    found = []
    for name, what in COLOURS.items():
        a, b = ref.colour.get(name), dist.colour.get(name)
        if a and b and a != b:
            found.append(f"{what} differ: the reference is tagged {a}, the distorted video {b}; convert one of them")
    if ref.rotation != dist.rotation:
        found.append(
            f"rotations differ: the reference is shown turned by {ref.rotation} degrees, the distorted video by "
            f"{dist.rotation}; pictures are compared as stored"
        )
    a_rate, b_rate = ref.frame_rate, dist.frame_rate
    timed = not matched and 1 not in (ref.frame_count, dist.frame_count)
    if timed and a_rate and b_rate and abs(a_rate / b_rate - 1) > RATE_SLACK:
        found.append(
            f"frame rates differ: {a_rate:g} and {b_rate:g} a second; the n-th frame is compared with the n-th"
        )
    sides = [name for name, video in (("reference", ref), ("distorted video", dist)) if video.interlaced]
    if sides:
        verb = "are" if len(sides) > 1 else "is"
        found.append(f"the {' and the '.join(sides)} {verb} tagged as interlaced; fields are compared as stored, woven")
    return found
