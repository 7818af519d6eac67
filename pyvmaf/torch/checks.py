# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the twin accepts, and how it says no."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from typing import Any, get_args

import torch
from torch import Tensor

from ..choices import CambiForm, Mode
from ..smooth.chroma import misfit

FLOATS = (torch.float32, torch.float64)
HALVES = (torch.float16, torch.bfloat16)
_WIDE = (torch.int16, torch.uint16, torch.int32)


def floats(x: Tensor) -> Tensor:
    """The same values in the type that they are measured in: half precision becomes binary32."""
    return x.float() if x.dtype in HALVES else x


def check_word(name: str, value: str, allowed: Collection[str]) -> None:
    """Raise for a word that is none of those."""
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; allowed: {', '.join(allowed)}")


def check_mode(mode: str, bit_depth: int) -> None:
    """Raise for a mode that does not exist."""
    check_word("mode", mode, get_args(Mode))
    if isinstance(bit_depth, bool) or not isinstance(bit_depth, int) or not 8 <= bit_depth <= 16:
        raise ValueError(f"bit_depth is {bit_depth!r}; allowed: 8 to 16")


def check_cambi(form: str) -> None:
    """Raise for a form of CAMBI that does not exist."""
    check_word("cambi", form, get_args(CambiForm))


def _check_form(name: str, x: Tensor, smallest: int) -> None:
    """Type, shape and dtype of one tensor."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} is a {type(x).__name__}; allowed: torch.Tensor")
    if x.layout != torch.strided:
        raise TypeError(f"{name} is {x.layout}; allowed: dense tensors, such as {name}.to_dense()")
    if x.dim() not in (4, 5) or x.shape[-3] != 1:
        raise ValueError(
            f"{name} has shape {tuple(x.shape)}; allowed: luma [N, 1, H, W], or clips "
            "[B, T, 1, H, W]; see rgb_to_luma and rgb_to_planes for colour"
        )
    if x.dtype in HALVES and not autocast_is_on(x.device):
        raise TypeError(
            f"{name} is {x.dtype}, too coarse for VMAF; allowed: float32, float64 or uint8; convert with {name}.float()"
        )
    if x.dtype not in (*FLOATS, *HALVES, torch.uint8):
        recipe = f"; {name}.float() / 4 makes 10-bit samples such" if x.dtype in _WIDE else ""
        raise TypeError(f"{name} is {x.dtype}; allowed: float32, float64 or uint8, values in 0 to 255{recipe}")
    if x.numel() == 0:
        raise ValueError(f"{name} has shape {tuple(x.shape)}, no samples; at least one frame")
    if min(x.shape[-2:]) < smallest:
        raise ValueError(f"{name} is {x.shape[-1]}x{x.shape[-2]}; at least {smallest}x{smallest} is allowed")


def _look(x: Tensor) -> tuple[float, float] | None:
    """Least and greatest value; None where there are none to look at: in a graph, in vmap, on the meta device."""
    if torch.compiler.is_compiling() or x.device.type == "meta":
        return None
    try:
        low, high = (bound.item() for bound in x.detach().aminmax())
    except RuntimeError:
        return None
    return low, high


def _check_values(name: str, x: Tensor) -> bool:
    """Range of one tensor, and whether it is known. One pass; it makes a GPU wait, hence `validate=False`."""
    if x.dtype == torch.uint8:
        return True
    bounds = _look(x)
    if bounds is None:
        return False
    low, high = bounds
    if not (low > float("-inf") and high < float("inf")):
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
    return True


def check_rgb(rgb: Tensor) -> None:
    """Raise for RGB that is not in 0..255; its luma would not show it, because of the offset of limited range.

    Raises:
        ValueError: the values look like 0..1 or -1..1.
    """
    bounds = _look(rgb)
    if bounds is None:
        return
    low, high = bounds
    if low >= -1.0 and 0.0 < high <= 1.0:
        scale = "255 * rgb" if low >= 0.0 else "127.5 * (rgb + 1)"
        raise ValueError(
            f"rgb spans {low:g} to {high:g} and seems to be in {'0..1' if low >= 0.0 else '-1..1'}; allowed: "
            f"0 to 255, so give {scale} (validate=False admits frames as dark as that)"
        )


def check_frames(name: str, x: Tensor, smallest: int, validate: bool) -> bool:
    """Raise for anything the twin cannot measure; return whether the values are known to be finite.

    Raises:
        TypeError: not a tensor, or a dtype that is not allowed.
        ValueError: a shape, size or value that is not allowed.
    """
    _check_form(name, x, smallest)
    return validate and _check_values(name, x)


def check_pair(ref: Tensor, dist: Tensor, smallest: int, validate: bool) -> bool:
    """`check_frames` of both, and that they belong together."""
    _check_form("ref", ref, smallest)
    _check_form("dist", dist, smallest)
    if ref.shape != dist.shape:
        raise ValueError(f"ref has shape {tuple(ref.shape)}, dist {tuple(dist.shape)}; they must be equal")
    if ref.device != dist.device:
        raise ValueError(f"ref is on {ref.device}, dist on {dist.device}; they must be equal")
    # Half precision, which only autocast lets in, is measured in binary32.
    kinds = [torch.float32 if x.dtype in HALVES else x.dtype for x in (ref, dist) if x.is_floating_point()]
    if len(set(kinds)) > 1:
        raise TypeError(f"ref is {ref.dtype}, dist {dist.dtype}; they must be equal")
    if not validate:
        return False
    known = [_check_values("ref", ref), _check_values("dist", dist)]
    return all(known)


def check_chroma(name: str, ref: tuple[Tensor, Tensor], dist: tuple[Tensor, Tensor], validate: bool) -> bool:
    """`check_pair` of a plane of chroma; each side is (luma, chroma)."""
    for side, (luma, plane) in (("ref", ref), ("dist", dist)):
        _check_form(f"{side}'s {name}", plane, 1)
        wanted = misfit(tuple(luma.shape[-2:]), tuple(plane.shape[-2:]))
        if wanted or plane.shape[:-2] != luma.shape[:-2]:
            raise ValueError(
                f"{side}'s {name} has shape {tuple(plane.shape)} beside luma {tuple(luma.shape)}; allowed: as many "
                f"frames, of {wanted or 'that size'}"
            )
        if plane.device != luma.device or plane.dtype != luma.dtype:
            kinds = [f"{x.dtype} on {x.device}" for x in (plane, luma)]
            raise TypeError(f"{side}'s {name} is {kinds[0]}, its luma {kinds[1]}; they must be equal")
    if ref[1].shape != dist[1].shape:
        raise ValueError(f"ref's {name} has shape {tuple(ref[1].shape)}, dist's {tuple(dist[1].shape)}")
    if not validate:
        return False
    known = [_check_values(f"{side}'s {name}", plane) for side, (_, plane) in (("ref", ref), ("dist", dist))]
    return all(known)


def check_grid(name: str, x: Tensor, bit_depth: int) -> None:
    """Exact mode measures what a file of `bit_depth` bits can hold, nothing between."""
    if x.dtype == torch.uint8:
        return
    samples = x.detach().double() * 2.0 ** (bit_depth - 8)
    try:
        on_grid = bool(((samples == samples.round()) | ~samples.isfinite()).all())
    except RuntimeError as error:
        raise RuntimeError(
            "exact mode measures samples by the C engine; call it outside torch.func.vmap and torch.compile"
        ) from error
    if not on_grid:
        step = 2.0 ** (8 - bit_depth)
        raise ValueError(
            f"{name} has values between the {bit_depth}-bit samples; exact mode allows multiples "
            f"of {step:g} only: round them, or use mode='quantised'"
        )


def autocast_is_on(device: torch.device) -> bool:
    """Whether this code runs under autocast for tensors on the device."""
    return torch.amp.is_autocast_available(device.type) and torch.is_autocast_enabled(device.type)


def full_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Within it, autocast leaves operations on the device alone."""
    return torch.autocast(device.type, enabled=False) if autocast_is_on(device) else nullcontext()


def note_autocast(*planes: Tensor) -> None:
    """Say that autocast does not reach in here, and which tensors it has already rounded."""
    if torch.compiler.is_compiling() or not autocast_is_on(planes[0].device):
        return
    names = ("ref", "dist")[: len(planes)]
    halves = [f"{n} is {x.dtype}" for n, x in zip(names, planes, strict=True) if x.dtype in HALVES]
    given = f" ({' and '.join(halves)}, rounded before it came here)" if halves else ""
    warnings.warn(f"pyvmaf.torch computes in float32 under autocast: half precision is too coarse{given}", stacklevel=4)
