# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from reference import psnr_hvs as reference
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want

from pyvmaf._vmaf import ffi, lib

GROUP = lib.PSNR_HVS_GROUP


def grouped(row: np.ndarray) -> np.ndarray:
    """Terms (64, blocks) as they lie in memory: groups of blocks, interleaved, zeros past the last."""
    padded = np.pad(row, ((0, 0), (0, -row.shape[1] % GROUP)))
    return padded.reshape(64, -1, GROUP).swapaxes(0, 1).ravel()


class Terms(Kernel):
    """The terms of a band of block rows, and their sum."""

    name = "psnr_hvs.terms"
    points = (
        P(bpc=8, plane=0, first=0), P(bpc=9, plane=1, first=0), P(bpc=10, plane=2, first=1),
        P(bpc=11, plane=0, first=0), P(bpc=12, plane=1, first=0),
    )  # fmt: skip
    wide = ((1927, 29),)

    def smallest(self, p: P) -> tuple[int, int]:
        return 8, 8 + 7 * p.first

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        ref, dist = map(m.read, inputs)
        h, w = inputs[0].shape
        rows = reference.blocks(h) - p.first
        table = ffi.new("PsnrHvsTable *")
        lib.psnr_hvs_table(table, p.plane)
        entries = {name: list(getattr(table, name)) for name in ("weight", "mask", "inverse", "rest")}
        stride = lib.psnr_hvs_stride(w)
        terms = m.write((rows * stride,), np.float32)
        total = m.write((1,), np.float32, fill=0)
        call = m.struct(
            "PsnrHvsTerms", ref=ref, dist=dist, ref_stride=ref.stride, dist_stride=dist.stride, w=w, bpc=p.bpc,
            first_row=p.first, table=m.struct("PsnrHvsTable", **entries), terms=terms, stride=stride,
        )  # fmt: skip
        yield Call("psnr_hvs.terms", call, rows=rows, scratch=("scratch_size", w))
        call = m.struct(
            "PsnrHvsSum", terms=terms, stride=stride, blocks=reference.blocks(w), total=total
        )  # fmt: skip
        yield Call("psnr_hvs.sum", call, rows=rows, cut=False)

    def want(self, inputs: Arrays, p: P) -> Want:
        rows = reference.terms(*inputs, p.plane)[p.first :]
        return Want([[], []], [np.stack([grouped(row) for row in rows]), np.array([[reference.summed(rows)]])])


KERNELS = [Terms()]
