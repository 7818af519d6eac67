# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Modules whose numbers come from a file and never change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor, nn

Tables = Mapping[str, npt.NDArray[Any]]


class Fixed(nn.Module):
    """A module over constant tables: they follow it to a device, never to a dtype, and are in no state dict.

    Moved, they are made again from what was read, so that a module that was made on the meta
    device is filled where it goes.
    """

    def __init__(self) -> None:
        super().__init__()
        for key, table in self.tables().items():
            self.register_buffer(key, _buffer(table), persistent=False)

    def tables(self) -> Tables:
        """The buffers' contents by name."""
        raise NotImplementedError

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Fixed:
        devices = {key: fn(buffer).device for key, buffer in self._buffers.items() if buffer is not None}
        super()._apply(fn, recurse)
        tables = self.tables()
        for key, device in devices.items():
            self._buffers[key] = _buffer(tables[key], device)
        return self


def _buffer(table: npt.NDArray[Any], device: torch.device | None = None) -> Tensor:
    with torch.inference_mode(False):  # or it could not be used in training later
        return torch.tensor(table, device=device)
