# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Whole library against the peer's: the same calls of the C ABI in turn, in one process.

Pictures are filled before the clock starts, but for cases that copy them; the clock
covers extraction, flush and prediction, and is the thread's processor time where there
are no workers. The bits of both are compared in the same run.
"""

from __future__ import annotations

import ctypes as ct
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

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
    content: str = "natural"
    options: Mapping[str, object] = field(default_factory=dict)  # of every feature
    note: str = ""  # what the options are
    name: str = ""  # of what is measured, where the list would be long
    copies: bool = False  # pictures are allocated and filled within the clock

    @property
    def what(self) -> str:
        names = {V061: "v0.6.1", NEG: "NEG"}
        parts = [names.get(m, m.removeprefix("vmaf_")) for m in self.models] + list(self.features)
        return ", ".join(filter(None, (self.name or " + ".join(parts), self.note, "pictures copied" * self.copies)))


@dataclass(frozen=True)
class Timing:
    """Milliseconds a frame of both: medians, and the times that one run in eight stays below."""

    case: Case
    ours: float
    peer: float
    ratio: float
    quiet_ours: float
    quiet_peer: float

    @property
    def quiet_ratio(self) -> float:
        return self.quiet_peer / self.quiet_ours


def quiet(values: Sequence[float]) -> float:
    """The value that one in eight stays below: a machine's neighbours add to times, never take from them."""
    return sorted(values)[len(values) // 8]


def once(library: capi.Library, case: Case) -> tuple[float, list[float | None]]:
    """Seconds a frame and all numbers of one run."""
    refs, dists = clip(case.size, case.bpc, case.frames, case.content)
    clock = time.perf_counter if case.n_threads else time.thread_time
    with capi.Run(
        library, models=case.models, features=[(f, case.options) for f in case.features],
        n_threads=case.n_threads, cpumask=case.cpumask,
    ) as run:  # fmt: skip
        pairs = ([library.picture(f, "420", case.bpc) for f in pair] for pair in zip(refs, dists, strict=True))
        pictures = pairs if case.copies else iter(list(pairs))
        start = clock()
        for i, (ref, dist) in enumerate(pictures):
            library.call("vmaf_read_pictures", run.context, ct.byref(ref), ct.byref(dist), i)
        run.frames = len(refs)
        run.flush()
        for model in run.models:
            run.pooled(model, "mean")
        seconds = (clock() - start) / len(refs)
        numbers = [v for values in run.results().values() for v in values]
    return seconds, numbers


def measure(case: Case, rounds: int) -> Timing:
    """Ours beside the peer's."""
    return in_turn(capi.Library(pyvmaf.get_library()), case, capi.Library(capi.peer_path(CACHE)), case, rounds)


def measure_beside_scalar(case: Case, rounds: int) -> Timing:
    """Ours beside our plain scalar set."""
    ours = capi.Library(pyvmaf.get_library())
    return in_turn(ours, case, ours, replace(case, cpumask=capi.SCALAR), rounds)


def in_turn(library: capi.Library, case: Case, other: capi.Library, other_case: Case, rounds: int) -> Timing:
    """Medians of alternating runs; AssertionError when the bits differ."""
    times: list[tuple[float, float]] = []
    pin(range(max(1, case.n_threads)))
    for i in range(rounds + 1):
        a, mine = once(library, case)
        b, theirs = once(other, other_case)
        assert mine == theirs, f"{case}: the bits differ"
        if i:
            times.append((a, b))
    pin(range(len(ALLOWED)))
    a_ms, b_ms = ([1e3 * t for t in side] for side in zip(*times, strict=True))
    ratio = statistics.median(b / a for a, b in times)
    return Timing(case, statistics.median(a_ms), statistics.median(b_ms), ratio, quiet(a_ms), quiet(b_ms))


def pin(processors: range) -> None:
    """Keep this process on the first so many of its processors, one a thread."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [ALLOWED[i % len(ALLOWED)] for i in processors])
