# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Whole library against the peer's: the same calls of the C ABI in turn, in one process.

Pictures are filled before the clock starts; the clock covers extraction, flush
and prediction. The bits of both are compared in the same run.
"""

from __future__ import annotations

import ctypes as ct
import os
import statistics
import time
from dataclasses import dataclass

from .content import CACHE, clip  # isort: skip  (sets the path of the next ones)

from support import capi

import pyvmaf

ALLOWED = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
AVX2_ONLY = 16 | 32
V061, NEG = "vmaf_v0.6.1", "vmaf_v0.6.1neg"


@dataclass(frozen=True)
class Case:
    size: str
    bpc: int = 8
    models: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    n_threads: int = 0
    cpumask: int = 0
    frames: int = 6

    @property
    def what(self) -> str:
        names = {V061: "v0.6.1", NEG: "NEG"}
        return " + ".join([names.get(m, m) for m in self.models] + list(self.features))


@dataclass(frozen=True)
class Timing:
    case: Case
    ours_ms: float
    peer_ms: float
    ratio: float
    low: float
    high: float


def once(library: capi.Library, case: Case) -> tuple[float, list[float | None]]:
    """Seconds a frame and all numbers of one run."""
    refs, dists = clip(case.size, case.bpc, case.frames)
    with capi.Run(
        library, models=case.models, features=[(f, {}) for f in case.features],
        n_threads=case.n_threads, cpumask=case.cpumask,
    ) as run:  # fmt: skip
        pairs = [[library.picture(f, "420", case.bpc) for f in pair] for pair in zip(refs, dists, strict=True)]
        start = time.perf_counter()
        for i, (ref, dist) in enumerate(pairs):
            library.call("vmaf_read_pictures", run.context, ct.byref(ref), ct.byref(dist), i)
        run.frames = len(pairs)
        run.flush()
        for model in run.models:
            run.pooled(model, "mean")
        seconds = (time.perf_counter() - start) / len(pairs)
        numbers = [v for values in run.results().values() for v in values]
    return seconds, numbers


def measure(case: Case, rounds: int) -> Timing:
    """Medians of alternating runs; AssertionError when the bits differ."""
    ours, peer = capi.Library(pyvmaf.get_library()), capi.Library(capi.peer_path(CACHE))
    times: list[tuple[float, float]] = []
    pin(range(max(1, case.n_threads)))
    for i in range(rounds + 1):
        a, mine = once(ours, case)
        b, theirs = once(peer, case)
        assert mine == theirs, f"{case}: the bits differ"
        if i:
            times.append((a, b))
    pin(range(len(ALLOWED)))
    ratios = [b / a for a, b in times]
    return Timing(
        case, statistics.median(a for a, _ in times) * 1e3, statistics.median(b for _, b in times) * 1e3,
        statistics.median(ratios), min(ratios), max(ratios),
    )  # fmt: skip


def pin(processors: range) -> None:
    """Keep this process on the first so many of its processors, one a thread."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [ALLOWED[i % len(ALLOWED)] for i in processors])
