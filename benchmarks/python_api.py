# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What Python costs: VmafContext fed with NumPy arrays against the C ABI fed with pictures."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from .content import clip  # isort: skip
from support import capi

import pyvmaf

from . import library


@dataclass(frozen=True)
class PythonTiming:
    python_ms: float
    c_ms: float
    ratio: float


def python_once(case: library.Case) -> float:
    refs, dists = clip(case.size, case.bpc, case.frames)
    with pyvmaf.VmafContext(log_level="none") as ctx:
        model = pyvmaf.VmafModel(library.V061)
        ctx.use_features_from_model(model)
        start = time.perf_counter()
        for i, (ref, dist) in enumerate(zip(refs, dists, strict=True)):
            ctx.read_pictures(ref, dist, i, bpc=case.bpc)
        ctx.flush()
        ctx.score_pooled(model, "mean")
        return (time.perf_counter() - start) / len(refs)


def measure(rounds: int) -> PythonTiming:
    case = library.Case("1080p", models=(library.V061,))
    ours = capi.Library(pyvmaf.get_library())
    times = [(python_once(case), library.once(ours, case)[0]) for _ in range(rounds + 1)][1:]
    return PythonTiming(
        statistics.median(a for a, _ in times) * 1e3, statistics.median(b for _, b in times) * 1e3,
        statistics.median(a / b for a, b in times),
    )  # fmt: skip
