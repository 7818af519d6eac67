# SPDX-License-Identifier: BSD-2-Clause-Patent
"""PSNR in plain Python integers and doubles: the judge of the C extractor."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def sse(ref: NDArray[np.generic], dist: NDArray[np.generic]) -> int:
    return int(((ref.astype(np.int64) - dist.astype(np.int64)) ** 2).sum())


def peak(bpc: int, reduced: bool) -> int:
    return 255 << (bpc - 8) if reduced else (1 << bpc) - 1


def mse(ref: NDArray[np.generic], dist: NDArray[np.generic]) -> float:
    return sse(ref, dist) / ref.size


def psnr(
    ref: NDArray[np.generic], dist: NDArray[np.generic], bpc: int, reduced: bool = False,
    min_sse: float = 0.0,
) -> float:  # fmt: skip
    p2 = float(peak(bpc, reduced) ** 2)
    cap = float(6 * bpc + 12)
    if min_sse:
        cap = float(math.ceil(10.0 * math.log10(p2 / (min_sse / ref.size))))
    return min(10.0 * math.log10(p2 / max(mse(ref, dist), 1e-16)), cap)


def apsnr(total_sse: int, samples: int, bpc: int, reduced: bool = False) -> float:
    p2 = peak(bpc, reduced) ** 2
    cap = float(math.ceil(10.0 * math.log10(float(p2 * samples * 2))))
    if not total_sse:
        return cap
    db = 10.0 * (math.log10(float(p2)) + math.log10(float(samples)) - math.log10(float(total_sse)))
    return min(db, cap)
