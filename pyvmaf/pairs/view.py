# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What is looked at of a file's pictures: a part, one field or both, turned, mirrored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .facts import NO_EDGES, Edges, Facts

#: Degrees anticlockwise by which pictures are turned, and FFmpeg's filters that do it.
TURNS = {0: (), 90: ("transpose=cclock",), 180: ("hflip", "vflip"), 270: ("transpose=clock",)}


@dataclass(frozen=True)
class View:
    """A stored picture without some edges, turned anticlockwise, then mirrored left to right."""

    edges: Edges = NO_EDGES
    rotation: int = 0
    mirrored: bool = False
    field: int | None = None
    """Of two woven fields that of the even lines (0) or of the odd ones (1); None: all lines."""

    def of(self, plane: NDArray[Any], shares: tuple[int, int] = (1, 1)) -> NDArray[Any]:
        """The view of a plane; `shares`: how many luma samples one of its stands for, across and down.

        >>> View(rotation=90).of(np.arange(4).reshape(2, 2)).tolist()
        [[1, 3], [0, 2]]
        """
        h, w = plane.shape
        left, top, right, bottom = self.edges
        across, down = shares
        first = top // down
        inner = plane[first : h - bottom // down, left // across : w - right // across]
        if self.field is not None:
            inner = inner[(first + self.field) % 2 :: 2]
        turned = np.rot90(inner, self.rotation // 90)
        return turned[:, ::-1] if self.mirrored else turned

    def size(self, facts: Facts) -> tuple[int, int]:
        """(width, height) of what is compared."""
        left, top, right, bottom = self.edges
        width, height = facts.width - left - right, facts.height - top - bottom
        return (height, width) if self.rotation % 180 else (width, height)

    def without(self, shown: Edges) -> View:
        """The view with more edges cut off, given as they are after turning and mirroring."""
        left, top, right, bottom = shown
        if self.mirrored:
            left, right = right, left
        for _ in range(self.rotation // 90 % 4):
            left, top, right, bottom = bottom, left, top, right
        more = left, top, right, bottom
        a, b, c, d = (one + other for one, other in zip(self.edges, more, strict=True))
        return replace(self, edges=(a, b, c, d))
