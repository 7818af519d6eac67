# SPDX-License-Identifier: BSD-2-Clause-Patent
"""CAMBI in NumPy and plain Python: slow, obvious, the judge of the kernels and of the extractor."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.int64]
Sample = NDArray[np.unsignedinteger]

MASK = 1 << 15
FOOT, HEAD = 64, 940
WEIGHTS = [1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8, 8, 8, 8, 8] + [9] * 10
SCALE_WEIGHTS = (16, 8, 4, 2, 1)
# 1/n as it is printed with nine digits.
RECIPROCALS = np.array([0] + [np.float32(f"{1 / n:.9g}") for n in range(1, 4226)], np.float32)


@dataclass(frozen=True)
class Options:
    """The extractor's options by their names."""

    cambi_max_val: float = 1000.0
    enc_width: int = 0
    enc_height: int = 0
    enc_bitdepth: int = 0
    src_width: int = 0
    src_height: int = 0
    window_size: int = 65
    topk: float = 0.6
    cambi_topk: float = 0.6
    tvi_threshold: float = 0.019
    cambi_vis_lum_threshold: float = 0.0
    max_log_contrast: int = 2
    full_ref: bool = False
    eotf: str = "bt1886"
    cambi_eotf: str = "bt1886"
    cambi_high_res_speedup: int = 0


ALIASES = {
    "cambi_max_val": "cmxv", "enc_width": "encw", "enc_height": "ench", "enc_bitdepth": "encbd",
    "src_width": "srcw", "src_height": "srch", "window_size": "ws", "cambi_topk": "ctpk", "topk": "topk",
    "tvi_threshold": "tvit", "cambi_vis_lum_threshold": "vlt", "max_log_contrast": "mlc", "eotf": "eotf",
    "cambi_eotf": "ceot", "cambi_high_res_speedup": "hrs",
}  # fmt: skip


def luminance(eotf: str, code: int) -> float:
    """Of a 10-bit limited-range code, in cd/m2."""
    v = (min(max(code, FOOT), HEAD) - FOOT) / (HEAD - FOOT)
    if eotf == "bt1886":
        white, black = math.pow(300, 1 / 2.4), math.pow(0.01, 1 / 2.4)
        return math.pow(white - black, 2.4) * math.pow(max(v + black / (white - black), 0), 2.4)
    p = math.pow(v, 1 / 78.84375)
    return 10000 * math.pow(max(p - 0.8359375, 0) / (18.8515625 - 18.6875 * p), 1 / 0.1593017578125)


def threshold(eotf: str, tvi: float, step: int) -> int:
    """The last code at which a step of so many codes is visible."""

    def visible(code: int) -> bool:
        low = luminance(eotf, code)
        return luminance(eotf, code + step) - low > tvi * low

    def side(code: int) -> int:
        return 1 if not visible(code) else -1 if visible(code + 1) else 0

    lo, hi = FOOT, HEAD - step - 1
    if side(lo) >= 0:
        return 0 if side(lo) else lo
    if side(hi) <= 0:
        return hi if side(hi) == 0 else 1023
    while True:
        mid = lo + (hi - lo) // 2
        if side(mid) == 0:
            return mid
        lo, hi = (lo, mid) if side(mid) > 0 else (mid, hi)


def dark_limit(eotf: str, least: float) -> int:
    """The first code that is bright enough to be looked at."""
    found = next((s for s in range(FOOT, HEAD) if luminance(eotf, s) >= least), HEAD)
    return 0 if found == FOOT else found


@dataclass(frozen=True)
class Steps:
    """Which steps of contrast count at which value."""

    limits: tuple[int, ...]
    dark: int

    def counts(self, value: int, step: int) -> bool:
        return value <= self.limits[step - 1] and value + len(self.limits) + step > self.dark

    @cache  # noqa: B019
    def allowed(self) -> list[int]:
        """A set of bits a value: bit d - 1 when step d counts."""
        return [sum(1 << (d - 1) for d in range(1, len(self.limits) + 1) if self.counts(v, d)) for v in range(1025)]


