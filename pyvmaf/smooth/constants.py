# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Filter taps and thresholds, from where the C kernels read them, and what derives from them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .._ffi import ffi, lib, text

SCALES: int = lib.ADM_SCALES

#: Windows of VIF, one a scale, in 1/65536: 17, 9, 5 and 3 taps.
VIF_TAPS: tuple[tuple[int, ...], ...] = tuple(tuple(tap for tap in window if tap) for window in lib.vif_taps)
#: Variance of the visual noise in squared grey levels.
VIF_NOISE: float = lib.VIF_NOISE / 65536
#: Largest gain a scale can show: sqrt(127.5^2 / VIF_NOISE) rounded up. Limits above never act.
VIF_GAIN_BOUND = 90.2

#: 1 - y * this is what a sample with a flat reference adds to the numerator, y the distorted variance.
VIF_INACTIVE: float = VIF_NOISE * VIF_NOISE / 65025.0

#: Blur of motion in 1/65536.
MOTION_TAPS: tuple[int, ...] = (*lib.motion_window, *reversed(tuple(lib.motion_window)[:-1]))

#: Daubechies-2 low pass and high pass in 1/32768.
ADM_LOW: tuple[int, ...] = tuple(lib.adm_low_taps.tap)
ADM_HIGH: tuple[int, ...] = tuple(lib.adm_high_taps.tap)
#: The same unrounded.
ADM_SMOOTH_LOW: tuple[float, ...] = tuple(lib.adm_smooth_low)
ADM_SMOOTH_HIGH: tuple[float, ...] = tuple(lib.adm_smooth_high)
#: cos^2 of one degree, binary32: within it a gain counts as enhancement.
ADM_COS2: float = lib.adm_cos2


def gaussian(size: int) -> list[float]:
    """The window the integer taps round: standard deviation a fifth of its size, unit sum."""
    weights = [math.exp(-0.5 * ((i - size // 2) * 5 / size) ** 2) for i in range(size)]
    return [weight / sum(weights) for weight in weights]


def float32(x: float) -> float:
    """Round to binary32, as the definition does between steps."""
    return float(ffi.cast("float", x))


def gaussian32(size: int) -> list[float]:
    """`gaussian` as the definition rounds it: the last bits tell in the variance of dark and bright areas."""
    deviation = float32(size / 5)
    height = float32(1 / (deviation * math.sqrt(2 * math.pi)))
    offsets = range(-(size // 2), size // 2 + 1)
    weights = [float32(float32(math.exp(-0.5 * d / deviation * d / deviation)) / height) for d in offsets]
    total = 0.0
    for weight in weights:
        total = float32(total + weight)
    return [float32(weight / total) for weight in weights]


@dataclass(frozen=True)
class Sensitivity:
    """Contrast sensitivity of one scale by orientation: binary32 values, and the integers of the kernels."""

    factor: tuple[float, ...]
    fixed: tuple[int, ...]


def sensitivities(
    mode: int, distance: float, height: int, scale: float, diagonal_scale: float
) -> tuple[Sensitivity, ...]:
    """Those of the four scales, by the engine.

    Raises:
        ValueError: these options give no usable factors; it says which do.
    """
    viewing = ffi.new("AdmViewing *", [mode, distance, height, scale, diagonal_scale])
    made = ffi.new("AdmCsf[]", SCALES)
    if lib.adm_csf(made, viewing):
        raise ValueError((text(lib.pyvmaf_last_message()) or "").removeprefix("adm: "))
    return tuple(Sensitivity(tuple(csf.factor), tuple(csf.fixed)) for csf in made)
