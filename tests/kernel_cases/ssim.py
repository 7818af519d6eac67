# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from reference import ssim as reference
from support.contents import content
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want

from pyvmaf._vmaf import lib

BINARY32 = lib.SSIM_BINARY32


def values(plane: Any, p: P) -> reference.Plane:
    return plane if plane.dtype == np.float32 else reference.luma(plane, p.bpc)


def depth(plane: Any, p: P) -> int:
    return BINARY32 if plane.dtype == np.float32 else p.bpc


class Shrink(Kernel):
    name = "ssim.shrink"
    points = tuple(P(bpc=bpc, factor=f) for f, bpc in ((2, 8), (3, 10), (4, 8), (4, 16), (5, 16), (7, 12), (8, 9)))
    wide = ((2049, 18),)

    def smallest(self, p: P) -> tuple[int, int]:
        return 2 * p.factor, 2 * p.factor

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        src = m.read(inputs[0])
        h, w = inputs[0].shape
        rows, cols = (n // p.factor + n % 2 for n in (h, w))
        dst = m.write((rows, cols), np.float32)
        call = m.struct(
            "SsimShrink", src=src, src_stride=src.stride, dst=dst, dst_stride=dst.stride, w=w, h=h, bpc=p.bpc,
            factor=p.factor,
        )  # fmt: skip
        yield Call("ssim.shrink", call, rows=rows, scratch=("scratch_size", w))

    def want(self, inputs: Arrays, p: P) -> Want:
        return Want([[]], [reference.shrink(values(inputs[0], p), p.factor)])


class Halve(Kernel):
    name = "ssim.halve"
    points = (
        *(P(bpc=bpc, level=0) for bpc in (8, 10, 16)),
        P(bpc=8, level=1, faint=0.0),
        P(bpc=12, level=1, faint=0.5),
        P(bpc=8, level=1, faint=1.0),
    )

    def smallest(self, p: P) -> tuple[int, int]:
        return 8, 8

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        """Samples; or what a level before could have made of them, the last rows of it faint."""
        samples = content(kind, w, h, p.bpc)[0]
        if not p.level:
            return [samples]
        plane = (reference.luma(samples, p.bpc) - np.float32(1)) * np.float32(0.771)
        plane[h - round(h * p.faint) :] *= np.float32(2**-9)
        return [plane, reference.faint(plane)]

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        src, *faint = map(m.read, inputs)
        h, w = inputs[0].shape
        dst = m.write(((h + 1) // 2, (w + 1) // 2), np.float32)
        fields = {"src_faint": faint[0]} if faint else {}
        call = m.struct(
            "SsimHalve", src=src, src_stride=src.stride, dst=dst, dst_stride=dst.stride,
            dst_faint=m.write(((h + 1) // 2,), np.uint8), w=w, h=h, bpc=depth(inputs[0], p), **fields,
        )  # fmt: skip
        yield Call("ssim.halve", call, rows=(h + 1) // 2, scratch=("scratch_size", w))

    def want(self, inputs: Arrays, p: P) -> Want:
        half = reference.halve(values(inputs[0], p))
        return Want([[]], [half, reference.faint(half)])


class Pair(Kernel):
    """Two planes: samples, or what a level before made of them."""

    wide = ((421, 18), (2049, 13))

    def smallest(self, p: P) -> tuple[int, int]:
        return 11, 11

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        pair = content(kind, w, h, p.bpc)
        if not p.level:
            return list(pair)
        return [reference.luma(plane, p.bpc) * np.float32(0.971) - np.float32(2) for plane in pair]

    def fields(self, m: Memory, inputs: Arrays, p: P) -> dict[str, Any]:
        ref, dist = map(m.read, inputs)
        h, w = inputs[0].shape
        return {
            "ref": ref, "dist": dist, "ref_stride": ref.stride, "dist_stride": dist.stride, "w": w, "h": h,
            "bpc": depth(inputs[0], p),
        }  # fmt: skip


class Compare(Pair):
    name = "ssim.compare"
    points = (
        *(P(bpc=bpc, level=0, luminance=bpc != 10) for bpc in (8, 9, 10, 16)),
        P(bpc=12, level=1, luminance=False),
        P(bpc=8, level=1, luminance=True),
    )

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        fields = self.fields(m, inputs, p)
        rows = fields["h"] - 10
        call = m.struct("SsimCompare", row=m.write((rows * 5,), np.float64), luminance=p.luminance, **fields)
        yield Call("ssim.compare", call, rows=rows, scratch=("scratch_size", fields["w"]))

    def want(self, inputs: Arrays, p: P) -> Want:
        terms = reference.terms(*(values(plane, p) for plane in inputs))
        sums = [reference.row_sums(x) for x in (terms.l, terms.c, terms.s, terms.lcs)]
        if not p.luminance:
            sums[0] = sums[3] = np.zeros_like(sums[0])
        return Want([[]], [np.stack([*sums, np.abs(terms.s).max(axis=1)], axis=1)])


class Ordered(Pair):
    name = "ssim.ordered"
    points = (
        *(P(bpc=bpc, level=0, kind=kind) for kind, bpc in enumerate((8, 10, 12, 16))),
        P(bpc=8, level=1, kind=2),
    )

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        fields = self.fields(m, inputs, p)
        call = m.struct("SsimCompare", sum=m.write((1,), np.float64), kind=p.kind, **fields)
        yield Call("ssim.ordered", call, rows=fields["h"] - 10, scratch=("scratch_size", fields["w"]), cut=False)

    def want(self, inputs: Arrays, p: P) -> Want:
        terms = reference.terms(*(values(plane, p) for plane in inputs))
        return Want([[]], [np.array([reference.in_order((terms.l, terms.c, terms.s, terms.lcs)[p.kind])])])


KERNELS = [Shrink(), Halve(), Compare(), Ordered()]
