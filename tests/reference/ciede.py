# SPDX-License-Identifier: BSD-2-Clause-Patent
"""CIEDE2000 pixel by pixel in Python's doubles, rounded to binary32 where the definition rounds.

The functions of the C library are glibc's where this runs on it; `powf` has no
counterpart in Python's `math` and is called in the library itself.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from ctypes.util import find_library
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Planes = Sequence[NDArray[Any]]
Lab = tuple[float, float, float]

PI = math.pi
_libm = ctypes.CDLL(find_library("m"))
_libm.powf.argtypes, _libm.powf.restype = [ctypes.c_float, ctypes.c_float], ctypes.c_float


def f32(x: float) -> float:
    """Rounded to binary32."""
    return float(np.float32(x))


def powf(x: float, y: float) -> float:
    return float(_libm.powf(x, y))


def linear(c: float) -> float:
    return math.pow((c + 0.055) * (1 / 1.055), 2.4) if c > 10 / 255 else c * (1 / 12.92)


def root(c: float) -> float:
    return f32(math.pow(c, 1 / 3) if c > 216 / 24389 else ((24389 / 27) * c + 16) * (1 / 116))


@cache
def lab(y: int, cb: int, cr: int, bpc: int) -> Lab:
    """Lab of BT.709 samples, each coordinate a binary32."""
    k = float(1 << (bpc - 8))
    luma = (y - 16 * k) * (1 / (219 * k))
    u, v = ((c - 128 * k) * (1 / (224 * k)) for c in (cb, cr))
    r, g, b = map(linear, (luma + 1.28033 * v, (luma - 0.21482 * u) - 0.38059 * v, luma + 2.12798 * u))
    x = (0.4124564390896921 * r + 0.357576077643909 * g) + 0.18043748326639894 * b
    w = (0.21267285140562248 * r + 0.715152155287818 * g) + 0.07217499330655958 * b
    z = (0.019333895582329317 * r + 0.119192025881303 * g) + 0.9503040785363677 * b
    fx, fy, fz = root(x * (1 / 0.95047)), root(w), root(z * (1 / 1.08883))
    return f32(116 * fy - 16), f32(500 * (fx - fy)), f32(200 * (fy - fz))


def hue(b: float, a: float) -> float:
    if a == 0 and b == 0:
        return 0.0
    h = f32(math.atan2(b, a))
    return f32(h + 2 * PI) if h < 0 else h


def hue_weight(h: float) -> float:
    t = 1 - 0.17 * math.cos(h - PI / 6) + 0.24 * math.cos(2 * h)
    return f32(t + 0.32 * math.cos(3 * h + PI / 30) - 0.20 * math.cos(4 * h - 7 * PI / 20))


def rotation(h: float, chroma: float) -> float:
    d = f32((f32(h * (180 / PI)) - 275) * (1 / 25))
    theta = f32(f32(60 * math.exp(-f32(d * d))) * (PI / 180))
    p = powf(chroma, 7)
    share = f32(p / f32(p + 6103515648.0))
    return f32((-2 * math.sqrt(share)) * math.sin(theta))


def difference(p: Lab, q: Lab) -> float:
    """The weighted distance of two colours, a binary32."""
    (l1, a1, b1), (l2, a2, b2) = p, q
    c1, c2 = (f32(math.sqrt(a * a + b * b)) for a, b in ((a1, b1), (a2, b2)))
    grey = c1 == 0 or c2 == 0
    seventh = math.pow(f32(f32(c1 + c2) / 2), 7)
    gain = 1 - math.sqrt(seventh / (seventh + 6103515625))
    a1, a2 = (f32(a + f32(a / 2) * gain) for a in (a1, a2))
    c1, c2 = (f32(math.sqrt(a * a + b * b)) for a, b in ((a1, b1), (a2, b2)))
    chroma = f32(f32(c1 + c2) / 2)
    d = f32(f32(f32(l1 + l2) / 2) - 50)
    weight_l = f32(1 + (0.015 * (d * d)) / math.sqrt(20 + d * d))
    weight_c = f32(1 + 0.045 * chroma)

    h1, h2 = hue(b1, a1), hue(b2, a2)
    turn, mean = f32(h2 - h1), f32(h1 + h2)
    if abs(f32(h1 - h2)) > PI:
        mean = f32((mean + 2 * PI) / 2)
        turn = f32(turn + 2 * PI if h2 <= h1 else turn - 2 * PI)
    else:
        mean = f32(mean / 2)
    turn = 0.0 if grey else turn
    delta_h = f32(2 * math.sqrt(f32(c1 * c2)) * math.sin(turn / 2))
    weight_h = f32(1 + (0.015 * chroma) * hue_weight(mean))
    part_l = f32(f32(l2 - l1) / f32(f32(0.65) * weight_l))
    part_c = f32(f32(c2 - c1) / weight_c)
    part_h = f32(delta_h / f32(4 * weight_h))
    cross = f32(f32(rotation(mean, chroma) * part_c) * part_h)
    return f32(math.sqrt(part_l * part_l + part_c * part_c + part_h * part_h + cross))


def upsampled(planes: Planes) -> list[NDArray[np.int64]]:
    """All three planes at luma's size: chroma repeated, its last column and row too."""
    h, w = planes[0].shape
    out = [planes[0].astype(np.int64)]
    for plane in planes[1:]:
        rows = np.minimum(np.arange(h) >> (plane.shape[0] <= h // 2), plane.shape[0] - 1)
        columns = np.minimum(np.arange(w) >> (plane.shape[1] <= w // 2), plane.shape[1] - 1)
        out.append(plane[rows][:, columns].astype(np.int64))
    return out


def differences(ref: Planes, dist: Planes, bpc: int) -> list[list[float]]:
    """Of each row, the differences of the pixels whose samples differ."""
    pixels = [np.stack(upsampled(side), axis=-1).tolist() for side in (ref, dist)]
    rows = [[(tuple(p), tuple(q)) for p, q in zip(*row, strict=True) if p != q] for row in zip(*pixels, strict=True)]
    return [[difference(lab(*p, bpc), lab(*q, bpc)) for p, q in row] for row in rows]


def score(ref: Planes, dist: Planes, bpc: int) -> float:
    total = 0.0
    for row in differences(ref, dist, bpc):
        for delta in row:
            total += delta
    h, w = ref[0].shape
    return 45 - 20 * math.log10(total / (w * h)) if total else math.inf
