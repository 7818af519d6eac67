# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A side of a pair: luma, and chroma where it was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from torch import Tensor

from .checks import check_chroma, check_pair

#: Luma, or planes (Y', Cb, Cr): [N, 1, H, W] or [B, T, 1, H, W] each.
Frames = Tensor | tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Side:
    """Planes of the same frames."""

    luma: Tensor
    chroma: tuple[Tensor, ...]  # Cb and Cr, or none

    @staticmethod
    def of(name: str, frames: Frames) -> Side:
        """The planes of a tensor or of three.

        Raises:
            ValueError: another number of planes.
        """
        if isinstance(frames, tuple | list) and all(isinstance(x, Tensor) for x in frames):
            if len(frames) != 3:
                raise ValueError(f"{name} has {len(frames)} planes; allowed: luma alone, or (y, cb, cr)")
            return Side(frames[0], (frames[1], frames[2]))
        return Side(cast("Tensor", frames), ())  # `check_sides` says so if it is none

    def map(self, change: Callable[[Tensor], Tensor]) -> Side:
        """The same change made to each plane."""
        return Side(change(self.luma), tuple(map(change, self.chroma)))


def check_sides(ref: Side, dist: Side, smallest: int, validate: bool) -> bool:
    """`check_pair` of all planes.

    Raises:
        TypeError, ValueError: as `check_pair` does; or only one side has chroma.
    """
    known = check_pair(ref.luma, dist.luma, smallest, validate)
    if len(ref.chroma) != len(dist.chroma):
        raise ValueError(f"ref has {1 + len(ref.chroma)} planes, dist {1 + len(dist.chroma)}; they must be equal")
    for name, r, d in zip(("cb", "cr"), ref.chroma, dist.chroma, strict=False):  # none of luma alone
        known = check_chroma(name, (ref.luma, r), (dist.luma, d), validate) and known
    return known
