# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from reference import luma as reference
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want


class Rows(Kernel):
    name = "ansnr.rows"
    points = tuple(P(bpc=bpc) for bpc in (8, 10, 12, 16))
    # Across the edges of strips of 480 columns.
    wide = ((479, 9), (480, 21), (481, 18), (1442, 35))

    def smallest(self, p: P) -> tuple[int, int]:
        return 3, 3

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        ref, dist = map(m.read, inputs)
        h, w = inputs[0].shape
        call = m.struct(
            "Ansnr", ref=ref, dist=dist, ref_stride=ref.stride, dist_stride=dist.stride, w=w, h=h, bpc=p.bpc,
            row=m.write((h * 2,), np.float32),
        )  # fmt: skip
        yield Call("ansnr.rows", call, rows=h, scratch=("scratch_size", w))

    def want(self, inputs: Arrays, p: P) -> Want:
        return Want([[]], [np.stack(reference.ansnr_rows(*inputs, p.bpc), axis=1)])


KERNELS = [Rows()]
