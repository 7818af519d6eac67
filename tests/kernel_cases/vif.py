# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from reference import vif as reference
from support.contents import content
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want

from pyvmaf._vmaf import lib

LIMITS = (100.0, 1.0, 1.2)


class Scale(Kernel):
    name = "vif.scale"
    points = (
        *(
            P(bpc=bpc, scale=scale, limits=LIMITS)
            for scale, bpc in ((0, 8), (0, 9), (0, 10), (0, 12), (0, 16), (1, 8), (2, 10), (3, 16))
        ),
        P(bpc=8, scale=0, limits=(100.0,)),
    )

    def smallest(self, p: P) -> tuple[int, int]:
        return 16 >> p.scale, 16 >> p.scale

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        return content(kind, w, h, 16 if p.scale else p.bpc)

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        ref, dist = (m.read(plane, align=1) for plane in inputs)
        h, w = inputs[0].shape
        limits = m.read(np.array(p.limits)) if p.limits else None
        fields = {
            "ref": ref, "dist": dist, "ref_stride": ref.stride, "dist_stride": dist.stride, "w": w, "h": h,
            "bpc": p.bpc, "scale": p.scale, "limit_cnt": len(p.limits),
        }  # fmt: skip
        if limits:
            fields["limit"] = limits
        if p.scale < 3:
            next_ref, next_dist = (m.write((h // 2, w // 2), np.uint16, align=1) for _ in range(2))
            fields |= {"next_ref": next_ref, "next_dist": next_dist, "next_stride": next_ref.stride}
        call = m.struct("VifScale", **fields)
        yield Call("vif.scale", call, rows=h, sums=lib.VIF_SUM_CNT, scratch=("scratch_size", w << p.scale))

    def want(self, inputs: Arrays, p: P) -> Want:
        sums = reference.sums(*inputs, p.scale, p.bpc, p.limits)
        num = [*sums.num_log, *[0] * (lib.VIF_MAX_LIMITS - len(p.limits))]
        planes = [reference.decimated(x, p.scale, p.bpc) for x in inputs] if p.scale < 3 else []
        return Want([[*num, sums.den_log, sums.num_non_log, sums.non_log_cnt]], planes)


class Log(Kernel):
    """All top sixteen bits at all exponents, with zeros, ones and noise in the bits that are dropped."""

    name = "vif.log"
    points = (P(),)
    kinds = ("zeros", "ones", "noise")
    timed = False
    ARGUMENTS = 15 << 15
    wide = ((ARGUMENTS // 16, 1),)

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        """As many arguments as there are samples in 16 such planes; of fewer than all, some of each exponent."""
        at = np.arange(16 * w * h) * 7919 % self.ARGUMENTS
        top, shift = 32768 + at % 32768, 1 + at // 32768
        dropped = {"zeros": 0, "ones": -1, "noise": np.random.default_rng(20).integers(0, 1 << 15, at.size)}[kind]
        return [((top << shift) + (dropped & (1 << shift) - 1)).astype(np.uint32)]

    def replayed(self, p: P) -> Iterator[tuple[str, int, int]]:
        for kind in self.kinds:
            yield kind, *self.wide[0]

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        n = inputs[0].size
        yield Call("vif.log", m.read(inputs[0]), second=m.write((n,), np.int32), third=n)

    def want(self, inputs: Arrays, p: P) -> Want:
        return Want(outputs=[reference.log(inputs[0].astype(np.int64))])


KERNELS = [Scale(), Log()]
