# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One scale of ADM in NumPy integers: slow, obvious, the judge of the kernels.

Arrays of three are in the order h, v, d. All integers are 64 bits wide and
wrapped where the definition has fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

LOW = (15826, 27411, 7345, -4240)
HIGH = (-4240, -7345, 27411, -15826)
COS2 = np.float64(np.float32(np.cos(np.pi / 180) ** 2))
VERTICAL = ((0, 0), (0, 0), (1 << 15, 16), (1 << 15, 16))
HORIZONTAL = ((1 << 15, 16), (1 << 14, 15), (1 << 15, 16), (1 << 14, 15))


@dataclass(frozen=True)
class Variant:
    limit: float
    factor: tuple[int, int, int]
    skip_aim: bool = False


@dataclass(frozen=True)
class Sums:
    """`num` and `aim` hold three numbers a variant."""

    num: list[list[int]]
    aim: list[list[int]]
    den: list[int]


def wrap(x: Ints, bits: int) -> Ints:
    """The low bits as a two's complement number."""
    half = 1 << (bits - 1)
    return ((x + half) & ((1 << bits) - 1)) - half


def ceil_log2(x: int) -> int:
    return (x - 1).bit_length()


def window(size: int) -> tuple[int, int]:
    """Where pooling begins and ends."""
    margin = max(0, int(0.1 * size - 0.5))
    return margin, size - margin


