#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How near the differentiable VMAF v1 is to the engine, feature by feature: the worst distance of a frame.

    python benchmarks/torch_v1.py [--clips FOLDER]

The engine is the mode "exact", which tests hold to it. Pairs are generated, and those of a folder that are
named NAME_ref_WxH_CHROMA_BITSb.yuv and NAME_dis_WxH_CHROMA_BITSb.yuv and large enough.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pyvmaf.torch import VMAF

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.clips import Clip, make_frames

MODELS = ("3d0h", "5d0h", "1d5h_2160", "3d0h_2160", "hfr_3d0h")
CLIPS = [
    Clip(width, height, bits, chroma, damage=damage, frames=6)
    for damage in ("light", "heavy", "blur", "gain", "inverse", "none")
    for width, height, bits, chroma in ((704, 576, 8, "420"), (352, 288, 10, "444"))
]
Side = tuple[Tensor, ...]
#: Name, bits, both sides.
Pair = tuple[str, int, Side, Side]


def generated() -> Iterator[Pair]:
    for clip in CLIPS:
        sides = [
            tuple(torch.from_numpy(np.stack([f[i] for f in side])[:, None] * 2.0 ** (8 - clip.bpc)) for i in range(3))
            for side in make_frames(clip)
        ]
        yield str(clip), clip.bpc, *sides


def read(path: Path, frames: int = 6) -> Side:
    """Planes [T, 1, h, w] of a file whose name says what it holds, in 0..255."""
    match = re.search(r"_(\d+)x(\d+)_(\d+)_(\d+)b$", path.stem)
    assert match
    width, height, bits = int(match[1]), int(match[2]), int(match[4])
    half = match[3] == "420"
    size = ((height + 1) // 2, (width + 1) // 2) if half else (height, width)
    shapes = ((height, width), size, size)
    count = sum(h * w for h, w in shapes)
    data = np.fromfile(path, np.uint8 if bits == 8 else "<u2").reshape(-1, count)[:frames] * 2.0 ** (8 - bits)
    ends = np.cumsum([h * w for h, w in shapes])[:-1]
    parts = np.split(data, ends, 1)
    return tuple(torch.from_numpy(x.reshape(-1, 1, *shape)) for x, shape in zip(parts, shapes, strict=True))


def recorded(folder: Path) -> Iterator[Pair]:
    for path in sorted(folder.glob("*_ref_*.yuv")):
        other = path.with_name(path.name.replace("_ref_", "_dis_"))
        if other.exists():
            yield path.stem.replace("_ref_", "_"), int(path.stem[:-1].rpartition("_")[2]), read(path), read(other)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clips", type=Path, help="a folder of recorded pairs")
    args = parser.parse_args()
    worst: dict[str, dict[str, float]] = {}
    for pairs in (generated(), recorded(args.clips) if args.clips else iter(())):
        for name, bits, ref, dist in pairs:
            for model in MODELS:
                try:
                    rows = distances(f"vmaf_v1.0.16_{model}", bits, ref, dist)
                except ValueError as error:
                    print(f"{name}, {model}: {error}", file=sys.stderr)
                    continue
                for key, row in rows.items():
                    for mode, value in row.items():
                        kept = worst.setdefault(key, {})
                        kept[mode] = max(kept.get(mode, 0.0), value)
    print("| value | f64 | f32 | quantised |\n|---|---|---|---|")
    for key, row in worst.items():
        print(f"| {key} | " + " | ".join(f"{row[mode]:.2g}" for mode in ("f64", "f32", "quantised")) + " |")


def distances(name: str, bits: int, ref: Side, dist: Side) -> dict[str, dict[str, float]]:
    """The worst distance to the engine of each feature and of the score, by mode."""
    exact = VMAF(name, mode="exact", bit_depth=bits)
    forms = {
        "f64": (VMAF(name, bit_depth=bits), torch.float64),
        "f32": (VMAF(name, bit_depth=bits), torch.float32),
        "quantised": (VMAF(name, mode="quantised", bit_depth=bits), torch.float64),
    }
    values = [feature.value for feature in exact.inputs]
    want = [*exact.features(ref, dist).values(), exact(ref, dist)]
    rows: dict[str, dict[str, float]] = {key: {} for key in (*values, "score")}
    for mode, (model, dtype) in forms.items():
        r, d = (tuple(x.to(dtype) for x in side) for side in (ref, dist))
        made = [*model.features(r, d).values(), model(r, d)]
        for key, a, b in zip(rows, made, want, strict=True):
            rows[key][mode] = float((a - b).abs().max())
    return rows


if __name__ == "__main__":
    main()
