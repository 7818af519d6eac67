# SPDX-License-Identifier: BSD-2-Clause-Patent
"""VMAF in PyTorch: a differentiable twin of the engine, to train with.

>>> import torch
>>> from pyvmaf.torch import VMAF, VMAFLoss
>>> ref = torch.rand(2, 1, 64, 64) * 219 + 16
>>> VMAF()(ref, ref).shape
torch.Size([2])
"""

try:
    import torch as _torch  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("pyvmaf.torch needs PyTorch: pip install torch", name=error.name) from None

from . import functional
from .color import rgb_to_luma, rgb_to_planes
from .loss import PerceptualLoss, VMAFLoss
from .lpips import LPIPS
from .vmaf import VMAF

__all__ = ["LPIPS", "VMAF", "PerceptualLoss", "VMAFLoss", "functional", "rgb_to_luma", "rgb_to_planes"]
