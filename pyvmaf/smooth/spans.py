# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Which samples of each wavelet scale of ADM are ever read: pooling leaves a tenth of a band out at each end."""

from __future__ import annotations

from dataclasses import dataclass

from .constants import SCALES


def margin(size: int) -> int:
    """Samples at each end of a band of that size that pooling leaves out."""
    return max(0, int(0.1 * size - 0.5))


@dataclass(frozen=True)
class Span:
    """What one axis of one scale reads and makes, in samples of its whole band."""

    size: int  # of the whole input
    first: int  # of the input that is held
    begin: int  # outputs [begin, end) of the whole band
    end: int

    @property
    def half(self) -> int:
        """The size of the whole band."""
        return (self.size + 1) // 2

    @property
    def length(self) -> int:
        """How many outputs are made."""
        return self.end - self.begin

    def axis(self, held: int) -> dict[str, int]:
        """The same as the C kernels' `SmoothAxis`; `held` samples of the input are there."""
        edge = margin(self.half)
        given = {"size": self.size, "first": self.first, "held": held, "begin": self.begin, "end": self.end}
        return given | {"pool_begin": edge, "pool_end": self.half - edge}

    def window(self) -> Window:
        """Where pooling takes place, in the part of the band that is made."""
        edge = margin(self.half)
        return Window(edge - self.begin, self.half - edge - self.begin, edge == 0)


@dataclass(frozen=True)
class Window:
    """Pooling window of one axis, in samples of the part of the band that is made."""

    begin: int
    end: int
    mirrored: bool  # it reaches the band's edges, where neighbours are mirrored

    @property
    def length(self) -> int:
        """Samples in the window."""
        return self.end - self.begin


def spans(size: int) -> tuple[Span, ...]:
    """Those of the four scales along one axis of a picture."""
    sizes = [size]
    for _ in range(SCALES):
        sizes.append((sizes[-1] + 1) // 2)
    found: list[Span] = []
    need = (sizes[-1], 0)  # of the low band, by the scale after; none after the last
    for scale in reversed(range(SCALES)):
        band = sizes[scale + 1]
        edge = margin(band)
        begin, end = max(0, edge - 1), min(band, band - edge + 1)
        begin, end = min(begin, need[0]), max(end, need[1])
        need = (max(0, 2 * begin - 1), min(sizes[scale], 2 * end + 1))
        found.append(Span(sizes[scale], need[0], begin, end))
    return tuple(found[::-1])


def held(span: Span, size: int) -> slice:
    """The part of a whole plane's axis, `size` samples long, that the first scale reads."""
    return slice(span.first, min(size, 2 * span.end + 1))
