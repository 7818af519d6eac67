# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Who does the tasks of `score_many`: an executor that was given, or one of ours, made anew when it breaks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeAlias

from ..choices import WorkersWord
from ..errors import VmafTypeError, VmafValueError
from ..results.result import Result
from ..scoring.plan import Plan
from ..scoring.score import Means, carry_out

#: An executor, "threads", "processes", or what makes one.
Workers: TypeAlias = "Executor | WorkersWord | Callable[[], Executor]"


class Stopped(Exception):
    """Nobody waits for the result any more."""


def run_range(plan: Plan, n_threads: int, cpumask: int) -> Result:
    """One task, in whatever process."""
    return carry_out(plan, Means(n_threads, cpumask))


def _run_here(stop: threading.Event, plan: Plan, n_threads: int, cpumask: int) -> Result:
    """One task in this process, which ends within a frame once `stop` is set."""

    def look(done: int, total: int | None) -> None:
        if stop.is_set():
            raise Stopped

    return carry_out(plan, Means(n_threads, cpumask, look))


def _processes(count: int) -> Executor:
    """New processes, as a fork would copy the threads' locks, not the threads."""
    from concurrent.futures import ProcessPoolExecutor  # takes a while to load, and the commands need none
    from multiprocessing import get_context

    return ProcessPoolExecutor(count, get_context("spawn"))


class Crew:
    """Runs tasks.

    Args:
        workers: see `Workers`; one that was given as an executor stays the caller's.
        count: how many workers ours has.

    Attributes:
        size: how many tasks it runs at once.
        sends: whether plans leave this process.
    """

    def __init__(self, workers: Workers, count: int) -> None:
        self._stop = threading.Event()
        self._given = isinstance(workers, Executor)
        self._executor: Executor | None = workers if isinstance(workers, Executor) else None
        self._is_here = workers == "threads"
        kinds: dict[WorkersWord, Callable[[], Executor]] = {
            "threads": lambda: ThreadPoolExecutor(count, thread_name_prefix="pyvmaf-many"),
            "processes": lambda: _processes(count),
        }
        if isinstance(workers, str) and workers not in kinds:
            raise VmafValueError(f"executor is {workers!r}, must be {' or '.join(kinds)}, or an executor")
        if not isinstance(workers, (str, Executor)) and not callable(workers):
            raise VmafTypeError(f"executor is {workers!r}, must be an executor, its name, or what makes one")
        self._make: Callable[[], Executor] = kinds[workers] if isinstance(workers, str) else workers  # type: ignore[assignment]
        self.size = int(getattr(self._executor, "_max_workers", 0) or count)
        self.sends = not self._is_here and not isinstance(workers, ThreadPoolExecutor)

    def submit(self, plan: Plan, n_threads: int, cpumask: int) -> Future[Result]:
        """Hand out a task; a pool of ours that broke is made anew."""
        arguments: tuple[Any, ...] = (plan, n_threads, cpumask)
        function: Callable[..., Result] = run_range
        if self._is_here:
            function, arguments = _run_here, (self._stop, *arguments)
        for last in (False, True):
            executor = self._executor = self._executor or self._make()
            try:
                return executor.submit(function, *arguments)
            except BrokenExecutor:
                if self._given or last:
                    raise
                executor.shutdown(wait=False)
                self._executor = None
        raise AssertionError

    def close(self, finished: bool, has_hung: bool = False) -> None:
        """End what is ours; work that nobody waits for ends within a frame, or with its process.

        A thread that hangs is not waited for, though Python waits for it when it exits.
        """
        self._stop.set()
        executor, self._executor = self._executor, None
        if executor is None or self._given:
            return
        processes = list((getattr(executor, "_processes", None) or {}).values())
        if not finished or has_hung:
            for process in processes:
                with suppress(OSError, ValueError):
                    process.kill()
        executor.shutdown(wait=bool(processes) or not has_hung, cancel_futures=True)