def make_steps(o: Options) -> Steps:
    eotf = o.cambi_eotf if o.cambi_eotf != "bt1886" else o.eotf
    limits = tuple(threshold(eotf, o.tvi_threshold, d) for d in range(1, (1 << o.max_log_contrast) + 1))
    return Steps(limits, dark_limit(eotf, o.cambi_vis_lum_threshold))


def positions(size: int, out: int) -> list[int]:
    """Where each sample of an axis is taken from: binary32, accumulated."""
    if size == out:
        return list(range(size))
    step = np.float32(size) / np.float32(out)
    at = np.float32(np.float64(step / np.float32(2)) - 0.5)
    taken = []
    for _ in range(out):
        taken.append(int(np.float64(at) + 0.5))
        at = np.float32(at + step)
    return taken


def converted(plane: Sample, bpc: int, w: int, h: int) -> Plane:
    """At the working size, in 10 bits."""
    v = plane.astype(np.int64)[np.ix_(positions(plane.shape[0], h), positions(plane.shape[1], w))]
    return v << (10 - bpc) if bpc <= 10 else (v + (1 << (bpc - 11))) >> (bpc - 10)


def averaged(p: Plane) -> Plane:
    """2x2 means; what lies outside repeats the edge."""
    e = np.pad(p, ((0, 1), (0, 1)), mode="edge")
    return np.asarray((e[:-1, :-1] + e[:-1, 1:] + e[1:, :-1] + e[1:, 1:]) >> 2)


def mask_threshold(w: int, h: int) -> int:
    m = (w >> 6) * (h >> 6)
    log = (m - 1).bit_length() if m else 0
    return (49 + 3 * (log - 11) - 1) >> 1


def flat_mask(p: Plane, least: int) -> NDArray[np.bool_]:
    z = np.ones(p.shape, np.int64)
    z[:, :-1] &= p[:, :-1] == p[:, 1:]
    z[:-1] &= p[:-1] == p[1:]
    return window_sum(z, 3) > least


def window_sum(a: Plane, radius: int) -> Plane:
    """Sums over the square window around each sample, clipped at the edges."""
    h, w = a.shape
    total = np.zeros((h + 2 * radius + 1, w + 2 * radius + 1), np.int64)
    total[1:, 1:] = np.pad(a, radius).cumsum(0).cumsum(1)
    n = 2 * radius + 1
    return np.asarray(total[n:, n:] - total[:-n, n:] - total[n:, :-n] + total[:-n, :-n])


def prepared(plane: Sample, bpc: int, w: int, h: int, average: bool, halve: bool, threshold: int) -> Plane:
    """The plane of scale 0: 10-bit samples, MASK set in those of flat areas."""
    p = converted(plane, bpc, w, h)
    if average:
        p = averaged(p)
    p = p + MASK * flat_mask(p, threshold)
    return p[::2, ::2] if halve else p


def mode(a: Plane, b: Plane, c: Plane) -> Plane:
    least = np.minimum(np.minimum(a, b), c)
    return np.where((a == b) | (a == c), a, np.where(b == c, b, least))


def filtered(p: Plane) -> Plane:
    """Modes of three along rows, then along columns; MASK stays where it is."""
    value, mask = p & (MASK - 1), p & MASK
    g, out = value.copy(), value.copy()
    g[:, 1:-1] = mode(value[:, :-2], value[:, 1:-1], value[:, 2:])
    out[1:-1] = mode(g[:-2], g[1:-1], g[2:])
    return out | mask


def contrast(p: Plane, radius: int, allowed: list[int], step_cnt: int) -> NDArray[np.float32]:
    """Of each sample of a filtered plane."""
    value, mask = p & (MASK - 1), p >= MASK
    counts = {int(v): window_sum((mask & (value == v)).astype(np.int64), radius) for v in np.unique(value)}
    none = np.zeros(p.shape, np.int64)
    out = np.zeros(p.shape, np.float32)
    for v, n0 in counts.items():
        best = np.zeros(p.shape, np.float32)
        for d in range(1, step_cnt + 1):
            if not allowed[v] >> (d - 1) & 1:
                continue
            n = np.maximum(counts.get(v + d, none), counts.get(v - d, none))
            best = np.maximum(best, (WEIGHTS[d - 1] * n0 * n).astype(np.float32) * RECIPROCALS[n0 + n])
        here = mask & (value == v)
        out[here] = best[here]
    return out


