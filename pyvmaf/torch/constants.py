# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Filter taps and tables of the fixed-point kernels, as the definition has them.

Integers are the fixed-point tables of the C kernels; the floating-point forms
derive from the definitions behind those tables.
"""

from __future__ import annotations

import math

#: Windows of VIF, one a scale, in 1/65536: 17, 9, 5 and 3 taps.
VIF_TAPS: tuple[tuple[int, ...], ...] = (
    (489, 935, 1640, 2640, 3896, 5274, 6547, 7455, 7784, 7455, 6547, 5274, 3896, 2640, 1640, 935, 489),
    (1244, 3663, 7925, 12590, 14692, 12590, 7925, 3663, 1244),
    (3571, 16004, 26386, 16004, 3571),
    (10904, 43728, 10904),
)


def gaussian(size: int) -> list[float]:
    """The window the integer taps round: standard deviation a fifth of its size, unit sum."""
    weights = [math.exp(-0.5 * ((i - size // 2) * 5 / size) ** 2) for i in range(size)]
    return [weight / sum(weights) for weight in weights]


#: Variance of the visual noise in squared grey levels.
VIF_NOISE = 2.0
#: Largest gain a scale can show: sqrt(127.5^2 / VIF_NOISE) rounded up. Limits above never act.
VIF_GAIN_BOUND = 90.2

#: Blur of motion in 1/65536.
MOTION_TAPS: tuple[int, ...] = (3571, 16004, 26386, 16004, 3571)

#: Daubechies-2 low pass and high pass in 1/32768.
ADM_LOW: tuple[int, ...] = (15826, 27411, 7345, -4240)
ADM_HIGH: tuple[int, ...] = (-4240, -7345, 27411, -15826)
#: The same unrounded; the high pass is the low pass backwards with alternating signs.
DAUBECHIES = tuple((a + b * math.sqrt(3)) / (4 * math.sqrt(2)) for a, b in ((1, 1), (3, 1), (3, -1), (1, -1)))
#: cos^2 of one degree, binary32: within it a gain counts as enhancement.
ADM_COS2 = float.fromhex("0x1.ffd814p-1")

# Contrast sensitivity of Watson et al. (1997), luma: basis amplitudes (h and v, d) by scale.
_WATSON = ((0.67234, 0.72709), (0.41317, 0.49428), (0.22727, 0.28688), (0.11792, 0.15214))

# Blends of contrast sensitivities tabulated by (display height, viewing distance in heights): the
# factors of h and v at four scales, then those of d. Mode 2 was fitted to squared, 3 to absolute
# error. Pairs below 3240 = height * distance are rejected before the table is looked at.
_BLEND: dict[int, dict[tuple[int, float], tuple[tuple[float, ...], tuple[float, ...]]]] = {
    2: {
        (1080, 3.0): ((0.01183, 0.025026, 0.04295, 0.058621), (0.004302, 0.011778, 0.023918, 0.035901)),
        (1080, 5.0): ((0.004212, 0.014809, 0.029642, 0.047464), (0.000984, 0.005852, 0.0146, 0.027574)),
        (2160, 3.0): ((0.00226, 0.01183, 0.025026, 0.04295), (0.000479, 0.004302, 0.011778, 0.023918)),
        (2160, 5.0): ((0.000092, 0.004212, 0.014809, 0.029642), (0.000050, 0.000984, 0.005852, 0.0146)),
        (720, 5.0): ((0.010144, 0.022561, 0.040309, 0.05672), (0.003463, 0.010282, 0.021839, 0.034641)),
    },
    3: {
        (1080, 3.0): ((0.011249, 0.022606, 0.035930, 0.045673), (0.004097, 0.010921, 0.021430, 0.031313)),
        (1080, 5.0): ((0.004052, 0.013939, 0.026298, 0.038833), (0.000927, 0.005544, 0.013415, 0.024515)),
        (2160, 3.0): ((0.002166, 0.011249, 0.022606, 0.035930), (0.000447, 0.004097, 0.010921, 0.021430)),
        (2160, 5.0): ((0.000077, 0.004052, 0.013939, 0.026298), (0.000045, 0.000927, 0.005544, 0.013415)),
        (720, 5.0): ((0.009689, 0.020577, 0.034162, 0.044523), (0.003302, 0.009579, 0.019661, 0.030318)),
    },
}
for _table in _BLEND.values():
    _table[(2160, 1.5)] = _table[(1080, 3.0)]


def float32(x: float) -> float:
    """Round to binary32, as the definition does between steps."""
    import struct

    return float(struct.unpack("f", struct.pack("f", x))[0])


def _watson(scale: int, diagonal: bool, resolution: float) -> float:
    gain = 0.534 if diagonal else 1.0
    amplitude = float32(_WATSON[scale][diagonal])
    f0, k, a = float32(0.401), float32(0.466), float32(0.495)
    level = float32(math.log10((2.0 ** (scale + 1) * f0) * float32(gain) / resolution))
    exponent = float32(float32(k * level) * level)
    return float32(1.0 / float32(2.0 * a * 10.0**exponent / amplitude))


def adm_factors(mode: int, distance: float, height: int) -> tuple[tuple[float, float], ...]:
    """Contrast sensitivity factors (h and v, d) of the four scales, binary32 values.

    Raises:
        ValueError: for a viewing condition or mode the twin has no factors for.
    """
    if distance * height < 3 * 1080:
        raise ValueError(
            f"adm_norm_view_dist {distance:g} times adm_ref_display_height {height} is "
            f"{distance * height:g}; at least 3240 is allowed"
        )
    if mode == 0:
        resolution = float32(distance * height * math.pi / 180.0)
        return tuple((_watson(s, False, resolution), _watson(s, True, resolution)) for s in range(4))
    if mode not in _BLEND:
        raise ValueError(f"adm_csf_mode {mode} is not in pyvmaf.torch; allowed: 0, 2, 3")
    try:
        straight, diagonal = _BLEND[mode][(height, float(distance))]
    except KeyError:
        known = ", ".join(f"{d:g} at {h}" for h, d in sorted(_BLEND[mode]))
        raise ValueError(
            f"adm_csf_mode {mode} has no factors for adm_norm_view_dist {distance:g} at "
            f"adm_ref_display_height {height}; allowed: {known}"
        ) from None
    return tuple((float32(s), float32(d)) for s, d in zip(straight, diagonal, strict=True))
