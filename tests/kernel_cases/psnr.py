# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator

from reference import psnr as reference
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want


class Sse(Kernel):
    name = "psnr.sse"
    points = tuple(P(bpc=bpc) for bpc in (8, 10, 12, 16))
    # Rows so long that 32-bit partial sums would wrap.
    wide = ((1000, 5), (70001, 3))

    def smallest(self, p: P) -> tuple[int, int]:
        """The chroma of a 4:2:0 picture one sample wide has no columns."""
        return 0, 1

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        ref, dist = (m.read(plane, align=1) for plane in inputs)
        h, w = inputs[0].shape
        call = m.struct(
            "PsnrSse", ref=ref, dist=dist, ref_stride=ref.stride, dist_stride=dist.stride, w=w, bpc=p.bpc
        )  # fmt: skip
        yield Call("psnr.sse", call, rows=h, sums=1)

    def want(self, inputs: Arrays, p: P) -> Want:
        return Want([[reference.sse(*inputs)]])


KERNELS = [Sse()]