def pooled(c: NDArray[np.float32], topk: float) -> float:
    """Mean of the largest, added in the order that the definition's partition leaves them in."""
    a = [float(x) for x in c.ravel()]
    n = len(a)
    k = min(max(int(topk * n), 1), n)
    left, right = 0, n - 1
    while k < n and left < right:
        t, i, j = a[k], left, right
        while i <= j:
            while a[i] > t:
                i += 1
            while a[j] < t:
                j -= 1
            if i <= j:
                a[i], a[j] = a[j], a[i]
                i, j = i + 1, j - 1
        if j < k:
            left = i
        if k < i:
            right = j
    total = 0.0
    for x in a[:k]:
        total += x
    return total / k


@dataclass
class Working:
    """Sizes and windows of a picture; what the options make of it."""

    o: Options
    w: int
    h: int
    bpc: int
    enc: tuple[int, int] = field(init=False)
    src: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        o, size = self.o, (self.w, self.h)
        self.bitdepth = o.enc_bitdepth or self.bpc
        self.enc = (o.enc_width, o.enc_height) if o.enc_width and o.enc_height else size
        self.src = (o.src_width, o.src_height) if o.src_width and o.src_height else size
        if self.enc[1] > self.h or self.enc[0] > self.w:
            self.enc = size
        least = {1080: 1920 * 1080, 1440: 2560 * 1440, 2160: 3840 * 2160}.get(o.cambi_high_res_speedup)
        self.halve = least is not None and self.enc[0] * self.enc[1] >= least
        self.steps = make_steps(o)

    def window(self, size: tuple[int, int]) -> int:
        n = (self.o.window_size * sum(size) // 375) >> 4
        return ((n + 1) >> 1 if self.halve else n) | 1

    def maps(self, plane: Sample, size: tuple[int, int]) -> list[NDArray[np.float32]]:
        """The contrast of five scales."""
        p = prepared(plane, self.bpc, *size, self.bitdepth < 10, self.halve, mask_threshold(*size))
        allowed, out = self.steps.allowed(), []
        for scale in range(5):
            p = filtered(p[::2, ::2] if scale else p)
            out.append(contrast(p, self.window(size) >> 1, allowed, len(self.steps.limits)))
        return out

    def score(self, plane: Sample, size: tuple[int, int]) -> float:
        topk = self.o.topk if self.o.topk != 0.6 else self.o.cambi_topk
        total = 0.0
        for weight, c in zip(SCALE_WEIGHTS, self.maps(plane, size), strict=True):
            total += pooled(c, topk) * weight
        return total / self.window(size) ** 2


def scores(o: Options, ref: Sample, dist: Sample, bpc: int) -> dict[str, float]:
    """What is published for a pair."""
    work = Working(o, dist.shape[1], dist.shape[0], bpc)
    d = work.score(dist, work.enc)
    out = {"cambi": min(d, o.cambi_max_val)}
    if o.full_ref:
        s = work.score(ref, work.src)
        out["cambi_source"] = min(s, o.cambi_max_val)
        out["cambi_full_reference"] = min(max(0.0, d - s), o.cambi_max_val)
    return out


def published(o: Options) -> str:
    """The decorated name of the score."""
    defaults, parts = Options(), ["cambi"]
    for each in sorted(ALIASES):
        value = getattr(o, each)
        if value != getattr(defaults, each):
            parts.append(f"{ALIASES[each]}_{value:g}" if isinstance(value, float) else f"{ALIASES[each]}_{value}")
    return "_".join(parts)


def heat(c: NDArray[np.float32], window: int, step_cnt: int) -> NDArray[np.uint16]:
    """The words of a heat map; what the gain's integer division lifts too high stays at the highest word."""
    most = max(WEIGHTS[:step_cnt]) * window * window // 4
    return np.minimum((65535.0 / most if most else 0.0) * c.astype(np.float64), 65535).astype(np.uint16)
