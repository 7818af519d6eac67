# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from reference import float_motion as reference
from reference.float_plane import grey, row_sums
from support.contents import content
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want

WINDOWS = {1: np.ones(1, np.float32), 3: reference.THREE, 5: reference.FIVE}


class Difference(Kernel):
    name = "float_motion.difference"
    points = (
        *(P(bpc=bpc, taps=5, plane=False) for bpc in (8, 9, 10, 12, 16)),
        P(bpc=8, taps=3, plane=False), P(bpc=10, taps=1, plane=False), P(bpc=16, taps=1, plane=True),
        P(bpc=16, taps=5, plane=True),
    )  # fmt: skip

    def smallest(self, p: P) -> tuple[int, int]:
        return p.taps // 2 + 1, p.taps // 2 + 1

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        planes = content(kind, w, h, p.bpc)
        return [grey(plane, p.bpc) for plane in planes] if p.plane else planes

    def fields(self, m: Memory, inputs: Arrays, p: P) -> dict[str, object]:
        h, w = inputs[0].shape
        planes = [{"samples": plane, "stride": plane.stride} for plane in map(m.read, inputs)]
        window = [float(x) for x in WINDOWS[p.taps]]
        return {
            "earlier": planes[0], "current": planes[1], "w": w, "h": h, "bits": 32 if p.plane else p.bpc,
            "tap_cnt": p.taps, "tap": window,
        }  # fmt: skip

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        h, w = inputs[0].shape
        fields = self.fields(m, inputs, p)
        call = m.struct("FloatMotion", row=m.write((h,), np.float32), **fields)
        yield Call("float_motion.difference", call, rows=h, scratch=("scratch_size", w))

    def want(self, inputs: Arrays, p: P) -> Want:
        earlier, current = self.blurs(inputs, p)
        return Want(outputs=[row_sums(np.abs(earlier - current))])

    def blurs(self, inputs: Arrays, p: P) -> Arrays:
        return [reference.blur(plane if p.plane else grey(plane, p.bpc), p.taps) for plane in inputs]


class Blur(Difference):
    name = "float_motion.blur"
    points = Difference.points[:1] + Difference.points[-4:]

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        h, w = inputs[0].shape
        fields = self.fields(m, inputs, p)
        call = m.struct("FloatMotion", blur=m.write((h * w,), np.float32), **fields)
        yield Call("float_motion.blur", call, rows=h, scratch=("scratch_size", w))

    def want(self, inputs: Arrays, p: P) -> Want:
        return Want(outputs=[self.blurs(inputs, p)[1]])


KERNELS = [Difference(), Blur()]
