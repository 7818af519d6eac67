# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Float ADM in slow, plain NumPy: the judge of its kernel and of the extractor.

Arrays of three are in the order h, v, d. Powers are the C library's, asked by
way of ctypes, as NumPy has its own.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .float_plane import F, Plane, row_sums, total

LOW = np.array([0.482962913144690, 0.836516303737469, 0.224143868041857, -0.129409522550921], np.float32)
HIGH = np.array([-0.129409522550921, -0.224143868041857, 0.836516303737469, -0.482962913144690], np.float32)
COS2 = F(float.fromhex("0x1.ffd814p-1"))
AROUND, CENTRE = 0.0333333351, 0.0666666701
# The contrast sensitivities of h and v, and of d, three heights from 1080 lines.
WATSON = [
    tuple(F(float.fromhex(x)) for x in pair)
    for pair in (
        ("0x1.1cc774p-6", "0x1.820d54p-8"), ("0x1.06050cp-5", "0x1.d48d46p-7"),
        ("0x1.634f1p-5", "0x1.8fb80cp-6"), ("0x1.762816p-5", "0x1.008392p-5"),
    )
]  # fmt: skip

_libm = ctypes.CDLL(ctypes.util.find_library("m"))
_libm.powf.argtypes, _libm.powf.restype = [ctypes.c_float, ctypes.c_float], ctypes.c_float


def powf(x: float, y: float) -> np.float32:
    return F(_libm.powf(float(x), float(y)))


@dataclass(frozen=True)
class Options:
    enhn_gain_limit: float = 100.0
    norm_view_dist: float = 3.0
    ref_display_height: int = 1080
    noise_weight: float = 0.03125
    csf_mode: int = 0
    csf_scale: float = 1.0
    csf_diag_scale: float = 1.0
    bypass_cm: int = 0
    p_norm: float = 3.0
    dlm_weight: float = 0.5
    min_val: float = 0.0
    adm3_apply_hm: bool = False
    skip_aim_scale: int = -1
    skip_scale0: bool = False
    #: In place of the CSF's factors of h and v, and of d; -1: none.
    f1: tuple[float, ...] = (-1.0,) * 4
    f2: tuple[float, ...] = (-1.0,) * 4


def watson(r: np.float32, scale: int, diagonal: bool) -> np.float32:
    amplitude = ((0.67234, 0.72709), (0.41317, 0.49428), (0.22727, 0.28688), (0.11792, 0.15214))[scale][diagonal]
    gain = F(0.534) if diagonal else F(1)
    frequency = (2 ** (scale + 1) * float(F(0.401))) * float(gain)
    x = F(math.log10(frequency / float(r)))
    step = F(((2 * float(F(0.495))) * math.pow(10, float((F(0.466) * x) * x))) / float(F(amplitude)))
    return F(1) / step


def barten(r: np.float32, scale: int) -> np.float32:
    low, high = F([0.334278, 3.79542, 1.07327, 6.4635]), F([0.394533, 2.7755, 1.16577, 7.45665])
    f, x0, x1 = r / F(2 ** (scale + 1)), F(math.log10(20)), F(math.log10(150))
    p = low + ((high - low) / (x1 - x0)) * (F(2) - x0)
    a = F(1 + math.pow(float(p[0] * f), float(p[1])))
    b = F(1 / math.pow(1 - math.exp(-(float(f / F(7)) ** 2)), float(p[2])))
    n = F(float(p[3]) / math.pow(float(a * b), 0.5))
    m = F(0)
    weights = F([0.424838596301290, 0.572435103936480, 0.000167576239164937, 0.00255872352306433])
    for weight, decay in zip(weights, F([0.028, 0.37, 37, 360]), strict=True):
        m = F(float(m) + float(weight) * math.exp(float(-decay * f)))
    joint = F(float(F(30.162)) * math.pow(math.pow(float(F(4.0627) / F(100)), float(F(1.6596))) + 1, float(F(-0.2712))))
    return n * m * joint


def native(r: np.float32, scale: int, diagonal: bool) -> np.float32:
    f = r / F(2 ** (scale + 1))
    f = F(float(f) / 0.7) if diagonal else f
    return F((0.31 + 0.69 * float(f)) * math.exp(-0.29 * float(f)))


def sensitivity(options: Options, scale: int, diagonal: bool) -> np.float32:
    given = (options.f2 if diagonal else options.f1)[scale]
    if given >= 0:
        return F(given)
    r = F(((options.norm_view_dist * options.ref_display_height) * math.pi) / 180)
    if options.csf_mode == 1:
        return F(float(barten(r, scale)) * (options.csf_diag_scale if diagonal else options.csf_scale))
    if options.csf_mode == 2:
        return native(r, scale, diagonal)
    return watson(r, scale, diagonal)


def margin(n: int) -> int:
    return max(0, int(0.1 * n - 0.5))


