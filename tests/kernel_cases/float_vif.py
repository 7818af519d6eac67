# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from reference import float_vif as reference
from reference.float_plane import F, blurred, grey, row_sums
from support.contents import content
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want

from pyvmaf._vmaf import lib

USUAL = (100.0, 1.0, 1.2)


class Scale(Kernel):
    """Bytes, words, and what later scales are made of; usual windows, then others, and noise of all kinds."""

    name = "float_vif.scale"
    points = (
        P(bpc=8, scale=0, width=1.0, noise=2.0, limits=(100.0,), plane=False),
        *(P(bpc=bpc, scale=0, width=1.0, noise=2.0, limits=USUAL, plane=False) for bpc in (8, 9, 10, 12, 16)),
        *(P(bpc=16, scale=scale, width=1.0, noise=2.0, limits=(100.0,), plane=True) for scale in range(4)),
        P(bpc=8, scale=0, width=1.0, noise=2.0, limits=(), plane=False),
        P(bpc=10, scale=1, width=1.0, noise=0.0, limits=USUAL, plane=True),
        P(bpc=8, scale=0, width=0.5, noise=1.7, limits=(1.0, 30.0), plane=False),
        P(bpc=8, scale=0, width=1.5, noise=2.0**-30, limits=(100.0,), plane=False),
        P(bpc=12, scale=2, width=360 / 97, noise=5.0, limits=(100.0, 1.0, 2.0, 3.0), plane=True),
        P(bpc=8, scale=3, width=2.4, noise=1e-11, limits=(100.0,), plane=True),
    )
    wide = ((2049, 18), (4100, 19))

    def smallest(self, p: P) -> tuple[int, int]:
        n = len(reference.window(p.scale, p.width)) // 2 + 1
        return n, n

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        planes = content(kind, w, h, p.bpc)
        return [grey(plane, p.bpc) for plane in planes] if p.plane else planes

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        ref, dist = map(m.read, inputs)
        h, w = inputs[0].shape
        kinds = lib.FLOAT_VIF_MAX_LIMITS + 1
        used = np.array([v < len(p.limits) or v == kinds - 1 for v in range(kinds)] * h)
        row = m.write((h * kinds,), np.float32, care=used if p.limits else np.zeros(h * kinds, bool))
        fields = {
            "ref": ref, "dist": dist, "ref_stride": ref.stride, "dist_stride": dist.stride, "w": w, "h": h,
            "bits": 32 if p.plane else p.bpc, "taps": taps(p.scale, p.width), "noise": p.noise,
            "flat": float(reference.flat_cost(p.noise)), "limit": p.limits, "limit_cnt": len(p.limits), "row": row,
        }  # fmt: skip
        if p.scale < 3:
            planes = [m.write((h // 2, w // 2), np.float32) for _ in range(2)]
            fields |= {"next_ref": planes[0], "next_dist": planes[1], "next_stride": planes[0].stride}
            fields["next_taps"] = taps(p.scale + 1, p.width)
        call = m.struct("FloatVifScale", **fields)
        yield Call("float_vif.scale", call, rows=h, scratch=("scratch_size", call))

    def want(self, inputs: Arrays, p: P) -> Want:
        ref, dist = inputs if p.plane else (grey(plane, p.bpc) for plane in inputs)
        window = reference.window(p.scale, p.width)
        rows = np.zeros((ref.shape[0], lib.FLOAT_VIF_MAX_LIMITS + 1), F)
        for v, limit in enumerate(p.limits):
            num, den = reference.terms(ref, dist, window, p.noise, limit)
            rows[:, v], rows[:, -1] = row_sums(num), row_sums(den)
        after = reference.window(p.scale + 1, p.width) if p.scale < 3 else None
        return Want(outputs=[rows, *(blurred(x, after, 2) for x in (ref, dist) if after is not None)])


def taps(scale: int, width: float) -> dict[str, object]:
    window = reference.window(scale, width)
    return {"cnt": len(window), "tap": [float(x) for x in window]}


KERNELS = [Scale()]
