# SPDX-License-Identifier: BSD-2-Clause-Patent
"""LPIPS in slow float64 NumPy, from the definition: the judge of the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

TAPS = (("0",), ("pool", "3", "4"), ("pool", "6", "7"), ("pool", "9"), ("10",), ("11",), ("12",))


def windows(x: Array, size: int, stride: int) -> Array:
    """Channels x rows x columns x size x size."""
    view = np.lib.stride_tricks.sliding_window_view(x, (size, size), (1, 2))
    return view[:, ::stride, ::stride]


def conv(x: Array, weight: Array, bias: Array, stride: int = 1) -> Array:
    """Convolution and ReLU."""
    size = weight.shape[2]
    if stride == 1 and size > 1:
        x = np.pad(x, ((0, 0), (size // 2,) * 2, (size // 2,) * 2))
    out = np.einsum("chwij,ocij->ohw", windows(x, size, stride), weight.astype(np.float64))
    return np.maximum(out + bias.astype(np.float64)[:, None, None], 0)


def pool(x: Array) -> Array:
    """The largest of 3x3, every second one; a last window may hang over the edge."""
    more = [(0, 0), *((0, (-(n - 3)) % 2) for n in x.shape[1:])]
    return windows(np.pad(x, more, constant_values=-np.inf), 3, 2).max((3, 4))


def features(weights: Mapping[str, Array], rgb: Array) -> list[Array]:
    shift, scale = np.array([-0.030, -0.088, -0.188]), np.array([0.458, 0.448, 0.450])
    x = (rgb * 2 - 1 - shift[:, None, None]) / scale[:, None, None]
    found = []
    for layers in TAPS:
        for layer in layers:
            name = f"features.{layer}"
            if layer == "pool":
                x = pool(x)
            elif layer == "0":
                x = conv(x, weights[f"{name}.weight"], weights[f"{name}.bias"], 2)
            else:
                squeeze, one, three = (
                    [weights[f"{name}.{part}.{k}"] for k in ("weight", "bias")]
                    for part in ("squeeze", "expand1x1", "expand3x3")
                )
                narrow = conv(x, *squeeze)
                x = np.concatenate([conv(narrow, *one), conv(narrow, *three)])
        found.append(x)
    return found


def distance(weights: Mapping[str, Array], ref: Array, dist: Array) -> float:
    """Of two pictures 3 x height x width in 0 to 1."""
    total = 0.0
    for i, (a, c) in enumerate(zip(features(weights, ref), features(weights, dist), strict=True)):
        a, c = (x / np.sqrt((x * x).sum(0)) for x in (a, c))
        weight = weights[f"lin{i}.model.1.weight"].astype(np.float64).reshape(-1, 1, 1)
        total += float((weight * (a - c) ** 2).sum(0).mean())
    return total
