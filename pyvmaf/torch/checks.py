# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the twin accepts, and how it says no."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

FLOATS = (torch.float32, torch.float64)
HALVES = (torch.float16, torch.bfloat16)


def check_mode(mode: str, bit_depth: int) -> None:
    if mode not in ("smooth", "quantised", "exact"):
        raise ValueError(f"mode is {mode!r}; allowed: smooth, quantised, exact")
    if isinstance(bit_depth, bool) or not isinstance(bit_depth, int) or not 8 <= bit_depth <= 16:
        raise ValueError(f"bit_depth is {bit_depth!r}; allowed: 8 to 16")


def _check_form(name: str, x: Tensor, smallest: int) -> None:
    """Type, shape and dtype of one tensor."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} is a {type(x).__name__}; allowed: torch.Tensor")
    if x.dim() not in (4, 5) or x.shape[-3] != 1:
        raise ValueError(
            f"{name} has shape {tuple(x.shape)}; allowed: luma [N, 1, H, W], or clips "
            "[B, T, 1, H, W]; see rgb_to_luma for colour"
        )
    if x.dtype in HALVES and not torch.is_autocast_enabled(x.device.type):
        raise TypeError(
            f"{name} is {x.dtype}, too coarse for VMAF; allowed: float32, float64 or uint8; convert with {name}.float()"
        )
    if x.dtype not in (*FLOATS, *HALVES, torch.uint8):
        raise TypeError(f"{name} is {x.dtype}; allowed: float32, float64 or uint8")
    if x.numel() == 0:
        raise ValueError(f"{name} has shape {tuple(x.shape)}, no samples; at least one frame")
    if min(x.shape[-2:]) < smallest:
        raise ValueError(f"{name} is {x.shape[-1]}x{x.shape[-2]}; at least {smallest}x{smallest} is allowed")


def _check_values(name: str, x: Tensor) -> None:
    """Range of one tensor. One pass; it makes a GPU wait, hence `validate=False`."""
    if x.dtype == torch.uint8 or torch.compiler.is_compiling():
        return
    try:
        low, high = (bound.item() for bound in x.detach().aminmax())
    except RuntimeError:  # inside torch.func.vmap there are no values to look at
        return
    if not (low >= float("-inf") and high < float("inf") and low > float("-inf")):
        raise ValueError(f"{name} holds NaN or infinity; allowed: 0 to 255")
    if low < 0.0 or high >= 256.0:  # 16-bit samples end at 255 + 255/256
        raise ValueError(
            f"{name} spans {low:g} to {high:g}; allowed: 0 to 255 at any bit depth, such as {name}.clamp(0, 255)"
        )
    if 0.0 < high <= 1.0:
        raise ValueError(
            f"{name} spans {low:g} to {high:g} and seems to be in 0..1; allowed: 0 to 255, so "
            f"multiply by 255 (validate=False admits frames as dark as that)"
        )


def check_frames(name: str, x: Tensor, smallest: int, validate: bool) -> None:
    """Raise for anything the twin cannot measure.

    Raises:
        TypeError: not a tensor, or a dtype that is not allowed.
        ValueError: a shape, size or value that is not allowed.
    """
    _check_form(name, x, smallest)
    if validate:
        _check_values(name, x)


def check_pair(ref: Tensor, dist: Tensor, smallest: int, validate: bool) -> None:
    """`check_frames` of both, and that they belong together."""
    _check_form("ref", ref, smallest)
    _check_form("dist", dist, smallest)
    if ref.shape != dist.shape:
        raise ValueError(f"ref has shape {tuple(ref.shape)}, dist {tuple(dist.shape)}; they must be equal")
    if ref.device != dist.device:
        raise ValueError(f"ref is on {ref.device}, dist on {dist.device}; they must be equal")
    if ref.dtype != dist.dtype and ref.is_floating_point() and dist.is_floating_point():
        raise TypeError(f"ref is {ref.dtype}, dist {dist.dtype}; they must be equal")
    if validate:
        _check_values("ref", ref)
        _check_values("dist", dist)


def check_grid(name: str, x: Tensor, bit_depth: int) -> None:
    """Exact mode measures what a file of `bit_depth` bits can hold, nothing between."""
    if x.dtype == torch.uint8:
        return
    samples = x.detach().double() * 2.0 ** (bit_depth - 8)
    if not bool((samples == samples.round()).all()):
        step = 2.0 ** (8 - bit_depth)
        raise ValueError(
            f"{name} has values between the {bit_depth}-bit samples; exact mode allows multiples "
            f"of {step:g} only: round them, or use mode='quantised'"
        )


def note_autocast(device: torch.device) -> None:
    """Say that autocast does not reach in here."""
    if torch.is_autocast_enabled(device.type) and not torch.compiler.is_compiling():
        warnings.warn(
            "pyvmaf.torch computes in float32 under autocast: half precision is too coarse",
            stacklevel=4,
        )
