#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""CAMBI's smooth form beside CAMBI on banded pictures that are changed step by step.

    python benchmarks/torch_cambi.py

CAMBI moves in steps of a rounded sample, so here it is the mean over twelve offsets of the rounding to 10 bits,
and its slope a difference over a fifth of a change. The smooth form's is its derivative in the change's direction.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pyvmaf.torch import functional

SIZE = (216, 320)
OFFSETS = [(k + 0.5) / 12 - 0.5 for k in range(12)]
SHARES = np.linspace(0.0, 1.0, 11)
SLOPES = np.arange(0.15, 0.9, 0.1)


def noise(seed: int) -> Tensor:
    return torch.randn(SIZE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def blurred(x: Tensor, side: int) -> Tensor:
    """Twice a mean of that many samples squared."""
    for _ in range(2):
        x = F.avg_pool2d(F.pad(x[None, None], (side // 2,) * 4, mode="reflect"), side, 1)[0, 0]
    return x


def pictures() -> Iterator[tuple[str, Tensor]]:
    """Pictures without bands."""
    y, x = (v.double() for v in torch.meshgrid(*map(torch.arange, SIZE), indexing="ij"))
    yield "ramp", 60 + 24 * x / SIZE[1] + 12 * y / SIZE[0]
    yield "glow", 90 - 25 * torch.hypot(x / SIZE[1] - 0.4, y / SIZE[0] - 0.5)
    sky = blurred(blurred(noise(1), 61), 61)
    yield "clouds", 80 + 4 * sky / sky.std()


def changes(smooth: Tensor, banded: Tensor) -> Iterator[tuple[str, Tensor]]:
    """What is added to a banded picture, at a share of 1."""
    yield "to the picture without bands", smooth - banded
    yield "to the same with noise of 0.3", smooth + 0.3 * noise(2) - banded
    yield "blur over 15 x 15", blurred(banded, 15) - banded
    yield "noise of 0.25", 0.25 * noise(3)


def engine(x: Tensor) -> float:
    rounded = torch.stack([(4 * x + offset).round() / 4 for offset in OFFSETS])
    return functional.cambi(rounded[:, None], bit_depth=10)["cambi"].mean().item()


def smooth_form(x: Tensor, u: Tensor) -> tuple[float, float]:
    """Value, and derivative in a direction."""
    leaf = x.clone().requires_grad_()
    value = functional.cambi(leaf[None, None], form="smooth", bit_depth=10)["cambi"].sum()
    value.backward()
    return value.item(), float((leaf.grad * u).sum())


def main() -> None:
    torch.set_num_threads(1)
    print(
        "| picture | change | CAMBI, smooth form at 0, 0.3, 0.6, 1 | correlation | same sign | middle ratio of slopes |"
    )
    print("|---|---|---|---|---|---|")
    every: list[tuple[float, float]] = []
    for name, smooth in pictures():
        banded = smooth.round()
        for change, u in changes(smooth, banded):
            values = [(engine(banded + s * u), smooth_form(banded + s * u, u)[0]) for s in SHARES]
            every += values
            slopes = []
            for s in SLOPES:
                judge = (engine(banded + (s + 0.1) * u) - engine(banded + (s - 0.1) * u)) / 0.2
                slopes.append((judge, np.mean([smooth_form(banded + (s + d) * u, u)[1] for d in (-0.05, 0.0, 0.05)])))
            steep = [(a, b) for a, b in slopes if abs(a) > 1]
            shown = ", ".join(f"{values[k][0]:.1f} {values[k][1]:.1f}" for k in (0, 3, 6, 10))
            r = np.corrcoef(np.array(values).T)[0, 1]
            same, ratio = sum(a * b > 0 for a, b in steep), np.median([b / a for a, b in steep])
            print(f"| {name} | {change} | {shown} | {r:.3f} | {same} of {len(steep)} | {ratio:.2f} |", flush=True)
    print(f"all {len(every)} pictures: correlation {np.corrcoef(np.array(every).T)[0, 1]:.3f}")
    for height, width in ((270, 480), (720, 1280), (1080, 1920)):
        x = (60 + 24 * torch.arange(width) / width).expand(1, 1, height, width).clone().requires_grad_()
        start = time.process_time()
        made = functional.cambi(x, form="smooth", bit_depth=10, cambi_high_res_speedup=1080)["cambi"].sum()
        middle = time.process_time()
        made.backward()
        print(f"{width}x{height}: {middle - start:.2f} s, its gradient {time.process_time() - middle:.2f} s")


if __name__ == "__main__":
    main()
