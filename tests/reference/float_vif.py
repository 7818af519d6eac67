# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Float VIF in slow, plain NumPy: the judge of its kernels and of the extractor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .float_plane import F, Plane, blurred, resized, row_sums, total

EPSILON = F(1e-10)
LOG = np.array(
    [
        -0.012671635276421, 0.064841182402670, -0.157048836463065, 0.257167726303123, -0.353800560300520,
        0.480131410397451, -0.721314327952201, 1.442694803896991, 0,
    ],
    np.float32,
)  # fmt: skip
KERNEL_SCALES = (
    1, 1 / 2, 3 / 2, 2, 2 / 3, 2.4, 360 / 97, 4 / 3, 3.5 / 3, 3.75 / 3, 4.25 / 3, 5 / 3, 3, 1 / 2.25, 1.4746, 1.54,
    1.6, 1.06667, 0.711111, 0.740740, 1.111111,
)  # fmt: skip


@dataclass(frozen=True)
class Options:
    enhn_gain_limit: float = 100.0
    kernelscale: float = 1.0
    prescale: float = 1.0
    prescale_method: str = "nearest"
    min_val: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sigma_nsq: float = 2.0
    skip_scale0: bool = False


def window(scale: int, kernelscale: float = 1.0) -> NDArray[np.float32]:
    n = math.ceil(F(F((1 << (4 - scale)) + 1) * F(kernelscale)))
    n = max(n + 1 - n % 2, 3)
    sd = F(n) / F(5)
    den = F(1.0 / (float(sd) * math.sqrt(2 * math.pi)))
    d = [float(i - (n - 1) // 2) for i in range(n)]
    e = [F(math.exp((((-0.5 * x) / float(sd)) * x) / float(sd))) for x in d]
    g = np.array(e, np.float32) / den
    return np.asarray(g / total(g))


def log2(x: NDArray[np.float32]) -> NDArray[np.float32]:
    bits = np.asarray(x, np.float32).view(np.uint32)
    f = ((bits & 0x7FFFFF) | (127 << 23)).view(np.float32) - F(1)
    q = np.zeros_like(f)
    for a in LOG:
        q = q * f + a
    return np.asarray(((bits >> 23 & 255).astype(np.float32) - F(127)) + q)


def flat_cost(noise: float) -> np.float32:
    """What distorted variance costs where the reference has less than the noise."""
    return F(float(F(noise) * F(noise)) / 65025.0)


def terms(ref: Plane, dist: Plane, taps: NDArray[np.float32], noise: float, limit: float) -> tuple[Plane, Plane]:
    """What every sample adds to the numerator and to the denominator."""
    mean_r, mean_d = blurred(ref, taps), blurred(dist, taps)
    x = blurred(ref * ref, taps) - mean_r * mean_r
    y = blurred(dist * dist, taps) - mean_d * mean_d
    z = blurred(ref * dist, taps) - mean_r * mean_d
    x, y = np.maximum(x, F(0)), np.maximum(y, F(0))
    with np.errstate(all="ignore"):
        g = z / (x + EPSILON)
        v = y - g * z
        flat = x < EPSILON
        g, v, x = np.where(flat, F(0), g), np.where(flat, y, v), np.where(flat, F(0), x)
        g, v = np.where(y < EPSILON, F(0), g), np.where(y < EPSILON, F(0), v)
        v, g = np.where(g < 0, y, v), np.where(g < 0, F(0), g)
        v = np.maximum(v, EPSILON)
        g = np.where(g < F(limit), g, F(limit))
        num = log2((1.0 + (g * g * x).astype(np.float64) / (v.astype(np.float64) + noise)).astype(np.float32))
        den = log2((1.0 + x.astype(np.float64) / noise).astype(np.float32))
    num = np.where(z < 0, F(0), num)
    inactive = x.astype(np.float64) < noise
    return np.where(inactive, F(1) - y * flat_cost(noise), num), np.where(inactive, F(1), den)


def scores(ref: Plane, dist: Plane, options: Options) -> dict[str, float]:
    """Every number of a frame under its plain name."""
    h, w = ref.shape
    size = int(w * options.prescale + 0.5), int(h * options.prescale + 0.5)
    ref, dist = (resized(p, *size, options.prescale_method) for p in (ref, dist))
    num, den = [], []
    for s in range(4):
        taps = window(s, options.kernelscale)
        if s:
            ref, dist = blurred(ref, taps, 2), blurred(dist, taps, 2)
        parts = terms(ref, dist, taps, options.sigma_nsq, options.enhn_gain_limit)
        n, d = (float(total(row_sums(p))) for p in parts)
        num.append(n)
        den.append(d)
    if options.skip_scale0:
        num[0], den[0] = 0.0, -1.0
    first = 1 if options.skip_scale0 else 0
    sums = [0.0, 0.0]
    for s in range(first, 4):
        sums = [sums[0] + num[s], sums[1] + den[s]]
    out = {"vif_scale0": 0.0 if options.skip_scale0 else num[0] / den[0]}
    out |= {f"vif_scale{s}": max(num[s] / den[s], options.min_val[s - 1]) for s in (1, 2, 3)}
    out |= {"vif": sums[0] / sums[1] if sums[1] else 1.0, "vif_num": sums[0], "vif_den": sums[1]}
    for s in range(4):
        out |= {f"vif_num_scale{s}": num[s], f"vif_den_scale{s}": den[s]}
    return out


def kernel_scale_listed(value: float, listed: Sequence[float] = KERNEL_SCALES) -> bool:
    return any(abs(F(value) - F(k)) < F(1e-3) for k in listed)
