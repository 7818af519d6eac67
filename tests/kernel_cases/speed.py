# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reference import speed as reference
from support.contents import content
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want


def up(count: int, unit: int) -> int:
    return -(-count // unit) * unit


@cache
def axis_of(size: int, new: int, method: str) -> tuple[NDArray[np.int64], reference.Plane]:
    same = np.arange(size)[:, None], np.ones((size, 1), np.float32)
    return same if new == size else reference.axis(size, new, method)


def axis(m: Memory, size: int, p: P, taps: int) -> dict[str, Any]:
    """A SpeedAxis, with the tables of the reference."""
    new = reference.resized(size, p.prescale)
    at, weight = axis_of(size, new, p.method)
    count = new >> 4
    read = np.stack([reference.mirror(16 * np.arange(count) - taps // 2 + k, new) for k in range(taps)])
    read = np.resize(read, up(taps * count + 15, 16))
    return {
        "size": size, "cnt": count, "stride": len(read), "reach": at.shape[1],
        "at": m.read(np.ascontiguousarray(at[read].T, np.int32).ravel()),
        "weight": m.read(np.ascontiguousarray(weight[read].T, np.float32).ravel()),
    }  # fmt: skip


def point(bpc: int, prescale: float = 1.0, method: str = "nearest", scale: float = 1.0) -> P:
    return P(bpc=bpc, prescale=prescale, method=method, scale=scale)


class Decimate(Kernel):
    """Both planes, and their difference either way."""

    name = "speed.decimate"
    points = (
        *(point(bpc) for bpc in (8, 10, 16)),
        *(point(8, 0.6, method) for method in reference.METHODS[:3]),
        point(16, 2.0, "bilinear"),
        point(12, 0.83, "lanczos4", 1.54),
        point(8, 1.0, "nearest", 2.4),
    )
    wide = ((1030, 163),)

    def smallest(self, p: P) -> tuple[int, int]:
        least = next(n for n in range(20, 200) if reference.resized(n, p.prescale) >= 80)
        return least, least

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        ref, dist = (m.read(plane, align=1) for plane in inputs)
        h, w = inputs[0].shape
        taps = reference.low_pass(p.scale)
        columns, rows = axis(m, w, p, len(taps)), axis(m, h, p, len(taps))
        behind = up(columns["cnt"], 16) - columns["cnt"]
        planes = []
        for plane, minus in ((ref, None), (dist, None), (ref, dist), (dist, ref)):
            low = m.write((rows["cnt"], columns["cnt"]), np.float32, align=64, behind=behind)
            row: dict[str, Any] = {"plane": plane, "stride": plane.stride, "low": low}
            planes.append(row | ({"minus": minus, "minus_stride": minus.stride} if minus else {}))
        call = m.struct(
            "SpeedDecimate", bpc=p.bpc, columns=columns, rows=rows, normalise=p.method == "lanczos4", taps=len(taps),
            tap=[float(t) for t in taps], low_stride=planes[0]["low"].stride // 4, plane_cnt=4, plane=planes,
        )  # fmt: skip
        yield Call("speed.decimate", call, rows=4 * rows["cnt"], scratch=("decimate_scratch_size", call))

    def want(self, inputs: Arrays, p: P) -> Want:
        ref, dist = (reference.samples(plane, p.bpc) for plane in inputs)
        return Want(
            outputs=[reference.thin(x, p.scale, p.prescale, p.method) for x in (ref, dist, ref - dist, dist - ref)]
        )


class Model(Kernel):
    """Thin planes of either input; in `Want` variances, entropies and whether there is no inverse."""

    name = "speed.model"
    points = (P(bpc=8, sigma=0.29, scale=1.0, top=1.0), P(bpc=16, sigma=0.1, scale=1.54, top=1 / 7))
    wide = ((130, 68),)

    def smallest(self, p: P) -> tuple[int, int]:
        return 5, 5

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        return [
            ((plane.astype(float) - (1 << (p.bpc - 1))) * p.top).astype(np.float32)
            for plane in content(kind, w, h, p.bpc)
        ]

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        h, w = inputs[0].shape
        count = (h // 5) * (w // 5)
        taps, blocks, planes = reference.local_mean(p.scale), up(count, 64), []
        for plane in inputs:
            low = m.read(plane, align=64, behind=up(w, 16) - w, pad=0)
            out = [m.write((1, count), np.float32, behind=blocks - count) for _ in range(2)]
            planes.append({"low": low, "variance": out[0], "entropy": out[1], "singular": m.write((1, 1), np.uint8)})
        call = m.struct(
            "SpeedModel", w=w, h=h, low_stride=up(w, 16), block_stride=blocks, mean_taps=len(taps),
            mean_tap=[float(t) for t in taps], noise=p.sigma, plane_cnt=len(planes), plane=planes,
        )  # fmt: skip
        yield Call("speed.model", call, rows=len(planes), scratch=("model_scratch_size", call))

    def want(self, inputs: Arrays, p: P) -> Want:
        outputs: list[NDArray[Any]] = []
        for plane in inputs:
            found = reference.model(plane, p.sigma, p.scale)
            outputs += [found.variance, found.entropy, np.array([found.singular])]
        return Want(outputs=outputs)


KERNELS = [Decimate(), Model()]
