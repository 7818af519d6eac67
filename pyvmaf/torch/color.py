# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Luma of RGB, as video defines it."""

from __future__ import annotations

import torch
from torch import Tensor

from .checks import check_rgb, floats

# Weights of red and blue; green takes the rest (ITU-R BT.601-7, BT.709-6, BT.2020-2).
_WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
# Offset and excursion of 8-bit luma.
_RANGES = {"limited": (16.0, 219.0), "full": (0.0, 255.0)}

#: RGB that needs a gradient was converted: `VMAFLoss` then says once what it does not see.
trained = False


def rgb_to_luma(rgb: Tensor, matrix: str = "bt709", range: str = "limited", *, validate: bool = True) -> Tensor:
    """Luma [..., 1, H, W] in 0..255 of gamma-corrected RGB [..., 3, H, W] in 0..255.

    VMAF's models were trained on limited-range luma (16..235). High definition
    is BT.709, standard definition BT.601, ultra-high definition BT.2020.

    Half precision becomes binary32, which autocast does not change: bf16 luma would count whole levels.

    Args:
        rgb: floating point.
        matrix: "bt601", "bt709" or "bt2020".
        range: "limited" or "full".
        validate: look at the values, which makes a GPU wait.

    Raises:
        ValueError: for an unknown matrix or range, a tensor without three channels, or
            values that look like 0..1 or -1..1.
        TypeError: integers.
    """
    _check(rgb, matrix, range)
    if validate:
        check_rgb(rgb)
    global trained
    trained = trained or rgb.requires_grad
    return _luma(floats(rgb), matrix, range)


def luma_and_chroma(rgb: Tensor, matrix: str, range: str) -> tuple[Tensor, Tensor]:
    """Luma [..., 1, H, W] as `rgb_to_luma` makes it, and Cb and Cr [..., 2, H, W] about 0, in 8-bit codes.

    Raises:
        ValueError: for an unknown matrix or range, or a tensor without three channels.
        TypeError: integers.
    """
    _check(rgb, matrix, range)
    rgb = floats(rgb)
    red, blue = _WEIGHTS[matrix]
    luma = _luma(rgb, matrix, range)
    offset, excursion = _RANGES[range]
    y = (luma.squeeze(-3) - offset) * (255.0 / excursion)
    scale = (224.0 if range == "limited" else 255.0) / 255.0 / 2.0
    cb = (rgb.select(-3, 2) - y) * (scale / (1.0 - blue))
    cr = (rgb.select(-3, 0) - y) * (scale / (1.0 - red))
    return luma, torch.stack((cb, cr), -3)


def _check(rgb: Tensor, matrix: str, range: str) -> None:
    if matrix not in _WEIGHTS:
        raise ValueError(f"matrix is {matrix!r}; allowed: {', '.join(_WEIGHTS)}")
    if range not in _RANGES:
        raise ValueError(f"range is {range!r}; allowed: {', '.join(_RANGES)}")
    if rgb.dim() < 3 or rgb.shape[-3] != 3:
        raise ValueError(f"rgb has shape {tuple(rgb.shape)}; allowed: [..., 3, H, W]")
    if not rgb.is_floating_point():
        raise TypeError(f"rgb is {rgb.dtype}; allowed: floating point in 0..255")


def _luma(rgb: Tensor, matrix: str, range: str) -> Tensor:
    red, blue = _WEIGHTS[matrix]
    offset, excursion = _RANGES[range]
    r, g, b = rgb.unbind(-3)
    luma = red * r + (1.0 - red - blue) * g + blue * b
    return (offset + luma * (excursion / 255.0)).unsqueeze(-3)
