# SPDX-License-Identifier: BSD-2-Clause-Patent
"""LPIPS (squeeze, v0.1), differentiable, from the file that the extractor ``lpips`` runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..choices import LpipsChroma, LpipsDepth, LpipsMatrix, Range, Siting
from ..errors import VmafValueError
from ..lpips.convert import DEVIATION, MATRICES, MEAN, SITINGS, Floats
from ..lpips.export import SCALE, SHIFT, SLICES, complete, from_onnx
from ..lpips.extractor import CHOICES, DEFAULT_NET, MIN_SIDE, identify, locate
from .checks import autocast_is_on, check_rgb, floats, full_precision
from .fixed import Fixed, Tables
from .measure import straight_through

Planes = tuple[Tensor, Tensor, Tensor]


def _weights(model_path: str | os.PathLike[str] | None, unverified: bool) -> tuple[str, dict[str, Floats]]:
    """The path and the weights of the file that the extractor would run, checked as it checks it."""
    from ..lpips.onnx_model import load

    path, net = locate(None if model_path is None else os.fspath(model_path), DEFAULT_NET)
    identify(load(path), net, unverified=unverified)
    return path, complete(from_onnx(path), path)


class LPIPS(Fixed):
    """Learned perceptual distance of frames; 0: identical, larger is worse.

    The network is the one that `model_path` holds, pinned as for the extractor ``lpips``, and
    values are the extractor's within 1e-6. A position whose feature vector is zero on one side,
    where the extractor declines the frame, counts as one without features.

    Args:
        model_path: the ONNX file; None: as the extractor finds it.
        matrix: "compat", "bt601", "bt709" or "bt2020"; what Y'CbCr means.
        range: "limited" or "full".
        chroma: "nearest" or "bilinear"; how chroma is brought to the size of luma.
        siting: "left", "center" or "topleft"; where bilinear chroma samples lie.
        depth: "8": samples are rounded to 8 bits and RGB to bytes, with the gradient passed
            straight through; "native": neither.
        bit_depth: of the samples of Y'CbCr, 8 to 16; full range ends where they end.
        unverified: take a file that has a registered name but another sha256.
        validate: look at the values of the tensors.

    Raises:
        VmafError: no model, or one that is refused; the message says what to do.
        VmafValueError: an option that is not allowed.
    """

    gain: Tensor
    bias: Tensor

    def __init__(
        self,
        model_path: str | os.PathLike[str] | None = None,
        *,
        matrix: LpipsMatrix = "compat",
        range: Range = "limited",
        chroma: LpipsChroma = "nearest",
        siting: Siting = "left",
        depth: LpipsDepth = "8",
        bit_depth: int = 8,
        unverified: bool = False,
        validate: bool = True,
    ) -> None:
        given = {"matrix": matrix, "range": range, "chroma": chroma, "siting": siting, "depth": depth}
        for name, value in given.items():
            if value not in CHOICES[name]:
                raise VmafValueError(f"{name} is {value!r}; allowed: {', '.join(CHOICES[name])}")
        if isinstance(bit_depth, bool) or not isinstance(bit_depth, int) or not 8 <= bit_depth <= 16:
            raise VmafValueError(f"bit_depth is {bit_depth!r}; allowed: 8 to 16")
        self.path, self.weights = _weights(model_path, unverified)
        super().__init__()
        self.matrix, self.range, self.chroma, self.siting = matrix, range, chroma, siting
        self.depth, self.bit_depth, self.validate = depth, bit_depth, validate

    def tables(self) -> Tables:
        """Weights by their names in the graph, and the scaling of bytes."""
        made: dict[str, Any] = {name.replace(".", "_"): value for name, value in self.weights.items()}
        # A byte b becomes ((b / 255 - mean) / deviation), which the network takes back before its own scaling.
        unit = (np.arange(256, dtype=np.float64) / 255.0 - MEAN[:, None]) / DEVIATION[:, None]
        ends = ((unit * DEVIATION[:, None] + MEAN[:, None]) * 2 - 1 - SHIFT[:, None]) / SCALE[:, None]
        made["bias"] = ends[:, 0].astype(np.float32).reshape(1, 3, 1, 1)
        made["gain"] = (ends[:, 255] - ends[:, 0]).astype(np.float32).reshape(1, 3, 1, 1)
        return made

    def forward(self, ref: Tensor | Planes, dist: Tensor | Planes) -> Tensor:
        """Distances [N].

        Args:
            ref: R'G'B' [N, 3, H, W] in 0..255, or planes (Y', Cb, Cr) [N, 1, h, w] in 0..255 at any
                depth, chroma in full size or subsampled by two, rounded up.
            dist: the same of the distorted side.
        """
        device = (ref if isinstance(ref, Tensor) else ref[0]).device
        with full_precision(device):
            r, d = (self._input(name, x) for name, x in (("ref", ref), ("dist", dist)))
            if r.shape != d.shape:
                raise VmafValueError(f"ref is {tuple(r.shape)} as RGB, dist {tuple(d.shape)}; they must be equal")
            # One after the other: identical pictures then have identical features, and a reference
            # that needs no gradient has no graph.
            terms = [
                self._distance(one, other, i)
                for i, (one, other) in enumerate(zip(self._taps(r), self._taps(d), strict=True))
            ]
        return sum(terms[1:], terms[0])

    # --- samples to the network's input ---

    def _input(self, name: str, x: Tensor | Planes) -> Tensor:
        """The network's input [N, 3, H, W]."""
        rgb = self._of_rgb(name, x) if isinstance(x, Tensor) else self._of_planes(name, x)
        if min(rgb.shape[-2:]) < MIN_SIDE:
            raise VmafValueError(
                f"{name} is {rgb.shape[-1]}x{rgb.shape[-2]}; at least {MIN_SIDE}x{MIN_SIDE} is allowed"
            )
        rgb = rgb.clamp(0.0, 1.0)
        if self.depth == "8":
            rgb = straight_through(rgb, (rgb.detach() * 255.0 + 0.5).floor() / 255.0)
        return rgb * self.gain + self.bias

    def _of_rgb(self, name: str, x: Tensor) -> Tensor:
        if x.dim() != 4 or x.shape[1] != 3:
            raise VmafValueError(f"{name} has shape {tuple(x.shape)}; allowed: [N, 3, H, W], or planes (y, cb, cr)")
        if self.validate:
            check_rgb(x)
        return self._floating(name, x) / 255.0

    def _of_planes(self, name: str, planes: Planes) -> Tensor:
        if len(planes) != 3 or any(p.dim() != 4 or p.shape[1] != 1 for p in planes):
            raise VmafValueError(f"{name} has planes {[tuple(p.shape) for p in planes]}; allowed: three [N, 1, h, w]")
        height, width = planes[0].shape[-2:]
        sizes = [{size, (size + 1) // 2} for size in (height, width)]
        for plane in planes[1:]:
            if plane.shape[-2] not in sizes[0] or plane.shape[-1] not in sizes[1]:
                raise VmafValueError(f"{name} has chroma {tuple(plane.shape[-2:])} for luma {height}x{width}")
        y, u, v = (self._sample(self._floating(name, p)) for p in planes)
        u, v = (self._widened(self._widened(p, -2, height), -1, width) for p in (u, v))
        offset, luma, chroma = self._excursions()
        y, u, v = (y - offset) / luma, (u - 128.0) / chroma, (v - 128.0) / chroma
        red_v, green_u, green_v, blue_u = MATRICES[self.matrix]
        return torch.cat((y + red_v * v, y - green_u * u - green_v * v, y + blue_u * u), 1)

    def _floating(self, name: str, x: Tensor) -> Tensor:
        """In a floating type that is fine enough."""
        if x.dtype == torch.uint8:
            return x.float()
        if not x.is_floating_point():
            raise TypeError(f"{name} is {x.dtype}; allowed: uint8, or floating point in 0..255")
        made = floats(x)
        if made is not x and not autocast_is_on(x.device):
            raise TypeError(f"{name} is {x.dtype}, too coarse; convert with {name}.float()")
        return made

    def _sample(self, x: Tensor) -> Tensor:
        """Rounded to 8 bits, half up as the published scores have it, or as it is."""
        made: Tensor = straight_through(x, (x.detach() + 0.5).floor()) if self.depth == "8" else x
        return made

    def _excursions(self) -> tuple[float, float, float]:
        """Black, and the distances from black to white and of chroma, in 8-bit codes."""
        if self.range == "limited":
            return 16.0, 219.0, 224.0
        top = 255.0 if self.depth == "8" else 256.0 - 2.0 ** (8 - self.bit_depth)
        return 0.0, top, top

    def _widened(self, x: Tensor, dim: int, size: int) -> Tensor:
        """Chroma brought to the size of luma along one axis."""
        count = x.shape[dim]
        if count == size:
            return x
        at = torch.arange(size, device=x.device)
        if self.chroma == "nearest":
            return x.index_select(dim, (at // 2).clamp(max=count - 1))
        site = SITINGS[self.siting][0 if dim == -1 else 1]
        place = ((at - site) * 0.5).clamp(0.0, count - 1.0)
        first = place.floor().long()
        rest = (place - first).to(x.dtype).view((-1,) if dim == -1 else (-1, 1))
        one, other = x.index_select(dim, first), x.index_select(dim, (first + 1).clamp(max=count - 1))
        return one + (other - one) * rest

    # --- the network ---

    def _conv(self, x: Tensor, name: str, stride: int = 1) -> Tensor:
        """Convolution and ReLU; a 3x3 keeps the size, except for the strided first."""
        weight, bias = (getattr(self, f"{name}.{part}".replace(".", "_")).to(x.dtype) for part in ("weight", "bias"))
        return F.relu(F.conv2d(x, weight, bias, stride, weight.shape[2] // 2 if stride == 1 else 0))

    def _layer(self, x: Tensor, layer: str) -> Tensor:
        kind, _, number = layer.partition(" ")
        if kind == "pool":
            return F.max_pool2d(x, 3, 2, ceil_mode=True)
        name = f"features.{number}"
        if kind == "conv":
            return self._conv(x, name, stride=2)
        x = self._conv(x, f"{name}.squeeze")
        return torch.cat([self._conv(x, f"{name}.expand{k}x{k}") for k in (1, 3)], 1)

    def _taps(self, x: Tensor) -> Iterator[Tensor]:
        """The features that are compared, as unit vectors; a zero vector stays one."""
        for layers in SLICES:
            for layer in layers:
                x = self._layer(x, layer)
            total = x.square().sum(1, keepdim=True)
            yield x / torch.where(total > 0.0, total, 1.0).sqrt()

    def _distance(self, one: Tensor, other: Tensor, number: int) -> Tensor:
        """One tap's term [N]: weighted squared distance, averaged over positions."""
        weight = getattr(self, f"lin{number}_model_1_weight").to(one.dtype)
        return ((one - other).square() * weight).sum(1).mean((-2, -1))

    def extra_repr(self) -> str:
        """The options, as `print` shows them."""
        return (
            f"{self.path!r}, matrix={self.matrix!r}, range={self.range!r}, chroma={self.chroma!r}, depth={self.depth!r}"
        )
