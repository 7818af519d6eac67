# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from reference import adm as reference
from reference.adm import Variant
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want

from pyvmaf._vmaf import ffi, lib

Factors = tuple[int, int, int]

# The sensitivities of each scale at three heights of 1080 lines, those of other
# displays, and ones that need every bit; the highest that the contract allows,
# where weights wrap.
USUAL = (
    (36453, 36453, 49417), (137373792, 137373792, 61414028), (186284160, 186284160, 104783920),
    (196165808, 196165808, 134487184),
)  # fmt: skip
OTHER = ((10021, 8833, 4018), (1 << 20, 3, 0), (1 << 31, (1 << 32) - 1, 1 << 30), (251775280, 251775280, 154193616))
HIGHEST = ((65535, 65535, 65535), *OTHER[1:])


def usual(scale: int) -> list[Variant]:
    """The default gain limit, NEG's, a fraction, and a limit with unusual sensitivities."""
    return [
        Variant(100.0, USUAL[scale]),
        Variant(1.0, USUAL[scale]),
        Variant(1.2, USUAL[scale], skip_aim=True),
        Variant(37.0, (1 << 20, 3, 0) if scale else OTHER[0]),
    ]


def with_factors(factors: Sequence[Factors]) -> list[list[Variant]]:
    return [[Variant(100.0, factors[scale]), Variant(1.5, USUAL[scale])] for scale in range(4)]


def listed(values: Sequence[Sequence[int]]) -> list[int]:
    """Three numbers per variant, and zeros where there is none."""
    flat = [x for three in values for x in three]
    return flat + [0] * (3 * lib.ADM_MAX_VARIANTS - len(flat))


class Scales(Kernel):
    """All four scales of a picture, each on the low bands of the one before.

    Further lanes: the reference itself, a picture half of either, the distorted one upside down.
    """

    name = "adm.scale"
    points = (
        *(P(bpc=bpc, variants=[usual(scale) for scale in range(4)]) for bpc in (8, 9, 10, 12, 14, 16)),
        P(bpc=8, variants=with_factors(OTHER)),
        P(bpc=8, variants=with_factors(HIGHEST)),
        P(bpc=8, variants=[usual(scale)[:2] for scale in range(4)], lanes=4),
        P(bpc=10, variants=[usual(scale)[2:3] for scale in range(4)], lanes=lib.ADM_MAX_LANES),
        P(bpc=8, variants=[[], *(usual(scale)[:1] for scale in (1, 2, 3))], lanes=3),
    )
    wide = ((1030, 40),)

    def smallest(self, p: P) -> tuple[int, int]:
        return lib.ADM_MIN_SIZE, lib.ADM_MIN_SIZE

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        ref, dist = super().inputs(kind, w, h, p)
        half = np.where(np.arange(w) < w // 2, ref, dist)
        dists = (dist, ref, half, dist[::-1, ::-1])
        return [ref, *(np.ascontiguousarray(dists[i % 4]) for i in range(getattr(p, "lanes", 1)))]

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        ref, *dists = (m.read(plane, align=1) for plane in inputs)
        for scale, todo in enumerate(p.variants):
            h, w = ref.rows.shape
            band, dtype = ((h + 1) // 2, (w + 1) // 2), np.int32 if scale else np.int16
            behind = -band[1] % (lib.ADM_LOW_ALIGN // np.dtype(dtype).itemsize)
            low = [m.write(band, dtype, align=lib.ADM_LOW_ALIGN, behind=behind) for _ in range(1 + len(dists))]
            variants = m.struct(
                "AdmVariant", *({"gain_limit": v.limit, "factor": v.factor, "skip_aim": v.skip_aim} for v in todo)
            ) if todo else ffi.NULL  # fmt: skip
            lanes = m.struct(
                "AdmLane", *(
                    {"dist": dist, "dist_stride": dist.stride, "low_dist": low_dist, "variant": variants,
                     "variant_cnt": len(todo)}
                    for dist, low_dist in zip(dists, low[1:], strict=True)
                )
            )  # fmt: skip
            call = m.struct(
                "AdmScale", ref=ref, ref_stride=ref.stride, w=w, h=h, bpc=p.bpc, scale=scale, low_ref=low[0],
                low_stride=low[0].stride, lane=lanes, lane_cnt=len(dists),
            )  # fmt: skip
            sums = lib.ADM_SUM_CNT * len(dists)
            yield Call("adm.scale", call, rows=band[0], sums=sums, scratch=("scratch_size", call))
            ref, *dists = low

    def want(self, inputs: Arrays, p: P) -> Want:
        sums, outputs = [], []
        ref, *dists = inputs
        for scale, todo in enumerate(p.variants):
            flat: list[int] = []
            low: Arrays = []
            for dist in dists:
                got, low_ref, low_dist = reference.sums(ref, dist, scale, p.bpc, todo)
                flat += [*listed(got.num), *listed(got.aim), *(got.den if todo else (0, 0, 0))]
                low = [low_ref, *low[1:], low_dist]
            sums.append(flat)
            outputs += low
            ref, *dists = low
        return Want(sums, outputs)


KERNELS = [Scales()]
