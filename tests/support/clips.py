# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Clips that the tests make themselves: deterministic, integer arithmetic only.

A clip is a pair of lists of frames; a frame is a tuple of planes (y, u, v) or
(y,). Every sample follows from the `Clip` alone, on any machine and any NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8] | NDArray[np.uint16]
Frame = tuple[Plane, ...]

# Horizontal and vertical subsampling shifts of chroma; None: no chroma.
CHROMA = {"420": (1, 1), "422": (1, 0), "444": (0, 0), "400": None}

CONTENTS = (
    "natural", "noise", "binary", "flat", "zero", "max", "ramp", "blocks", "lines", "dots", "dark",
)  # fmt: skip
DAMAGES = ("none", "light", "heavy", "blur", "gain", "inverse", "flat")


@dataclass(frozen=True)
class Clip:
    """What a generated pair is made of."""

    width: int
    height: int
    bpc: int = 8
    chroma: str = "420"
    content: str = "natural"
    damage: str = "light"
    frames: int = 2
    seed: int = 0

    def __str__(self) -> str:
        return (
            f"{self.content}-{self.damage}-{self.width}x{self.height}-{self.chroma}"
            f"-{self.bpc}b-{self.frames}f-s{self.seed}"
        )


def hash_noise(height: int, width: int, seed: int) -> NDArray[np.int64]:
    """Uniform integers in [0, 65536): a multiply-xorshift hash of (row, column, seed)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.uint64)
    with np.errstate(over="ignore"):
        z = x + y * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed + 1) * np.uint64(0xD1B54A32D192ED03)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(48)).astype(np.int64)


def box(a: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Box blur with repeated edges, floor division."""
    for axis in (0, 1):
        padded = np.pad(a, [(size // 2, size // 2) if i == axis else (0, 0) for i in (0, 1)], mode="edge")
        total = np.cumsum(padded, axis=axis)
        zero = np.zeros_like(np.take(total, [0], axis=axis))
        total = np.concatenate([zero, total], axis=axis)
        n = a.shape[axis]
        a = (np.take(total, range(size, size + n), axis=axis) - np.take(total, range(n), axis=axis)) // size
    return a


def natural(height: int, width: int, seed: int) -> NDArray[np.int64]:
    """Something like a picture in 16 bits: smooth shapes, edges and texture in places."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    smooth = box(box(hash_noise(height, width, seed), 31), 15) * 2 - 32768
    coarse = (hash_noise(height // 24 + 1, width // 24 + 1, seed + 1) - 32768)[y // 24, x // 24]
    fine = box(hash_noise(height, width, seed + 2), 3) - 32768
    mask = (x // 40 + y // 32 + seed) % 4
    return np.clip(smooth + coarse // 4 + fine * mask // 6, 0, 65535)


def content(kind: str, height: int, width: int, seed: int) -> NDArray[np.int64]:
    """A still picture with samples in [0, 65535]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    if kind == "natural":
        return natural(height, width, seed)
    if kind == "noise":
        return hash_noise(height, width, seed)
    if kind == "binary":
        return (hash_noise(height, width, seed) & 1) * 65535
    if kind == "flat":
        return np.full((height, width), 20000 + 4096 * (seed % 8), np.int64)
    if kind == "zero":
        return np.zeros((height, width), np.int64)
    if kind == "max":
        return np.full((height, width), 65535, np.int64)
    if kind == "ramp":
        return (x * 7 + y * 3) * 65535 // max(1, width * 7 + height * 3)
    if kind == "blocks":
        return ((x // 9 + y // 7) % 2) * 65535
    if kind == "lines":
        return ((x + seed) % 2) * 65535
    if kind == "dots":
        return np.where((x % 5 == 2) & (y % 3 == 1), 65535, 9000)
    if kind == "dark":
        return 4096 + natural(height, width, seed) // 64
    raise ValueError(kind)


def damage(kind: str, a: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """A distorted copy of a 16-bit plane."""
    noise = hash_noise(*a.shape, seed=seed + 77) - 32768
    if kind == "none":
        out = a
    elif kind == "light":
        out = a + noise // 24
    elif kind == "heavy":
        out = a + noise // 2
    elif kind == "blur":
        out = box(a, 5)
    elif kind == "gain":
        out = (a - 32768) * 5 // 4 + 32768
    elif kind == "inverse":
        out = 65535 - a
    elif kind == "flat":
        out = np.full_like(a, 30000)
    else:
        raise ValueError(kind)
    return np.clip(out, 0, 65535)


def chroma_size(chroma: str, width: int, height: int) -> tuple[int, int] | None:
    """Chroma (width, height) as pictures have it: rounded down."""
    shift = CHROMA[chroma]
    return None if shift is None else (width >> shift[0], height >> shift[1])


def make_frames(clip: Clip) -> tuple[list[Frame], list[Frame]]:
    """The reference and the distorted frames of a clip."""
    dtype = np.uint8 if clip.bpc == 8 else np.uint16
    still = content(clip.content, clip.height, clip.width, clip.seed)
    size = chroma_size(clip.chroma, clip.width, clip.height)
    refs: list[Frame] = []
    dists: list[Frame] = []
    for i in range(clip.frames):
        ref = np.roll(still, (2 * i, 3 * i), axis=(0, 1))
        pair = (ref, damage(clip.damage, ref, clip.seed + 1000 * i))
        for out, luma in zip((refs, dists), pair, strict=True):
            planes = [luma]
            if size is not None:
                crop = luma[: size[1], : size[0]]
                planes += [(crop + 32768) // 2, 65535 - crop // 3]
            out.append(tuple((p >> (16 - clip.bpc)).astype(dtype) for p in planes))
    return refs, dists
