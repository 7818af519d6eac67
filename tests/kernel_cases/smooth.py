# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The twin's kernels. tests/test_torch_native.py judges them; here every set gives the bits of the plain one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from support.contents import content
from support.kernel_harness import Arrays, Call, Kernel, Memory, P

from pyvmaf._vmaf import lib

RADII = (8, 4, 2, 1, 1)
BANDS = lib.SMOOTH_BANDS


def taps(radius: int) -> dict[str, Any]:
    """A window that sums to about 1."""
    tap = np.array([1 / (k * k + radius) for k in range(radius + 1)])
    tap /= tap[0] + 2 * tap[1:].sum()
    return {"radius": radius, "tap": [*map(float, tap)]}


def axis(size: int) -> dict[str, int]:
    """All of a band, or what pooling with a margin of a tenth needs."""
    band = (size + 1) // 2
    margin = 0 if band < 15 else band // 10
    begin, end = max(margin - 1, 0), band - margin + 1 if margin else band
    first = 2 * begin - 1 if begin else 0
    return {
        "size": size, "first": first, "held": min(2 * end + 1, size) - first, "begin": begin, "end": end,
        "pool_begin": margin, "pool_end": band - margin,
    }  # fmt: skip


class Smooth(Kernel):
    """Grey levels minus 128, in rows without padding."""

    kinds = ("noise", "alike", "enhanced", "identical", "extremes", "smooth", "low variance")
    wide = ((300, 60),)
    judged = False

    def smallest(self, p: P) -> tuple[int, int]:
        return 9, 9

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        return [(plane / 257 - 128).astype(np.float32) for plane in content(kind, w, h, 16)]


class SmoothVif(Smooth):
    """In two parts, as two threads would: sums, planes of the next scale, and the gradients of all these.

    Then sums and the gradient by the distorted plane in one pass.
    """

    name = "smooth.vif"
    points = tuple(P(scale=scale, limit=limit) for scale, limit in enumerate((100.0, 1.0, 100.0, 1.0)))

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        h, w = inputs[0].shape
        ref, dist = (m.read(plane, pad=0) for plane in inputs)
        sums = [m.write((h,), np.float64) for _ in range(2)]
        planes = [m.write((h // 2 * (w // 2),), np.float32) for _ in range(2)]
        slopes = [m.write((h * w,), np.float32) for _ in range(3)]
        again = [m.write((h,), np.float64) for _ in range(2)]
        for rows in ((0, h // 3), (h // 3, h)):
            call = m.struct(
                "SmoothVif", ref=ref, dist=dist, w=w, h=h, taps=taps(RADII[p.scale]),
                next_taps=taps(RADII[p.scale + 1]), noise=2.0, inactive=6e-5, gain_limit=p.limit,
                row_begin=rows[0], row_end=rows[1], scratch=m.scratch(lib.smooth_vif_scratch_size(w)),
            )  # fmt: skip
            made = {"num": sums[0], "den": sums[1], "next_ref": planes[0], "next_dist": planes[1]}
            yield Call("smooth.vif", call, second=m.struct("SmoothVifSums", **made))
            given = {"num": 0.7, "den": -0.3, "next_ref": dist, "next_dist": ref}
            back = m.struct("SmoothVifSlopes", **given, ref=slopes[0], dist=slopes[1])
            yield Call("smooth.vif_slopes", call, second=back)
            both = m.struct("SmoothVifSums", **(made | {"num": again[0], "den": again[1]}))
            unit = m.struct("SmoothVifSlopes", num=1.0, dist=slopes[2], sums=both)
            yield Call("smooth.vif_slopes", call, second=unit)
            rest = m.struct("SmoothVifSlopes", num=0.7, next_dist=ref, dist=slopes[2])
            yield Call("smooth.vif_finish", call, second=rest)


class SmoothAdm(Smooth):
    name = "smooth.adm"
    points = (P(limit=100.0, aim=1), P(limit=1.2, aim=1), P(limit=100.0, aim=0))

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        rows, cols = (axis(n) for n in inputs[0].shape)
        held = [np.ascontiguousarray(plane[: rows["held"], : cols["held"]]) for plane in inputs]
        ref, dist = (m.read(plane, pad=0) for plane in held)
        pooled = (rows["pool_end"] - rows["pool_begin"]) * BANDS
        low = (rows["end"] - rows["begin"]) * (cols["end"] - cols["begin"])
        sums = [m.write((pooled,), np.float64) for _ in range(3)]
        planes = [m.write((low,), np.float32) for _ in range(2)]
        slopes = [m.write((held[0].size,), np.float32, fill=0) for _ in range(2)]
        call = m.struct(
            "SmoothAdm", ref=ref, dist=dist, stride=cols["held"], rows=rows, cols=cols, weight=[0.017, 0.017, 0.006],
            gain_limit=p.limit, with_aim=p.aim,
            scratch=m.scratch(lib.smooth_adm_scratch_size(cols["end"] - cols["begin"])),
        )  # fmt: skip
        made = {"num": sums[0], "aim": sums[1], "den": sums[2], "next_ref": planes[0], "next_dist": planes[1]}
        yield Call("smooth.adm", call, second=m.struct("SmoothAdmSums", **made))
        given = {
            "num": [0.3, 0.5, -0.7], "aim": [0.2, -0.1, 0.4], "den": [1.0, 0.1, 0.6],
            "next_ref": planes[1], "next_dist": planes[0],
        }  # fmt: skip
        back = m.struct("SmoothAdmSlopes", **given, ref=slopes[0], dist=slopes[1])
        yield Call("smooth.adm_slopes", call, second=back)


KERNELS = [SmoothVif(), SmoothAdm()]
