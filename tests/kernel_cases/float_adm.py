# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from reference import float_adm as reference
from reference.float_plane import F, grey, row_sums
from support.contents import content
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want

from pyvmaf._vmaf import lib

LIMITS = (100.0, 1.0, 1.2)
USUAL = reference.WATSON[1]


class Scale(Kernel):
    """Bytes, words, and low bands; sensitivities down to where shares of the threshold need more than binary32."""

    name = "float_adm.scale"
    points = (
        P(bpc=8, limits=(100.0,), factor=USUAL, exponent=3.0, plain=False, plane=False),
        *(
            P(bpc=bpc, limits=LIMITS, factor=USUAL, exponent=3.0, plain=False, plane=False)
            for bpc in (8, 9, 10, 12, 16)
        ),
        P(bpc=16, limits=(100.0,), factor=USUAL, exponent=3.0, plain=False, plane=True),
        P(bpc=8, limits=(), factor=USUAL, exponent=3.0, plain=False, plane=False),
        P(bpc=8, limits=(100.0,), factor=(1e-27, 3e-33), exponent=3.0, plain=False, plane=False),
        P(bpc=10, limits=(1.0, 2.0, 4.0, 3.3), factor=(0.0, 10.0), exponent=3.0, plain=True, plane=False),
        P(bpc=8, limits=(100.0, 1.0), factor=USUAL, exponent=2.5, plain=False, plane=False),
        P(bpc=8, limits=(50.0,), factor=(0.1, 0.05), exponent=20.0, plain=True, plane=False),
    )
    wide = ((2049, 18),)

    def smallest(self, p: P) -> tuple[int, int]:
        return 3, 3

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        planes = content(kind, w, h, p.bpc)
        return [grey(plane, p.bpc) for plane in planes] if p.plane else planes

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        ref, dist = map(m.read, inputs)
        h, w = inputs[0].shape
        n, most = (h + 1) // 2, lib.FLOAT_ADM_MAX_LIMITS
        cared = np.zeros((n, 3 * (2 * most + 1)), bool)
        if p.limits:
            pooled = slice(reference.margin(n), n - reference.margin(n))
            for first, cnt in ((0, len(p.limits)), (most, len(p.limits)), (2 * most, 1)):
                cared[pooled, 3 * first : 3 * (first + cnt)] = True
        row = m.write((cared.size,), np.float32, care=cared.ravel())
        low = [m.write((n, (w + 1) // 2), np.float32) for _ in range(2)]
        hv, d = map(float, p.factor)
        call = m.struct(
            "FloatAdmScale", ref=ref, dist=dist, ref_stride=ref.stride, dist_stride=dist.stride, w=w, h=h,
            bits=32 if p.plane else p.bpc, limit=p.limits, limit_cnt=len(p.limits), factor=[hv, hv, d],
            exponent=p.exponent, no_masking=p.plain, row=row, low_ref=low[0], low_dist=low[1], low_stride=low[0].stride,
        )  # fmt: skip
        yield Call("float_adm.scale", call, rows=n, scratch=("scratch_size", w))

    def want(self, inputs: Arrays, p: P) -> Want:
        ref, dist = inputs if p.plane else (grey(plane, p.bpc) for plane in inputs)
        n, most = (ref.shape[0] + 1) // 2, lib.FLOAT_ADM_MAX_LIMITS
        pooled = slice(reference.margin(n), n - reference.margin(n))
        rows = np.zeros((n, 2 * most + 1, 3), F)
        factor = [F(p.factor[q // 2]) for q in range(3)]
        for v, limit in enumerate(p.limits):
            options = reference.Options(enhn_gain_limit=limit, bypass_cm=p.plain, p_norm=p.exponent)
            groups, *_ = reference.scale_terms(ref, dist, factor, options)
            for at, group in zip((v, most + v, 2 * most), groups, strict=True):
                for q, terms in enumerate(group):
                    rows[pooled, at, q] = row_sums(terms)
        return Want(outputs=[rows, *(reference.bands(x)[0] for x in (ref, dist))])


KERNELS = [Scale()]