def analysed(x: Plane, taps: NDArray[np.float32], axis: int) -> Plane:
    n = x.shape[axis]
    out = None
    for t, tap in enumerate(taps):
        at = [2 * k - 1 + t for k in range((n + 1) // 2)]
        part = tap * x.take([1 if p < 0 else 2 * n - 1 - p if p >= n else p for p in at], axis)
        out = part if out is None else out + part
    assert out is not None
    return np.asarray(out)


def bands(x: Plane) -> tuple[Plane, list[Plane]]:
    """The low band and the high ones."""
    lo, hi = analysed(x, LOW, 0), analysed(x, HIGH, 0)
    return analysed(lo, LOW, 1), [analysed(hi, LOW, 1), analysed(lo, HIGH, 1), analysed(hi, HIGH, 1)]


def decoupled(o: Sequence[Plane], t: Sequence[Plane], limit: float) -> tuple[list[Plane], list[Plane]]:
    """What is restored of the reference's bands, and what was added."""
    product = o[0] * t[0] + o[1] * t[1]
    u, z = o[0] * o[0] + o[1] * o[1], t[0] * t[0] + t[1] * t[1]
    flag = (product >= 0) & (product * product >= (COS2 * u) * z)
    restored = []
    for a, b in zip(o, t, strict=True):
        k = b / (a + F(1e-30))
        k = np.where(k < 0, F(0), np.where(k > 1, F(1), k))
        r = k * a
        most = r.astype(np.float64) * limit
        up, down = np.minimum(most, b), np.maximum(most, b)
        enhanced = np.where(r > 0, up, np.where(r < 0, down, r)).astype(np.float32)
        restored.append(np.where(flag, enhanced, r))
    return restored, [b - r for b, r in zip(t, restored, strict=True)]


def threshold(signal: Sequence[Plane], factor: Sequence[np.float32]) -> Plane:
    """For every position of the band."""
    n, m = signal[0].shape
    rows, columns = [1, *range(n), n - 1], [1, *range(m), m - 1]
    out = np.zeros((n, m), np.float32)
    for q in range(3):
        c = np.abs(factor[q] * signal[q]).astype(np.float64)
        around = (AROUND * c).astype(np.float32)[np.ix_(rows, columns)]
        part = np.zeros((n, m), np.float32)
        for i in range(3):
            for j in range(3):
                if i == j == 1:
                    part = (part.astype(np.float64) + CENTRE * c).astype(np.float32)
                else:
                    part = part + around[i : i + n, j : j + m]
        out = out + part
    return out


def pooled(x: Plane, p_norm: float) -> Plane:
    if p_norm == 3:
        return (x * x) * x
    return np.array([[powf(v, F(p_norm)) for v in row] for row in x], np.float32)


def window(band: Plane) -> Plane:
    n, m = band.shape
    return band[margin(n) : n - margin(n), margin(m) : m - margin(m)]


def pass_terms(x: Sequence[Plane], by: Sequence[Plane], factor: Sequence[np.float32], options: Options) -> list[Plane]:
    """Of each orientation in the window: what exceeds the threshold that `by` makes."""
    th = window(threshold(by, factor)) * (F(0) if options.bypass_cm else F(1))
    seen = [np.abs(window(x[q]) * factor[q]) - th for q in range(3)]
    return [pooled(np.where(s > 0, s, F(0)), options.p_norm) for s in seen]


def scale_terms(
    ref: Plane, dist: Plane, factor: Sequence[np.float32], options: Options
) -> tuple[list[list[Plane]], Plane, Plane]:
    """Terms of numerator, aim and denominator, three each, and both low bands."""
    low_ref, o = bands(ref)
    low_dist, t = bands(dist)
    r, a = decoupled(o, t, options.enhn_gain_limit)
    den = [pooled(np.abs(factor[q] * window(o[q])), options.p_norm) for q in range(3)]
    groups = [pass_terms(r, a, factor, options), pass_terms(a, r, factor, options), den]
    return groups, low_ref, low_dist


def norm(terms: Sequence[Plane], weight: float, p_norm: float) -> float:
    root = F(1.0 / p_norm)
    h, w = terms[0].shape
    noise = powf(F((w * h) * weight), root)
    part = [powf(total(row_sums(t)), root) + noise for t in terms]
    return float((part[0] + part[1]) + part[2])


def scores(ref: Plane, dist: Plane, options: Options) -> dict[str, float]:
    """Every number of a frame under its plain name."""
    area = ref.shape[0] * ref.shape[1]
    num, aim, den = [], [], []
    for s in range(4):
        hv, d = (sensitivity(options, s, diagonal) for diagonal in (False, True))
        groups, ref, dist = scale_terms(ref, dist, (hv, hv, d), options)
        weights = (options.noise_weight, 0.0, options.noise_weight)
        n, a, e = (norm(g, w, options.p_norm) for g, w in zip(groups, weights, strict=True))
        if s == 0 and options.skip_scale0:
            n, a, e = 0.0, 0.0, float(F(1e-10))
        num.append(n)
        aim.append(a)
        den.append(e)
    used = [s for s in range(4) if s != options.skip_aim_scale]
    aim_num, aim_den = (sum((x[s] for s in used), 0.0) for x in (aim, den))
    limit = (1e-10 * area) / (1920 * 1080)
    sums = [x if x >= limit else 0.0 for x in (sum(num, 0.0), sum(den, 0.0))]
    adm2 = sums[0] / sums[1] if sums[1] else 1.0
    aim_score = min(aim_num / aim_den, 1.0) if sums[1] else 0.0
    blend = adm2 * options.dlm_weight + (1 - aim_score) * (1 - options.dlm_weight)
    if options.adm3_apply_hm:
        blend = ((2 * adm2) * aim_score) / (adm2 + aim_score)
    out = {"adm2": adm2, "aim": aim_score, "adm3": max(blend, options.min_val)}
    out |= {f"adm_scale{s}": num[s] / den[s] if den[s] else math.nan for s in range(4)}
    if options.skip_scale0:
        out["adm_scale0"] = 0.0
    out |= {"adm": adm2, "adm_num": sums[0], "adm_den": sums[1]}
    for s in range(4):
        out |= {f"adm_num_scale{s}": num[s], f"adm_den_scale{s}": den[s]}
    return out
