# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Many pairs, or long ones in ranges, on any executor: bounded, retried, merged."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .._ffi import unsigned
from ..errors import VmafError, VmafOSError, VmafTimeoutError, VmafTypeError, VmafValueError
from ..parts.merge import merge
from ..prepare.pair import decoder_for
from ..results.result import Result
from ..scoring.plan import AUTO, Plan
from ..scoring.score import IncompleteError, default_threads, name_of, with_preparation
from ..video import Source, open_video
from .crew import Crew, Workers

Pair: TypeAlias = "Plan | tuple[Source, Source]"
#: Called as ranges are done, with how many frames are, and how many there are as far as is known.
Progress: TypeAlias = Callable[[int, "int | None"], None]

#: A range costs the frames from a key frame on and its halo, so it is not shorter than this unless asked.
LEAST_CHUNK = 300
#: How often work is looked after where nothing else wakes it.
TICK = 0.2


@dataclass(frozen=True)
class Outcome:
    """What became of one pair.

    Attributes:
        index: the pair's place among those that were given, from 0.
        plan: what was asked for.
        result: what was found; of a pair that failed, as much as there is, or None.
        error: why there is no more; None when all went well.
    """

    index: int
    plan: Plan
    result: Result | None = None
    error: BaseException | None = None

    def get(self) -> Result:
        """The result.

        Raises:
            VmafError: what the pair failed of.
        """
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result


@dataclass
class _Job:
    """One pair on its way."""

    index: int
    plan: Plan
    tasks: list[_Task] = field(default_factory=list)
    frames: int | None = None
    reported: bool = False

    @property
    def is_done(self) -> bool:
        return all(task.result is not None or task.error is not None for task in self.tasks)

    def outcome(self) -> Outcome:
        error = next((task.error for task in self.tasks if task.error is not None), None)
        results = [task.result for task in self.tasks if task.result is not None]
        if not error and len(self.tasks) == 1:
            return Outcome(self.index, self.plan, self.tasks[0].result)
        try:
            merged = merge(self._until_gap(results) if error else results)
        except VmafError as problem:
            merged, error = None, error or problem
        return Outcome(self.index, self.plan, merged, error)

    @staticmethod
    def _until_gap(results: list[Result]) -> list[Result]:
        """Ranges from the first on that follow each other."""
        whole: list[Result] = []
        for one in results:
            part = one.part
            if part is None or part.extracted.stop <= part.extracted.first:
                continue
            if not whole or part.extracted.first == whole[-1].part.extracted.stop:  # type: ignore[union-attr]
                whole.append(one)
        return whole


@dataclass(eq=False)
class _Task:
    """One range of a pair, tried until it succeeds or the tries are used up."""

    job: _Job
    plan: Plan
    tries: int = 0
    submitted: float = 0.0
    begun: float | None = None
    result: Result | None = None
    error: BaseException | None = None


def _is_final(error: BaseException) -> bool:
    """Whether it would fail again: the files' or the caller's fault, not a machine's."""
    if isinstance(error, IncompleteError):
        return not isinstance(error.__cause__, OSError)
    return isinstance(error, VmafError) and not isinstance(error, VmafOSError)


def frame_count(plan: Plan) -> int | None:
    """How many frames both files say that they have; None when one does not, or is no file."""
    counts = []
    for side, stream in zip((plan.ref, plan.dist), plan.streams, strict=True):
        if isinstance(side, (str, os.PathLike)) and os.path.exists(side) and not os.path.isfile(side):
            return None  # a pipe, which comes once
        decoder = decoder_for(plan.prepare, plan.film_grain)
        with closing(open_video(side, plan.raw, stream=stream, decoder=decoder)) as video:
            if video.frame_count is None:
                return None
            counts.append(video.frame_count)
    return min(counts)


