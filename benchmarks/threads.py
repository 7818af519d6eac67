# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Two worker threads against one: many frames, and the rows of a single frame.

Time on the wall says what this machine allowed. Where processors are shared, the
processor time of the busiest thread says what two free ones would: work that is
not spread, or that is done twice, shows in it.
"""

from __future__ import annotations

import ctypes as ct
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from .content import clip  # isort: skip
from support import capi

import pyvmaf

from . import library


@dataclass(frozen=True)
class Scaling:
    case: library.Case
    wall: float
    busiest: float


def thread_times() -> dict[str, int]:
    """Nanoseconds on a processor of each thread of this process; empty where the system does not tell."""
    return {p.parent.name: int(p.read_text().split()[0]) for p in Path("/proc/self/task").glob("*/schedstat")}


def once(lib: capi.Library, case: library.Case, n_threads: int) -> tuple[float, float]:
    """Seconds of a run, and of the busiest of its threads on a processor."""
    refs, dists = clip(case.size, case.bpc, case.frames)
    with capi.Run(lib, models=case.models, n_threads=n_threads, cpumask=case.cpumask) as run:
        pairs = [[lib.picture(f, "420", case.bpc) for f in pair] for pair in zip(refs, dists, strict=True)]
        before, start = thread_times(), time.perf_counter()
        for i, (ref, dist) in enumerate(pairs):
            lib.call("vmaf_read_pictures", run.context, ct.byref(ref), ct.byref(dist), i)
        run.frames = len(pairs)
        run.flush()
        wall, after = time.perf_counter() - start, thread_times()
    return wall, max((t - before.get(name, 0) for name, t in after.items()), default=0) / 1e9


def ratio(pairs: list[tuple[float, float]]) -> float:
    return statistics.median(a / b if b else 0.0 for a, b in pairs)


def measure(rounds: int) -> list[Scaling]:
    lib = capi.Library(pyvmaf.get_library())
    out = []
    for size, frames in (("1080p", 12), ("4K", 1)):
        case = library.Case(size, models=(library.V061,), frames=frames)
        runs = [(once(lib, case, 1), once(lib, case, 2)) for _ in range(rounds + 1)][1:]
        out.append(Scaling(case, ratio([(a[0], b[0]) for a, b in runs]), ratio([(a[1], b[1]) for a, b in runs])))
    return out
