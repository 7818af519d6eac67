# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Many pairs on executors of every kind: the bits of `score`, whatever workers do."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from support.parts import check_equal, write_pair, write_y4m

import pyvmaf
from pyvmaf import Plan, Result, VmafTypeError, VmafValueError, score_many
from pyvmaf.batch.crew import run_range

FRAMES = 30


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("clips"), FRAMES)


@pytest.fixture(scope="module")
def whole(files: tuple[Path, Path]) -> Result:
    return pyvmaf.score(*files)


@pytest.mark.parametrize("chunk", [None, 0, 7])
@pytest.mark.parametrize("executor", ["threads", ThreadPoolExecutor])
def test_each_pair_has_the_bits_of_score(
    files: tuple[Path, Path], whole: Result, chunk: int | None, executor: Any
) -> None:
    seen: list[tuple[int, int | None]] = []
    pairs = [files, Plan.make(*files, frames=range(5, 25)), (files[0], files[0])]
    found = {
        o.index: o.get()
        for o in score_many(pairs, executor=executor, workers=2, chunk=chunk, progress=lambda *at: seen.append(at))
    }
    check_equal(found[0], whole)
    check_equal(found[1], pyvmaf.score(*files, frames=range(5, 25)))
    check_equal(found[2], pyvmaf.score(files[0], files[0]))
    assert seen[-1] == (80, 80) and seen == sorted(seen)


class Unruly(Executor):
    """Does one task after the other, each as `deed(number, plan, work)` says."""

    def __init__(self, deed: Callable[[int, Plan, Callable[[], Result]], Any]) -> None:
        self.deed, self.submitted, self.open = deed, 0, 0
        self.most = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        number, self.submitted = self.submitted, self.submitted + 1
        self.open += 1
        self.most = max(self.most, self.open)

        def work() -> None:
            try:
                future.set_result(self.deed(number, args[0], lambda: fn(*args, **kwargs)))
            except BaseException as error:
                future.set_exception(error)
            self.open -= 1

        threading.Thread(target=work, daemon=True).start()
        return future


def test_a_failed_range_is_tried_again(files: tuple[Path, Path], whole: Result) -> None:
    def deed(number: int, plan: Plan, work: Callable[[], Result]) -> Result:
        if number in (1, 3):
            raise ConnectionError("the machine went away")
        return work()

    executor = Unruly(deed)
    (outcome,) = score_many([files], executor=executor, workers=2, chunk=10)
    check_equal(outcome.get(), whole)
    assert executor.submitted == 5 and executor.most <= 4


def test_tries_are_counted(files: tuple[Path, Path], whole: Result) -> None:
    def deed(number: int, plan: Plan, work: Callable[[], Result]) -> Result:
        if plan.frames.first == 20:
            raise ConnectionError("never")
        return work()

    executor = Unruly(deed)
    (outcome,) = score_many([files], executor=executor, workers=1, chunk=10, retries=3)
    assert executor.submitted == 2 + 4
    assert outcome.result and list(outcome.result.frames) == list(range(20))  # nothing scored is lost
    assert list(outcome.result["vmaf"]) == list(whole["vmaf"][:20])
    with pytest.raises(ConnectionError, match="never"):
        outcome.get()


def test_a_wrong_part_is_not_taken(files: tuple[Path, Path], whole: Result) -> None:
    wrong = pyvmaf.score(*files, frames=range(10))

    def deed(number: int, plan: Plan, work: Callable[[], Result]) -> Any:
        return (wrong if number == 1 else "nonsense" if number == 2 else None) or work()

    executor = Unruly(deed)
    (outcome,) = score_many([files], executor=executor, workers=2, chunk=10)
    check_equal(outcome.get(), whole)
    assert executor.submitted == 5