class _Many:
    """The loop: tasks go in while there is room, results come out as pairs are complete."""

    def __init__(self, plans: Iterator[Plan], crew: Crew, how: dict[str, Any]) -> None:
        self.plans, self.crew, self.how = enumerate(plans), crew, how
        self.waiting: deque[_Task] = deque()
        self.running: dict[Future[Result], _Task] = {}
        self.jobs: list[_Job] = []
        self.room = how["in_flight"] or 2 * crew.size
        self.frames = 0
        self.promised: int | None = 0
        self.exhausted = False
        self.problem: Exception | None = None
        """What reading the pairs failed of, which is raised when those before it are through."""
        self.ended = time.monotonic()  # when work ended last
        self.has_hung = False

    def outcomes(self) -> Iterator[Outcome]:
        while self._fill() or self.running or self.jobs:
            self._wait()
            done = [job for job in self.jobs if job.is_done]
            self.jobs = [job for job in self.jobs if not job.is_done]
            yield from (job.outcome() for job in done)
        if self.problem:
            raise self.problem

    def _fill(self) -> bool:
        """Submit as many tasks as there is room for; False: there are no more pairs."""
        while len(self.running) < self.room:
            if not self.waiting and not self._next_job():
                break
            if self.waiting:
                self._submit(self.waiting.popleft())
        return not self.exhausted

    def _next_job(self) -> bool:
        try:
            found = None if self.exhausted else next(self.plans, None)
        except Exception as error:
            self.problem, found = error, None
        if found is None:
            self.exhausted = True
            return False
        job = _Job(*found)
        self.jobs.append(job)
        try:
            job.tasks = [_Task(job, plan) for plan in self._ranges(job)]
            self.waiting.extend(job.tasks)
        except Exception as error:
            job.tasks = [_Task(job, job.plan, error=error)]
        return True

    def _ranges(self, job: _Job) -> list[Plan]:
        plan, chunk = job.plan, self.how["chunk"]
        if self.crew.sends:
            plan.as_dict()  # raises, saying why it cannot be sent
        total = frame_count(plan) if plan.is_portable else None
        self._promise(plan, total)
        if total is None or chunk == 0:
            return [plan]
        size = chunk or max(LEAST_CHUNK, -(-total // (2 * self.crew.size)))
        plan = with_preparation(plan)
        return [plan.of(span) for span in plan.frames.pieces(total, size)]

    def _promise(self, plan: Plan, total: int | None) -> None:
        span = plan.frames
        if total is None or self.promised is None:
            self.promised = None
        else:
            self.promised += max(0, min(total, total if span.stop is None else span.stop) - span.first)

    def _submit(self, task: _Task) -> None:
        task.tries += 1
        task.submitted, task.begun = time.monotonic(), None
        try:
            future = self.crew.submit(task.plan, self.how["n_threads"], self.how["cpumask"])
        except Exception as error:  # a pool that is broken, or shut down
            self._failed(task, error)
            return
        self.running[future] = task

    def _wait(self) -> None:
        if not self.running:
            return
        done, _ = wait(self.running, TICK, FIRST_COMPLETED)
        self.ended = time.monotonic() if done else self.ended
        for future in done:
            self._finished(self.running.pop(future), future)
        self._look_for_hung()

    def _finished(self, task: _Task, future: Future[Result]) -> None:
        try:
            result = future.result()
            _check(task.plan, result)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not future.cancelled():
                raise
            self._failed(task, error)
        else:
            task.result = result
            self.frames += len(result.frames) * task.plan.subsample
            if self.how["progress"]:
                self.how["progress"](min(self.frames, self.promised or self.frames), self.promised)

    def _failed(self, task: _Task, error: BaseException) -> None:
        if _is_final(error) or task.tries > self.how["retries"]:
            task.error = error
            task.result = getattr(error, "result", None)
        else:
            self.waiting.appendleft(task)

    def _look_for_hung(self) -> None:
        limit = self.how["timeout"]
        if limit is None:
            return
        # Some executors, such as Ray's, do not tell what is at work; what waits there waits for others.
        tells = any(future.running() for future in self.running)
        now = time.monotonic()
        for future, task in list(self.running.items()):
            if future.running() and task.begun is None:
                task.begun = now
            begun = task.begun or (now if tells else max(task.submitted, self.ended))
            if now - begun > limit:
                del self.running[future]  # what it still returns is not looked at
                self.has_hung |= not future.cancel()
                self._failed(task, VmafTimeoutError(f"{task.plan.frames} took over {limit} s"))


def _is_of(plan: Plan, found: Plan) -> bool:
    """Whether a part's plan is this one, as it became when the files were opened."""
    names = (found.ref, found.dist) == tuple(map(name_of, (plan.ref, plan.dist)))
    models = AUTO in plan.models or not plan.is_portable or found.models == plan.models
    same = (found.frames, found.subsample, found.features) == (plan.frames, plan.subsample, plan.features)
    return same and models and (names or not plan.is_portable)


def _check(plan: Plan, result: Result) -> None:
    """Whether a worker returned what it was asked for."""
    part = result.part if isinstance(result, Result) else None
    if isinstance(result, Result) and part is None and not plan.is_portable:
        return
    if part is None or part.extracted.first != plan.frames.first or not _is_of(plan, part.plan):
        raise VmafOSError(f"a worker returned {result!r} for {plan.frames}")


def score_many(
    pairs: Iterable[Pair],
    *,
    executor: Workers = "threads",
    workers: int | None = None,
    chunk: int | None = None,
    retries: int = 2,
    timeout: float | None = None,
    in_flight: int | None = None,
    progress: Progress | None = None,
    n_threads: int = 0,
    cpumask: int = 0,
    **arguments: Any,
) -> Iterator[Outcome]:
    """Score many pairs, long ones in ranges, and yield each as it is complete.

    Whatever is scored where, and however often, each result has the bits of :func:`score`.

    Args:
        pairs: plans, or (reference, distorted) with `arguments`; read as there is room,
            so there may be any number of them.
        executor: "threads" of this process; "processes", which one that dies does not take
            down; any executor of concurrent.futures' kind: loky's, Dask's, MPI's; or a function
            that makes one, and is called again when it breaks.
        workers: how many threads or processes, or how many an executor has that does not
            tell; None: one for each processor.
        chunk: frames of a range; 0: whole videos; None: a video is cut where that lets
            all workers take part. Files that do not say how many frames they have are not cut.
        retries: how often a range is tried again that failed of something else than its files.
        timeout: seconds after which a range counts as failed; None: never.
        in_flight: ranges that are handed out at once; None: two for each worker.
        progress: called as ranges are complete, with the frames done and their expected number.
        n_threads: worker threads within each range.
        cpumask: instruction sets not to use.
        arguments: those of :func:`score`, for pairs that are no plans.

    Yields:
        An `Outcome` for each pair, in the order in which they are complete. A pair that
        fails is one with its `error`, and stops no other.

    Raises:
        VmafValueError: an argument out of range.
        VmafTypeError: a pair is neither a plan nor two videos.
    """
    how = {
        "chunk": None if chunk is None else unsigned("chunk", chunk),
        "retries": unsigned("retries", retries),
        "timeout": _seconds(timeout),
        "in_flight": None if in_flight is None else unsigned("in_flight", in_flight, least=1),
        "progress": progress,
        "n_threads": unsigned("n_threads", n_threads),
        "cpumask": unsigned("cpumask", cpumask, 64),
    }
    crew = Crew(executor, max(1, default_threads()) if workers is None else unsigned("workers", workers, least=1))
    return _run(_Many((_plan(pair, arguments) for pair in pairs), crew, how), crew)


def _seconds(timeout: float | None) -> float | None:
    if timeout is not None and not (isinstance(timeout, (int, float)) and timeout > 0):
        raise VmafValueError(f"timeout is {timeout!r}, must be a number of seconds above 0, or None")
    return timeout


def _run(many: _Many, crew: Crew) -> Iterator[Outcome]:
    finished = False
    try:
        yield from many.outcomes()
        finished = True
    finally:
        for future in many.running:
            future.cancel()
        crew.close(finished, many.has_hung)


def _plan(pair: object, arguments: dict[str, Any]) -> Plan:
    if isinstance(pair, Plan):
        return pair
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        what = f"a {type(pair).__name__}" + (f" of {len(pair)}" if isinstance(pair, (tuple, list)) else "")
        raise VmafTypeError(f"a pair is {what}, must be a Plan or (reference, distorted)")
    return Plan.make(*pair, **arguments)
