# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from reference import ciede as reference
from support.contents import content
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want

from pyvmaf._vmaf import lib


class Deltas(Kernel):
    """The differences of a band of rows, and their sum."""

    name = "ciede.delta"
    points = (
        P(bpc=8, shift=(1, 1), first=0), P(bpc=8, shift=(0, 0), first=0), P(bpc=10, shift=(1, 0), first=3),
        P(bpc=12, shift=(1, 1), first=2), P(bpc=16, shift=(0, 0), first=0),
    )  # fmt: skip
    kinds = (
        "alike", "one sample apart", "low variance", "noise", "identical", "zero and top", "extremes", "enhanced",
    )  # fmt: skip
    wide = ((1931, 5),)

    def smallest(self, p: P) -> tuple[int, int]:
        return 1 << p.shift[0], (1 << p.shift[1]) + p.first

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        """Luma, Cb and Cr of both sides; chroma of other contents, and near grey where luma's variance is low."""
        other = {"low variance": "low variance", "one sample apart": "identical"}.get(kind, "alike")
        planes = [content(kind, w, h, p.bpc)]
        for i in range(2):
            chroma = content(other, (w >> p.shift[0]) + i, h >> p.shift[1], p.bpc)
            planes.append([np.ascontiguousarray(side[:, i:]) for side in chroma])
        return [planes[i][side] for side in range(2) for i in range(3)]

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        blocks = [m.read(plane) for plane in inputs]
        sides = [
            {"plane": blocks[i : i + 3], "stride": [b.stride for b in blocks[i : i + 3]]} for i in (0, 3)
        ]  # fmt: skip
        h, w = inputs[0].shape
        ref, dist = (np.stack(reference.upsampled(inputs[i : i + 3])) for i in (0, 3))
        differ = (ref != dist).any(axis=0)[p.first :].sum(axis=1)
        rows = h - p.first
        cnt = m.write((rows,), np.uint32)
        delta = m.write(
            (rows, w), np.float32, behind=lib.ciede_stride(w) - w, care=np.arange(w) < differ[:, None]
        )  # fmt: skip
        total = m.write((1,), np.float64, fill=0)
        call = m.struct(
            "CiedeDelta", ref=sides[0], dist=sides[1], w=w, bpc=p.bpc, chroma_w=inputs[1].shape[1],
            chroma_h=inputs[1].shape[0], shift_x=p.shift[0], shift_y=p.shift[1], first_row=p.first,
            delta=delta, stride=delta.stride // 4, cnt=cnt,
        )  # fmt: skip
        yield Call("ciede.delta", call, rows=rows, scratch=("scratch_size", w))
        call = m.struct("CiedeSum", delta=delta, stride=delta.stride // 4, cnt=cnt, total=total)
        yield Call("ciede.sum", call, rows=rows, cut=False)

    def want(self, inputs: Arrays, p: P) -> Want:
        rows = reference.differences(inputs[:3], inputs[3:], p.bpc)[p.first :]
        delta = np.zeros((len(rows), inputs[0].shape[1]), np.float32)
        total = 0.0
        for y, row in enumerate(rows):
            delta[y, : len(row)] = row
            for x in row:
                total += x
        return Want([[], []], [np.array([[len(row) for row in rows]], np.uint32), delta, np.array([[total]])])


class Shades(Kernel):
    """All colours of a chroma pair, which the first samples of the inputs are."""

    name = "ciede.shades"
    points = (P(bpc=8),)
    wide = ((2, 1),)

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        colour = m.write((lib.CIEDE_LEVELS * 4,), np.float32)
        cb, cr = (int(plane[0, 0]) for plane in inputs)
        call = m.struct("CiedeShades", cb=cb, cr=cr, colour=colour)
        yield Call("ciede.shades", call, rows=lib.CIEDE_LEVELS, scratch=("scratch_size", 1))

    def want(self, inputs: Arrays, p: P) -> Want:
        cb, cr = (int(plane[0, 0]) for plane in inputs)
        rows = [reference.lab(y, cb, cr, 8) for y in range(256)]
        return Want([[]], [np.array([[*lab, reference.f32(np.hypot(lab[1], lab[2]))] for lab in rows], np.float32)])


KERNELS = [Deltas(), Shades()]