def test_a_worker_that_hangs_is_given_up(files: tuple[Path, Path], whole: Result) -> None:
    release = threading.Event()

    def deed(number: int, plan: Plan, work: Callable[[], Result]) -> Result:
        if number == 0:
            release.wait(20)
        return work()

    start = time.monotonic()
    (outcome,) = score_many([files], executor=Unruly(deed), workers=2, chunk=10, timeout=1.0)
    check_equal(outcome.get(), whole)
    assert time.monotonic() - start < 15
    release.set()


def kill_one(parent: int) -> None:
    """End the first worker that has had time to begin."""
    children: list[psutil.Process] = []
    while len(children) < 2:
        time.sleep(0.05)
        children = [p for p in psutil.Process(parent).children() if "resource_tracker" not in " ".join(p.cmdline())]
    time.sleep(0.3)
    os.kill(children[0].pid, signal.SIGKILL)


def test_a_killed_worker_changes_nothing_but_time(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    still = [rng.integers(0, 256, (h, w), np.uint8) for h, w in ((64, 96), (32, 48), (32, 48))]
    frames = [[np.roll(p, i, 1) for p in still] for i in range(600)]
    ref = write_y4m(tmp_path / "r.y4m", frames)
    dist = write_y4m(tmp_path / "d.y4m", [[p // 4 * 4 for p in frame] for frame in frames])
    killer = threading.Thread(target=kill_one, args=(os.getpid(),))
    killer.start()
    results = [o.get() for o in score_many([(ref, dist)] * 2, executor="processes", workers=2, chunk=100, retries=5)]
    killer.join()
    whole = pyvmaf.score(ref, dist)
    for result in results:
        check_equal(result, whole)


def test_a_pool_that_was_given_is_not_replaced(files: tuple[Path, Path]) -> None:
    with ProcessPoolExecutor(1) as pool:
        with pytest.raises(Exception, match=r"terminated abruptly|process pool"):
            pool.submit(os._exit, 1).result()
        (outcome,) = score_many([files], executor=pool)
        assert "process pool" in str(outcome.error) or "terminated abruptly" in str(outcome.error)


def test_a_pair_that_fails_stops_no_other(files: tuple[Path, Path], whole: Result, tmp_path: Path) -> None:
    short = tmp_path / "short.y4m"
    short.write_bytes(files[1].read_bytes()[:-5000])
    found = {o.index: o for o in score_many([files, (files[0], tmp_path / "none.y4m"), (files[0], short)], chunk=8)}
    check_equal(found[0].get(), whole)
    with pytest.raises(pyvmaf.VmafFileNotFoundError):
        found[1].get()
    assert found[1].result is None
    with pytest.raises(pyvmaf.VmafError, match=r"short\.y4m"):
        found[2].get()
    kept = found[2].result
    assert kept and list(kept["vmaf"][:-1]) == list(whole["vmaf"][: len(kept.frames) - 1])


def test_pairs_are_read_as_there_is_room(files: tuple[Path, Path]) -> None:
    given = count()

    def endless() -> Iterator[tuple[Path, Path]]:
        while True:
            next(given)
            yield files

    outcomes = score_many(endless(), workers=2, in_flight=3, chunk=0)
    assert [len(o.get().frames) for o in islice(outcomes, 5)] == [FRAMES] * 5
    start = time.monotonic()
    outcomes.close()  # type: ignore[attr-defined]
    assert time.monotonic() - start < 5
    assert next(given) <= 5 + 3 + 2


def test_what_cannot_be_sent_is_told(files: tuple[Path, Path], whole: Result) -> None:
    plan = Plan.make(*files, model=pyvmaf.VmafModel("vmaf_v0.6.1", name="vmaf_v0.6.1"))
    (here,) = score_many([plan])
    assert list(here.get()["vmaf"]) == list(whole["vmaf"])
    (away,) = score_many([plan], executor="processes", workers=1)
    with pytest.raises(VmafTypeError, match="is open here; a plan that is saved or sent names models"):
        away.get()


@pytest.mark.parametrize(
    "arguments,message",
    [
        ({"executor": "boats"}, "executor is 'boats', must be threads or processes"),
        ({"executor": 3}, "executor is 3"),
        ({"workers": 0}, "workers is 0"),
        ({"chunk": -1}, "chunk is -1"),
        ({"in_flight": 0}, "in_flight is 0"),
        ({"timeout": 0}, "timeout is 0"),
        ({"timeout": "x"}, "timeout is 'x'"),
    ],
)
def test_arguments_are_checked(files: tuple[Path, Path], arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((VmafValueError, VmafTypeError), match=message):
        list(score_many([files], **arguments))


def test_pairs_are_checked() -> None:
    with pytest.raises(VmafTypeError, match="a pair is a str, must be a Plan or"):
        list(score_many(["x"]))  # type: ignore[list-item]


def test_a_task_is_one_function_of_a_plan(files: tuple[Path, Path], whole: Result) -> None:
    part = run_range(Plan.make(*files).of(range(3, 9)), 0, 0)
    assert list(part["vmaf"]) == list(whole["vmaf"][3:9])


@pytest.mark.parametrize("change", [{"dist": "ref"}, {"models": ("vmaf_v0.6.1neg",)}, {"subsample": 2}])
def test_another_plan_s_result_is_not_taken(files: tuple[Path, Path], change: dict[str, Any]) -> None:
    plan = Plan.make(*map(str, files))
    other = replace(plan, **(change if "dist" not in change else {"dist": str(files[0])}))
    (outcome,) = score_many([plan], executor=Unruly(lambda *_: run_range(other, 0, 0)), workers=1, retries=0)
    assert outcome.result is None and "a worker returned" in str(outcome.error)


def test_pairs_before_one_that_cannot_be_read_are_scored(files: tuple[Path, Path], whole: Result) -> None:
    def pairs() -> Iterator[tuple[Path, Path]]:
        yield files
        yield files
        raise RuntimeError("the list ends here")

    found: list[Result] = []
    with pytest.raises(RuntimeError, match="the list ends here"):
        found.extend(outcome.get() for outcome in score_many(pairs(), workers=2))
    assert found == [whole, whole]


class Silent(Executor):
    """Never tells that it is at something, and never ends anything."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return Future()


def test_an_executor_that_tells_nothing_is_given_up(files: tuple[Path, Path]) -> None:
    (outcome,) = score_many([files], executor=Silent(), workers=1, timeout=0.3, retries=1)
    with pytest.raises(pyvmaf.VmafTimeoutError, match=r"took over 0\.3 s"):
        outcome.get()


def test_waiting_for_a_worker_is_no_hanging(files: tuple[Path, Path], whole: Result) -> None:
    def deed(number: int, plan: Plan, work: Callable[[], Result]) -> Result:
        time.sleep(0.8)
        return work()

    executor = Unruly(deed)
    executor.pool = ThreadPoolExecutor(1)
    found = list(score_many([files] * 3, executor=executor, workers=2, in_flight=3, chunk=0, timeout=1.7, retries=0))
    assert [outcome.get() for outcome in found] == [whole] * 3


def test_pipes_are_opened_once(files: tuple[Path, Path], whole: Result, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    writer = threading.Thread(target=lambda: (tmp_path / "fifo").write_bytes(files[0].read_bytes()), daemon=True)
    writer.start()
    (outcome,) = score_many([(tmp_path / "fifo", files[1])])
    assert outcome.get() == whole


@pytest.mark.parametrize("chunk,subsample", [(1, 5), (3, 7), (2, 100)])
def test_ranges_without_a_scored_frame_belong_to_the_whole(
    files: tuple[Path, Path], chunk: int, subsample: int
) -> None:
    (outcome,) = score_many([files], chunk=chunk, subsample=subsample)
    check_equal(outcome.get(), pyvmaf.score(*files, subsample=subsample))
