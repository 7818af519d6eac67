# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Pairs of planes that kernels are tried on, each made to reach what others do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """Positions, two planes of uniform noise, and the greatest sample."""

    x: Ints
    y: Ints
    noise: Ints
    top: int
    bpc: int

    @property
    def bits(self) -> Ints:
        return (self.noise & 1) * self.top

    @property
    def lines(self) -> Ints:
        return (self.x & 1) * self.top

    @property
    def walk(self) -> Ints:
        return np.cumsum(self.noise[0] % 3, axis=1)


def ramps(g: Grid) -> tuple[Ints, Ints]:
    h, w = g.x.shape
    return (g.x * 5 + g.y * 3) * g.top // (5 * w + 3 * h), (g.x * 2 + g.y * 7) * g.top // (2 * w + 7 * h)


def one_apart(g: Grid) -> tuple[Ints, Ints]:
    """A single sample differs, and by one bit."""
    other = g.noise[0].copy()
    h, w = other.shape
    other[h // 2 :, w // 2 :][:1, :1] ^= 1
    return g.noise[0], other


#: Of each kind: the reference and the distorted plane. Where a test has no time for
#: all of them, it takes the first one or the first three.
CONTENTS: dict[str, Callable[[Grid], tuple[Ints, Ints]]] = {
    "alike": lambda g: (g.noise[0], g.noise[0] * 7 // 8 + g.noise[1] // 8),
    "zero and top": lambda g: (0 * g.x, 0 * g.x + g.top),
    "top and zero": lambda g: (0 * g.x + g.top, 0 * g.x),
    "zero": lambda g: (0 * g.x, 0 * g.x),
    "top": lambda g: (0 * g.x + g.top, 0 * g.x + g.top),
    "noise": lambda g: (g.noise[0], g.noise[1]),
    "identical": lambda g: (g.noise[0], g.noise[0]),
    "one sample apart": one_apart,
    "extremes": lambda g: (g.bits[0], g.bits[1]),
    "inverse": lambda g: (g.bits[0], g.top - g.bits[0]),
    "lines": lambda g: (g.lines, np.where(g.noise[0] % 5, g.lines, g.noise[1])),
    "checks": lambda g: (((g.x + g.y) & 1) * g.top, ((g.x // 3 + g.y // 3) & 1) * g.top),
    "ramps": ramps,
    "enhanced": lambda g: (g.top // 2 + g.noise[0] // 8, g.top // 2 + g.noise[0] // 4),
    "smooth": lambda g: (g.walk % (g.top + 1), g.walk * 9 // 8 % (g.top + 1)),
    "low variance": lambda g: (
        g.top // 2 + g.noise[0] * 4 // (g.top + 1),
        g.top // 2 + g.noise[1] * 3 // (g.top + 1),
    ),
    # Variances about the 2.0 above which VIF calls a sample active.
    "at the threshold": lambda g: (
        g.top // 2 + (g.noise[0] % 5 << (g.bpc - 8)),
        g.top // 2 + (g.noise[1] % 5 << (g.bpc - 8)),
    ),
}


def content(kind: str, w: int, h: int, bpc: int) -> list[NDArray[np.unsignedinteger]]:
    """Reference and distorted samples of `bpc` bits (8 to 16), (h, w) each; bytes for 8 bits."""
    y, x = np.mgrid[:h, :w]
    noise = np.random.default_rng([w, h, bpc]).integers(0, 1 << bpc, (2, h, w))
    pair = CONTENTS[kind](Grid(x, y, noise, (1 << bpc) - 1, bpc))
    return [plane.astype(np.uint8 if bpc == 8 else np.uint16) for plane in pair]
