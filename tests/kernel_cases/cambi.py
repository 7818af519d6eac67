# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reference import cambi as reference
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want

from pyvmaf._vmaf import lib


def steps_of(m: Memory, p: P) -> Any:
    """The struct of p.steps."""
    cnt, allowed = len(p.steps.limits), p.steps.allowed()
    used = [v for v in range(lib.CAMBI_VALUES) if allowed[v]]
    low, high = (max(used[0] - cnt, 0), min(used[-1] + cnt, lib.CAMBI_MAX_VALUE)) if used else (1024, 0)
    return m.struct("CambiSteps", cnt=cnt, counts=allowed, low=low, high=high)


def contrast_of(m: Memory, w: int, h: int, p: P, **source: Any) -> Call:
    """The call that measures a plane of w x h samples."""
    out = m.write(((h + 1) // 2, (w + 1) // 2), np.uint16, behind=lib.CAMBI_PAD)
    contrasts = {"map": m.write((1, h * w), np.float32)} if p.map else {}
    call = m.struct(
        "CambiContrast",
        w=w,
        h=h,
        steps=steps_of(m, p),
        radius=p.radius,
        next=out,
        next_stride=out.stride,
        **source,
        **contrasts,
    )
    return Call("cambi.contrast", call, rows=h, sums=2, scratch=("scratch_size", call))


def judged(prepared: NDArray[np.int64], p: P) -> Want:
    filtered = reference.filtered(prepared)
    c = reference.contrast(filtered, p.radius, p.steps.allowed(), len(p.steps.limits))
    sums = [int((c.astype(np.float64) * (1 << 24)).astype(np.int64).sum()), int((c > 0).sum())]
    return Want([sums], [filtered[::2, ::2], *([c] if p.map else [])])


def plane(kind: str, w: int, h: int) -> NDArray[np.uint16]:
    """A plane as no preparation would make it: any mask, any step."""
    rng = np.random.default_rng([w, h])
    y, x = np.mgrid[:h, :w]
    coarse = rng.integers(0, 6, (h // 5 + 1, w // 4 + 1))[y // 5, x // 4]
    value = {
        "levels": 120 + coarse,
        "few": rng.integers(300, 306, (h, w)),
        "ramp": 100 + (x + y) // 6,
        "steep": x % 1025,
        "flat": 0 * x + 200,
        "dark": coarse,
        "bright": 1024 - coarse,
        "noise": rng.integers(0, 1025, (h, w)),
    }[kind]
    mask = rng.integers(0, 8, (h // 6 + 1, w // 9 + 1))[y // 6, x // 9] > 1
    return (value + reference.MASK * (mask | (kind == "flat"))).astype(np.uint16)


USUAL = (178, 305, 432, 559)
CUT = (122, 212, 302, 392)


class Contrast(Kernel):
    """Of one scale, with the plane of the next one, with and without the map."""

    name = "cambi.contrast"
    points = tuple(
        P(bpc=10, radius=radius, map=with_map, steps=reference.Steps(limits, dark))
        for radius, with_map, limits, dark in (
            (16, False, USUAL, 0), (8, True, USUAL, 78), (32, True, CUT, 0), (4, False, CUT, 110), (0, True, USUAL, 0),
            (5, False, (130,), 0), (11, True, (121, 1023), 0), (9, True, (1023,) * 8, 103), (3, False, (1023,) * 32, 0),
            (6, True, USUAL, 1000),
        )
    )  # fmt: skip
    kinds = ("levels", "few", "ramp", "steep", "flat", "dark", "bright", "noise")
    wide = ((611, 83), (2049, 18))

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        return [plane(kind, w, h)]

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        h, w = inputs[0].shape
        source = m.read(inputs[0], before=lib.CAMBI_PAD, behind=lib.CAMBI_PAD)
        yield contrast_of(m, w, h, p, plane=source, stride=source.stride)

    def want(self, inputs: Arrays, p: P) -> Want:
        return judged(inputs[0].astype(np.int64), p)


class Picture(Kernel):
    """Of scale 0, from a picture: at its size and resized, averaged and not, whole and halved."""

    name = "cambi.contrast of a picture"
    points = tuple(
        P(
            bpc=bpc, average=average, halve=halve, threshold=threshold, size=size,
            radius=4, map=True, steps=reference.Steps((1023,) * 4, 0),
        )
        for bpc, average, halve, threshold, size in (
            (8, True, False, 21, (1, 1)), (8, True, True, 15, (1, 1)), (8, False, False, 7, (2, 3)),
            (9, True, False, 16, (1, 1)), (10, False, True, 24, (1, 1)), (10, True, True, 8, (3, 2)),
            (11, False, False, 21, (1, 1)), (12, True, False, 12, (3, 4)), (16, False, False, 21, (1, 1)),
        )
    )  # fmt: skip
    kinds = ("low variance", "smooth", "ramps", "top", "zero", "extremes", "at the threshold")
    wide = ((2049, 18),)

    def inputs(self, kind: str, w: int, h: int, p: P) -> Arrays:
        """Noise has no flat areas: most samples are that of a block of four by four."""
        samples = super().inputs(kind, w, h, p)[0]
        y, x = np.mgrid[:h, :w]
        return [np.where((x * 7 + y * 3) % 40, samples[y & ~3, x & ~3], samples)]

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        (samples,) = inputs
        w, h = self.working(samples, p)
        resized, picture = samples.shape != (h, w), m.read(samples)
        places = {
            name: m.read(np.array(reference.positions(n, out), np.uint32))
            for name, n, out in zip(("row", "column"), samples.shape, (h, w), strict=True)
            if resized
        }
        prepare = m.struct(
            "CambiPrepare", picture=picture, picture_stride=picture.stride, bpc=p.bpc, w=w, h=h,
            average=p.average, halve=p.halve, threshold=p.threshold, **places,
        )  # fmt: skip
        yield contrast_of(m, (w + p.halve) >> p.halve, (h + p.halve) >> p.halve, p, prepare=prepare)

    def working(self, samples: NDArray[np.unsignedinteger], p: P) -> tuple[int, int]:
        """The working size: so many halves or thirds of the picture's."""
        up, down = p.size
        h, w = samples.shape
        return max(w * up // down, 1), max(h * up // down, 1)

    def want(self, inputs: Arrays, p: P) -> Want:
        size = self.working(inputs[0], p)
        return judged(reference.prepared(inputs[0], p.bpc, *size, p.average, p.halve, p.threshold), p)


KERNELS = [Contrast(), Picture()]