def analysed(x: Ints, taps: Sequence[int], axis: int, bias: int, shift: int) -> Ints:
    n = x.shape[axis]
    out = np.full([(n + 1) // 2 if i == axis else s for i, s in enumerate(x.shape)], bias, np.int64)
    for t, tap in enumerate(taps):
        at = [2 * k - 1 + t for k in range((n + 1) // 2)]
        at = [1 if p < 0 else 2 * n - 1 - p if p >= n else p for p in at]
        out += tap * np.take(x, at, axis)
    return out >> shift


def bands(x: Ints, scale: int, bpc: int) -> tuple[Ints, list[Ints]]:
    """The low band and the high ones."""
    bias, shift = VERTICAL[scale] if scale else (1 << (bpc - 1), bpc)
    bits = 32 if scale else 16
    grey = 0 if scale else 46342 << (bpc - 1)
    low = wrap(analysed(x, LOW, 0, bias - grey, shift), bits)
    high = wrap(analysed(x, HIGH, 0, bias, shift), bits)
    parts = [(low, LOW), (high, LOW), (low, HIGH), (high, HIGH)]
    a, h, v, d = (wrap(analysed(y, taps, 1, *HORIZONTAL[scale]), bits) for y, taps in parts)
    return a, [h, v, d]


def rounded(x: Ints) -> NDArray[np.float64]:
    return np.asarray(x.astype(np.float32).astype(np.float64))


def within_cone(o: Sequence[Ints], t: Sequence[Ints]) -> NDArray[np.bool_]:
    p = rounded(o[0] * t[0] + o[1] * t[1])
    u = rounded(o[0] * o[0] + o[1] * o[1])
    z = rounded(t[0] * t[0] + t[1] * t[1])
    return np.asarray((p >= 0) & (p * p >= COS2 * u * z))


def restored(o: Ints, t: Ints) -> Ints:
    """R before the gain limit."""
    u = np.abs(o)
    e = np.maximum(np.frexp(u.astype(np.float64))[1] - 15, 0).astype(np.int64)
    u = (u + ((1 << e) >> 1)) >> e
    product = (1 << 30) // np.maximum(u, 1) * t * np.sign(o)
    k = np.clip((product + (1 << (14 + e))) >> (15 + e), 0, 32768)
    k = np.where(o == 0, 32768, k)
    return np.asarray((k * o + (1 << 14)) >> 15)


def limited(r: Ints, o: Ints, t: Ints, flag: NDArray[np.bool_], limit: float) -> Ints:
    scaled = r * limit
    up, down = np.minimum(scaled, t), np.maximum(scaled, t)
    most = np.trunc(np.where(o > 0, up, down)).astype(np.int64)
    return np.asarray(np.where(flag & (r != 0), most, r))


def weighed(y: Ints, factor: int, q: int, scale: int) -> Ints:
    """c, the signal weighed by contrast sensitivity."""
    if scale:
        return wrap((factor * y + (1 << 27)) >> 28, 32)
    bias, shift = ((1 << 14, 15), (1 << 14, 15), (65535, 17))[q]
    return wrap((factor * y + bias) >> shift, 16)


def threshold(signal: Sequence[Ints], factor: Sequence[int], scale: int) -> Ints:
    """For every position of the band, modulo 2^32."""
    n, m = signal[0].shape
    rows = [1, *range(n), n - 1]
    columns = [1, *range(m), m - 1]
    total = np.zeros((n, m), np.int64)
    for q in range(3):
        c = np.abs(weighed(signal[q], factor[q], q, scale))
        if scale:
            around, centre = ((f * c - (1 << 31)) >> 32 for f in (143165577, 286331153))
        else:
            around, centre = (wrap((f * c + 2048) >> 12, 16) for f in (4369, 8738))
        bordered = around[np.ix_(rows, columns)]
        for i in range(3):
            for j in range(3):
                part = bordered[i : i + n, j : j + m]
                total += centre if i == j == 1 else part
    return wrap(total, 32)


def pooled(x: Sequence[Ints], y: Sequence[Ints], factor: Sequence[int], scale: int) -> list[int]:
    """The three sums of one pass: `x` against the threshold that `y` makes."""
    n, m = x[0].shape
    (top, bottom), (left, right) = window(n), window(m)
    inside = np.s_[top:bottom, left:right]
    th, y_shift, out = threshold(y, factor, scale)[inside], ceil_log2(n), []
    for q in range(3):
        part = x[q][inside]
        size = np.abs(weighed(part, factor[q], q, scale) if scale else wrap(factor[q] * part, 32))
        shift = 0 if scale else (10, 10, 12)[q]
        w = 30 if scale else (29, 29, 30)[q]
        g = ceil_log2(m) - (0 if scale else (4, 4, 3)[q])
        e = np.maximum(wrap(size - wrap(th << shift, 32), 32), 0)
        s = wrap((e * e + (1 << (w - 1))) >> w, 32)
        rows = (((s * e) + (1 << (g - 1))) >> g).sum(axis=1)
        out.append(int(((rows + (1 << (y_shift - 1))) >> y_shift).sum()))
    return out


def denominators(o: Sequence[Ints], scale: int) -> list[int]:
    n, m = o[0].shape
    (top, bottom), (left, right) = window(n), window(m)
    h, w = bottom - top, right - left
    out = []
    for band in o:
        u = np.abs(band[top:bottom, left:right]).astype(np.uint64)
        if scale:
            b, g, y = (31, 30, 31)[scale - 1], ceil_log2(w), ceil_log2(h)
            t = (u * u + np.uint64(1 << b)) >> np.uint64(b)
            rows = ((t * u + np.uint64(1 << g >> 1)) >> np.uint64(g)).sum(axis=1, dtype=np.uint64)
        else:
            y = max(0, ceil_log2(w * h) - 20)
            rows = (u * u * u).sum(axis=1, dtype=np.uint64)
        out.append(int(((rows + np.uint64(1 << y >> 1)) >> np.uint64(y)).sum(dtype=np.uint64)))
    return out


def sums(
    ref: NDArray[np.generic], dist: NDArray[np.generic], scale: int, bpc: int, variants: Sequence[Variant]
) -> tuple[Sums, Ints, Ints]:
    """The integer sums and both low bands."""
    low_ref, o = bands(ref.astype(np.int64), scale, bpc)
    low_dist, t = bands(dist.astype(np.int64), scale, bpc)
    flag, plain = within_cone(o, t), [restored(o[q], t[q]) for q in range(3)]
    num, aim = [], []
    for v in variants:
        r = [limited(plain[q], o[q], t[q], flag, v.limit) for q in range(3)]
        a = [t[q] - r[q] for q in range(3)]
        num.append(pooled(r, a, v.factor, scale))
        aim.append([0, 0, 0] if v.skip_aim else pooled(a, r, v.factor, scale))
    return Sums(num, aim, denominators(o, scale)), low_ref, low_dist
