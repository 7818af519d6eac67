# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator

from reference import motion as reference
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want


class Sad(Kernel):
    name = "motion.sad"
    points = tuple(P(bpc=bpc) for bpc in (8, 9, 10, 12, 14, 15, 16))

    def smallest(self, p: P) -> tuple[int, int]:
        return 3, 3

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        earlier, current = (m.read(plane, align=1) for plane in inputs)
        h, w = inputs[0].shape
        call = m.struct(
            "MotionSad", earlier=earlier, current=current, earlier_stride=earlier.stride,
            current_stride=current.stride, w=w, h=h, bpc=p.bpc,
        )  # fmt: skip
        yield Call("motion.sad", call, rows=h, sums=1, scratch=("scratch_size", w))

    def want(self, inputs: Arrays, p: P) -> Want:
        return Want([[int(reference.row_sads(*inputs, p.bpc).sum())]])


KERNELS = [Sad()]
