# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Luma and chroma of RGB, as video defines them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..choices import Matrix, Range, Subsampling
from .checks import check_rgb, check_word, floats

# Weights of red and blue; green takes the rest (ITU-R BT.601-7, BT.709-6, BT.2020-2).
_WEIGHTS: dict[Matrix, tuple[float, float]] = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
}
# Offset and excursion of 8-bit luma.
_RANGES: dict[Range, tuple[float, float]] = {"limited": (16.0, 219.0), "full": (0.0, 255.0)}

# Rows and columns of luma for each of chroma.
_STEPS: dict[Subsampling, tuple[int, int]] = {"420": (2, 2), "422": (1, 2), "444": (1, 1)}

#: RGB that needs a gradient was converted: `VMAFLoss` then says once what it does not see.
trained = False


def rgb_to_luma(rgb: Tensor, matrix: Matrix = "bt709", range: Range = "limited", *, validate: bool = True) -> Tensor:
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


def rgb_to_planes(
    rgb: Tensor,
    matrix: Matrix = "bt709",
    range: Range = "limited",
    chroma: Subsampling = "420",
    *,
    validate: bool = True,
) -> tuple[Tensor, Tensor, Tensor]:
    """Planes (Y', Cb, Cr) [..., 1, h, w] in 0..255 of gamma-corrected RGB [..., 3, H, W] in 0..255.

    Subsampled chroma is the mean of the samples it stands for, two or four; at an odd edge, of those that
    there are. Values may leave 0..255 a little, as RGB does.

    Args:
        rgb: floating point; see `rgb_to_luma`, as for the next two.
        matrix: "bt601", "bt709" or "bt2020".
        range: "limited" or "full".
        chroma: "420", "422" or "444". Videos, and what VMAF v1 was trained on, are 4:2:0.
        validate: look at the values, which makes a GPU wait.

    Raises:
        ValueError: for an unknown matrix, range or chroma, a tensor without three channels, or
            values that look like 0..1 or -1..1.
        TypeError: integers.
    """
    check_word("chroma", chroma, _STEPS)
    _check(rgb, matrix, range)
    if validate:
        check_rgb(rgb)
    luma, both = luma_and_chroma(rgb, matrix, range)
    if _STEPS[chroma] != (1, 1):
        flat = both.reshape(-1, *both.shape[-3:])
        means = F.avg_pool2d(flat, _STEPS[chroma], ceil_mode=True, count_include_pad=False)
        both = means.view(*both.shape[:-2], *means.shape[-2:])
    cb, cr = (both + 128.0).split(1, -3)
    return luma, cb, cr


def luma_and_chroma(rgb: Tensor, matrix: Matrix, range: Range) -> tuple[Tensor, Tensor]:
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


def _check(rgb: Tensor, matrix: Matrix, range: Range) -> None:
    check_word("matrix", matrix, _WEIGHTS)
    check_word("range", range, _RANGES)
    if rgb.dim() < 3 or rgb.shape[-3] != 3:
        raise ValueError(f"rgb has shape {tuple(rgb.shape)}; allowed: [..., 3, H, W]")
    if not rgb.is_floating_point():
        raise TypeError(f"rgb is {rgb.dtype}; allowed: floating point in 0..255")


def _luma(rgb: Tensor, matrix: Matrix, range: Range) -> Tensor:
    red, blue = _WEIGHTS[matrix]
    offset, excursion = _RANGES[range]
    r, g, b = rgb.unbind(-3)
    luma = red * r + (1.0 - red - blue) * g + blue * b
    return (offset + luma * (excursion / 255.0)).unsqueeze(-3)
