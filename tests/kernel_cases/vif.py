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
    """One lane, and several: the pair, the reference itself, half of each, both upside down, as often as asked for."""

    name = "vif.scale"
    points = (
        *(
            P(bpc=bpc, scale=scale, limits=[LIMITS])
            for scale, bpc in ((0, 8), (0, 9), (0, 10), (0, 12), (0, 16), (1, 8), (2, 10), (3, 16))
        ),
        P(bpc=8, scale=0, limits=[(100.0,)]),
        P(bpc=8, scale=0, limits=[(100.0,), (1.0,), LIMITS, (100.0,)]),
        P(bpc=10, scale=0, limits=[LIMITS, (1.2, 100.0), (1.0,)]),
        P(bpc=8, scale=1, limits=[(100.0,)] * lib.VIF_MAX_LANES),
        P(bpc=16, scale=2, limits=[(), ()]),
    )

    def smallest(self, p: P) -> tuple[int, int]:
        return 16 >> p.scale, 16 >> p.scale

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        ref, dist = content(kind, w, h, 16 if p.scale else p.bpc)
        half = np.where(np.arange(w) < w // 2, ref, dist)
        dists = (dist, ref, half, dist[::-1, ::-1])
        return [ref, *(np.ascontiguousarray(dists[i % 4]) for i in range(len(p.limits)))]

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        ref, *dists = (m.read(plane, align=1) for plane in inputs)
        h, w = inputs[0].shape
        todo: list[dict[str, object]] = []
        for dist, limits in zip(dists, p.limits, strict=True):
            lane = {"dist": dist, "dist_stride": dist.stride, "limit_cnt": len(limits)}
            todo.append(lane | ({"limit": m.read(np.array(limits))} if limits else {}))
        fields = {"ref": ref, "ref_stride": ref.stride, "w": w, "h": h, "bpc": p.bpc, "scale": p.scale}
        if p.scale < 3:
            fields["next_ref"] = m.write((h // 2, w // 2), np.uint16, align=1)
            fields["next_stride"] = fields["next_ref"].stride
            todo = [lane | {"next_dist": m.write((h // 2, w // 2), np.uint16, align=1)} for lane in todo]
        call = m.struct("VifScale", **fields, lane=m.struct("VifLane", *todo), lane_cnt=len(todo))
        sums = lib.VIF_SUM_CNT * len(todo)
        yield Call("vif.scale", call, rows=h, sums=sums, scratch=("scratch_size", call))

    def want(self, inputs: Arrays, p: P) -> Want:
        ref, *dists = inputs
        flat: list[int] = []
        for dist, limits in zip(dists, p.limits, strict=True):
            sums = reference.sums(ref, dist, p.scale, p.bpc, limits)
            num = [*sums.num_log, *[0] * (lib.VIF_MAX_LIMITS - len(limits))]
            flat += [*num, sums.den_log, sums.num_non_log, sums.non_log_cnt] if limits else [0] * lib.VIF_SUM_CNT
        planes = [reference.decimated(x, p.scale, p.bpc) for x in inputs] if p.scale < 3 else []
        return Want([flat], planes)


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
